"""Keyed rows in .csv files: UTF-8, UTF-16, or bytes of a Vietnamese code page; the separator is found.

A quotation mark that nobody closed would swallow the rows behind it: where a row over several lines has not the cells
of the header, or holds whole rows, its lines are read again one by one, and only those that fit no row are faulty.
"""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connectors.paper.keyed_layout import RawRow, find_header
from connectors.paper.keyed_problems import FileSetAside

SEPARATORS = ",;\t|"
HEADER_LINES = 30
LONGEST_LINE = 1 << 20
BLOCK_BYTES = 1 << 20
DAMAGED_AFTER = 100
"""So many letters of UTF-8 before the first wrong byte: then it is UTF-8 with damage, and no code page."""
QUOTE = '"'


@dataclass(frozen=True)
class CsvFile:
    """An open .csv. `is_bytes`: it is in a code page, and its letters are those of Latin-1 until a column is judged."""

    path: Path
    encoding: str
    separator: str

    @property
    def is_bytes(self) -> bool:
        return self.encoding == "latin-1"

    def rows(self) -> Iterator[RawRow]:
        """Every row that is not empty, from the first line on."""
        yield from _rows(self._lines(), self.separator)

    def _lines(self) -> Iterator[tuple[int, str]]:
        yield from _lines(self.path, self.encoding)


def open_csv(path: Path) -> CsvFile:
    """Finds encoding and separator. Raises FileSetAside when no line names columns, or a line has no end."""
    encoding = _encoding_of(path)
    first = [line for _, line in zip(range(HEADER_LINES), _lines(path, encoding), strict=False)]
    for separator in sorted(SEPARATORS, key=lambda sign: -max((line.count(sign) for _, line in first), default=0)):
        if find_header(list(_rows(iter(first), separator))) is not None:
            return CsvFile(path, encoding, separator)
    raise FileSetAside("header_missing")


def _encoding_of(path: Path) -> str:
    """`utf-16`, `utf-8-sig`, or `latin-1` for a code page. Reads the file to its end, in blocks."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    letters = 0
    with path.open("rb") as content:
        start = content.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        content.seek(0)
        while block := content.read(BLOCK_BYTES):
            try:
                text = decoder.decode(block)
            except UnicodeDecodeError as error:
                letters += _marked(error.object[: error.start].decode("utf-8", "ignore"))
                return "utf-8-sig" if letters >= DAMAGED_AFTER else "latin-1"
            if letters < DAMAGED_AFTER:
                letters += _marked(text)
    return "utf-8-sig"


def _marked(text: str) -> int:
    return 0 if text.isascii() else sum(not letter.isascii() for letter in text)


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """The lines with their numbers, from 1. Raises FileSetAside for a line without an end."""
    with path.open(encoding=encoding, errors=_errors_of(encoding), newline="") as content:
        number = 0
        while line := content.readline(LONGEST_LINE):
            number += 1
            if len(line) >= LONGEST_LINE:
                raise FileSetAside("line_too_long")
            yield number, line


def _errors_of(encoding: str) -> str:
    return "surrogateescape" if encoding == "utf-8-sig" else "replace"


def _rows(lines: Iterator[tuple[int, str]], separator: str) -> Iterator[RawRow]:
    taken: list[tuple[int, str]] = []

    def noted() -> Iterator[str]:
        for number, line in lines:
            taken.append((number, line))
            yield line

    reader = csv.reader(noted(), delimiter=separator)
    width = 0
    while True:
        taken.clear()
        try:
            cells = next(reader, None)
        except csv.Error:  # a cell over the limit of the reader: a quotation mark was not closed
            yield from _one_by_one(taken, separator, width)
            continue
        if cells is None:
            return
        width = width or (len(cells) if len(cells) > 1 else 0)
        if len(taken) > 1 and (len(cells) != width or _has_swallowed(taken, separator, width)):
            yield from _one_by_one(taken, separator, width)
        elif any(cells):
            yield RawRow(taken[0][0], cells)


def _has_swallowed(taken: list[tuple[int, str]], separator: str, width: int) -> bool:
    """Whether a row over several lines holds a line that is a whole row by itself."""
    return any(
        line.count(QUOTE) % 2 == 0 and len(next(csv.reader([line], delimiter=separator), [])) == width
        for _, line in taken[1:]
    )


def _one_by_one(taken: list[tuple[int, str]], separator: str, width: int) -> Iterator[RawRow]:
    """The rows of lines that belong together only by a quotation mark too many."""
    for number, line in list(taken):
        cells = next(csv.reader([line], delimiter=separator), [])
        if len(cells) != width or line.count(QUOTE) % 2:
            plain = next(csv.reader([line], delimiter=separator, quoting=csv.QUOTE_NONE), [])
            yield RawRow(number, plain, ("wrong_number_of_cells",))
        elif any(cells):
            yield RawRow(number, cells)
