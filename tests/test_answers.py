"""Refusals are read into causes: every word of the sandbox, glued ones, unknown ones, hostile ones; and fast."""

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox.names import FEMALE_GIVEN, MALE_GIVEN
from connectors.sandbox.world import REFUSALS
from quality.answers import CAUSES, Cause, cause_of, fingerprint, read_answer
from quality.answers.causes import ANSWERING, CASES, rows
from quality.answers.fingerprints import GONE, vocabulary
from quality.answers.reading import PERSONS, SUBJECTS, _paths
from quality.check import CATALOGUE, Who
from quality.titles import title_of
from schemas.delivery import REGISTRY_CODES
from schemas.routes import ROUTES

CIVIL, RESIDENCE, INSURANCE, LAND, PORTAL = "civil_status", "residence", "health_insurance", "land", "portal"

Seen = list[tuple[str, tuple[str, ...]]]


def seen(registry_code: str, words: str, code: str = "") -> Seen:
    return [(cause.code, cause.fields) for cause in read_answer(registry_code, code, words)]


def codes(registry_code: str, words: str, code: str = "") -> list[str]:
    return [cause.code for cause in read_answer(registry_code, code, words)]


# The words of the sandbox

REFUSED = {
    "Số định danh cá nhân của mẹ không khớp CSDL quốc gia về dân cưHọ tên cha không hợp lệ":
        ["civil_status.number_not_in_population", "civil_status.value_invalid"],
    "Số định danh cá nhân của mẹ không khớp CSDL quốc gia về dân cư": ["civil_status.number_not_in_population"],
    "Giấy chứng sinh đã được sử dụng để đăng ký khai sinhNơi sinh không hợp lệ":
        ["civil_status.notice_used", "civil_status.value_invalid"],
    "nksQueQuan không được để trốngmeSoDDCN độ dài vượt quáchaLoaiGiayToTuyThan không tồn tại trong danh mục":
        ["civil_status.field_empty", "civil_status.value_too_long", "civil_status.not_in_list"],
    "1. Ngày sinh của mẹ không khớp CSDL quốc gia về dân cư; 2. Quê quán không hợp lệ":
        ["civil_status.population_differs", "civil_status.value_invalid"],
    "Người chết đã được đăng ký khai tử": ["civil_status.already_registered"],
    "Họ tên người chết không khớp CSDL quốc gia về dân cưNgày chết không hợp lệ":
        ["civil_status.population_differs", "civil_status.date_invalid"],
    "gbtSo không được để trống, nktNgayChet không được lớn hơn ngày hiện tại":
        ["civil_status.field_empty", "civil_status.date_invalid"],
    "Tình trạng hôn nhân của bên nam không hợp lệSố giấy tờ tùy thân bên nữ không khớp CSDL quốc gia về dân cư":
        ["civil_status.marital_status_wrong", "civil_status.number_not_in_population"],
    "Bên nam đang có vợ": ["civil_status.marital_status_wrong"],
    "chongLoaiGiayToTuyThan không tồn tại trong danh mục và voNoiCuTru không được để trống":
        ["civil_status.not_in_list", "civil_status.field_empty"],
    "Chủ hộ không tồn tại trong cơ sở dữ liệu": ["residence.head_unknown"],
    "Quan hệ với chủ hộ không hợp lệChỗ ở hợp pháp chưa được xác nhận":
        ["residence.relation_wrong", "residence.dwelling_unconfirmed"],
    "Chủ hộ chưa đồng ý\nSố định danh của mẹ không khớp CSDL quốc gia về dân cư":
        ["residence.head_disagrees", "residence.number_not_in_population"],
    "Công dân không có thông tin thường trú tại địa phương": ["residence.not_resident_here"],
    "Số định danh không khớp CSDL quốc gia về dân cư": ["residence.number_not_in_population"],
    "Công dân đang có hồ sơ cư trú khác chưa giải quyết": ["residence.other_case_open"],
    "Invalid facility code for initial registration": ["health_insurance.facility_unknown"],
    "Participant already exists in another household": ["health_insurance.in_another_household"],
    "Warning: Insured person already exists in another provinceInvalid facility code for initial registration":
        ["health_insurance.number_exists", "health_insurance.facility_unknown"],
    "Participant is not active": ["health_insurance.not_active"],
    "Benefit already settled for this number": ["health_insurance.benefit_settled"],
    "Warning: Participant is not active; Date of birth does not match":
        ["health_insurance.not_active", "health_insurance.value_invalid"],
    "Thửa đất đang có giao dịch bảo đảm chưa xóa đăng ký": ["land.mortgaged"],
    "Giấy chứng nhận không tồn tại trong cơ sở dữ liệu đất đai": ["land.certificate_unknown"],
    "Người sử dụng đất chưa hoàn thành nghĩa vụ tài chínhThửa đất đang có tranh chấp":
        ["land.duties_unpaid", "land.disputed"],
    "Chủ sử dụng đất không khớp với giấy chứng nhận": ["land.owner_differs"],
}  # fmt: skip
"""The free text of the world's refusals, written down again by hand."""

