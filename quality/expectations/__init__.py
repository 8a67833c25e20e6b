"""Expectations on many at once: a batch of a portal, the entries of a book, a registry's answers of a day.

What is expected is declared in `declared`, asked of Great Expectations in `validation`; here the answers of all chunks
become verdicts. Nothing of Great Expectations is imported before there is something to judge.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from quality.expectations.declared import ARRIVALS, BY_CODE, DAY, Expectation, suite_of, volume_of
from quality.expectations.facts import (
    CHILD_SEX,
    COLUMNS,
    COUNTED,
    FILLED,
    ArrivedDossier,
    BatchFigures,
    filled_fields,
    row_of,
)
from quality.expectations.validation import ExpectationResult, ask, frame_of
from schemas.expectation import FIGURES, Verdict

CHUNK = 50_000

ENOUGH_CHILDREN, ENOUGH_ROWS, ENOUGH_PAST = 50, 100, 500
"""How many there must be before shares of sexes and procedures mean something, today and in the past."""
ENOUGH_OF_KIND, USUALLY = 30, 0.5
"""A field is usual when this share of a kind's past dossiers filled it, and is missed among so many of the batch."""

NEVER_WAIVED = frozenset({"stopping_fault"})
"""A person let dossiers with such a fault pass; those of another batch are others."""

FIGURE_COLUMNS: dict[str, type] = {
    name: float for name in ("rows_of_day", "youngest_days", "male_share", "procedure_shift")
}

T = TypeVar("T")


@dataclass(frozen=True)
class PortalHistory:
    """What a batch is judged with: the day's earlier batches that passed, and what was learned of the portal before.

    `waived`: what a person let pass today. `usual_most`: the most dossiers a day usually brings; None: not known.
    """

    today: Sequence[BatchFigures] = ()
    learned: BatchFigures = field(default_factory=BatchFigures)
    waived: frozenset[str] = frozenset()
    usual_most: float | None = None


@dataclass
class _Sum:
    """What an expectation found in all chunks."""

    failing: int = 0
    judged: int = 0
    unnamed: int = 0
    error: str = ""
    ids: set[int] = field(default_factory=set)
    values: set[str] = field(default_factory=set)

    def add(self, found: ExpectationResult) -> None:
        self.failing += found.failing
        self.judged += found.judged
        self.unnamed += found.unnamed
        self.error = self.error or found.error
        self.ids.update(found.ids)
        self.values.update(found.values)


def judge_arrivals(
    portal_code: str,
    subject: str,
    opened_at: datetime,
    dossiers: Iterable[ArrivedDossier],
    past: PortalHistory,
    *,
    chunk: int = CHUNK,
) -> list[Verdict]:
    """Judges a batch of a portal, with the day's earlier ones where a share is judged. The last verdict is FIGURES.

    A batch without dossiers has nothing to fail but the volume.
    """
    given = _given(portal_code, past)
    batch, sums, ids_by_field = BatchFigures(), _sums(ARRIVALS), dict[str, list[int]]()
    known = set(given.get("known_fields", ()))

    def rows() -> Iterator[dict[str, Any]]:  # a line is small, the dossier behind it is not kept
        for one in dossiers:
            row, filled = row_of(one, opened_at), filled_fields(one.dossier) if one.dossier else set[str]()
            batch.see(one, row, filled)
            for path in filled - known if known else ():
                ids_by_field.setdefault(path, []).append(one.dossier_id)
            yield row

    for part in _chunks(rows(), chunk):
        _ask_rows(ARRIVALS, COLUMNS, part, given, sums)
    for code, found in sums.items():
        batch.note(code, found.failing, found.judged)
    return _verdicts(subject, opened_at, batch, past, given, sums, ids_by_field)


def _verdicts(
    subject: str, opened_at: datetime, batch: BatchFigures, past: PortalHistory, given: dict[str, Any], sums: dict[str, _Sum],
    ids_by_field: Mapping[str, Sequence[int]],
) -> list[Verdict]:  # fmt: skip
    day = BatchFigures()
    for figures in (*past.today, batch):
        day.add(figures)
    verdicts = [
        _verdict(one, subject, sums[one.code], day.judged.get(one.code), one.code in past.waived)
        for one in suite_of(ARRIVALS, "rows")
    ]
    sums = _sums(ARRIVALS)
    usual = _usual_fields(batch, past.learned)
    if usual:
        given["usual_fields"] = usual
    numbers = _figures_row(day, past.learned, opened_at)
    figures_frame = frame_of(FIGURE_COLUMNS, [numbers])
    paths = [{"field_path": path} for path in sorted(batch.count(FILLED))]
    for name, frame in (("figures", figures_frame), ("fields", frame_of({"field_path": str}, paths))):
        expected = suite_of(ARRIVALS, name)
        for code, found in ask(frame, _answerable(expected, given), given).items():
            sums[code].add(found)
            sums[code].ids.update(i for value in found.values for i in ids_by_field.get(value, ()))
        for one in expected:
            verdict = _verdict(one, subject, sums[one.code], None, one.code in past.waived)
            verdicts.append(_seen(verdict, numbers, given.get(one.parameter or "")))
    return [*verdicts, Verdict(ARRIVALS, subject, FIGURES, "", True, observed=batch.kept())]


def _seen(verdict: Verdict, numbers: Mapping[str, float | None], limit: Any) -> Verdict:
    """The verdict with the number that was judged, and the limit where one was given."""
    if verdict.column not in numbers or (number := numbers[verdict.column]) is None:
        return verdict
    observed = {**verdict.observed, verdict.column: round(number, 4)}
    return replace(verdict, observed=observed if limit is None else {**observed, "limit": limit})


