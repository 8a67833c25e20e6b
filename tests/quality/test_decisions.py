"""What a person may decide about a dossier as it stands: each act with each reason against it, and without any."""

from dataclasses import replace

import pytest

from quality.decisions import rejection
from schemas.decision import Act, DecisionContext, RejectionReason

HELD = DecisionContext("held", seen_version=2, current_version=2, is_at_fault=True)
"""A check found fault with it; nothing was sent."""
REFUSED = replace(HELD, state="cleared", is_touched=True, is_refused=True)
"""The first registry has it, the second refused it."""
NOTED = replace(HELD, state="cleared", is_touched=True)
"""It is on its way, and something was found beside it."""
ON_ITS_WAY = DecisionContext("cleared", seen_version=2, current_version=2, is_touched=True)
CHANGED = replace(HELD, is_touched=True, is_changed=True)
"""A registry has it, and its portal changed it since."""
CORRECTING = replace(ON_ITS_WAY, has_correction=True)
"""A correction is planned and not sent."""
PARKED = replace(CORRECTING, is_at_fault=True, is_parked=True)
"""A correction waits to be done at its registry."""
PULLED = DecisionContext("pulled", seen_version=2, current_version=2)
WAITING_EDIT = replace(HELD, decided_act=Act.EDITED, decided_by="lan", is_unresolved=True)
"""Lan's edit, which waits for a second person."""
DONE_EDIT = replace(WAITING_EDIT, is_unresolved=False)
"""Lan's edit, which a second person confirmed or which needed none."""

ABOUT_DOSSIERS = (
    Act.EDITED, Act.RELEASED, Act.SUPPLEMENT_ASKED, Act.REJECTED, Act.RESENT, Act.CORRECTED, Act.ANNULLED, Act.KEPT,
    Act.SETTLED,
)  # fmt: skip
ABOUT_DECISIONS = (Act.CONFIRMED, Act.DECLINED, Act.UNDONE)


def reason(act: Act, context: DecisionContext, actor: str = "hoa") -> str | None:
    found = rejection(act, context, actor)
    return None if found is None else found.value


def test_every_act_is_about_a_dossier_or_about_an_earlier_decision() -> None:
    assert {*ABOUT_DOSSIERS, *ABOUT_DECISIONS} == set(Act)


# Whatever is decided


@pytest.mark.parametrize("act", Act)
def test_nothing_is_decided_about_an_erased_dossier(act: Act) -> None:
    assert reason(act, replace(WAITING_EDIT, is_erased=True)) == "erased"


@pytest.mark.parametrize("act", Act)
def test_nothing_is_decided_about_a_version_that_is_not_the_latest(act: Act) -> None:
    assert reason(act, replace(WAITING_EDIT, seen_version=1)) == "overtaken"


def test_that_a_dossier_is_erased_is_said_before_that_it_changed() -> None:
    assert reason(Act.EDITED, replace(HELD, is_erased=True, seen_version=1)) == "erased"


# About a dossier


DOSSIER_ROWS: tuple[tuple[Act, DecisionContext, str | None], ...] = (
    (Act.EDITED, HELD, None),
    (Act.EDITED, REFUSED, None),
    (Act.EDITED, NOTED, None),
    (Act.EDITED, replace(PULLED, is_at_fault=True), None),
    (Act.EDITED, replace(HELD, is_at_fault=False), "not_at_fault"),
    (Act.EDITED, ON_ITS_WAY, "not_at_fault"),
    (Act.EDITED, replace(HELD, is_under_way=True), "under_way"),
    (Act.EDITED, replace(ON_ITS_WAY, is_under_way=True), "under_way"),
    (Act.RELEASED, HELD, None),
    (Act.RELEASED, replace(HELD, is_at_fault=False), None),
    (Act.RELEASED, replace(HELD, is_touched=True, is_refused=True), None),
    (Act.RELEASED, NOTED, None),
    (Act.RELEASED, replace(NOTED, is_under_way=True), None),
    (Act.RELEASED, ON_ITS_WAY, "not_at_fault"),
    (Act.RELEASED, REFUSED, "not_at_fault"),
    (Act.RELEASED, PULLED, "not_at_fault"),
    (Act.RELEASED, replace(PULLED, is_at_fault=True), "not_at_fault"),
    (Act.RELEASED, replace(HELD, state="waiting"), "not_at_fault"),
    (Act.RELEASED, replace(HELD, state="closed"), "not_at_fault"),
    (Act.SUPPLEMENT_ASKED, HELD, None),
    (Act.SUPPLEMENT_ASKED, replace(HELD, state="cleared", is_refused=True), None),
    (Act.SUPPLEMENT_ASKED, REFUSED, "registered"),
    (Act.SUPPLEMENT_ASKED, replace(HELD, is_under_way=True, is_touched=True), "under_way"),
    (Act.SUPPLEMENT_ASKED, ON_ITS_WAY, "not_at_fault"),
    (Act.REJECTED, HELD, None),
    (Act.REJECTED, replace(HELD, state="cleared", is_refused=True), None),
    (Act.REJECTED, REFUSED, "registered"),
    (Act.REJECTED, replace(HELD, is_under_way=True, is_touched=True), "under_way"),
    (Act.REJECTED, PULLED, "not_at_fault"),
    (Act.RESENT, REFUSED, None),
    (Act.RESENT, replace(REFUSED, is_at_fault=False), None),
    (Act.RESENT, replace(REFUSED, state="held"), "not_at_fault"),
    (Act.RESENT, NOTED, "not_at_fault"),
    (Act.RESENT, HELD, "not_at_fault"),
    (Act.CORRECTED, CHANGED, None),
    (Act.CORRECTED, replace(CHANGED, is_under_way=True), None),
    (Act.CORRECTED, HELD, "not_changed"),
    (Act.CORRECTED, replace(CHANGED, is_changed=False), "not_changed"),
    (Act.CORRECTED, replace(CHANGED, is_touched=False), "not_changed"),
    (Act.CORRECTED, replace(CHANGED, state="pulled"), "not_changed"),
    (Act.ANNULLED, CHANGED, None),
    (Act.ANNULLED, ON_ITS_WAY, "not_changed"),
    (Act.KEPT, CHANGED, None),
    (Act.KEPT, replace(CHANGED, is_changed=False), None),
    (Act.KEPT, CORRECTING, None),
    (Act.KEPT, PARKED, None),
    (Act.KEPT, HELD, "not_changed"),
    (Act.KEPT, ON_ITS_WAY, "not_changed"),
    (Act.SETTLED, PARKED, None),
    (Act.SETTLED, CORRECTING, "resolved"),
)


