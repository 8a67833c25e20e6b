"""The IIIF Presentation 3 manifest of a book: its pages in their order, as a viewer shows them.

Document: IIIF Presentation API 3.0 (https://iiif.io/api/presentation/3.0/). Registers are personal data, so the
manifest names no person, and says that its images need a login. Addresses begin with what the archive chose; images lie
in the bag under the same paths.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.source import Book

CONTEXT = "http://iiif.io/api/presentation/3/context.json"
TITLES = {
    "KS": ("Sổ đăng ký khai sinh", "Register of births"),
    "KT": ("Sổ đăng ký khai tử", "Register of deaths"),
    "KH": ("Sổ đăng ký kết hôn", "Register of marriages"),
    "CMC": ("Sổ đăng ký nhận cha, mẹ, con", "Register of recognitions of parents and children"),
    "HN": ("Sổ cấp giấy xác nhận tình trạng hôn nhân", "Register of marital status certificates"),
}
RESTRICTED = {
    "label": {"vi": ["Quyền truy cập"], "en": ["Access"]},
    "value": {
        "vi": ["Dữ liệu cá nhân: chỉ người có thẩm quyền được xem, sau khi đăng nhập."],
        "en": ["Personal data: shown to authorised persons only, after a login."],
    },
}


@dataclass(frozen=True)
class ShownPage:
    """A page as the manifest shows it: its number in the book, the path of its image in the bag, and its size."""

    page_number: int
    path: str
    width_px: int
    height_px: int
    alto_path: str | None = None


def write_manifest(path: Path, address: str, book: Book, code: str, pages: Iterable[ShownPage]) -> int:
    """Writes the manifest; returns how many pages it has. `address`: where the bag will be shown, without a slash at
    its end."""
    vietnamese, english = TITLES[book.book_kind]
    canvases = [_canvas(address, page) for page in pages]
    manifest = {
        "@context": CONTEXT,
        "id": f"{address}/manifest.json",
        "type": "Manifest",
        "label": {"vi": [f"{vietnamese} {book.book_code}"], "en": [f"{english} {book.book_code}"]},
        "metadata": [
            _pair("Nơi đăng ký", "Place of registration", book.place_as_written),
            _pair("Năm mở sổ", "Year opened", str(book.opened_year)),
            _pair("Mã sổ", "Code", code),
        ],
        "requiredStatement": RESTRICTED,
        "behavior": ["paged"],
        "items": canvases,
    }
    path.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    return len(canvases)


def _canvas(address: str, page: ShownPage) -> dict[str, Any]:
    canvas_id = f"{address}/canvas/{page.page_number}"
    size = {"height": page.height_px, "width": page.width_px}
    body = {"id": f"{address}/{page.path}", "type": "Image", "format": "image/jpeg", **size}
    painting = {
        "id": f"{canvas_id}/annotation",
        "type": "Annotation",
        "motivation": "painting",
        "body": body,
        "target": canvas_id,
    }
    canvas: dict[str, Any] = {
        "id": canvas_id,
        "type": "Canvas",
        "label": {"vi": [f"Trang {page.page_number}"], "en": [f"Page {page.page_number}"]},
        **size,
        "items": [{"id": f"{canvas_id}/page", "type": "AnnotationPage", "items": [painting]}],
    }
    if page.alto_path:
        canvas["seeAlso"] = [
            {
                "id": f"{address}/{page.alto_path}",
                "type": "Dataset",
                "format": "application/alto+xml",
                "profile": "http://www.loc.gov/standards/alto/",
            }
        ]
    return canvas


def _pair(vietnamese: str, english: str, value: str) -> dict[str, Any]:
    return {"label": {"vi": [vietnamese], "en": [english]}, "value": {"none": [value]}}
