"""Tables for invented persons: names, ethnic groups and provinces. No real person is in them.

The family names of the Kinh have the frequencies that are commonly quoted (Nguyễn about 38 %). How other groups build
their names, and the shares of the groups in the provinces, are rounded by hand from memory of the census of 2019: good
enough for a sandbox, but no statistics. Names are in capitals, as civil status writes them.
"""

from dataclasses import dataclass


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


KINH_FAMILIES: dict[str, float] = {
    "NGUYỄN": 38, "TRẦN": 12.1, "LÊ": 9.5, "PHẠM": 7, "HOÀNG": 5.1, "PHAN": 4.5, "VŨ": 3.9, "ĐẶNG": 2.1, "BÙI": 2,
    "ĐỖ": 1.4, "HỒ": 1.3, "NGÔ": 1.3, "DƯƠNG": 1, "LÝ": 0.5, "ĐÀO": 0.9, "ĐINH": 0.8, "TRỊNH": 0.8, "MAI": 0.7,
    "TRƯƠNG": 1, "LÂM": 0.5, "ĐOÀN": 0.7, "CAO": 0.6, "LƯƠNG": 0.6, "LƯU": 0.4, "TẠ": 0.4, "HÀ": 0.6, "PHÙNG": 0.3,
    "CHU": 0.3, "TÔ": 0.2, "QUÁCH": 0.1, "NGHIÊM": 0.1, "THÁI": 0.2, "KIỀU": 0.1, "VƯƠNG": 0.2,
}  # fmt: skip
SOUTHERN_FORMS = {"HOÀNG": "HUỲNH", "VŨ": "VÕ"}
"""How a family name is written from Quảng Trị southwards."""
FIRST_SOUTHERN_PROVINCE = "44"

MALE_MIDDLES = _words(
    "HỮU ĐỨC MINH QUANG CÔNG ĐÌNH XUÂN THANH TUẤN NGỌC QUỐC GIA BẢO HOÀNG TRỌNG THẾ MẠNH ANH NHẬT DUY"
)
FEMALE_MIDDLES = _words(
    "NGỌC THU THANH MINH PHƯƠNG BẢO KHÁNH MAI KIM HỒNG DIỆU THÙY TUYẾT QUỲNH BÍCH HÀ LAN YẾN GIA TÚ"
)
MALE_GIVEN = _words(
    "NAM HÙNG DŨNG CƯỜNG TUẤN ANH MINH ĐỨC HẢI LONG SƠN THẮNG TRUNG KIÊN QUÂN PHÚC HUY KHOA KHÔI ĐẠT VIỆT TÙNG BÌNH"
    " THÀNH PHONG HƯNG TOÀN VINH THỊNH TÀI LÂM BÁCH AN NGHĨA NHÂN TÂM HIẾU TRÍ HÒA LỢI"
)
FEMALE_GIVEN = _words(
    "HOA LAN HƯƠNG HẰNG NGA THU THỦY HÀ LINH MAI ANH NGỌC TRANG PHƯƠNG THẢO HIỀN YẾN DUNG HẠNH LOAN NHUNG VÂN CHI"
    " TUYẾT XUÂN QUYÊN OANH GIANG NHI VY UYÊN MY TRÂM DIỆP HUYỀN BÍCH LIÊN NGUYỆT SƯƠNG THƠM"
)


@dataclass(frozen=True)
class Naming:
    """How a group builds names: its family or clan names, a pattern for each sex, and given names of its own if any.

    A `{middle}` is drawn as for the Kinh. A pattern may put the family name last (Ê Đê) or leave it out (Cơ Ho).
    """

    families: tuple[str, ...]
    male: str = "{family} {middle} {given}"
    female: str = "{family} {middle} {given}"
    male_given: tuple[str, ...] = MALE_GIVEN
    female_given: tuple[str, ...] = FEMALE_GIVEN


def _like_kinh(families: str) -> Naming:
    return Naming(_words(families))