@pytest.mark.parametrize(("act", "context", "expected"), DOSSIER_ROWS)
def test_a_dossier_is_decided_or_the_reason_against_it_is_said(
    act: Act, context: DecisionContext, expected: str | None
) -> None:
    assert reason(act, context) == expected


# About an earlier decision


DECISION_ROWS: tuple[tuple[Act, DecisionContext, str, str | None], ...] = (
    (Act.CONFIRMED, WAITING_EDIT, "hoa", None),
    (Act.CONFIRMED, WAITING_EDIT, "lan", "own"),
    (Act.CONFIRMED, DONE_EDIT, "hoa", "resolved"),
    (Act.CONFIRMED, DONE_EDIT, "lan", "resolved"),
    (Act.DECLINED, WAITING_EDIT, "hoa", None),
    (Act.DECLINED, WAITING_EDIT, "lan", None),
    (Act.DECLINED, DONE_EDIT, "hoa", "resolved"),
    (Act.UNDONE, WAITING_EDIT, "lan", None),
    (Act.UNDONE, DONE_EDIT, "hoa", None),
    (Act.UNDONE, replace(DONE_EDIT, is_under_way=True), "lan", None),
    (Act.UNDONE, replace(DONE_EDIT, is_over=True), "lan", "resolved"),
    (Act.UNDONE, replace(DONE_EDIT, is_sent=True), "lan", "registered"),
    (Act.UNDONE, replace(DONE_EDIT, is_reported=True), "lan", "reported"),
    (Act.UNDONE, replace(DONE_EDIT, is_sent=True, is_reported=True), "lan", "registered"),
    (Act.UNDONE, replace(DONE_EDIT, is_over=True, is_sent=True, is_reported=True), "lan", "resolved"),
    (Act.UNDONE, replace(DONE_EDIT, decided_act=Act.RELEASED), "lan", None),
    (Act.UNDONE, replace(DONE_EDIT, state="waiting", decided_act=Act.SUPPLEMENT_ASKED), "lan", None),
    (Act.UNDONE, replace(DONE_EDIT, state="closed", decided_act=Act.REJECTED, is_reported=True), "lan", "reported"),
    (Act.UNDONE, replace(DONE_EDIT, decided_act=Act.CONFIRMED), "lan", "resolved"),
    (Act.UNDONE, replace(DONE_EDIT, decided_act=Act.DECLINED), "lan", "resolved"),
    (Act.UNDONE, replace(DONE_EDIT, decided_act=Act.RESENT), "lan", "resolved"),
    (Act.UNDONE, replace(DONE_EDIT, decided_act=Act.UNDONE), "lan", "resolved"),
    (Act.UNDONE, replace(DONE_EDIT, decided_act=Act.SETTLED), "lan", "resolved"),
    (Act.UNDONE, replace(DONE_EDIT, decided_act=Act.CORRECTED), "lan", None),
    (Act.UNDONE, replace(DONE_EDIT, decided_act=Act.CORRECTED, is_sent=True), "lan", "registered"),
    (Act.CONFIRMED, replace(WAITING_EDIT, decided_act=Act.ANNULLED), "hoa", None),
    (Act.CONFIRMED, replace(WAITING_EDIT, decided_act=Act.ANNULLED), "lan", "own"),
)


@pytest.mark.parametrize(("act", "context", "actor", "expected"), DECISION_ROWS)
def test_an_earlier_decision_is_resolved_or_the_reason_against_it_is_said(
    act: Act, context: DecisionContext, actor: str, expected: str | None
) -> None:
    assert reason(act, context, actor) == expected


def test_every_reason_but_that_of_an_unfit_value_is_shown_here() -> None:
    """Whether a value fits is known only where the dossier is opened."""
    shown = {row[-1] for row in (*DOSSIER_ROWS, *DECISION_ROWS)} | {"erased", "overtaken"}
    assert {reason.value for reason in RejectionReason} - shown == {"unfit"}
    assert {row[0] for row in (*DOSSIER_ROWS, *DECISION_ROWS) if row[-1] is not None} == set(Act)
