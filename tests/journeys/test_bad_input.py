"""What a portal may send instead of what it should: it ends as a held dossier or a named error, the bytes are kept as
they came, and the other dossiers of the page go on. Over real HTTP, through the sandbox's own server."""

import gzip
import json
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from connectors.errors import LienthongError, Unrecognised
from connectors.ledger import Ledger
from connectors.sandbox.server import Incoming, Outgoing
from tests.support.tampering import (
    BOMB,
    DETAIL,
    FORM,
    HTML,
    LOOKED_AT,
    OF_PROVINCE,
    TCVN3,
    Portal,
    child,
    detail,
    given_also,
    item,
    listed,
    only_lists,
    opened,
    raw,
    untwisted,
    with_entity,
)

MEGABYTE = 1024 * 1024
FIFTY_MEGABYTES = 50 * MEGABYTE
RANDOM = "".join(Random(1).choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=10_000))


@pytest.fixture
def onestop(ledger: Ledger) -> Iterator[Portal]:
    with opened(ledger, "24") as portal:
        yield portal


@pytest.fixture
def hub(ledger: Ledger) -> Iterator[Portal]:
    with opened(ledger, "22") as portal:
        yield portal


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

    def at_the_end(request: Incoming, answer: Outgoing) -> Outgoing:
        return replace(answer, body=answer.body.removesuffix(b"]}") + b"," + far + b"]}")

    onestop.twisted.twist = only_lists(at_the_end)
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


def test_a_broken_page_is_kept_as_a_named_error_and_the_next_pull_brings_all(onestop: Portal) -> None:
    for page in PAGES.values():
        onestop.twisted.twist = only_lists(lambda request, answer, page=page: replace(answer, body=page))  # type: ignore[misc]  # a default has no type here
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
    "a birth order in words": (FORM.replace("</hoTich>", "<thuTuSinh>hai</thuTuSinh></hoTich>"), "hub.data.thuTuSinh"),
    "NUL": (FORM.replace("<HoTen>", "<HoTen>\x00"), "hub.data"),
    "a reference to NUL": (FORM.replace("<HoTen>", "<HoTen>&#0;"), "hub.data"),
    "half a surrogate pair": (FORM.replace("<HoTen>", "<HoTen>\ud800"), "hub.data"),
    "an XML bomb": (BOMB, "hub.data"),
    "a file as an entity": (with_entity("file:///etc/passwd"), "hub.data"),
    "an address as an entity": (with_entity(LOOKED_AT), "hub.data"),
    "an address as the document type": (f'<!DOCTYPE hoTich SYSTEM "{LOOKED_AT}"><hoTich/>', "hub.data"),
    "nesting without end": ("<hoTich>" + "<nks>" * 50_000 + "</nks>" * 50_000 + "</hoTich>", "hub.data"),
    "nine megabytes": ("<hoTich>" + " " * 9 * MEGABYTE + "</hoTich>", "hub.data"),
}
"""What the XML inside a detail may be, and the field where that shows."""


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


def test_broken_details_are_kept_as_named_errors_and_the_other_dossiers_arrive(hub: Portal) -> None:
    hub.twisted.twist = given_also(BROKEN_DETAILS)
    with pytest.raises(LienthongError):
        hub.pull()
    assert hub.states() == hub.good()
    assert set(hub.incidents()) == {body for body in BROKEN_DETAILS.values() if body}


def test_a_detail_that_stays_broken_is_kept_once_a_day(hub: Portal) -> None:
    other = b"<html><body>Bao tri den 18h</body></html>"
    for body in (HTML, HTML, other, HTML):
        hub.twisted.twist = lambda request, answer, body=body: (  # type: ignore[misc]  # a default has no type here
            replace(answer, body=body) if "/api/hoSo/1" in request.path else answer
        )
        with pytest.raises(Unrecognised):
            hub.pull()
    assert hub.incidents() == [HTML, other]
    with hub.ledger.engine.begin() as connection:
        connection.execute(text("UPDATE incidents SET happened_at = happened_at - interval '1 day'"))
    with pytest.raises(Unrecognised):
        hub.pull()
    assert hub.incidents() == [HTML, other, HTML]


def test_the_cursor_stays_before_details_that_did_not_come(hub: Portal) -> None:
    hub.twisted.twist = lambda request, answer: replace(answer, body=HTML) if "/api/hoSo/1" in request.path else answer
    with pytest.raises(Unrecognised):
        hub.pull()
    positions = [row.position for row in hub.rows("SELECT position FROM cursors")]
    assert min(positions) <= min(planted.dossier.updated_at for planted in OF_PROVINCE["22"][:2]).date().isoformat()
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


def test_broken_papers_hold_their_dossier_and_the_other_dossiers_arrive(hub: Portal) -> None:
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