_HMONG = Naming(
    _words("GIÀNG THÀO SÙNG VÀNG LÝ MÙA HẠNG CỨ VỪ LẦU MA TRÁNG"),
    "{family} A {given}",
    "{family} THỊ {given}",
    _words("PÁO DÌNH CHỨ LỬ SÚA TỦA CHÔNG PHỬ VÀNG DẾ SÌNH CHÍNH"),
    _words("MỶ DỞ SUA MAI CHỨ PÀNG SAY DUA MÁI GIÓNG LIA XAY"),
)
_EDE = Naming(
    ("NIÊ", "MLÔ", "BYĂ", "KBUÔR", "AYŬN", "ÊBAN", "KNUL", "HĐƠK", "BKRÔNG"),
    "Y {given} {family}",
    "H'{given} {family}",
    _words("THUÔN BHIÔNG JUN WƠN NUÊ LIÊM SƠN TIN DHĂM KRÊM"),
    _words("HOA LAN BLIN NGUÔT YUÔN DJUÊ MRƯ LOAN NHUNG JUAN"),
)
_JARAI = Naming(
    ("SIU", "RƠ CHÂM", "KPĂ", "KSOR", "RMAH", "NAY", "RÔ", "PUIH"),
    "{family} {given}",
    "{family} H'{given}",
    _words("PUI THUN HIÊN BLƠI KHƠI TUYN DUYN HYUÊN NGHÍT"),
    _words("LAN YÊN BLIN NHAN PHƯƠNG HUÊ LINH UYÊN MYƠN"),
)
_COHO = Naming(
    ("",),
    "K' {given}",
    "KA {given}",
    _words("BRÊU TUẤN BRỐI TÍM THẾ LỘC BRỌP"),
    _words("NHIM HOA ĐỂU THUYÊN NGUYỆT RỌT LỢI"),
)
_SEDANG = Naming(
    ("",),
    "A {given}",
    "Y {given}",
    _words("THÁI NHUÔNG DŨNG BRÔL THIU HLÚT KHIN"),
    _words("BLIN HLẠNH NHUNG PHƯƠNG THOA MINH BYẾT"),
)

NAMINGS: dict[str, Naming] = {
    "H'Mông": _HMONG,
    "Ê Đê": _EDE,
    "Gia Rai": _JARAI,
    "Cơ Ho": _COHO,
    "Mạ": _COHO,
    "Xơ Đăng": _SEDANG,
    "Gié Triêng": _SEDANG,
    "Rơ Măm": _SEDANG,
    "Tày": _like_kinh("NÔNG HOÀNG MA LƯƠNG TRIỆU HÀ BẾ ĐÀM LỘC"),
    "Thái": _like_kinh("LÒ CẦM QUÀNG HOÀNG LƯỜNG CÀ VI LÔ TÒNG ĐÈO"),
    "Nùng": _like_kinh("NÔNG LƯƠNG VI LONG HOÀNG LĂNG HỨA CHU LÂM"),
    "Mường": _like_kinh("BÙI QUÁCH ĐINH HÀ PHẠM BẠCH TRƯƠNG"),
    "Dao": _like_kinh("TRIỆU BÀN ĐẶNG PHÙNG CHẢO TẨN LÝ DƯƠNG"),
    "Hoa": _like_kinh("TRẦN LÂM HUỲNH QUÁCH TẠ VƯƠNG LƯU MÃ"),
    "Khmer": _like_kinh("THẠCH KIM SƠN DANH CHÂU LÂM TĂNG NEÁNG"),
    "Ba Na": _like_kinh("ĐINH PƠLANG"),
    "Sán Chay": _like_kinh("HOÀNG TRẦN NINH TRẠC LÝ"),
    "Sán Dìu": _like_kinh("TRƯƠNG DIỆP LƯU TẠ TỪ"),
    "Chăm": _like_kinh("ĐÀNG QUẢNG LƯU THIÊN BÁ ĐẠO CHÂU"),
    "Hrê": _like_kinh("PHẠM ĐINH"),
    "Ra Glai": _like_kinh("CAO MẤU PINĂNG KATƠR BO"),
    "Xtiêng": _like_kinh("ĐIỂU"),
    "Chơ Ro": _like_kinh("ĐIỂU THỔ"),
    "Mnông": _like_kinh("ĐIỂU"),
    "Bru-Vân Kiều": _like_kinh("HỒ"),
    "Tà Ôi": _like_kinh("HỒ LÊ"),
    "Cơ Tu": _like_kinh("ALĂNG BRIU ZƠRÂM COOR"),
    "Co": _like_kinh("HỒ"),
    "Thổ": _like_kinh("TRƯƠNG LÊ CAO"),
    "Giáy": _like_kinh("VÀNG LÙ NÙNG HOÀNG"),
    "Khơ Mú": _like_kinh("LỮ CỤT MOONG QUÀNG"),
    "Kháng": _like_kinh("LÒ QUÀNG"),
    "Xinh Mun": _like_kinh("VÌ LÒ"),
    "Hà Nhì": _like_kinh("PHÙNG LỲ PỜ CHANG"),
    "Chu Ru": _like_kinh("TOUPRONG BANAHRIA MAYA"),
    "Lào": _like_kinh("LÒ VI"),
    "La Chí": _like_kinh("VÀNG LONG LÙNG"),
    "La Hủ": _like_kinh("PHÀN LY GIÀNG VÀNG"),
    "Phù Lá": _like_kinh("SÙNG GIÀNG THÀO"),
    "Lự": _like_kinh("LÒ TAO"),
    "Chứt": _like_kinh("CAO HỒ"),
    "Lô Lô": _like_kinh("LÒ DÌU SÌNH"),
    "Mảng": _like_kinh("LÒ LÙNG CHÌN"),
    "Pà Thẻn": _like_kinh("PHÙ SÌN TẢI"),
    "Cơ Lao": _like_kinh("VẦN MIN CHÁNG"),
    "Cống": _like_kinh("LÒ LÝ CHANG"),
    "Si La": _like_kinh("HÙ LỲ PỜ"),
    "Pu Péo": _like_kinh("CỦNG TRÁNG"),
    "Ơ Đu": _like_kinh("LO"),
    "Brâu": _like_kinh("THAO"),
}
"""Groups that are not in this table have names like the Kinh."""

