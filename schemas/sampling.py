"""Acceptance of a book by a sample of its fields: the plans as data, and a sampled field with what was found in it.

`data/acceptance_plans.csv` has a row for each plan. The numbers are those of common practice for lots of some thousand
fields; what the standard in force says of them is still to be checked (`certainty`).
"""

from datetime import date
from enum import StrEnum

from schemas.fields import Model
from schemas.in_force import RowInForce, in_force, read_rows


class PlanScope(StrEnum):
    """The fields that a plan is about."""

    ALL = "all"
    CRITICAL = "critical"  # an error in them changes who somebody is


class AcceptancePlan(RowInForce):
    """`fields` are drawn; the book passes with at most `accept_at_most` errors in them. `is_tightened`: for a book that
    was rejected before."""

    scope: PlanScope
    is_tightened: bool
    fields: int
    accept_at_most: int


class FieldVerdict(StrEnum):
    """What a blind second look at a sampled field found."""

    SAME = "same"
    DIFFERS = "differs"


class SampledField(Model):
    """A field of a sample. `scopes`: the plans that it counts for. `checked_by`: who keyed it again, blind.
    `is_upheld`: another person saw both values and the crop and found that the book is right; None when nobody looked
    at the difference. A difference that nobody settled counts as an error."""

    record_id: int
    column: str
    scopes: tuple[PlanScope, ...]
    verdict: FieldVerdict | None = None
    checked_by: str | None = None
    is_upheld: bool | None = None
    settled_by: str | None = None

    @property
    def is_error(self) -> bool:
        return self.verdict == FieldVerdict.DIFFERS and not self.is_upheld


def acceptance_plans(*, is_tightened: bool, day: date) -> dict[PlanScope, AcceptancePlan]:
    """The plan of each scope in force on a day. Raises LookupError when one is missing."""
    rows: tuple[AcceptancePlan, ...] = read_rows("acceptance_plans.csv", AcceptancePlan)
    plans: dict[PlanScope, AcceptancePlan] = {}
    for scope in PlanScope:
        plan = in_force([row for row in rows if row.scope == scope and row.is_tightened == is_tightened], day)
        if plan is None:
            raise LookupError(f"acceptance_plans.csv has no plan for {scope} on {day}")
        plans[scope] = plan
    return plans
