"""Invented register entries for measuring the search, and queries for them that know nothing of the index.

Names have a wide vocabulary: family names by their commonly quoted frequencies, given names by Zipf's law over some
hundred syllables, Văn and Thị as often as registers of the last century have them. Communes are real ones of before
July 2025. Errors are made on the letters as people type and hear them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from random import Random

from connectors.sandbox.names import FEMALE_GIVEN, FEMALE_MIDDLES, KINH_FAMILIES, MALE_GIVEN, MALE_MIDDLES, NAMINGS
from schemas.places import KNOWN_FROM, Commune, communes_of, crosswalk, unit_on

MORE_FAMILIES = """
ĐÀM ĐỒNG ĐẬU ĐỚI ĐIỀN ĐỔNG HỨA HUỲNH KHỔNG KHÚC KHUẤT LA LẠI LỮ LỤC MẠC NINH ÔN ÔNG PHÍ PHÓ QUẢN
SÁI SẦM TẠ TĂNG THÂN THẠCH TIÊU TỐNG TRIỆU TRƯƠNG TỪ TƯỞNG UNG VI VĂN VIÊN XA GIÁP GIANG CÁT CẤN
CÙ DOÃN CHỬ CHÂU BẠCH BIỆN BÀNH ÂU ĐIÊU HOÀNG HOA KIM LÃ LÊ MÃ MẪN NGHIÊM NGUYỄN NHÂM NHỮ NÔNG
QUYỀN SƠN TÀO TẤT THÁI TÔN TRÀ TRÌNH VÕ
""".split()
MORE_GIVEN = """
ÁI ÂN ẨN BA BÀ BẮC BẠCH BẢN BẰNG BẢY BÂN BẤT BẾ BÍNH BỐN BỔNG BƯỞI CẢNH CẨM CẨN CÁT CẢ CẦN CẦU
CHÁNH CHÂU CHẤT CHIẾN CHIÊU CHINH CHÍNH CHỈNH CHUNG CHUYÊN CHƯƠNG CHƯỚC CÔNG CÚC CUNG CỪ CỬ CỰ
DẦN DẬU DIÊN DIỄM DIỄN DIỆN DIỆU DO DOANH DỤ DUẨN DỤC DUỆ DUY DUYÊN DƯ DƯƠNG ĐA ĐÀI ĐẠI ĐÁN ĐÀN
ĐANG ĐĂNG ĐẮC ĐẦM ĐẬU ĐỀ ĐỂ ĐIỂM ĐIỀN ĐIỆP ĐIỆN ĐÍNH ĐỊNH ĐOÀN ĐOAN ĐÔ ĐỘ ĐÔNG ĐỒNG ĐỨA ĐƯỜNG
GÁI GẤM GIÁP GIÀU HÁN HÀO HẢO HẬU HIÊN HIỂN HIẾN HIỆP HIỆU HINH HOAN HOÀN HOÁN HOẠT HỌC HỒI HỘI
HỢI HỢP HÒE HUÂN HUẤN HUẾ HUỆ HUYNH HƯƠNG HƯỜNG HỮU HỶ KẾ KHA KHẢI KHANG KHANH KHÁNH KHIÊM KHIẾT
KHƯƠNG KIỂM KIỆM KIỀU KIỆT KIM KÍNH KỲ KỶ LẠC LÀI LÀNH LÃNH LẬP LỄ LỆ LIỄU LINH LOAN LỘC LỤA
LUÂN LUẬN LUYẾN LUYỆN LỮ LƯỢC LƯƠNG LƯỢNG LƯU LÝ MẠNH MẬN MẬU MẾN MIÊN MÍT MƠ MÙI MUỘN MƯỜI MỸ
NĂM NĂNG NẾT NGÀ NGÁT NGÂN NGHỊ NGHIÊM NGỌ NGOAN NGÔN NGUYÊN NGỮ NHẠN NHÀN NHÃ NHÂM NHẤT NHẬT
NHẪN NHIÊN NHIỄU NHO NHƯ NHƯỢNG NINH NỞ NUÔI NỤ ỔN PHẤN PHI PHIÊN PHỐ PHÙNG PHỤNG PHƯỚC PHƯỢNG
QUẢNG QUẾ QUÝ QUYẾN QUYỀN QUYẾT QUỲNH SÂM SÁU SEN SIÊNG SINH SONG SÔNG SỬU SỸ TÁM TÁN TẠO TẢO
TÁT TĂNG TẤN TẦN TẶNG TẸO TẾ TÉP THA THẠCH THÁI THAM THANH THÁNH THẠO THĂNG THÂN THẬN THẤT THÊ
THÊM THI THÌN THIỆN THIỆP THIẾT THOA THOAN THOẢNG THỌ THÔNG THỐNG THU THUẬN THUẦN THUẬT THÚY
THỤY THUYÊN THUYẾT THƯ THỨ THỰC THƯỜNG THƯỞNG TÍ TIÊN TIẾN TIẾP TIẾT TIỆP TÍN TÌNH TÍNH TOẠI
TOÁN TỐT TÔN TRÀ TRAI TRÁNG TRẦM TRIỂN TRIỀU TRINH TRỌNG TRÚC TRUYỀN TRƯỜNG TRƯỞNG TÚ TUÂN TUẤT
TÚC TUỆ TÙY TUYÊN TUYỂN TƯ TỰ TỨ TỨC TƯƠI TƯỚC TƯỜNG TƯỞNG TỴ ÚT ƯỚC ỨNG VĂN VẺ VIÊN VIỆN VINH
VỊNH VỌNG VŨ VUI VƯỢNG VỸ XIÊM XOAN XOÀI XUYẾN XƯA Ý YÊN
""".split()
MINORITY_SHARE = 0.06
FIRST_YEAR, LAST_YEAR = 1946, 2015

KEYS_BESIDE = {
    "a": "sqz", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "g": "fh", "h": "gj", "i": "uo", "k": "jl", "l": "k",
    "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb",
    "x": "zc", "y": "tu",
}  # fmt: skip
SOUNDS = (
    ("ch", "tr"), ("tr", "ch"), ("s", "x"), ("x", "s"), ("l", "n"), ("n", "l"), ("d", "gi"), ("gi", "d"), ("v", "d"),
    ("ng", "n"), ("nh", "n"), ("y", "i"), ("i", "y"), ("c", "t"), ("t", "c"),
)  # fmt: skip
"""What ears confuse, in one region or another."""


class Namer:
    """Draws names, each with a sex and a time."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        families = {**dict.fromkeys(MORE_FAMILIES, 0.12), **KINH_FAMILIES}
        self.families, self.family_weights = list(families), list(accumulate(families.values()))
        self.given = {sex: self._ranked(own) for sex, own in (("m", MALE_GIVEN), ("f", FEMALE_GIVEN))}

    def _ranked(self, own: tuple[str, ...]) -> tuple[list[str], list[float]]:
        names = list(dict.fromkeys([*own, *MORE_GIVEN]))
        order = Random(3)
        order.shuffle(names)
        return names, list(accumulate(1 / (rank + 6) for rank in range(len(names))))

    def name(self, sex: str, year: int, family: str | None = None) -> str:
        rng = self.rng
        if family is None and rng.random() < MINORITY_SHARE:
            return self._minority(sex)
        family = family or rng.choices(self.families, cum_weights=self.family_weights)[0]
        given = rng.choices(self.given[sex][0], cum_weights=self.given[sex][1])[0]
        if rng.random() < 0.07:
            return f"{family} {given}"
        usual = max(0.1, 0.75 - (year - 1950) * 0.009)
        middle = ("VĂN" if sex == "m" else "THỊ") if rng.random() < usual else rng.choice(self._middles(sex))
        second = (
            f" {rng.choice(self._middles(sex))}" if rng.random() < min(0.5, max(0.04, (year - 1960) * 0.01)) else ""
        )
        return f"{family} {middle}{second} {given}"

    def _middles(self, sex: str) -> tuple[str, ...]:
        return MALE_MIDDLES if sex == "m" else FEMALE_MIDDLES

    def _minority(self, sex: str) -> str:
        naming = self.rng.choice(list(NAMINGS.values()))
        pattern, given = (naming.male, naming.male_given) if sex == "m" else (naming.female, naming.female_given)
        return pattern.format(
            family=self.rng.choice(naming.families),
            middle=self.rng.choice(self._middles(sex)),
            given=self.rng.choice(given),
        ).strip()


