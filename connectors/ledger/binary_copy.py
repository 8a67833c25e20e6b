"""Rows in PostgreSQL's binary COPY format, made where there is time for it, and written by who holds the connection.

Format: PostgreSQL 18, "COPY", File Formats, Binary Format. All numbers are big-endian; a field is its length in bytes
and its content, -1 for null.
"""

from collections.abc import Iterable, Sequence
from struct import Struct, pack

import psycopg
from sqlalchemy import Connection

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"
JSONB_VERSION = b"\x01"
TEXT_OID, BIGINT_OID = 25, 20

_int64, _int32, _int16 = Struct(">iq").pack, Struct(">ii").pack, Struct(">ih").pack
_length, _int16_alone = Struct(">i").pack, Struct(">h").pack
_array_head = Struct(">iiiiii").pack
_EMPTY_ARRAY = Struct(">iiii").pack


def bigint(value: int) -> bytes:
    return _int64(8, value)


def integer(value: int) -> bytes:
    return _int32(4, value)


def smallint(value: int | None) -> bytes:
    return NULL if value is None else _int16(2, value)


def varying(value: str | None) -> bytes:
    """A field of type text."""
    return NULL if value is None else blob(value.encode())


def blob(value: bytes) -> bytes:
    """A field of type bytea."""
    return _length(len(value)) + value


def jsonb(content: bytes) -> bytes:
    """A field of type jsonb, from JSON text in UTF-8."""
    return _length(len(content) + 1) + JSONB_VERSION + content


def texts(values: Sequence[str]) -> bytes:
    """A field of type text[]."""
    if not values:
        return _EMPTY_ARRAY(12, 0, 0, TEXT_OID)
    items = b"".join(map(varying, values))
    return _array_head(20 + len(items), 1, 0, TEXT_OID, len(values), 1) + items


def bigints(values: Sequence[int]) -> bytes:
    """A field of type bigint[]."""
    if not values:
        return _EMPTY_ARRAY(12, 0, 0, BIGINT_OID)
    count = len(values)
    sized = [8] * (2 * count)
    sized[1::2] = values
    return _array_head(20 + 12 * count, 1, 0, BIGINT_OID, count, 1) + pack(">" + "iq" * count, *sized)


def row_of(*fields: bytes) -> bytes:
    """A row of these fields."""
    return head_of_row(len(fields)) + b"".join(fields)


def head_of_row(fields: int) -> bytes:
    """What stands before the fields of a row: how many they are."""
    return _int16_alone(fields)


def copy_encoded(connection: Connection, table_name: str, columns: Sequence[str], rows: Iterable[bytes]) -> None:
    """Writes rows made by `row_of`, whose fields must have the types of these columns in their order."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    with driver.cursor().copy(f"COPY {table_name} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(HEAD)
        copy.write(b"".join(rows))
        copy.write(END)
