"""Who we are at the portals' twins, and what they answer to nonsense."""

import json
import time
from dataclasses import replace
from typing import Any

import pytest

from connectors.endpoint import Endpoint
from connectors.errors import Unauthorised
from connectors.http import Request
from connectors.portals.provinces import PROVINCES
from connectors.sandbox.server import Incoming
from connectors.sandbox.twins.hub import HubTwin
from connectors.sandbox.twins.onestop import OnestopTwin
from tests.support.portal_datasets import FULL, SmallDataset, of_hub, planted, served

BIRTH = FULL["birth"]
HUB_BIRTH = of_hub(BIRTH)


def codes(portal: Any) -> list[str]:
    return [entry.dossier_code for entry in portal.entries("LTKS")]


@pytest.mark.parametrize("kind", [OnestopTwin, HubTwin])
def test_a_wrong_secret_is_for_the_operator(kind: Any) -> None:
    with served(kind, password="sai") as portal, pytest.raises(Unauthorised):
        portal.line.send(portal.platform.probe(portal.endpoint))


@pytest.mark.parametrize("kind", [OnestopTwin, HubTwin])
def test_the_greeting_is_answered(kind: Any) -> None:
    with served(kind) as portal:
        assert portal.line.send(portal.platform.probe(portal.endpoint)).status == 200


def test_a_token_that_has_ended_is_renewed_with_the_refresh_token() -> None:
    with served(HubTwin, planted(HUB_BIRTH), token_s=0.2) as portal:
        assert codes(portal) == [HUB_BIRTH.dossier_code]
        portal.line.endpoint = replace(portal.endpoint, password="changed since")
        time.sleep(0.3)
        assert codes(portal) == [HUB_BIRTH.dossier_code]


def test_when_the_refresh_token_has_ended_too_we_log_in_anew() -> None:
    with served(HubTwin, planted(HUB_BIRTH), token_s=0.2, refresh_s=0.0) as portal:
        assert codes(portal) == [HUB_BIRTH.dossier_code]
        time.sleep(0.3)
        assert codes(portal) == [HUB_BIRTH.dossier_code]
        portal.line.endpoint = replace(portal.endpoint, password="sai")
        time.sleep(0.3)
        with pytest.raises(Unauthorised):
            codes(portal)


@pytest.mark.parametrize("kind", [OnestopTwin, HubTwin])
def test_a_province_cannot_use_the_token_of_another(kind: Any) -> None:
    twin = kind(SmallDataset(), ["24", "22"])
    login, password = twin.credentials("24")
    auth = PROVINCES["24" if kind is OnestopTwin else "22"].platform.auth
    asking = auth.ask_token(Endpoint("", login, password), None)
    assert asking
    said = json.loads(twin.handle(Incoming("POST", f"/24{asking.path}", {}, {}, asking.body)).body)
    headers = {"authorization": f"Bearer {said.get('access_token') or said['token']}"}
    assert twin.handle(Incoming("GET", "/24/api/ketNoi", {}, headers, b"")).status == 200
    assert twin.handle(Incoming("GET", "/22/api/ketNoi", {}, headers, b"")).status == 401


@pytest.mark.parametrize("path", ["/api/hoSo/trangThai", "/api/hoSo/danhDau", "/api/tienDo", "/api/hoSo", "/api/xyz"])
@pytest.mark.parametrize("body", [b"", b"\xff", b"[1]", b'{"data":[1]}', b'{"danhSach":5}', b'{"data":["\\ud800"]}'])
@pytest.mark.parametrize("kind", [OnestopTwin, HubTwin])
def test_a_twin_answers_nonsense_with_its_own_error(kind: Any, path: str, body: bytes) -> None:
    with served(kind, planted(BIRTH), planted(HUB_BIRTH)) as portal:
        for method in ("POST", "GET"):
            said = json.loads(portal.line.send(Request(method, path, body)).body)
            assert said.get("data", [said])[0].get("error_code", said.get("status")) not in (0, "1")


def test_every_province_has_a_platform_here() -> None:
    assert {province.platform.code for province in PROVINCES.values()} == {"onestop", "hub"}
