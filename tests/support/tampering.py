"""Portals and registries whose answers are tampered with on their way out, and what the ledger kept of them."""

import itertools
import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import text

from connectors.endpoint import Endpoint
from connectors.ledger import Ledger
from connectors.portals.provinces import PROVINCES
from connectors.sandbox.dataset import Dataset, Planted
from connectors.sandbox.server import Incoming, Listener, Outgoing
from connectors.sandbox.twins.hub import HubTwin
from connectors.sandbox.twins.onestop import OnestopTwin
from dags import steps
from schemas.dates import VIETNAM
from tests.support.portal_datasets import SmallDataset

NOW = datetime.now(VIETNAM).replace(microsecond=0)
PLANTED = [
    planted for planted in Dataset(5, 80, ("24", "22"), NOW).planted if planted.registries and not planted.defect
]
OF_PROVINCE = {code: [planted for planted in PLANTED if planted.dossier.portal_code == code] for code in ("24", "22")}
TWINS: dict[str, type[OnestopTwin] | type[HubTwin]] = {"24": OnestopTwin, "22": HubTwin}
HTML = b"<html><body>He thong dang bao tri</body></html>"
TCVN3 = "nguyÔn thÞ thµnh".encode("latin-1")
"""`nguyễn thị thành` in the old national encoding: one byte a letter."""

Twist = Callable[[Incoming, Outgoing], Outgoing]


def untwisted(request: Incoming, answer: Outgoing) -> Outgoing:
    return answer


class Twisted:
    """A twin whose answers are tampered with on their way out."""

    def __init__(self, twin: Any, twist: Twist = untwisted) -> None:
        self.code, self.twin, self.twist = twin.code, twin, twist
        self.seen: list[str] = []

    def handle(self, request: Incoming) -> Outgoing:
        self.seen.append(request.path)
        return self.twist(request, self.twin.handle(request))

    def registered(self) -> list[dict[str, Any]]:
        return list(self.twin.registered())


@dataclass
class Portal:
    """A province's portal with two good dossiers, and the ledger that pulls from it."""

    province_code: str
    twisted: Twisted
    listener: Listener
    ledger: Ledger

    @property
    def endpoint(self) -> Endpoint:
        login, secret = TWINS[self.province_code].credentials(self.province_code)
        return Endpoint(f"{self.listener.url}/{self.province_code}", login, secret, {"per_second": "100000"})

    def pull(self) -> dict[str, int]:
        return steps.pull(self.ledger, PROVINCES[self.province_code], self.endpoint)

    def rows(self, query: str) -> list[Any]:
        with self.ledger.engine.connect() as connection:
            return list(connection.execute(text(query)))

    def states(self) -> dict[str, str]:
        return {row.dossier_code: row.state for row in self.rows("SELECT dossier_code, state FROM dossiers")}

    def good(self) -> dict[str, str]:
        """The states in which the good dossiers must end."""
        return {planted.dossier.dossier_code: "cleared" for planted in OF_PROVINCE[self.province_code][:2]}

    def versions(self) -> dict[bytes, str | None]:
        """All originals as they were kept, and where reading them failed."""
        kept = {}
        for row in self.rows("""
            SELECT v.*, portal_code, dossier_code, wrapped FROM versions v JOIN keys USING (dossier_id)
              JOIN dossiers USING (dossier_id)"""):
            key = self.ledger.open_key(row.wrapped, row.portal_code, row.dossier_code)
            kept[key.unseal(row.sealed, f"version/{row.version_number}")] = row.unreadable_field
        return kept

    def findings(self) -> dict[str, set[str]]:
        checks: dict[str, set[str]] = {}
        for row in self.rows("SELECT dossier_code, check_code FROM findings JOIN dossiers USING (dossier_id)"):
            checks.setdefault(row.dossier_code, set()).add(row.check_code)
        return checks

    def incidents(self) -> list[bytes]:
        return incidents(self.ledger)


