"""Which registries a procedure must reach, in which order, by which law and on which form: rows, chosen by the event's
day. Nothing here asks what day it is today.
"""

from collections.abc import Iterator
from datetime import date

from schemas.fields import Model
from schemas.law import Certainty

FAR = date(9999, 12, 31)


class Step(Model):
    """One registry of a route, and what it must be given by the steps before it (`civil_status.entry_number`)."""

    registry_code: str
    needs: tuple[str, ...] = ()


class Route(Model):
    """A procedure's way under one law. `valid_until` is the first day on which it no longer holds.

    `source` is the legal basis; `through_vi` the system of the government that hands an interlinked dossier on.
    """

    procedure_code: str
    name_vi: str
    case_kind: str
    steps: tuple[Step, ...]
    valid_from: date
    valid_until: date = FAR
    source: str
    through_vi: str = ""


class Law(Model):
    """What procedures of one family stand on while it is in force."""

    source: str
    valid_from: date
    valid_until: date = FAR
    through_vi: str = ""


class Form(Model):
    """The declaration form of some procedures while it is the one to fill in."""

    procedure_codes: frozenset[str]
    title_vi: str
    valid_from: date
    valid_until: date = FAR
    certainty: Certainty
    source: str


CIVIL_STATUS = Step(registry_code="civil_status")
LAND = Step(registry_code="land")
RESIDENCE = Step(registry_code="residence")
ENTRY = ("civil_status.registered_on", "civil_status.entry_number", "civil_status.book_code")
"""Where the civil-status entry stands: what later steps of a chain cite."""
RESIDENCE_OF_CHILD = Step(registry_code="residence", needs=(*ENTRY, "civil_status.personal_id"))
CARD_OF_CHILD = Step(registry_code="health_insurance", needs=(*ENTRY, "civil_status.personal_id"))
RESIDENCE_OF_DECEASED = Step(registry_code="residence", needs=ENTRY)
INSURANCE_OF_DECEASED = Step(registry_code="health_insurance", needs=ENTRY)

BIRTH_BUNDLE = (CIVIL_STATUS, RESIDENCE_OF_CHILD, CARD_OF_CHILD)
DEATH_BUNDLE = (CIVIL_STATUS, RESIDENCE_OF_DECEASED, INSURANCE_OF_DECEASED)

_2024, _2025_07, _2026_09 = date(2024, 6, 10), date(2025, 7, 1), date(2026, 9, 1)
_2027_01, _2027_03 = date(2027, 1, 1), date(2027, 3, 1)

SOFTWARE = "Phần mềm dịch vụ công liên thông"
COORDINATION = "Hệ thống điều phối giải quyết thủ tục hành chính của Cổng Dịch vụ công quốc gia"
_301 = "NĐ 63/2024/NĐ-CP, sửa đổi bởi NĐ 301/2026/NĐ-CP"
_OLD_LAW, _NEW_LAW = "Luật Hộ tịch 60/2014/QH13", "Luật Hộ tịch 03/2026/QH16 (từ 01/03/2027)"

INTERLINKED = (
    Law(valid_from=_2024, valid_until=_2026_09, source="NĐ 63/2024/NĐ-CP", through_vi=SOFTWARE),
    Law(valid_from=_2026_09, valid_until=_2027_01, source=f"{_301} (từ 01/09/2026)", through_vi=SOFTWARE),
    Law(valid_from=_2027_01, valid_until=_2027_03, source=f"{_301} (phần từ 01/01/2027)", through_vi=COORDINATION),
    Law(valid_from=_2027_03, source=f"{_301} (phần từ 01/03/2027); {_NEW_LAW}", through_vi=COORDINATION),
)
CIVIL = (
    Law(valid_from=_2024, valid_until=_2027_03, source=_OLD_LAW),
    Law(valid_from=_2027_03, source=_NEW_LAW),
)
MARRIAGE = tuple(law.model_copy(update={"source": f"{law.source}; mã thủ tục giả định"}) for law in CIVIL)
MOVES = (Law(valid_from=_2024, source="Luật Cư trú 68/2020/QH14"),)
SOIL = (Law(valid_from=_2024, source="Luật Đất đai 31/2024/QH15; mã thủ tục giả định"),)

_BIRTHS = "Liên thông: khai sinh, thường trú, thẻ BHYT cho trẻ dưới 6 tuổi"
_DEATHS = "Liên thông: khai tử, xóa thường trú, mai táng phí"


def _routes(
    code: str, name: str, kind: str, steps: tuple[Step, ...], laws: tuple[Law, ...], since: date = _2024,
    until: date = FAR,
) -> Iterator[Route]:  # fmt: skip
    """A row for each law under which the code was in use."""
    for law in laws:
        first, end = max(since, law.valid_from), min(until, law.valid_until)
        if first < end:
            yield Route(procedure_code=code, name_vi=name, case_kind=kind, steps=steps, valid_from=first,
                        valid_until=end, source=law.source, through_vi=law.through_vi)  # fmt: skip