def judge_day(portal_code: str, subject: str, rows: int, *, is_worked: bool) -> list[Verdict]:
    """Judges the volume of a portal's finished day; on a day off nothing need come."""
    volume = volume_of(portal_code)
    given = {"volume_least": volume.least if is_worked else 0, "volume_most": volume.most}
    sums = _sums(DAY)
    for code, found in ask(frame_of(FIGURE_COLUMNS, [{"rows_of_day": rows}]), suite_of(DAY, "figures"), given).items():
        sums[code].add(found)
    verdicts = [_verdict(one, subject, sums[one.code], None, False) for one in suite_of(DAY, "figures")]
    return [replace(one, observed={**one.observed, "rows_of_day": rows, **given}) for one in verdicts]


def judge_rows(
    suite: str, subject: str, columns: Mapping[str, type], rows: Iterable[Mapping[str, Any]], *, chunk: int = CHUNK,
    together: str = "",
) -> list[Verdict]:  # fmt: skip
    """Judges lines of another suite; no lines fail nothing. Lines that follow each other with the same value in the
    column `together` (the entries of a book) come into the same chunk."""
    sums = _sums(suite)
    for part in _chunks(rows, chunk, (lambda row: row[together]) if together else None):
        _ask_rows(suite, columns, part, {}, sums)
    return [_verdict(one, subject, sums[one.code], None, False) for one in suite_of(suite, "rows")]


def _sums(suite: str) -> dict[str, _Sum]:
    return {code: _Sum() for name, code in BY_CODE if name == suite}


def _ask_rows(
    suite: str, columns: Mapping[str, type], rows: Sequence[Mapping[str, Any]], given: Mapping[str, Any],
    sums: dict[str, _Sum],
) -> None:  # fmt: skip
    expected = _answerable(suite_of(suite, "rows"), given)
    for code, found in ask(frame_of(columns, rows), expected, given).items():
        sums[code].add(found)


def _answerable(expected: Sequence[Expectation], given: Mapping[str, Any]) -> list[Expectation]:
    """Those whose arguments are known; the others pass, having nothing to compare with."""
    return [one for one in expected if one.parameter is None or one.parameter in given]


def _verdict(one: Expectation, subject: str, found: _Sum, of_day: tuple[int, int] | None, is_waived: bool) -> Verdict:
    """Whether few enough fail. Of a share the day so far is judged, but nobody is stopped for what others brought."""
    failing, judged = of_day if of_day and one.allowed else (found.failing, found.judged)
    too_many = bool(found.failing) and judged >= one.least and failing > one.allowed * judged
    observed: dict[str, Any] = {"failing": found.failing, "judged": found.judged}
    if (failing, judged) != (found.failing, found.judged):
        observed["day_failing"], observed["day_judged"] = failing, judged
    for name in ("error", "unnamed"):
        if value := getattr(found, name):
            observed[name] = value
    if found.values:
        observed["values"] = sorted(found.values)[:100]
    has_failed = bool(found.error) or too_many
    if is_waived and too_many and not found.error and one.code not in NEVER_WAIVED:
        observed["waived"], has_failed = True, False
    return Verdict(one.suite, subject, one.code, one.column, not has_failed, one.stops, observed,
                   tuple(sorted(found.ids)) if has_failed else ())  # fmt: skip


def _given(portal_code: str, past: PortalHistory) -> dict[str, Any]:
    """The arguments known before the batch is looked at."""
    given: dict[str, Any] = {"volume_most": volume_of(portal_code).most}
    given |= {name: sorted(past.learned.count(name)) for name in COUNTED if past.learned.count(name)}
    if past.usual_most is not None:
        given["volume_usual"] = past.usual_most
    if past.learned.count(FILLED):
        given["known_fields"] = sorted(past.learned.count(FILLED))
    return given


def _usual_fields(batch: BatchFigures, learned: BatchFigures) -> list[str]:
    """What should be filled in this batch: what its frequent kinds of cases filled as a rule."""
    kinds, past = batch.count("kind"), learned.count("kind")
    frequent = {kind for kind, count in kinds.items() if count >= ENOUGH_OF_KIND and past[kind] >= ENOUGH_ROWS}
    return sorted(
        path for path, count in learned.count(FILLED).items()
        if (kind := path.split(" ", 1)[0]) in frequent and count >= USUALLY * past[kind]
    )  # fmt: skip


def _figures_row(day: BatchFigures, learned: BatchFigures, opened_at: datetime) -> dict[str, float | None]:
    """The day's numbers; one that too few dossiers speak of is null and not judged."""
    sexes = day.count(CHILD_SEX)
    children = sexes.total()
    age_s = (opened_at - day.youngest_at).total_seconds() if day.youngest_at else None
    return {
        "rows_of_day": day.rows,
        "youngest_days": age_s / 86_400 if age_s is not None else None,
        "male_share": sexes["male"] / children if children >= ENOUGH_CHILDREN else None,
        "procedure_shift": _shift(day, learned),
    }


def _shift(day: BatchFigures, learned: BatchFigures) -> float | None:
    """The largest change of a procedure's share against the past."""
    now, past = day.count("procedure_code"), learned.count("procedure_code")
    if now.total() < ENOUGH_ROWS or past.total() < ENOUGH_PAST:
        return None
    return max(abs(now[code] / now.total() - past[code] / past.total()) for code in {*now, *past})


def _chunks(items: Iterable[T], size: int, belongs_to: Callable[[T], object] | None = None) -> Iterator[list[T]]:
    part: list[T] = []
    for item in items:
        if len(part) >= size and not (belongs_to and belongs_to(item) == belongs_to(part[-1])):
            yield part
            part = []
        part.append(item)
    if part:
        yield part