def incidents(ledger: Ledger) -> list[bytes]:
    """The replies that belonged to no dossier, as they were kept."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM incidents ORDER BY incident_id")).all()
    keys = [ledger.vault.open_key(row.wrapped, f"incident/{row.endpoint_code}") for row in rows]
    return [key.unseal(row.sealed, "incident") for key, row in zip(keys, rows, strict=True)]


@contextmanager
def opened(ledger: Ledger, province_code: str) -> Iterator[Portal]:
    dataset = SmallDataset(*OF_PROVINCE[province_code][:2])
    twisted = Twisted(TWINS[province_code](dataset, [province_code]))
    listener = Listener(twisted, seed=1)
    try:
        yield Portal(province_code, twisted, listener, ledger)
    finally:
        listener.refuse()


def words(ledger: Ledger) -> list[bytes]:
    """What registries said, as it is kept with their dossiers."""
    query = text("""
        SELECT r.sealed, k.wrapped, portal_code, dossier_code FROM replies r JOIN deliveries USING (delivery_id)
          JOIN dossiers USING (dossier_id) JOIN keys k USING (dossier_id)""")
    kept = []
    with ledger.engine.connect() as connection:
        for row in connection.execute(query):
            key = ledger.open_key(row.wrapped, row.portal_code, row.dossier_code)
            words_as_kept = json.loads(key.unseal(row.sealed, "reply"))["words"]
            is_packed = words_as_kept.startswith("base64:")
            kept.append(
                b64decode(words_as_kept.removeprefix("base64:"))
                if is_packed
                else words_as_kept.encode(errors="surrogatepass")
            )
    return kept


def item_of(planted: Planted) -> dict[str, Any]:
    """A good item of a one-stop list."""
    login, secret = OnestopTwin.credentials("24")
    form = urlencode({"grant_type": "client_credentials", "client_id": login, "client_secret": secret}).encode()
    twin = OnestopTwin(SmallDataset(planted), ["24"])
    token = json.loads(twin.handle(Incoming("POST", "/24/oauth2/token", {}, {}, form)).body)["access_token"]
    query, headers = {"updatedSince": "2000-01-01T00:00:00+07:00"}, {"authorization": f"Bearer {token}"}
    (found,) = json.loads(twin.handle(Incoming("GET", "/24/api/hoSo", query, headers, b"")).body)["danhSach"]
    return dict(found)


def detail_of(planted: Planted) -> dict[str, Any]:
    """A good detail of the hub, without its envelope."""
    login, secret = HubTwin.credentials("22")
    body = json.dumps({"userName": login, "password": secret}).encode()
    twin = HubTwin(SmallDataset(planted), ["22"])
    token = json.loads(twin.handle(Incoming("POST", "/22/api/token", {}, {}, body)).body)["token"]
    answer = twin.handle(Incoming("GET", "/22/api/hoSo/100001", {}, {"authorization": f"Bearer {token}"}, b""))
    return dict(json.loads(answer.body)["value"])


ITEM = item_of(next(planted for planted in OF_PROVINCE["24"][2:] if planted.dossier.case.kind == "birth"))
DETAIL = detail_of(next(planted for planted in OF_PROVINCE["22"][2:] if planted.dossier.case.kind == "birth"))
numbers = itertools.count(5001)


def item(**changes: Any) -> bytes:
    """A good item under a code of its own, with other values in its fields; `...` takes a field out."""
    code = f"H05.12.34-261120-{next(numbers)}"
    content = {name: value for name, value in {**ITEM, "maHoSo": code, **changes}.items() if value is not ...}
    return json.dumps(content).encode()


def raw(name: str, value: bytes) -> bytes:
    """The good item with these very bytes as a field's value."""
    return item(**{name: "HERE"}).replace(b'"HERE"', value)


def child(**changes: Any) -> dict[str, Any]:
    form = ITEM["duLieu"]
    return {**form, "nguoiDuocKhaiSinh": {**form["nguoiDuocKhaiSinh"], **changes}}


FORM: str = DETAIL["data"]
LOOKED_AT = "http://127.0.0.1:{port}/looked-at"
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE hoTich [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]><hoTich><nks>&a9;</nks></hoTich>"
)


def with_entity(system: str) -> str:
    return f'<!DOCTYPE hoTich [<!ENTITY x SYSTEM "{system}">]><hoTich><nks><HoTen>&x;</HoTen></nks></hoTich>'


def detail(hub_id: int, **changes: Any) -> bytes:
    """The good detail under an id and a code of its own, with other values in its fields; `...` takes a field out."""
    code = f"H49.12.34-261120-{next(numbers)}"
    content = {**DETAIL, "id": str(hub_id), "maHoSo": code, **changes}
    value = {name: value for name, value in content.items() if value is not ...}
    return json.dumps({"status": "1", "statusDescription": "", "value": value}).encode()


def only_lists(twist: Twist) -> Twist:
    return lambda request, answer: twist(request, answer) if request.path.endswith("/api/hoSo") else answer


def listed(*items: bytes) -> Twist:
    """These items before the good ones of the list."""

    def twist(request: Incoming, answer: Outgoing) -> Outgoing:
        mark = b'"danhSach":['
        more = mark + b",".join(items) + b","
        body = answer.body.replace(mark, more).replace(b",]}", b"]}")
        return replace(answer, body=body)

    return only_lists(twist)


def given_also(details: Mapping[int, bytes]) -> Twist:
    """These details, and their ids in the list of births of the day of the first good one."""

    def twist(request: Incoming, answer: Outgoing) -> Outgoing:
        if request.path.endswith("/api/hoSo") and request.query["module"] == "LTKS" and b'"id"' in answer.body:
            heads = b"".join(b'{"id":%d},' % hub_id for hub_id in details)
            return replace(answer, body=answer.body.replace(b'"value": [', b'"value": [' + heads))
        hub_id = request.path.rsplit("/", 1)[-1]
        return Outgoing(200, details[int(hub_id)]) if hub_id.isdecimal() and int(hub_id) in details else answer

    return twist
