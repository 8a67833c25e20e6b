"""Prints how long the hand-over of a book takes and how much memory, beside bare passes over the same bytes.

    uv run python -m tests.benchmarks.handover [--pages 500] [--rows 12] [--master-kb 1000]

An accepted book of invented entries: each page has an access copy of about 100 kB, a master of random bytes, and so
many rows that two machines read. The ministry's form, the bag and the searchable PDF are each written by a process of
its own; memory is its highest resident set, and that of OCRmyPDF, which is started by it. All is then read back with
openpyxl, pikepdf and bagit. It asserts nothing: read the figures.
"""

import hashlib
import multiprocessing
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from functools import cache
from io import BytesIO
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import URL, make_url

from connectors.ledger import Ledger, open_ledger, upgrade
from connectors.postgres import embedded
from connectors.vault import Vault
from tests.benchmarks.figures import machine
from tests.support import scans
from tests.support.paper_books import BIRTH, PaperBook

KEY = bytes(range(32))
COLUMNS = tuple(BIRTH)
CHUNK = 1 << 20
MB = 1_000_000
out = Console(width=110)


@cache
def copy_of(number: int) -> bytes:
    """An access copy of about 100 kB, as intake makes it."""
    import numpy as np

    from connectors.paper.masters import access_copy

    return access_copy(np.ascontiguousarray(np.asarray(scans.page(number))[:, :, ::-1])).jpeg


def fill(ledger: Ledger, pages: int, rows: int, master_bytes: int) -> int:
    """A book of so many pages and rows; returns its id."""
    book, lot = PaperBook(ledger), Random(7)
    for page_number in range(1, pages + 1):
        page_id = book.page(page_number, copy_of(page_number % 20), lot.randbytes(master_bytes))
        for row in range(1, rows + 1):
            number = (page_number - 1) * rows + row
            row_number = row if rows > 1 else 0
            record_id = book.record({**BIRTH, "so": str(number)}, page_id, row_number=row_number)
            top = 100 + row * 110
            boxes = {column: (60 + 70 * at, top, 68, 60) for at, column in enumerate(COLUMNS)}
            for code in ("asternet", "tesseract"):
                book.reading(record_id, boxes, code)
    return book.book_id


def hand_over_form(ledger: Ledger, book_id: int, folder: Path) -> None:
    from dags.steps.handing_over import HandoverForm, hand_over

    hand_over(ledger, "lan", book_id, folder, HandoverForm.MINISTRY)


def hand_over_bag(ledger: Ledger, book_id: int, folder: Path) -> None:
    from dags.steps.handing_over import HandoverForm, hand_over

    hand_over(ledger, "lan", book_id, folder, HandoverForm.BAG)


def write_searchable(ledger: Ledger, book_id: int, folder: Path) -> None:
    from dags.steps.book_pdfs import write_pdf

    write_pdf(ledger, "lan", book_id, folder / "KS.1962.01.pdf")


Form = Callable[[Ledger, int, Path], None]


def measured(form: Form, url: URL, book_id: int, folder: Path) -> tuple[float, float]:
    """Seconds, and megabytes at the highest, of a process that hands over."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    text = url.render_as_string(hide_password=False)
    process = context.Process(target=_measured, args=(form, text, book_id, folder, theirs))
    process.start()
    theirs.close()
    figures: tuple[float, float] = ours.recv()
    process.join()
    return figures


def _measured(form: Form, url: str, book_id: int, folder: Path, line: Connection) -> None:
    import dags.steps  # noqa: F401  # its imports are no part of the hand-over

    with open_ledger(make_url(url), Vault(KEY)) as ledger:
        began = time.monotonic()
        form(ledger, book_id, folder)
        seconds = time.monotonic() - began
    line.send((seconds, max(own_peak(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024) / MB))


def own_peak() -> int:
    """Bytes of this process at the highest; `ru_maxrss` would count its parent's from before it became itself."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def size_of(*paths: Path) -> int:
    files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()]
    return sum(file.stat().st_size for file in files)


