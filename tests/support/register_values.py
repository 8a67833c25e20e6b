"""Invented entries for register pages: what a clerk would have written, by column. No real person is meant."""

import random
from collections.abc import Callable

FAMILY = "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Lâm Trịnh Mạc Quách Tạ".split()
MIDDLE_WOMAN = "Thị|Thị Ngọc|Thị Mỹ|Kim|Thị Hồng|Diệu|Thị Bích|Thụy".split("|")
MIDDLE_MAN = "Văn|Đức|Hữu|Quốc|Đình|Minh|Công|Xuân|Trọng|Ngọc".split("|")
GIVEN_WOMAN = "Lan Huệ Cúc Hạnh Thủy Thúy Hường Ngọc Phượng Tuyết Yến Nhung Diễm Loan Nguyệt Hằng Vân Quỳnh Mỵ".split()
GIVEN_MAN = "Hùng Dũng Tuấn Thịnh Phước Lộc Thọ Nghĩa Khải Tiến Vượng Hiệp Lực Đạt Sỹ Quyết Bảo Khương Trực".split()
PLACES = (
    "xã Vĩnh Lộc, huyện Định Quán, tỉnh Đồng Nai",
    "xã Mỹ Thạnh, huyện Giồng Trôm, tỉnh Bến Tre",
    "phường Bến Thủy, thành phố Vinh, Nghệ An",
    "xã Hợp Đức, huyện Tân Yên, tỉnh Bắc Giang",
    "thị trấn Kẻ Sặt, huyện Bình Giang, Hải Dương",
    "xã Phước Thuận, huyện Tuy Phước, tỉnh Bình Định",
    "xã Cẩm Nhượng, huyện Cẩm Xuyên, tỉnh Hà Tĩnh",
    "phường Vỹ Dạ, thành phố Huế, tỉnh Thừa Thiên Huế",
    "xã Lộc Thịnh, huyện Ngọc Lặc, tỉnh Thanh Hóa",
    "xã Tịnh Kỳ, thành phố Quảng Ngãi",
    "bệnh viện đa khoa huyện Chợ Gạo, tỉnh Tiền Giang",
    "trạm y tế xã Nghĩa Thuận, huyện Nghĩa Đàn, Nghệ An",
)
PEOPLES = "Kinh Kinh Kinh Tày Thái Mường Khmer Hoa Nùng Dao Ê-đê Chăm".split()
CAUSES = ("già yếu", "bệnh tim", "tai nạn giao thông", "bệnh phổi mạn tính", "đột quỵ", "đuối nước")
RELATIONS = "con trai|con gái|vợ|chồng|cháu nội|anh ruột".split("|")
YEARS_BY_NAME = ((1955, "Ất Mùi"), (1968, "Mậu Thân"), (1979, "Kỷ Mùi"), (1983, "Quý Hợi"), (1987, "Đinh Mão"))
NUMERALS = "không một hai ba bốn năm sáu bảy tám chín mười".split()


def name(lot: random.Random, *, is_woman: bool) -> str:
    middle, given = (MIDDLE_WOMAN, GIVEN_WOMAN) if is_woman else (MIDDLE_MAN, GIVEN_MAN)
    return f"{lot.choice(FAMILY)} {lot.choice(middle)} {lot.choice(given)}"


def any_name(lot: random.Random) -> str:
    return name(lot, is_woman=lot.random() < 0.5)


def day(lot: random.Random, first: int = 1950, last: int = 2010) -> str:
    """A day as clerks write it: whole, without its day, or of the lunar calendar with the year's name."""
    year, month, number = lot.randint(first, last), lot.randint(1, 12), lot.randint(1, 28)
    if lot.random() < 0.06:
        return f"{number}/{month} năm {lot.choice(YEARS_BY_NAME)[1]}"
    if lot.random() < 0.08:
        return str(year)
    return f"{number:02}/{month:02}/{year}" if lot.random() < 0.7 else f"{number}-{month}-{year}"


def in_words(lot: random.Random) -> str:
    """A day in words, the last digits of its year spoken one by one."""
    number, month, tens, ones = lot.randint(1, 10), lot.randint(1, 10), lot.randint(5, 9), lot.randint(1, 9)
    spoken = f"tháng {NUMERALS[month]}, năm một nghìn chín trăm {NUMERALS[tens]} mươi {NUMERALS[ones]}"
    return f"Ngày mồng {NUMERALS[number]}, {spoken}"


def identity_number(lot: random.Random) -> str:
    return "".join(str(lot.randint(0, 9)) for _ in range(lot.choice((9, 9, 12))))


VALUES: dict[str, Callable[[random.Random], str]] = {
    "so": lambda lot: f"{lot.randint(1, 399):0{lot.choice((1, 2, 3))}}",
    "quyenSo": lambda lot: f"0{lot.randint(1, 3)}/{lot.randint(1978, 2015)}",
    "ngayDangKy": lambda lot: f"{lot.randint(1, 28):02}/{lot.randint(1, 12):02}/{lot.randint(1978, 2015)}",
    "nksGioiTinh": lambda lot: lot.choice(("Nam", "Nữ")),
    "nktGioiTinh": lambda lot: lot.choice(("Nam", "Nữ")),
    "nksNgaySinhBangChu": in_words,
    "meNgaySinh": lambda lot: str(lot.randint(1940, 1990)),
    "chaNgaySinh": lambda lot: str(lot.randint(1940, 1990)),
    "meHoTen": lambda lot: name(lot, is_woman=True),
    "chaHoTen": lambda lot: name(lot, is_woman=False),
    "voHoTen": lambda lot: name(lot, is_woman=True),
    "chongHoTen": lambda lot: name(lot, is_woman=False),
    "nktGioPhutChet": lambda lot: f"{lot.randint(0, 23)} giờ {lot.randint(0, 59):02} phút",
    "nktNguyenNhanChet": lambda lot: lot.choice(CAUSES),
    "nycQuanHe": lambda lot: lot.choice(RELATIONS),
}
BY_ENDING: tuple[tuple[str, Callable[[random.Random], str]], ...] = (
    ("HoTen", any_name),
    ("nguoiKy", any_name),
    ("NgaySinh", day),
    ("NgayChet", day),
    ("NoiSinh", lambda lot: lot.choice(PLACES)),
    ("QueQuan", lambda lot: lot.choice(PLACES)),
    ("NoiCuTru", lambda lot: lot.choice(PLACES)),
    ("NoiChet", lambda lot: lot.choice(PLACES)),
    ("DanToc", lambda lot: lot.choice(PEOPLES)),
    ("QuocTich", lambda lot: "Việt Nam"),
    ("SoGiayToTuyThan", identity_number),
)
SELDOM_FILLED = frozenset({"nksNgaySinhBangChu", "nktGioPhutChet", "chongSoGiayToTuyThan", "voSoGiayToTuyThan"})


def value(lot: random.Random, column: str) -> str:
    """What stands in one field; empty where the clerk left it open."""
    if lot.random() < (0.25 if column in SELDOM_FILLED else 0.02):
        return ""
    if column in VALUES:
        return VALUES[column](lot)
    return next(make for ending, make in BY_ENDING if column.endswith(ending))(lot)
