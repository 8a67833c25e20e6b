"""However a refusal is written it is read: glued, garbled, unknown, hostile; and its fingerprint names nobody."""

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox.names import FEMALE_GIVEN, MALE_GIVEN
from dags.steps.answers import fingerprint, fingerprints, read_answer
from quality.answers import CAUSES, RefusalCause, cause_of
from quality.answers.causes import ANSWERING
from quality.answers.fingerprints import GONE
from tests.support.refusals import CIVIL, RESIDENCE, codes, seen


def vocabulary() -> frozenset[str]:
    """Every word that may stand in a fingerprint."""
    known = fingerprints()
    return frozenset(known.with_tones.words.values()) | frozenset(known.toneless.words.values())


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
    assert causes
    assert all(cause.code in CAUSES for cause in causes)
    assert set(fingerprint(words).split()) <= vocabulary() | {GONE}
    assert time.perf_counter() - started < 0.5


def test_a_text_of_a_megabyte_is_read_in_a_moment() -> None:
    for words in ("Chuyện lạ " * 100_000, f"{PART_A}; " * 40_000, "a" * 1_000_000, f"{PART_A}{'ế' * 1_000_000}"):
        started = time.perf_counter()
        causes = read_answer(CIVIL, "500", words)
        assert causes[-1].code == "civil_status.unknown"
        assert len(causes) <= 2
        assert len(fingerprint(words)) < 1_000
        assert time.perf_counter() - started < 0.5


@given(st.text(max_size=300), st.sampled_from(ANSWERING), st.text(max_size=10))
@settings(max_examples=300, deadline=None)
def test_anything_is_read(words: str, registry_code: str, code: str) -> None:
    causes = read_answer(registry_code, code, words)
    assert causes
    assert all(isinstance(cause, RefusalCause) and cause.code in CAUSES for cause in causes)
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
