"""The libraries of the extra `paper`: without them everything else of the program works."""

import importlib.util

INSTALL = 'install the extra: `uv sync --extra paper`, or `pip install "lienthong[paper]"`'
LIBRARIES = ("PIL", "cv2", "pikepdf", "pypdfium2")
"""What scans are opened with. Recognisers say for themselves what they need."""


class PaperExtraMissing(Exception):
    """Scans cannot be opened on this machine; the message says what to install."""


def missing_libraries() -> list[str]:
    """The libraries of the extra that are not installed."""
    return [name for name in LIBRARIES if importlib.util.find_spec(name) is None]


def reads_heic() -> bool:
    """Whether photographs of an iPhone (HEIC) can be opened here."""
    return importlib.util.find_spec("pillow_heif") is not None


def makes_searchable_pdfs() -> bool:
    """Whether a book can be made a searchable PDF/A here. pikepdf checks PDF/A with fontTools."""
    return all(importlib.util.find_spec(name) is not None for name in ("ocrmypdf", "fontTools"))


def need_libraries() -> None:
    """Raises PaperExtraMissing when scans cannot be opened here."""
    if missing := missing_libraries():
        raise PaperExtraMissing(f"{', '.join(missing)} missing: {INSTALL}")