TOLD_BY_TWINS = [
    (CIVIL, "100", "AUTHEN_ERROR", ["civil_status.access_denied"]),
    (CIVIL, "101", "IP_DISALLOWED", ["civil_status.access_denied"]),
    (CIVIL, "106", "AGENCY_ID_INCORRECT", ["civil_status.agency_unknown"]),
    (CIVIL, "108", "PROVINCE_ID_INCORRECT", ["civil_status.province_unknown"]),
    (CIVIL, "200", "RECORD_UNCOMPLETE", ["civil_status.not_ready"]),
    (CIVIL, "201", "RECORD_NOT_FOUND", ["civil_status.not_known"]),
    (CIVIL, "302", "DATA_TYPE_INVALID: module", ["civil_status.type_wrong"]),
    (CIVIL, "302", "DATA_TYPE_INVALID: maDinhDanhHoSo", ["civil_status.type_wrong"]),
    (CIVIL, "500", "DATA_INCORRECT: dữ liệu không đúng cấu trúc", ["civil_status.structure_wrong"]),
    (CIVIL, "500", "DATA_INCORRECT", ["civil_status.data_wrong"]),
    (CIVIL, "500", "Hồ sơ G22.99.02-261122-0007 đã được tiếp nhận", ["civil_status.already_received"]),
    (CIVIL, "500", "nksHoTen không được để trống", ["civil_status.field_empty"]),
    (CIVIL, "500", "chaSoDDCN độ dài vượt quá", ["civil_status.value_too_long"]),
    (CIVIL, "500", "nycSoDDCN không đúng định dạng", ["civil_status.value_malformed"]),
    (CIVIL, "500", "voLoaiGiayToTuyThan không tồn tại trong danh mục", ["civil_status.not_in_list"]),
    (CIVIL, "500", "có lỗi trong quá trình thêm mới", ["civil_status.passing_trouble"]),
    (CIVIL, "500", "Client received SOAP fault from server", ["civil_status.passing_trouble"]),
    (CIVIL, "supplement", "", ["civil_status.supplement_asked"]),
    (CIVIL, "rejected", "", ["civil_status.rejected"]),
    (RESIDENCE, "CT-01", "Dữ liệu không phải XML hợp lệ", ["residence.structure_wrong"]),
    (RESIDENCE, "CT-01", "Không chấp nhận DOCTYPE", ["residence.structure_wrong"]),
    (RESIDENCE, "CT-02", "Dữ liệu không đúng cấu trúc: SCHEMAV_CVC_PATTERN_VALID", ["residence.structure_wrong"]),
    (RESIDENCE, "CT-10", "SoDinhDanh độ dài vượt quá 12 ký tự", ["residence.value_too_long"]),
    (RESIDENCE, "CT-10", "", ["residence.no_reason"]),
    (RESIDENCE, "4", "", ["residence.returned"]),
    (RESIDENCE, "4 of 2 cases", "", ["residence.returned"]),
    (INSURANCE, "E01", "maYeuCau is required", ["health_insurance.structure_wrong"]),
    (INSURANCE, "E02", "soDinhDanh: String expected", ["health_insurance.value_malformed"]),
    (INSURANCE, "E03", "hoTen: invalid characters", ["health_insurance.value_malformed"]),
    (INSURANCE, "E04", "Loại yêu cầu không hợp lệ", ["health_insurance.kind_unknown"]),
    (INSURANCE, "E05", "Trường maBenhVien không đúng định dạng", ["health_insurance.value_malformed"]),
    (INSURANCE, "E05", "Trường soKhaiSinh không đúng định dạng", ["health_insurance.value_malformed"]),
    (INSURANCE, "E06", "ngaySinh: invalid date", ["health_insurance.date_invalid"]),
    (INSURANCE, "E06", "ngayChet: invalid date", ["health_insurance.date_invalid"]),
    (INSURANCE, "E07", "Thẻ TE phải có hạn đến khi trẻ đủ 72 tháng tuổi", ["health_insurance.card_term_wrong"]),
    (INSURANCE, "TC01", "Người tham gia đã được cấp mã số BHXH, đề nghị tra cứu lại",
     ["health_insurance.number_exists"]),
    (INSURANCE, "98", "System is busy, try again later", ["health_insurance.passing_trouble"]),
    (INSURANCE, "10", "Thiếu tiêu chí tra cứu", ["health_insurance.person_uncertain"]),
    (INSURANCE, "01", "Không tìm thấy mã số", ["health_insurance.number_unknown"]),
    (INSURANCE, "90", "Invalid JSON", ["health_insurance.structure_wrong"]),
    (INSURANCE, "90", "dsYeuCau is required", ["health_insurance.structure_wrong"]),
    (INSURANCE, "91", "Maximum 50 records per request", ["health_insurance.too_many"]),
    (INSURANCE, "91", "dsMaYeuCau: at most 50 request codes", ["health_insurance.too_many"]),
    (INSURANCE, "401", "Invalid Credentials. Access token is invalid or expired", ["health_insurance.access_denied"]),
    (LAND, "01", "Hồ sơ đã tồn tại, không thay đổi", ["land.unchanged"]),
    (LAND, "42", "hoSoGuid đã tồn tại với nội dung khác", ["land.other_content"]),
    (LAND, "40", "Tệp XML không đúng cấu trúc: không đọc được", ["land.structure_wrong"]),
    (LAND, "40", "Tệp XML không đúng cấu trúc: từ 1 đến 20 hoSoGuid", ["land.structure_wrong"]),
    (LAND, "41", "Số phát hành giấy chứng nhận không đúng định dạng", ["land.serial_malformed"]),
    (LAND, "41", "Mã xã không có trong danh mục", ["land.place_not_in_force"]),
    (LAND, "41", "Mã mục đích sử dụng đất không có trong danh mục", ["land.purpose_unknown"]),
    (LAND, "41", "Thiếu ngày hết hạn sử dụng đất", ["land.purpose_without_end"]),
    (LAND, "41", "Tổng diện tích các mục đích sử dụng khác diện tích thửa đất", ["land.areas_differ"]),
    (LAND, "41", "Chủ sử dụng đất bị trùng số định danh", ["land.owner_doubled"]),
    (LAND, "41", "Mã xã không có trong danh mụcThiếu ngày hết hạn sử dụng đấtChủ sử dụng đất bị trùng số định danh",
     ["land.place_not_in_force", "land.purpose_without_end", "land.owner_doubled"]),
    (LAND, "41", "", ["land.rule_broken"]),
    (PORTAL, "-3", "Logic xử lý không hợp lệ", ["portal.order_wrong"]),
    (PORTAL, "-3", "Hồ sơ chưa cập nhật trạng thái 3", ["portal.step_before_missing"]),
    (PORTAL, "-3", "Hồ sơ chưa cập nhật trạng thái trước đó", ["portal.step_before_missing"]),
    (PORTAL, "-3", "Hồ sơ chưa cập nhật trạng thái tiếp nhận của bộ phận một cửa", ["portal.step_before_missing"]),
    (PORTAL, "-3", "Hồ sơ chưa được gửi không thể cập nhật", ["portal.step_before_missing"]),
    (PORTAL, "-3", "Hồ sơ đã bị từ chối. Không thể cập nhật trạng thái", ["portal.closed_by_rejection"]),
    (PORTAL, "-3", "Hồ sơ đã hoàn thành, không được cập nhật tiến độ", ["portal.already_done"]),
    (PORTAL, "", "Hồ sơ đã hoàn thành đăng ký, không được cập nhật trạng thái", ["portal.already_done"]),
    (PORTAL, "", "Hồ sơ đã có kết quả xử lý, không được cập nhật", ["portal.already_done"]),
    (PORTAL, "3", "Tiến độ xử lý đã tồn tại", ["portal.already_there"]),
    (PORTAL, "", "Hồ sơ đã tồn tại trong một cửa điện tử", ["portal.already_there"]),
    (PORTAL, "-2", "Hồ sơ không tồn tại", ["portal.dossier_unknown"]),
    (PORTAL, "-1", "Dữ liệu không hợp lệ: maHoSo, trangThai", ["portal.value_invalid"]),
    (PORTAL, "401", "Token không hợp lệ hoặc đã hết hạn", ["portal.access_denied"]),
    (PORTAL, "401", "Sai tên đăng nhập hoặc mật khẩu", ["portal.access_denied"]),
    (PORTAL, "", "Server Error", ["portal.passing_trouble"]),
]  # fmt: skip


