"""Which column of a keyed file is which of the ministry's, in which encoding it is written, and what its cells say.

The encoding is judged for each column over many rows, never for a cell: one word of a name is a syllable in several
encodings. Sources: TCVN 5712:1993, the VNI-Windows table, Windows-1258; see `schemas.text`.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from functools import cached_property
from typing import Any, Literal, NamedTuple

from connectors.paper.keyed_problems import FileSetAside
from schemas.register_columns import BookKind, ValueKind, columns_of
from schemas.text import Encoding, clean, compose, decode, is_syllable

ColumnEncoding = Encoding | Literal["cp1258"]

BOOK_KINDS: tuple[BookKind, ...] = ("KS", "KT", "KH", "CMC", "HN")
ORDINAL = "stt"
"""The column that only counts rows."""
FEWEST_COLUMNS = 3
"""A row of a file is its header when it has at least so many names of one kind of book."""
DBF_NAME = 10
"""A .dbf keeps ten letters of a column's name."""

FEWEST_WORDS, LEAST_SHARE, LEAST_LEAD = 3, 0.6, 0.1
"""An encoding is believed when so many words with marks are there, so many of them are syllables in it, and so many
more than in any other. No measurement is known for the three."""

_HEADER = re.compile(r"\s*([^\W\d_][\w]*)")
_MARKED_WORD = re.compile(r"[^\s,.;:()/'\"-]*[^\x00-\x7f\s,.;:()/'\"-][^\s,.;:()/'\"-]*")
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?E[+-]?\d+", re.IGNORECASE)
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")
_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!)")
_SURROGATE = re.compile("[\udc80-\udcff]")
ID_COLUMN = "SoGiayToTuyThan"
SHORT_BY_ONE = frozenset({8, 11})
"""Digits of an identity paper of 9 or 12 that lost a leading zero."""
KINDS_OF_9_AND_12 = frozenset({"", "0", "1", "4"})
MOST_KNOWN_TEXTS = 8_192
EXACT_LIMIT = 10**15
"""Excel keeps fifteen digits of a number."""


_WINDOWS = frozenset(bytes(range(0x80, 0xA0)).decode("cp1252", "ignore"))
"""What Windows-1252 has where Latin-1 has control characters."""


class SheetDate(NamedTuple):
    """A cell that its sheet formats as a date: the parts that it shows, as `22.08.1983`, `08.1983` or `1983`."""

    text: str


Cell = str | int | float | bool | time | SheetDate | None


class RawRow(NamedTuple):
    """A row as its file has it. `capitals`: cells whose font draws every letter as a capital."""

    line_number: int
    cells: Sequence[Cell]
    problems: tuple[str, ...] = ()
    capitals: frozenset[int] = frozenset()


class KeyedRow(NamedTuple):
    """A row by the ministry's columns, without the empty ones. `problems`: why it is no entry."""

    line_number: int
    values: dict[str, str]
    problems: tuple[str, ...]


class _Column(NamedTuple):
    place: int
    name: str
    kind: ValueKind


_Read = tuple[str, str | None]
"""What a cell says, and what is wrong with it."""


@dataclass(frozen=True)
class Layout:
    """How the rows of a file are read. It goes to other processes with the rows."""

    book_kind: BookKind
    columns: tuple[tuple[int, str], ...]
    width: int
    encodings: Mapping[str, ColumnEncoding] = field(default_factory=dict)
    default_encoding: ColumnEncoding | None = "unicode"

    @cached_property
    def plan(self) -> tuple[tuple[_Column, Callable[[str], str] | None], ...]:
        """Each column with its decoder; None where the encoding is unclear."""
        kinds = columns_of(self.book_kind)
        columns = [_Column(index, name, kinds[name].value_kind) for index, name in self.columns]
        return tuple((column, _decoder(self.encodings.get(column.name, self.default_encoding))) for column in columns)

    @cached_property
    def _cells(self) -> tuple[tuple[int, str, _Column, Callable[[str], str] | None, dict[str, _Read]], ...]:
        """By column, how its cells are read, and what texts were read as: most values of a register recur."""
        return tuple((column.place, column.name, column, decoder, {}) for column, decoder in self.plan)

    @cached_property
    def _id_columns(self) -> tuple[tuple[str, str], ...]:
        """The columns of numbers of identity papers, with that of the paper's kind."""
        return tuple(
            (name, f"{name.removesuffix(ID_COLUMN)}LoaiGiayToTuyThan")
            for _, name in self.columns
            if name.endswith(ID_COLUMN)
        )

    def read(self, row: RawRow) -> KeyedRow:
        """The row by the ministry's columns, and what is wrong with it."""
        values: dict[str, str] = {}
        line_number, cells, found, capitals = row
        problems, width = list(found), len(cells)
        for place, name, column, decoder, known in self._cells:
            cell = cells[place] if place < width else None
            if cell is None or cell == "":
                continue
            if type(cell) is str and place not in capitals:
                if (read := known.get(cell)) is None:
                    if len(known) >= MOST_KNOWN_TEXTS:
                        known.clear()
                    read = known[cell] = _text_of(cell, column, decoder, False)
                text, problem = read
            else:
                text, problem = _text_of(cell, column, decoder, place in capitals)
            if problem:
                problems.append(problem)
            if text:
                values[name] = text
        if any(_has_lost_a_zero(values, *columns) for columns in self._id_columns):
            problems.append("leading_zero_lost")
        return KeyedRow(line_number, values, tuple(dict.fromkeys(problems)))

    def one(self, row: RawRow, name: str) -> str:
        """The text in one column, without any judgement; for choosing the book before the row is read."""
        for column, decoder in self.plan:
            if column.name == name:
                cell = row.cells[column.place] if column.place < len(row.cells) else None
                return _text_of(cell, column, decoder, column.place in row.capitals)[0] if cell is not None else ""
        return ""


