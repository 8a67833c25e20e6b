"""What `lienthong place` prints, in Vietnamese: the unit that a code or an address means, its history, the reasons."""

from datetime import date, datetime, timedelta

from rich.console import Console

from schemas.dates import VIETNAM, local_day
from schemas.places import (
    KNOWN_FROM,
    TABLE_VERSION,
    AddressCandidates,
    AddressDoubt,
    Change,
    Commune,
    CrosswalkResult,
    DecidedUnit,
    EvidenceKind,
    Loosened,
    Passage,
    Province,
    ResolvedAddress,
    SetReason,
    Share,
    Unit,
    UnitSet,
    UnknownUnit,
    changes_of,
    crosswalk,
    passages_from,
    passages_to,
    resolve_address,
    unit_on,
    units_of,
    wrong_code,
)

CHANGES = {
    Change.RENAMED: "đổi tên",
    Change.MERGED: "sáp nhập",
    Change.SPLIT: "chia tách",
    Change.MOVED: "chuyển tỉnh",
    Change.STATUS_CHANGED: "đổi loại",
}
SHARES = {
    Share.WHOLE: "toàn bộ",
    Share.PART: "một phần",
    Share.PART_OF_PEOPLE: "một phần dân số",
    Share.ALL_AREA: "toàn bộ diện tích",
    Share.PART_WITH_ALL_PEOPLE: "một phần diện tích, toàn bộ dân số",
    Share.PART_WITHOUT_PEOPLE_STATED: "một phần diện tích, không nêu dân số",
}
WHY = {
    AddressDoubt.NOTHING_FOUND: "không tìm thấy đơn vị nào trong các từ đã ghi",
    AddressDoubt.HOMONYM: "trùng tên, cần biết huyện (hoặc tỉnh)",
    AddressDoubt.TWO_READINGS: "đọc được theo hai cách, cần ghi rõ xã hay huyện",
    AddressDoubt.SPLIT: "đơn vị đã bị chia, cần căn cứ để chọn",
    AddressDoubt.MERGED: "được nhập từ nhiều đơn vị, cần căn cứ để chọn",
    AddressDoubt.ABOLISHED_PROVINCE: "tỉnh cũ đã giải thể, chỉ có thể nêu các đơn vị kế thừa",
    AddressDoubt.COMMUNE_UNREAD: "tên xã không đọc được",
    AddressDoubt.CONTRADICTED: "còn từ không khớp với đơn vị này",
    AddressDoubt.UNTYPED: "có thể là tên đường hoặc thôn, cần ghi rõ xã, phường",
    AddressDoubt.KIND_OF_ANOTHER_TIME: "loại đơn vị đã ghi không còn vào ngày này, có thể là đơn vị cũ cùng tên",
    AddressDoubt.NOT_ON_THAT_DAY: "không rõ đơn vị tương ứng vào ngày này",
}
REASONS = {SetReason.SPLIT: WHY[AddressDoubt.SPLIT], SetReason.MERGED: WHY[AddressDoubt.MERGED]}
LOOSENED = {
    Loosened.MARKS_MISSING: "thiếu dấu",
    Loosened.OTHER_KIND: "loại đơn vị ghi khác",
    Loosened.NO_DISTRICT: "không ghi huyện",
    Loosened.NAME_OF_ANOTHER_TIME: "tên của thời điểm khác",
    Loosened.BEFORE_THE_TABLE: "trước thời điểm bảng có dữ liệu",
}
EVIDENCE = {
    EvidenceKind.ALL_PEOPLE: "toàn bộ dân số về một đơn vị",
    EvidenceKind.RECEIVING_AGENCY: "cơ quan tiếp nhận",
    EvidenceKind.HAMLET: "thôn, tổ dân phố",
    EvidenceKind.BOOK_COMMUNE: "xã của sổ",
    EvidenceKind.OFFICER: "cán bộ",
}
SHOWN = 12
"""Most changes and candidates that are printed."""


def print_place(console: Console, query: str, on: date | None = None, as_of: date | None = None) -> bool:
    """Prints which unit a code or an address means; returns False when none is found.

    `on` is the day on which it was written, `as_of` the day whose unit is wanted; both are today when not given. A code
    that no unit has on that day is found by the last unit that had it.
    """
    today = local_day(datetime.now(VIETNAM))
    asked = query.strip()
    is_code = asked.isdecimal() and len(asked) in (2, 3, 5)
    printed = _print_code(console, asked, on, as_of or today) if is_code else None
    if printed is None:
        printed = _print_address(console, asked, on or today, as_of or on or today)
    console.print(f"bảng đơn vị hành chính {TABLE_VERSION}", style="dim", markup=False)
    return printed