def test_every_refusal_of_the_world_is_read_as_written_here() -> None:
    found = {words: codes(registry, words, "rejected") for (registry, _), texts in REFUSALS.items() for words in texts}
    assert found == REFUSED
    known = sum(not any(code.endswith(".unknown") for code in each) for each in found.values())
    print(f"refusals of the world: {known} of {len(found)} known ({known / len(found):.0%})")
    assert known / len(found) >= 0.95


@pytest.mark.parametrize(("registry_code", "code", "words", "expected"), TOLD_BY_TWINS)
def test_what_a_twin_says_is_known(registry_code: str, code: str, words: str, expected: list[str]) -> None:
    assert codes(registry_code, words, code) == expected


# Which field


def test_a_field_is_of_the_person_who_is_named_with_it() -> None:
    assert seen(CIVIL, "nksHoTen không được để trốngmeSoDDCN độ dài vượt quá") == [
        ("civil_status.field_empty", ("case.child.full_name",)),
        ("civil_status.value_too_long", ("case.mother.personal_id",)),
    ]
    assert seen(CIVIL, "Số định danh cá nhân của người cha không khớp với CSDL quốc gia về dân cư") == [
        ("civil_status.number_not_in_population", ("case.father.personal_id",))
    ]
    assert seen(CIVIL, "Người mẹ: ngày sinh không hợp lệ") == [
        ("civil_status.date_invalid", ("case.mother.born_on",))
    ]  # fmt: skip
    assert seen(CIVIL, "Tình trạng hôn nhân bên nữ không hợp lệ") == [
        ("civil_status.marital_status_wrong", ("case.wife",))
    ]
    assert seen(CIVIL, "Bên nữ chưa đủ tuổi kết hôn") == [("civil_status.too_young", ("case.wife.born_on",))]
    assert seen(RESIDENCE, "Số định danh chủ hộ không đúng định dạng") == [
        ("residence.value_malformed", ("case.head_of_household.personal_id",))
    ]


