"""Dates: those that no calendar has, and those that contradict each other or the day of receipt."""

import re
from datetime import date

from quality.check import HOLDS, NOTES, Actor, Examination, Saw, check, check_each
from schemas.cases import BirthCase, DeathCase
from schemas.dates import PartialDate
from schemas.dossier import Dossier
from schemas.person import Person
from schemas.text import clean

DEATH_IN_TIME_DAYS = 15
"""Luật Hộ tịch 60/2014/QH13, Điều 33."""
OLDEST_YEARS = 120
TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
TIME_AS_WRITTEN = re.compile(r"([0-9]{1,2}) ?(?::|h|g|giờ|,) ?([0-9]{1,2})? ?(?:p|phút|')?")
IN_TIME_DAYS = 60
"""Luật Hộ tịch 60/2014/QH13, Điều 15: from the birth to its registration."""
ENDLESS = "lâu dài"
"""What land papers write where a use has no end: it is no date, and no fault."""


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
    """Whether a lunar date may lie in more than one solar year."""
    lunar = when.lunar
    return lunar is not None and when.year is None and (lunar.solar_from is not None or lunar.year is None)


def _has_no_year(when: PartialDate) -> bool:
    return when.year is None


def _is_of_odd_year(born_on: PartialDate, exam: Examination) -> bool:
    """Whether the year of birth is unknown, not before the year of receipt, or more than `OLDEST_YEARS` ago."""
    return born_on.year is None or not exam.event_on.year - OLDEST_YEARS <= born_on.year < exam.event_on.year


@check_each(
    "born_on",
    "died_on",
    "notice_on",
    "issued_on",
    only=_has_no_year,
    weight=HOLDS,
    source="Lịch âm Việt Nam: can chi lặp lại sau 60 năm; năm âm lịch trải trên hai năm dương lịch",
    says_vi="Ngày ghi theo âm lịch, chưa xác định được năm dương lịch.",
    do_vi="Đối chiếu sổ và giấy tờ khác để ghi năm dương lịch; không suy đoán.",
    says_en="The date is of the lunar calendar and its solar year is not known.",
    do_en="Find the solar year in the register and other papers; do not guess it.",
)
def lunar_year_open(when: PartialDate) -> Saw:
    return "open" if _is_open(when) else None


@check_each(
    "born_on",
    "died_on",
    "notice_on",
    "issued_on",
    "until",
    only=_has_no_year,
    weight=HOLDS,
    source="Lịch dương: ngày, tháng phải có thật",
    says_vi="Ngày đã ghi không có trong lịch hoặc không đọc được.",
    do_vi="Đối chiếu giấy tờ gốc, nhập lại ngày tháng năm rồi gửi lại.",
    says_en="The date is not in the calendar, or cannot be read.",
    do_en="Compare with the original paper, enter the date again and send again.",
)
def impossible_date(when: PartialDate) -> Saw:
    if when.year is not None or _is_open(when):
        return None
    return None if clean(when.as_written).lower() == ENDLESS else "no such day"


@check_each(
    "born_on",
    only=_is_of_odd_year,
    weight=HOLDS,
    source="Luật Hộ tịch 60/2014/QH13, Điều 15",
    says_vi="Ngày sinh sau ngày tiếp nhận hồ sơ.",
    do_vi="Đối chiếu giấy tờ gốc, sửa ngày sinh rồi gửi lại.",
    says_en="The date of birth is after the day of receipt.",
    do_en="Compare with the original paper, correct the date of birth and send again.",
)
def birth_after_receipt(born_on: PartialDate, exam: Examination) -> Saw:
    return "after receipt" if is_surely_after_day(born_on, exam.event_on) else None


@check_each(
    "died_on",
    "notice_on",
    "issued_on",
    weight=HOLDS,
    source="Luật Hộ tịch 60/2014/QH13, Điều 16 và Điều 34",
    says_vi="Ngày ghi trên giấy tờ sau ngày tiếp nhận hồ sơ.",
    do_vi="Đối chiếu giấy tờ gốc, sửa ngày sai rồi gửi lại.",
    says_en="The date on a paper is after the day of receipt.",
    do_en="Compare with the original paper, correct the wrong date and send again.",
)
def paper_date_after_receipt(when: PartialDate, exam: Examination) -> Saw:
    return "after receipt" if is_surely_after_day(when, exam.event_on) else None


