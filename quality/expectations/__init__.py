"""Expectations on many at once: a batch of a portal, the entries of a book, a registry's answers of a day.

`declared` says what is expected, `validation` has Great Expectations judge it; here the results of all chunks become
verdicts. Great Expectations is imported only when there is something to judge.
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
"""The least numbers for shares to be judged: children for sexes, today's and past dossiers for procedures."""
ENOUGH_OF_KIND, USUALLY = 30, 0.5
"""A field is usual when the share `USUALLY` of past dossiers of a kind filled it. It is missed in a batch with at least
`ENOUGH_OF_KIND` dossiers of that kind."""

NEVER_WAIVED = frozenset({"stopping_fault"})
"""A person let the dossiers of one batch pass with such a fault; that says nothing of the dossiers of another batch."""

FIGURE_COLUMNS: dict[str, type] = {
    name: float for name in ("rows_of_day", "youngest_days", "male_share", "procedure_shift")
}

T = TypeVar("T")


@dataclass(frozen=True)
class PortalHistory:
    """What is known of a portal when its batch is judged.

    `today`: the figures of the day's earlier batches that passed. `learned`: the figures of earlier days. `waived`: the
    expectations that a person let fail today. `usual_most`: the most dossiers of a usual day; None: not known.
    """

    today: Sequence[BatchFigures] = ()
    learned: BatchFigures = field(default_factory=BatchFigures)
    waived: frozenset[str] = frozenset()
    usual_most: float | None = None


@dataclass
class _Total:
    """The results of one expectation over all chunks."""

    failing: int = 0
    judged: int = 0
    unnamed: int = 0
    error: str = ""
    ids: set[int] = field(default_factory=set)
    values: set[str] = field(default_factory=set)

    def add(self, result: ExpectationResult) -> None:
        self.failing += result.failing
        self.judged += result.judged
        self.unnamed += result.unnamed
        self.error = self.error or result.error
        self.ids.update(result.ids)
        self.values.update(result.values)


def judge_arrivals(
    portal_code: str,
    subject: str,
    opened_at: datetime,
    dossiers: Iterable[ArrivedDossier],
    past: PortalHistory,
    *,
    chunk: int = CHUNK,
) -> list[Verdict]:
    """Judges a batch of a portal; a share is judged together with the day's earlier batches.

    The last verdict is FIGURES. A batch without dossiers can fail nothing but the volume.
    """
    given = _given(portal_code, past)
    batch, totals, ids_by_field = BatchFigures(), _totals(ARRIVALS), dict[str, list[int]]()
    known = set(given.get("known_fields", ()))
    rows: list[dict[str, Any]] = []
    for arrived in dossiers:  # a row is small; the dossier behind it is not kept
        row, filled = row_of(arrived, opened_at), filled_fields(arrived.dossier) if arrived.dossier else set[str]()
        batch.count_dossier(arrived, row, filled)
        for path in filled - known if known else ():
            ids_by_field.setdefault(path, []).append(arrived.dossier_id)
        rows.append(row)
        if len(rows) == chunk:
            _judge_rows(ARRIVALS, COLUMNS, rows, given, totals)
            rows = []
    if rows:
        _judge_rows(ARRIVALS, COLUMNS, rows, given, totals)
    for code, total in totals.items():
        batch.note(code, total.failing, total.judged)
    return _verdicts(subject, opened_at, batch, past, given, totals, ids_by_field)


def _verdicts(
    subject: str,
    opened_at: datetime,
    batch: BatchFigures,
    past: PortalHistory,
    given: dict[str, Any],
    totals: dict[str, _Total],
    ids_by_field: Mapping[str, Sequence[int]],
) -> list[Verdict]:
    """The verdicts of the rows; then those of the day's figures and of the filled fields, which are judged here."""
    day = BatchFigures()
    for figures in (*past.today, batch):
        day.add(figures)
    verdicts = [
        _verdict(each, subject, totals[each.code], day.judged.get(each.code), each.code in past.waived)
        for each in suite_of(ARRIVALS, "rows")
    ]
    totals = _totals(ARRIVALS)
    usual = _usual_fields(batch, past.learned)
    if usual:
        given["usual_fields"] = usual
    numbers = _figures_row(day, past.learned, opened_at)
    figures_frame = frame_of(FIGURE_COLUMNS, [numbers])
    paths = [{"field_path": path} for path in sorted(batch.count(FILLED))]
    for name, frame in (("figures", figures_frame), ("fields", frame_of({"field_path": str}, paths))):
        expected = suite_of(ARRIVALS, name)
        for code, result in ask(frame, _answerable(expected, given), given).items():
            totals[code].add(result)
            totals[code].ids.update(i for value in result.values for i in ids_by_field.get(value, ()))
        for each in expected:
            verdict = _verdict(each, subject, totals[each.code], None, each.code in past.waived)
            verdicts.append(_with_number(verdict, numbers, given.get(each.parameter or "")))
    return [*verdicts, Verdict(ARRIVALS, subject, FIGURES, "", True, observed=batch.kept())]


def _with_number(verdict: Verdict, numbers: Mapping[str, float | None], limit: Any) -> Verdict:
    """The verdict with the number that was judged, and with its limit if one was given."""
    if verdict.column not in numbers or (number := numbers[verdict.column]) is None:
        return verdict
    observed = {**verdict.observed, verdict.column: round(number, 4)}
    return replace(verdict, observed=observed if limit is None else {**observed, "limit": limit})


