"""A small .xls (BIFF8 in an OLE compound file), written from Microsoft's [MS-XLS] and [MS-CFB].

Only what the tests need: one sheet of texts and numbers, a font and a number format for each cell, merged cells.
"""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

SECTOR, FREE, END, FAT = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
SMALLEST_STREAM = 4096
FIRST_FORMAT = 164

Look = tuple[str, str]
"""Font and number format of a cell."""
PLAIN: Look = ("Arial", "General")


def write_xls(
    path: Path,
    rows: Sequence[Sequence[str | float | None]],
    looks: Mapping[tuple[int, int], Look] | None = None,
    merged: Sequence[tuple[int, int, int, int]] = (),
) -> Path:
    """`looks`: by row and column from 0. `merged`: first and last row, first and last column."""
    stream = _workbook(rows, looks or {}, merged)
    path.write_bytes(_compound(stream.ljust(SMALLEST_STREAM, b"\0")))
    return path


def _record(code: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", code, len(content)) + content


def _unicode(text: str, length: str) -> bytes:
    return struct.pack(length, len(text)) + b"\x01" + text.encode("utf-16-le")


def _workbook(
    rows: Sequence[Sequence[str | float | None]],
    looks: Mapping[tuple[int, int], Look],
    merged: Sequence[tuple[int, int, int, int]],
) -> bytes:
    kinds = list(dict.fromkeys([PLAIN, *looks.values()]))
    begin = struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 0x06)
    font = b"".join(
        _record(0x31, struct.pack("<HHHHHBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0) + _unicode(name, "<B"))
        for name in ["Arial"] * 4 + [name for name, _ in kinds]
    )
    formats = b"".join(
        _record(0x41E, struct.pack("<H", FIRST_FORMAT + number) + _unicode(written, "<H"))
        for number, (_, written) in enumerate(kinds)
    )
    style = _record(0xE0, struct.pack("<HHH14x", 0, 0, 0xFFF5))
    styles = b"".join(  # there is no font 4: the fifth font has number 5
        _record(0xE0, struct.pack("<HHH14x", 5 + number, FIRST_FORMAT + number, 0x0001)) for number in range(len(kinds))
    )
    head = _record(0x809, begin) + _record(0x42, struct.pack("<H", 1200)) + font + formats + style + styles
    name = _unicode("So", "<B")
    position = len(head) + 4 + 6 + len(name) + 4
    globals_ = head + _record(0x85, struct.pack("<IH", position, 0) + name) + _record(0x0A)
    cells = b"".join(
        _cell(row, column, 1 + kinds.index(looks.get((row, column), PLAIN)), value)
        for row, values in enumerate(rows)
        for column, value in enumerate(values)
        if value is not None
    )
    areas = _record(0xE5, struct.pack("<H", len(merged)) + b"".join(struct.pack("<4H", *area) for area in merged))
    sheet = struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 0x06)
    return globals_ + _record(0x809, sheet) + cells + areas + _record(0x0A)


def _cell(row: int, column: int, style: int, value: str | float) -> bytes:
    place = struct.pack("<HHH", row, column, style)
    if isinstance(value, str):
        return _record(0x204, place + _unicode(value, "<H"))
    return _record(0x203, place + struct.pack("<d", value))


def _compound(stream: bytes) -> bytes:
    """An OLE file with the stream `Workbook`: sector 0 is the table, 1 the directory, the stream follows."""
    sectors = -(-len(stream) // SECTOR)
    table = [FAT, END, *range(3, 2 + sectors), END]
    table += [FREE] * (SECTOR // 4 - len(table))
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII",
        bytes.fromhex("d0cf11e0a1b11ae1"),
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        0,
        1,
        1,
        0,
        SMALLEST_STREAM,
        END,
        0,
        END,
        0,
        0,
    )
    header += struct.pack("<108I", *[FREE] * 108)
    directory = _entry("Root Entry", 5, END, 0, child=1) + _entry("Workbook", 2, 2, len(stream))
    padded = stream.ljust(sectors * SECTOR, b"\0")
    return header + struct.pack("<128I", *table) + directory.ljust(SECTOR, b"\0") + padded


def _entry(name: str, kind: int, start: int, size: int, child: int = FREE) -> bytes:
    written = (name + "\0").encode("utf-16-le")
    return struct.pack("<64sHBBIII36xIQ", written, len(written), kind, 1, FREE, FREE, child, start, size)