def _text_of(
    cell: Cell, column: _Column, decoder: Callable[[str], str] | None, is_capital: bool
) -> tuple[str, str | None]:
    if type(cell) is not str:
        return _typed(cell, column.kind)
    if cell.isascii():
        text = clean(cell)
        return text, _fault_in(text, column)
    if _SURROGATE.search(cell):
        return cell.encode("utf-8", "surrogateescape").decode("latin-1"), "bytes_unreadable"
    if decoder is None:
        return clean(cell), "encoding_unclear"
    text = decoder(cell)
    return clean(text.upper() if is_capital else text), None


def _fault_in(text: str, column: _Column) -> str | None:
    if column.kind is ValueKind.NUMBER and _SCIENTIFIC.fullmatch(text):
        return "scientific_notation"
    if column.kind is ValueKind.DATE and _SERIAL.fullmatch(text):
        return "date_is_number"
    return "formula_error" if text.startswith("#") and _ERROR.fullmatch(text) else None


def _typed(cell: Any, kind: ValueKind) -> tuple[str, str | None]:
    """The text of a cell that is no text in its file."""
    if isinstance(cell, SheetDate):
        return cell.text, None if kind is ValueKind.DATE else "date_in_other_column"
    if isinstance(cell, time):
        return f"{cell:%H:%M}", None if kind is ValueKind.TEXT else "date_in_other_column"
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        return str(cell), "cell_not_text"
    return _number(cell, kind)


def _number(number: int | float, kind: ValueKind) -> tuple[str, str | None]:
    if number != number or abs(number) >= EXACT_LIMIT:
        return str(number), "scientific_notation"
    if int(number) != number:
        return str(number), "date_is_number" if kind is ValueKind.DATE else "number_is_fraction"
    text = str(int(number))
    if kind is ValueKind.DATE and not 1800 <= number <= 2200:  # a year alone is a date
        return text, "date_is_number"
    return text, None


def _has_lost_a_zero(values: Mapping[str, str], name: str, kind_name: str) -> bool:
    text = values.get(name, "")
    return len(text) in SHORT_BY_ONE and text.isdecimal() and values.get(kind_name, "") in KINDS_OF_9_AND_12


# Headers


def find_header(rows: Sequence[RawRow]) -> int | None:
    """The index of the first row that names columns; None when none does."""
    for index, row in enumerate(rows):
        names = {name.lower() for name in map(_name_in, row.cells) if name}
        if any(len(names & _known(kind)) >= FEWEST_COLUMNS for kind in BOOK_KINDS):
            return index
    return None


