"""What a data frame may know of a dossier: codes, counts, lengths, whether something is there; nobody's name or number.

`BatchFigures` are what is kept of a batch, so that the rest of the day and later days are judged with it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from schemas.cases import BirthCase, DeathCase, LandCase, MarriageCase
from schemas.dates import PartialDate
from schemas.dossier import Dossier
from schemas.fields import Model
from schemas.person import Person

COLUMNS: dict[str, type] = {
    "dossier_id": int,
    "status": float,
    "is_unreadable": int,
    "is_held": int,
    "stopping_faults": int,
    "kind": str,
    "procedure_code": str,
    "commune_code": str,
    "agency_code": str,
    "nationality_code": str,
    "ethnic_group": str,
    "sex": str,
    "has_procedure": float,
    "has_commune": float,
    "has_agency": float,
    "has_sex": float,
    "has_applicant": float,
    "has_birthday": float,
    "has_mother": float,
    "has_notice": float,
    "paper_count": float,
    "name_length": float,
    "received_hours_ahead": float,
    "updated_hours_ahead": float,
}
"""Of the rows of `arrivals`. An unreadable or erased dossier has only the first five."""

COUNTED = ("kind", "procedure_code", "commune_code", "agency_code", "nationality_code", "ethnic_group")
FILLED, CHILD_SEX = "filled", "child_sex"
HOUR_S = 3600.0


@dataclass(frozen=True)
class ArrivedDossier:
    """A dossier of a batch as the ledger knows it; `dossier` is None where it cannot be read."""

    dossier_id: int
    status: int | None
    is_unreadable: bool
    is_held: bool
    stopping_faults: int
    dossier: Dossier | None = field(repr=False)


@dataclass
class BatchFigures:
    """What was counted: rows, values by column, and of each expectation how many failed of how many judged."""

    rows: int = 0
    youngest_at: datetime | None = None
    judged: dict[str, tuple[int, int]] = field(default_factory=dict)
    counts: dict[str, Counter[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "BatchFigures":
        youngest = kept.get("youngest_at")
        return cls(
            kept["rows"], datetime.fromisoformat(youngest) if youngest else None,
            {code: (failing, judged) for code, (failing, judged) in kept["judged"].items()},
            {name: Counter(counts) for name, counts in kept["counts"].items()},
        )  # fmt: skip

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "rows": self.rows, "youngest_at": self.youngest_at.isoformat() if self.youngest_at else None,
            "judged": {code: list(pair) for code, pair in self.judged.items()},
            "counts": {name: dict(counts) for name, counts in self.counts.items()},
        }  # fmt: skip

    def count(self, name: str) -> Counter[str]:
        return self.counts.setdefault(name, Counter())

    def add(self, other: "BatchFigures") -> None:
        """Takes in what another batch of the day counted."""
        self.rows += other.rows
        self.youngest_at = max((at for at in (self.youngest_at, other.youngest_at) if at), default=None)
        for code, (failing, judged) in other.judged.items():
            self.note(code, failing, judged)
        for name, counts in other.counts.items():
            self.count(name).update(counts)

    def see(self, one: ArrivedDossier, row: Mapping[str, Any], filled: Iterable[str]) -> None:
        """Counts a dossier, by its line and its filled fields."""
        self.rows += 1
        for name in COUNTED:
            if (value := row.get(name)) is not None:
                self.count(name)[value] += 1
        if row.get("kind") == "birth" and row["sex"]:
            self.count(CHILD_SEX)[row["sex"]] += 1
        self.count(FILLED).update(filled)
        if one.dossier and (self.youngest_at is None or one.dossier.updated_at > self.youngest_at):
            self.youngest_at = one.dossier.updated_at

    def note(self, code: str, failing: int, judged: int) -> None:
        before = self.judged.get(code, (0, 0))
        self.judged[code] = before[0] + failing, before[1] + judged


def subject_of(dossier: Dossier) -> Person | None:
    """The person whom the dossier is about; of several the first."""
    case = dossier.case
    if isinstance(case, BirthCase):
        return case.child
    if isinstance(case, DeathCase):
        return case.deceased
    if isinstance(case, MarriageCase):
        return case.husband
    if isinstance(case, LandCase):
        return case.owners[0] if case.owners else None
    return case.person


def row_of(seen: ArrivedDossier, opened_at: datetime) -> dict[str, Any]:
    """A dossier's line in the data frame; what does not apply to it is not there."""
    row: dict[str, Any] = {
        "dossier_id": seen.dossier_id, "status": seen.status, "is_unreadable": int(seen.is_unreadable),
        "is_held": int(seen.is_held), "stopping_faults": seen.stopping_faults,
    }  # fmt: skip
    return row | _content(seen.dossier, opened_at) if seen.dossier else row


def _content(dossier: Dossier, opened_at: datetime) -> dict[str, Any]:
    case, person = dossier.case, subject_of(dossier)
    return {
        "kind": case.kind,
        "procedure_code": dossier.procedure_code,
        "commune_code": dossier.commune_code,
        "agency_code": dossier.agency_code,
        "nationality_code": person.nationality_code if person else None,
        "ethnic_group": person.ethnic_group if person else None,
        "sex": str(person.sex) if person and person.sex else None,
        "has_procedure": int(dossier.procedure_code is not None),
        "has_commune": int(dossier.commune_code is not None),
        "has_agency": int(dossier.agency_code is not None),
        "has_sex": int(person.sex is not None) if person else 0,
        "has_applicant": int(dossier.applicant is not None),
        "has_birthday": int(person.born_on is not None) if person else 0,
        "has_mother": int(case.mother is not None) if isinstance(case, BirthCase) else None,
        "has_notice": int(bool(case.notice_code)) if isinstance(case, BirthCase | DeathCase) else None,
        "paper_count": len(dossier.papers),
        "name_length": len(person.full_name.strip()) if person else None,
        "received_hours_ahead": (dossier.received_at - opened_at).total_seconds() / HOUR_S,
        "updated_hours_ahead": (dossier.updated_at - opened_at).total_seconds() / HOUR_S,
    }


def filled_fields(dossier: Dossier) -> set[str]:
    """The fields that say something, after the kind of case (`birth case.child.sex`), and the kinds of papers."""
    kind = dossier.case.kind
    return {f"{kind} {path}" for path in _filled(dossier)} | {f"{kind} paper {one.kind_code}" for one in dossier.papers}


def _filled(model: Model, path: str = "") -> Iterator[str]:
    for name, value in model.__dict__.items():
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Model) and not isinstance(one, PartialDate):
                yield from _filled(one, f"{path}{name}.")
            elif one not in (None, ""):
                yield path + name


def figures_of(seen: Sequence[ArrivedDossier], opened_at: datetime) -> BatchFigures:
    """What is counted of some dossiers of a batch."""
    figures = BatchFigures()
    for one in seen:
        figures.see(one, row_of(one, opened_at), filled_fields(one.dossier) if one.dossier else ())
    return figures
