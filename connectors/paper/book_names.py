"""Which book a scan belongs to, read from the names of its folder and file, and from a `book.json` beside them.

Names that are understood: `KS.1998.01`, `KS-1998-01 xã Hạp Lĩnh, huyện Tiên Du` and, for a file, the ministry's rule
`KS.1998.01.1998-05-04.034.pdf` (kind, year opened, number, day of registration, number of the entry). That rule is
assumed: the ministry's guide itself (1437/BTP-CNTT) could not be read. What a name does not say is asked for, and is
never guessed.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import PurePosixPath
from typing import get_args

from schemas.register_columns import BookKind
from schemas.source import Book

BOOK_FILE = "book.json"
CLUTTER = re.compile(r"(^|/)(\.(?!\.)[^/]*|__MACOSX|Thumbs\.db|desktop\.ini)(/|$)", re.IGNORECASE)
"""What file managers leave behind; it is no scan, and nobody misses it."""
KINDS = get_args(BookKind)
EARLIEST_YEAR, LATEST_YEAR = 1870, 2099
"""Years that a book may have been opened in. Assumed: wide enough for parish registers."""
_NAME = re.compile(
    rf"(?P<kind>{'|'.join(KINDS)})[ ._-]+(?P<year>\d{{4}})[ ._-]+(?P<number>\d{{1,4}}[A-Za-zĐđ]?)"
    r"(?![A-Za-z0-9Đđ])(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_PLACE = re.compile(r"[\s–-]*(?P<place>[^\W\d_].*)", re.DOTALL)
_ENTRY = re.compile(r"\.(\d{4}-\d{2}-\d{2})\.(?P<entry>\d{1,6})(?:\.\w+)?", re.ASCII)
_PAGE = re.compile(r"(?:^|[ ._-])(?:p|tr|trang|page)[ ._-]*(?P<page>\d{1,5})(?!\d)", re.IGNORECASE)
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class BookFacts:
    """What is known of a book. An empty field is not known yet. `place`: as it was called then."""

    kind: str = ""
    year: int | None = None
    number: str = ""
    place: str = ""

    @property
    def missing(self) -> list[str]:
        """The facts that have to be asked for."""
        return [fact.name for fact in fields(self) if getattr(self, fact.name) in ("", None)]

    def or_else(self, other: "BookFacts") -> "BookFacts":
        """These facts, and those of `other` where these say nothing."""
        found = {fact.name: getattr(self, fact.name) or getattr(other, fact.name) for fact in fields(self)}
        return BookFacts(**found)

    def may_be(self, other: "BookFacts") -> bool:
        """Whether both can be of one book: no fact contradicts another."""
        return all(
            not getattr(self, fact.name)
            or not getattr(other, fact.name)
            or _folded(getattr(self, fact.name)) == _folded(getattr(other, fact.name))
            for fact in fields(self)
        )

    def book(self) -> Book:
        """The book of complete facts. Raises ValueError when something is missing or no such book can be."""
        if self.missing:
            raise ValueError(f"not known of the book: {', '.join(self.missing)}")
        names = {"kind": "book_kind", "year": "opened_year", "number": "book_number", "place": "place_as_written"}
        return Book.model_validate({field: getattr(self, fact) for fact, field in names.items()})


def facts_of_name(name: str) -> BookFacts:
    """What a folder's or a file's name says of its book; nothing when it follows no rule."""
    stem = unicodedata.normalize("NFC", PurePosixPath(name.replace("\\", "/")).name).strip()
    found = _NAME.match(stem)
    if found is None or not EARLIEST_YEAR <= int(found["year"]) <= LATEST_YEAR:
        return BookFacts()
    place = _PLACE.fullmatch(found["rest"]) if found["rest"][:1].isspace() or found["rest"][:1] in "–-" else None
    is_page = _PAGE.match(found["rest"]) is not None
    written = "" if place is None or is_page else re.sub(r"\.\w{3,4}$", "", place["place"]).strip()
    return BookFacts(found["kind"].upper(), int(found["year"]), found["number"].upper(), written)


def facts_of_book_file(content: bytes) -> BookFacts:
    """What a `book.json` says: an object with `kind`, `year`, `number`, `place`. Raises ValueError for anything
    else."""
    try:
        written = json.loads(content)
    except ValueError:
        raise ValueError("is no JSON") from None
    names = {fact.name for fact in fields(BookFacts)}
    if not isinstance(written, dict) or written.keys() - names:
        raise ValueError(f"must be one object with {', '.join(sorted(names))}")
    return checked_facts(written)


def checked_facts(written: Mapping[str, object]) -> BookFacts:
    """Facts as a form, an option or a `book.json` gives them. Raises ValueError for a value that cannot be."""
    kind, number, place = (str(written.get(name) or "").strip() for name in ("kind", "number", "place"))
    if kind and kind.upper() not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    year = str(written.get("year") or "").strip()
    if year and not (year.isascii() and year.isdecimal() and EARLIEST_YEAR <= int(year) <= LATEST_YEAR):
        raise ValueError(f"year must be a year between {EARLIEST_YEAR} and {LATEST_YEAR}")
    place = " ".join(unicodedata.normalize("NFC", place).split())
    return BookFacts(kind.upper(), int(year) if year else None, number, place)


@dataclass(frozen=True)
class BookFiles:
    """Files that belong together. `names` are in the order of their numbers."""

    facts: BookFacts
    names: tuple[str, ...]


@dataclass(frozen=True)
class SortedFolder:
    """The books of one folder, and the files that belong to none of them."""

    books: tuple[BookFiles, ...]
    homeless: tuple[str, ...] = field(default=())


def book_facts(folder_name: str, names: Sequence[str], given: BookFacts | None = None) -> SortedFolder:
    """Tells the books of a folder apart.

    `given`: what a person or a `book.json` said; it counts for the folder's own book. A file whose name cites another
    book belongs to that one. A file whose name cites none belongs to the folder's book; when the folder itself is
    of no known book and its files cite more than one, it belongs to none, and is listed.
    """
    own = (given or BookFacts()).or_else(facts_of_name(folder_name))
    cited: dict[BookFacts, list[str]] = {}
    for name in names:
        cited.setdefault(facts_of_name(name), []).append(name)
    silent = cited.pop(BookFacts(), [])
    groups = _merged(cited, own)
    if own != BookFacts() or not groups:
        owner = next((facts for facts in groups if facts.may_be(own)), own)
        groups[owner] = [*groups.get(owner, []), *silent]
        silent = []
    books = [BookFiles(facts, tuple(sorted(files, key=natural_order))) for facts, files in groups.items() if files]
    return SortedFolder(tuple(sorted(books, key=lambda found: _order(found.facts))), tuple(sorted(silent)))


def _merged(cited: Mapping[BookFacts, list[str]], own: BookFacts) -> dict[BookFacts, list[str]]:
    """Names of one book, some with its place and some without, are one group; `own` adds what the folder knows."""
    groups: dict[BookFacts, list[str]] = {}
    for facts, files in cited.items():
        known = facts.or_else(own) if facts.may_be(own) else facts
        match = next((group for group in groups if group.may_be(known)), known)
        groups[replace(match, place=match.place or known.place)] = [*groups.pop(match, []), *files]
    return groups


def natural_order(name: str) -> tuple[list[object], str]:
    """Sorts `p2` before `p10`; names of equal numbers by their letters."""
    parts = _DIGITS.split(unicodedata.normalize("NFC", name).casefold())
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts], name


def entry_number_of(name: str) -> int | None:
    """The number of the entry in a name of the ministry's rule."""
    found = _NAME.match(PurePosixPath(name).name)
    entry = _ENTRY.fullmatch(found["rest"]) if found else None
    return int(entry["entry"]) if entry else None


def page_number_of(name: str) -> int | None:
    """The number that a name gives its page: `p012.jpg`, `KS.1998.01 trang 12.tif`."""
    found = _PAGE.search(PurePosixPath(name).stem)
    return int(found["page"]) if found else None


def gaps(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """The numbers that are missing between the first and the last: `[1, 2, 5]` -> `[(3, 4)]`."""
    ordered = sorted(set(numbers))
    return [(before + 1, after - 1) for before, after in zip(ordered, ordered[1:], strict=False) if after - before > 1]


def name_gaps(names: Iterable[str]) -> list[tuple[int, int]]:
    """The numbers of entries, or else of pages, that are missing between those in names of files."""
    known = list(names)
    entries = [number for name in known if (number := entry_number_of(name)) is not None]
    return gaps(entries or [number for name in known if (number := page_number_of(name)) is not None])


def _folded(value: object) -> str:
    """A number with and without its leading zeros is one number."""
    text = unicodedata.normalize("NFC", str(value)).casefold().strip()
    return text.lstrip("0") or text


def _order(facts: BookFacts) -> tuple[str, int, str, str]:
    return facts.kind, facts.year or 0, facts.number, facts.place
