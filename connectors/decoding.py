"""Documents from outside, read by tables: what each field is called there, what it is here, and how it is read.

Every field of a document is used, ignored by name, or signalled: an unknown name raises DecodeError. Values stay as
written. Messages name the field and what was expected, never the value.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from lxml import etree
from pydantic import BaseModel, ValidationError

from connectors.errors import Unrecognised
from schemas.text import clean

Reader = Callable[[Any, str], Any]
"""Reads the content at a place of a document; the second argument names that place. None: nothing was given."""
M = TypeVar("M", bound=BaseModel)

_NAME = re.compile(r"[A-Za-z_][\w.-]{0,60}")
_GAP = re.compile(r"[ \t\n\r]*")
_MARK = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_DEEPER = {"{": 1, "[": 1, "}": -1, "]": -1}
_DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,10})?")
LONGEST_CODE = 200
"""In characters. Codes are stored in columns and searched for; no code that is issued has even forty."""


class DecodeError(Unrecognised):
    """A document's `field` is not what it should be."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(f"{field}: {what}")
        self.field, self.what = field, what

    def under(self, place: str) -> "DecodeError":
        """This error with its place named from further up: a reader knows only the place that it reads."""
        return DecodeError(f"{place}.{self.field}", self.what)


@dataclass(frozen=True)
class Decoder:
    """A JSON object: name there -> (path here, reader); dots in the path make nested objects here. A part in which
    nothing was given is not given."""

    fields: Mapping[str, tuple[str, Reader]]
    ignored: frozenset[str] = frozenset()

    def __call__(self, content: Any, place: str) -> dict[str, Any]:
        if not isinstance(content, dict):
            raise DecodeError(place, f"expected an object, got {type(content).__name__}")
        fields, ours = self.fields, dict[str, Any]()
        try:
            for name, value in content.items():
                if name not in fields:
                    if name not in self.ignored:
                        raise DecodeError(_safe(name), "unknown field")
                elif value is not None:
                    path, read = fields[name]
                    if read is text and type(value) is str and value.isascii():  # most values: no call is needed
                        decoded = value
                    elif (decoded := read(value, name)) is None or decoded == {}:
                        continue
                    if "." in path:
                        _put(ours, path, decoded)
                    else:
                        ours[path] = decoded
        except DecodeError as error:
            raise error.under(place) from None
        return ours


@dataclass(frozen=True)
class XmlDecoder:
    """An XML element: child's name -> (path here, reader). Each child comes at most once; an empty one gives nothing.

    Raises DecodeError for a second child of a name, for attributes, and for text between the children.
    """

    fields: Mapping[str, tuple[str, Reader]]
    ignored: frozenset[str] = frozenset()

    def __call__(self, parent: etree._Element, place: str) -> dict[str, Any]:
        if parent.attrib or (parent.text or "").strip():
            raise DecodeError(place, "expected child elements only")
        ours: dict[str, Any] = {}
        met: set[str] = set()
        try:
            for child in parent:
                name = str(child.tag)
                if name in met or (child.tail or "").strip():
                    raise DecodeError(_safe(name), "given twice, or followed by text")
                met.add(name)
                if name in self.fields:
                    path, read = self.fields[name]
                    if (decoded := read(child, name)) is not None and decoded != {}:
                        _put(ours, path, decoded)
                elif name not in self.ignored:
                    raise DecodeError(_safe(name), "unknown element")
        except DecodeError as error:
            raise error.under(place) from None
        return ours


def _put(ours: dict[str, Any], path: str, value: Any) -> None:
    *above, last = path.split(".")
    for part in above:
        ours = ours.setdefault(part, {})
    ours[last] = value


def _safe(name: str) -> str:
    """A name from outside, as it may be logged: `?` for anything that is not a plain name."""
    return name if _NAME.fullmatch(name) else "?"