def test_two_fields_share_a_fault() -> None:
    assert seen(CIVIL, "Họ tên cha, họ tên mẹ không hợp lệ") == [
        ("civil_status.value_invalid", ("case.father.full_name", "case.mother.full_name"))
    ]


def test_a_value_between_a_field_and_its_fault_does_not_matter() -> None:
    assert seen(CIVIL, "Số định danh của mẹ 024185001234 (NGUYỄN THỊ HOA) không khớp CSDL quốc gia về dân cư") == [
        ("civil_status.number_not_in_population", ("case.mother.personal_id",))
    ]
    assert codes(CIVIL, "Nguyễn Văn A đã tồn tại") == ["civil_status.already_there"]


def test_a_fault_may_come_before_its_field() -> None:
    assert seen(CIVIL, "Thiếu số giấy chứng sinh") == [("civil_status.field_empty", ("case.notice_code",))]
    assert seen(LAND, "Không tìm thấy số thửa") == [("land.not_found", ("case.parcel.parcel_number",))]
    assert seen(PORTAL, "Dữ liệu không hợp lệ: maHoSo") == [("portal.value_invalid", ("dossier_code",))]


def test_fields_are_chosen_by_the_kind_of_case() -> None:
    (cause,) = read_answer(CIVIL, "500", "Số định danh không đúng định dạng")
    assert cause.fields_of("birth") == ("case.child.personal_id",)
    assert cause.fields_of("death") == ("case.deceased.personal_id",)
    assert cause.fields_of("marriage") == ("case.husband.personal_id", "case.wife.personal_id")
    assert cause_of("residence.dwelling_unconfirmed").fields_of("residence") == ("case.moves_to",)


def test_a_place_in_xml_names_the_field() -> None:
    words = (
        "Tệp XML không đúng cấu trúc: /HoSoXml/ThongTinGiayChungNhan/DC_GiayChungNhan/soPhatHanh SCHEMAV_CVC_MINLENGTH;"
        " /HoSoXml/ThongTinChu/ThongTinCaNhan/DC_CaNhan[2]/maSoDinhDanh SCHEMAV_CVC_PATTERN_VALID"
    )
    assert seen(LAND, words, "40") == [
        ("land.structure_wrong", ("case.certificate.serial", "case.owners.1.personal_id"))
    ]


