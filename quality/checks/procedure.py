"""The dossier as an act of administration: its code, its procedure, its status, its way along the chain."""

from quality.check import HOLDS, Examination, Saw, Who, check, check_each, declare
from schemas.catalogues import ANY_REGISTRY, row_of
from schemas.dossier import Dossier, PortalStatus
from schemas.fields import DOSSIER_CODE
from schemas.routes import is_known

ENDED = frozenset({PortalStatus.DONE, PortalStatus.RETURNED})
STATUSES = frozenset(PortalStatus)
PORTAL_LIST = "Danh mục trạng thái hồ sơ của Cổng Dịch vụ công quốc gia"


declare(
    "procedure_has_no_route", "procedure_code",
    weight=HOLDS,
    who=Who.OPERATOR,
    source="schemas/routes.py: lộ trình có hiệu lực theo ngày tiếp nhận",
    says_vi="Thủ tục không có lộ trình liên thông nào có hiệu lực vào ngày tiếp nhận hồ sơ.",
    do_vi="Kiểm tra mã thủ tục; nếu đúng, báo quản trị bổ sung lộ trình.",
    says_en="The procedure has no route in force on the day of receipt.",
)  # fmt: skip

declare(
    "changed_after_sending",
    weight=HOLDS,
    who=Who.STEWARD,
    source="Nguyên tắc của lienthong: mỗi hồ sơ đăng ký đúng một lần",
    says_vi="Hồ sơ thay đổi trên cổng sau khi cơ quan đăng ký đã nhận bản trước.",
    do_vi="So sánh hai phiên bản; nếu cần sửa kết quả, làm thủ tục cải chính tại cơ quan đăng ký.",
    says_en="The dossier changed at the portal after a registry had its earlier version.",
)

declare(
    "unreadable_original",
    weight=HOLDS,
    who=Who.ENGINEER,
    source="Tài liệu giao tiếp của cổng; bản gốc được giữ niêm phong",
    says_vi="Hệ thống không đọc được hồ sơ do cổng gửi sang; bản gốc đã được giữ lại.",
    do_vi="Báo kỹ thuật kèm mã hồ sơ; không nhập lại bằng tay khi chưa có trả lời.",
    says_en="The portal's bytes for this dossier cannot be read; the original is kept.",
)


@check_each(
    "dossier_code",
    weight=HOLDS,
    source="NĐ 118/2025/NĐ-CP; QCVN 102:2016/BTTTT; QĐ 20/2020/QĐ-TTg",
    says_vi="Mã hồ sơ không đúng cấu trúc mã cơ quan, ngày, số thứ tự.",
    do_vi="Kiểm tra mã hồ sơ trên cổng, báo đơn vị vận hành cổng nếu mã bị sinh sai.",
    says_en="A dossier code is not agency, day and sequence.",
)
def dossier_code_malformed(dossier_code: str) -> Saw:
    return None if DOSSIER_CODE.fullmatch(dossier_code) and dossier_code.isascii() else "another shape"


@check(
    "procedure_as_written", "procedure_code",
    weight=HOLDS,
    who=Who.OPERATOR,
    source="Danh mục thủ tục hành chính; schemas/routes.py",
    says_vi="Mã thủ tục không có trong danh mục các thủ tục được liên thông.",
    do_vi="Kiểm tra mã thủ tục trên cổng; nếu đúng, báo quản trị bổ sung.",
    says_en="A procedure is not among those that are carried.",
)  # fmt: skip
def unknown_procedure(dossier: Dossier, exam: Examination) -> Saw:
    if is_known(dossier.procedure_code):
        return None
    other = row_of("procedure_not_carried", ANY_REGISTRY, dossier.procedure_code, exam.event_on)
    return f"a procedure that is not carried: {other.title_vi}" if other else "not in the list"


@check(
    "procedure_code", "case",
    weight=HOLDS,
    source="Danh mục thủ tục hành chính; schemas/routes.py",
    says_vi="Nội dung tờ khai thuộc loại việc khác với thủ tục đã chọn.",
    do_vi="Chọn lại thủ tục hoặc tờ khai cho khớp nhau rồi gửi lại.",
    says_en="The form is of another kind than the procedure.",
)  # fmt: skip
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
    says_en="The portal says done or returned, but the dossier was never carried to a registry.",
)
def status_out_of_order(status: int) -> Saw:
    return f"status {status}" if status in ENDED else None


@check_each(
    "status",
    weight=HOLDS,
    who=Who.ENGINEER,
    source=PORTAL_LIST,
    says_vi="Trạng thái hồ sơ không có trong danh mục từ 1 đến 10 của cổng quốc gia.",
    do_vi="Báo kỹ thuật kèm mã hồ sơ để bổ sung trạng thái của cổng.",
    says_en="A status is not among the ten of the national portal.",
)
def unknown_status(status: int) -> Saw:
    return None if status in STATUSES else f"status {status}"