def text(content: Any, place: str) -> str:
    if not isinstance(content, str):
        raise DecodeError(place, f"expected text, got {type(content).__name__}")
    if not content.isascii() and not content.isprintable():  # half a pair is never printable
        try:
            content.encode()
        except UnicodeEncodeError:
            raise DecodeError(place, "expected text, got half a surrogate pair") from None
    return content


def code(content: Any, place: str) -> str:
    """Text that is also stored in a column: without NUL, at most LONGEST_CODE characters."""
    written = text(content, place)
    if "\x00" in written or len(written) > LONGEST_CODE:
        raise DecodeError(place, "expected a code, got what no code has")
    return written


def code_of(item: Any, name: str) -> str:
    """The code under a name of a list's item; empty when there is none that could be one."""
    try:
        return code(item[name], name) if isinstance(item, dict) and name in item else ""
    except DecodeError:
        return ""


def whole(content: Any, place: str) -> int:
    """An integer of at most 32 bits."""
    if isinstance(content, bool) or not isinstance(content, int) or abs(content) >= 2**31:
        raise DecodeError(place, f"expected a whole number, got {type(content).__name__}")
    return content


def status(content: Any, place: str) -> int:
    """A status number, also one that its list does not have: a check finds that."""
    if not 0 <= whole(content, place) < 1000:
        raise DecodeError(place, "expected a status number")
    return int(content)


def of_our_age(instant: datetime, place: str) -> datetime:
    """The instant, when it lies between 1800 and 2200: other years overflow when their zone changes."""
    if not 1800 <= instant.year <= 2200:
        raise DecodeError(place, "expected a time between 1800 and 2200")
    return instant


def digits(content: Any, place: str) -> int | None:
    """A whole number written as text; None for a blank."""
    written = text(content, place).strip()
    if written and not re.fullmatch(r"[0-9]{1,9}", written):
        raise DecodeError(place, "expected digits")
    return int(written) if written else None


def flag(content: Any, place: str) -> bool:
    if not isinstance(content, bool):
        raise DecodeError(place, f"expected true or false, got {type(content).__name__}")
    return content


def decimal(content: Any, place: str) -> Decimal | None:
    """A number with a decimal point, as text, so that its scale stays; None for a blank."""
    written = text(content, place).strip()
    if written and not _DECIMAL.fullmatch(written):
        raise DecodeError(place, "expected a decimal number")
    try:
        return Decimal(written) if written else None
    except InvalidOperation:
        raise DecodeError(place, "expected a decimal number") from None


def among(table: Mapping[str, Any]) -> Reader:
    """A code of a list; None for a blank, DecodeError for a code that the list does not have."""

    def read(content: Any, place: str) -> Any:
        written = clean(text(content, place))
        if written and written not in table:
            raise DecodeError(place, f"expected one of {len(table)} known codes")
        return table[written] if written else None

    return read


def many(read: Reader) -> Reader:
    """A JSON list."""

    def read_all(content: Any, place: str) -> list[Any]:
        if not isinstance(content, list):
            raise DecodeError(place, f"expected a list, got {type(content).__name__}")
        return [read(item, f"{place}.{position}") for position, item in enumerate(content)]

    return read_all


def of(read: Reader) -> Reader:
    """An XML element that holds text only."""
    return lambda element, place: read(leaf(element, place), place)


def leaf(element: etree._Element, place: str, attributes: frozenset[str] = frozenset()) -> str:
    """The text of an element without children; it may have these attributes and no others."""
    if len(element) or not attributes.issuperset(str(name) for name in element.attrib):
        raise DecodeError(place, "expected text only")
    return element.text or ""


def made(model: type[M], ours: Mapping[str, Any], place: str) -> M:
    """The model of what was read; DecodeError names the first field that is missing or wrong."""
    try:
        return model.model_validate(ours)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise DecodeError(".".join((place, *map(str, first["loc"]))), first["type"]) from None


class Decoded(bytes):
    """An item's bytes as they came, and beside them what they decode to, until `parsed` takes it."""

    content: Any = None