# Bare passes, and what others read


def bare_zip(archive: Path, target: Path) -> float:
    """Seconds for the files of an archive written into another, and nothing else."""
    with zipfile.ZipFile(archive) as packed:
        contents = [(name, packed.read(name)) for name in packed.namelist()]
    began = time.monotonic()
    with zipfile.ZipFile(target, "x", zipfile.ZIP_STORED) as again:
        for name, content in contents:
            again.writestr(name, content)
    return time.monotonic() - began


def bare_digests(root: Path) -> float:
    """Seconds for one SHA-256 pass over all files of a folder."""
    began = time.monotonic()
    for path in sorted(root.rglob("*")):
        if path.is_file():
            digest = hashlib.sha256()
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    digest.update(chunk)
    return time.monotonic() - began


def read_form(sheet: Path, archive: Path) -> str:
    import openpyxl
    import pikepdf

    workbook = openpyxl.load_workbook(sheet, read_only=True)
    rows = sum(1 for _ in workbook.active.iter_rows()) - 1
    with zipfile.ZipFile(archive) as packed:
        pages = 0
        for name in packed.namelist():
            with pikepdf.open(BytesIO(packed.read(name))) as pdf:
                pages += len(pdf.pages)
    return f"{rows} rows by openpyxl, {pages} PDFs by pikepdf"


def read_bag(bag: Path) -> str:
    import bagit

    opened = bagit.Bag(str(bag))
    return f"{len(list(opened.payload_files()))} files, {'valid' if opened.is_valid() else 'NOT VALID'} by bagit"


def read_pdf(path: Path) -> str:
    import pikepdf
    from pikepdf.pdfa import validate_written

    with pikepdf.open(path) as pdf:
        return f"{len(pdf.pages)} pages, {'PDF/A-2b' if validate_written(path, '2b').passed else 'NO PDF/A'} by pikepdf"


def main(
    pages: Annotated[int, typer.Option(min=1)] = 500,
    rows: Annotated[int, typer.Option(min=1, max=12, help="Entries of a page.")] = 12,
    master_kb: Annotated[int, typer.Option(min=1, help="Size of a master.")] = 1000,
) -> None:
    table = Table("what", "seconds", "pages/s", "peak MB", "size MB", "beside it", "read back")
    with tempfile.TemporaryDirectory() as name, embedded(Path(name) / "home") as server:
        folder, url = Path(name) / "out", server.url("handover")
        upgrade(url)
        with open_ledger(url.update_query_dict({"options": "-c synchronous_commit=off"}), Vault(KEY)) as ledger:
            book_id = fill(ledger, pages, rows, master_kb * 1000)
        sheet, archive = folder / "KS.1962.01.xlsx", folder / "KS.1962.01.zip"
        bag, pdf = folder / "KS.1962.01.bag", folder / "KS.1962.01.pdf"
        taken = {form.__name__: measured(form, url, book_id, folder) for form in FORMS}
        beside_form = f"a bare zipfile {bare_zip(archive, folder / 'again.zip'):.2f} s"
        beside_bag = f"a bare SHA-256 pass {bare_digests(bag):.2f} s"
        lines = {
            "hand_over_form": ("ministry's form", (sheet, archive), beside_form, read_form(sheet, archive)),
            "hand_over_bag": ("bag", (bag,), beside_bag, read_bag(bag)),
            "write_searchable": ("searchable PDF", (pdf,), "", read_pdf(pdf)),
        }
        for form_name, (what, paths, beside, read) in lines.items():
            seconds, peak = taken[form_name]
            figures = (f"{seconds:.1f}", f"{pages / seconds:.1f}", f"{peak:.0f}", f"{size_of(*paths) / MB:.0f}")
            table.add_row(what, *figures, beside, read)
    out.print(f"{pages} pages, {pages * rows} entries; {machine()}")
    out.print(table)


FORMS: tuple[Form, ...] = (hand_over_form, hand_over_bag, write_searchable)

if __name__ == "__main__":
    sys.exit(typer.run(main))
