"""Layouts of invented register pages: what is printed on them and where, in millimetres from the frame's corner.

They are drawn by hand after the books of the Civil Status Law of 2014 (one case a page) and the ruled books before it
(one case a row); no page of a real book was copied. `schemas/data/register_forms/` describes these same pages to the
product; a test holds the two together.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Blank:
    """A dotted line that is filled in: its label, its column, and where its dots begin and end."""

    label: str
    column: str
    left_mm: float
    right_mm: float
    label_mm: float = 4.0  # where the label begins


@dataclass(frozen=True)
class FormLayout:
    """A page for one case. `lines`: the height of each line's foot, and its blanks. `size_mm`: of the paper."""

    code: str
    book_kind: str
    title: str
    size_mm: tuple[float, float]
    frame_at_mm: tuple[float, float]
    frame_mm: tuple[float, float]
    lines: tuple[tuple[float, tuple[Blank, ...]], ...]
    headings: tuple[tuple[float, float, str], ...] = ()
    dot_mm: float = 0.36
    dot_pitch_mm: float = 1.15


@dataclass(frozen=True)
class TableLayout:
    """A page of ruled rows. `cells`: title, column and width of each; the first holds the printed number."""

    code: str
    book_kind: str
    title: str
    size_mm: tuple[float, float]
    frame_at_mm: tuple[float, float]
    frame_mm: tuple[float, float]
    header_mm: float
    row_mm: float
    rows: int
    cells: tuple[tuple[str, str, float], ...]


BIRTH = FormLayout(
    "ks_a4_dotted", "KS", "SỔ ĐĂNG KÝ KHAI SINH", (210.0, 297.0), (18.0, 17.0), (176.0, 264.0),
    (
        (26.0, (Blank("Số:", "so", 14, 56), Blank("Quyển số:", "quyenSo", 78, 110, 58),
                Blank("Đăng ký ngày:", "ngayDangKy", 140, 172, 112))),
        (40.0, (Blank("Họ, chữ đệm, tên:", "nksHoTen", 40, 130), Blank("Giới tính:", "nksGioiTinh", 152, 172, 132))),
        (52.5, (Blank("Ngày, tháng, năm sinh:", "nksNgaySinh", 50, 100),)),
        (65.0, (Blank("Ghi bằng chữ:", "nksNgaySinhBangChu", 34, 172),)),
        (77.5, (Blank("Dân tộc:", "nksDanToc", 24, 84), Blank("Quốc tịch:", "nksQuocTich", 108, 172, 87))),
        (90.0, (Blank("Nơi sinh:", "nksNoiSinh", 26, 172),)),
        (102.5, (Blank("Quê quán:", "nksQueQuan", 28, 172),)),
        (122.0, (Blank("Họ, chữ đệm, tên mẹ:", "meHoTen", 46, 128), Blank("Năm sinh:", "meNgaySinh", 150, 172, 131))),
        (134.5, (Blank("Nơi cư trú:", "meNoiCuTru", 29, 172),)),
        (154.0, (Blank("Họ, chữ đệm, tên cha:", "chaHoTen", 47, 128),
                 Blank("Năm sinh:", "chaNgaySinh", 150, 172, 131))),
        (166.5, (Blank("Nơi cư trú:", "chaNoiCuTru", 29, 172),)),
        (186.0, (Blank("Người đi khai sinh:", "nycHoTen", 42, 172),)),
        (206.0, (Blank("Người ký:", "nguoiKy", 108, 172, 88),)),
    ),
    ((114.0, 4.0, "Phần khai về người mẹ"), (146.0, 4.0, "Phần khai về người cha")),
)  # fmt: skip

MARRIAGE = FormLayout(
    "kh_a4_dotted", "KH", "SỔ ĐĂNG KÝ KẾT HÔN", (210.0, 297.0), (17.0, 20.0), (178.0, 258.0),
    (
        (30.0, (Blank("Số:", "so", 70, 108, 58),)),
        (41.0, (Blank("Ngày đăng ký:", "ngayDangKy", 70, 108, 40),)),
        (64.0, (Blank("", "chongHoTen", 4, 86), Blank("", "voHoTen", 93, 174))),
        (82.0, (Blank("Ngày sinh:", "chongNgaySinh", 28, 86), Blank("Ngày sinh:", "voNgaySinh", 117, 174, 93))),
        (100.0, (Blank("Dân tộc:", "chongDanToc", 24, 86), Blank("Dân tộc:", "voDanToc", 113, 174, 93))),
        (118.0, (Blank("Quốc tịch:", "chongQuocTich", 27, 86), Blank("Quốc tịch:", "voQuocTich", 116, 174, 93))),
        (146.0, (Blank("", "chongNoiCuTru", 4, 86), Blank("", "voNoiCuTru", 93, 174))),
        (164.0, (Blank("Giấy tờ số:", "chongSoGiayToTuyThan", 28, 86),
                 Blank("Giấy tờ số:", "voSoGiayToTuyThan", 117, 174, 93))),
        (196.0, (Blank("Người ký:", "nguoiKy", 48, 130, 28),)),
    ),
    ((54.0, 4.0, "Họ, chữ đệm, tên chồng"), (54.0, 93.0, "Họ, chữ đệm, tên vợ"),
     (136.0, 4.0, "Nơi cư trú"), (136.0, 93.0, "Nơi cư trú")),
    0.42, 1.4,
)  # fmt: skip

