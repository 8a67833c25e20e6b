"""Refusals are read into causes: every word of the sandbox, the field it names, and the tables behind it; and fast."""

import time

import pytest

from connectors.sandbox.dataset import REFUSALS
from dags.steps.answers import read_answer, reader, words_of_registries
from quality.answers import CAUSES, RefusalCause, cause_of
from quality.answers.causes import ANSWERING, rows
from quality.answers.language import subjects_of
from quality.answers.reading import PERSONS
from quality.check import Actor
from quality.examination import CATALOGUE
from quality.titles import title_of
from schemas.cases import CASES
from schemas.registries import REGISTRY_CODES
from schemas.routes import ROUTES
from tests.support.refusals import CIVIL, INSURANCE, LAND, PORTAL, RESIDENCE, codes, seen

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
"""The free text of the dataset's refusals, written down again by hand."""
TOLD_BY_TWINS = [
    (CIVIL, "100", "AUTHEN_ERROR", ["civil_status.access_denied"]),
    (CIVIL, "101", "IP_DISALLOWED", ["civil_status.access_denied"]),
    (CIVIL, "106", "AGENCY_ID_INCORRECT", ["civil_status.agency_unknown"]),
    (CIVIL, "108", "PROVINCE_ID_INCORRECT", ["civil_status.province_unknown"]),
    (CIVIL, "200", "RECORD_UNCOMPLETE", ["civil_status.not_ready"]),
    (CIVIL, "201", "RECORD_NOT_FOUND", ["civil_status.not_known"]),
    (CIVIL, "201", "RECORD_NOT_FOUND: không tìm thấy mục đăng ký", ["civil_status.entry_unknown"]),
    (CIVIL, "500", "Mục đăng ký đã bị hủy bỏ", ["civil_status.entry_annulled"]),
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
    (INSURANCE, "40", "Không tìm thấy mã số BHXH", ["health_insurance.number_unknown"]),
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


def test_every_refusal_of_the_dataset_is_read_as_written_here() -> None:
    found = {words: codes(registry, words, "rejected") for (registry, _), texts in REFUSALS.items() for words in texts}
    assert found == REFUSED
    known = sum(not any(code.endswith(".unknown") for code in each) for each in found.values())
    print(f"refusals of the dataset: {known} of {len(found)} known ({known / len(found):.0%})")
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
    assert seen(CIVIL, "Người mẹ: ngày sinh không hợp lệ") == [("civil_status.date_invalid", ("case.mother.born_on",))]
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


# The tables


def table(name: str) -> list[dict[str, str]]:
    """The rows of a table, of all registries: each with the code of the registry whose folder it lies in."""
    common = rows(f"{name}.csv") if name != "elements" else []
    own = (
        {**row, "registry_code": code} for code, words in words_of_registries().items() for row in getattr(words, name)
    )
    return [*common, *own]


@pytest.mark.parametrize(
    ("registry_code", "whose"),
    [
        (CIVIL, ("case.child", "case.deceased", "case.husband", "case.wife")),
        (RESIDENCE, ("case.child", "case.deceased", "case.person")),
        (INSURANCE, ("case.child", "case.deceased")),
        (LAND, ("case.owners",)),
        (PORTAL, ()),
    ],
)
def test_a_field_of_nobody_named_is_of_whom_the_case_is_about(registry_code: str, whose: tuple[str, ...]) -> None:
    assert subjects_of(registry_code) == whose


def test_causes_are_whole() -> None:
    assert not set(CAUSES) & set(CATALOGUE), "a cause is called as a check is"
    for cause in CAUSES.values():
        for text in (cause.says_vi, cause.do_vi, cause.says_en, cause.do_en):
            assert text.endswith("."), (cause.code, text)
            assert len(text.split()) < 25, (cause.code, text)
        assert cause.source
        assert isinstance(cause.who, Actor)
        assert cause.registry_code in ("", *ANSWERING)
        assert cause.code.startswith(f"{cause.registry_code or 'delivery'}.")
    written = [row["code"] for row in rows("causes.csv")]
    assert len(written) == len(set(written))


def test_every_registry_says_that_it_knows_nothing_more() -> None:
    for registry_code in ANSWERING:
        assert cause_of(f"{registry_code}.unknown").who is Actor.ENGINEER


def _kinds(registry_code: str) -> set[str]:
    """Kinds of case that reach a registry."""
    return {
        route.case_kind for route in ROUTES for step in route.steps if registry_code in ("", PORTAL, step.registry_code)
    }


def test_every_field_that_a_cause_points_at_is_in_dossiers_of_its_registry() -> None:
    for cause in CAUSES.values():
        for path in cause.fields:
            assert title_of(path), (cause.code, path)
            kinds = _kinds(cause.registry_code)
            assert any(path in cause.fields_of(kind) for kind in kinds), (cause.code, path)


def test_every_field_that_words_name_is_in_some_dossier() -> None:
    for row in table("phrases"):
        if row["role"] != "field" or not row["meaning"]:
            continue
        for registry_code in ANSWERING if not row["registry_code"] else (row["registry_code"],):
            paths = reader().language(registry_code).paths(tuple(row["meaning"].split()), ())
            assert paths or registry_code == PORTAL, row
            whole = RefusalCause("", "", paths, Actor.DESK, "", "", "", "", "")
            assert {path for kind in CASES for path in whole.fields_of(kind)} == set(paths), row
    subjects = (path for registry_code in ANSWERING for path in subjects_of(registry_code))
    for path in (*(path for whose in PERSONS.values() for path in whose.split()), *subjects):
        assert title_of(path)
    for row in table("elements"):
        assert title_of(row["field_path"].replace("#", "0")), row


def test_the_tables_agree() -> None:
    for row in table("codes"):
        assert row["cause"] in CAUSES, row
    for row in table("phrases"):
        assert row["registry_code"] in ("", *ANSWERING), row
        assert row["role"] in ("sentence", "fault", "fault_bare", "fault_before", "field", "filler"), row
        if row["role"] != "field" and row["meaning"]:
            for registry_code in ANSWERING if not row["registry_code"] else (row["registry_code"],):
                assert f"{registry_code}.{row['meaning']}" in CAUSES, row


def test_every_sentence_of_the_table_is_read_as_it_says() -> None:
    for row in table("phrases"):
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
