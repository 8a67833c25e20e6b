"""Text is kept composed, compared with tones wherever they stand, searched without, and read from old fonts."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some

from schemas.text import clean, compose, decode, search_fold, tone_key

NAMES = (
    "Nguyễn Văn Đức", "Trần Thị Hường", "Lê Thuý Quỳnh", "Phạm Ngọc Ánh", "Hoàng Đình Khuê", "Vũ Thị Ngoan",
    "Đặng Hữu Nghĩa", "Bùi Thị Tuyết", "Đỗ Quý Mùi", "Hồ Thị Kỷ", "Ngô Xuân Bưởi", "Dương Thị Ỷ", "Lý Văn Hoẵng",
    "Phan Thị Thoả", "Trịnh Công Uẩn", "Đinh Thị Bẩy", "Mai Văn Vẹn", "Cao Thị Sử", "Lương Thế Vĩnh", "Tạ Thị Ổn",
)  # fmt: skip
"""Twenty rows, as a column of an old sheet has them."""

TONED = ("àáảãạ", "ằắẳẵặ", "ầấẩẫậ", "èéẻẽẹ", "ềếểễệ", "ìíỉĩị", "òóỏõọ", "ồốổỗộ", "ờớởỡợ", "ùúủũụ", "ừứửữự", "ỳýỷỹỵ")
TCVN3_BYTES = (
    "B5B8B6B7B9", "BBBEBCBDC6", "C7CAC8C9CB", "CCD0CECFD1", "D2D5D3D4D6", "D7DDD8DCDE", "DFE3E1E2E4", "E5E8E6E7E9",
    "EAEDEBECEE", "EFF3F1F2F4", "F5F8F6F7F9", "FAFDFBFCFE",
)  # fmt: skip
PLAIN, PLAIN_BYTES = "ăâêôơưđĂÂÊÔƠƯĐ", "A8A9AAABACADAEA1A2A3A4A5A6A7"
TO_TCVN3 = {
    letter: chr(byte)
    for letters, written in zip((*TONED, PLAIN), (*TCVN3_BYTES, PLAIN_BYTES), strict=True)
    for letter, byte in zip(letters, bytes.fromhex(written), strict=True)
}
"""The table of TCVN 5712:1993, written once more from its printed rows: huyền, sắc, hỏi, ngã, nặng."""

VNI_VOWELS = {
    "a": "aø aù aû aõ aï", "ă": "aè aé aú aü aë", "â": "aà aá aå aã aä", "e": "eø eù eû eõ eï", "ê": "eà eá eå eã eä",
    "i": "ì í æ ó ò", "o": "oø où oû oõ oï", "ô": "oà oá oå oã oä", "ơ": "ôø ôù ôû ôõ ôï", "u": "uø uù uû uõ uï",
    "ư": "öø öù öû öõ öï", "y": "yø yù yû yõ î",
}  # fmt: skip
TO_VNI = {"ă": "aê", "â": "aâ", "ê": "eâ", "ô": "oâ", "ơ": "ô", "ư": "ö", "đ": "ñ"} | {
    letter: code
    for letters, codes in zip(TONED, VNI_VOWELS.values(), strict=True)
    for letter, code in zip(letters, codes.split(), strict=True)
}
TO_VNI |= {letter.upper(): code.upper() for letter, code in TO_VNI.items()}


def in_tcvn3(text: str) -> str:
    """Capitals with tones become small: there is no code for them."""
    return "".join(TO_TCVN3.get(c) or TO_TCVN3.get(c.lower(), c) for c in text)


def in_vni(text: str) -> str:
    return "".join(TO_VNI.get(c, c) for c in text)


LETTERS = "".join(TONED) + "aăâeêioôơuưyđbcdghklmnpqrstvx"
WORDS = some.text(LETTERS + LETTERS.upper() + " '’-", max_size=40)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà", "hòa"), ("Thuỷ Nguyên", "Thủy Nguyên"), ("Quý", "Qúy"), ("HOÀNG", "Hòang"), ("khoẻ", "khỏe"),
        ("Tuỳ", "Tùy"), ("Xã  Thanh Hoá ", "xã Thanh Hóa"), ("M’Đrăk", "M'đrăk"),
        ("Phan Rang - Tháp Chàm", "Phan Rang–Tháp Chàm"), ("Đức", "Ðức"), ("Đak Pơ", "ĐAK PƠ"),
        (unicodedata.normalize("NFD", "Nguyễn Thị Tuyết"), "NGUYỄN THỊ TUYẾT"), ("giá", "gía"),
        ("Bến\xa0Tre", "Bến Tre"), ("Bà Rịa - Vũng Tàu", "Bà Rịa-Vũng Tàu"), ("Bà Rịa- Vũng Tàu", "BÀ RỊA –VŨNG TÀU"),
    ],
)  # fmt: skip
def test_two_writings_of_one_name_are_alike(one: str, other: str) -> None:
    assert tone_key(one) == tone_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà", "hoa"), ("hoà", "hoá"), ("Hoàng", "Hoang"), ("Quý", "Quỳ"), ("Đức", "Dức"), ("Mua", "Mưa"),
        ("Tân", "Tan"), ("Thanh Hoá", "Thánh Hoa"), ("Cư M'gar", "Cư Mgar"), ("Phường 1", "Phường 11"),
        ("Rịa-Vũng", "Rĩa-Vụng"),
    ],
)  # fmt: skip
def test_two_names_stay_two(one: str, other: str) -> None:
    assert tone_key(one) != tone_key(other)


@given(WORDS)
def test_a_key_is_the_same_for_its_key_for_capitals_and_for_decomposed_text(text: str) -> None:
    key = tone_key(text)
    assert tone_key(key) == key
    assert tone_key(text.upper()) == tone_key(unicodedata.normalize("NFD", text)) == key


@given(WORDS)
def test_what_compares_alike_is_found_alike(text: str) -> None:
    assert search_fold(tone_key(text)) == search_fold(text)
    assert search_fold(text).isascii()


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Xã Đạ M'Rông", "xa da mrong"),
        ("Phan Rang–Tháp  Chàm", "phan rang thap cham"),
        ("NGUYỄN THỊ Ỷ", "nguyen thi y"),
        ("Đặng Ước", "dang uoc"),
        ("", ""),
        ("ð", "d"),
    ],
)
def test_a_search_goes_without_tones_and_marks(text: str, folded: str) -> None:
    assert search_fold(text) == folded


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (None, ""),
        ("", ""),
        ("  Lê \t Văn\n An ", "Lê Văn An"),
        (unicodedata.normalize("NFD", "Thuỳ"), "Thuỳ"),
        ("Trần\u200b\xa0Bình\ufeff", "Trần Bình"),
        ("hoà", "hoà"),
        ("A\x0bB", "A\x0bB"),
    ],
)
def test_words_are_cleaned_and_kept_as_they_are_spelled(text: str | None, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_a_letter_and_its_marks_become_one_character() -> None:
    assert compose("e\u0302\u0301") == "ế"
    assert compose(b"Nguy\xea\xden".decode("cp1258", "replace")) == "Nguyễn"


# Before Unicode


@given(some.text("".join(TONED) + PLAIN + "ABCDabcd 09", max_size=60))
def test_tcvn3_comes_back_as_it_was(text: str) -> None:
    assert decode(in_tcvn3(text), "tcvn3") == text


@given(some.text("".join(TONED) + PLAIN + "ABCDabcd 09", max_size=60))
def test_capitals_of_tcvn3_come_from_the_fonts_name(text: str) -> None:
    assert decode(in_tcvn3(text), "tcvn3", ".VnTimeH") == text.upper()


@given(WORDS)
def test_vni_comes_back_as_it_was(text: str) -> None:
    assert decode(in_vni(text), "vni") == text


@given(some.text(max_size=40))
def test_unicode_is_only_composed(text: str) -> None:
    assert decode(text, "unicode", ".VnTimeH") == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("written", "encoding", "font_name", "text"),
    [
        ("NguyÔn V¨n §øc", "tcvn3", ".VnTime", "Nguyễn Văn Đức"),
        ("nguyÔn v¨n ®øc", "tcvn3", ".VnTimeH", "NGUYỄN VĂN ĐỨC"),
        ("TrÇn ThÞ H­êng", "tcvn3", None, "Trần Thị Hường"),
        ("NGUYÔN", "tcvn3", ".VnArial", "NGUYễN"),
        ("Nguyeãn Vaên Ñöùc", "vni", "VNI-Times", "Nguyễn Văn Đức"),
        ("TRAÀN THÒ HÖÔØNG", "vni", "VNI-Times", "TRẦN THỊ HƯỜNG"),
        ("Lyù Thò Kyû", "vni", None, "Lý Thị Kỷ"),
        ("1987", "vni", None, "1987"),
    ],
)
def test_rows_of_old_sheets(written: str, encoding: str, font_name: str | None, text: str) -> None:
    assert decode(written, encoding, font_name) == text  # type: ignore[arg-type]  # of the table above