@check(
    "child.born_on",
    weight=HOLDS,
    source="Luật Hộ tịch 60/2014/QH13, Điều 14: ngày, tháng, năm sinh",
    says_vi="Ngày sinh của trẻ chưa đủ ngày, tháng, năm như khai sinh yêu cầu.",
    do_vi="Bổ sung đủ ngày, tháng, năm sinh theo giấy chứng sinh rồi gửi lại.",
    says_en="The child's date of birth lacks the day, the month or the year that a birth registration needs.",
    do_en="Add day, month and year from the birth notice, then send again.",
)
def birth_day_unknown(case: BirthCase) -> Saw:
    born_on = case.child.born_on
    if born_on is None:
        return "none"
    return f"known by {born_on.precision}" if born_on.precision in ("year", "month") else None


@check(
    "notice_on",
    "child.born_on",
    weight=HOLDS,
    source="TT 22/2025/TT-BYT; Luật Hộ tịch 60/2014/QH13, Điều 16",
    says_vi="Giấy chứng sinh cấp trước ngày sinh của trẻ.",
    do_vi="Đối chiếu giấy chứng sinh, sửa ngày cấp hoặc ngày sinh rồi gửi lại.",
    says_en="The birth notice was issued before the birth.",
    do_en="Compare with the birth notice, correct its date or the date of birth, then send again.",
)
def notice_before_birth(case: BirthCase) -> Saw:
    return "notice first" if is_surely_before(case.notice_on, case.child.born_on) else None


@check(
    "registration_kind",
    "child.born_on",
    weight=NOTES,
    source="Luật Hộ tịch 60/2014/QH13, Điều 15: 60 ngày; hết hiệu lực 01/03/2027",
    says_vi="Đăng ký khai sinh sau 60 ngày nhưng loại đăng ký không ghi quá hạn.",
    do_vi="Chọn loại đăng ký quá hạn nếu đúng; hồ sơ vẫn được gửi đi.",
    says_en="A birth is registered after sixty days but not marked as late.",
    do_en="Choose late registration if the date is right; the dossier is sent anyway.",
    valid_until=date(2027, 3, 1),
)
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
    says_en="The dossier does not give the day of death.",
    do_en="Add the day of death from the death notice, then send again.",
)
def death_day_missing(case: DeathCase) -> Saw:
    return "none" if case.died_on is None else None


@check(
    "died_on",
    weight=HOLDS,
    source="Luật Hộ tịch 60/2014/QH13, Điều 34; NĐ 123/2015/NĐ-CP: ghi giờ, ngày, tháng, năm chết",
    says_vi="Ngày chết chỉ ghi năm hoặc tháng, trong khi khai tử cần đủ ngày.",
    do_vi="Bổ sung đủ ngày, tháng, năm chết theo giấy báo tử rồi gửi lại.",
    says_en="Only the month or the year of death is given, but its registration needs the day.",
    do_en="Add day, month and year of death from the death notice, then send again.",
)
def death_day_unknown(case: DeathCase) -> Saw:
    died_on = case.died_on
    return f"known by {died_on.precision}" if died_on and died_on.precision in ("year", "month") else None


@check(
    "died_on",
    weight=NOTES,
    source="Luật Hộ tịch 60/2014/QH13, Điều 33: 15 ngày; hết hiệu lực 01/03/2027",
    says_vi="Đăng ký khai tử sau 15 ngày kể từ ngày chết.",
    do_vi="Lưu ý khai tử quá hạn; hồ sơ vẫn được gửi đi.",
    says_en="A death is registered more than fifteen days after it.",
    do_en="Note that the registration is late; the dossier is sent anyway.",
    valid_until=date(2027, 3, 1),
)
def late_death(case: DeathCase, exam: Examination) -> Saw:
    latest = case.died_on.latest if case.died_on else None
    return "past fifteen days" if latest and (exam.event_on - latest).days > DEATH_IN_TIME_DAYS else None


def _as_time(as_written: str) -> str | None:
    """`5h30`, `5 giờ 30`, `5:30` -> `05:30`."""
    parts = TIME_AS_WRITTEN.fullmatch(as_written.strip().lower())
    time = f"{int(parts[1]):02d}:{int(parts[2] or 0):02d}" if parts else ""
    return time if TIME.fullmatch(time) else None


