"""The expectations on many dossiers, entries or answers at once, one line each; Great Expectations judges them.

`frame` says which data frame an expectation judges: `rows` (one row per dossier, entry or answer, in chunks), `figures`
(one row of numbers), `fields` (one row per filled field). An expectation fails when more than the share `allowed` of
the rows fails, once at least `least` rows were judged; a null is not judged. An argument `{"$PARAMETER": name}` is
given at each run: a declared range, or what was learned from earlier days.

The shares and ranges are assumptions. Change the line when a portal's history shows better ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.dossier import PortalStatus
from schemas.routes import ROUTES

ARRIVALS, DAY, BOOK, ANSWERS, AGREEMENT = "arrivals", "day", "book", "answers", "agreement"

IN_SET, NOT_NULL = "ExpectColumnValuesToBeInSet", "ExpectColumnValuesToNotBeNull"
BETWEEN = "ExpectColumnValuesToBeBetween"
MATCHES, UNIQUE = "ExpectColumnValuesToMatchRegex", "ExpectCompoundColumnsToBeUnique"
CONTAINS = "ExpectColumnDistinctValuesToContainSet"

STOPS, NOTES = True, False


@dataclass(frozen=True)
class VolumeRange:
    """The least and the most dossiers that a portal sends on a working day."""

    least: int
    most: int


ANY_VOLUME = VolumeRange(1, 20_000)
VOLUMES: dict[str, VolumeRange] = {
    "24": VolumeRange(20, 12_000),
    "40": VolumeRange(20, 15_000),
    "31": VolumeRange(20, 15_000),
    "38": VolumeRange(20, 15_000),
    "75": VolumeRange(20, 15_000),
}
"""By portal; the others have ANY_VOLUME. Assumed: at most 30 to 60 per commune and day, in 99 to 170 communes."""


@dataclass(frozen=True)
class Expectation:
    """A declared expectation. Its text says what is wrong when it fails, and what to do.

    `how`: the class of Great Expectations. `stops`: a failure stops the batch.
    """

    suite: str
    code: str
    column: str
    how: str
    arguments: Mapping[str, Any]
    stops: bool
    says_vi: str
    says_en: str
    allowed: float = 0.0
    least: int = 1
    frame: str = "rows"

    @property
    def parameter(self) -> str | None:
        """The name of the argument that is given at each run; None when all arguments are declared."""
        given = [value["$PARAMETER"] for value in self.arguments.values() if isinstance(value, dict)]
        return given[0] if given else None


def _learned(name: str) -> dict[str, str]:
    return {"$PARAMETER": name}


_IS_0: dict[str, Any] = {"value_set": [0]}
_IS_1: dict[str, Any] = {"value_set": [1]}
_STATUSES: dict[str, Any] = {"value_set": sorted(int(status) for status in PortalStatus)}
_SAME_ENTRY: dict[str, Any] = {"column_list": ["book", "entry_number"], "ignore_row_if": "any_value_is_missing"}
_PROCEDURES: dict[str, Any] = {"value_set": sorted({route.procedure_code for route in ROUTES})}

EXPECTED: tuple[Expectation, ...] = (
    Expectation(ARRIVALS, "stopping_fault", "stopping_faults", IN_SET, _IS_0, STOPS,
        "Có hồ sơ mang lỗi dừng cả lô. Xem lỗi của các hồ sơ được nêu rồi quyết định.",
        "A dossier has a fault that stops the batch. Read the faults of the named dossiers, then decide."),
    Expectation(ARRIVALS, "many_unreadable", "is_unreadable", IN_SET, _IS_0, STOPS,
        "Quá nhiều hồ sơ không đọc được. Có thể cổng đổi cấu trúc; báo bộ phận kỹ thuật trước khi cho chuyển tiếp.",
        "Too many dossiers are unreadable. The portal may have changed its format; inform the engineer.",
        allowed=0.2, least=20),
    Expectation(ARRIVALS, "many_held", "is_held", IN_SET, _IS_0, STOPS,
        "Quá nửa số hồ sơ bị giữ. Xem lỗi chung trước khi cho lô này chuyển tiếp.",
        "More than half of the dossiers are held. Look for a common fault before the batch goes on.",
        allowed=0.5, least=50),
    Expectation(ARRIVALS, "unknown_status", "status", IN_SET, _STATUSES, STOPS,
        "Trạng thái ngoài danh mục 1-10 của Cổng quốc gia. Hỏi đơn vị vận hành cổng.",
        "Statuses are outside the national list of 1 to 10. Ask the portal's operator.", allowed=0.05, least=20),
    Expectation(ARRIVALS, "unknown_procedure", "procedure_code", IN_SET, _PROCEDURES, NOTES,
        "Có thủ tục chưa khai báo lộ trình. Báo quản trị hệ thống bổ sung nếu mã đúng.",
        "A procedure has no declared route. If its code is right, have the operator add the route."),
    Expectation(ARRIVALS, "many_without_procedure", "has_procedure", IN_SET, _IS_1, STOPS,
        "Nhiều hồ sơ thiếu mã thủ tục. Hỏi đơn vị vận hành cổng trước khi cho chuyển tiếp.",
        "Many dossiers lack a procedure code. Ask the portal's operator first.", allowed=0.1, least=20),
    Expectation(ARRIVALS, "many_without_commune", "has_commune", IN_SET, _IS_1, NOTES,
        "Nhiều hồ sơ thiếu mã xã tiếp nhận. Kiểm tra danh mục đơn vị của cổng.",
        "Many dossiers lack the receiving commune. Check the portal's list of units.", allowed=0.2, least=50),
    Expectation(ARRIVALS, "many_without_agency", "has_agency", IN_SET, _IS_1, NOTES,
        "Nhiều hồ sơ thiếu mã cơ quan tiếp nhận. Kiểm tra danh mục đơn vị của cổng.",
        "Many dossiers lack the receiving agency. Check the portal's list of units.", allowed=0.2, least=50),
    Expectation(ARRIVALS, "many_without_applicant", "has_applicant", IN_SET, _IS_1, STOPS,
        "Nhiều hồ sơ không có người yêu cầu. Có thể cổng bỏ mất cột; báo bộ phận kỹ thuật.",
        "Many dossiers have no applicant. The portal may have dropped a column; inform the engineer.",
        allowed=0.3, least=50),
    Expectation(ARRIVALS, "many_without_birthday", "has_birthday", IN_SET, _IS_1, STOPS,
        "Nhiều người được đăng ký không có ngày sinh. Có thể cổng bỏ mất cột; báo bộ phận kỹ thuật.",
        "Many persons to be registered have no date of birth. The portal may have dropped it; inform the engineer.",
        allowed=0.3, least=50),
    Expectation(ARRIVALS, "many_without_sex", "has_sex", IN_SET, _IS_1, NOTES,
        "Nhiều người được đăng ký không ghi giới tính. Kiểm tra biểu mẫu của cổng.",
        "Many persons to be registered have no sex given. Check the portal's form.", allowed=0.2, least=50),
    Expectation(ARRIVALS, "many_without_mother", "has_mother", IN_SET, _IS_1, NOTES,
        "Nhiều hồ sơ khai sinh không có mẹ. Kiểm tra biểu mẫu của cổng.",
        "Many births have no mother. Check the portal's form.", allowed=0.2, least=50),
    Expectation(ARRIVALS, "many_without_notice", "has_notice", IN_SET, _IS_1, NOTES,
        "Nhiều hồ sơ không có số giấy chứng sinh hay báo tử. Kiểm tra biểu mẫu của cổng.",
        "Many births and deaths lack the number of their notice. Check the portal's form.", allowed=0.4, least=50),
    Expectation(ARRIVALS, "many_without_papers", "paper_count", BETWEEN, {"min_value": 1}, NOTES,
        "Nhiều hồ sơ không có giấy tờ đính kèm. Kiểm tra đường tải tệp của cổng.",
        "Many dossiers have no papers. Check how the portal provides files.", allowed=0.4, least=50),
    Expectation(ARRIVALS, "odd_name_lengths", "name_length", BETWEEN, {"min_value": 2, "max_value": 60}, NOTES,
        "Nhiều họ tên quá ngắn hoặc quá dài. Có thể cổng cắt hay ghép cột.",
        "Many names are too short or too long. The portal may cut or join columns.", allowed=0.05, least=50),
    Expectation(ARRIVALS, "many_received_in_future", "received_hours_ahead", BETWEEN, {"max_value": 1}, STOPS,
        "Nhiều ngày tiếp nhận ở tương lai. Có thể đảo ngày tháng; hỏi đơn vị vận hành cổng.",
        "Many dossiers are received in the future. Day and month may be swapped; ask the portal's operator.",
        allowed=0.1, least=20),
    Expectation(ARRIVALS, "many_updated_in_future", "updated_hours_ahead", BETWEEN, {"max_value": 1}, NOTES,
        "Nhiều giờ cập nhật ở tương lai. Đồng hồ của cổng có thể sai; báo đơn vị vận hành.",
        "Many updates lie in the future. The portal's clock may be wrong; inform its operator.",
        allowed=0.1, least=20),
    Expectation(ARRIVALS, "many_received_long_ago", "received_hours_ahead", BETWEEN, {"min_value": -24 * 366}, NOTES,
        "Nhiều hồ sơ tiếp nhận từ hơn một năm. Có thể cổng gửi lại hồ sơ cũ.",
        "Many dossiers are over a year old. The portal may be sending old ones again.", allowed=0.1, least=20),
    Expectation(ARRIVALS, "new_agency", "agency_code", IN_SET, {"value_set": _learned("agency_code")}, NOTES,
        "Mã cơ quan chưa từng gặp ở cổng này. Kiểm tra rồi bổ sung danh mục.",
        "An agency code is new at this portal. Check it, then add it to the list."),
    Expectation(ARRIVALS, "new_commune", "commune_code", IN_SET, {"value_set": _learned("commune_code")}, NOTES,
        "Mã xã chưa từng gặp ở cổng này. Kiểm tra có đúng địa bàn không.",
        "A commune code is new at this portal. Check that it belongs to its area."),
    Expectation(ARRIVALS, "new_nationality", "nationality_code", IN_SET, {"value_set": _learned("nationality_code")},
        NOTES,
        "Mã quốc tịch chưa từng gặp ở cổng này. Kiểm tra cổng có đổi danh mục không.",
        "A nationality code is new at this portal. Check whether the portal's list changed."),
    Expectation(ARRIVALS, "new_ethnic_group", "ethnic_group", IN_SET, {"value_set": _learned("ethnic_group")}, NOTES,
        "Cách ghi dân tộc chưa từng gặp ở cổng này. Kiểm tra cổng có đổi danh mục không.",
        "An ethnic group is written in a new way at this portal. Check whether the portal's list changed."),
    Expectation(ARRIVALS, "volume_above_range", "rows_of_day", BETWEEN, {"max_value": _learned("volume_most")}, STOPS,
        "Số hồ sơ trong ngày vượt khoảng đã khai. Có thể cổng gửi lại dữ liệu cũ.",
        "The day's dossiers exceed the declared range. The portal may be sending old ones again.",
        frame="figures"),
    Expectation(ARRIVALS, "volume_unusual", "rows_of_day", BETWEEN, {"max_value": _learned("volume_usual")}, NOTES,
        "Số hồ sơ trong ngày cao hơn thường lệ. Đối chiếu với cổng.",
        "The day has more dossiers than usual. Compare with the portal.", frame="figures"),
    Expectation(ARRIVALS, "stale", "youngest_days", BETWEEN, {"max_value": 7}, NOTES,
        "Hồ sơ mới nhất đã cập nhật hơn bảy ngày. Hỏi cổng có ngừng đồng bộ không.",
        "The newest dossier is over seven days old. Ask whether the portal stopped updating.", frame="figures"),
    Expectation(ARRIVALS, "sexes_uneven", "male_share", BETWEEN, {"min_value": 0.3, "max_value": 0.7}, NOTES,
        "Tỷ lệ nam nữ của trẻ lệch hẳn. Có thể cổng đảo mã giới tính.",
        "The shares of boys and girls are far from even. The portal may have swapped the codes.", frame="figures"),
    Expectation(ARRIVALS, "procedures_shifted", "procedure_shift", BETWEEN, {"max_value": 0.4}, NOTES,
        "Cơ cấu thủ tục khác hẳn những ngày trước. Đối chiếu với cổng.",
        "The shares of procedures differ much from earlier days. Compare with the portal.", frame="figures"),
    Expectation(ARRIVALS, "fields_vanished", "field_path", CONTAINS, {"value_set": _learned("usual_fields")}, STOPS,
        "Có cột thường có dữ liệu nay trống hết. Có thể cổng bỏ cột; báo bộ phận kỹ thuật.",
        "Fields that are usually filled are all empty now. The portal may have dropped them; inform the engineer.",
        frame="fields"),
    Expectation(ARRIVALS, "field_appeared", "field_path", IN_SET, {"value_set": _learned("known_fields")}, NOTES,
        "Có cột trước nay chưa từng có dữ liệu. Xem vài hồ sơ để hiểu cột đó.",
        "A field is filled that was never filled before. Look at some dossiers to understand it.", frame="fields"),
    Expectation(DAY, "volume_outside_range", "rows_of_day", BETWEEN,
        {"min_value": _learned("volume_least"), "max_value": _learned("volume_most")}, NOTES,
        "Số hồ sơ của ngày ngoài khoảng đã khai. Hỏi cổng có ngừng gửi hay gửi lại.",
        "The number of dossiers of the finished day is outside the declared range. Ask the portal's operator.",
        frame="figures"),
    Expectation(BOOK, "entry_unnumbered", "entry_number", NOT_NULL, {}, NOTES,
        "Có đăng ký không có số trong sổ. Hỏi cơ quan hộ tịch.",
        "An entry has no readable number. Ask the civil status office."),
    Expectation(BOOK, "entry_doubled", "entry_number", UNIQUE, _SAME_ENTRY, NOTES,
        "Hai hồ sơ cùng một số trong một sổ. Đối chiếu với sổ gốc.",
        "Two dossiers have one number in a book. Compare with the register."),
    Expectation(BOOK, "entry_skipped", "step", BETWEEN, {"max_value": 1}, NOTES,
        "Số trong sổ bị nhảy. Kiểm tra có đăng ký nào ghi ngoài hệ thống.",
        "Numbers are missing in a book. Check for entries that were made outside the system."),
    Expectation(BOOK, "entry_before_its_predecessor", "days_after_previous", BETWEEN, {"min_value": 0}, NOTES,
        "Số sau đăng ký trước số trước. Đối chiếu ngày đăng ký với sổ gốc.",
        "A later number has an earlier date. Compare the dates with the register."),
    Expectation(BOOK, "entry_outside_year", "years_off", IN_SET, _IS_0, NOTES,
        "Ngày đăng ký không thuộc năm của sổ. Đối chiếu với sổ gốc.",
        "An entry's date lies outside the book's year. Compare with the register."),
    Expectation(BOOK, "book_misnamed", "book_code", MATCHES, {"regex": r"^\d{1,3}/\d{4}$"}, NOTES,
        "Tên sổ không theo dạng số/năm. Hỏi cơ quan hộ tịch.",
        "A book code is not number/year. Ask the civil status office."),
    Expectation(ANSWERS, "many_refused", "is_refused", IN_SET, _IS_0, NOTES,
        "Cơ quan đăng ký từ chối quá nhiều. Xem nguyên nhân gặp nhiều nhất ở mục Câu trả lời.",
        "The registry refuses too many. See the most frequent cause under Answers.", allowed=0.3, least=30),
    Expectation(ANSWERS, "many_unexplained", "is_unexplained", IN_SET, _IS_0, NOTES,
        "Nhiều lời từ chối chưa rõ nguyên nhân. Báo bộ phận kỹ thuật bổ sung bảng nguyên nhân.",
        "Many refusals have no known cause. Have the engineer add them to the table.", allowed=0.1, least=10),
    Expectation(ANSWERS, "slow_answers", "hours", BETWEEN, {"max_value": 72}, NOTES,
        "Nhiều trả lời chậm quá ba ngày. Nhắc cơ quan đăng ký.",
        "Many answers took over three days. Remind the registry.", allowed=0.1, least=10),
    Expectation(AGREEMENT, "birth_not_at_residence", "missing_at_residence", IN_SET, _IS_0, NOTES,
        "Trẻ đã khai sinh nhưng chưa đăng ký cư trú sau ba ngày. Xem bước cư trú.",
        "A registered child is not in the residence register after three days. See the residence step."),
    Expectation(AGREEMENT, "birth_not_at_insurance", "missing_at_insurance", IN_SET, _IS_0, NOTES,
        "Trẻ đã khai sinh nhưng chưa có bảo hiểm y tế sau ba ngày. Xem bước bảo hiểm.",
        "A registered child has no health insurance after three days. See the health insurance step."),
    Expectation(AGREEMENT, "numbers_differ", "numbers_differ", IN_SET, _IS_0, NOTES,
        "Các cơ quan trả về số định danh khác nhau. Hỏi cơ quan hộ tịch số nào đúng.",
        "Registries returned different personal numbers. Ask the civil status office which is right."),
)  # fmt: skip

BY_CODE: dict[tuple[str, str], Expectation] = {(each.suite, each.code): each for each in EXPECTED}


def volume_of(portal_code: str) -> VolumeRange:
    """The declared range for a working day of a portal."""
    return VOLUMES.get(portal_code, ANY_VOLUME)


def suite_of(name: str, frame: str) -> list[Expectation]:
    """The expectations of a suite that judge one frame."""
    return [each for each in EXPECTED if (each.suite, each.frame) == (name, frame)]
