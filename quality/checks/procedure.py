"""The dossier's code, its procedure, its status, and faults that a step finds on the dossier's way."""

from datetime import date
from functools import lru_cache

from quality.check import HOLDS, STOPS, Actor, Examination, Saw, check, check_each, declare
from quality.checks.family import spouses_of
from schemas.agencies import AgencyTable
from schemas.catalogues import ANY_REGISTRY, row_of
from schemas.dossier import Dossier, PortalStatus
from schemas.fields import DOSSIER_CODE
from schemas.routes import is_known

ENDED = frozenset({PortalStatus.DONE, PortalStatus.RETURNED})
DOMESTIC_MARRIAGE = "1.000894"
CITIZENS = ("VN", None, "")
STATUSES = frozenset(PortalStatus)
PORTAL_LIST = "Danh mục trạng thái hồ sơ của Cổng Dịch vụ công quốc gia"


declare(
    "procedure_has_no_route",
    "procedure_code",
    weight=HOLDS,
    who=Actor.OPERATOR,
    source="schemas/routes.py: lộ trình có hiệu lực theo ngày tiếp nhận",
    says_vi="Thủ tục không có lộ trình liên thông nào có hiệu lực vào ngày tiếp nhận hồ sơ.",
    do_vi="Kiểm tra mã thủ tục; nếu đúng, báo quản trị hệ thống bổ sung lộ trình.",
    says_en="The procedure has no route in force on the day of receipt.",
    do_en="Check the procedure code; if it is right, have the operator add the route.",
)

declare(
    "changed_after_sending",
    weight=HOLDS,
    who=Actor.STEWARD,
    source="Nguyên tắc của lienthong: mỗi hồ sơ đăng ký đúng một lần",
    says_vi="Cổng đã thay đổi hồ sơ sau khi cơ quan đăng ký nhận được.",
    do_vi="Xem phần khác nhau ở từng cơ quan, rồi gửi cải chính, giữ nguyên hoặc đề nghị hủy đăng ký.",
    says_en="The portal changed the dossier after a registry had it.",
    do_en="See what differs at each registry, then send a correction, keep what stands, or have it annulled.",
)

declare(
    "unreadable_original",
    weight=HOLDS,
    who=Actor.ENGINEER,
    source="Tài liệu giao tiếp của cổng; bản gốc được giữ niêm phong",
    says_vi="Hệ thống không đọc được hồ sơ do cổng gửi sang; bản gốc đã được giữ lại.",
    do_vi="Báo bộ phận kỹ thuật kèm mã hồ sơ; không nhập lại bằng tay khi chưa có trả lời.",
    says_en="The dossier that the portal sent cannot be read; the original is kept.",
    do_en="Give the dossier code to the engineer; do not type the dossier in by hand before there is an answer.",
)


@check_each(
    "dossier_code",
    weight=HOLDS,
    source="NĐ 118/2025/NĐ-CP; QCVN 102:2016/BTTTT; QĐ 20/2020/QĐ-TTg",
    says_vi="Mã hồ sơ không đúng cấu trúc mã cơ quan, ngày, số thứ tự.",
    do_vi="Kiểm tra mã hồ sơ trên cổng, báo đơn vị vận hành cổng nếu mã bị sinh sai.",
    says_en="A dossier code is not made of agency code, day and sequence number.",
    do_en="Check the dossier code at the portal; inform its operator if the portal made a wrong code.",
)
def dossier_code_malformed(dossier_code: str) -> Saw:
    return None if DOSSIER_CODE.fullmatch(dossier_code) and dossier_code.isascii() else "another format"


@check(
    "procedure_as_written",
    "procedure_code",
    weight=HOLDS,
    who=Actor.OPERATOR,
    source="Danh mục thủ tục hành chính; schemas/routes.py",
    says_vi="Mã thủ tục không có trong danh mục các thủ tục được liên thông.",
    do_vi="Kiểm tra mã thủ tục trên cổng; nếu đúng, báo quản trị hệ thống bổ sung.",
    says_en="The procedure is not among those that this system handles.",
    do_en="Check the procedure code at the portal; if it is right, have the operator add it.",
)
def unknown_procedure(dossier: Dossier, exam: Examination) -> Saw:
    if is_known(dossier.procedure_code):
        return None
    other = row_of("procedure_not_carried", ANY_REGISTRY, dossier.procedure_code, exam.event_on)
    return f"a procedure that is not carried: {other.title_vi}" if other else "not in the list"


@check(
    "procedure_code",
    "case",
    weight=HOLDS,
    source="Danh mục thủ tục hành chính; schemas/routes.py",
    says_vi="Nội dung tờ khai thuộc loại việc khác với thủ tục đã chọn.",
    do_vi="Chọn lại thủ tục hoặc tờ khai cho khớp nhau rồi gửi lại.",
    says_en="The form is for another kind of case than the procedure.",
    do_en="Choose the procedure or the form again so that they agree, then send again.",
)
def case_differs_from_procedure(dossier: Dossier, exam: Examination) -> Saw:
    if exam.route is None or exam.route.case_kind == dossier.case.kind:
        return None
    return f"{dossier.case.kind} under a procedure for {exam.route.case_kind}"


