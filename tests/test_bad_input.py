"""What a portal or a registry may send instead of what it should: it ends as a held dossier or a named error, the bytes
are kept as they came, and the other dossiers of the page go on. Over real HTTP, through the sandbox's own server."""

import gzip
import itertools
import json
import tracemalloc
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from connectors.endpoint import Endpoint
from connectors.errors import LienthongError, Unrecognised
from connectors.ledger import Ledger
from connectors.ledger.account import account
from connectors.portals.provinces import PROVINCES
from connectors.sandbox import rehearsal
from connectors.sandbox.rehearsal import Rehearsal
from connectors.sandbox.server import Incoming, Listener, Outgoing
from connectors.sandbox.twins.hub import HubTwin
from connectors.sandbox.twins.onestop import OnestopTwin
from connectors.sandbox.world import Planted, World
from dags import steps
from dags.steps.pulling import read_arrival
from schemas.dates import VIETNAM
from schemas.delivery import REGISTRY_CODES
from tests.killing import Hamlet, HurriedRoad, time_passes
from tests.portal_worlds import SmallWorld
from tests.truth import contradictions, unfinished_at_portals

NOW = datetime.now(VIETNAM).replace(microsecond=0)
PLANTED = [one for one in World(5, 80, ("24", "22"), NOW).planted if one.registries and not one.defect]
OF_PROVINCE = {code: [one for one in PLANTED if one.dossier.portal_code == code] for code in ("24", "22")}
TWINS = {"24": OnestopTwin, "22": HubTwin}
MEGABYTE = 1024 * 1024
FIFTY_MEGABYTES = 50 * MEGABYTE
HTML = b"<html><body>He thong dang bao tri</body></html>"
RANDOM = "".join(Random(1).choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=10_000))
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
        """What must become of the good ones."""
        return {one.dossier.dossier_code: "cleared" for one in OF_PROVINCE[self.province_code][:2]}

    def versions(self) -> dict[bytes, str | None]:
        """All originals as they were kept, and where reading them failed."""
        found = {}
        for row in self.rows("""
            SELECT v.*, portal_code, dossier_code, wrapped FROM versions v JOIN keys USING (dossier_id)
              JOIN dossiers USING (dossier_id)"""):
            key = self.ledger.open_key(row.wrapped, row.portal_code, row.dossier_code)
            found[key.unseal(row.sealed, f"version/{row.version_number}")] = row.unreadable_field
        return found

    def findings(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for row in self.rows("SELECT dossier_code, check_code FROM findings JOIN dossiers USING (dossier_id)"):
            found.setdefault(row.dossier_code, set()).add(row.check_code)
        return found

    def incidents(self) -> list[bytes]:
        return incidents(self.ledger)


def incidents(ledger: Ledger) -> list[bytes]:
    with ledger.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM incidents ORDER BY incident_id")).all()
    return [
        ledger.vault.open_key(row.wrapped, f"incident/{row.endpoint_code}").unseal(row.sealed, "incident") for row in rows
    ]


@contextmanager
def opened(ledger: Ledger, province_code: str) -> Iterator[Portal]:
    world = SmallWorld(*OF_PROVINCE[province_code][:2])
    twisted = Twisted(TWINS[province_code](world, [province_code]))
    listener = Listener(twisted, seed=1)
    try:
        yield Portal(province_code, twisted, listener, ledger)
    finally:
        listener.refuse()


@pytest.fixture
def onestop(ledger: Ledger) -> Iterator[Portal]:
    with opened(ledger, "24") as portal:
        yield portal


@pytest.fixture
def hub(ledger: Ledger) -> Iterator[Portal]:
    with opened(ledger, "22") as portal:
        yield portal


def item_of(planted: Planted) -> dict[str, Any]:
    """A good item of a one-stop list."""
    login, secret = OnestopTwin.credentials("24")
    form = urlencode({"grant_type": "client_credentials", "client_id": login, "client_secret": secret}).encode()
    twin = OnestopTwin(SmallWorld(planted), ["24"])
    token = json.loads(twin.handle(Incoming("POST", "/24/oauth2/token", {}, {}, form)).body)["access_token"]
    query, headers = {"updatedSince": "2000-01-01T00:00:00+07:00"}, {"authorization": f"Bearer {token}"}
    (found,) = json.loads(twin.handle(Incoming("GET", "/24/api/hoSo", query, headers, b"")).body)["danhSach"]
    return dict(found)


def detail_of(planted: Planted) -> dict[str, Any]:
    """A good detail of the hub, without its envelope."""
    login, secret = HubTwin.credentials("22")
    body = json.dumps({"userName": login, "password": secret}).encode()
    twin = HubTwin(SmallWorld(planted), ["22"])
    token = json.loads(twin.handle(Incoming("POST", "/22/api/token", {}, {}, body)).body)["token"]
    answer = twin.handle(Incoming("GET", "/22/api/hoSo/100001", {}, {"authorization": f"Bearer {token}"}, b""))
    return dict(json.loads(answer.body)["value"])


ITEM = item_of(next(one for one in OF_PROVINCE["24"][2:] if one.dossier.case.kind == "birth"))
DETAIL = detail_of(next(one for one in OF_PROVINCE["22"][2:] if one.dossier.case.kind == "birth"))
_numbers = itertools.count(5001)


def item(**changes: Any) -> bytes:
    """A good item under a code of its own, with other values in its fields; `...` takes a field out."""
    code = f"H05.12.34-261120-{next(_numbers)}"
    content = {name: value for name, value in {**ITEM, "maHoSo": code, **changes}.items() if value is not ...}
    return json.dumps(content).encode()


def raw(name: str, value: bytes) -> bytes:
    """The good item with these very bytes as a field's value."""
    return item(**{name: "HERE"}).replace(b'"HERE"', value)


def child(**changes: Any) -> dict[str, Any]:
    form = ITEM["duLieu"]
    return {**form, "nguoiDuocKhaiSinh": {**form["nguoiDuocKhaiSinh"], **changes}}


UNREADABLE_ITEMS: dict[str, tuple[bytes, str]] = {
    "null": (b"null", "onestop"),
    "a number": (b"17", "onestop"),
    "a list": (b"[]", "onestop"),
    "an empty object": (b"{}", "onestop.loaiBieuMau"),
    "no dossier code": (item(maHoSo=...), "onestop.dossier_code"),
    "a dossier code that is a number": (item(maHoSo=17), "onestop.maHoSo"),
    "NUL in the dossier code": (item(maHoSo="H05\x00.12"), "onestop.maHoSo"),
    "half a surrogate pair in the dossier code": (item(maHoSo="H05\ud800"), "onestop.maHoSo"),
    "a dossier code of ten thousand characters": (item(maHoSo=RANDOM), "onestop.maHoSo"),
    "a technical id of ten thousand characters": (item(techId=RANDOM), "onestop.techId"),
    "no day of receipt": (item(ngayTiepNhan=...), "onestop.received_at"),
    "a day of receipt that is none": (item(ngayTiepNhan="31/02/2026"), "onestop.ngayTiepNhan"),
    "received in the year 9999": (item(ngayTiepNhan="9999-12-31T23:59:59-12:00"), "onestop.ngayTiepNhan"),
    "received in the year 1": (item(ngayTiepNhan="0001-01-01T00:00:00+14:00"), "onestop.ngayTiepNhan"),
    "an unknown field": (item(truongLa="x"), "onestop.truongLa"),
    "an unknown form": (item(loaiBieuMau="NHAN_NUOI"), "onestop.loaiBieuMau"),
    "a form that is text": (item(duLieu="x"), "onestop.duLieu"),
    "an unknown sex": (item(duLieu=child(gioiTinh="Không")), "onestop.duLieu.nguoiDuocKhaiSinh.gioiTinh"),
    "half a surrogate pair in a name": (item(duLieu=child(hoTen="Lê\ud800")), "onestop.duLieu.nguoiDuocKhaiSinh.hoTen"),
    "papers that are text": (item(thanhPhanHoSo="x"), "onestop.thanhPhanHoSo"),
    "a status in words": (item(trangThai="2"), "onestop.trangThai"),
    "a status with a point": (item(trangThai=2.0), "onestop.trangThai"),
    "a status that is true": (item(trangThai=True), "onestop.trangThai"),
    "NaN": (raw("trangThai", b"NaN"), "onestop"),
    "Infinity": (raw("trangThai", b"-Infinity"), "onestop"),
    "a number beyond all floats": (raw("trangThai", b"1e999"), "onestop.trangThai"),
    "a number of five thousand digits": (raw("trangThai", b"1" * 5000), "onestop"),
    "a word that is no JSON": (raw("trangThai", b"hai"), "onestop"),
    "a comma too many": (raw("trangThai", b"2,"), "onestop"),
    "nesting without end": (raw("duLieu", b'{"a":[' * 50_000 + b"]}" * 50_000), "onestop"),
    "the same field twice": (raw("trangThai", b'2,"trangThai":3'), "onestop"),
    "latin-1": (raw("trichYeuHoSo", '"Đăng ký"'.encode("latin-1", "replace").replace(b"?", b"\xd0")), "onestop"),
    "TCVN3": (raw("trichYeuHoSo", b'"' + TCVN3 + b'"'), "onestop"),
}
"""An item of a list that cannot be read, and the field where that shows."""

HELD_ITEMS: dict[str, tuple[bytes, str]] = {
    "an unknown procedure": (item(maTTHC="9.999999"), "unknown_procedure"),
    "a procedure that is no code": (item(maTTHC="x'); DROP TABLE dossiers; --"), "unknown_procedure"),
    "an unknown commune": (item(maXaTiepNhan="99999"), "retired_commune_code"),
    "an unknown status": (item(trangThai=99), "unreadable_original"),
    "a birth in the year 99999": (item(duLieu=child(ngaySinh={"nam": "99999"})), "impossible_date"),
    "SQL as the dossier code": (item(maHoSo="x'); DROP TABLE dossiers; --"), "dossier_code_malformed"),
    "control characters in the dossier code": (item(maHoSo="H05\x07\x1b[2J"), "dossier_code_malformed"),
}
"""An item that can be read, and the check that holds it."""


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


def test_unreadable_items_are_held_as_they_came_and_the_others_of_their_page_arrive(onestop: Portal) -> None:
    onestop.twisted.twist = listed(*(original for original, _ in UNREADABLE_ITEMS.values()))
    onestop.pull()
    kept = onestop.versions()
    assert {name: kept.get(original, "lost") for name, (original, _) in UNREADABLE_ITEMS.items()} == {
        name: field for name, (_, field) in UNREADABLE_ITEMS.items()
    }
    assert onestop.good().items() <= onestop.states().items()
    assert Counter(onestop.states().values()) == {"cleared": 2, "held": len(UNREADABLE_ITEMS)}


def test_items_with_codes_that_nobody_knows_are_held(onestop: Portal) -> None:
    onestop.twisted.twist = listed(*(original for original, _ in HELD_ITEMS.values()))
    onestop.pull()
    found = onestop.findings()
    for name, (original, check_code) in HELD_ITEMS.items():
        assert onestop.versions()[original] is None, name
        assert check_code in found[json.loads(original)["maHoSo"].strip()], name
    assert onestop.good().items() <= onestop.states().items()
    assert Counter(onestop.states().values()) == {"cleared": 2, "held": len(HELD_ITEMS)}


def test_a_dossier_twice_in_one_page_with_different_content_has_two_versions(onestop: Portal) -> None:
    first, second = (item(maHoSo="H05.12.34-261120-0777", trichYeuHoSo=abstract) for abstract in ("một", "hai"))
    onestop.twisted.twist = listed(first, second)
    onestop.pull()
    assert {first, second} <= onestop.versions().keys()
    assert len(onestop.states()) == 3
    onestop.pull()
    assert onestop.states()["H05.12.34-261120-0777"] == "held"


def test_an_update_time_that_lies_far_ahead_does_not_carry_the_cursor_away(onestop: Portal) -> None:
    far = item(ngayCapNhat="2199-01-01T00:00:00+07:00")
    mark = b"]}"
    onestop.twisted.twist = lambda request, answer: replace(answer, body=answer.body.removesuffix(mark) + b"," + far + mark)
    onestop.twisted.twist = only_lists(onestop.twisted.twist)
    onestop.pull()
    (row,) = onestop.rows("SELECT position FROM cursors")
    assert row.position < "2190"
    assert far in onestop.versions()


PAGES: dict[str, bytes] = {
    "nothing": b"",
    "half a page": b'{"error_code":0,"danhSach":[{"maHoSo":"H05',
    "HTML with status 200": HTML,
    "a page without a list": b'{"error_code":0,"message":""}',
    "a list that is null": b'{"error_code":0,"danhSach":null}',
    "a list that is an object": b'{"error_code":0,"danhSach":{}}',
    "a page that is a list": b"[]",
    "null": b"null",
    "two lists": b'{"error_code":0,"danhSach":[],"danhSach":[]}',
    "an error": b'{"error_code":7,"danhSach":[]}',
    "an error code in words": b'{"error_code":"0","danhSach":[]}',
    "an error code of five thousand digits": b'{"error_code":%s,"danhSach":[]}' % (b"0" + b"1" * 5000),
    "NaN for an error code": b'{"error_code":NaN,"danhSach":[]}',
    "UTF-16": '{"error_code":0,"danhSach":[]}'.encode("utf-16"),
    "nesting without end": b'{"error_code":0,"message":' + b"[" * 100_000 + b"]" * 100_000 + b',"danhSach":[]}',
    "brackets that do not match": b'{"error_code":0,"danhSach":[{"a":]}',
    "NUL bytes": b"\x00" * 512,
    "an XML page": b'<?xml version="1.0"?><danhSach/>',
}
"""A whole page that is none."""


def test_a_page_that_is_none_is_a_named_error_and_kept_and_the_next_pull_brings_all(onestop: Portal) -> None:
    for page in PAGES.values():
        onestop.twisted.twist = only_lists(lambda request, answer, page=page: replace(answer, body=page))  # type: ignore[misc]
        with pytest.raises(Unrecognised):
            onestop.pull()
    assert onestop.rows("SELECT * FROM cursors") == []
    assert onestop.incidents() == [page for page in PAGES.values() if page]
    onestop.twisted.twist = untwisted
    onestop.pull()
    assert onestop.states() == onestop.good()


def test_an_empty_page_moves_the_cursor_and_nothing_else(onestop: Portal) -> None:
    onestop.twisted.twist = only_lists(lambda request, answer: replace(answer, body=b'{"error_code":0,"danhSach":[]}'))
    assert onestop.pull() == {}
    assert len(onestop.rows("SELECT * FROM cursors")) == 1


@pytest.mark.parametrize("is_packed", [False, True], ids=["as it is", "packed to fifty kilobytes"])
def test_a_page_of_fifty_megabytes_is_not_read_to_its_end(onestop: Portal, is_packed: bool) -> None:
    page = b'{"error_code":0,"danhSach":["' + b"x" * FIFTY_MEGABYTES
    body, headers = (gzip.compress(page, 1), {"Content-Encoding": "gzip"}) if is_packed else (page, {})
    onestop.twisted.twist = only_lists(lambda request, answer: replace(answer, body=body, headers=headers))
    tracemalloc.start()
    try:
        with pytest.raises(Unrecognised, match="not read"):
            onestop.pull()
        assert tracemalloc.get_traced_memory()[1] < 45 * MEGABYTE
    finally:
        tracemalloc.stop()
    assert onestop.incidents() == [page[:4096]]


def detail(hub_id: int, **changes: Any) -> bytes:
    """The good detail under an id and a code of its own, with other values in its fields; `...` takes a field out."""
    code = f"H49.12.34-261120-{next(_numbers)}"
    content = {**DETAIL, "id": str(hub_id), "maHoSo": code, **changes}
    value = {name: value for name, value in content.items() if value is not ...}
    return json.dumps({"status": "1", "statusDescription": "", "value": value}).encode()


FORM: str = DETAIL["data"]
LOOKED_AT = "http://127.0.0.1:{port}/looked-at"
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE hoTich [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]><hoTich><nks>&a9;</nks></hoTich>"
)