DEATH = FormLayout(
    "kt_a4_dotted",
    "KT",
    "SỔ ĐĂNG KÝ KHAI TỬ",
    (210.0, 297.0),
    (20.0, 15.0),
    (172.0, 268.0),
    (
        (33.0, (Blank("Số:", "so", 14, 70), Blank("Ngày đăng ký:", "ngayDangKy", 108, 168, 80))),
        (54.0, (Blank("Họ, chữ đệm, tên người chết:", "nktHoTen", 60, 168),)),
        (69.0, (Blank("Giới tính:", "nktGioiTinh", 25, 60), Blank("Sinh ngày:", "nktNgaySinh", 92, 168, 70))),
        (84.0, (Blank("Dân tộc:", "nktDanToc", 23, 76), Blank("Quốc tịch:", "nktQuocTich", 106, 168, 84))),
        (99.0, (Blank("Nơi cư trú cuối cùng:", "nktNoiCuTru", 46, 168),)),
        (114.0, (Blank("Chết ngày:", "nktNgayChet", 27, 80), Blank("Lúc:", "nktGioPhutChet", 100, 168, 90))),
        (129.0, (Blank("Nơi chết:", "nktNoiChet", 25, 168),)),
        (144.0, (Blank("Nguyên nhân:", "nktNguyenNhanChet", 33, 168),)),
        (166.0, (Blank("Người đi khai:", "nycHoTen", 34, 110), Blank("Quan hệ:", "nycQuanHe", 132, 168, 113))),
        (192.0, (Blank("Người ký:", "nguoiKy", 100, 168, 78),)),
    ),
    (),
    0.32,
    0.95,
)

BIRTH_TABLE = TableLayout(
    "ks_a3_12_rows", "KS", "SỔ ĐĂNG KÝ KHAI SINH", (420.0, 297.0), (14.0, 30.0), (392.0, 242.0), 26.0, 18.0, 12,
    (
        ("TT", "", 12.0), ("Số", "so", 20.0), ("Ngày đăng ký", "ngayDangKy", 30.0),
        ("Họ, chữ đệm, tên", "nksHoTen", 64.0), ("Giới tính", "nksGioiTinh", 16.0), ("Ngày sinh", "nksNgaySinh", 30.0),
        ("Nơi sinh", "nksNoiSinh", 84.0), ("Họ tên cha", "chaHoTen", 68.0), ("Họ tên mẹ", "meHoTen", 68.0),
    ),
)  # fmt: skip

LAYOUTS: dict[str, FormLayout | TableLayout] = {layout.code: layout for layout in (BIRTH, MARRIAGE, DEATH, BIRTH_TABLE)}

SPREAD_LEFT = TableLayout(
    "ks_spread_left",
    "KS",
    "SỔ ĐĂNG KÝ KHAI SINH",
    (210.0, 297.0),
    (13.0, 30.0),
    (184.0, 230.0),
    22.0,
    26.0,
    8,
    (
        ("TT", "", 12.0),
        ("Số", "so", 20.0),
        ("Ngày đăng ký", "ngayDangKy", 32.0),
        ("Họ, chữ đệm, tên", "nksHoTen", 70.0),
        ("Giới tính", "nksGioiTinh", 18.0),
        ("Ngày sinh", "nksNgaySinh", 32.0),
    ),
)
SPREAD_RIGHT = TableLayout(
    "ks_spread_right",
    "KS",
    "SỔ ĐĂNG KÝ KHAI SINH",
    (210.0, 297.0),
    (18.0, 30.0),
    (176.0, 230.0),
    22.0,
    26.0,
    8,
    (
        ("TT", "", 12.0),
        ("Nơi sinh", "nksNoiSinh", 60.0),
        ("Họ tên cha", "chaHoTen", 52.0),
        ("Họ tên mẹ", "meHoTen", 52.0),
    ),
)
SPREAD: dict[str, FormLayout | TableLayout] = {layout.code: layout for layout in (SPREAD_LEFT, SPREAD_RIGHT)}
"""The left and the right page of an open book: an entry goes on over both. The product has no such form of its own."""