def _print_code(console: Console, code: str, on: date | None, as_of: date) -> bool:
    if fault := wrong_code(code):
        _line(console, f"{code}: {fault.words_vi}; mã đúng {fault.right_code} ({fault.source})")
        code = fault.right_code
    holders = units_of(code)
    chosen = unit_on(code, on) if on else None
    for holder in holders:
        mark = ">" if holder == chosen else " "
        _line(console, f"{mark} {_unit(holder)}, {_span(holder)}")
        for passage in passages_to(holder)[:SHOWN]:
            _line(console, f"    từ  {_passage(passage, passage.before)}")
        for passage in passages_from(holder)[:SHOWN]:
            _line(console, f"    tới {_passage(passage, passage.after)}")
    if not holders:
        _line(console, f"{code}: không đơn vị nào từng mang mã này")
    elif on and chosen is None:
        _line(console, f"{code}: không đơn vị nào mang mã này vào ngày {_day(on)}")
    elif chosen:
        _print_translated(console, crosswalk(chosen, as_of), as_of)
    return bool(holders) and not fault and (on is None or chosen is not None)


def _print_address(console: Console, address: str, on: date, as_of: date) -> bool:
    read = resolve_address(address, on)
    if isinstance(read, AddressCandidates):
        return _print_candidates(console, read, on)
    _line(console, f"> {_unit(read.unit)}, {_span(read.unit)}")
    if read.named != read.unit:
        _line(console, f"    ghi là {_unit(read.named)}, {_span(read.named)}")
    if read.rest:
        _line(console, f"    còn lại: {read.rest}")
    if read.loosened:
        _line(console, f"    lưu ý: {', '.join(LOOSENED[loosened] for loosened in read.loosened)}")
    for passage in passages_to(read.unit)[:SHOWN]:
        _line(console, f"    từ  {_passage(passage, passage.before)}")
    if as_of != on:
        _print_translated(console, crosswalk(read.unit, as_of), as_of)
    return isinstance(read, ResolvedAddress)


def _print_candidates(console: Console, read: AddressCandidates, on: date) -> bool:
    _line(console, f"Vào ngày {_day(on)}: {WHY[read.why]}")
    for former in read.formers:
        heirs = ", ".join(heir.name_vi for heir in former.heirs)
        _line(console, f"  {former.name_vi}, {_day(former.valid_from)} - {_day(former.valid_until)}: {heirs}")
        _line(console, f"    lập: {former.made_by}; hết: {former.ended_by}")
    if read.named is not None and read.named not in read.units:
        _line(console, f"  ghi là {_unit(read.named)}, {_span(read.named)}")
    for unit in read.units[:SHOWN]:
        _line(console, f"  ? {_unit(unit)}, {_span(unit)}")
    if isinstance(read.translated, UnitSet):
        _print_passages(console, read.translated)
    return bool(read.units)


def _print_translated(console: Console, translated: CrosswalkResult, as_of: date) -> None:
    if isinstance(translated, UnitSet):
        _line(console, f"Vào ngày {_day(as_of)}: {REASONS[translated.reason]}")
        for unit in translated.units[:SHOWN]:
            _line(console, f"  ? {_unit(unit)}, {_span(unit)}")
    elif isinstance(translated, UnknownUnit):
        _line(console, f"Vào ngày {_day(as_of)}: {WHY[AddressDoubt.NOT_ON_THAT_DAY]}")
    else:
        _line(console, f"Vào ngày {_day(as_of)}: {_unit(translated.unit)}")
        if isinstance(translated, DecidedUnit):
            _line(console, f"    căn cứ: {EVIDENCE[translated.evidence.kind]}, {translated.evidence.record}")
    if as_of < KNOWN_FROM:
        _line(console, f"  bảng chỉ biết các đơn vị từ {_day(KNOWN_FROM)}; trước đó có thể khác")


def _print_passages(console: Console, several: UnitSet) -> None:
    for passage in several.passages[:SHOWN]:
        other = passage.after if several.reason is SetReason.SPLIT else passage.before
        _line(console, f"    {_passage(passage, other)}")


def _passage(passage: Passage, other: Unit) -> str:
    changes = ", ".join(CHANGES[change] for change in changes_of(passage)) or "giữ nguyên"
    return f"{_unit(other)}: {SHARES[passage.share]}; {changes}; {_day(passage.on)} ({passage.source})"


def _unit(unit: Unit) -> str:
    if isinstance(unit, Province):
        return f"{unit.code} {unit.name_vi}"
    codes = (unit.district_code if isinstance(unit, Commune) else None, unit.province_code)
    above = (unit_on(code, _last_day(unit.valid_until)) for code in codes if code)
    return ", ".join([f"{unit.code} {unit.name_vi}", *(unit_above.name_vi for unit_above in above if unit_above)])


def _last_day(until: date) -> date:
    return until - timedelta(days=1)


def _span(unit: Unit) -> str:
    since = f"từ {_day(unit.valid_from)}" if unit.valid_from > date.min else ""
    until = f"đến {_day(_last_day(unit.valid_until))}" if unit.valid_until < date.max else "đến nay"
    return f"{since} {until}".strip()


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def _line(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False)
