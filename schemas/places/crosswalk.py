"""From a unit on one day to the unit on another day: one unit, or a set of units with the reason.

The resolutions of 2025 divide 440 old communes between two to five new ones, by areas and people that no list names.
So a split stays a set. Only recorded Evidence makes one unit of it, and the evidence is part of the answer: a `UnitSet`
has no unit that could be taken, and a `DecidedUnit` cannot be made without its Evidence.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from schemas.fields import Model, field
from schemas.places.names import bare, kind_of, sound_key
from schemas.places.table import table
from schemas.places.units import KNOWN_FROM, Change, District, Passage, Share, Unit


class PlaceSubject(StrEnum):
    """What has the place. When all people of a unit went to one successor, its land may still have gone to others."""

    PERSON = "person"
    PARCEL = "parcel"


class EvidenceKind(StrEnum):
    """The kinds of evidence that can decide between the units of a set."""

    ALL_PEOPLE = "all_people"
    RECEIVING_AGENCY = "receiving_agency"
    HAMLET = "hamlet"
    BOOK_COMMUNE = "book_commune"
    OFFICER = "officer"


class Evidence(Model):
    """Căn cứ xác định. It names one unit of a set, and says where it is recorded (in codes, never a person's words).

    A dossier may be handed in anywhere (NĐ 118/2025/NĐ-CP), so RECEIVING_AGENCY is the agency that is competent for the
    place; the caller must know it. Only this file makes ALL_PEOPLE, from the resolution; a caller's is not used.
    """

    kind: EvidenceKind = field("loại căn cứ", "hamlet", required=True)
    unit_code: str = field("mã đơn vị được xác định", "09619", required=True)
    record: str = field("nơi ghi nhận", "000.00.12.H01-260901-0001, thôn 3", required=True)


class SetReason(StrEnum):
    """The reason for several units: one was divided, or several became one."""

    SPLIT = "split"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class WholeUnit:
    """The unit itself, or the only unit that it became or came from."""

    unit: Unit
    on: date
    passages: tuple[Passage, ...] = ()

    @property
    def is_before_the_table(self) -> bool:
        return self.on < KNOWN_FROM


@dataclass(frozen=True, slots=True)
class UnitSet:
    """The place is in one of these units, and no evidence says in which. `unused`: the evidence that did not decide."""

    units: tuple[Unit, ...]
    on: date
    reason: SetReason
    passages: tuple[Passage, ...] = ()
    unused: tuple[Evidence, ...] = ()

    @property
    def is_before_the_table(self) -> bool:
        return self.on < KNOWN_FROM


@dataclass(frozen=True, slots=True)
class DecidedUnit:
    """A unit of a set, with the evidence that decided. Raises ValueError for evidence that names another unit."""

    unit: Unit
    among: UnitSet
    evidence: Evidence

    def __post_init__(self) -> None:
        if not isinstance(self.evidence, Evidence) or self.evidence.unit_code != self.unit.code:
            raise ValueError("a set becomes one unit only by evidence that names the unit")
        if self.unit not in self.among.units:
            raise ValueError("evidence decides within the set, never outside it")

    @property
    def is_before_the_table(self) -> bool:
        return self.among.is_before_the_table


@dataclass(frozen=True, slots=True)
class UnknownUnit:
    """The table has no way from the unit to the day."""

    unit: Unit
    on: date


CrosswalkResult = WholeUnit | DecidedUnit | UnitSet | UnknownUnit

Walked = tuple[tuple[Unit, ...], tuple[Passage, ...]]
NextUnit = tuple[Passage, Unit]
"""A passage, and the unit at its other end."""


def crosswalk(
    unit: Unit, to: date, evidence: Sequence[Evidence] = (), *, subject: PlaceSubject = PlaceSubject.PARCEL
) -> CrosswalkResult:
    """The unit that a unit is on another day, later or earlier.

    Where the people went counts only with `subject=PERSON`. A district leads to what its communes became. For days
    before KNOWN_FROM the answer is the last known state, marked by `is_before_the_table`.
    """
    is_later = unit.valid_until <= to
    units, passages = _walk(unit, to, _onward if is_later else _backward)
    if not units:
        return UnknownUnit(unit, to)
    if len(units) == 1:
        return WholeUnit(units[0], to, passages)
    several = UnitSet(units, to, SetReason.SPLIT if is_later else SetReason.MERGED, passages)
    of_the_decision = _all_people(unit, to) if subject is PlaceSubject.PERSON and is_later else ()
    return _decide(several, (*_recorded(evidence), *of_the_decision), evidence)


def settle(several: UnitSet, evidence: Sequence[Evidence]) -> DecidedUnit | UnitSet:
    """One unit of a set, if the evidence names exactly one. An officer's evidence has priority over all other.

    Evidence that names units outside the set, or different units, does not decide and is kept in `unused`.
    """
    return _decide(several, _recorded(evidence), evidence)


def _recorded(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The evidence that a caller may give: it says where it is recorded, and only the table can know ALL_PEOPLE."""
    return tuple(item for item in evidence if item.record.strip() and item.kind is not EvidenceKind.ALL_PEOPLE)


def _decide(several: UnitSet, evidence: Sequence[Evidence], given: Sequence[Evidence]) -> DecidedUnit | UnitSet:
    by_code = {unit.code: unit for unit in several.units}
    usable = [item for item in evidence if item.unit_code in by_code]
    deciding = [item for item in usable if item.kind is EvidenceKind.OFFICER] or usable
    if len({item.unit_code for item in deciding}) != 1:
        return UnitSet(several.units, several.on, several.reason, several.passages, tuple(given))
    return DecidedUnit(by_code[deciding[0].unit_code], several, deciding[0])


def _all_people(unit: Unit, to: date) -> tuple[Evidence, ...]:
    """The decision that moved all people of a divided unit to one of its successors."""
    for passage in table().after.get(unit.key, ()):
        if passage.share is Share.PART_WITH_ALL_PEOPLE:
            units, _ = _walk(passage.after, to, _onward)
            record = f"{passage.before.code} > {passage.after.code}, {passage.on}: {passage.source}"
            return tuple(
                Evidence(kind=EvidenceKind.ALL_PEOPLE, unit_code=reached.code, record=record) for reached in units
            )
    return ()


def _walk(unit: Unit, to: date, steps: Callable[[Unit], Iterable[NextUnit]]) -> Walked:
    """The units of that day to which the passages lead, by code, and the passages on the way."""
    reached: dict[str, Unit] = {}
    taken: list[Passage] = []
    waiting, seen = [unit], {unit.key}
    while waiting:
        current = waiting.pop()
        if current.holds_on(to):
            reached[current.code] = current
            continue
        for passage, following in steps(current):
            taken.append(passage)
            if following.key not in seen:
                seen.add(following.key)
                waiting.append(following)
    return tuple(reached[code] for code in sorted(reached)), tuple(taken)


def _onward(unit: Unit) -> Iterable[NextUnit]:
    passages = table().after.get(unit.key, ())
    if not passages and isinstance(unit, District):
        communes = table().communes_of_district.get(unit.code, ())
        passages = tuple(passage for commune in communes for passage in table().after[commune.key])
    return ((passage, passage.after) for passage in passages)


def _backward(unit: Unit) -> Iterable[NextUnit]:
    return ((passage, passage.before) for passage in table().before.get(unit.key, ()))


def passages_from(unit: Unit) -> tuple[Passage, ...]:
    """The passages to a unit's successors; none for a unit of today."""
    return table().after.get(unit.key, ())


def passages_to(unit: Unit) -> tuple[Passage, ...]:
    """The passages from a unit's predecessors; none for the oldest known units."""
    return table().before.get(unit.key, ())


def changes_of(passage: Passage) -> tuple[Change, ...]:
    """The changes on a passage, in the order of Change; none when only the district above was abolished."""
    before, after = passage.before, passage.after
    changes = {
        Change.RENAMED: sound_key(bare(before.name_vi)) != sound_key(bare(after.name_vi)),
        Change.MERGED: len(passages_to(after)) > 1,
        Change.SPLIT: passage.share is not Share.WHOLE,
        Change.MOVED: before.province_code != after.province_code,
        Change.STATUS_CHANGED: kind_of(before.name_vi) != kind_of(after.name_vi),
    }
    return tuple(change for change, is_so in changes.items() if is_so)
