"""From a keyed row of a register book, in the ministry's columns, to a dossier that takes the way of all dossiers.

Books of births, deaths and marriages have a case; the other kinds (CMC, HN) are kept, searched and handed over, and
have none. Every text stays as it was keyed. A place gets codes only where its name, with its kind and the unit above
it, is that of exactly one unit of its time; a lunar date gets its year only where the book's year leaves one.

Assumed: the names of the columns (see `schemas.register_columns`); codes as in the ministry's digitisation lists.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from connectors.portals.provinces import BOOKS
from schemas.cases import BirthCase, Case, DeathCase, MarriageCase, Spouse
from schemas.catalogues import rows as catalogue_rows
from schemas.dates import PartialDate
from schemas.dossier import Dossier, PortalStatus
from schemas.entry import Entry
from schemas.fields import PERSONAL_ID
from schemas.lunar import BRANCHES, SPELLINGS, STEMS
from schemas.person import Address, Applicant, IdPaper, Person, Sex
from schemas.places import (
    Commune,
    Loosened,
    ResolvedAddress,
    WholeUnit,
    commune_on,
    former_provinces,
    resolve_address,
)
from schemas.places.table import table
from schemas.register_columns import columns_of
from schemas.source import Book
from schemas.text import clean, tone_key

Values = Mapping[str, str]
"""A row: texts by the ministry's column; a column that is empty may be missing."""

SEXES = {"1": Sex.MALE, "2": Sex.FEMALE, "3": Sex.UNDETERMINED, "nam": Sex.MALE, "nữ": Sex.FEMALE}
"""gioiTinh, and the two words that keyers write instead of the code."""
IDENTITY_CARD = "4"
BLANK_KIND = "0"
MISSING = frozenset({"", "null"})
"""The ministry's list of ethnic groups has the word `Null` for a group that is missing."""
LIFETIME_YEARS = 100

LUNAR_SIGNS = frozenset(
    tone_key(word) for word in (*STEMS, *BRANCHES, *SPELLINGS, "âm", "âl", "al", "nhuận", "rằm", "mùng", "mồng", "chạp")
) - {"nam"}
"""Words that only a date of the lunar calendar has. Digits alone are solar: `22/8/1943` looks the same in both."""
_IN_WORDS = re.compile(r"(?:(?:ngày )?(\d{1,2}) )?(?:tháng (\d{1,2}) )năm (\d{4})|năm (\d{4})")
_WORD = re.compile(r"[^\W\d_]+")
_SURE = frozenset({Loosened.BEFORE_THE_TABLE})
"""What may be loose about a name that is certain: the table knows the old units as they were at their end."""


class NoCaseKind(ValueError):
    """A book of this kind (CMC, HN) has no kind of case: its rows are kept, searched and handed over, not sent."""


def dossier_of_row(values: Values, book: Book, record_code: str, keyed_at: datetime) -> Dossier:
    """The dossier of a row. Raises NoCaseKind for a book whose kind has no case.

    `record_code` becomes the dossier's code; `keyed_at` is when it was keyed.
    """
    read = CASES.get(book.book_kind)
    if read is None:
        raise NoCaseKind(book.book_kind)
    return Dossier.of_typed(
        {
            "portal_code": BOOKS,
            "dossier_code": record_code,
            "procedure_as_written": book.book_kind,
            "procedure_code": book.book_kind,
            "status": int(PortalStatus.RECEIVED),
            "received_at": keyed_at,
            "updated_at": keyed_at,
            "commune_code": book.place_code,
            "applicant": _applicant(values, book),
            "book": book,
            "book_entry": entry_of_row(values, book),
            "case": read(values, book),
        }
    )


def has_case(book_kind: str) -> bool:
    """Whether the rows of a book of this kind become dossiers."""
    return book_kind in CASES


def entry_of_row(values: Values, book: Book) -> Entry:
    """The entry in the book, as certified copies cite it."""
    entered_on = read_date(values.get("ngayDangKy", ""), book)
    return Entry.of_typed(
        {
            "registry_code": "civil_status",
            "number": values.get("so", ""),
            "book_code": values.get("quyenSo") or book.book_code,
            "page_number": values.get("trangSo") or None,
            "place_code": book.place_code,
            "entered_on": entered_on.earliest if entered_on and entered_on.precision == "day" else None,
        }
    )


def missing_columns(values: Values, book_kind: str) -> list[str]:
    """The columns without which a row is no entry, and which it leaves empty."""
    return [column for column in _required(book_kind) if not values.get(column)]


def unlisted_codes(values: Values, book_kind: str) -> list[str]:
    """The columns for a sex whose code is in no list: the case has no place for it, so a person must see it."""
    return [column for column in _sex_columns(book_kind) if _is_unlisted(values.get(column, ""))]


