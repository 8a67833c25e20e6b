"""From an address as people write it to the unit that it names on a day, or to candidates with the reason.

The written commune, district and province must fit each other. The reading that explains most of the words wins;
readings that explain equally many are candidates. A name of another time is looked up as the unit of that time, and the
unit is translated to the day (a split stays a set). An old commune that shares its name with another one of its
province needs its district.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import chain

from schemas.fields import Model, field
from schemas.places.crosswalk import DecidedUnit, Evidence, PlaceSubject, UnitSet, UnknownUnit, WholeUnit, crosswalk
from schemas.places.former import FormerProvince
from schemas.places.mentions import AddressWord, Mentions, UnitLevel, is_commune_kind, level_of, mentions_of, words_of
from schemas.places.names import IDLE_AS_WRITTEN, IDLE_WORDS, kind_of
from schemas.places.readings import AddressReading, best_readings
from schemas.places.table import table
from schemas.places.units import KNOWN_FROM, Commune, Unit
from schemas.text import compose, tone_key


class AddressParts(Model):
    """An address in the fields of a form, each as written."""

    detail: str | None = field("số nhà, thôn, tổ dân phố", "Thôn 3")
    commune: str | None = field("xã, phường", "Xã Tân Lập")
    district: str | None = field("huyện, quận (trước 01/7/2025)", "Huyện Đan Phượng")
    province: str | None = field("tỉnh, thành phố", "Hà Nội")


class AddressDoubt(StrEnum):
    """The reason why an address does not name exactly one unit."""

    NOTHING_FOUND = "nothing_found"
    HOMONYM = "homonym"
    TWO_READINGS = "two_readings"
    SPLIT = "split"
    MERGED = "merged"
    ABOLISHED_PROVINCE = "abolished_province"
    COMMUNE_UNREAD = "commune_unread"
    CONTRADICTED = "contradicted"
    UNTYPED = "untyped"
    KIND_OF_ANOTHER_TIME = "kind_of_another_time"
    NOT_ON_THAT_DAY = "not_on_that_day"


class Loosened(StrEnum):
    """How the written words differ from the official name of the unit."""

    MARKS_MISSING = "marks_missing"
    OTHER_KIND = "other_kind"
    NO_DISTRICT = "no_district"
    NAME_OF_ANOTHER_TIME = "name_of_another_time"
    BEFORE_THE_TABLE = "before_the_table"


@dataclass(frozen=True, slots=True)
class ResolvedAddress:
    """The unit on the day. `named`: the unit whose name was written; `rest`: the text before the names."""

    unit: Unit
    named: Unit
    rest: str
    loosened: tuple[Loosened, ...]
    translated: WholeUnit | DecidedUnit


@dataclass(frozen=True, slots=True)
class AddressCandidates:
    """Units of which one or none is meant: a person or evidence decides. `named` is known for a split."""

    units: tuple[Unit, ...]
    why: AddressDoubt
    named: Unit | None = None
    formers: tuple[FormerProvince, ...] = ()
    translated: UnitSet | UnknownUnit | None = None


def resolve_address(
    address: str | AddressParts,
    on: date,
    evidence: Sequence[Evidence] = (),
    *,
    subject: PlaceSubject = PlaceSubject.PARCEL,
) -> ResolvedAddress | AddressCandidates:
    """The unit that an address names on a day, or candidates with the reason.

    With `subject=PERSON` a split is decided when all its people went to one unit; other evidence is as for `crosswalk`.
    """
    mentions = _mentions(address)
    readings = best_readings(mentions, on)
    if not readings:
        return AddressCandidates((), AddressDoubt.NOTHING_FOUND)
    best = readings[0]
    if len(readings) > 1:
        return _several(readings)
    if best.formers:
        return AddressCandidates((best.unit,), AddressDoubt.ABOLISHED_PROVINCE, best.unit, best.formers)
    if doubt := _doubt(best, mentions, is_form=isinstance(address, AddressParts)):
        return AddressCandidates((best.unit,), doubt, best.unit)
    if _has_kind_of_another_time(best, on):
        return AddressCandidates((best.unit,), AddressDoubt.KIND_OF_ANOTHER_TIME, best.unit)
    translated = crosswalk(best.unit, on, evidence, subject=subject)
    if isinstance(translated, UnitSet):
        return AddressCandidates(
            translated.units, AddressDoubt(translated.reason.value), best.unit, translated=translated
        )
    if isinstance(translated, UnknownUnit):
        return AddressCandidates((best.unit,), AddressDoubt.NOT_ON_THAT_DAY, best.unit, translated=translated)
    return ResolvedAddress(
        translated.unit, best.unit, _rest(address, best, mentions), _loosened(best, translated, on), translated
    )


def _several(readings: Sequence[AddressReading]) -> AddressCandidates:
    """Homonyms: units of one level that share the name in these words. Otherwise the words can be read in two ways."""
    units = tuple(reading.unit for reading in readings)
    formers = tuple(dict.fromkeys(former for reading in readings for former in reading.formers))
    if formers:
        return AddressCandidates(units, AddressDoubt.ABOLISHED_PROVINCE, formers=formers)
    names = {(reading.main.name_at, reading.main.end, level_of(reading.unit)) for reading in readings}
    return AddressCandidates(units, AddressDoubt.HOMONYM if len(names) == 1 else AddressDoubt.TWO_READINGS)


def _mentions(address: str | AddressParts) -> Mentions:
    if isinstance(address, str):
        return mentions_of(words_of(compose(address)))
    words: list[AddressWord] = []
    levels: dict[int, UnitLevel | None] = {}
    parts = (
        (address.commune, UnitLevel.COMMUNE),
        (address.district, UnitLevel.DISTRICT),
        (address.province, UnitLevel.PROVINCE),
    )
    for part, level in parts:
        segment = len(levels)
        written = words_of(compose(part or ""), segment)
        words += written
        levels |= {word.segment: level for word in written} or {segment: level}
    return mentions_of(words, levels)


def _doubt(reading: AddressReading, mentions: Mentions, *, is_form: bool) -> AddressDoubt | None:
    """The reason to doubt the only reading: words that it does not explain."""
    open_words = [at for at in range(len(mentions.words)) if at not in reading.covered]
    unread = [at for at in open_words if not _is_idle(mentions.words[at])]
    if is_form:
        return AddressDoubt.CONTRADICTED if unread else None
    if any(at >= reading.main.end for at in unread):
        return AddressDoubt.CONTRADICTED
    if not isinstance(reading.unit, Commune):
        is_unread = any(is_commune_kind(mentions.words, at) for at in open_words if at + 1 in open_words)
        return AddressDoubt.COMMUNE_UNREAD if is_unread else None
    return AddressDoubt.UNTYPED if not reading.main.kinds and _is_after_more(reading, mentions, unread) else None


def _is_after_more(reading: AddressReading, mentions: Mentions, unread: Sequence[int]) -> bool:
    """Whether unexplained words stand directly before the name: then it may be the name of a street or a hamlet."""
    words, start = mentions.words, reading.main.start
    return start - 1 in unread and words[start - 1].segment == words[start].segment


def _is_idle(word: AddressWord) -> bool:
    """Whether a word says nothing about the place; `Nậm` is not `Nam`."""
    return word.key in IDLE_WORDS and (word.written.isascii() or tone_key(word.written) in _IDLE_KEYS)


_IDLE_KEYS = frozenset(map(tone_key, IDLE_AS_WRITTEN))


@lru_cache(maxsize=64)
def _kinds_on(on: date) -> frozenset[str]:
    """The kinds of the communes that there are on a day."""
    units = chain.from_iterable(table().by_code.values())
    return frozenset(kind_of(unit.name_vi) for unit in units if isinstance(unit, Commune) and unit.holds_on(on))


def _has_kind_of_another_time(reading: AddressReading, on: date) -> bool:
    """Whether the name of a commune of the day was written with a kind that no commune of the day has: then an older
    unit is meant, which had the same name (there is no thị trấn since 1 July 2025)."""
    unit = reading.unit
    if not isinstance(unit, Commune) or not unit.holds_on(on) or not reading.main.is_swapped(unit):
        return False
    return _kinds_on(on).isdisjoint(reading.main.kinds)


def _rest(address: str | AddressParts, reading: AddressReading, mentions: Mentions) -> str:
    """The text before the names: house, street, hamlet."""
    if isinstance(address, AddressParts):
        return address.detail or ""
    return compose(address)[: mentions.words[min(reading.covered)].start].strip(" ,;-\n(")


def _loosened(reading: AddressReading, translated: WholeUnit | DecidedUnit, on: date) -> tuple[Loosened, ...]:
    unit = reading.unit
    said = {
        Loosened.MARKS_MISSING: unit.name_vi not in reading.main.exact,
        Loosened.OTHER_KIND: reading.main.is_swapped(unit),
        Loosened.NO_DISTRICT: isinstance(unit, Commune) and unit.district_code is not None and reading.district is None,
        Loosened.NAME_OF_ANOTHER_TIME: unit != translated.unit,
        Loosened.BEFORE_THE_TABLE: on < KNOWN_FROM,
    }
    return tuple(loosened for loosened, is_so in said.items() if is_so)
