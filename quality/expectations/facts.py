"""What a data frame may hold of a dossier: codes, counts, lengths and whether a field is filled; no name, no number.

`BatchFigures` are kept of a batch: later batches of the day, and later days, are judged with them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from schemas.cases import Case
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
"""The columns of the rows of `arrivals`. An unreadable or erased dossier has only the first five."""

COUNTED = ("kind", "procedure_code", "commune_code", "agency_code", "nationality_code", "ethnic_group")
FILLED, CHILD_SEX = "filled", "child_sex"
HOUR_S = 3600.0


@dataclass(frozen=True)
class ArrivedDossier:
    """A dossier of a batch as the ledger knows it.

    `status`: the portal's, 1 to 10. `dossier` is None when it cannot be read, or was erased.
    """

    dossier_id: int
    status: int | None
    is_unreadable: bool
    is_held: bool
    stopping_faults: int
    dossier: Dossier | None = field(repr=False)


@dataclass
class BatchFigures:
    """The counts of a batch: rows, values by column, and for each expectation (failing, judged).

    `youngest_at`: the latest update of a dossier.
    """

    rows: int = 0
    youngest_at: datetime | None = None
    judged: dict[str, tuple[int, int]] = field(default_factory=dict)
    counts: dict[str, Counter[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "BatchFigures":
        """The figures from what `kept` gave."""
        youngest = kept.get("youngest_at")
        return cls(
            kept["rows"],
            datetime.fromisoformat(youngest) if youngest else None,
            {code: (failing, judged) for code, (failing, judged) in kept["judged"].items()},
            {name: Counter(counts) for name, counts in kept["counts"].items()},
        )

    def kept(self) -> dict[str, Any]:
        """The figures as JSON values."""
        return {
            "rows": self.rows,
            "youngest_at": self.youngest_at.isoformat() if self.youngest_at else None,
            "judged": {code: list(pair) for code, pair in self.judged.items()},
            "counts": {name: dict(counts) for name, counts in self.counts.items()},
        }

    def count(self, name: str) -> Counter[str]:
        return self.counts.setdefault(name, Counter())

    def add(self, other: "BatchFigures") -> None:
        """Adds the figures of another batch of the day."""
        self.rows += other.rows
        self.youngest_at = max((instant for instant in (self.youngest_at, other.youngest_at) if instant), default=None)
        for code, (failing, judged) in other.judged.items():
            self.note(code, failing, judged)
        for name, counts in other.counts.items():
            self.count(name).update(counts)

    def count_dossier(self, arrived: ArrivedDossier, row: Mapping[str, Any], filled: Iterable[str]) -> None:
        """Counts a dossier by its row and its filled fields."""
        self.rows += 1
        for name in COUNTED:
            if (value := row.get(name)) is not None:
                self.count(name)[value] += 1
        if row.get("kind") == "birth" and row["sex"]:
            self.count(CHILD_SEX)[row["sex"]] += 1
        self.count(FILLED).update(filled)
        if arrived.dossier and (self.youngest_at is None or arrived.dossier.updated_at > self.youngest_at):
            self.youngest_at = arrived.dossier.updated_at

    def note(self, code: str, failing: int, judged: int) -> None:
        """Adds how many fail an expectation, and how many were judged."""
        failing_before, judged_before = self.judged.get(code, (0, 0))
        self.judged[code] = failing_before + failing, judged_before + judged


def subject_of(dossier: Dossier) -> Person | None:
    """The first of the persons whom the dossier registers; None for a land case without owners."""
    return next(iter(dossier.case.subjects().values()), None)


def _has_mother(case: Case) -> int | None:
    """1 when a birth names the mother, 0 when it does not; None for other cases, which are not judged by it."""
    return int(case.in_role("mother") is not None) if "mother" in case.role_fields else None


def _has_notice(case: Case) -> int | None:
    """1 when a birth or a death has the number of its notice, 0 when it has not; None for other cases."""
    return int(bool(getattr(case, case.notice_field))) if case.notice_field else None


def row_of(arrived: ArrivedDossier, opened_at: datetime) -> dict[str, Any]:
    """A dossier's row in the data frame. `opened_at`: when the batch was opened."""
    row: dict[str, Any] = {
        "dossier_id": arrived.dossier_id,
        "status": arrived.status,
        "is_unreadable": int(arrived.is_unreadable),
        "is_held": int(arrived.is_held),
        "stopping_faults": arrived.stopping_faults,
    }
    return row | _content(arrived.dossier, opened_at) if arrived.dossier else row


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
        "has_mother": _has_mother(case),
        "has_notice": _has_notice(case),
        "paper_count": len(dossier.papers),
        "name_length": len(person.full_name.strip()) if person else None,
        "received_hours_ahead": (dossier.received_at - opened_at).total_seconds() / HOUR_S,
        "updated_hours_ahead": (dossier.updated_at - opened_at).total_seconds() / HOUR_S,
    }


def filled_fields(dossier: Dossier) -> set[str]:
    """The filled fields (`birth case.child.sex`) and the kinds of papers (`birth paper KS-GCS`), by kind of case."""
    kind = dossier.case.kind
    return {f"{kind} {path}" for path in _filled(dossier)} | {
        f"{kind} paper {paper.kind_code}" for paper in dossier.papers
    }


def _filled(model: Model, path: str = "") -> Iterator[str]:
    for name, value in model.__dict__.items():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Model) and not isinstance(part, PartialDate):
                yield from _filled(part, f"{path}{name}.")
            elif part not in (None, ""):
                yield path + name
