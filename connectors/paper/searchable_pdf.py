"""A whole book as one PDF/A-2b whose pages can be searched: access copies, and under each what is known of its text.

OCRmyPDF makes it (https://ocrmypdf.readthedocs.io, 17.13), in a process of its own. Its recogniser is a plugin of ours
(`ocr_plugin`), which recognises nothing: it hands over the text that the ledger holds. So neither Tesseract nor
Ghostscript is asked for; PDF/A is written and checked by `pikepdf.pdfa`, which OCRmyPDF calls its internal backend.
Pages are written one by one; what lies on disk meanwhile lies in a folder that only this user may read.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.paper.case_pdf import PageCopy, add_page, case_image, is_jpeg, size_of
from connectors.paper.extra import INSTALL, PaperExtraMissing, makes_searchable_pdfs

PLUGIN = Path(__file__).with_name("ocr_plugin.py")
TEXTS_ENDING = ".texts"
"""Of the folder beside the PDF without text; it has a file for each page, by its number from 0."""
FILE_BYTES = 256 * 1024
"""Of a page whose copy is no JPEG in three colours and is written anew, at most."""
PAGES_AT_ONCE = 32
PDFA = "2b"


class NoSearchablePdf(Exception):
    """OCRmyPDF ended with an error; the message has its number, whose meaning its documentation gives."""


@dataclass(frozen=True)
class PlacedText:
    """A text and where it stands: left, top, width and height in pixels of the access copy."""

    text: str = field(repr=False)
    box_px: tuple[int, int, int, int]


@dataclass(frozen=True)
class TextPage:
    """A page: its access copy, and the texts on it."""

    copy: bytes = field(repr=False)
    texts: Sequence[PlacedText] = field(repr=False)


def write_searchable_pdf(target: Path, title: str, pages: Iterable[TextPage], jobs: int = 1) -> int:
    """Writes the PDF; returns how many pages it has. `title`: a code, no name: it stands in the file.

    Raises PaperExtraMissing, NoSearchablePdf, and ValueError when there is no page, or a copy is no image.
    """
    if not makes_searchable_pdfs():
        raise PaperExtraMissing(f"ocrmypdf missing: {INSTALL}")
    with TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as name:
        folder = Path(name)
        bare, made = folder / "bare.pdf", folder / "searchable.pdf"
        count = _write_bare(bare, pages)
        if not count:
            raise ValueError("no page has an image")
        _run_ocrmypdf(bare, made, title, jobs, folder)
        _check(made, count)
        made.chmod(0o600)
        shutil.move(made, target)
    return count


def _write_bare(bare: Path, pages: Iterable[TextPage]) -> int:
    """The PDF without text, and the texts beside it. pikepdf holds new images in memory until it saves, so pages are
    written in files of some, which are then put together from the disk."""
    import pikepdf

    texts = bare.with_suffix(TEXTS_ENDING)
    texts.mkdir()
    count, parts = 0, list[Path]()
    numbered = enumerate(pages)
    while group := list(islice(numbered, PAGES_AT_ONCE)):
        with pikepdf.new() as part:
            for number, page in group:
                add_page(part, page.copy if is_jpeg(page.copy) else case_image(PageCopy(page.copy), None, FILE_BYTES))
                content = {"size_px": size_of(page.copy), "texts": [[_legible(t.text), *t.box_px] for t in page.texts]}
                (texts / f"{number}.json").write_text(json.dumps(content), encoding="utf-8")
            parts.append(bare.with_suffix(f".{len(parts)}.pdf"))
            part.save(parts[-1])
        count += len(group)
    with ExitStack() as opened, pikepdf.new() as whole:
        for path in parts:
            whole.pages.extend(opened.enter_context(pikepdf.open(path)).pages)
        whole.save(bare)
    return count


def _legible(text: str) -> str:
    """Without characters that no text of a PDF may hold: controls, and halves of surrogate pairs."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _run_ocrmypdf(bare: Path, made: Path, title: str, jobs: int, folder: Path) -> None:
    """What OCRmyPDF says may quote a text, so it is not kept; its own temporary files lie in our folder."""
    options = {
        "--plugin": str(PLUGIN),
        "--output-type": "pdfa-2",
        "--pdfa-backend": "internal",
        "--optimize": "0",
        "--language": "vie",
        "--title": title,
        "--jobs": str(jobs),
    }
    command = [sys.executable, "-m", "ocrmypdf", "--quiet", "--no-progress-bar", "--use-threads"]
    command += [part for option in options.items() for part in option] + [str(bare), str(made)]
    ended = subprocess.run(
        command,
        env={**os.environ, "TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if ended.returncode:
        raise NoSearchablePdf(f"OCRmyPDF ended with {ended.returncode}")


def _check(made: Path, count: int) -> None:
    """Raises NoSearchablePdf when it is no PDF/A-2b by pikepdf's validator, or pages are missing."""
    import pikepdf
    from pikepdf.pdfa import validate_written

    if not validate_written(made, PDFA).passed:
        raise NoSearchablePdf("what OCRmyPDF wrote is no PDF/A-2b")
    with pikepdf.open(made) as document:
        if len(document.pages) != count:
            raise NoSearchablePdf(f"{len(document.pages)} pages were written, {count} are there")