def layout_of(
    header: RawRow,
    book_kind: BookKind | None = None,
    renames: Mapping[str, str] | None = None,
    left_out: Iterable[str] = (),
) -> Layout:
    """The layout that a header says. Raises FileSetAside for columns that are unknown, stand twice or are missing.

    `renames`: names in the file that stand for a column of the ministry; `left_out`: columns that are not wanted.
    """
    renamed = {old.strip().lower(): new for old, new in (renames or {}).items()}
    skipped = {name.strip().lower() for name in left_out} | {ORDINAL}
    written = [(index, _name_in(cell)) for index, cell in enumerate(header.cells)]
    named = [(index, renamed.get(name.lower(), name)) for index, name in written if name]
    wanted = [(index, name) for index, name in named if name.lower() not in skipped]
    kind = book_kind or _likeliest_kind([name for _, name in wanted])
    columns = [(index, _column_named(name, kind), name) for index, name in wanted]
    if unknown := [name for _, column, name in columns if column is None]:
        raise FileSetAside("unknown_columns", *unknown)
    found = [(index, column) for index, column, _ in columns if column is not None]
    names = [column for _, column in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise FileSetAside("duplicate_columns", *twice)
    required = [name for name, column in columns_of(kind).items() if column.is_required]
    if missing := [name for name in required if name not in names]:
        raise FileSetAside("columns_missing", *missing)
    return Layout(kind, tuple(found), len(header.cells))


def _name_in(cell: Cell) -> str:
    """`nksGioiTinh i=[1,2,3]` -> `nksGioiTinh`; `noiDangKy UBND xã ...` -> `noiDangKy`."""
    found = _HEADER.match(cell) if isinstance(cell, str) else None
    return found.group(1) if found else ""


def _known(kind: str) -> frozenset[str]:
    return frozenset(name.lower() for name in columns_of(kind))


def _likeliest_kind(names: Sequence[str]) -> BookKind:
    lowered = {name.lower() for name in names}
    return max(BOOK_KINDS, key=lambda kind: len(lowered & _known(kind)))


def _column_named(name: str, kind: str) -> str | None:
    """The ministry's column of a name in any case. A name of ten capitals may be the beginning of only one column: a
    .dbf cuts it there."""
    lowered = name.lower()
    beginning = []
    for column in columns_of(kind):
        if column.lower() == lowered:
            return column
        if len(name) == DBF_NAME and column.lower().startswith(lowered):
            beginning.append(column)
    return beginning[0] if len(beginning) == 1 else None


# Encodings


def with_encodings(layout: Layout, sample: Sequence[RawRow], *, is_bytes: bool) -> Layout:
    """The layout with the encoding of each column, judged over a sample of rows.

    `is_bytes`: the file has no encoding of its own and was read as Latin-1, so that Windows-1258 is possible and
    Unicode is not. A column without words that tell is read like the others, when these agree.
    """
    encodings: dict[str, ColumnEncoding] = {}
    for index, name in layout.columns:
        texts = [cell for row in sample if index < len(row.cells) and isinstance(cell := row.cells[index], str)]
        if judged := encoding_of(texts, is_bytes=is_bytes):
            encodings[name] = judged
    judged_all = set(encodings.values())
    default: ColumnEncoding | None = "cp1258" if is_bytes else "unicode"
    if judged_all:
        default = judged_all.pop() if len(judged_all) == 1 else None
    return Layout(layout.book_kind, layout.columns, layout.width, encodings, default)


def encoding_of(texts: Iterable[str], *, is_bytes: bool) -> ColumnEncoding | None:
    """The encoding in which most words with marks are Vietnamese syllables; None when the words do not tell."""
    words = {word for text in texts if not text.isascii() for word in _MARKED_WORD.findall(text)}
    words = {word for word in words if not _SURROGATE.search(word)}
    if len(words) < FEWEST_WORDS:
        return None
    candidates: tuple[ColumnEncoding, ...] = ("cp1258" if is_bytes else "unicode", "tcvn3", "vni")
    shares: dict[ColumnEncoding, float] = {
        encoding: sum(_is_spelled(word, encoding) for word in words) / len(words) for encoding in candidates
    }
    first, second, _ = sorted(shares, key=lambda encoding: -shares[encoding])
    is_clear = shares[first] >= LEAST_SHARE and shares[first] - shares[second] >= LEAST_LEAD
    return first if is_clear else None


def _is_spelled(word: str, encoding: ColumnEncoding) -> bool:
    """Whether a word is a syllable in an encoding. An old encoding has bytes alone: letters beyond them are Unicode."""
    return (encoding == "unicode" or word.isascii() or _is_of_bytes(word)) and is_syllable(read_in(word, encoding))


def _is_of_bytes(word: str) -> bool:
    return max(word) <= "\xff" or all(letter <= "\xff" or letter in _WINDOWS for letter in word)


def _decoder(encoding: ColumnEncoding | None) -> Callable[[str], str] | None:
    if encoding is None:
        return None
    return compose if encoding == "unicode" else lambda text: read_in(text, encoding)


def read_in(text: str, encoding: ColumnEncoding) -> str:
    """A text of this encoding in Unicode. In TCVN3 capitals have no tones, so a word of capitals is read as one."""
    if encoding == "cp1258":
        return compose(text.encode("latin-1", "replace").decode("cp1258", "replace"))
    decoded = decode(text, encoding)
    return " ".join(map(_of_one_case, decoded.split(" "))) if encoding == "tcvn3" else decoded


def _of_one_case(word: str) -> str:
    plain = [letter for letter in word if letter.isascii() and letter.isalpha()]
    return word.upper() if len(plain) > 1 and all(letter.isupper() for letter in plain) else word
