"""A book passes by a sample of its fields: drawn so that anybody can draw it again, judged by plans that are data."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

import pytest

from quality.acceptance import Outlook, draw, judge, probability_of_acceptance
from schemas.sampling import AcceptancePlan, FieldVerdict, PlanScope, SampledField, acceptance_plans

DAY = date(2026, 11, 30)
NORMAL = acceptance_plans(is_tightened=False, day=DAY)
TIGHTENED = acceptance_plans(is_tightened=True, day=DAY)
CRITICAL = frozenset({"nksHoTen", "nksNgaySinh"})
COLUMNS = ("nksHoTen", "nksNgaySinh", "nksDanToc", "noiDangKy", "nguoiKy", "ghiChu", "nksQueQuan")
FIELDS = [(record, column) for record in range(1, 301) for column in COLUMNS]


def plan(fields: int, accept_at_most: int) -> AcceptancePlan:
    return AcceptancePlan(
        scope=PlanScope.ALL,
        is_tightened=False,
        fields=fields,
        accept_at_most=accept_at_most,
        certainty="assumed",
        source="invented for the test",
    )


@pytest.mark.parametrize(
    ("fields", "accept_at_most", "by_rate"),
    [
        (50, 1, {0.002: 0.995, 0.0065: 0.958, 0.01: 0.911, 0.02: 0.736, 0.03: 0.555, 0.05: 0.279}),
        (125, 2, {0.002: 0.998, 0.0065: 0.951, 0.01: 0.869, 0.02: 0.543, 0.03: 0.273, 0.05: 0.048}),
        (200, 3, {0.002: 0.999, 0.0065: 0.957, 0.01: 0.858, 0.02: 0.431, 0.03: 0.147, 0.05: 0.009}),
        (315, 5, {0.002: 1.0, 0.0065: 0.982, 0.01: 0.901, 0.02: 0.397, 0.03: 0.088, 0.05: 0.001}),
    ],
)
def test_how_often_a_book_passes_is_what_was_computed_apart(
    fields: int, accept_at_most: int, by_rate: dict[float, float]
) -> None:
    for rate, passes in by_rate.items():
        assert round(probability_of_acceptance(plan(fields, accept_at_most), rate), 3) == passes


def test_the_plans_are_two_hundred_fields_with_three_errors_and_stricter_ones() -> None:
    general, critical = NORMAL[PlanScope.ALL], NORMAL[PlanScope.CRITICAL]
    assert (general.fields, general.accept_at_most) == (200, 3)
    assert (critical.fields, critical.accept_at_most) == (200, 1)
    for scope in PlanScope:
        for rate in (0.002, 0.0065, 0.01, 0.02):
            strict = probability_of_acceptance(TIGHTENED[scope], rate)
            assert strict < probability_of_acceptance(NORMAL[scope], rate), "tightened after a rejection"


def test_a_sample_is_drawn_again_by_its_seed_and_not_by_another() -> None:
    first = draw("book 1", FIELDS, CRITICAL, NORMAL)
    assert draw("book 1", FIELDS[::-1], CRITICAL, NORMAL) == first
    assert draw("book 2", FIELDS, CRITICAL, NORMAL) != first


def test_each_plan_has_its_fields_and_each_column_its_share() -> None:
    sample = draw("book 1", FIELDS, CRITICAL, NORMAL)
    of_critical = [field for field in sample if PlanScope.CRITICAL in field.scopes]
    general = [field for field in sample if PlanScope.ALL in field.scopes]
    assert len(general) == 200
    assert Counter(field.column for field in of_critical) == {"nksHoTen": 100, "nksNgaySinh": 100}
    by_column = Counter(field.column for field in general)
    assert by_column.keys() == set(COLUMNS)
    assert set(by_column.values()) <= {28, 29}, "200 fields of seven columns that stand equally often"
    assert len({(field.record_id, field.column) for field in sample}) == len(sample)


def test_a_small_book_is_looked_at_whole() -> None:
    sample = draw("book 1", FIELDS[:14], CRITICAL, NORMAL)
    assert len(sample) == 14
    assert sum(PlanScope.ALL in field.scopes for field in sample) == 14
    assert sum(PlanScope.CRITICAL in field.scopes for field in sample) == 4
    assert draw("book 1", [], CRITICAL, NORMAL) == []


def looked_at(sample: Iterable[SampledField], wrong: int, column: str = "ghiChu") -> list[SampledField]:
    """All looked at, and so many fields of a column differ."""
    done = []
    for field in sample:
        differs = wrong > 0 and field.column == column and PlanScope.ALL in field.scopes
        wrong -= differs
        verdict = FieldVerdict.DIFFERS if differs else FieldVerdict.SAME
        done.append(field.model_copy(update={"verdict": verdict, "checked_by": "ba"}))
    assert wrong == 0
    return done


SAMPLE = draw("book 1", FIELDS, CRITICAL, NORMAL)


@pytest.mark.parametrize(
    ("wrong", "column", "outlook"),
    [
        (0, "ghiChu", Outlook.ACCEPTABLE),
        (3, "ghiChu", Outlook.ACCEPTABLE),
        (4, "ghiChu", Outlook.REJECTABLE),
        (1, "nksHoTen", Outlook.ACCEPTABLE),
        (2, "nksHoTen", Outlook.REJECTABLE),
    ],
)
def test_a_book_passes_with_as_many_errors_as_its_plans_allow(wrong: int, column: str, outlook: Outlook) -> None:
    assert judge(NORMAL, looked_at(SAMPLE, wrong, column)).outlook == outlook


def test_nothing_passes_before_every_field_was_looked_at() -> None:
    almost = [*looked_at(SAMPLE[1:], 0), SAMPLE[0]]
    assert judge(NORMAL, almost).outlook == Outlook.OPEN
    assert judge(NORMAL, []).outlook == Outlook.OPEN, "a sample of nothing proves nothing"


def test_a_difference_counts_as_an_error_until_another_person_upholds_the_book() -> None:
    done = looked_at(SAMPLE, 4)
    position = next(at for at, field in enumerate(done) if field.verdict == FieldVerdict.DIFFERS)
    done[position] = done[position].model_copy(update={"is_upheld": True, "settled_by": "sen"})
    judgement = judge(NORMAL, done)
    assert judgement.outlook == Outlook.ACCEPTABLE
    assert judgement.counts[PlanScope.ALL].errors == 3
    done[position] = done[position].model_copy(update={"is_upheld": False})
    assert judge(NORMAL, done).outlook == Outlook.REJECTABLE
