"""Pages of paper registers are laid on their form, or set aside: a value never lands in another field or row."""

from functools import cache

import numpy as np
import pytest

from connectors.paper.reading import read_page
from connectors.paper.recognisers import available
from connectors.paper.registration import register
from connectors.paper.set_aside import PageSetAside, SetAsideReason
from schemas.register_forms import register_forms
from tests.support.register_layouts import LAYOUTS, FormLayout, TableLayout
from tests.support.register_pages import Damage, RegisterPage, make_page

FORMS = register_forms()
SCANNED = Damage(dpi=200, skew_deg=1.2, blur_px=0.5, shows_through=True)
PHOTOGRAPHED = Damage(
    dpi=200, skew_deg=-1.5, perspective=0.06, curl_mm=2.2, blur_px=0.6, stains=4, seal=True, worn=True,
    is_photograph=True, jpeg_quality=74,
)  # fmt: skip


@cache
def page(layout_code: str, damage: Damage = SCANNED, seed: int = 4) -> RegisterPage:
    return make_page(layout_code, seed, done=damage)


def reason(layout_code: str, damage: Damage, *forms: str) -> SetAsideReason:
    """Why such a page is set aside in a book that has these forms."""
    with pytest.raises(PageSetAside) as raised:
        read_page(page(layout_code, damage).image, [FORMS[code] for code in forms], available()[0])
    return raised.value.reason_code


@pytest.mark.parametrize("layout_code", LAYOUTS)
def test_the_product_describes_each_form_as_it_is_printed(layout_code: str) -> None:
    layout, form = LAYOUTS[layout_code], FORMS[layout_code]
    assert (form.frame_width_mm, form.frame_height_mm) == layout.frame_mm
    if isinstance(layout, TableLayout):
        widths = [form.row_number_box.width_mm if form.row_number_box else 0, *(box.width_mm for box in form.fields)]
        assert (form.rows, form.row_height_mm) == (layout.rows, layout.row_mm)
        assert widths == [width for _, _, width in layout.cells]
        assert {box.top_mm for box in form.fields} == {layout.header_mm}
        return
    blanks = {blank.column: (foot, blank) for foot, line in layout.lines for blank in line}
    assert blanks.keys() == {box.column for box in form.fields}
    for box in form.fields:
        foot, blank = blanks[box.column]
        assert (box.left_mm, box.left_mm + box.width_mm) == (blank.left_mm, blank.right_mm)
        assert box.top_mm < foot < box.top_mm + box.height_mm
        assert box.has_leader


@pytest.mark.parametrize("layout_code", LAYOUTS)
def test_a_photograph_of_a_curled_and_torn_page_is_laid_on_its_form_within_half_a_millimetre(layout_code: str) -> None:
    taken = page(layout_code, PHOTOGRAPHED)
    (fit,) = register(taken.image, list(FORMS.values()))
    width, height = fit.form.frame_width_mm, fit.form.frame_height_mm
    corners = np.array([(0, width, width, 0), (0, 0, height, height)], np.float32)
    seen = np.stack(fit.lie.to_image(corners[0], corners[1]), 1)
    assert fit.form.form_code == layout_code
    assert np.linalg.norm(seen - taken.corners_px, axis=1).max() < 0.5 * 200 / 25.4
    assert fit.residual_mm < 0.3


@pytest.mark.parametrize("layout_code", [code for code, layout in LAYOUTS.items() if isinstance(layout, FormLayout)])
def test_a_page_of_another_form_is_set_aside(layout_code: str) -> None:
    others = [code for code in LAYOUTS if code != layout_code]
    assert reason(layout_code, SCANNED, *others) == SetAsideReason.OTHER_FORM


def test_a_table_whose_printed_numbers_are_of_other_rows_is_set_aside() -> None:
    assert reason("ks_a3_12_rows", Damage(dpi=150, row_shift=1), "ks_a3_12_rows") == SetAsideReason.ROW_NUMBERS
    assert reason("ks_a3_12_rows", Damage(dpi=150, row_shift=-1), "ks_a3_12_rows") == SetAsideReason.ROW_NUMBERS


@pytest.mark.parametrize("layout_code", ["ks_a4_dotted", "ks_a3_12_rows"])
def test_a_turned_page_is_set_aside(layout_code: str) -> None:
    assert reason(layout_code, Damage(dpi=150, turned=2), *FORMS) == SetAsideReason.UPSIDE_DOWN
    assert reason(layout_code, Damage(dpi=150, turned=1), *FORMS) == SetAsideReason.SIDEWAYS


def test_an_image_without_a_printed_frame_is_set_aside() -> None:
    bare = np.full((1200, 900, 3), 235, np.uint8)
    with pytest.raises(PageSetAside, match=SetAsideReason.NO_FRAME):
        register(bare, list(FORMS.values()))


def test_a_page_that_two_forms_fit_is_set_aside() -> None:
    twin = FORMS["kt_a4_dotted"].model_copy(update={"form_code": "kt_drawn_twice"})
    with pytest.raises(PageSetAside, match=SetAsideReason.TWO_FORMS):
        register(page("kt_a4_dotted").image, [FORMS["kt_a4_dotted"], twin])


@pytest.mark.parametrize("right", ["kt_a4_dotted", "kh_a4_dotted"])
def test_an_image_of_two_pages_of_a_book_is_set_aside_since_one_of_them_would_be_lost(right: str) -> None:
    pages = [page("kt_a4_dotted").image, page(right, seed=5).image]
    low = min(image.shape[0] for image in pages)
    open_book = np.concatenate([image[:low] for image in pages], axis=1)
    with pytest.raises(PageSetAside, match=SetAsideReason.TWO_PAGES):
        register(open_book, [FORMS[code] for code in {"kt_a4_dotted", right}])


def test_without_a_recogniser_the_fields_are_found_and_not_read() -> None:
    reading = read_page(page("ks_a3_12_rows").image, list(FORMS.values()), [])
    assert [record.row_number for record in reading.records] == list(range(1, 13))
    assert all(not record.readings and len(record.boxes_px) == 8 for record in reading.records)
    assert "rows_agreeing" not in reading.fit