OURS = [
    (RESIDENCE, "place_undecided", "dossier.case.residence.commune_code: a unit that was divided or is unknown",
     "delivery.place_undecided", ("case.residence.commune_code",)),
    (LAND, "unwritable", "land: dossier H05.1.2-261122-0001 cannot be written: case.parcel.purposes.0.until: no end",
     "delivery.unwritable", ("case.parcel.purposes.0.until",)),
    (RESIDENCE, "unwritable",
     "residence: /ct:TiepNhanHoSo/ct:DangKyThuongTruTre/ct:CongDan/ct:HoVaTen: SCHEMAV_CVC_MINLENGTH_VALID; "
     "/ct:TiepNhanHoSo/ct:DangKyThuongTruTre/ct:ChuHo/ct:SoDinhDanh: SCHEMAV_CVC_PATTERN_VALID",
     "delivery.unwritable", ("case.child.full_name", "case.head_of_household.personal_id")),
    (CIVIL, "unwritable_ValueError", "", "delivery.writer_failed", ()),
    (INSURANCE, "inquiry", "health_insurance, dossier H05.1.2-261122-0001: look-up answered 02, the person is not "
     "certain", "health_insurance.person_uncertain",
     ("case.child.full_name", "case.child.born_on", "case.deceased.full_name", "case.deceased.born_on")),
    (INSURANCE, "inquiry", "health_insurance, dossier H05.1.2-261122-0001: insurance_number is not known to the "
     "registry", "health_insurance.number_unknown", ("case.insurance_number",)),
    (INSURANCE, "inquiry", "health_insurance, dossier H05.1.2-261122-0001: insurance_number belongs to someone of "
     "another name or birth", "health_insurance.number_of_another",
     ("case.insurance_number", "case.deceased.full_name", "case.deceased.born_on")),
    (INSURANCE, "inquiry", "", "delivery.inquiry", ()),
    (CIVIL, "refused", "civil_status: no", "delivery.refused", ()),
    (CIVIL, "unauthorised", "", "delivery.unauthorised", ()),
    (CIVIL, "Unauthorised", "", "delivery.unauthorised", ()),
    (CIVIL, "unrecognised", '{"status": "7"}', "delivery.unrecognised", ()),
    (CIVIL, "TooLarge", "", "delivery.unrecognised", ()),
    (LAND, "unreadable", "", "delivery.unreadable", ()),
    (LAND, "unreachable", "", "delivery.unreachable", ()),
    (LAND, "later", "", "delivery.later", ()),
]  # fmt: skip


@pytest.mark.parametrize(("registry_code", "code", "words", "cause", "fields"), OURS)
def test_what_our_own_step_says_is_read(
    registry_code: str, code: str, words: str, cause: str, fields: tuple[str, ...]
) -> None:
    assert seen(registry_code, words, code) == [(cause, fields)]


# However it is written

PART_A, PART_B, PART_C = "Họ tên cha không hợp lệ", "Nơi sinh không được để trống", "Giấy chứng sinh đã được sử dụng"
THREE = ["civil_status.value_invalid", "civil_status.field_empty", "civil_status.notice_used"]


@pytest.mark.parametrize(
    "words",
    [
        f"{PART_A}{PART_B}{PART_C}",
        f"{PART_A}; {PART_B}; {PART_C}",
        f"{PART_A}, {PART_B}, {PART_C}",
        f"{PART_A};{PART_B};{PART_C}",
        f"{PART_A}\n{PART_B}\r\n{PART_C}\n",
        f"{PART_A} và {PART_B} và {PART_C}",
        f"1. {PART_A} 2. {PART_B} 3. {PART_C}",
        f"1) {PART_A}; 2) {PART_B}; 3) {PART_C}.",
        f"- {PART_A}\n- {PART_B}\n- {PART_C}",
        f"• {PART_A} • {PART_B} • {PART_C}",
        f"{PART_A} | {PART_B} | {PART_C}",
        f"<ul><li>{PART_A}</li><li>{PART_B}</li><li>{PART_C}</li></ul>",
        f"Lỗi: {PART_A}. Lỗi: {PART_B}. Lỗi: {PART_C}!",
        f"[{PART_A}][{PART_B}][{PART_C}]",
        f"{PART_A}   {PART_B}\t{PART_C}",
        f"DATA_INCORRECT: {PART_A}{PART_B}, {PART_C}",
    ],
)
def test_glued_messages_are_taken_apart_in_their_order(words: str) -> None:
    assert seen(CIVIL, words, "500") == [
        ("civil_status.value_invalid", ("case.father.full_name",)),
        ("civil_status.field_empty", ("case.birth_place",)),
        ("civil_status.notice_used", ("case.notice_code",)),
    ]