def _is_unlisted(code: str) -> bool:
    return clean(code).lower() not in SEXES and clean(code).lower() not in {"", "0"}


@lru_cache(maxsize=8)
def _required(book_kind: str) -> tuple[str, ...]:
    return tuple(name for name, column in columns_of(book_kind).items() if column.is_required)


@lru_cache(maxsize=8)
def _sex_columns(book_kind: str) -> tuple[str, ...]:
    return tuple(name for name in columns_of(book_kind) if name.endswith("GioiTinh"))


# Dates


def read_date(text: str, book: Book, within_years: int = 1) -> PartialDate | None:
    """A date as it was keyed, with a lunar year that the year of the book settles. None for empty text.

    `within_years`: how long before the book was opened the day may lie.
    """
    return _date(text, book.opened_year, book.place_code, within_years) if text else None


@lru_cache(maxsize=65_536)
def _date(text: str, opened_year: int, place_code: str | None, within_years: int) -> PartialDate | None:
    for separator in ".", "/", "-":
        read = PartialDate.read_dotted(text, separator)
        if read is None or read.year is not None:
            return read
    words = clean(text).lower()
    if LUNAR_SIGNS.intersection(map(tone_key, _WORD.findall(words))):
        lunar = PartialDate.read_lunar(text, _province_then(place_code, opened_year))
        return lunar.settle(opened_year, within_years) if lunar else None
    if solar := _IN_WORDS.fullmatch(words):
        day, month, year, alone = solar.groups()
        return PartialDate.of(int(year or alone), _number(month), _number(day), text)
    return PartialDate(as_written=text)


def _number(digits: str | None) -> int | None:
    return int(digits) if digits else None


@lru_cache(maxsize=4096)
def _province_then(place_code: str | None, year: int) -> str | None:
    commune = commune_on(place_code, date(year, 1, 1)) if place_code else None
    return commune.province_code if commune else None


# Places


def read_place(text: str, on: date) -> Address | None:
    """A place as it was written, with the codes of its time where they are certain. None for empty text."""
    return _address(text, _era_of(on)) if text else None


@lru_cache(maxsize=8_192)
def _era_of(on: date) -> date:
    """The first day of the time in which units and names were as on this day."""
    days = _changes()
    return days[bisect_right(days, on) - 1]


@lru_cache(maxsize=1)
def _changes() -> Sequence[date]:
    """The days on which a unit or the name of a former province began or ended."""
    rows = chain.from_iterable((*table().by_code.values(), *former_provinces().values()))
    return sorted({date.min, *(day for row in rows for day in (row.valid_from, row.valid_until))})


@lru_cache(maxsize=65_536)
def _address(text: str, on: date) -> Address:
    commune = unit_named(text, on)
    if commune is None:
        return Address(detail=text)
    return Address(
        province_code=commune.province_code,
        district_code=commune.district_code,
        commune_code=commune.commune_code,
        detail=text,
    )


def unit_named(text: str, on: date) -> Commune | None:
    """The commune that a text names on a day; None unless exactly one is meant, by its full name."""
    resolved = resolve_address(text, on)
    if not isinstance(resolved, ResolvedAddress) or not isinstance(resolved.translated, WholeUnit):
        return None
    if not isinstance(resolved.unit, Commune) or not _SURE.issuperset(resolved.loosened):
        return None
    return resolved.unit


# Persons


class _PersonColumns(NamedTuple):
    """The columns of a person, by what they hold."""

    full_name: str
    sex: str
    born_on: str
    paper_number: str
    paper_kind: str
    paper_issued_on: str
    paper_issued_by: str
    ethnic_group: str
    nationality: str
    residence_kind: str
    residence: str
    home_place: str


_OF_PERSON = (
    "HoTen GioiTinh NgaySinh SoGiayToTuyThan LoaiGiayToTuyThan NgayCapGiayToTuyThan NoiCapGiayToTuyThan DanToc QuocTich"
    " LoaiCuTru NoiCuTru QueQuan"
).split()
_PERSONS = {
    prefix: _PersonColumns(*(prefix + name for name in _OF_PERSON))
    for prefix in ("nks", "me", "cha", "nkt", "chong", "vo", "nyc")
}


