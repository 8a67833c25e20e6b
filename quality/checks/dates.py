"""Days: those that are none, and those that contradict each other or the day of receipt."""

from datetime import date

from quality.check import HOLDS, NOTES, Examination, Saw, check, check_each
from schemas.civil_status import BirthCase, DeathCase
from schemas.dates import PartialDate
from schemas.text import clean

IN_TIME_DAYS = 60
"""Luật Hộ tịch 60/2014/QH13, Điều 15: from the birth to its registration."""
ENDLESS = "lâu dài"
"""What land papers write where a use has no end: no date, and no fault."""


def is_surely_before(first: PartialDate | None, second: PartialDate | None) -> bool:
    """Whether the first day came before the second, however the unknown parts are filled in."""
    if first is None or second is None:
        return False
    if first.year is not None and second.year is not None and first.year != second.year:
        return first.year < second.year
    latest, earliest = first.latest, second.earliest
    return latest is not None and earliest is not None and latest < earliest


def is_surely_after_day(when: PartialDate, day: date) -> bool:
    """Whether a day came after a full one, however its unknown parts are filled in."""
    if when.year is not None and when.year < day.year:
        return False
    earliest = when.earliest
    return earliest is not None and earliest > day


def _is_open(when: PartialDate) -> bool:
    """Whether a lunar date lies in more than one solar year, for all that is known."""
    lunar = when.lunar
    return lunar is not None and when.year is None and (lunar.solar_from is not None or lunar.year is None)


@check_each(
    "born_on", "died_on", "notice_on", "issued_on",
    weight=HOLDS,
    source="Lịch âm Việt Nam: can chi lặp lại sau 60 năm; năm âm lịch trải trên hai năm dương lịch",
    says_vi="Ngày ghi theo âm lịch, chưa xác định được năm dương lịch.",
    do_vi="Đối chiếu sổ và giấy tờ khác để ghi năm dương lịch; không suy đoán.",
    says_en="A lunar date lies in more than one solar year, for all that is known.",
)  # fmt: skip
def lunar_year_open(when: PartialDate) -> Saw:
    return "open" if _is_open(when) else None


@check_each(
    "born_on", "died_on", "notice_on", "issued_on", "until",
    weight=HOLDS,
    source="Luật Hộ tịch 60/2014/QH13, Điều 14; lịch dương",
    says_vi="Ngày đã ghi không có trong lịch hoặc không đọc được.",
    do_vi="Đối chiếu giấy tờ gốc, nhập lại ngày tháng năm rồi gửi lại.",
    says_en="What is written as a date is no day of the calendar.",
)  # fmt: skip
def impossible_date(when: PartialDate) -> Saw:
    if when.year is not None or _is_open(when):
        return None
    return None if clean(when.as_written).lower() == ENDLESS else "no such day"


@check_each(
    "born_on",
    weight=HOLDS,
    source="Luật Hộ tịch 60/2014/QH13, Điều 15",
    says_vi="Ngày sinh sau ngày tiếp nhận hồ sơ.",
    do_vi="Đối chiếu giấy tờ gốc, sửa ngày sinh rồi gửi lại.",
    says_en="A birth lies after the day the dossier was received.",
)
def birth_after_receipt(born_on: PartialDate, exam: Examination) -> Saw:
    return "after receipt" if is_surely_after_day(born_on, exam.event_on) else None


@check_each(
    "died_on", "notice_on", "issued_on",
    weight=HOLDS,
    source="Luật Hộ tịch 60/2014/QH13, Điều 16 và Điều 34",
    says_vi="Ngày ghi trên giấy tờ sau ngày tiếp nhận hồ sơ.",
    do_vi="Đối chiếu giấy tờ gốc, sửa ngày sai rồi gửi lại.",
    says_en="A date on a paper lies after the day the dossier was received.",
)  # fmt: skip
def paper_date_after_receipt(when: PartialDate, exam: Examination) -> Saw:
    return "after receipt" if is_surely_after_day(when, exam.event_on) else None


