"""A registered birth that its portal changes: what goes on by itself, what is corrected in order, what is parked, and
that the registries end in the truth that civil status was given."""

from collections.abc import Iterator
from importlib.metadata import version
from random import Random

import pytest

from connectors.ledger import Ledger
from connectors.sandbox.server import SimulatedFault
from dags.steps import deciding
from schemas.decision import RejectionReason
from tests.support.corrections import Office, open_office, untruths

ORIGINALS = [(code, "register", "registered") for code in ("civil_status", "residence", "health_insurance")]
RNG = Random(3)


@pytest.fixture
def office(ledger: Ledger) -> Iterator[Office]:
    opened = open_office(ledger, 1)
    yield opened
    opened.pipeline.sandbox.stop()


@pytest.fixture
def code(office: Office) -> str:
    """A birth that all three registries have."""
    (only,) = office.codes
    office.quiet()
    assert office.deliveries(only) == ORIGINALS
    return only


@pytest.mark.parametrize("kind", ["due", "abstract"])
def test_a_change_that_no_registry_is_sent_goes_on_by_itself(office: Office, code: str, kind: str) -> None:
    office.amend(code, kind, RNG)
    office.quiet()
    assert (office.state(code), office.causes(code), office.deliveries(code)) == ("cleared", [], ORIGINALS)
    assert list(untruths(office, {code: office.first[code]})) == []


def test_a_change_of_words_is_shown_for_each_registry_that_would_be_sent_others(office: Office, code: str) -> None:
    office.amend(code, "home", RNG)
    office.quiet()
    assert (office.state(code), office.causes(code)) == ("held", ["changed_after_sending"])
    was, now = (dossier.case.residence.detail for dossier in (office.first[code], office.now[code]))
    shown = {each.registry_code: (each.takes, each.is_changed, each.lines) for each in office.differences(code)}
    assert shown["civil_status"] == (True, False, [])
    for registry_code, takes in (("residence", False), ("health_insurance", True)):
        found_takes, is_changed, (line,) = shown[registry_code]
        assert (found_takes, is_changed) == (takes, True)
        assert (line.field_path, line.was, line.now) == ("case.residence.detail", was, now)


def test_a_correction_walks_the_registries_in_order_and_is_parked_where_none_is_taken(
    office: Office, code: str
) -> None:
    office.amend(code, "child_name", RNG)
    office.quiet()
    office.decide("correct", code)
    assert office.deliveries(code)[3:] == [
        ("civil_status", "correct", "ready"),
        ("residence", "correct", "waiting"),
        ("health_insurance", "correct", "waiting"),
    ]
    office.quiet()
    assert office.deliveries(code) == [
        *ORIGINALS,
        ("civil_status", "correct", "registered"),
        ("residence", "correct", "parked"),
        ("health_insurance", "correct", "registered"),
    ]
    assert office.causes(code) == ["residence.correction_not_taken"]
    assert list(untruths(office, {code: office.now[code]})) == []
    assert office.settle(code) == 1
    assert office.deliveries(code)[4] == ("residence", "correct", "settled")
    assert office.causes(code) == []


def test_who_somebody_is_needs_a_second_person_who_is_another(office: Office, code: str) -> None:
    office.amend(code, "child_name", RNG)
    office.quiet()
    office.decide("correct", code, confirms=False)
    (decision,) = office.waiting_decisions(code)
    assert office.deliveries(code) == ORIGINALS
    refused = deciding.confirm(office.ledger, "lan", [decision]).outcome.refused
    assert list(refused.values()) == [RejectionReason.OWN]
    deciding.confirm(office.ledger, "hoa", [decision])
    office.quiet()
    assert ("civil_status", "correct", "registered") in office.deliveries(code)


def test_what_says_nothing_of_who_somebody_is_needs_one_person(office: Office, code: str) -> None:
    office.amend(code, "copies", RNG)
    office.quiet()
    office.decide("correct", code, confirms=False)
    office.quiet()
    assert office.deliveries(code) == [*ORIGINALS, ("civil_status", "correct", "registered")]
    assert list(untruths(office, {code: office.now[code]})) == []


def test_what_stands_may_be_kept(office: Office, code: str) -> None:
    office.amend(code, "child_name", RNG)
    office.quiet()
    office.decide("keep", code)
    office.quiet()
    assert (office.state(code), office.causes(code), office.deliveries(code)) == ("cleared", [], ORIGINALS)
    assert list(untruths(office, {code: office.first[code]})) == []


