"""What finds a person again: the facts of a record, a reading or a dossier that a hit shows and hits are ordered by.

`tokens_of` gives the texts that the vault turns into blind tokens: whole folded names, names with a year, ordered pairs
of the syllables of a name, syllables with a year, places and numbers. A token is as selective as it can be, so that few
records share one. `schemas.search_query` makes the tokens of the other side.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache
from itertools import combinations

from pydantic_core import to_json

from schemas.dates import PartialDate
from schemas.dossier import Dossier
from schemas.person import Address
from schemas.places.names import IDLE_WORDS, SPELLINGS, bare, place_key
from schemas.places.table import table, units_of
from schemas.register_columns import ValueKind, columns_of
from schemas.source import Book
from schemas.syllables import known_syllables, without_a_letter
from schemas.text import search_fold

LONGEST_PLACE = 5
"""Words of the longest name of a place that is looked for in a text."""
MOST_SYLLABLES = 8
"""Of a name; what a machine read beyond them is no name."""
MOST_UNKNOWN = 2
"""A name with more syllables than these outside the spelling rules is found by its other syllables alone."""
WITHIN_A_CYCLE = 29
"""A year of the cycle of sixty is unknown when it is farther from its book: two years are as near then."""
_YEAR = re.compile(r"(?<!\d)(?:18|19|20)\d\d(?!\d)")
_KINDS_OF_UNITS = (
    r"\b(?:tỉnh|thành phố|tp|thị xã|tx|quận|huyện|phường|xã|thị trấn|tt|đặc khu)"
    r"(?=\.? )"  # not in `Tân Xã, huyện ...`
)
_PLACE_BREAK = re.compile(rf"[,;\n()/]|{_KINDS_OF_UNITS}", re.IGNORECASE)
_HAMLET = re.compile(
    rf"\b(?:thôn|xóm|ấp|khóm|đội|tổ(?= \d)|số(?= \d))\b[^,;\n]*?(?=[,;\n]|$|{_KINDS_OF_UNITS})", re.IGNORECASE
)
"""`bản` and `làng` are left out: communes are named Bản Phùng, Làng Giàng."""
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"[0-9a-z]+")


class NameRole(StrEnum):
    """Who a name belongs to."""

    SUBJECT = "subject"  # whose birth, death, marriage, ... it is; husband and wife both
    MOTHER = "mother"
    FATHER = "father"
    PARENT = "parent"  # father or mother, the record does not say which by its columns


ROLE_COLUMNS: Mapping[str, NameRole] = {
    "nksHoTen": NameRole.SUBJECT,
    "nktHoTen": NameRole.SUBJECT,
    "chongHoTen": NameRole.SUBJECT,
    "voHoTen": NameRole.SUBJECT,
    "ncHoTen": NameRole.SUBJECT,
    "nxnHoTen": NameRole.SUBJECT,
    "meHoTen": NameRole.MOTHER,
    "chaHoTen": NameRole.FATHER,
    "cmHoTen": NameRole.PARENT,
}
"""Who signed, who wrote and who applied is nobody whom a search is for."""
BIRTH_COLUMNS = frozenset({"nksNgaySinh", "nktNgaySinh", "chongNgaySinh", "voNgaySinh", "ncNgaySinh", "nxnNgaySinh"})
EVENT_COLUMNS = ("nktNgayChet", "ngayDangKy")
"""The day of the event comes before the day on which it was registered."""
NUMBER_COLUMNS = frozenset({"so", "gbtSo", "quyetDinhSo"})


@dataclass(frozen=True, slots=True)
class SearchFacts:
    """What a hit shows. `names`: role and name as written. `years`: of birth of the subjects, then of the event and of
    its registration, which may have been late.
    `born`, `happened`: days as written. `places`: as written. `commune_codes`: where the record gives codes, those of
    its time. `book`: its label (`KS 01/1962`), empty for a dossier. `code`: of a dossier, as its portal gives it."""

    names: tuple[tuple[str, str], ...] = field(repr=False)
    years: tuple[int, ...] = ()
    born: str = field(default="", repr=False)
    happened: str = ""
    places: tuple[str, ...] = field(default=(), repr=False)
    commune_codes: tuple[str, ...] = ()
    numbers: tuple[str, ...] = field(default=(), repr=False)
    book: str = ""
    code: str = ""

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(name for role, name in self.names if role == NameRole.SUBJECT)

    @property
    def relatives(self) -> tuple[str, ...]:
        return tuple(name for role, name in self.names if role != NameRole.SUBJECT)

    def to_bytes(self) -> bytes:
        """As it is sealed: a JSON list of the fields in their order."""
        content = (
            self.names,
            self.years,
            self.born,
            self.happened,
            self.places,
            self.commune_codes,
            self.numbers,
            self.book,
            self.code,
        )
        return to_json(content)  # a third of the time of `json`

    @classmethod
    def from_bytes(cls, content: bytes) -> "SearchFacts":
        names, years, born, happened, places, codes, numbers, book, code = json.loads(content)
        return cls(
            tuple(map(tuple, names)),
            tuple(years),
            born,
            happened,
            tuple(places),
            tuple(codes),
            tuple(numbers),
            book,
            code,
        )


def facts_of_values(book_kind: str, values: Mapping[str, str], book: Book | None = None) -> SearchFacts:
    """The facts of a row of the ministry's columns. `values`: the texts by column, without those that are blank or
    illegible; `book`: the book it stands in, when it is known. Raises KeyError for another kind of book."""
    plan = _plan_of_row(book_kind, tuple(values))
    book_year = book.opened_year if book else None
    names = [(role, name) for column, role in plan.names if (name := values.get(column))]
    births = [text for column in plan.births if (text := values.get(column))]
    events = [text for column in plan.events if (text := values.get(column))]
    years = _years((*births, *events), book_year) or ((book_year,) if book_year else ())
    places = [text for column in plan.places if (text := values.get(column))]
    if book and book.place_as_written:
        places.append(book.place_as_written)
    return SearchFacts(
        names=tuple(names),
        years=years,
        born=births[0] if births else "",
        happened=events[0] if events else "",
        places=tuple(dict.fromkeys(places)),
        commune_codes=tuple(code for column in plan.codes if (code := values.get(column))),
        numbers=tuple(number for column in plan.numbers if (number := values.get(column))),
        book=f"{book_kind} {book.book_code if book else values.get('quyenSo', '')}".strip(),
    )


@dataclass(frozen=True)
class _ColumnPlan:
    """The columns of a kind of book that are searched, by what they hold."""

    names: tuple[tuple[str, NameRole], ...]
    births: tuple[str, ...]
    events: tuple[str, ...]
    places: tuple[str, ...]
    codes: tuple[str, ...]
    numbers: tuple[str, ...]


@cache
def _plan(book_kind: str) -> _ColumnPlan:
    columns = columns_of(book_kind)
    return _ColumnPlan(
        names=tuple((name, ROLE_COLUMNS[name]) for name in columns if name in ROLE_COLUMNS),
        births=tuple(name for name in columns if name in BIRTH_COLUMNS),
        events=tuple(name for name in EVENT_COLUMNS if name in columns),
        places=tuple(name for name, column in columns.items() if column.value_kind == ValueKind.PLACE),
        codes=tuple(name for name in columns if name.endswith("DVHC")),
        numbers=tuple(name for name in columns if name in NUMBER_COLUMNS or name.endswith("SoGiayToTuyThan")),
    )


@lru_cache(maxsize=1024)
def _plan_of_row(book_kind: str, columns: tuple[str, ...]) -> _ColumnPlan:
    """The plan without the columns that a row has not: most rows of a file have the same few, of dozens."""
    plan, given = _plan(book_kind), set(columns)
    return _ColumnPlan(
        names=tuple((column, role) for column, role in plan.names if column in given),
        births=tuple(filter(given.__contains__, plan.births)),
        events=tuple(filter(given.__contains__, plan.events)),
        places=tuple(filter(given.__contains__, plan.places)),
        codes=tuple(filter(given.__contains__, plan.codes)),
        numbers=tuple(filter(given.__contains__, plan.numbers)),
    )


def _years(texts: Iterable[str], book_year: int | None) -> tuple[int, ...]:
    """The distinct years that these days name, in their order."""
    return tuple(dict.fromkeys(year for text in texts if (year := year_of(text, book_year))))


@lru_cache(maxsize=65_536)
def year_of(text: str, book_year: int | None = None) -> int | None:
    """The year of a day as written; for a lunar day without a number, by the year of its book. None when it names
    none."""
    if found := _YEAR.search(text):
        return int(found.group())
    if book_year is None or "năm" not in text.casefold():
        return None
    lunar = PartialDate.read_lunar(text)
    return lunar.settle(book_year, within_years=WITHIN_A_CYCLE).year if lunar else None


def facts_of_dossier(dossier: Dossier) -> SearchFacts:
    """The facts of a dossier: its subjects, their parents, days, places and numbers."""
    case = dossier.case
    subjects = case.subjects()
    names = [(NameRole.SUBJECT, person.full_name) for person in subjects.values()]
    names += [
        (NameRole(role), person.full_name)
        for role, person in case.persons().items()
        if role in (NameRole.MOTHER, NameRole.FATHER)
    ]
    births = [person.born_on for person in subjects.values() if person.born_on]
    days = [*births, *([case.happened_on] if case.happened_on else [])]
    addresses = [place for place in case.places().values() if isinstance(place, Address)]
    numbers = [person.personal_id for person in case.persons().values() if person.personal_id]
    return SearchFacts(
        names=tuple(names),
        years=tuple(dict.fromkeys(day.year for day in days if day.year)) or (dossier.event_on.year,),
        born=births[0].as_written if births else "",
        happened=case.happened_on.as_written if case.happened_on else "",
        places=tuple(dict.fromkeys(filter(None, map(_address_text, addresses)))),
        commune_codes=tuple(dict.fromkeys(place.commune_code for place in addresses if place.commune_code)),
        numbers=tuple(dict.fromkeys(numbers)),
        book=f"{dossier.book.book_kind} {dossier.book.book_code}" if dossier.book else "",
        code=dossier.dossier_code,
    )


def _address_text(address: Address) -> str:
    """The address in words: its own, then the names of its commune and province. A code that two units held in turn
    gives both names, because either may be what somebody searches for."""
    units = [unit.name_vi for code in (address.commune_code, address.province_code) if code for unit in units_of(code)]
    return ", ".join(filter(None, dict.fromkeys([address.detail, *units])))


# Tokens: what equal texts of both sides are digested from.


def tokens_of(facts: SearchFacts) -> list[str]:
    """The texts of the blind tokens of these facts, each once."""
    tokens: list[str] = []
    for role, name in facts.names:
        if syllables := folded_name(name):
            if role == NameRole.SUBJECT:
                tokens += _name_tokens(syllables, facts.years)
            else:
                tokens.append("r|" + " ".join(syllables))
    tokens += ["y|" + str(year) for year in facts.years]
    for place in facts.places:
        tokens += place_tokens(place)
    for code in facts.commune_codes:
        tokens += _code_tokens(code)
    tokens += ["#|" + folded_number(number) for number in facts.numbers]
    return list(dict.fromkeys(tokens))


def folded_name(name: str) -> tuple[str, ...]:
    """The folded syllables of a name."""
    return tuple(syllable for word in name.split() for syllable in _fold(word))[:MOST_SYLLABLES]


@lru_cache(maxsize=65_536)
def _fold(word: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(search_fold(word)))


def folded_number(number: str) -> str:
    """Letters and digits alone, without leading zeros of its parts: `No 034/TS` and `34/ts` differ only by `no`."""
    return "/".join(part.lstrip("0") or part for part in _NUMBER.findall(search_fold(number)))


def _name_tokens(syllables: tuple[str, ...], years: tuple[int, ...]) -> list[str]:
    whole = "n|" + " ".join(syllables)
    alone = ["s|" + syllable for syllable in syllables]
    tokens = [whole, *alone]
    for year in map(str, years):
        tokens.append(f"{whole}|{year}")
        tokens += [f"{token}|{year}" for token in alone]
    tokens += [f"2|{first} {second}" for first, second in combinations(syllables, 2)]
    unknown = [at for at, syllable in enumerate(syllables) if syllable not in known_syllables()]
    if 0 < len(unknown) <= MOST_UNKNOWN:
        for at in unknown:
            tokens += lacking_tokens(syllables, at)
    return tokens


def lacking_tokens(syllables: tuple[str, ...], at: int) -> list[str]:
    """The name with one letter left out of one syllable, in each way. A record has them for a syllable that spelling
    rules do not know, because no search could expand to it."""
    before, after = syllables[:at], syllables[at + 1 :]
    return [f"-|{' '.join((*before, shorter, *after))}" for shorter in without_a_letter(syllables[at])]


@lru_cache(maxsize=65_536)
def place_tokens(text: str) -> tuple[str, ...]:
    """A token for each name of a unit, of any time, that stands in a text; longer names hide the shorter in them."""
    return tuple(f"p|{name}" for name in place_names(text))


def place_names(text: str) -> list[str]:
    """The keys of the names of units in a text (`schemas.places.names.place_key`)."""
    return list(dict.fromkeys(name for part in place_parts(text) for name in _names_in(part)))


def place_parts(text: str) -> list[list[str]]:
    """The keys of the words between commas and the words for kinds of units (`xã`, `huyện`), without hamlets."""
    named = _PLACE_BREAK.split(_HAMLET.sub("", text))
    parts = ([key for word in _WORD.findall(part) if (key := place_key(word))] for part in named)
    return [part for words in parts if (part := [word for word in words if word not in IDLE_WORDS])]


def _names_in(words: list[str]) -> Iterator[str]:
    at = 0
    while at < len(words):
        for end in range(min(at + LONGEST_PLACE, len(words)), at, -1):
            key = " ".join(words[at:end])
            if (name := SPELLINGS.get(key, key)) in table().by_name:
                yield name
                at = end
                break
        else:
            at += 1


@lru_cache(maxsize=16_384)
def _code_tokens(commune_code: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"p|{place_key(bare(unit.name_vi))}" for unit in units_of(commune_code)))