def _person(values: Values, prefix: str, book: Book, on: date, within_years: int = LIFETIME_YEARS) -> dict[str, Any]:
    """The fields of a person whose columns begin with `prefix`."""
    columns, written = _PERSONS[prefix], values.get
    full_name, sex, born_on, paper_number, paper_kind, _, _, ethnic_group, nation, kind, residence, home = columns
    number = written(paper_number)
    is_personal = number and PERSONAL_ID.fullmatch(number) and written(paper_kind, "") in ("", IDENTITY_CARD)
    return {
        "full_name": written(full_name, ""),
        "sex": SEXES.get(text.lower()) if (text := written(sex)) else None,
        "born_on": read_date(text, book, within_years) if (text := written(born_on)) else None,
        "personal_id": number if is_personal else None,
        "id_paper": _id_paper(values, columns, book) if number else None,
        "ethnic_group": _unless_missing(text) if (text := written(ethnic_group)) else None,
        "nationality_code": nationality(text) if (text := written(nation)) else None,
        "residence_kind": written(kind) or None,
        "residence": read_place(text, on) if (text := written(residence)) else None,
        "home_place": read_place(text, on) if (text := written(home)) else None,
    }


def _id_paper(values: Values, columns: _PersonColumns, book: Book) -> IdPaper:
    return IdPaper.of_typed(
        {
            "kind_code": values.get(columns.paper_kind) or BLANK_KIND,
            "number": values[columns.paper_number],
            "issued_on": read_date(values.get(columns.paper_issued_on, ""), book, LIFETIME_YEARS),
            "issued_by": values.get(columns.paper_issued_by, ""),
        }
    )


def _unless_missing(text: str) -> str | None:
    return None if text.strip().lower() in MISSING else text


@lru_cache(maxsize=4096)
def nationality(as_written: str) -> str | None:
    """The ISO code of a nationality written by its name or its code; another text stays, and a check holds it."""
    if not (text := _unless_missing(as_written)):
        return None
    return _nationalities().get(tone_key(clean(text)), text)


@lru_cache(maxsize=1)
def _nationalities() -> Mapping[str, str]:
    listed = [row for row in catalogue_rows() if row.catalogue == "nationality"]
    return {tone_key(name): row.value for row in listed for name in (row.value, row.title_vi) if name}


def _applicant(values: Values, book: Book) -> Applicant | None:
    if not values.get("nycHoTen"):
        return None
    on = date(book.opened_year, 1, 1)
    return Applicant.of_typed(_person(values, "nyc", book, on) | {"relation": values.get("nycQuanHe") or None})


def _parent(values: Values, prefix: str, book: Book, on: date, sex: Sex) -> Person | None:
    if not values.get(f"{prefix}HoTen"):
        return None
    return Person.of_typed(_person(values, prefix, book, on) | {"sex": sex})


# Cases


def _birth(values: Values, book: Book) -> BirthCase:
    born_on = read_date(values.get("nksNgaySinh", ""), book, LIFETIME_YEARS if _is_late(values) else 1)
    on = _day_of(born_on, book)
    child = Person.of_typed(_person(values, "nks", book, on) | {"born_on": born_on})
    return BirthCase.of_typed(
        {
            "child": child,
            "birth_place": read_place(values.get("nksNoiSinh", ""), on),
            "birth_kind": values.get("nksLoaiKhaiSinh") or None,
            "registration_kind": values.get("loaiDangKy") or BLANK_KIND,
            "mother": _parent(values, "me", book, on, Sex.FEMALE),
            "father": _parent(values, "cha", book, on, Sex.MALE),
        }
    )


def _is_late(values: Values) -> bool:
    """Whether the entry says that the birth may have been long before: registered again (2) or late (4)."""
    return values.get("loaiDangKy") in ("2", "4")


def _death(values: Values, book: Book) -> DeathCase:
    died_on = read_date(values.get("nktNgayChet", ""), book)
    on = _day_of(died_on, book)
    return DeathCase.of_typed(
        {
            "deceased": Person.of_typed(_person(values, "nkt", book, on)),
            "died_on": died_on,
            "died_at_time": values.get("nktGioPhutChet") or None,
            "place": values.get("nktNoiChet", ""),
            "cause": values.get("nktNguyenNhanChet", ""),
            "notice_kind": values.get("gbtLoai") or None,
            "notice_code": values.get("gbtSo") or None,
            "notice_on": read_date(values.get("gbtNgay", ""), book),
            "notice_by": values.get("gbtCoQuanCap", ""),
        }
    )


def _marriage(values: Values, book: Book) -> MarriageCase:
    on = _day_of(read_date(values.get("ngayDangKy", ""), book), book)
    return MarriageCase.of_typed(
        {
            "husband": Spouse.of_typed(_person(values, "chong", book, on) | {"sex": Sex.MALE}),
            "wife": Spouse.of_typed(_person(values, "vo", book, on) | {"sex": Sex.FEMALE}),
            "registration_kind": values.get("loaiDangKy") or BLANK_KIND,
        }
    )


def _day_of(happened_on: PartialDate | None, book: Book) -> date:
    return (happened_on and happened_on.earliest) or date(book.opened_year, 1, 1)


CASES: Mapping[str, Callable[[Values, Book], Case]] = {"KS": _birth, "KT": _death, "KH": _marriage}
"""The kinds of books whose rows have a case."""
