"""How persons key: agreement, errors on known records, speed and rework, each figure beside what it rests on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from quality.adjudication import compare, wilson
from schemas.keying import FieldValue, KeyingSlot


@dataclass(frozen=True)
class DecidedKeying:
    """A person's key of a record that is decided. `decided`: the values that count. `is_known`: two persons keyed the
    record and no machine had a say, so its values stand for the truth. `is_keyed_again`: the book was rejected, and the
    record was keyed again. `seconds`: from taking the record to keeping it; None when that says nothing of work."""

    book_kind: str
    slot: KeyingSlot
    keyed_by: str
    values: Mapping[str, FieldValue]
    decided: Mapping[str, FieldValue]
    is_known: bool
    is_keyed_again: bool
    seconds: float | None


@dataclass
class PersonFigures:
    """How one person keys; each figure beside the number that it rests on. `reworked`: records that did not stay as
    this person keyed them: in some field something else was decided, or the book was rejected. `timed_records`: those
    of `records` whose time is known. `third_records`: records that the person decided as the third; they are in no
    other figure, since they hold only what others found hard."""

    keyed_by: str
    records: int = 0
    fields: int = 0
    agreeing: int = 0
    known_fields: int = 0
    known_errors: int = 0
    reworked: int = 0
    timed_records: int = 0
    seconds: float = 0.0
    third_records: int = 0

    @property
    def agreement(self) -> float:
        """The share of fields keyed as they were decided."""
        return self.agreeing / self.fields if self.fields else 0.0

    @property
    def error_interval(self) -> tuple[float, float]:
        """The 95 % interval of the error rate on known records."""
        return wilson(self.known_errors, self.known_fields)

    @property
    def records_per_hour(self) -> float:
        return 3600 * self.timed_records / self.seconds if self.seconds else 0.0


def person_figures(keyings: Iterable[DecidedKeying]) -> list[PersonFigures]:
    """The figures of each person, by name: one figure alone, or a ranking, would say who hurries and not who errs."""
    people: dict[str, PersonFigures] = {}
    for keying in keyings:
        person = people.setdefault(keying.keyed_by, PersonFigures(keying.keyed_by))
        if keying.slot == KeyingSlot.THIRD:
            person.third_records += 1
        else:
            _count(person, keying)
    return [people[name] for name in sorted(people)]


def _count(person: PersonFigures, keying: DecidedKeying) -> None:
    wrong = len(compare(keying.book_kind, keying.values, keying.decided).differing)
    person.records += 1
    person.fields += len(keying.values)
    person.agreeing += len(keying.values) - wrong
    person.reworked += bool(wrong) or keying.is_keyed_again
    if keying.seconds is not None:
        person.timed_records += 1
        person.seconds += keying.seconds
    if keying.is_known:
        person.known_fields += len(keying.values)
        person.known_errors += wrong
