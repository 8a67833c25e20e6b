"""A book as one searchable PDF/A, made by OCRmyPDF with our text, and read back by pikepdf and pdfium."""

import os
import sys
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from pikepdf.pdfa import validate_written

from connectors.paper.extra import PaperExtraMissing
from connectors.paper.searchable_pdf import NoSearchablePdf, PlacedText, TextPage, write_searchable_pdf
from tests.support.paper_books import page_image

NAME = PlacedText("NGUYỄN VĂN BA", (100, 200, 300, 40))
PLACE = PlacedText("xã Đồng Kỵ, huyện Từ Sơn", (100, 300, 400, 40))
CODE = "KS.1962.01"


def write(target: Path, *pages: TextPage) -> Path:
    assert write_searchable_pdf(target, CODE, pages) == len(pages)
    return target


def texts_of(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as document:
        return [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages with text, one without."""
    pages = (TextPage(page_image(), [NAME]), TextPage(page_image(450), []), TextPage(page_image(), [NAME, PLACE]))
    return write(tmp_path_factory.mktemp("pdf") / "book.pdf", *pages)


def test_it_is_pdf_a_by_the_validator_of_others(made: Path) -> None:
    report = validate_written(made, "2b")
    assert (report.passed, list(report.findings)) == (True, [])
    with pikepdf.open(made) as document:
        assert document.open_metadata().pdfa_status == "2B"
        assert document.docinfo["/Title"] == CODE
        assert not document.is_encrypted
        (intent,) = document.Root.OutputIntents
        assert intent.S == "/GTS_PDFA1"


def test_every_text_is_found_on_its_page_with_its_tones(made: Path) -> None:
    assert texts_of(made) == ["NGUYỄN VĂN BA", "", "NGUYỄN VĂN BA xã Đồng Kỵ, huyện Từ Sơn"]


def test_a_text_lies_where_it_stands_on_the_page(made: Path) -> None:
    """640 pixels are 210 mm, 595 points; a PDF counts from below. The box is 100-400 by 200-240 of 900 pixels."""
    with pypdfium2.PdfDocument(made) as document:
        text = document[0].get_textpage()
        boxes = [text.get_charbox(at) for at in range(len("NGUYỄN VĂN BA"))]
        height = document[0].get_size()[1]
    assert height == pytest.approx(837.1, abs=0.5)
    left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
    top, bottom = (height - max(box[3] for box in boxes)) * 640 / 595.276, (height - min(box[1] for box in boxes))
    assert (left * 640 / 595.276, right * 640 / 595.276) == (pytest.approx(100, abs=8), pytest.approx(400, abs=8))
    assert 195 < top < bottom * 640 / 595.276 < 245


def test_images_are_the_access_copies_byte_for_byte(made: Path) -> None:
    with pikepdf.open(made) as document:
        images = [image.read_raw_bytes() for page in document.pages for image in page.get_images().values()]
    assert images == [page_image(), page_image(450), page_image()]


def test_only_this_user_may_read_it_and_nothing_else_is_left(made: Path) -> None:
    assert made.stat().st_mode & 0o077 == 0
    assert os.listdir(made.parent) == ["book.pdf"]


def test_texts_that_no_pdf_may_hold_do_no_harm(tmp_path: Path) -> None:
    """Controls, half a surrogate pair, right to left, letters without a glyph, boxes of nothing and off the page."""
    odd = ["a\x00b\x1b", "c\ud800d", "e\u202ef", "漢 \U0001f600", "", "  "]
    texts = [PlacedText(text, (10, 60 * row, 200, 30)) for row, text in enumerate(odd)]
    texts += [PlacedText("x", (0, 0, 0, 0)), PlacedText("y", (-50, 5000, 90, 90)), NAME]
    path = write(tmp_path / "book.pdf", TextPage(page_image(), texts))
    assert validate_written(path, "2b").passed
    (text,) = texts_of(path)
    assert all(word in text.split() for word in ("a", "b", "c", "d", "NGUYỄN", "BA"))


def test_a_book_without_a_page_and_a_copy_that_is_no_image_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no page has an image"):
        write_searchable_pdf(tmp_path / "book.pdf", CODE, [])
    with pytest.raises(ValueError, match="no image"):
        write_searchable_pdf(tmp_path / "book.pdf", CODE, [TextPage(b"no image", [])])
    assert list(tmp_path.iterdir()) == []


def test_when_ocrmypdf_fails_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    (tmp_path / "site/ocrmypdf").mkdir(parents=True)
    (tmp_path / "site/ocrmypdf/__init__.py").write_text("")
    (tmp_path / "site/ocrmypdf/__main__.py").write_text("raise SystemExit(15)")
    (tmp_path / "out").mkdir()
    with pytest.raises(NoSearchablePdf, match="ended with 15"):
        write_searchable_pdf(tmp_path / "out/book.pdf", CODE, [TextPage(page_image(), [NAME])])
    assert list((tmp_path / "out").iterdir()) == []


def test_what_ocrmypdf_wrote_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that all is well, and its file is no PDF/A, or lacks a page."""
    package = tmp_path / "site/ocrmypdf"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    page = TextPage(page_image(), [NAME])
    (package / "__main__.py").write_text("import shutil, sys; shutil.copy(sys.argv[-2], sys.argv[-1])")
    with pytest.raises(NoSearchablePdf, match="no PDF/A-2b"):
        write_searchable_pdf(tmp_path / "book.pdf", CODE, [page])
    whole = tmp_path / "one page.pdf"
    with monkeypatch.context() as real:
        real.delenv("PYTHONPATH")
        write(whole, page)
    (package / "__main__.py").write_text(f"import shutil, sys; shutil.copy({str(whole)!r}, sys.argv[-1])")
    with pytest.raises(NoSearchablePdf, match="1 pages were written, 2 are there"):
        write_searchable_pdf(tmp_path / "book.pdf", CODE, [page, page])
    assert not (tmp_path / "book.pdf").exists()


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ocrmypdf", None)
    with pytest.raises(PaperExtraMissing, match="uv sync --extra paper"):
        write_searchable_pdf(tmp_path / "book.pdf", CODE, [TextPage(page_image(), [])])