@check_each(
    "status",
    weight=HOLDS,
    source=PORTAL_LIST,
    says_vi="Cổng ghi hồ sơ đã xong hoặc đã trả kết quả, nhưng hồ sơ chưa từng được liên thông.",
    do_vi="Kiểm tra đã có kết quả giấy chưa; nếu chưa, chuyển về đang xử lý.",
    says_en="The portal says done or returned, but the dossier was never sent to a registry.",
    do_en="Check whether a paper result exists; if not, set the status back to in progress.",
)
def status_out_of_order(status: int) -> Saw:
    return f"status {status}" if status in ENDED else None


@lru_cache(maxsize=4096)
def _province_of(table: AgencyTable, agency_code: str, on: date) -> str | None:
    return table.province_of(agency_code, on)


@check(
    "dossier_code",
    "portal_code",
    weight=STOPS,
    who=Actor.STEWARD,
    source="NĐ 61/2018/NĐ-CP; NĐ 118/2025/NĐ-CP; schemas/data/agencies.csv: tỉnh của cơ quan trong mã hồ sơ",
    says_vi="Mã hồ sơ do tỉnh khác cấp; cổng có thể đang gửi nhầm dữ liệu của tỉnh khác.",
    do_vi="Kiểm tra mã hồ sơ trên cổng; rõ rồi mới cho lô chuyển tiếp hoặc từ chối.",
    says_en="Another province issued the dossier code; the portal may be sending another province's data.",
    do_en="Check the dossier code at the portal; release or reject the batch when that is clear.",
)
def dossier_of_another_province(dossier: Dossier, exam: Examination) -> Saw:
    issued_in = _province_of(exam.agencies, dossier.dossier_code.partition("-")[0], exam.event_on)
    return "of another province" if issued_in and dossier.portal_province not in (None, issued_in) else None


@check(
    "procedure_code",
    "case",
    weight=HOLDS,
    source="Danh mục thủ tục hành chính: 2.000806 đăng ký kết hôn có yếu tố nước ngoài",
    says_vi="Một bên kết hôn là người nước ngoài nhưng thủ tục đã chọn là kết hôn trong nước.",
    do_vi="Chuyển sang thủ tục kết hôn có yếu tố nước ngoài, hoặc sửa quốc tịch.",
    says_en="A spouse is a foreigner, but the procedure is for Vietnamese citizens only.",
    do_en="Use the procedure for marriages with a foreigner, or edit the nationality.",
)
def foreign_spouse_in_domestic_procedure(dossier: Dossier) -> Saw:
    if dossier.procedure_code != DOMESTIC_MARRIAGE:
        return None
    is_foreign = any(spouse.nationality_code not in CITIZENS for spouse in spouses_of(dossier.case))
    return "a foreigner" if is_foreign else None


@check_each(
    "status",
    weight=STOPS,
    who=Actor.ENGINEER,
    source=PORTAL_LIST,
    says_vi="Trạng thái hồ sơ không có trong danh mục từ 1 đến 10 của cổng quốc gia.",
    do_vi="Báo bộ phận kỹ thuật kèm mã hồ sơ; lô chỉ được chuyển tiếp khi đã rõ nghĩa của trạng thái.",
    says_en="The status is not among the ten of the national portal.",
    do_en="Give the dossier code to the engineer; the batch goes on when the meaning of the status is known.",
)
def unknown_status(status: int) -> Saw:
    return None if status in STATUSES else f"status {status}"


declare(
    "edits_do_not_fit",
    weight=HOLDS,
    who=Actor.STEWARD,
    source="Nguyên tắc của lienthong: các ô sửa cùng nhau được dùng cùng nhau, hoặc không ô nào được dùng",
    says_vi="Các ô đã sửa chưa tạo thành một hồ sơ hoàn chỉnh; hồ sơ đang được xem như chưa sửa.",
    do_vi="Sửa nốt ô còn thiếu, xác nhận phần đang chờ, hoặc rút lại việc sửa.",
    says_en="The edited fields do not make a whole dossier yet; it is treated as if nothing was edited.",
    do_en="Edit the field that is still missing, confirm the edit that waits, or undo the edit.",
)

declare(
    "words_not_taken",
    weight=HOLDS,
    who=Actor.STEWARD,
    source="Tài liệu giao tiếp của cổng: trạng thái không theo thứ tự, hoặc hồ sơ đã kết thúc ở cổng",
    says_vi="Cổng không nhận yêu cầu bổ sung hoặc quyết định từ chối; người dân chưa được thông báo.",
    do_vi="Thông báo cho người dân bằng cách khác, hoặc quyết định lại hồ sơ này.",
    says_en="The portal did not accept the request for a supplement or the rejection; the citizen was not informed.",
    do_en="Inform the citizen in another way, or decide again about this dossier.",
)
