"""Which codes of places a registry is given, and that a divided commune never becomes one without recorded evidence."""

import json
from datetime import date, datetime
from functools import cache

import pytest
from sqlalchemy import text

from connectors.endpoint import Endpoint
from connectors.ledger import Ledger
from connectors.portals.provinces import PROVINCES
from connectors.registries import REGISTRIES
from connectors.registries.unit_translation import AmbiguousUnit, AsOf, UnitCodes, translate_units
from connectors.sandbox.dataset import Planted
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.server import Server
from connectors.sandbox.twins.onestop import OnestopTwin
from dags import steps
from schemas.dates import VIETNAM
from schemas.dossier import Dossier
from schemas.person import Address
from schemas.places import Commune, UnitSet, communes_of, crosswalk, unit_on
from tests.support.dossiers import SOUND, changed
from tests.support.portal_datasets import SmallDataset

PROVINCES_OF_2025 = [f"{number:02d}" for number in range(1, 97)]
BEFORE, TODAY = date(2025, 6, 20), date(2026, 11, 22)
REFUSALS = "SELECT detail->>'code' AS code, count(*) FROM events WHERE kind = 'refused' GROUP BY 1"
REASONS = "SELECT detail->'decided' FROM events WHERE kind = 'accepted'"
SENDING = UnitCodes(AsOf.SENDING)


@cache
def divided() -> tuple[Commune, ...]:
    """The communes of June 2025 that were divided between several: 440 by the official table."""
    old = (commune for code in PROVINCES_OF_2025 for commune in communes_of(code, BEFORE))
    return tuple(commune for commune in old if isinstance(crosswalk(commune, TODAY), UnitSet))


def living_in(unit: Commune, kind: str = "residence", number: int = 1) -> Dossier:
    """A dossier of June 2025, handed in elsewhere, about someone of this commune."""
    at = datetime(2025, 6, 20, 8, 15, tzinfo=VIETNAM)
    code = f"H05.12.34-250620-{number:04d}"
    dossier = SOUND[kind].model_copy(update={"dossier_code": code, "received_at": at, "technical_id": f"t{number}"})
    codes = {"province_code": unit.province_code, "district_code": unit.district_code}
    here = Address(**codes, commune_code=unit.commune_code, detail="Thôn Đông, số 12")
    dossier = changed(dossier, "papers", ())
    if kind == "land":
        return changed(dossier, "case.parcel.commune_code", unit.commune_code)
    for path in ("case.moves_to", "case.person.residence", "applicant.residence"):
        dossier = changed(dossier, path, here)
    return dossier


def test_the_official_table_divided_440_communes() -> None:
    assert len(divided()) == 440


def test_a_registry_that_wants_the_codes_of_the_event_gets_them_whatever_became_of_the_commune() -> None:
    for unit in divided():
        dossier, decided = translate_units(living_in(unit), UnitCodes(with_district=True), TODAY)
        assert dossier.case.moves_to.commune_code == unit.commune_code  # type: ignore[union-attr]  # of a residence case
        assert dossier.case.moves_to.district_code == unit.district_code  # type: ignore[union-attr]  # of a residence case
        assert decided == ()


def test_a_person_in_a_divided_commune_is_placed_only_where_the_decision_moved_all_people() -> None:
    translated, messages = 0, []
    for unit in divided():
        try:
            dossier, decided = translate_units(living_in(unit), SENDING, TODAY)
        except AmbiguousUnit as error:
            messages.append((unit.commune_code, str(error)))
            continue
        translated += 1
        assert {one.kind for one in decided} == {"all_people"}
        assert all(one.record for one in decided)
        assert dossier.case.moves_to.commune_code == decided[0].unit_code  # type: ignore[union-attr]  # of a residence case
        assert dossier.case.moves_to.district_code is None  # type: ignore[union-attr]  # of a residence case
    assert translated == 58
    assert messages
    assert not [code for code, words in messages if code in words]


def test_a_parcel_in_a_divided_commune_is_never_placed_by_where_the_people_went() -> None:
    for unit in divided():
        with pytest.raises(AmbiguousUnit):
            translate_units(living_in(unit, "land"), SENDING, TODAY)


def test_a_commune_that_went_whole_into_another_gets_the_new_code_and_the_old_hometown_stays() -> None:
    whole = unit_on("09163", BEFORE)  # Xã Đình Tổ of Thuận Thành, old Bắc Ninh
    assert isinstance(whole, Commune)
    dossier, _ = translate_units(living_in(whole), SENDING, TODAY)
    now = dossier.case.moves_to  # type: ignore[union-attr]  # of a residence case
    assert unit_on(now.commune_code, TODAY) is not None
    assert now.province_code == "24"
    assert now.district_code is None
    assert dossier.case.person.home_place == SOUND["residence"].case.person.home_place  # type: ignore[union-attr]  # of a residence case


def test_every_divided_commune_goes_through_check_and_delivery_and_none_is_guessed(ledger: Ledger) -> None:
    now = datetime.now(VIETNAM).replace(microsecond=0)
    planted = [
        Planted(
            living_in(unit, number=at).model_copy(update={"updated_at": now}), (), None, None, "", None, ("residence",)
        )
        for at, unit in enumerate(divided())
    ]
    portal = OnestopTwin(SmallDataset(*planted), ["24"])
    server = Server([portal], seed=1)
    with Sandbox(seed=1, dossiers=1) as sandbox:
        login, secret = portal.credentials("24")
        steps.pull(ledger, PROVINCES["24"], Endpoint(f"{server.url('onestop')}/24", login, secret))
        residence = Endpoint._of_json(sandbox.connections["AIRFLOW_CONN_RESIDENCE"])
        steps.deliver(ledger, REGISTRIES["residence"], residence)
        steps.collect(ledger, REGISTRIES["residence"], residence, patience_s=5)
        registered = sandbox.server.listeners["residence"].twin.registered()
    server.stop()
    with ledger.engine.connect() as connection:
        states = connection.execute(text("SELECT state, count(*) FROM deliveries GROUP BY state")).all()
        refusals = connection.execute(text(REFUSALS)).all()
        reasons = connection.execute(text(REASONS)).scalars().all()
        versions = connection.execute(text("SELECT DISTINCT places_version FROM deliveries")).scalars().all()
    assert dict(map(tuple, refusals)) == {"place_undecided": 382}
    assert dict(map(tuple, states)) == {"refused": 382, "registered": 58}
    assert len(registered) == 58
    assert len(reasons) == 58
    assert all("all_people" in json.dumps(reason) for reason in reasons)
    assert len(versions) == 1
    assert versions[0]