@dataclass(frozen=True)
class RegisterEntry:
    """A row of a register, and what of it a query may be made from."""

    book_kind: str
    values: dict[str, str]
    name: str
    father: str
    year: int
    commune: Commune


def entries(count: int, provinces: tuple[str, ...], seed: int = 5) -> Iterator[RegisterEntry]:
    """So many entries, of communes of these provinces of today as they were before July 2025."""
    rng = Random(seed)
    namer = Namer(rng)
    communes = former_communes(provinces)
    weights = list(accumulate(rng.uniform(0.3, 2.0) for _ in communes))
    for number in range(count):
        commune = rng.choices(communes, cum_weights=weights)[0]
        yield _entry(rng, namer, commune, number)


def former_communes(provinces: tuple[str, ...]) -> list[Commune]:
    """The communes whose people these provinces have today."""
    before = [unit for code in range(1, 97) for unit in communes_of(f"{code:02d}", KNOWN_FROM)]
    today = {code: {commune.key for commune in communes_of(code, date(2026, 1, 1))} for code in provinces}
    wanted = set().union(*today.values())
    return [unit for unit in before if any(other.key in wanted for other in _today(unit))]


def _today(unit: Commune) -> tuple[Commune, ...]:
    found = crosswalk(unit, date(2026, 1, 1))
    return tuple(getattr(found, "units", None) or ([found.unit] if hasattr(found, "unit") else []))  # type: ignore[return-value]  # communes become communes


