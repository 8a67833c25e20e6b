"""Readings of an address: a mentioned unit with the mentions that fit it, weighed by the number of explained words."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from schemas.places.former import FormerProvince
from schemas.places.mentions import Mention, Mentions, UnitLevel, level_of
from schemas.places.table import table
from schemas.places.units import TWO_LEVELS_FROM, Commune, District, Province, Unit

INEXACT, ADJACENT = -0.25, 0.25
"""Marks are missing; the mention stands next to that of the unit above it."""
LONGER = 0.02
"""A word, of readings that explain as many: `Nam Hà Lâm Hà` is one name before it is a commune and its district."""
SWAPPED, OF_ANOTHER_TIME, NOT_YET = -0.75, -0.5, -3.0
"""Another kind was written; the unit above is of another time; the name was given after the day."""
PROVINCE_ALONE = 0.5
"""`Bắc Ninh` alone means the province rather than its city."""


@dataclass(frozen=True, slots=True)
class AddressReading:
    """A unit, its mentions, and the words that they explain."""

    unit: Unit
    main: Mention
    district: Mention | None
    province: Mention | None
    weight: float
    formers: tuple[FormerProvince, ...] = ()
    covered: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Above:
    """A mention that fits the unit below it, and how well."""

    mention: Mention
    weight: float
    formers: tuple[FormerProvince, ...] = ()


def best_readings(mentions: Mentions, on: date) -> tuple[AddressReading, ...]:
    """The readings that explain most words, by unit code; several when the words prefer none of them."""
    readings = list(_readings(mentions, on))
    if not readings:
        return ()
    most = max(reading.weight for reading in readings)
    best = _one_per_unit([reading for reading in readings if reading.weight > most - 0.01])
    best = _of_the_day(best, on)
    if len(best) == 1:
        best += _also_meant(best[0], readings, on)
    return tuple(_covering(reading, mentions) for reading in sorted(best, key=lambda reading: reading.unit.code))


def _one_per_unit(readings: list[AddressReading]) -> list[AddressReading]:
    """One reading of each unit: a form may repeat a name."""
    return list({reading.unit.key: reading for reading in readings}.values())


def _of_the_day(readings: list[AddressReading], on: date) -> list[AddressReading]:
    """At each level only the units of the day, when there are any; a commune of the day does not remove a district."""
    there = [reading for reading in readings if reading.unit.holds_on(on)]
    levels = {level_of(reading.unit) for reading in there}
    kept = [reading for reading in readings if reading in there or level_of(reading.unit) not in levels]
    return [reading for reading in kept if not _is_outdone(reading, there)]


def _is_outdone(reading: AddressReading, there: list[AddressReading]) -> bool:
    """A province of the day removes units of other days; no other unit removes a unit of another level."""
    return reading not in there and any(isinstance(other.unit, Province) for other in there)


def _also_meant(best: AddressReading, readings: list[AddressReading], on: date) -> list[AddressReading]:
    """Communes of the day that bear the name read as a district without its kind: `Tân Lập, Đan Phượng, Hà Nội`."""
    says_when = best.main.kinds or (best.province and not best.province.new_provinces)
    if best.district is None or best.district.kinds or says_when or on < TWO_LEVELS_FROM:
        return []
    return [
        reading
        for reading in readings
        if isinstance(reading.unit, Commune)
        and reading.unit.holds_on(on)
        and (reading.main.name_at, reading.main.end) == (best.district.name_at, best.district.end)
        and reading.province is not None
    ]


def _readings(mentions: Mentions, on: date) -> Iterator[AddressReading]:
    for level in UnitLevel:
        for main in mentions.of(level):
            formers = _formers(main, on)
            for unit in () if formers else main.units:
                yield from _reading(unit, main, mentions, on)
            for former in formers:
                for heir in former.heirs:
                    yield AddressReading(heir, main, None, None, len(main) * (1 + LONGER) + PROVINCE_ALONE, (former,))


def _formers(mention: Mention, on: date) -> tuple[FormerProvince, ...]:
    """The former provinces that a name means: that of the day, or all when no later province took the name."""
    of_the_day = tuple(former for former in mention.formers if former.holds_on(on))
    return of_the_day or (() if mention.units else mention.formers)


def _reading(unit: Unit, main: Mention, mentions: Mentions, on: date) -> Iterator[AddressReading]:
    weight = len(main) * (1 + LONGER) + _exact(main, unit) + (SWAPPED if main.is_swapped(unit) else 0)
    weight += NOT_YET if on < unit.valid_from else 0
    if isinstance(unit, Province):
        yield AddressReading(unit, main, None, None, weight + PROVINCE_ALONE)
        return
    district, province = _above(unit, main, mentions, on)
    for above in (district, province):
        weight += above.weight if above else 0
    next_up = district or province
    weight += ADJACENT if next_up and next_up.mention.start == main.end else 0
    district_mention = district.mention if district else None
    formers = province.formers if province else ()
    yield AddressReading(unit, main, district_mention, province.mention if province else None, weight, formers)


def _above(unit: Commune | District, main: Mention, mentions: Mentions, on: date) -> tuple[Above | None, Above | None]:
    """The district and province that together explain most; of equals the last in the text."""
    provinces: list[Above | None] = [None, *_provinces_above(unit, main, mentions, on)]
    districts: list[Above | None] = [None]
    if isinstance(unit, Commune):
        districts += _districts_above(unit, main, mentions)
    pairs = [
        (district, province)
        for district in districts
        for province in provinces
        if not (district and province and district.mention.overlaps(province.mention))
    ]
    return max(pairs, key=lambda pair: [sum(of(one) for one in pair if one) for of in (_weight, _place)])


def _weight(above: Above) -> float:
    return above.weight


def _place(above: Above) -> float:
    return above.mention.start


def _districts_above(unit: Commune, main: Mention, mentions: Mentions) -> Iterator[Above]:
    for mention in mentions.districts:
        if mention.overlaps(main):
            continue
        codes = {of.code for of in mention.units}
        if unit.district_code in codes:
            of = next(of for of in mention.units if of.code == unit.district_code)
            yield Above(mention, len(mention) + (SWAPPED if mention.is_swapped(of) else 0) + _exact(mention, of))
        elif unit.district_code is None and codes & {origin.district_code for origin in _origins(unit)}:
            yield Above(mention, len(mention) + OF_ANOTHER_TIME + (0 if mention.exact else INEXACT))


def _provinces_above(unit: Commune | District, main: Mention, mentions: Mentions, on: date) -> Iterator[Above]:
    for mention in mentions.provinces:
        if mention.overlaps(main):
            continue
        weight = len(mention) + (0 if mention.exact else INEXACT)
        is_of_today = unit.valid_from >= TWO_LEVELS_FROM
        formers = tuple(of for of in _formers(mention, on) if _old_codes(unit) & {heir.code for heir in of.heirs})
        if formers:
            yield Above(mention, weight + (OF_ANOTHER_TIME if is_of_today else 0), formers)
        elif unit.province_code in (mention.new_provinces if is_of_today else mention.old_provinces):
            yield Above(mention, weight)
        elif is_of_today and _old_codes(unit) & mention.old_provinces:
            yield Above(mention, weight + OF_ANOTHER_TIME)
        elif not is_of_today and _new_code(unit.province_code) in mention.new_provinces:
            yield Above(mention, weight + (0 if on >= TWO_LEVELS_FROM else NOT_YET))


def _exact(mention: Mention, unit: Unit) -> float:
    return 0 if unit.name_vi in mention.exact else INEXACT


def _origins(unit: Commune) -> tuple[Commune, ...]:
    """The communes of 30 June 2025 that went into one of today."""
    before = table().before.get((unit.code, TWO_LEVELS_FROM), ())
    return tuple(passage.before for passage in before if isinstance(passage.before, Commune))


def _old_codes(unit: Commune | District) -> frozenset[str]:
    if unit.valid_from < TWO_LEVELS_FROM:
        return frozenset({unit.province_code})
    passages = table().before.get((unit.code, TWO_LEVELS_FROM), ())
    return frozenset(passage.before.province_code for passage in passages)


def _new_code(old_province_code: str) -> str:
    held = table().by_code[old_province_code][0]
    return table().after[held.key][0].after.code


def _covering(reading: AddressReading, mentions: Mentions) -> AddressReading:
    """The reading with every word that agrees with it, also when a name is repeated."""
    fitting = [reading.main, *(of for of in (reading.district, reading.province) if of)]
    fitting += [of for of in _agreeing(reading.unit, mentions) if not of.overlaps(reading.main)]
    covered = frozenset(at for mention in fitting for at in range(mention.start, mention.end))
    return replace(reading, covered=covered)


def _agreeing(unit: Unit, mentions: Mentions) -> Iterator[Mention]:
    """Mentions of the units above a unit, and of what it was or became."""
    if isinstance(unit, Province):
        return
    provinces = {unit.province_code, *_old_codes(unit)}
    yield from (of for of in mentions.provinces if provinces & (of.old_provinces | of.new_provinces))
    if isinstance(unit, Commune):
        districts = {unit.district_code, *(origin.district_code for origin in _origins(unit))}
        yield from (of for of in mentions.districts if districts & {one.code for one in of.units})
        kin = {unit.key, *(origin.key for origin in _origins(unit))}
        kin |= {passage.after.key for passage in table().after.get(unit.key, ())}
        yield from (of for of in mentions.communes if kin & {one.key for one in of.units})
