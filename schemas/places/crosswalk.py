"""From a unit on one day to what it is on another: one unit, or a set of units and why.

The resolutions of 2025 divide 440 old communes between two to five new ones, by areas and people that no list names.
So a split stays a set. Only recorded Evidence makes one unit of it, and what decided is part of the answer: `OneOf`
has no unit to take, `Decided` cannot be made without its Evidence.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from schemas.fields import Model, field
from schemas.places.names import bare, kind_of, sound_key
from schemas.places.table import table
from schemas.places.units import KNOWN_FROM, Change, District, Passage, Share, Unit


class Subject(StrEnum):
    """Whose place is asked about: where all people went to one unit, land may still have gone to others."""

    PERSON = "person"
    PARCEL = "parcel"


class EvidenceKind(StrEnum):
    """What can decide between the units of a set."""

    ALL_PEOPLE = "all_people"
    RECEIVING_AGENCY = "receiving_agency"
    HAMLET = "hamlet"
    BOOK_COMMUNE = "book_commune"
    OFFICER = "officer"


class Evidence(Model):
    """Căn cứ xác định. What points at one unit of a set, and where it is recorded (codes, never a person's words).

    A dossier may be handed in anywhere (NĐ 118/2025), so RECEIVING_AGENCY is the agency competent for the place, which
    the caller must know. ALL_PEOPLE is made by this file only, from the decision; given by a caller it is not used.
    """

    kind: EvidenceKind = field("loại căn cứ", "hamlet", required=True)
    unit_code: str = field("mã đơn vị được xác định", "09619", required=True)
    record: str = field("nơi ghi nhận", "000.00.12.H01-260901-0001, thôn 3", required=True)


class Reason(StrEnum):
    """Why there are several units: one was divided, or several became one."""

    SPLIT = "split"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Whole:
    """The unit itself, or the only one it became or came from."""

    unit: Unit
    on: date
    passages: tuple[Passage, ...] = ()

    @property
    def is_before_the_table(self) -> bool:
        return self.on < KNOWN_FROM


@dataclass(frozen=True, slots=True)
class OneOf:
    """A set: the place is in one of these units, nothing recorded says in which. `unused` did not decide."""

    units: tuple[Unit, ...]
    on: date
    reason: Reason
    passages: tuple[Passage, ...] = ()
    unused: tuple[Evidence, ...] = ()

    @property
    def is_before_the_table(self) -> bool:
        return self.on < KNOWN_FROM


@dataclass(frozen=True, slots=True)
class Decided:
    """A unit of a set, with the evidence that decided. Raises ValueError when the evidence is not of this unit."""

    unit: Unit
    among: OneOf
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
class Unknown:
    """Nothing in the table leads from the unit to the day."""

    unit: Unit
    on: date


CrosswalkResult = Whole | Decided | OneOf | Unknown

Walked = tuple[tuple[Unit, ...], tuple[Passage, ...]]
Step = tuple[Passage, Unit]
"""A passage, and the unit at its other end."""


def crosswalk(
    unit: Unit, to: date, evidence: Sequence[Evidence] = (), *, subject: Subject = Subject.PARCEL
) -> CrosswalkResult:
    """What a unit is on another day, later or earlier.

    Without `subject=PERSON` nothing is concluded from where the people went. A district leads to the communes of its
    communes. Days before KNOWN_FROM are answered with the last known state, and say so (`is_before_the_table`).
    """
    is_later = unit.valid_until <= to
    units, passages = _walk(unit, to, _onward if is_later else _backward)
    if not units:
        return Unknown(unit, to)
    if len(units) == 1:
        return Whole(units[0], to, passages)
    several = OneOf(units, to, Reason.SPLIT if is_later else Reason.MERGED, passages)
    of_the_decision = _all_people(unit, to) if subject is Subject.PERSON and is_later else ()
    return _decide(several, (*_recorded(evidence), *of_the_decision), evidence)


def settle(several: OneOf, evidence: Sequence[Evidence]) -> Decided | OneOf:
    """One unit of a set if the evidence names exactly one; an officer, who has seen the rest, is acknowledged before it.

    Evidence that names units outside the set, or different units, decides nothing and is kept in `unused`.
    """
    return _decide(several, _recorded(evidence), evidence)


def _recorded(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """What may be taken from a caller: it says where it is recorded, and is not what only the table can know."""
    return tuple(one for one in evidence if one.record.strip() and one.kind is not EvidenceKind.ALL_PEOPLE)


def _decide(several: OneOf, evidence: Sequence[Evidence], given: Sequence[Evidence]) -> Decided | OneOf:
    by_code = {unit.code: unit for unit in several.units}
    usable = [one for one in evidence if one.unit_code in by_code]
    acknowledged = [one for one in usable if one.kind is EvidenceKind.OFFICER] or usable
    if len({one.unit_code for one in acknowledged}) != 1:
        return OneOf(several.units, several.on, several.reason, several.passages, tuple(given))
    return Decided(by_code[acknowledged[0].unit_code], several, acknowledged[0])


def _all_people(unit: Unit, to: date) -> tuple[Evidence, ...]:
    """The decision that moved all people of a divided unit to one of its successors."""
    for passage in table().after.get(unit.key, ()):
        if passage.share is Share.PART_WITH_ALL_PEOPLE:
            units, _ = _walk(passage.after, to, _onward)
            record = f"{passage.before.code} > {passage.after.code}, {passage.on}: {passage.source}"
            return tuple(Evidence(kind=EvidenceKind.ALL_PEOPLE, unit_code=of.code, record=record) for of in units)
    return ()


def _walk(unit: Unit, to: date, steps: Callable[[Unit], Iterable[Step]]) -> Walked:
    """The units of that day to which the passages lead, by code, and the passages taken."""
    reached: dict[str, Unit] = {}
    taken: list[Passage] = []
    waiting, seen = [unit], {unit.key}
    while waiting:
        one = waiting.pop()
        if one.holds_on(to):
            reached[one.code] = one
            continue
        for passage, following in steps(one):
            taken.append(passage)
            if following.key not in seen:
                seen.add(following.key)
                waiting.append(following)
    return tuple(reached[code] for code in sorted(reached)), tuple(taken)


def _onward(unit: Unit) -> Iterable[Step]:
    passages = table().after.get(unit.key, ())
    if not passages and isinstance(unit, District):
        communes = table().communes_of_district.get(unit.code, ())
        passages = tuple(passage for commune in communes for passage in table().after[commune.key])
    return ((passage, passage.after) for passage in passages)


def _backward(unit: Unit) -> Iterable[Step]:
    return ((passage, passage.before) for passage in table().before.get(unit.key, ()))


def passages_from(unit: Unit) -> tuple[Passage, ...]:
    """What became of a unit; empty for those of today."""
    return table().after.get(unit.key, ())


def passages_to(unit: Unit) -> tuple[Passage, ...]:
    """What a unit was made of; empty for the oldest known."""
    return table().before.get(unit.key, ())


def changes_of(passage: Passage) -> tuple[Change, ...]:
    """What happened on a passage, in the order of Change; none when only the district above it was abolished."""
    before, after = passage.before, passage.after
    found = {
        Change.RENAMED: sound_key(bare(before.name_vi)) != sound_key(bare(after.name_vi)),
        Change.MERGED: len(passages_to(after)) > 1,
        Change.SPLIT: passage.share is not Share.WHOLE,
        Change.MOVED: before.province_code != after.province_code,
        Change.STATUS_CHANGED: kind_of(before.name_vi) != kind_of(after.name_vi),
    }
    return tuple(change for change, is_so in found.items() if is_so)