@check_each(
    "died_at_time",
    weight=HOLDS,
    source="Mẫu hotich158 của Bộ Tư pháp: nktGioPhutChet",
    says_vi="Giờ chết không đúng dạng giờ và phút, như 05:30.",
    do_vi="Ghi lại giờ phút theo giấy báo tử, hoặc để trống nếu không rõ.",
    says_en="The time of death is not written as hours and minutes, such as 05:30.",
    do_en="Enter the time from the death notice again, or leave it empty if it is unknown.",
    edit=_as_time,
)
def death_time_malformed(died_at_time: str) -> Saw:
    return None if not died_at_time or TIME.fullmatch(died_at_time) else f"{len(died_at_time)} characters"


@check_each(
    "born_on",
    only=_is_of_odd_year,
    weight=HOLDS,
    source="Ngưỡng nghiệp vụ của lienthong (giả định); chưa có văn bản quy định",
    says_vi="Theo ngày sinh đã ghi, người này trên 120 tuổi.",
    do_vi="Đối chiếu giấy tờ gốc, sửa năm sinh rồi gửi lại.",
    says_en="By the recorded date of birth, a person is over 120 years old.",
    do_en="Compare with the original paper, correct the year of birth and send again.",
)
def implausible_age(born_on: PartialDate, exam: Examination) -> Saw:
    return "over 120" if born_on.year is not None and exam.event_on.year - born_on.year > OLDEST_YEARS else None


@check(
    "id_paper.issued_on",
    "born_on",
    weight=HOLDS,
    source="Nguyên tắc: giấy tờ tùy thân chỉ cấp cho người đã sinh ra",
    says_vi="Giấy tờ tùy thân cấp trước ngày sinh của người mang giấy.",
    do_vi="Đối chiếu giấy tờ gốc, sửa ngày cấp hoặc ngày sinh rồi gửi lại.",
    says_en="An identity paper was issued before its holder was born.",
    do_en="Compare with the original paper, correct the wrong date and send again.",
)
def id_paper_before_birth(person: Person) -> Saw:
    paper = person.id_paper
    if paper is None or paper.issued_on is None:
        return None
    return "issued first" if is_surely_before(paper.issued_on, person.born_on) else None


@check(
    "due_at",
    weight=NOTES,
    who=Actor.OPERATOR,
    source="NĐ 61/2018/NĐ-CP; NĐ 118/2025/NĐ-CP: giấy tiếp nhận và hẹn trả kết quả",
    says_vi="Ngày hẹn trả của cổng trước ngày tiếp nhận hồ sơ.",
    do_vi="Báo đơn vị vận hành cổng; hạn giải quyết do hệ thống tự tính.",
    says_en="The portal's appointment is before the day of receipt.",
    do_en="Inform the portal's operator; this system computes the deadline itself.",
)
def due_before_receipt(dossier: Dossier) -> Saw:
    return "due first" if dossier.due_at is not None and dossier.due_at < dossier.received_at else None


@check(
    "died_on",
    "deceased.born_on",
    weight=HOLDS,
    source="Nguyên tắc: không ai chết trước khi sinh ra",
    says_vi="Ngày chết trước ngày sinh của người chết.",
    do_vi="Đối chiếu giấy báo tử với giấy tờ tùy thân, sửa ngày sai rồi gửi lại.",
    says_en="The day of death is before the date of birth.",
    do_en="Compare the death notice with the identity papers, correct the wrong date and send again.",
)
def death_before_birth(case: DeathCase) -> Saw:
    return "death first" if is_surely_before(case.died_on, case.deceased.born_on) else None


@check(
    "notice_on",
    "died_on",
    weight=HOLDS,
    source="TT 25/2025/TT-BYT, Mẫu 05; Luật Hộ tịch 60/2014/QH13, Điều 34",
    says_vi="Giấy báo tử cấp trước ngày chết.",
    do_vi="Đối chiếu giấy báo tử, sửa ngày cấp hoặc ngày chết rồi gửi lại.",
    says_en="The death notice was issued before the death.",
    do_en="Compare with the death notice, correct its date or the day of death, then send again.",
)
def notice_before_death(case: DeathCase) -> Saw:
    return "notice first" if is_surely_before(case.notice_on, case.died_on) else None
