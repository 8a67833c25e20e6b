"""Machines read the fields of a page: the writing, its tones, and that nothing is written."""

from functools import cache
from importlib.metadata import distribution
from pathlib import Path

import pytest

from connectors.paper.reading import PageReading, read_page
from connectors.paper.recognisers import Recogniser, asternet, available
from schemas.keying import MachineValue
from schemas.register_forms import register_forms
from tests.support.register_pages import FONTS, Damage, make_page

SCANNED = Damage(dpi=250, skew_deg=-0.8, blur_px=0.5)
BIRTH = {
    "so": "112", "quyenSo": "01/1987", "ngayDangKy": "03/06/1987", "nksHoTen": "Đặng Thị Mộng Ngọc",
    "nksGioiTinh": "Nữ", "nksNgaySinh": "21/05/1987", "nksDanToc": "Kinh", "nksQuocTich": "Việt Nam",
    "nksNoiSinh": "xã Lộc Thịnh, huyện Ngọc Lặc, tỉnh Thanh Hóa", "meHoTen": "Phạm Thị Huệ", "meNgaySinh": "1961",
    "chaHoTen": "Đặng Đức Thịnh", "nguoiKy": "Mạc Trọng Lực",
}  # fmt: skip
"""Many words with the dot of the tone nặng; fields that are not named here are blank."""
NAMES = ("Trần Văn Hùng", "Lê Thị Lan", "Phan Đức Tiến", "Võ Kim Cúc", "Hồ Minh Khải", "Bùi Thị Thúy", "Ngô Văn Thọ",
         "Lý Thị Hạnh", "Đỗ Công Đạt", "Vũ Thị Hằng", "Tạ Hữu Phước", "Dương Thị Nhung")  # fmt: skip


@cache
def recognisers() -> tuple[Recogniser, ...]:
    works, problems = available()
    assert problems == {}
    return tuple(works)


@cache
def birth(damage: Damage = SCANNED, font: str = "liberation2/LiberationSerif-Regular.ttf") -> PageReading:
    page = make_page("ks_a4_dotted", 11, FONTS / font, "print", damage, [BIRTH])
    return read_page(page.image, list(register_forms().values()), recognisers())


def values(reading: PageReading, recogniser: int = 0) -> dict[str, MachineValue]:
    return reading.records[0].readings[recognisers()[recogniser].code].values


def test_the_dots_of_the_tone_nang_stay_when_the_dotted_line_goes() -> None:
    for column, written in BIRTH.items():
        assert values(birth())[column].text == written, column


def test_tesseract_reads_the_same_crops() -> None:
    read = values(birth(), 1)
    assert recognisers()[1].code.startswith("tesseract-5")
    assert read["nksNgaySinh"].text == "21/05/1987"
    assert read["meHoTen"].text == "Phạm Thị Huệ"


def test_a_field_with_only_its_dotted_line_is_blank_and_surely_so() -> None:
    for column in ("nksNgaySinhBangChu", "nksQueQuan", "meNoiCuTru", "nycHoTen"):
        value = values(birth())[column]
        assert (value.text, value.confidence) == ("", 0.99)


def test_a_red_seal_is_no_writing() -> None:
    sealed = Damage(dpi=250, blur_px=0.5, seal=True)
    read = values(birth(sealed))
    assert {column for column, value in read.items() if value.text} == BIRTH.keys()
    assert min(value.confidence for value in read.values() if not value.text) == 0.6


def test_a_page_says_where_each_field_is_in_the_image() -> None:
    left, top, width, height = values(birth())["nksHoTen"].box_px
    per_mm = 250 / 25.4  # the name's line begins 40 mm inside a frame that is 18 mm and 2 mm from the image's edge
    assert left == pytest.approx((2 + 18 + 40) * per_mm, abs=3 * per_mm)
    assert top == pytest.approx((2 + 17 + 32) * per_mm, abs=3 * per_mm)
    assert (width, height) == pytest.approx((90 * per_mm, 10.5 * per_mm), abs=2 * per_mm)


def test_each_name_of_a_table_is_read_in_its_own_row() -> None:
    rows = [{"so": str(40 + number), "nksHoTen": name} for number, name in enumerate(NAMES)]
    page = make_page("ks_a3_12_rows", 12, FONTS / "dejavu/DejaVuSans.ttf", "print", Damage(dpi=200), rows)
    reading = read_page(page.image, list(register_forms().values()), recognisers())
    best = recognisers()[0].code
    assert [record.readings[best].values["nksHoTen"].text for record in reading.records] == list(NAMES)
    assert [record.readings[best].values["so"].text for record in reading.records] == [str(40 + n) for n in range(12)]
    assert reading.fit["rows_agreeing"] == 12


def test_the_order_and_the_batches_of_crops_change_nothing() -> None:
    network = recognisers()[0]
    page = make_page("kh_a4_dotted", 13, done=SCANNED)
    forward = read_page(page.image, list(register_forms().values()), [network]).records[0].readings[network.code]
    form = register_forms()["kh_a4_dotted"]
    backward_form = form.model_copy(update={"fields": form.fields[::-1]})
    backward = read_page(page.image, [backward_form], [network]).records[0].readings[network.code]
    assert forward.values == backward.values


def test_weights_with_another_digest_are_refused(tmp_path: Path) -> None:
    name, digest = list(asternet.FILES.items())[1]
    original = Path(str(distribution("asterocr").locate_file(name)))
    changed = tmp_path / "vocab.json"
    changed.write_bytes(original.read_bytes())
    asternet.verify(changed, digest)
    changed.write_bytes(original.read_bytes() + b" ")
    with pytest.raises(asternet.WrongWeights, match="vocab.json has another digest"):
        asternet.verify(changed, digest)
    with pytest.raises(asternet.WrongWeights, match="missing"):
        asternet.verify(tmp_path / "none.onnx", digest)