MATRILINEAL_GROUPS = frozenset({"Ê Đê", "Gia Rai", "Chăm"})
"""A child belongs to the mother's household, whose head is the grandmother or the mother."""

_ELSEWHERE = {"Kinh": 97, "Hoa": 1.5, "Khmer": 1, "Chăm": 0.5}

GROUP_SHARES: dict[str, dict[str, float]] = {
    "04": {"Tày": 41, "Nùng": 30, "H'Mông": 11, "Dao": 10, "Kinh": 5, "Sán Chay": 1.4, "Lô Lô": 0.5},
    "08": {"Kinh": 28, "Tày": 26, "H'Mông": 20, "Dao": 15, "Nùng": 5, "Sán Chay": 4, "Giáy": 1, "La Chí": 1,
           "Sán Dìu": 1, "Pà Thẻn": 0.4, "Cơ Lao": 0.2, "Lô Lô": 0.2, "Pu Péo": 0.1, "Bố Y": 0.1},
    "11": {"Thái": 38, "H'Mông": 38, "Kinh": 17, "Khơ Mú": 3, "Kháng": 1, "Hà Nhì": 1, "Lào": 1, "Xinh Mun": 0.5,
           "Cống": 0.2, "Si La": 0.1},
    "12": {"Thái": 32, "H'Mông": 22, "Kinh": 16, "Dao": 13, "Hà Nhì": 4, "Giáy": 3, "La Hủ": 3, "Khơ Mú": 2, "Lự": 1.5,
           "Lào": 1.2, "Mảng": 1, "Cống": 0.3, "Si La": 0.1},
    "14": {"Thái": 54, "Kinh": 16, "H'Mông": 16, "Mường": 7, "Xinh Mun": 2, "Dao": 1.7, "Khơ Mú": 1, "La Ha": 0.8,
           "Kháng": 0.7, "Lào": 0.3},
    "15": {"Kinh": 42, "H'Mông": 17, "Tày": 17, "Dao": 13, "Thái": 5, "Giáy": 3, "Nùng": 3, "Phù Lá": 0.7,
           "Hà Nhì": 0.4, "Bố Y": 0.2, "La Chí": 0.1},
    "19": {"Kinh": 58, "Tày": 20, "Nùng": 7, "Dao": 5, "Sán Dìu": 4, "Sán Chay": 3, "H'Mông": 2, "Hoa": 0.2,
           "Ngái": 0.1},
    "20": {"Nùng": 42, "Tày": 36, "Kinh": 16, "Dao": 3.5, "Sán Chay": 0.6, "Hoa": 0.3, "H'Mông": 0.2},
    "22": {"Kinh": 87, "Dao": 5, "Tày": 3, "Sán Dìu": 1.7, "Sán Chay": 1.2, "Hoa": 0.4},
    "24": {"Kinh": 90, "Nùng": 4.5, "Tày": 2.5, "Sán Dìu": 1.5, "Sán Chay": 1.4, "Dao": 0.3, "Hoa": 0.3},
    "25": {"Kinh": 66, "Mường": 27, "Dao": 2, "Sán Dìu": 1.5, "Tày": 1, "Thái": 1, "Sán Chay": 0.5},
    "31": {"Kinh": 99, "Hoa": 0.5, "Tày": 0.5},
    "37": {"Kinh": 99, "Mường": 1},
    "38": {"Kinh": 82, "Mường": 10, "Thái": 6.5, "H'Mông": 0.6, "Dao": 0.3, "Thổ": 0.3, "Khơ Mú": 0.1},
    "40": {"Kinh": 84, "Thái": 10, "Thổ": 2.5, "Khơ Mú": 1.5, "H'Mông": 1, "Ơ Đu": 0.1},
    "44": {"Kinh": 91, "Bru-Vân Kiều": 7, "Tà Ôi": 1.5, "Chứt": 0.6},
    "46": {"Kinh": 95, "Tà Ôi": 3, "Cơ Tu": 1.5, "Bru-Vân Kiều": 0.3},
    "48": {"Kinh": 94, "Cơ Tu": 2.5, "Xơ Đăng": 1.6, "Gié Triêng": 1, "Co": 0.3},
    "51": {"Kinh": 69, "Hrê": 8, "Xơ Đăng": 8, "Ba Na": 4, "Gia Rai": 3, "Gié Triêng": 3, "Co": 2, "Brâu": 0.1,
           "Rơ Măm": 0.1},
    "52": {"Kinh": 69, "Gia Rai": 19, "Ba Na": 9, "Tày": 0.5, "Nùng": 0.5, "Hrê": 0.4, "Chăm": 0.3, "H'Mông": 0.2},
    "56": {"Kinh": 84, "Ra Glai": 8, "Chăm": 5, "Cơ Ho": 0.4, "Ê Đê": 0.3, "Hoa": 0.3},
    "66": {"Kinh": 70, "Ê Đê": 14, "Nùng": 3, "Tày": 2, "Mnông": 2, "H'Mông": 1.5, "Chăm": 1.5, "Gia Rai": 1,
           "Ba Na": 0.5},
    "68": {"Kinh": 80, "Cơ Ho": 6, "Mnông": 2, "Mạ": 1.5, "Chăm": 1.5, "H'Mông": 1.5, "Nùng": 1.5, "Tày": 1.3,
           "Chu Ru": 0.8, "Ra Glai": 0.7, "Hoa": 0.6},
    "75": {"Kinh": 90, "Xtiêng": 3, "Hoa": 2.5, "Khmer": 1, "Tày": 0.9, "Nùng": 0.9, "Chơ Ro": 0.6, "Mạ": 0.1},
    "79": {"Kinh": 94, "Hoa": 5, "Khmer": 0.7, "Chăm": 0.2},
    "86": {"Kinh": 90, "Khmer": 9, "Hoa": 1},
    "91": {"Kinh": 90, "Khmer": 8, "Hoa": 1, "Chăm": 1},
    "92": {"Kinh": 86, "Khmer": 11, "Hoa": 3},
    "96": {"Kinh": 94, "Khmer": 5, "Hoa": 1},
}  # fmt: skip
"""Percent of a province's people, by group."""

REGISTRATION_CODES: dict[str, tuple[str, ...]] = {
    "01": ("001",), "04": ("004",), "08": ("002", "008"), "11": ("011",), "12": ("012",), "14": ("014",),
    "15": ("010", "015"), "19": ("006", "019"), "20": ("020",), "22": ("022",), "24": ("024", "027"),
    "25": ("017", "025", "026"), "31": ("030", "031"), "33": ("033", "034"), "37": ("035", "036", "037"),
    "38": ("038",), "40": ("040",), "42": ("042",), "44": ("044", "045"), "46": ("046",), "48": ("048", "049"),
    "51": ("051", "062"), "52": ("052", "064"), "56": ("056", "058"), "66": ("054", "066"),
    "68": ("060", "067", "068"), "75": ("070", "075"), "79": ("074", "077", "079"), "80": ("072", "080"),
    "82": ("082", "087"), "86": ("083", "084", "086"), "91": ("089", "091"), "92": ("092", "093", "094"),
    "96": ("095", "096"),
}  # fmt: skip
"""First three digits of personal numbers: the codes of the old provinces from which each province was made."""


def shares_of(province_code: str) -> dict[str, float]:
    return GROUP_SHARES.get(province_code, _ELSEWHERE)
