"""Acceptance: whether a book's records are right enough, judged by a sample of their fields.

A sample is drawn by a seed, so that anybody can draw it again; each column is drawn from in proportion to its fields.
The plans are `schemas.sampling`. The figures say what may be decided; a named person decides.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from math import comb

from schemas.sampling import AcceptancePlan, PlanScope, SampledField

FieldPlace = tuple[int, str]
"""A record and a column."""


def draw(
    seed: str, fields: Sequence[FieldPlace], critical: frozenset[str], plans: Mapping[PlanScope, AcceptancePlan]
) -> list[SampledField]:
    """Draws the sample of a book: `fields` are all its fields, `critical` the columns of the stricter plan.

    The sample of the general plan takes its critical fields from the sample of the critical plan, so that no field is
    looked at twice. A book with fewer fields than a plan asks for is looked at whole. Equal arguments give equal
    samples, in any order of `fields`.
    """
    shuffled = sorted(set(fields), key=lambda place: _lot(seed, place))
    of_critical = [place for place in shuffled if place[1] in critical]
    of_others = [place for place in shuffled if place[1] not in critical]
    strict = _stratified(of_critical, plans[PlanScope.CRITICAL].fields)
    general_size = min(plans[PlanScope.ALL].fields, len(shuffled))
    from_critical = round(general_size * len(of_critical) / len(shuffled)) if shuffled else 0
    general = set(_stratified(strict, from_critical)) | set(_stratified(of_others, general_size - from_critical))
    scopes: dict[FieldPlace, list[PlanScope]] = {place: [PlanScope.CRITICAL] for place in strict}
    for place in shuffled:
        if place in general:
            scopes.setdefault(place, []).append(PlanScope.ALL)
    return [
        SampledField(record_id=place[0], column=place[1], scopes=tuple(scopes[place]))
        for place in shuffled
        if place in scopes
    ]


def _lot(seed: str, place: FieldPlace) -> bytes:
    return sha256(f"{seed}/{place[0]}/{place[1]}".encode()).digest()


def _stratified(shuffled: Sequence[FieldPlace], size: int) -> list[FieldPlace]:
    """So many of the fields, each column in proportion to how often it stands there; all when there are no more."""
    by_column: dict[str, list[FieldPlace]] = {}
    for place in shuffled:
        by_column.setdefault(place[1], []).append(place)
    shares = {column: size * len(places) / len(shuffled) for column, places in by_column.items()}
    taken = {column: min(int(share), len(by_column[column])) for column, share in shares.items()}
    left_over = sorted(by_column, key=lambda column: (taken[column] - shares[column], column))
    for column in left_over:
        if sum(taken.values()) < size and taken[column] < len(by_column[column]):
            taken[column] += 1
    return [place for column in by_column for place in by_column[column][: taken[column]]]


class Outlook(StrEnum):
    """What a sample allows so far."""

    OPEN = "open"  # too little was looked at
    ACCEPTABLE = "acceptable"
    REJECTABLE = "rejectable"  # more errors than a plan allows, whatever the rest says


@dataclass(frozen=True)
class ScopeCount:
    """A plan and how its sample stands. `drawn` is less than the plan asks for in a small book."""

    plan: AcceptancePlan
    drawn: int
    checked: int
    errors: int

    @property
    def is_exceeded(self) -> bool:
        return self.errors > self.plan.accept_at_most


@dataclass(frozen=True)
class SampleJudgement:
    """What a sample allows, and the counts of each plan."""

    outlook: Outlook
    counts: Mapping[PlanScope, ScopeCount]


def judge(plans: Mapping[PlanScope, AcceptancePlan], sample: Iterable[SampledField]) -> SampleJudgement:
    """Acceptable when every field was looked at and no plan is exceeded; a sample of nothing proves nothing."""
    fields = list(sample)
    counts = {
        scope: _count(plan, [field for field in fields if scope in field.scopes]) for scope, plan in plans.items()
    }
    if any(count.is_exceeded for count in counts.values()):
        return SampleJudgement(Outlook.REJECTABLE, counts)
    is_done = bool(fields) and all(field.verdict is not None for field in fields)
    return SampleJudgement(Outlook.ACCEPTABLE if is_done else Outlook.OPEN, counts)


def _count(plan: AcceptancePlan, fields: Sequence[SampledField]) -> ScopeCount:
    checked = sum(field.verdict is not None for field in fields)
    return ScopeCount(plan, len(fields), checked, sum(field.is_error for field in fields))


def probability_of_acceptance(plan: AcceptancePlan, true_error_rate: float) -> float:
    """How often a book with this share of wrong fields passes the plan (binomial: the lot is large)."""
    right = 1 - true_error_rate
    return sum(
        comb(plan.fields, errors) * true_error_rate**errors * right ** (plan.fields - errors)
        for errors in range(plan.accept_at_most + 1)
    )
