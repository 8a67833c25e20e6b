"""Codes that are chosen from short lists of the Ministry of Justice and of the land system."""

from quality.check import HOLDS, Saw, check, check_each
from schemas.cases import BirthCase, DeathCase, LandCase, MarriageCase, Spouse

MINISTRY = "cấu trúc dữ liệu số hóa hộ tịch của Bộ Tư pháp (mẫu hotich158)"
AGAIN_OR_ABROAD = frozenset("23")
"""Registering again, and entering what a foreign agency registered, are procedures of their own."""
RESIDENCE_KINDS, NOTICE_KINDS, MARRIAGE_ORDERS, OWNER_KINDS = map(frozenset, ("012", "01234567", "12", "01234"))


@check(
    "registration_kind",
    weight=HOLDS,
    source=f"Danh mục loaiDangKy, {MINISTRY}",
    says_vi="Loại đăng ký không có trong danh mục của Bộ Tư pháp.",
    do_vi="Chọn lại loại đăng ký trên cổng rồi gửi lại.",
    says_en="The kind of registration is not in the ministry's list.",
    do_en="Choose the kind of registration again at the portal, then send again.",
)
def unknown_registration_kind(case: BirthCase | MarriageCase) -> Saw:
    return None if case.registration_kind in case.registration_kinds else "not in the list"


@check(
    "registration_kind",
    weight=HOLDS,
    source=f"Danh mục loaiDangKy, {MINISTRY}; danh mục thủ tục hành chính",
    says_vi="Loại đăng ký là đăng ký lại hoặc ghi vào sổ, thuộc thủ tục khác với thủ tục đã chọn.",
    do_vi="Chọn lại loại đăng ký, hoặc chuyển hồ sơ sang đúng thủ tục.",
    says_en="Registering again, or entering a foreign registration, is another procedure than the chosen one.",
    do_en="Choose the kind of registration again, or move the dossier to the right procedure.",
)
def registration_kind_of_other_procedure(case: BirthCase) -> Saw:
    return f"kind {case.registration_kind}" if case.registration_kind in AGAIN_OR_ABROAD else None


@check_each(
    "residence_kind",
    weight=HOLDS,
    source=f"Danh mục loaiCuTru, {MINISTRY}",
    says_vi="Loại cư trú không có trong danh mục: 0 không, 1 thường trú, 2 tạm trú.",
    do_vi="Chọn lại loại cư trú trên cổng rồi gửi lại.",
    says_en="The kind of residence is not in the list: 0 none, 1 permanent, 2 temporary.",
    do_en="Choose the kind of residence again at the portal, then send again.",
)
def unknown_residence_kind(residence_kind: str) -> Saw:
    return None if not residence_kind or residence_kind in RESIDENCE_KINDS else "not in the list"


@check(
    "notice_kind",
    weight=HOLDS,
    source=f"Danh mục gbtLoai, {MINISTRY}",
    says_vi="Loại giấy báo tử không có trong danh mục của Bộ Tư pháp.",
    do_vi="Chọn lại loại giấy báo tử trên cổng rồi gửi lại.",
    says_en="The kind of death notice is not in the ministry's list.",
    do_en="Choose the kind of notice again at the portal, then send again.",
)
def unknown_notice_kind(case: DeathCase) -> Saw:
    return None if not case.notice_kind or case.notice_kind in NOTICE_KINDS else "not in the list"


@check(
    "marriage_order",
    weight=HOLDS,
    source=f"Danh mục kết hôn lần thứ, {MINISTRY}",
    says_vi="Số lần kết hôn không có trong danh mục: 1 lần đầu, 2 kết hôn lại.",
    do_vi="Chọn lại số lần kết hôn theo tờ khai rồi gửi lại.",
    says_en="The number of the marriage is not in the list: 1 first, 2 a later one.",
    do_en="Choose the number of the marriage from the form again, then send again.",
)
def unknown_marriage_order(spouse: Spouse) -> Saw:
    return None if not spouse.marriage_order or spouse.marriage_order in MARRIAGE_ORDERS else "not in the list"


@check(
    "owner_kind",
    weight=HOLDS,
    source="Cấu trúc HoSoXml của VBDLIS: 0 cá nhân, 1 vợ chồng, 2 hộ, 3 tổ chức, 4 cộng đồng",
    says_vi="Loại chủ sử dụng đất không có trong danh mục của VBDLIS.",
    do_vi="Chọn lại loại chủ sử dụng trên cổng rồi gửi lại.",
    says_en="The kind of land user is not in the VBDLIS list.",
    do_en="Choose the kind of land user again at the portal, then send again.",
)
def unknown_owner_kind(case: LandCase) -> Saw:
    return None if case.owner_kind in OWNER_KINDS else "not in the list"