def judge_day(portal_code: str, subject: str, rows: int, *, is_worked: bool) -> list[Verdict]:
    """Judges the number of dossiers of a portal's finished day; on a day off there may be none."""
    volume = volume_of(portal_code)
    given = {"volume_least": volume.least if is_worked else 0, "volume_most": volume.most}
    totals = _totals(DAY)
    frame = frame_of(FIGURE_COLUMNS, [{"rows_of_day": rows}])
    for code, result in ask(frame, suite_of(DAY, "figures"), given).items():
        totals[code].add(result)
    verdicts = [_verdict(each, subject, totals[each.code], None, False) for each in suite_of(DAY, "figures")]
    return [replace(verdict, observed={**verdict.observed, "rows_of_day": rows, **given}) for verdict in verdicts]


def judge_rows(
    suite: str,
    subject: str,
    columns: Mapping[str, type],
    rows: Iterable[Mapping[str, Any]],
    *,
    chunk: int = CHUNK,
    together: str = "",
) -> list[Verdict]:
    """Judges the rows of another suite; without rows nothing fails.

    Neighbouring rows with one value in the column `together` (the entries of a book) come into one chunk.
    """
    totals = _totals(suite)
    for part in _chunks(rows, chunk, (lambda row: row[together]) if together else None):
        _judge_rows(suite, columns, part, {}, totals)
    return [_verdict(each, subject, totals[each.code], None, False) for each in suite_of(suite, "rows")]


def _totals(suite: str) -> dict[str, _Total]:
    return {code: _Total() for name, code in BY_CODE if name == suite}


def _judge_rows(
    suite: str,
    columns: Mapping[str, type],
    rows: Sequence[Mapping[str, Any]],
    given: Mapping[str, Any],
    totals: dict[str, _Total],
) -> None:
    """Adds the results of one chunk to the totals."""
    expected = _answerable(suite_of(suite, "rows"), given)
    for code, result in ask(frame_of(columns, rows), expected, given).items():
        totals[code].add(result)


def _answerable(expected: Sequence[Expectation], given: Mapping[str, Any]) -> list[Expectation]:
    """The expectations whose arguments are known; the others pass, because there is nothing to compare with."""
    return [each for each in expected if each.parameter is None or each.parameter in given]


def _verdict(
    expectation: Expectation, subject: str, total: _Total, of_day: tuple[int, int] | None, is_waived: bool
) -> Verdict:
    """Whether few enough fail. Of a share the day so far is judged, but a batch without a failing row is not stopped.

    `of_day`: failing and judged of the day so far; None when only the batch counts.
    """
    failing, judged = of_day if of_day and expectation.allowed else (total.failing, total.judged)
    too_many = bool(total.failing) and judged >= expectation.least and failing > expectation.allowed * judged
    observed: dict[str, Any] = {"failing": total.failing, "judged": total.judged}
    if (failing, judged) != (total.failing, total.judged):
        observed["day_failing"], observed["day_judged"] = failing, judged
    for name in ("error", "unnamed"):
        if value := getattr(total, name):
            observed[name] = value
    if total.values:
        observed["values"] = sorted(total.values)[:100]
    has_failed = bool(total.error) or too_many
    if is_waived and too_many and not total.error and expectation.code not in NEVER_WAIVED:
        observed["waived"], has_failed = True, False
    return Verdict(
        expectation.suite,
        subject,
        expectation.code,
        expectation.column,
        not has_failed,
        expectation.stops,
        observed,
        tuple(sorted(total.ids)) if has_failed else (),
    )


def _given(portal_code: str, past: PortalHistory) -> dict[str, Any]:
    """The arguments that are known before the batch is judged."""
    given: dict[str, Any] = {"volume_most": volume_of(portal_code).most}
    given |= {name: sorted(past.learned.count(name)) for name in COUNTED if past.learned.count(name)}
    if past.usual_most is not None:
        given["volume_usual"] = past.usual_most
    if past.learned.count(FILLED):
        given["known_fields"] = sorted(past.learned.count(FILLED))
    return given


def _usual_fields(batch: BatchFigures, learned: BatchFigures) -> list[str]:
    """The fields that should be filled in this batch: those that its frequent kinds of case usually filled."""
    kinds, past = batch.count("kind"), learned.count("kind")
    frequent = {kind for kind, count in kinds.items() if count >= ENOUGH_OF_KIND and past[kind] >= ENOUGH_ROWS}
    return sorted(
        path
        for path, count in learned.count(FILLED).items()
        if (kind := path.split(" ", 1)[0]) in frequent and count >= USUALLY * past[kind]
    )


def _figures_row(day: BatchFigures, learned: BatchFigures, opened_at: datetime) -> dict[str, float | None]:
    """The numbers of the day. One that rests on too few dossiers is null, and so is not judged."""
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
    """The largest change of a procedure's share against the past; None when there are too few dossiers."""
    now, past = day.count("procedure_code"), learned.count("procedure_code")
    if now.total() < ENOUGH_ROWS or past.total() < ENOUGH_PAST:
        return None
    return max(abs(now[code] / now.total() - past[code] / past.total()) for code in {*now, *past})


def _chunks(items: Iterable[T], size: int, belongs_to: Callable[[T], object] | None = None) -> Iterator[list[T]]:
    """Lists of at least `size` items, the last one shorter; neighbours that belong to one thing stay together."""
    part: list[T] = []
    for item in items:
        if len(part) >= size and not (belongs_to and belongs_to(item) == belongs_to(part[-1])):
            yield part
            part = []
        part.append(item)
    if part:
        yield part
