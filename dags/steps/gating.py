"""What came together is looked at together: a batch before anything of it is sent, a day when it is over."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
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

ALL = "all"
KIND_OF = {route.procedure_code: route.case_kind for route in ROUTES}
"""By procedure: which of the civil-status books it goes into."""
ENDED = frozenset({"registered", "refused", "stopped"})
"""Of a delivery: it is at its registry, or a fault says why it is not."""

ENTRY_COLUMNS: dict[str, type] = {
    "dossier_id": int, "book": str, "book_code": str, "entry_number": float, "step": float,
    "days_after_previous": float, "years_off": float,
}  # fmt: skip
ANSWER_COLUMNS: dict[str, type] = {"dossier_id": int, "is_refused": int, "is_unexplained": float, "hours": float}
BUNDLE_COLUMNS: dict[str, type] = {
    "dossier_id": int, "missing_at_residence": float, "missing_at_insurance": float, "numbers_differ": int,
}  # fmt: skip


def gate(ledger: Ledger, read: DossierReader = read_original) -> dict[str, int]:
    """Judges every open batch and closes it. Returns how many passed and how many were stopped.

    A batch of which nothing is examined yet stays open. Nothing large is imported while no batch is open.
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
        for one in (first, *examined):
            versions[one.dossier_id] = one.version_number
            yield _seen(batch.portal_code, one, read)

    past = _past(known_of(ledger, batch))
    verdicts = judge_arrivals(batch.portal_code, batch.subject, batch.opened_at, dossiers(), past)
    return settle_batch(ledger, batch, versions, verdicts)


def _seen(portal_code: str, one: InBatch, read: DossierReader) -> ArrivedDossier:
    dossier = None
    if one.original is not None and not one.is_unreadable:
        try:
            dossier = read(portal_code, one.original)
        except Unrecognised:  # read when it came, by an earlier version of the connector
            return ArrivedDossier(one.dossier_id, one.portal_status, True, one.is_held, one.stopping_faults, None)
    return ArrivedDossier(
        one.dossier_id, one.portal_status, one.is_unreadable, one.is_held, one.stopping_faults, dossier
    )


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
    return dict(Counter("passed" if one.has_passed else "failed" for one in verdicts))


def _volumes(ledger: Ledger, day: date) -> Iterator[Verdict]:
    is_worked = day.year not in YEARS or calendar_from(day.year).is_worked(day)
    for portal_code, rows in arrived_on(ledger, day).items():
        yield from judge_day(portal_code, subject_of(portal_code, day), rows, is_worked=is_worked)


def _answers(ledger: Ledger, day: date) -> Iterator[Verdict]:
    rows: dict[str, list[dict[str, Any]]] = {code: [] for code in REGISTRY_CODES}
    for one in answered_on(ledger, day):
        rows[one.registry_code].append(
            {"dossier_id": one.dossier_id, "is_refused": int(one.is_refused), "is_unexplained": one.is_unexplained,
             "hours": one.hours}
        )  # fmt: skip
    for code, of_registry in rows.items():
        yield from judge_rows(ANSWERS, subject_of(code, day), ANSWER_COLUMNS, of_registry)


def _books(ledger: Ledger, day: date) -> list[Verdict]:
    return judge_books(subject_of(ALL, day), entered_until(ledger, day))


def judge_books(subject: str, entries: Iterable[Entered]) -> list[Verdict]:
    """Judges entries of many books. A failed verdict is about one book: commune, kind and book code."""
    rows = entry_rows(entries)
    book_of = {row["dossier_id"]: row["book"] for row in rows}
    verdicts: list[Verdict] = []
    for one in judge_rows(BOOK, subject, ENTRY_COLUMNS, rows, together="book"):
        by_book: dict[str, list[int]] = {}
        for dossier_id in one.failing_ids:
            by_book.setdefault(book_of[dossier_id], []).append(dossier_id)
        verdicts += [
            replace(one, subject=book, failing_ids=tuple(ids), observed={"failing": len(ids)})
            for book, ids in sorted(by_book.items())
        ] or [one]
    return verdicts


def entry_rows(entries: Iterable[Entered]) -> list[dict[str, Any]]:
    """The entries in the order of their books and numbers, each with how it follows the one before."""
    rows = sorted((_entry(one) for one in entries), key=lambda row: (row["book"], row["entry_number"] or 0))
    before: Mapping[str, Any] = {"book": None}
    for row in rows:
        number, on = row["entry_number"], row["registered_on"]
        if row["book"] == before["book"] and number is not None and before["entry_number"] is not None:
            row["step"] = number - before["entry_number"]
            if on and before["registered_on"]:
                row["days_after_previous"] = (on - before["registered_on"]).days
        before = row
    return rows


def _entry(one: Entered) -> dict[str, Any]:
    given, book_code = one.given, one.given.book_code
    kind = KIND_OF.get(procedure_code(one.procedure_as_written or "") or "", "")
    year = int(book_code[-4:]) if book_code and BOOK_CODE.fullmatch(book_code) else None
    number = given.entry_number or ""
    return {
        "dossier_id": one.dossier_id, "book": f"{one.commune_code or ''}/{kind}/{book_code or ''}",
        "book_code": book_code, "registered_on": given.registered_on,
        "entry_number": int(number) if number.isascii() and number.isdecimal() else None,
        "years_off": given.registered_on.year - year if given.registered_on and year else None,
    }  # fmt: skip


def _agreement(ledger: Ledger, day: date) -> list[Verdict]:
    rows = (bundle_row(one) for one in bundles_until(ledger, day))
    return judge_rows(AGREEMENT, subject_of(ALL, day), BUNDLE_COLUMNS, rows)


def bundle_row(one: Bundle) -> dict[str, Any]:
    """Whether a birth is where its route leads; of other bundles only whether the numbers agree."""
    is_birth = KIND_OF.get(procedure_code(one.procedure_as_written or "") or "") == "birth"

    def missing_at(registry_code: str) -> int | None:
        state = one.states.get(registry_code)
        return None if state is None or not is_birth else int(state not in ENDED)

    return {
        "dossier_id": one.dossier_id, "missing_at_residence": missing_at("residence"),
        "missing_at_insurance": missing_at("health_insurance"), "numbers_differ": int(one.has_different_numbers),
    }  # fmt: skip


def build_docs(ledger: Ledger, folder: Path, days: int = 30) -> int:
    """Writes what was judged in the last days as pages, with counts and keys only; returns how many."""
    since = datetime.now(VIETNAM) - timedelta(days=days)
    return write_site((_shown(one) for one in kept_verdicts(ledger, since)), folder)


def _shown(one: Kept) -> ShownVerdict:
    day = one.checked_at.astimezone(VIETNAM).date()
    portal_code = one.subject.split("/")[0]
    batch = f"Đợt {one.batch_id}, {PROVINCES[portal_code].name_vi}" if one.batch_id and portal_code in PROVINCES else ""
    return ShownVerdict(
        f"batch-{one.batch_id}" if one.batch_id else f"day-{day}", batch or f"Xem ngày {day:%d/%m/%Y}", one.batch_state,
        one.suite, one.subject, one.expectation, one.checked_at, one.has_passed, one.stops, one.observed, one.failing,
        one.keys,
    )  # fmt: skip