@check(
    "child.born_on",
    weight=HOLDS,
    source="Luật Hộ tịch 60/2014/QH13, Điều 14: ngày, tháng, năm sinh",
    says_vi="Ngày sinh của trẻ chưa đủ ngày, tháng, năm như khai sinh yêu cầu.",
    do_vi="Bổ sung đủ ngày, tháng, năm sinh theo giấy chứng sinh rồi gửi lại.",
    says_en="The child's birth is not known to the day.",
)
def birth_day_unknown(case: BirthCase) -> Saw:
    born_on = case.child.born_on
    if born_on is None:
        return "none"
    return f"known by {born_on.precision}" if born_on.precision in ("year", "month") else None


@check(
    "notice_on", "child.born_on",
    weight=HOLDS,
    source="TT 22/2025/TT-BYT; Luật Hộ tịch 60/2014/QH13, Điều 16",
    says_vi="Giấy chứng sinh cấp trước ngày sinh của trẻ.",
    do_vi="Đối chiếu giấy chứng sinh, sửa ngày cấp hoặc ngày sinh rồi gửi lại.",
    says_en="The birth notice was issued before the birth.",
)  # fmt: skip
def notice_before_birth(case: BirthCase) -> Saw:
    return "notice first" if is_surely_before(case.notice_on, case.child.born_on) else None


@check(
    "registration_kind", "child.born_on",
    weight=NOTES,
    source="Luật Hộ tịch 60/2014/QH13, Điều 15: 60 ngày; hết hiệu lực 01/03/2027",
    says_vi="Đăng ký khai sinh sau 60 ngày nhưng loại đăng ký không ghi quá hạn.",
    do_vi="Chọn loại đăng ký quá hạn nếu đúng; hồ sơ vẫn được gửi đi.",
    says_en="A birth is registered after sixty days and not marked as late.",
    valid_until=date(2027, 3, 1),
)  # fmt: skip
def late_not_marked(case: BirthCase, exam: Examination) -> Saw:
    if case.registration_kind != "1" or case.child.born_on is None or (latest := case.child.born_on.latest) is None:
        return None
    days = (exam.event_on - latest).days
    return "past sixty days" if days > IN_TIME_DAYS else None


@check(
    "died_on",
    weight=HOLDS,
    source="Luật Hộ tịch 60/2014/QH13, Điều 33 và Điều 34",
    says_vi="Hồ sơ khai tử không ghi ngày chết.",
    do_vi="Bổ sung ngày chết theo giấy báo tử rồi gửi lại.",
    says_en="A death has no day.",
)
def death_day_missing(case: DeathCase) -> Saw:
    return "none" if case.died_on is None else None


@check(
    "died_on", "deceased.born_on",
    weight=HOLDS,
    source="Luật Hộ tịch 60/2014/QH13, Điều 33",
    says_vi="Ngày chết trước ngày sinh của người chết.",
    do_vi="Đối chiếu giấy báo tử với giấy tờ tùy thân, sửa ngày sai rồi gửi lại.",
    says_en="A death lies before the birth.",
)  # fmt: skip
def death_before_birth(case: DeathCase) -> Saw:
    return "death first" if is_surely_before(case.died_on, case.deceased.born_on) else None


@check(
    "notice_on", "died_on",
    weight=HOLDS,
    source="TT 25/2025/TT-BYT, Mẫu 05; Luật Hộ tịch 60/2014/QH13, Điều 34",
    says_vi="Giấy báo tử cấp trước ngày chết.",
    do_vi="Đối chiếu giấy báo tử, sửa ngày cấp hoặc ngày chết rồi gửi lại.",
    says_en="The death notice was issued before the death.",
)  # fmt: skip
def notice_before_death(case: DeathCase) -> Saw:
    return "notice first" if is_surely_before(case.notice_on, case.died_on) else None