ROUTES: tuple[Route, ...] = (
    *_routes("2.000986", _BIRTHS, "birth", BIRTH_BUNDLE, INTERLINKED, until=_2027_01),
    *_routes("2.000987", _BIRTHS, "birth", BIRTH_BUNDLE, INTERLINKED),
    *_routes("2.002621", _BIRTHS, "birth", BIRTH_BUNDLE, INTERLINKED, until=_2027_01),
    *_routes("3.000722", f"{_BIRTHS}, căn cước", "birth", BIRTH_BUNDLE, INTERLINKED, since=_2026_09),
    *_routes("2.001023", "Liên thông: khai sinh, thẻ BHYT cho trẻ dưới 6 tuổi", "birth",
             (CIVIL_STATUS, CARD_OF_CHILD), INTERLINKED, until=_2027_01),
    *_routes("1.001193", "Đăng ký khai sinh", "birth", (CIVIL_STATUS,), CIVIL),
    *_routes("1.011733", _DEATHS, "death", DEATH_BUNDLE, INTERLINKED, until=_2027_01),
    *_routes("2.002622", _DEATHS, "death", DEATH_BUNDLE, INTERLINKED, until=_2027_01),
    *_routes("2.002913", _DEATHS, "death", DEATH_BUNDLE, INTERLINKED, since=_2026_09),
    *_routes("1.000656", "Đăng ký khai tử", "death", (CIVIL_STATUS,), CIVIL),
    *_routes("1.000894", "Đăng ký kết hôn", "marriage", (CIVIL_STATUS,), MARRIAGE),
    *_routes("1.004222", "Đăng ký thường trú", "residence", (RESIDENCE,), MOVES),
    *_routes("1.012756", "Đăng ký biến động đất đai", "land", (LAND,), SOIL),
)  # fmt: skip
"""On which day the codes of 2024 end was not published for all of them: the ends before FAR are assumed."""


def _form(codes: str, title: str, since: date, until: date, source: str, certainty: Certainty) -> Form:
    return Form(procedure_codes=frozenset(codes.split()), title_vi=title, valid_from=since, valid_until=until,
                source=source, certainty=certainty)  # fmt: skip


_CONFIRMED, _ASSUMED = Certainty.CONFIRMED, Certainty.ASSUMED
_BIRTH_CODES, _DEATH_CODES = "2.000986 2.000987 2.002621 2.001023 3.000722", "1.011733 2.002622 2.002913"
_TT = "TT 04/2020/TT-BTP và các thông tư sửa đổi đến TT 08/2025/TT-BTP"
_NEW_FORMS = f"{_NEW_LAW}; biểu mẫu mới chưa xem được"

FORMS: tuple[Form, ...] = (
    _form(_BIRTH_CODES, "Tờ khai điện tử liên thông khai sinh, thường trú, thẻ BHYT (NĐ 63/2024)",
          _2024, _2026_09, "NĐ 63/2024/NĐ-CP", _ASSUMED),
    _form(_BIRTH_CODES, "Tờ khai điện tử liên thông khai sinh, thường trú, thẻ BHYT, căn cước (NĐ 301/2026)",
          _2026_09, FAR, "NĐ 301/2026/NĐ-CP: biểu mẫu mới từ 01/09/2026; tên giả định", _ASSUMED),
    _form(_DEATH_CODES, "Tờ khai điện tử liên thông khai tử, xóa thường trú, mai táng phí (NĐ 63/2024)",
          _2024, _2026_09, "NĐ 63/2024/NĐ-CP", _ASSUMED),
    _form(_DEATH_CODES, "Tờ khai điện tử liên thông khai tử, xóa thường trú, mai táng phí (NĐ 301/2026)",
          _2026_09, FAR, "NĐ 301/2026/NĐ-CP: biểu mẫu mới từ 01/09/2026; tên giả định", _ASSUMED),
    _form("1.001193", "Tờ khai đăng ký khai sinh", _2024, _2027_03, _TT, _CONFIRMED),
    _form("1.001193", "Tờ khai đăng ký khai sinh (Luật Hộ tịch 2026)", _2027_03, FAR, _NEW_FORMS, _ASSUMED),
    _form("1.000656", "Tờ khai đăng ký khai tử", _2024, _2027_03, _TT, _CONFIRMED),
    _form("1.000656", "Tờ khai đăng ký khai tử (Luật Hộ tịch 2026)", _2027_03, FAR, _NEW_FORMS, _ASSUMED),
    _form("1.000894", "Tờ khai đăng ký kết hôn", _2024, _2027_03, _TT, _CONFIRMED),
    _form("1.000894", "Tờ khai đăng ký kết hôn (Luật Hộ tịch 2026)", _2027_03, FAR, _NEW_FORMS, _ASSUMED),
    _form("1.004222", "Tờ khai thay đổi thông tin cư trú (CT01)", _2024, FAR, "TT 66/2023/TT-BCA", _CONFIRMED),
    _form("1.012756", "Đơn đăng ký biến động đất đai (NĐ 101/2024)", _2024, _2025_07, "NĐ 101/2024/NĐ-CP", _ASSUMED),
    _form("1.012756", "Đơn đăng ký biến động đất đai (NĐ 151/2025)", _2025_07, FAR, "NĐ 151/2025/NĐ-CP", _ASSUMED),
)  # fmt: skip

_BY_CODE: dict[str, tuple[Route, ...]] = {
    code: tuple(route for route in ROUTES if route.procedure_code == code)
    for code in {route.procedure_code for route in ROUTES}
}


def route_of(procedure_code: str | None, event_on: date) -> Route | None:
    """The route of a procedure on the event's day; None when no such procedure was in force."""
    for route in _BY_CODE.get(procedure_code or "", ()):
        if route.valid_from <= event_on < route.valid_until:
            return route
    return None


def is_known(procedure_code: str | None) -> bool:
    """Whether the procedure has a route on any day."""
    return (procedure_code or "") in _BY_CODE


def form_of(procedure_code: str | None, event_on: date) -> Form | None:
    """The form that was to be filled in for a procedure on the event's day; None when we know of none."""
    for form in FORMS:
        if procedure_code in form.procedure_codes and form.valid_from <= event_on < form.valid_until:
            return form
    return None