def parsed(body: bytes, place: str) -> Any:
    """JSON in UTF-8 in which no name stands twice in an object."""
    if isinstance(body, Decoded) and body.content is not None:
        content, body.content = body.content, None
        return content
    try:
        return _strictly.decode(body.decode().removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise DecodeError(place, f"expected JSON: {type(error).__name__}") from None


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a name twice in one object")
    return content


def _no_number(_: str) -> Any:
    raise ValueError("not a number")


_strictly = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)
_loosely = json.JSONDecoder(strict=False)


def items(body: bytes, list_name: str) -> tuple[dict[str, Any], list[tuple[Any, bytes]]]:
    """A JSON page without its list, and the list's items, each with the bytes it was written in.

    An item that is no JSON, or in a wrong encoding, harms no other item. `parsed` does not decode an item without a
    fault again. Raises Unrecognised when the page is no JSON object or has no such list.
    """
    try:
        around, rows = _walk(body.decode("utf-8", "surrogateescape").removeprefix("\ufeff"), list_name)
    except (ValueError, IndexError, RecursionError) as error:
        raise Unrecognised(f"expected a JSON page: {type(error).__name__}", body) from None
    if rows is None:
        raise Unrecognised(f"expected a page with a list {list_name}", body)
    return around, rows


def _walk(page: str, list_name: str) -> tuple[dict[str, Any], list[tuple[Any, bytes]] | None]:
    around: dict[str, Any] = {}
    rows: list[tuple[Any, bytes]] | None = None
    position = _past(page, 0, "{")
    while page[position] != "}":
        name, position = _loosely.raw_decode(page, position)
        if not isinstance(name, str) or name in around or (rows is not None and name == list_name):
            raise ValueError("expected a name, once")
        position = _past(page, position, ":")
        if name == list_name and page[position] == "[":
            rows, position = _elements(page, position)
        else:
            around[name], position = _loosely.raw_decode(page, position)
        position = _next(page, position, "}")
    if _skip(page, position + 1) != len(page):
        raise ValueError("something follows the page")
    return around, rows


def _elements(page: str, position: int) -> tuple[list[tuple[Any, bytes]], int]:
    rows = []
    position = _past(page, position, "[")
    while page[position] != "]":
        item, original, end = _element(page, position)
        rows.append((item, original))
        position = _next(page, end, "]")
    return rows, position + 1


def _element(page: str, position: int) -> tuple[Any, bytes, int]:
    """An item, its bytes and where it ends."""
    try:
        item, end = _strictly.raw_decode(page, position)
        original = Decoded(page[position:end].encode())
    except (ValueError, RecursionError):
        item, end = _faulty_element(page, position)
        return item, page[position:end].encode("utf-8", "surrogateescape"), end
    original.content = item
    return item, original, end


def _faulty_element(page: str, position: int) -> tuple[Any, int]:
    """An item with a fault in it; one that is no JSON is None, and ends where its brackets are closed."""
    try:
        return _loosely.raw_decode(page, position)
    except (ValueError, RecursionError):
        return None, _closing(page, position)


def _closing(page: str, position: int) -> int:
    depth = 0
    for mark in _MARK.finditer(page, position):
        depth += _DEEPER.get(mark.group(), 0)
        if depth == 0 and page[position] in "{[":
            return mark.end()
        if depth <= 0:
            break
    raise ValueError("an item without an end")


def _next(page: str, position: int, end: str) -> int:
    """Where the next member begins, or where the closing mark is."""
    position = _skip(page, position)
    if page[position] == end:
        return position
    position = _past(page, position, ",")
    if page[position] == end:
        raise ValueError("a comma before the end")
    return position


def _past(page: str, position: int, mark: str) -> int:
    position = _skip(page, position)
    if page[position] != mark:
        raise ValueError(f"expected {mark}")
    return _skip(page, position + 1)


def _skip(page: str, position: int) -> int:
    gap = _GAP.match(page, position)
    return gap.end() if gap else position