WRITTEN = f"{PART_A}{PART_B}; {PART_C}"


@pytest.mark.parametrize(
    "words",
    [
        WRITTEN.upper(),
        WRITTEN.lower(),
        WRITTEN.title(),
        unicodedata.normalize("NFD", WRITTEN),
        "Ho ten cha khong hop leNoi sinh khong duoc de trong; Giay chung sinh da duoc su dung",
        "".join(f"&#{ord(letter)};" for letter in WRITTEN),
        WRITTEN.replace("Họ", "H&#7885;").replace(" ", "&nbsp;"),
        WRITTEN.replace("Họ", "H&amp;#7885;"),
        f"  {WRITTEN.replace(' ', '   ')}  ",
        WRITTEN.replace("để", "đễ").replace("hợp", "hơp"),
        "\u200b".join(WRITTEN),
        f"[500] {WRITTEN} (mã lỗi 500)",
    ],
)
def test_writing_does_not_matter(words: str) -> None:
    assert codes(CIVIL, words, "500") == THREE


@pytest.mark.parametrize("read_as", ["latin-1", "cp1252"])
def test_utf8_that_was_read_as_western_is_put_right(read_as: str) -> None:
    written = "Chỗ ở hợp pháp chưa được xác nhận; Chủ hộ chưa đồng ý"
    garbled = "".join(bytes([byte]).decode(read_as, "ignore") or chr(byte) for byte in written.encode())
    assert garbled != written
    assert codes(RESIDENCE, garbled) == ["residence.dwelling_unconfirmed", "residence.head_disagrees"]
    assert codes(RESIDENCE, "KhÃ") == ["residence.unknown"]


# What nobody knows


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Chứng thư số của lãnh đạo đã bị thu hồi", ["unknown"]),
        (f"Chứng thư số bị thu hồi; {PART_A}", ["unknown", "value_invalid"]),
        (f"{PART_A}Chứng thư số bị thu hồi", ["value_invalid", "unknown"]),
        (f"{PART_A}Máy in hết mực rồi{PART_B}", ["value_invalid", "unknown", "field_empty"]),
        (f"Máy in hết mực; {PART_A}; quạt cũng hỏng", ["unknown", "value_invalid"]),
        ("Quạt hỏng; máy in hết mực; đèn tắt", ["unknown"]),
        ("Số định danh cá nhân của mẹ", ["unknown"]),
        ("中文错误", ["unknown"]),
        (f"{PART_A}; 中文错误", ["value_invalid", "unknown"]),
        ("Phiên làm việc không hợp lệ", ["unknown"]),
        ("?!", ["data_wrong"]),
        ("Hồ sơ bị từ chối.", ["data_wrong"]),
        ("ok", ["unknown"]),
    ],
)
def test_no_part_is_lost_and_what_nobody_knows_is_said_once(words: str, expected: list[str]) -> None:
    assert codes(CIVIL, words, "500") == [f"civil_status.{leaf}" for leaf in expected]


def test_a_telling_code_is_kept_beside_unknown_words() -> None:
    assert codes(CIVIL, "Đơn vị lạ hoắc", "106") == ["civil_status.agency_unknown", "civil_status.unknown"]
    assert codes(CIVIL, "Đơn vị lạ hoắc", "500") == ["civil_status.unknown"]


def test_an_unknown_code_has_no_default() -> None:
    assert codes(CIVIL, "", "777") == ["civil_status.unknown"]
    assert codes(CIVIL, "", "") == ["civil_status.no_reason"]
    assert codes(CIVIL, PART_A, "777") == ["civil_status.value_invalid"]
    with pytest.raises(ValueError, match="no registry"):
        read_answer("weather", "1", "")
    with pytest.raises(KeyError):
        cause_of("civil_status.no_such_cause")


# What is meant badly


@pytest.mark.parametrize(
    "words",
    [
        "<script>alert('x')</script>",
        "' OR 1=1 --",
        "\0\0\0",
        f"{PART_A}\0{PART_B}",
        "\ud800\udfff\ud83d",
        "%s%n{0}{{7*7}}",
        "../../etc/passwd",
        "/a" * 10_000,
        "<" * 20_000,
        "&" * 20_000,
        "&amp;" * 5_000,
        ";" * 20_000,
        "case." * 5_000,
        "\u202e\u0300" * 5_000,
    ],
)
@pytest.mark.parametrize("registry_code", ANSWERING)
def test_hostile_words_are_read_quickly_into_known_causes(registry_code: str, words: str) -> None:
    started = time.perf_counter()
    causes = read_answer(registry_code, "x", words)
    assert causes and all(cause.code in CAUSES for cause in causes)
    assert set(fingerprint(words).split()) <= vocabulary() | {GONE}
    assert time.perf_counter() - started < 0.5


