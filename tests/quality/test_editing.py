"""From a fault to a registration: what may be edited, what a person types, and that the registry has it once."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from sqlalchemy import text

from connectors.ledger.decisions import DecisionRequest
from connectors.ledger.opening import Opened, opened
from connectors.portals.provinces import PROVINCES, read_original
from connectors.sandbox.dataset import Dataset
from dags.steps import deciding
from quality.editing import NotAValue, fields_at_fault, read_value, suggestion, text_of
from schemas.decision import Edit, RejectionReason, edited, value_at
from schemas.dossier import Dossier
from tests.support.dossiers import BIRTH, DEATH, LAND, changed
from tests.support.ground_truth import registrations
from tests.support.pipeline import PipelineDriver

# What may be edited


def paths(dossier: Dossier, *faults: tuple[str, str]) -> list[str]:
    return [field.field_path for field in fields_at_fault(dossier, faults)]


@pytest.mark.parametrize(
    ("dossier", "fault", "fields"),
    [
        (BIRTH, ("birth_notice_malformed", "case.notice_code"), ["case.notice_code"]),
        (DEATH, ("death_before_birth", "case.died_on"), ["case.died_on", "case.deceased.born_on"]),
        (BIRTH, ("mother_too_young", "case.mother.born_on"), ["case.mother.born_on", "case.child.born_on"]),
        (
            changed(BIRTH, "case.head_of_household", None),
            ("head_of_household_missing", "case.head_of_household"),
            [f"case.head_of_household.{name}" for name in ("full_name", "personal_id", "relation")],
        ),
        (BIRTH, ("paper_hash_differs", "papers.0.sha256"), []),
        (BIRTH, ("status_out_of_order", "status"), []),
        (BIRTH, ("residence.relation_wrong", "case.head_of_household.relation"), ["case.head_of_household.relation"]),
        (LAND, ("serial_malformed", "case.certificate.serial"), ["case.certificate.serial"]),
    ],
)
def test_only_the_field_at_fault_may_be_edited(dossier: Dossier, fault: tuple[str, str], fields: list[str]) -> None:
    assert paths(dossier, fault) == fields


def test_a_refusal_that_names_no_field_lets_any_field_of_the_case_be_edited() -> None:
    editable = paths(BIRTH, ("residence.unknown", ""))
    assert {"case.child.full_name", "case.residence.commune_code", "case.mother.id_paper.number"} <= set(editable)
    assert not any(path.startswith(("status", "papers", "dossier_code")) for path in editable)


def test_a_field_shows_what_stands_there_and_what_is_proposed() -> None:
    spaced = changed(BIRTH, "case.mother.personal_id", "024 198001111")
    (field,) = fields_at_fault(spaced, [("spaces_in_number", "case.mother.personal_id")])
    assert (field.title_vi, field.text, field.suggestion) == (
        "mẹ, số định danh cá nhân",
        "024 198001111",
        "024198001111",
    )
    assert field.needs_second


def test_a_filler_number_is_proposed_to_be_left_empty() -> None:
    filled = changed(BIRTH, "applicant.personal_id", "000000001")
    assert suggestion(filled, "placeholder_number", "applicant.personal_id") == ""
    assert read_value("applicant.personal_id", "") is None


@pytest.mark.parametrize(
    ("path", "typed", "value"),
    [
        ("case.child.full_name", " NGUYỄN AN ", "NGUYỄN AN"),
        ("case.child.sex", "male", "male"),
        ("case.copies", "3", 3),
        ("case.cause", "", ""),
        ("case.notice_code", "", None),
        ("case.parcel.is_disputed", "không", False),
        ("case.parcel.area_m2", "240.5", "240.5"),
    ],
)
def test_what_is_typed_becomes_the_fields_value(path: str, typed: str, value: object) -> None:
    assert read_value(path, typed) == value


@pytest.mark.parametrize("typed", ["22.08.2026", "22/08/2026", "22-08-2026"])
def test_a_date_may_be_typed_with_any_usual_sign(typed: str) -> None:
    value = read_value("case.child.born_on", typed)
    after = edited(BIRTH, [Edit(field_path="case.child.born_on", after=value)])
    assert text_of(value_at(after, "case.child.born_on")) == "22.08.2026"


@pytest.mark.parametrize(
    ("path", "typed", "kind"),
    [
        ("case.child.born_on", "31.02.2026", "date"),
        ("case.child.born_on", "hôm qua", "date"),
        ("case.child.sex", "nam", "choice"),
        ("case.copies", "hai", "number"),
        ("case.parcel.is_disputed", "?", "yes_no"),
    ],
)
def test_what_cannot_stand_in_a_field_is_said(path: str, typed: str, kind: str) -> None:
    with pytest.raises(NotAValue) as raised:
        read_value(path, typed)
    assert raised.value.kind == kind


# All the way, with the sandbox's registries


def at_fault(pipeline: PipelineDriver) -> dict[int, list[tuple[str, str, str | None]]]:
    """The cause, field path and registry of each fault, by dossier id."""
    faults: dict[int, list[tuple[str, str, str | None]]] = {}
    with pipeline.ledger.engine.connect() as connection:
        query = (
            "SELECT dossier_id, cause_code, unnest(field_paths) AS field_path, registry_code FROM faults ORDER BY 1, 2"
        )
        for row in connection.execute(text(query)):
            faults.setdefault(row.dossier_id, []).append((row.cause_code, row.field_path, row.registry_code))
    return faults


def dossier_of(dossier: Opened) -> Dossier:
    return read_original(dossier.portal_code, dossier.original, list(dossier.edits.values()))


def edit_request(dossier: Opened, **after: Any) -> list[DecisionRequest]:
    edits = tuple(Edit(field_path=path, after=value) for path, value in after.items())
    return [DecisionRequest(dossier.dossier_id, dossier.version_number, edits)]


def of_cause(pipeline: PipelineDriver, cause_code: str) -> Opened:
    faults = at_fault(pipeline)
    ids = [dossier_id for dossier_id, causes in faults.items() if cause_code in {cause for cause, _, _ in causes}]
    return opened(pipeline.ledger, ids)[0]


def refused_by_residence(pipeline: PipelineDriver) -> Opened:
    """A dossier that civil status registered and residence refused."""
    faults = at_fault(pipeline)
    ids = [dossier_id for dossier_id, causes in faults.items() if {code for _, _, code in causes} == {"residence"}]
    return next(dossier for dossier in opened(pipeline.ledger, ids) if dossier.touched == ("civil_status",))


def seed_with_a_refusal_by(registry_code: str, dossiers: int) -> int:
    """A seed whose dataset has a dossier that this registry refuses, and that is not the first of its route."""
    for seed in range(1, 200):
        dataset = Dataset(seed, dossiers, list(PROVINCES), datetime.now(timezone.utc))
        if any(planted.refused_by == registry_code != planted.registries[0] for planted in dataset.planted):
            return seed
    raise AssertionError("no dataset refuses")


def times_registered(pipeline: PipelineDriver, dossier: Opened) -> dict[str, int]:
    return {code: counts[dossier.dossier_code.strip()] for code, counts in registrations(pipeline.sandbox).items()}


def test_an_edited_dossier_is_registered_once_in_every_registry_of_its_route(
    pipeline: Callable[..., PipelineDriver],
) -> None:
    way = pipeline(dossiers=200, seed=11)
    way.go()
    dossier = of_cause(way, "birth_notice_malformed")
    result = deciding.edit(
        way.ledger, "lan", edit_request(dossier, **{"case.notice_code": "00012.GCS.24001.26"}), "xem giấy gốc"
    )
    assert (result.outcome.refused, dict(result.moved)) == ({}, {"cleared": 1})
    way.go()
    assert times_registered(way, dossier)["civil_status"] == 1
    assert at_fault(way).get(dossier.dossier_id) is None


def test_a_chain_that_broke_at_residence_goes_on_from_there_and_no_registry_is_contradicted(
    pipeline: Callable[..., PipelineDriver],
) -> None:
    way = pipeline(dossiers=60, seed=seed_with_a_refusal_by("residence", 60))
    way.go()
    dossier = refused_by_residence(way)
    before = times_registered(way, dossier)
    assert (before["civil_status"], before["residence"]) == (1, 0)
    result = deciding.edit(way.ledger, "lan", edit_request(dossier, **{"case.child.full_name": "NGUYỄN KHÁC TÊN"}))
    assert list(result.outcome.refused.values()) == [RejectionReason.REGISTERED]  # civil status has another name
    result = deciding.edit(way.ledger, "lan", edit_request(dossier, **{"case.child.full_name": 5}))
    assert list(result.outcome.refused.values()) == [RejectionReason.UNFIT]
    result = deciding.edit(
        way.ledger, "lan", edit_request(dossier, **{"case.head_of_household.relation": "Cháu ngoại"})
    )
    assert result.outcome.refused == {}
    way.go()
    after = times_registered(way, dossier)
    assert [after[code] for code in ("civil_status", "residence")] == [1, 1]


def test_every_refusal_that_an_edit_can_answer_ends_registered_once(pipeline: Callable[..., PipelineDriver]) -> None:
    """In each refused dossier the first field that may be edited gets another value; a second person agrees."""
    way = pipeline(dossiers=200, seed=5)
    way.go()
    refused = {
        dossier_id: causes for dossier_id, causes in at_fault(way).items() if all(registry for _, _, registry in causes)
    }
    assert len(refused) >= 4
    done: list[Opened] = []
    for dossier in opened(way.ledger, list(refused)):
        now = dossier_of(dossier)
        for field in fields_at_fault(now, [(cause, path) for cause, path, _ in refused[dossier.dossier_id]]):
            if field.choices or not isinstance(value_at(now, field.field_path), str):
                continue
            result = deciding.edit(way.ledger, "lan", edit_request(dossier, **{field.field_path: f"{field.text}1"}))
            if result.outcome.dossier_ids:
                if field.needs_second:
                    result = deciding.confirm(way.ledger, "hoa", result.outcome.decision_ids)
                done += [dossier] if result.moved["cleared"] else []
                break
    assert done
    way.go()
    counts = Counter(times for dossier in done for times in times_registered(way, dossier).values())
    assert set(counts) <= {0, 1}
    assert not at_fault(way).keys() & {dossier.dossier_id for dossier in done}
