"""A plugin of OCRmyPDF that recognises nothing: it gives the text of each page that lies beside the PDF.

Document: "Plugins" of OCRmyPDF 17 (https://ocrmypdf.readthedocs.io/en/stable/plugins.html): `OcrEngine.generate_ocr`
returns a tree of `OcrElement`. OCRmyPDF loads this file by its path, in a process of its own, so it imports nothing of
ours. The built-in Tesseract is blocked, since its check wants the program to be there; its options stay, since
OCRmyPDF reads them in any case. A field's words share its box by their lengths: only fields were read, not words.
"""

import json
from pathlib import Path
from typing import Any

from ocrmypdf import hookimpl
from ocrmypdf.builtin_plugins.tesseract_ocr import TesseractOptions
from ocrmypdf.models.ocr_element import BoundingBox, OcrClass, OcrElement
from ocrmypdf.pluginspec import OcrEngine, OrientationConfidence
from PIL import Image

TESSERACT = "ocrmypdf.builtin_plugins.tesseract_ocr"
LANGUAGE = "vie"


class LedgerTexts(OcrEngine):
    """The texts of the ledger in the place of a recogniser."""

    @staticmethod
    def version() -> str:
        return "1"

    @staticmethod
    def creator_tag(options: Any) -> str:
        return "lienthong"

    def __str__(self) -> str:
        return "lienthong"

    @staticmethod
    def languages(options: Any) -> set[str]:
        return {LANGUAGE}

    @staticmethod
    def get_orientation(input_file: Path, options: Any) -> OrientationConfidence:
        return OrientationConfidence(angle=0, confidence=0.0)

    @staticmethod
    def generate_hocr(input_file: Path, output_hocr: Path, output_text: Path, options: Any) -> None:
        raise NotImplementedError  # OCRmyPDF asks for it of engines that have no generate_ocr

    @staticmethod
    def generate_pdf(input_file: Path, output_pdf: Path, output_text: Path, options: Any) -> None:
        raise NotImplementedError

    @staticmethod
    def supports_generate_ocr() -> bool:
        return True

    @staticmethod
    def generate_ocr(input_file: Path, options: Any, page_number: int = 0) -> tuple[OcrElement, str]:
        """`input_file`: the page as OCRmyPDF drew it, in other pixels than our copy."""
        content = _page_content(options, page_number)
        with Image.open(input_file) as drawn:
            width, height = drawn.size
        scale = width / content["size_px"][0], height / content["size_px"][1]
        page = OcrElement(OcrClass.PAGE, bbox=BoundingBox(0, 0, width, height), language=LANGUAGE)
        for text, *box in content["texts"]:
            if line := _line(text.split(), box, scale):
                page.children.append(OcrElement(OcrClass.PARAGRAPH, bbox=line.bbox, children=[line]))
        return page, "\n".join(text for text, *_ in content["texts"])


def _page_content(options: Any, page_number: int) -> dict[str, Any]:
    path = Path(options.input_file).with_suffix(".texts") / f"{page_number}.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _line(words: list[str], box: list[int], scale: tuple[float, float]) -> OcrElement | None:
    left, top, width, height = (side * scale[number % 2] for number, side in enumerate(box))
    if not words or width <= 0 or height <= 0:
        return None
    line = OcrElement(OcrClass.LINE, bbox=BoundingBox(left, top, left + width, top + height), language=LANGUAGE)
    letter, begin = width / len(" ".join(words)), left
    for word in words:
        end = begin + letter * len(word)
        line.children.append(OcrElement(OcrClass.WORD, bbox=BoundingBox(begin, top, end, top + height), text=word))
        begin = end + letter
    return line


@hookimpl
def initialize(plugin_manager: Any) -> None:
    plugin_manager.set_blocked(TESSERACT)


@hookimpl
def add_options(parser: Any) -> None:
    TesseractOptions.add_arguments_to_parser(parser)


@hookimpl
def register_options() -> dict[str, type[TesseractOptions]]:
    return {"tesseract": TesseractOptions}


@hookimpl
def rasterize_pdf_page(output_file: Path, raster_dpi: Any, pageno: int, page_dpi: Any, options: Any) -> Path:
    """A white page in the place of a drawn one: nobody looks at it, and drawing is most of the work."""
    dpi = page_dpi or raster_dpi
    size = _page_content(options, pageno - 1)["size_px"]
    Image.new("1", size, 1).save(output_file, "PNG", dpi=(float(dpi.x), float(dpi.y)))
    return output_file


@hookimpl
def get_ocr_engine(options: Any) -> LedgerTexts:
    return LedgerTexts()