def _entry(rng: Random, namer: Namer, commune: Commune, number: int) -> RegisterEntry:
    year = int(rng.triangular(FIRST_YEAR, LAST_YEAR, 1990))
    kind = rng.choices(("KS", "KT", "KH"), (60, 20, 20))[0]
    place = place_of(commune)
    common = {
        "so": str(number % 300 + 1),
        "quyenSo": f"{number // 300 % 9 + 1:02d}/{year}",
        "ngayDangKy": _day(rng, year),
        "noiDangKy": f"UBND {place}",
    }
    father = namer.name("m", year - 27)
    sex = rng.choice("mf")
    if kind == "KS":
        name = namer.name(sex, year, father.split()[0])
        values = {
            "nksHoTen": name,
            "nksNgaySinh": _day(rng, year),
            "nksNoiSinh": place,
            "nksQueQuan": place,
            "chaHoTen": father,
            "meHoTen": namer.name("f", year - 25),
        }
        return RegisterEntry(kind, common | values, name, father, year, commune)
    if kind == "KT":
        born = max(1880, year - rng.randrange(20, 95))
        name = namer.name(sex, born)
        values = {"nktHoTen": name, "nktNgaySinh": str(born), "nktNgayChet": _day(rng, year), "nktNoiCuTru": place}
        return RegisterEntry(kind, common | values, name, "", year, commune)
    name, wife = namer.name("m", year - 25), namer.name("f", year - 23)
    values = {
        "chongHoTen": name,
        "voHoTen": wife,
        "chongNgaySinh": str(year - 25),
        "voNgaySinh": str(year - 23),
        "chongNoiCuTru": place,
        "voNoiCuTru": place,
    }
    return RegisterEntry(kind, common | values, rng.choice((name, wife)), "", year, commune)


def place_of(commune: Commune) -> str:
    district = unit_on(commune.district_code or "", KNOWN_FROM)
    province = unit_on(commune.province_code, KNOWN_FROM)
    return ", ".join(unit.name_vi for unit in (commune, district, province) if unit)


def _day(rng: Random, year: int) -> str:
    return f"{rng.randrange(1, 29):02d}.{rng.randrange(1, 13):02d}.{year}"


# Errors, on letters.


def one_error(text: str, rng: Random) -> str:
    """The text in small letters without tones, with one error of a typist or of an ear in one of its words."""
    words = plain(text).split()
    long = [at for at, word in enumerate(words) if len(word) > 1] or [0]
    at = rng.choice(long)
    while (changed := _one_letter(words[at], rng)) == words[at]:
        pass
    return " ".join((*words[:at], changed, *words[at + 1 :]))


PLAIN = {
    letter: base
    for base, letters in {
        "a": "àáảãạăằắẳẵặâầấẩẫậ",
        "e": "èéẻẽẹêềếểễệ",
        "i": "ìíỉĩị",
        "o": "òóỏõọôồốổỗộơờớởỡợ",
        "u": "ùúủũụưừứửữự",
        "y": "ỳýỷỹỵ",
        "d": "đ",
    }.items()
    for letter in letters
}
"""Vietnamese letters as people type them without marks; written here by hand, apart from the index's own folding."""


def plain(text: str) -> str:
    return "".join(PLAIN.get(letter, letter) for letter in text.lower())


def _one_letter(word: str, rng: Random) -> str:
    kind = rng.choice(("beside", "left out", "twice", "exchanged", "any", "sound", "sound"))
    at = rng.randrange(len(word))
    if kind == "beside":
        return word[:at] + rng.choice(KEYS_BESIDE.get(word[at], "a")) + word[at + 1 :]
    if kind == "left out":
        return word[:at] + word[at + 1 :] if len(word) > 1 else word
    if kind == "twice":
        return word[:at] + word[at] + word[at:]
    if kind == "exchanged":
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :] if at + 1 < len(word) else word
    if kind == "any":
        return word[:at] + rng.choice("abcdeghiklmnopqrstuvxy") + word[at + 1 :]
    written, heard = rng.choice(SOUNDS)
    if word.startswith(written) and len(word) > len(written):
        return heard + word[len(written) :]
    return word.removesuffix(written) + heard if word.endswith(written) and len(word) > len(written) else word


def without_a_middle(name: str) -> str:
    """The name with its first middle syllable left out; a name of two syllables as it is."""
    words = plain(name).split()
    return " ".join((words[0], *words[2:])) if len(words) > 2 else " ".join(words)


def today_of(commune: Commune) -> str:
    """The name of the commune of today, where there is one alone; else its own."""
    after = _today(commune)
    return after[0].name_vi if len(after) == 1 else commune.name_vi


def bare_place(commune: Commune) -> str:
    """The name of a commune without its kind and without marks, as people type it."""
    words = plain(commune.name_vi).split()
    return " ".join(words[2:] if words[:2] in (["thi", "tran"], ["dac", "khu"]) else words[1:])