def test_the_first_content_given_again_needs_no_decision(office: Office, code: str) -> None:
    office.amend(code, "child_name", RNG)
    office.quiet()
    office.amend(code, "revert", RNG)
    office.quiet()
    assert (office.state(code), office.deliveries(code)) == ("cleared", ORIGINALS)


def test_a_name_corrected_and_corrected_back_is_two_corrections(office: Office, code: str) -> None:
    for kind in ("child_name", "revert", "child_name"):
        office.amend(code, kind, RNG)
        office.quiet()
        office.decide("correct", code)
        office.quiet()
        office.settle(code)
    (entry,) = office.entries("civil_status")[code]
    assert entry["operations"] == ["register", "correct", "correct", "correct"]
    assert list(untruths(office, {code: office.now[code]})) == []


def test_a_withdrawn_dossier_is_annulled_where_it_can_be(office: Office, code: str) -> None:
    office.withdraw(code)
    office.quiet()
    assert (office.state(code), office.causes(code)) == ("held", ["changed_after_sending"])
    office.decide("annul", code, confirms=False)
    office.quiet()
    assert office.deliveries(code) == ORIGINALS  # a second person has not agreed
    deciding.confirm(office.ledger, "hoa", office.waiting_decisions(code))
    office.quiet()
    assert office.deliveries(code)[3:] == [
        ("civil_status", "annul", "registered"),
        ("residence", "annul", "parked"),
        ("health_insurance", "annul", "registered"),
    ]
    assert list(untruths(office, {code: None})) == []
    states = dict(office.rows("SELECT registry_code, state FROM entries"))
    assert states == {"civil_status": "annulled", "residence": "registered", "health_insurance": "annulled"}
    office.settle(code)
    assert dict(office.rows("SELECT registry_code, state FROM entries"))["residence"] == "annulled"


def test_for_what_an_annulled_entry_still_lacks_nobody_waits(office: Office) -> None:
    (code,) = office.codes
    office.pipeline.sandbox.server.listeners["civil_status"].faults.switch(SimulatedFault.WITHHOLD_NUMBER)
    office.quiet()
    (lacking,) = office.rows("SELECT lacks, provenance FROM deliveries WHERE state = 'registered'")
    assert lacking.lacks == ["personal_id"]
    assert lacking.provenance == {"source": "portal", "portal": "24", "planned_by": f"lienthong {version('lienthong')}"}
    office.withdraw(code)
    office.quiet()
    office.decide("annul", code)
    office.quiet()
    assert office.deliveries(code) == [
        ("civil_status", "register", "registered"),
        ("civil_status", "annul", "registered"),
    ]
    assert {tuple(row.lacks) for row in office.rows("SELECT lacks FROM deliveries")} == {()}
    assert dict(office.rows("SELECT registry_code, state FROM entries"))["civil_status"] == "annulled"


def test_a_number_that_comes_after_a_correction_is_the_registrations(office: Office) -> None:
    (code,) = office.codes
    faults = office.pipeline.sandbox.server.listeners["civil_status"].faults
    faults.switch(SimulatedFault.WITHHOLD_NUMBER)
    office.quiet()
    office.amend(code, "child_name", RNG)
    office.quiet()
    office.decide("correct", code)
    office.quiet()
    lacks = office.rows("SELECT operation, lacks FROM deliveries WHERE registry_code = 'civil_status' ORDER BY 1")
    assert [(row.operation, row.lacks) for row in lacks] == [("correct", []), ("register", ["personal_id"])]
    faults.switch(None)
    office.quiet()
    assert list(untruths(office, {code: office.now[code]})) == []


def test_a_withdrawn_dossier_may_stand(office: Office, code: str) -> None:
    office.withdraw(code)
    office.quiet()
    office.decide("keep", code)
    office.quiet()
    assert (office.state(code), office.deliveries(code)) == ("cleared", ORIGINALS)


def test_a_correction_waits_behind_its_original(office: Office) -> None:
    (code,) = office.codes
    office.step("pull")
    office.send("civil_status")
    assert office.deliveries(code)[0] == ("civil_status", "register", "accepted")
    office.amend(code, "child_name", RNG)
    office.step("pull")
    assert office.causes(code) == ["changed_after_sending"]
    office.decide("correct", code)
    assert ("civil_status", "correct", "waiting") in office.deliveries(code)
    office.quiet()
    assert list(untruths(office, {code: office.now[code]})) == []
    # residence and insurance were not sent yet: they are registered with what is true now
    assert office.deliveries(code) == [
        ("civil_status", "register", "registered"),
        ("civil_status", "correct", "registered"),
        ("residence", "register", "registered"),
        ("health_insurance", "register", "registered"),
    ]