def with_entity(system: str) -> str:
    return f'<!DOCTYPE hoTich [<!ENTITY x SYSTEM "{system}">]><hoTich><nks><HoTen>&x;</HoTen></nks></hoTich>'


UNREADABLE_FORMS: dict[str, tuple[Any, str]] = {
    "nothing": ("", "hub.data"),
    "null": (None, "hub.data"),
    "an object": ({}, "hub.data"),
    "text": ("khai sinh", "hub.data"),
    "half a document": (FORM[: len(FORM) // 2], "hub.data"),
    "two documents": (FORM + FORM, "hub.data"),
    "another root": ("<khaiSinh/>", "hub.data"),
    "an unknown element": (FORM.replace("<nks>", "<la/><nks>"), "hub.data.la"),
    "an element twice": (FORM.replace("</hoTich>", "<cha/><cha/></hoTich>"), "hub.data.cha"),
    "an attribute": (FORM.replace("<nks>", '<nks la="1">'), "hub.data.nks"),
    "no child": ("<hoTich/>", "hub.case.birth.child"),
    "an unknown sex": ("<hoTich><nks><GioiTinh>9</GioiTinh></nks></hoTich>", "hub.data.nks.GioiTinh"),
    "copies in words": (FORM.replace("</hoTich>", "<soLuongBanSao>hai</soLuongBanSao></hoTich>"), "hub.data.soLuongBanSao"),
    "NUL": (FORM.replace("<HoTen>", "<HoTen>\x00"), "hub.data"),
    "a reference to NUL": (FORM.replace("<HoTen>", "<HoTen>&#0;"), "hub.data"),
    "half a surrogate pair": (FORM.replace("<HoTen>", "<HoTen>\ud800"), "hub.data"),
    "an XML bomb": (BOMB, "hub.data"),
    "a file as an entity": (with_entity("file:///etc/passwd"), "hub.data"),
    "an address as an entity": (with_entity(LOOKED_AT), "hub.data"),
    "an address as the document type": (f'<!DOCTYPE hoTich SYSTEM "{LOOKED_AT}"><hoTich/>', "hub.data"),
    "nesting without end": ("<hoTich>" + "<nks>" * 50_000 + "</nks>" * 50_000 + "</hoTich>", "hub.data"),
    "nine megabytes": ("<hoTich>" + " " * 9 * MEGABYTE + "</hoTich>", "hub.data"),
}  # fmt: skip
"""What the XML inside a detail may be, and the field where that shows."""


def given_also(details: Mapping[int, bytes]) -> Twist:
    """These details, and their ids in the list of births of the day of the first good one."""

    def twist(request: Incoming, answer: Outgoing) -> Outgoing:
        if request.path.endswith("/api/hoSo") and request.query["module"] == "LTKS" and b'"id"' in answer.body:
            heads = b"".join(b'{"id":%d},' % hub_id for hub_id in details)
            return replace(answer, body=answer.body.replace(b'"value": [', b'"value": [' + heads))
        hub_id = request.path.rsplit("/", 1)[-1]
        return Outgoing(200, details[int(hub_id)]) if hub_id.isdecimal() and int(hub_id) in details else answer

    return twist


def test_unreadable_forms_are_held_as_they_came_nothing_is_opened_and_the_others_arrive(hub: Portal) -> None:
    filled = {
        name: form.replace("{port}", str(hub.listener.port)) if isinstance(form, str) else form
        for name, (form, _) in UNREADABLE_FORMS.items()
    }
    details = {number: detail(number, data=form) for number, form in enumerate(filled.values(), 1)}
    hub.twisted.twist = given_also(details)
    hub.pull()
    kept = hub.versions()
    assert {name: kept.get(original, "lost") for name, original in zip(filled, details.values(), strict=True)} == {
        name: field for name, (_, field) in UNREADABLE_FORMS.items()
    }
    assert not [path for path in hub.twisted.seen if "looked-at" in path]
    assert hub.good().items() <= hub.states().items()
    assert Counter(hub.states().values()) == {"cleared": 2, "held": len(details)}


BROKEN_DETAILS = {
    1: b"",
    2: HTML,
    3: b'{"status":"1","value":{"id":"3"',
    4: b'{"status":"1","value":null}',
    5: b'{"status":"0","errorDescription":"loi"}',
    6: detail(7),
    7: detail(7).decode().encode("utf-16"),
    8: b'{"status":"1","value":{"id":"8","data":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
}
"""By id, what is no detail of it."""


def test_details_that_are_none_are_named_errors_and_kept_and_the_others_arrive(hub: Portal) -> None:
    hub.twisted.twist = given_also(BROKEN_DETAILS)
    with pytest.raises(LienthongError):
        hub.pull()
    assert hub.states() == hub.good()
    assert set(hub.incidents()) == {body for body in BROKEN_DETAILS.values() if body}


def test_the_cursor_stays_before_details_that_did_not_come(hub: Portal) -> None:
    hub.twisted.twist = lambda request, answer: replace(answer, body=HTML) if "/api/hoSo/1" in request.path else answer
    with pytest.raises(Unrecognised):
        hub.pull()
    positions = [row.position for row in hub.rows("SELECT position FROM cursors")]
    assert min(positions) <= min(one.dossier.updated_at for one in OF_PROVINCE["22"][:2]).date().isoformat()
    hub.twisted.twist = untwisted
    hub.pull()
    assert hub.states() == hub.good()


BROKEN_PAPERS: dict[str, Any] = {
    "no base64": "%%%",
    "letters of ours": "giấy",
    "half a group": "QUJD0",
    "nothing": "",
    "null": None,
    "a number": 17,
    "a list": ["QUJD"],
    "half a surrogate pair": "\ud800",
}
"""What the bytes of a paper inside a detail may be."""


def test_papers_that_are_no_files_hold_their_dossier_and_the_others_arrive(hub: Portal) -> None:
    papers = DETAIL["fileDinhKem"]
    details = {
        number: detail(number, fileDinhKem=[{**papers[0], "duLieuTepDinhKem": content}, *papers[1:]])
        for number, content in enumerate(BROKEN_PAPERS.values(), 1)
    }
    details |= {
        number: detail(number, fileDinhKem=content) for number, content in enumerate(([None], "x", [17], {}), 51)
    }
    hub.twisted.twist = given_also(details)
    hub.pull()
    assert set(details.values()) <= hub.versions().keys()
    assert hub.good().items() <= hub.states().items()
    assert Counter(hub.states().values()) == {"cleared": 2, "held": len(details)}


def deep(opening: bytes, closing: bytes) -> bytes:
    return opening * 100_000 + closing * 100_000


REPLIES = (
    b"", HTML, b"{", b"[]", b"{}", b"null", b"17", b'"thanh cong"', b"NaN", deep(b"[", b"]"), deep(b"<a>", b"</a>"),
    b"\x00" * 64, bytes(range(256)), TCVN3, '{"status":"1"}'.encode("utf-16"), b'{"status":"\xd0"}',
    b'{"status":"9","value":[null]}', b'{"status":"7","value":[{"maHoSo":17,"trangThai":"99"}]}',
    b'{"status":"0","errorCode":"999","errorDescription":"loi"}', b'{"code":200,"data":{"items":[{"status":"x"}]}}',
    BOMB.encode(), with_entity("file:///etc/passwd").encode(), with_entity(LOOKED_AT).encode(), b"<TraLoi/>",
)  # fmt: skip
"""What a registry may answer instead of what it should."""

@pytest.fixture
def hamlet(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Iterator[HurriedRoad]:
    """A road through a dozen dossiers of all kinds."""
    monkeypatch.setattr(rehearsal, "World", Hamlet)
    with Rehearsal(5, 300, ("24", "22"), now=NOW) as sandbox:
        yield HurriedRoad(ledger, sandbox, extra={"settles_after_s": "0", "per_second": "100000"})


def tamper(road: HurriedRoad, registry_code: str, twist: Twist) -> Callable[[], None]:
    """Twists a registry's answers, but not its tokens; returns what ends it."""
    listener = road.rehearsal.server.listeners[registry_code]
    whole = listener.twin
    listener.twin = Twisted(whole, lambda request, answer: answer if "oken" in request.path else twist(request, answer))

    def mend() -> None:
        listener.twin = whole

    return mend


@pytest.mark.parametrize("registry_code", REGISTRY_CODES)
def test_replies_that_are_none_are_named_errors_and_kept_and_nothing_is_lost_or_doubled(
    hamlet: HurriedRoad, registry_code: str
) -> None:
    coming, sent = list(REPLIES), []

    def answer_wrongly(request: Incoming, answer: Outgoing) -> Outgoing:
        if not coming:
            return answer
        sent.append(coming.pop())
        return replace(answer, body=sent[-1])

    mend = tamper(hamlet, registry_code, answer_wrongly)
    while coming:
        hamlet.round()
        time_passes(hamlet.ledger)
    mend()
    hamlet.go()
    assert {error.split(":")[0] for error in hamlet.errors} == {"Unrecognised"}
    assert {body for body in sent if body} <= set(incidents(hamlet.ledger)) | set(words(hamlet.ledger))
    assert contradictions(hamlet.rehearsal) == []
    assert unfinished_at_portals(hamlet.rehearsal) == []
    assert [line for line in account(hamlet.ledger) if line.unexplained] == []


def words(ledger: Ledger) -> list[bytes]:
    """What registries said, as it is kept with their dossiers."""
    query = text("""SELECT r.sealed, k.wrapped, portal_code, dossier_code FROM replies r JOIN deliveries USING (delivery_id)
                      JOIN dossiers USING (dossier_id) JOIN keys k USING (dossier_id)""")
    found = []
    with ledger.engine.connect() as connection:
        for row in connection.execute(query):
            key = ledger.open_key(row.wrapped, row.portal_code, row.dossier_code)
            said = json.loads(key.unseal(row.sealed, "reply"))["words"]
            is_packed = said.startswith("base64:")
            found.append(b64decode(said.removeprefix("base64:")) if is_packed else said.encode())
    return found


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[]))
    | st.sampled_from(["", "\x00", "\ud800", "9" * 400, 10**30, "31/02/2026 25:00:00", "9999-12-31T23:59:59+07:00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


def places_in(content: Any) -> list[tuple[Any, Any]]:
    """Every container of a document with each of its keys."""
    keys = content.keys() if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ()
    return [place for key in keys for place in [(content, key), *places_in(content[key])]]


@st.composite
def spoilt(draw: st.DrawFn, good: Mapping[str, Any]) -> bytes:
    """A good document in which a field or three are gone, something else, or too many."""
    content = deepcopy(dict(good))
    for _ in range(draw(st.integers(1, 3))):
        if not (places := places_in(content)):
            break
        container, key = draw(st.sampled_from(places))
        match draw(st.sampled_from(("drop", "change", "insert"))):
            case "drop":
                del container[key]
            case "insert" if isinstance(container, dict):
                container[draw(st.text(st.characters(exclude_categories=[]), max_size=8))] = draw(JUNK)
            case _:
                container[key] = draw(JUNK)
    return json.dumps(content).encode()


@st.composite
def spoilt_detail(draw: st.DrawFn) -> bytes:
    """A detail of the hub that is spoilt in its JSON, or anywhere in its XML."""
    if draw(st.booleans()):
        return b'{"value":' + draw(spoilt(DETAIL)) + b"}"
    first, last = sorted((draw(st.integers(0, len(FORM))), draw(st.integers(0, len(FORM)))))
    last = min(last, first + draw(st.integers(0, 20)))
    junk = draw(st.text(st.characters(exclude_categories=[])) | st.sampled_from(["<", "&", "]]>", "<la/>", "<!--", "<?la ?>"]))
    return json.dumps({"value": {**DETAIL, "data": FORM[:first] + junk + FORM[last:]}}).encode()


@settings(max_examples=300, deadline=None)
@given(spoilt(ITEM) | st.binary())
def test_reading_an_item_of_a_list_never_fails(original: bytes) -> None:
    arrival = read_arrival(PROVINCES["24"].platform, "24", "H05.12.34-261120-0001", original)
    assert arrival.original == original and len(arrival.content_sha256) == 32


@settings(max_examples=300, deadline=None)
@given(spoilt_detail() | st.binary())
def test_reading_a_detail_never_fails_nor_does_taking_its_papers_out(original: bytes) -> None:
    arrival = read_arrival(PROVINCES["22"].platform, "22", "H49.12.34-261120-0001", original)
    assert arrival.original == original and len(arrival.content_sha256) == 32
    if arrival.dossier and (inside := PROVINCES["22"].platform.papers_inside):
        assert len(inside(original)) == len(arrival.dossier.papers)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(spoilt(ITEM), min_size=1, max_size=12, unique=True))
def test_no_spoilt_item_of_a_page_is_lost(onestop: Portal, items: list[bytes]) -> None:
    onestop.twisted.twist = listed(*items)
    onestop.pull()
    assert set(items) <= onestop.versions().keys()
    assert onestop.good().items() <= onestop.states().items()
    assert set(onestop.states().values()) <= {"cleared", "held", "waiting", "closed"}