def test_a_text_of_a_megabyte_is_read_in_a_moment() -> None:
    for words in ("Chuyện lạ " * 100_000, f"{PART_A}; " * 40_000, "a" * 1_000_000, f"{PART_A}{'ế' * 1_000_000}"):
        started = time.perf_counter()
        causes = read_answer(CIVIL, "500", words)
        assert causes[-1].code == "civil_status.unknown" and len(causes) <= 2
        assert len(fingerprint(words)) < 1_000
        assert time.perf_counter() - started < 0.5


@given(st.text(max_size=300), st.sampled_from(ANSWERING), st.text(max_size=10))
@settings(max_examples=300, deadline=None)
def test_anything_is_read(words: str, registry_code: str, code: str) -> None:
    causes = read_answer(registry_code, code, words)
    assert causes and all(isinstance(cause, Cause) and cause.code in CAUSES for cause in causes)
    assert len({(cause.code, cause.fields) for cause in causes}) == len(causes)


@given(st.lists(st.sampled_from([PART_A, PART_B, PART_C]), min_size=1, max_size=6, unique=True), st.data())
@settings(max_examples=100, deadline=None)
def test_however_glued_each_part_is_found_once(parts: list[str], data: st.DataObject) -> None:
    glue = st.sampled_from(["", "; ", ", ", "\n", " và ", ". ", " - ", "<br/>", " | "])
    words = parts[0] + "".join(data.draw(glue) + part for part in parts[1:])
    expected = dict(zip([PART_A, PART_B, PART_C], THREE, strict=True))
    assert codes(CIVIL, words) == [expected[part] for part in parts]


# Fingerprints

MESSAGES = [
    "{} đã tồn tại",
    "Công dân {} chưa được lãnh đạo phê duyệt",
    "Hồ sơ của {} bị khóa ngày 12/03/2026",
    "Tài khoản {} (024085001234) không có quyền truy cập",
    "Không thể xác định thẩm quyền: {}",
]
SURNAMES = ["Nguyễn Văn", "Trần Thị", "LÊ VĂN", "PHẠM THỊ", "Vũ Đình", "Đặng Hồng"]


@given(st.sampled_from(MESSAGES), st.sampled_from(SURNAMES), st.sampled_from(sorted({*MALE_GIVEN, *FEMALE_GIVEN})))
@settings(max_examples=200, deadline=None)
def test_whoever_it_is_about_the_fingerprint_is_the_same(message: str, surname: str, given_name: str) -> None:
    name = f"{surname} {given_name.upper() if surname.isupper() else given_name.title()}"
    assert fingerprint(message.format(name)) == fingerprint(message.format("Lý Xyz"))


def test_a_fingerprint_is_readable() -> None:
    assert fingerprint("Nguyễn Văn A đã tồn tại") == fingerprint("Trần B đã tồn tại") == "… đã tồn tại"
    assert fingerprint("Nguyen Van A already exists") == "… already exists"
    assert fingerprint("trần an ninh đã tồn tại") == "… đã tồn tại"
    said = "Công dân Nguyễn Thị Hoa (024085001234) chưa được lãnh đạo phê duyệt ngày 12/03/2026"
    assert fingerprint(said) == "công dân … chưa được lãnh đạo phê duyệt …"
    assert fingerprint("java.lang.NullPointerException: null at vn.abc.X(Y.java:55)") == "… null pointer exception …"
    assert fingerprint(unicodedata.normalize("NFD", said)) == fingerprint(said)
    assert fingerprint("") == ""


@given(st.text(max_size=400))
@settings(max_examples=500, deadline=None)
def test_nothing_but_the_vocabulary_survives_in_a_fingerprint(words: str) -> None:
    _holds_only_known_words(fingerprint(words))


_MIXED = st.lists(
    st.one_of(
        st.sampled_from(sorted(vocabulary())),
        st.integers(0, 10**12).map(str),
        st.text(alphabet="abcdeghiklmnopqrstuvxyàảãáạăâđêôơưABCDĐ0123456789-/.,;: ", min_size=1, max_size=12),
        st.dates().map(lambda day: f"{day:%d/%m/%Y}"),
    ),
    max_size=30,
)