def test_what_civil_status_was_sent_reaches_the_others_though_a_newer_correction_is_given_up(
    office: Office, code: str
) -> None:
    office.amend(code, "child_name", RNG)
    office.quiet()
    office.decide("correct", code)
    office.send("civil_status")
    sent = office.now[code]
    office.amend(code, "child_name", RNG)
    office.step("pull")
    office.decide("correct", code)
    office.withdraw(code)
    office.step("pull")
    office.decide("keep", code)
    office.quiet()
    assert list(untruths(office, {code: sent})) == []
    assert ("health_insurance", "correct", "registered") in office.deliveries(code)


def test_registries_that_come_later_are_sent_what_civil_status_keeps(office: Office) -> None:
    (code,) = office.codes
    office.step("pull")
    office.send("civil_status")
    office.amend(code, "child_name", RNG)
    office.step("pull")
    office.decide("correct", code)
    office.withdraw(code)
    office.step("pull")
    office.decide("keep", code)
    office.quiet()
    assert office.deliveries(code) == ORIGINALS
    assert list(untruths(office, {code: office.first[code]})) == []


def test_what_civil_status_annulled_is_registered_nowhere_else(office: Office) -> None:
    (code,) = office.codes
    office.step("pull")
    office.send("civil_status")
    office.withdraw(code)
    office.step("pull")
    office.decide("annul", code)
    office.quiet()
    annulled = [("civil_status", "register", "registered"), ("civil_status", "annul", "registered")]
    assert office.deliveries(code) == annulled
    office.amend(code, "child_name", RNG)
    office.step("pull")
    office.decide("keep", code)
    office.quiet()
    assert office.deliveries(code) == annulled


def test_a_refused_correction_may_be_given_up(office: Office, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = office.pipeline.sandbox.dataset
    monkeypatch.setattr(
        dataset, "refusal", lambda registry, *_: "Không đủ căn cứ cải chính" if registry == "civil_status" else None
    )
    office.amend(code, "child_name", RNG)
    office.quiet()
    office.decide("correct", code)
    office.quiet()
    assert office.deliveries(code)[3:] == [
        ("civil_status", "correct", "refused"),
        ("residence", "correct", "stopped"),
        ("health_insurance", "correct", "stopped"),
    ]
    assert any(cause.startswith("civil_status.") for cause in office.causes(code))
    office.decide("keep", code)
    office.quiet()
    assert (office.causes(code), office.deliveries(code)) == ([], ORIGINALS)
    assert list(untruths(office, {code: office.first[code]}, refused=1)) == []


def test_an_undone_correction_leaves_the_change_to_be_decided(office: Office, code: str) -> None:
    office.amend(code, "copies", RNG)
    office.quiet()
    (decision,) = office.decide("correct", code).outcome.decision_ids
    assert deciding.undo(office.ledger, "lan", [decision], "nhầm").outcome.refused == {}
    office.quiet()
    assert (office.state(code), office.causes(code)) == ("held", ["changed_after_sending"])
    assert office.deliveries(code) == ORIGINALS


def test_what_stood_before_can_be_read(office: Office, code: str) -> None:
    from connectors.ledger.dossier_view import head_of, view_of

    office.amend(code, "child_name", RNG)
    office.quiet()
    office.decide("correct", code)
    office.quiet()
    head = head_of(office.ledger, "24", code)
    assert head is not None
    view = view_of(office.ledger, head)
    first, second = (version.original.decode() for version in view.versions)
    assert office.first[code].case.child.full_name in first
    assert office.now[code].case.child.full_name in second
    assert sum(reply.event == "registered" for reply in view.replies if reply.registry_code == "civil_status") == 2


@pytest.mark.parametrize("act", ["correct", "annul"])
def test_nothing_is_corrected_that_did_not_change(office: Office, code: str, act: str) -> None:
    refused = office.decide(act, code).outcome.refused
    assert list(refused.values()) == [RejectionReason.NOT_CHANGED]


def test_the_account_counts_corrections_apart(office: Office, code: str) -> None:
    from connectors.ledger.account import account

    office.amend(code, "child_name", RNG)
    office.quiet()
    office.decide("correct", code)
    office.quiet()
    lines = account(office.ledger)
    assert [(line.registry_code, line.pulled, line.delivered, line.unexplained) for line in lines] == [
        ("civil_status", 1, 1, 0),
        ("health_insurance", 1, 1, 0),
        ("residence", 1, 1, 0),
    ]
