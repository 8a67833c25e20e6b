"""Tesseract 5 with its Vietnamese data, a field at a time.

The program comes in the wheel `tesserocr`; the data is the Debian package `tesseract-ocr-vie`, or a file
`vie.traineddata` in the folder that TESSDATA_PREFIX names.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from connectors.paper.images import Bytes, cv2
from connectors.paper.recognisers import Recogniser

LANGUAGE = "vie"
FOLDERS = ("/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata", "/usr/share/tessdata")
BORDER_PX = 10
"""Tesseract wants paper around the writing."""


def problem() -> str | None:
    """Why it does not work here and what to install; None when it works."""
    try:
        import tesserocr  # noqa: F401  # only whether it is there
    except ImportError:
        return "tesserocr is not installed: uv sync --extra paper"
    if _data_folder() is None:
        return "the Vietnamese data is not installed: apt-get install tesseract-ocr-vie"
    return None


def _data_folder() -> Path | None:
    folders = [os.environ.get("TESSDATA_PREFIX", ""), *FOLDERS]
    return next((Path(name) for name in folders if name and (Path(name) / f"{LANGUAGE}.traineddata").is_file()), None)


class Tesseract:
    """Tesseract in this process, on one thread."""

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # more threads are 2 to 3 times slower on such small images
        import tesserocr

        self._api = tesserocr.PyTessBaseAPI(path=str(folder), lang=LANGUAGE, psm=tesserocr.PSM.SINGLE_LINE)
        self._api.SetVariable("debug_file", os.devnull)
        self.code = f"tesseract-{self._api.Version()}-{LANGUAGE}"

    def read(self, crops: Sequence[Bytes]) -> list[tuple[str, float]]:
        return [self._read(crop) for crop in crops]

    def _read(self, crop: Bytes) -> tuple[str, float]:
        bordered = cv2.copyMakeBorder(
            crop, BORDER_PX, BORDER_PX, BORDER_PX, BORDER_PX, cv2.BORDER_CONSTANT, value=(255, 255, 255)
        )
        height, width = bordered.shape
        self._api.SetImageBytes(bordered.tobytes(), width, height, 1, width)
        self._api.SetSourceResolution(254)
        text = " ".join(self._api.GetUTF8Text().split())
        return text, max(0, self._api.MeanTextConf()) / 100


def load() -> Recogniser:
    """Raises RuntimeError when `problem` has one."""
    folder = _data_folder()
    if folder is None:
        raise RuntimeError(problem())
    return Tesseract(folder)
