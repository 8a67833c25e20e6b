"""Judges dossiers together: a batch before any of its dossiers is sent, and a day when it is over."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from connectors.errors import Unrecognised
from connectors.ledger import Ledger
from connectors.ledger.daily_checks import (
    Bundle,
    Entered,
    Kept,
    answered_on,
    arrived_on,
    bundles_until,
    entered_until,
    kept_verdicts,
)
from connectors.ledger.gates import (
    InBatch,
    Known,
    OpenBatch,
    in_batch,
    is_judged,
    known_of,
    open_batches,
    save_results,
    settle_batch,
    subject_of,
)
from connectors.portals.provinces import PROVINCES, read_original
from dags.steps.verdict_pages import ShownVerdict, write_site
from quality.deadlines import YEARS, calendar_from
from quality.expectations import PortalHistory, judge_arrivals, judge_day, judge_rows
from quality.expectations.declared import AGREEMENT, ANSWERS, BOOK
from quality.expectations.facts import ArrivedDossier, BatchFigures
from schemas.dates import VIETNAM
from schemas.dossier import Dossier
from schemas.expectation import Verdict
from schemas.fields import BOOK_CODE, procedure_code
from schemas.registries import REGISTRY_CODES
from schemas.routes import ROUTES

DossierReader = Callable[[str, bytes], Dossier]
"""Reads the original of a portal. Raises Unrecognised."""

ALL = "all"
KIND_OF = {route.procedure_code: route.case_kind for route in ROUTES}
"""The kind of case by procedure: it says which of the civil-status books a case is entered in."""
ENDED = frozenset({"registered", "refused", "stopped"})
"""States of a delivery that is at its registry, or has a fault that says why it is not."""

ENTRY_COLUMNS: dict[str, type] = {
    "dossier_id": int,
    "book": str,
    "book_code": str,
    "entry_number": float,
    "step": float,
    "days_after_previous": float,
    "years_off": float,
}
ANSWER_COLUMNS: dict[str, type] = {"dossier_id": int, "is_refused": int, "is_unexplained": float, "hours": float}
BUNDLE_COLUMNS: dict[str, type] = {
    "dossier_id": int,
    "missing_at_residence": float,
    "missing_at_insurance": float,
    "numbers_differ": int,
}


def gate(ledger: Ledger, read: DossierReader = read_original) -> dict[str, int]:
    """Judges every open batch and closes it. Returns how many passed and how many were stopped.

    A batch without an examined dossier stays open. Large libraries are imported only when a batch is open.
    """
    moved: Counter[str] = Counter()
    for batch in open_batches(ledger):
        if state := _gate(ledger, batch, read):
            moved[state] += 1
    return dict(moved)


def _gate(ledger: Ledger, batch: OpenBatch, read: DossierReader) -> str | None:
    examined = in_batch(ledger, batch)
    first = next(examined, None)
    if first is None:
        return None
    versions: dict[int, int] = {}

    def dossiers() -> Iterator[ArrivedDossier]:
        for examined_dossier in chain((first,), examined):
            versions[examined_dossier.dossier_id] = examined_dossier.version_number
            yield _arrived(batch.portal_code, examined_dossier, read)

    past = _past(known_of(ledger, batch))
    verdicts = judge_arrivals(batch.portal_code, batch.subject, batch.opened_at, dossiers(), past)
    return settle_batch(ledger, batch, versions, verdicts)


def _arrived(portal_code: str, row: InBatch, read: DossierReader) -> ArrivedDossier:
    dossier, is_unreadable = None, row.is_unreadable
    if row.original is not None and not is_unreadable:
        try:
            dossier = read(portal_code, row.original)
        except Unrecognised:  # an earlier version of the connector could read it when it came
            is_unreadable = True
    return ArrivedDossier(row.dossier_id, row.portal_status, is_unreadable, row.is_held, row.stopping_faults, dossier)


def _past(known: Known) -> PortalHistory:
    learned = BatchFigures(counts={name: Counter(counts) for name, counts in known.learned.items()})
    return PortalHistory([BatchFigures.read(kept) for kept in known.today], learned, known.waived, known.usual_most)


def judge_days(ledger: Ledger, day: date | None = None) -> dict[str, int]:
    """Judges a finished day, by default yesterday: volumes, books, answers, agreement. Returns how many expectations
    passed and failed; nothing when the day was judged before. All verdicts of a day are kept together, or none."""
    day = day or datetime.now(VIETNAM).date() - timedelta(days=1)
    if is_judged(ledger, AGREEMENT, subject_of(ALL, day)):
        return {}
    verdicts = [*_volumes(ledger, day), *_books(ledger, day), *_answers(ledger, day), *_agreement(ledger, day)]
    if not save_results(ledger, verdicts):
        return {}
    return dict(Counter("passed" if verdict.has_passed else "failed" for verdict in verdicts))


def _volumes(ledger: Ledger, day: date) -> Iterator[Verdict]:
    is_worked = day.year not in YEARS or calendar_from(day.year).is_worked(day)
    for portal_code, rows in arrived_on(ledger, day).items():
        yield from judge_day(portal_code, subject_of(portal_code, day), rows, is_worked=is_worked)


def _answers(ledger: Ledger, day: date) -> Iterator[Verdict]:
    rows: dict[str, list[dict[str, Any]]] = {code: [] for code in REGISTRY_CODES}
    for answered in answered_on(ledger, day):
        row = {
            "dossier_id": answered.dossier_id,
            "is_refused": int(answered.is_refused),
            "is_unexplained": answered.is_unexplained,
            "hours": answered.hours,
        }
        rows[answered.registry_code].append(row)
    for code, registry_rows in rows.items():
        yield from judge_rows(ANSWERS, subject_of(code, day), ANSWER_COLUMNS, registry_rows)


def _books(ledger: Ledger, day: date) -> list[Verdict]:
    return judge_books(subject_of(ALL, day), entered_until(ledger, day))


def judge_books(subject: str, entries: Iterable[Entered]) -> list[Verdict]:
    """Judges entries of many books. A failed verdict is about one book: commune, kind and book code."""
    rows = entry_rows(entries)
    book_of = {row["dossier_id"]: row["book"] for row in rows}
    verdicts: list[Verdict] = []
    for verdict in judge_rows(BOOK, subject, ENTRY_COLUMNS, rows, together="book"):
        by_book: dict[str, list[int]] = {}
        for dossier_id in verdict.failing_ids:
            by_book.setdefault(book_of[dossier_id], []).append(dossier_id)
        verdicts += [
            replace(verdict, subject=book, failing_ids=tuple(ids), observed={"failing": len(ids)})
            for book, ids in sorted(by_book.items())
        ] or [verdict]
    return verdicts


def entry_rows(entries: Iterable[Entered]) -> list[dict[str, Any]]:
    """The entries in the order of their books and numbers, each with the steps in number and days from the one
    before."""
    rows = sorted((_entry_row(entry) for entry in entries), key=lambda row: (row["book"], row["entry_number"] or 0))
    before: Mapping[str, Any] = {"book": None}
    for row in rows:
        number, registered_on = row["entry_number"], row["registered_on"]
        if row["book"] == before["book"] and number is not None and before["entry_number"] is not None:
            row["step"] = number - before["entry_number"]
            if registered_on and before["registered_on"]:
                row["days_after_previous"] = (registered_on - before["registered_on"]).days
        before = row
    return rows


def _entry_row(entry: Entered) -> dict[str, Any]:
    given, book_code = entry.given, entry.given.book_code
    kind = KIND_OF.get(procedure_code(entry.procedure_as_written or "") or "", "")
    year = int(book_code[-4:]) if book_code and BOOK_CODE.fullmatch(book_code) else None
    number = given.entry_number or ""
    return {
        "dossier_id": entry.dossier_id,
        "book": f"{entry.commune_code or ''}/{kind}/{book_code or ''}",
        "book_code": book_code,
        "registered_on": given.registered_on,
        "entry_number": int(number) if number.isascii() and number.isdecimal() else None,
        "years_off": given.registered_on.year - year if given.registered_on and year else None,
    }


def _agreement(ledger: Ledger, day: date) -> list[Verdict]:
    rows = (bundle_row(bundle) for bundle in bundles_until(ledger, day))
    return judge_rows(AGREEMENT, subject_of(ALL, day), BUNDLE_COLUMNS, rows)


def bundle_row(bundle: Bundle) -> dict[str, Any]:
    """Whether a birth is at every registry of its route; of other bundles only whether the numbers agree."""
    is_birth = KIND_OF.get(procedure_code(bundle.procedure_as_written or "") or "") == "birth"

    def missing_at(registry_code: str) -> int | None:
        state = bundle.states.get(registry_code)
        return None if state is None or not is_birth else int(state not in ENDED)

    return {
        "dossier_id": bundle.dossier_id,
        "missing_at_residence": missing_at("residence"),
        "missing_at_insurance": missing_at("health_insurance"),
        "numbers_differ": int(bundle.has_different_numbers),
    }


def build_docs(ledger: Ledger, folder: Path, days: int = 30) -> int:
    """Writes the verdicts of the last days as pages, with counts and keys only; returns the number of pages."""
    since = datetime.now(VIETNAM) - timedelta(days=days)
    return write_site((_shown(verdict) for verdict in kept_verdicts(ledger, since)), folder)


def _shown(verdict: Kept) -> ShownVerdict:
    day = verdict.checked_at.astimezone(VIETNAM).date()
    batch_id, portal_code = verdict.batch_id, verdict.subject.split("/")[0]
    batch_title = (
        f"Lô hồ sơ {batch_id}, {PROVINCES[portal_code].name_vi}" if batch_id and portal_code in PROVINCES else ""
    )
    return ShownVerdict(
        run=f"batch-{batch_id}" if batch_id else f"day-{day}",
        title=batch_title or f"Xem ngày {day:%d/%m/%Y}",
        state=verdict.batch_state,
        suite=verdict.suite,
        subject=verdict.subject,
        expectation=verdict.expectation,
        checked_at=verdict.checked_at,
        has_passed=verdict.has_passed,
        stops=verdict.stops,
        observed=verdict.observed,
        failing=verdict.failing,
        keys=verdict.keys,
    )
