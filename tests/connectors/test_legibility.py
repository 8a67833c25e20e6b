"""Whether a page can be read: each fault is seen on the page that has it, and on no other."""

import numpy as np
import pytest
from PIL import Image

from connectors.paper.legibility import PageLook, ScanAgain, correlation_of, faults_of, is_like, look_at, to_scan_again
from connectors.paper.masters import opened
from tests.support import scans


def looked(image: Image.Image) -> PageLook:
    return look_at(np.asarray(image.convert("RGB"))[:, :, ::-1].copy())


def faults(image: Image.Image) -> list[str]:
    return [str(fault) for fault in faults_of(looked(image))]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (scans.page(), []),
        (scans.blank_page(), ["blank"]),
        (scans.blurred(scans.page(), 1), []),
        (scans.blurred(scans.page(), 4), ["blurred"]),
        (scans.darkened(scans.page(), 0.6), []),
        (scans.darkened(scans.page(), 0.3), ["too_dark"]),
        (scans.darkened(scans.blank_page(), 0.1), ["too_dark"]),
        (scans.bleached(scans.page(), 0.6), []),
        (scans.bleached(scans.page(), 0.12), ["too_bright"]),
        (scans.smaller(scans.page(), 0.75), []),
        (scans.smaller(scans.page(), 0.5), ["low_resolution"]),
        (scans.page().crop((200, 0, scans.WIDTH, scans.HEIGHT)), ["cut_edge"]),
        (scans.page().crop((0, 200, scans.WIDTH, scans.HEIGHT)), ["cut_edge"]),
        (scans.page().crop((0, 0, scans.WIDTH - 200, scans.HEIGHT)), ["cut_edge"]),
        (scans.page().crop((0, 0, scans.WIDTH, scans.HEIGHT - 200)), ["cut_edge"]),
        (scans.page().crop((100, 100, scans.WIDTH - 100, scans.HEIGHT - 100)), []),
    ],
    ids=[
        "good", "blank", "a little soft", "blurred", "dim", "dark", "dark and blank", "pale", "bleached", "150 dpi",
        "100 dpi", "cut left", "cut above", "cut right", "cut below", "narrow margins",
    ],
)  # fmt: skip
def test_a_fault_is_seen_where_it_is(image: Image.Image, expected: list[str]) -> None:
    assert faults(image) == expected


def test_a_page_on_a_dark_table_is_judged_without_the_table() -> None:
    table = Image.new("RGB", (scans.WIDTH + 300, scans.HEIGHT + 300), (60, 50, 40))
    table.paste(scans.page().rotate(1.5, fillcolor=(60, 50, 40)), (150, 150))
    assert faults(table) == []


def test_one_scan_in_two_formats_is_like_itself_and_two_pages_are_not() -> None:
    first, second = looked(scans.page(1)), looked(scans.page(2))
    with opened(scans.jpeg(scans.smaller(scans.page(1), 0.8), quality=50), "image/jpeg") as master:
        again = look_at(master.page(0).image)
    assert again.digest != first.digest
    assert is_like(again.look, [second.look, first.look])
    assert not is_like(first.look, [second.look])
    assert correlation_of(first.look, b"") == 0.0


def test_the_very_same_image_has_the_same_digest() -> None:
    assert looked(scans.page(1)).digest == looked(scans.page(1).copy()).digest
    assert looked(scans.page(1)).digest != looked(scans.page(2)).digest


def test_a_page_that_was_seen_before_says_so() -> None:
    look = looked(scans.page())
    assert faults_of(look, is_seen=True, is_like_another=True) == ["duplicate"]
    assert faults_of(look, is_like_another=True) == ["likely_duplicate"]


def test_what_to_scan_again_is_a_list_with_reasons_and_no_page_that_is_only_blank_or_doubled() -> None:
    pages = [
        (1, None, ()),
        (2, "bent", ("blurred",)),
        (3, "blank", ("blank",)),
        (4, None, ("too_dark", "likely_duplicate")),
        (5, "duplicate", ("duplicate",)),
        (6, "damaged", ()),
    ]
    assert to_scan_again(pages) == [
        ScanAgain(2, ("bent", "blurred")),
        ScanAgain(4, ("too_dark",)),
        ScanAgain(6, ("damaged",)),
    ]