@given(_MIXED, st.sampled_from(["", " ", ", ", "\n"]))
@settings(max_examples=500, deadline=None)
def test_nor_does_it_between_known_words(parts: list[str], glue: str) -> None:
    _holds_only_known_words(fingerprint(glue.join(parts)))


def _holds_only_known_words(made: str) -> None:
    assert not any(letter.isnumeric() for letter in made)
    assert set(made.split()) <= vocabulary() | {GONE}
    assert f"{GONE} {GONE}" not in made


def test_the_vocabulary_names_nobody() -> None:
    assert all(word.isalpha() for word in vocabulary())
    assert not {"nguyễn", "trần", "lê", "hoàng", "huỳnh", "vũ", "đặng", "bùi", "đỗ", "ngô", "thị"} & vocabulary()


# The tables


def test_causes_are_whole() -> None:
    assert not set(CAUSES) & set(CATALOGUE), "a cause is called as a check is"
    for cause in CAUSES.values():
        for text in (cause.says_vi, cause.do_vi, cause.says_en, cause.do_en):
            assert text.endswith(".") and len(text.split()) < 25, (cause.code, text)
        assert cause.source and isinstance(cause.who, Who)
        assert cause.registry_code in ("", *ANSWERING)
        assert cause.code.startswith(f"{cause.registry_code or 'delivery'}.")
    written = [row["code"] for row in rows("causes.csv")]
    assert len(written) == len(set(written))


def test_every_registry_says_that_it_knows_nothing_more() -> None:
    for registry_code in ANSWERING:
        assert cause_of(f"{registry_code}.unknown").who is Who.ENGINEER


def _kinds(registry_code: str) -> set[str]:
    """Kinds of case that reach a registry."""
    return {
        route.case_kind for route in ROUTES for step in route.steps
        if registry_code in ("", PORTAL, step.registry_code)
    }  # fmt: skip


def test_every_field_that_a_cause_points_at_is_in_dossiers_of_its_registry() -> None:
    for cause in CAUSES.values():
        for path in cause.fields:
            assert title_of(path), (cause.code, path)
            kinds = _kinds(cause.registry_code)
            assert any(path in cause.fields_of(kind) for kind in kinds), (cause.code, path)


def test_every_field_that_words_name_is_in_some_dossier() -> None:
    for row in rows("phrases.csv"):
        if row["role"] != "field" or not row["meaning"]:
            continue
        for registry_code in ANSWERING if not row["registry_code"] else (row["registry_code"],):
            paths = _paths(registry_code, tuple(row["meaning"].split()), ())
            assert paths or registry_code == PORTAL, row
            whole = Cause("", "", paths, Who.DESK, "", "", "", "", "")
            assert {path for kind in CASES for path in whole.fields_of(kind)} == set(paths), row
    for whose in (*PERSONS.values(), *SUBJECTS.values()):
        assert all(title_of(path) for path in whose.split())
    for row in rows("elements.csv"):
        assert title_of(row["field_path"].replace("#", "0")), row


def test_the_tables_agree() -> None:
    for row in rows("codes.csv"):
        assert row["cause"] in CAUSES, row
    for row in rows("phrases.csv"):
        assert row["registry_code"] in ("", *ANSWERING) and row["role"] in (
            "sentence", "fault", "fault_bare", "fault_before", "field", "filler"
        ), row  # fmt: skip
        if row["role"] != "field" and row["meaning"]:
            for registry_code in ANSWERING if not row["registry_code"] else (row["registry_code"],):
                assert f"{registry_code}.{row['meaning']}" in CAUSES, row


def test_every_sentence_of_the_table_is_read_as_it_says() -> None:
    for row in rows("phrases.csv"):
        if row["role"] != "sentence":
            continue
        for registry_code in ANSWERING if not row["registry_code"] else (row["registry_code"],):
            assert len(codes(registry_code, row["words"])) == 1, (registry_code, row["words"])


def test_ordinary_words_take_less_than_fifty_microseconds() -> None:
    texts = [(registry, words) for (registry, _), said in REFUSALS.items() for words in said]
    for registry, words in texts:
        read_answer(registry, "rejected", words)
    rounds = []
    for _ in range(15):
        started = time.perf_counter()
        for registry, words in texts:
            read_answer(registry, "rejected", words)
        rounds.append((time.perf_counter() - started) / len(texts))
    print(f"an answer is read in {min(rounds) * 1e6:.0f} microseconds")
    assert min(rounds) < 50e-6


def test_registries_are_those_of_deliveries() -> None:
    assert (*REGISTRY_CODES, PORTAL) == ANSWERING
