"""The two portal platforms: recorded exchanges, then their twins over real HTTP."""

import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from connectors.decoding import DecodeError
from connectors.endpoint import Endpoint
from connectors.errors import Unrecognised
from connectors.http import Reply, Request
from connectors.portals import hub, onestop
from connectors.portals.contract import RESULTS
from connectors.portals.provinces import PROVINCES
from connectors.sandbox.twins.hub import HubTwin
from connectors.sandbox.twins.hub_dossier import HubDossier
from connectors.sandbox.twins.onestop import OnestopDossier, OnestopTwin
from schemas.dates import VIETNAM, PartialDate
from schemas.dossier import Dossier, Paper
from schemas.fields import Model
from schemas.registries import REGISTRIES, CivilStatusReceipt
from schemas.report import Milestone, Report, ReportOutcome
from tests.support.dossiers import changed
from tests.support.portal_datasets import FULL, NOW, Portal, of_hub, planted, renumbered, served

RECORDED = Path(__file__).parents[1] / "recorded"
PLATFORMS = {province.platform_code: province.platform for province in PROVINCES.values()}
CASES = sorted((code, folder.name) for code in PLATFORMS for folder in (RECORDED / code).iterdir())
NOWHERE = Endpoint("http://127.0.0.1:9/24")
PERSONAL = ("TRẦN", "HÒA", "NGUYỄN", "BÌNH", "THÀNH", "024200005555", "0241980011119", "240,5")

RECEIVED, ACCEPTED, FORWARDED, REGISTERED, RETURNED, WITH_STEWARD, ASKED, REJECTED = Milestone
ACKNOWLEDGED, LATER, REFUSED = ReportOutcome
BIRTH, DEATH, MARRIAGE = FULL["birth"], FULL["death"], FULL["marriage"]
HUB_BIRTH, HUB_DEATH = of_hub(BIRTH), of_hub(DEATH)
SOMETHING = CivilStatusReceipt(entry_number="123", book_code="01/2026")


# --- recorded exchanges ---


@pytest.mark.parametrize(("code", "name"), CASES)
def test_a_recorded_exchange_is_read_as_expected(code: str, name: str) -> None:
    folder = RECORDED / code / name
    exchange = json.loads((folder / "exchange.json").read_text())
    expected = json.loads((folder / "expected.json").read_text())
    body = (folder / "reply.body").read_bytes().removesuffix(b"\n")
    check = {"read": reads, "read_page": reads_page, "report": reports}[exchange["verb"]]
    check(PLATFORMS[code], exchange, body, expected, folder)


def reads(platform: Any, exchange: Any, body: bytes, expected: Any, _: Path) -> None:
    if "field" in expected:
        with pytest.raises(DecodeError) as raised:
            platform.read(body, exchange["province_code"])
        assert raised.value.field == expected["field"]
        assert not any(value in str(raised.value) for value in PERSONAL)
        return
    assert platform.read(body, exchange["province_code"]) == Dossier.model_validate(expected["dossier"])
    if "papers" in expected:
        assert platform.papers_inside(body) == [paper.encode() for paper in expected["papers"]]


def reads_page(platform: Any, exchange: Any, body: bytes, expected: Any, _: Path) -> None:
    now = datetime(2026, 11, 20, 18, tzinfo=VIETNAM)  # after all that the recorded pages hold
    reply, position = Reply(exchange["status"], body), exchange["position"]
    if "error" in expected:
        with pytest.raises(Unrecognised) as raised:
            platform.read_page(reply, "LTKS", position, now)
        assert raised.value.reply == body
        return
    page = platform.read_page(reply, "LTKS", position, now)
    found = [[each.dossier_code, each.technical_id, each.original and each.original.decode()] for each in page.entries]
    assert found == expected["entries"]
    assert (page.next_position, page.has_more) == (expected["next_position"], expected["has_more"])


def reports(platform: Any, exchange: Any, body: bytes, expected: Any, folder: Path) -> None:
    told = TypeAdapter(list[Report]).validate_json((folder / "reports.json").read_bytes())
    if (folder / "request.json").exists():
        ours: Request = platform.write_reports(told, NOWHERE)
        wanted = json.loads((folder / "request.json").read_text())
        assert (ours.method, ours.path, json.loads(ours.body)) == (wanted["method"], wanted["path"], wanted["body"])
    reply = Reply(exchange["status"], body)
    if "error" in expected:
        with pytest.raises(Unrecognised) as raised:
            platform.read_reports(reply, told)
        assert raised.value.reply == body
        return
    assert [str(acknowledged) for acknowledged in platform.read_reports(reply, told)] == expected["outcomes"]


# --- everything travels ---


def blanks(model: Model, at: str = "") -> list[str]:
    """Paths of fields in which nothing is filled in."""
    found = []
    for name in type(model).model_fields:
        value = getattr(model, name)
        parts = value if isinstance(value, tuple) else (value,)
        found += [f"{at}{name}"] if value is None or value == () else []
        found += [
            blank
            for part in parts
            if isinstance(part, Model) and not isinstance(part, PartialDate)
            for blank in blanks(part, f"{at}{name}.")
        ]
    return found


@pytest.mark.parametrize("kind", FULL)
def test_the_dossiers_of_these_tests_have_every_field_filled(kind: str) -> None:
    assert blanks(FULL[kind]) == ["book", "book_entry"], "what a portal gives stands in no book of paper"


@pytest.mark.parametrize("kind", FULL)
def test_a_dossier_comes_out_of_the_one_stop_portal_as_it_went_in(kind: str) -> None:
    with served(OnestopTwin, planted(FULL[kind])) as portal:
        assert list(portal.dossiers().values()) == [FULL[kind]]


@pytest.mark.parametrize("kind", ["birth", "death"])
def test_a_dossier_comes_out_of_the_hub_as_it_went_in(kind: str) -> None:
    dossier = of_hub(FULL[kind])
    with served(HubTwin, planted(dossier)) as portal:
        assert list(portal.dossiers().values()) == [dossier]


@pytest.mark.parametrize("code", [None, "07213", "00123", "7210", "0721O", "", "7210 "])
def test_any_code_of_the_receiving_unit_survives_the_hub(code: str | None) -> None:
    with served(HubTwin, planted(HUB_DEATH.model_copy(update={"commune_code": code}))) as portal:
        assert [dossier.commune_code for dossier in portal.dossiers().values()] == [code]


WRITTEN = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"))


@given(WRITTEN, WRITTEN, st.none() | WRITTEN)
@settings(deadline=None)
def test_what_was_written_travels_unchanged(name: str, as_written: str, number: str | None) -> None:
    dossier = changed(BIRTH, "case.mother.full_name", name)
    dossier = changed(dossier, "case.mother.personal_id", number)
    dossier = changed(dossier, "case.notice_on", PartialDate.of(2026, 11, as_written=as_written))
    item = OnestopDossier("24", planted(dossier), dossier, dossier.status, dossier.updated_at).item()
    assert onestop.read(item, "24") == dossier
    dossier = of_hub(dossier)
    detail = HubDossier("22", "1", planted(dossier), dossier, dossier.updated_at).detail()
    assert hub.read(detail, "22") == dossier


def test_papers_of_the_one_stop_portal_are_fetched_by_link() -> None:
    with served(OnestopTwin, planted(BIRTH)) as portal:
        fetched = [portal.line.send(onestop.fetch_paper(paper, portal.endpoint)) for paper in BIRTH.papers]
        assert [(reply.status, reply.body) for reply in fetched] == [(200, b"%PDF 0"), (200, b"%PDF 1")]


@pytest.mark.parametrize("link", [None, "", "papers/1", "//khac.invalid/1", "@khac.invalid/1", "http://khac.invalid/papers/1",
                                  "/papers/../../15/1", "/papers/1\r\nX: y", "/papers/một"])  # fmt: skip
def test_a_link_that_leads_elsewhere_is_not_followed(link: str | None) -> None:
    with pytest.raises(DecodeError):
        onestop.fetch_paper(Paper(kind_code="X", name="x", link=link), NOWHERE)


def test_a_whole_address_on_the_same_portal_is_followed() -> None:
    paper = Paper(kind_code="X", name="x", link="http://127.0.0.1:9/24/papers/1")
    assert onestop.fetch_paper(paper, NOWHERE).path == "/papers/1"


def test_papers_of_the_hub_lie_in_the_original() -> None:
    with served(HubTwin, planted(HUB_BIRTH)) as portal:
        assert [hub.papers_inside(original) for original in portal.pull().values()] == [[b"%PDF 0", b"%PDF 1"]]


# --- paging while rows move ---


def row(dossier: Dossier) -> Report:
    return Report(dossier_code=dossier.dossier_code, procedure_as_written="x", milestone=RECEIVED, happened_at=NOW)


@pytest.mark.parametrize("step_s", [0, 1], ids=["all of one time", "each of its own time"])
@pytest.mark.parametrize("movers", [slice(0, 10), slice(195, 205), slice(250, 260)])
def test_no_dossier_is_missed_while_rows_move_between_pages(step_s: int, movers: slice) -> None:
    start = NOW - timedelta(hours=2)
    dossiers = [renumbered(DEATH, number, start + timedelta(seconds=step_s * number)) for number in range(450)]
    with served(OnestopTwin, *map(planted, dossiers)) as portal:

        def move(page: int) -> None:
            for dossier_row in {2: dossiers[movers], 3: dossiers[100:110], 4: dossiers[20:30]}.get(page, []):
                assert portal.send([row(dossier_row)]) == [ACKNOWLEDGED]

        found = portal.pull(between=move)
    assert set(found) == {dossier.dossier_code for dossier in dossiers}


def test_a_later_pull_begins_ten_minutes_before_the_last_row() -> None:
    old = renumbered(DEATH, 1, NOW - timedelta(minutes=31))
    late = renumbered(DEATH, 2, NOW - timedelta(minutes=29))
    last = renumbered(DEATH, 3, NOW - timedelta(minutes=20))
    with served(OnestopTwin, *map(planted, (old, late, last))) as portal:
        position = onestop.rewind(f"{last.updated_at.isoformat()}|3")
        assert set(portal.pull(position=position)) == {late.dossier_code, last.dossier_code}


def test_positions_sort_as_their_times_do() -> None:
    west, east = NOW.astimezone(VIETNAM), (NOW + timedelta(seconds=0.5)).astimezone(VIETNAM)
    assert onestop.rewind(f"{west.isoformat()}|1") < onestop.rewind(f"{east.isoformat()}|1")
    assert onestop.first_position(west).endswith("+00:00|1")


def test_the_hub_is_walked_day_by_day_until_today() -> None:
    days = [renumbered(HUB_DEATH, number, NOW - timedelta(days=number)) for number in range(4)]
    with served(HubTwin, *map(planted, days)) as portal:
        assert len(portal.pull()) == 4
        assert hub.rewind("2026-11-01") == "2026-10-30"


# --- what a portal takes as acknowledged ---


def test_the_one_stop_portal_shows_what_it_was_told_and_the_content_stays_the_same() -> None:
    with served(OnestopTwin, planted(BIRTH)) as portal:
        assert portal.tell(BIRTH, RECEIVED, ACCEPTED, FORWARDED) == [ACKNOWLEDGED] * 3
        assert portal.tell(BIRTH, REGISTERED, RETURNED, receipt=SOMETHING) == [ACKNOWLEDGED] * 2
        shown, (after,) = portal.shown(BIRTH), portal.dossiers().values()
    assert (shown["status"], shown["history"]) == (9, [2, 4, 4, 4, 9])
    assert shown["results"] == {"soDangKy": "123", "quyenSo": "01/2026"}
    assert (after.status, after.updated_at > BIRTH.updated_at) == (9, True)
    assert after.content_sha256() == BIRTH.content_sha256()


def test_the_hub_shows_what_it_was_told_and_the_content_stays_the_same() -> None:
    with served(HubTwin, planted(HUB_BIRTH)) as portal:
        before = portal.pull()
        assert portal.tell(HUB_BIRTH, RECEIVED, ACCEPTED, FORWARDED) == [ACKNOWLEDGED] * 3
        assert portal.tell(HUB_BIRTH, REGISTERED, RETURNED, receipt=SOMETHING) == [ACKNOWLEDGED] * 2
        shown, (after,) = portal.shown(HUB_BIRTH), portal.dossiers().values()
    assert (shown["status"], shown["history"]) == (5, [1, 3, 7, 4, 5])
    assert shown["results"] == {"soDangKy": "123", "quyenSo": "01/2026"}
    assert after.status == 10
    assert [after.content_sha256()] == [portal.read(original).content_sha256() for original in before.values()]


def test_the_hub_holds_to_its_order() -> None:
    with served(HubTwin, planted(HUB_BIRTH)) as portal:
        assert portal.tell(HUB_BIRTH, ACCEPTED, FORWARDED) == [LATER, LATER]
        assert portal.tell(HUB_BIRTH, RECEIVED, RECEIVED, ACCEPTED, ACCEPTED) == [ACKNOWLEDGED] * 4
        assert portal.tell(HUB_BIRTH, RECEIVED) == [REFUSED]
        assert portal.tell(HUB_BIRTH, FORWARDED, REGISTERED, REGISTERED, RETURNED, ACCEPTED) == [ACKNOWLEDGED] * 5
        assert portal.shown(HUB_BIRTH)["history"] == [1, 3, 7, 4, 5]
        assert portal.tell(changed(HUB_BIRTH, "dossier_code", "H49.1-261120-9999"), RECEIVED) == [ACKNOWLEDGED]


def test_the_one_stop_portal_holds_to_its_order() -> None:
    with served(OnestopTwin, planted(BIRTH)) as portal:
        assert portal.tell(BIRTH, ACCEPTED, RETURNED) == [LATER, LATER]
        assert portal.tell(BIRTH, RECEIVED, RECEIVED, ACCEPTED, WITH_STEWARD) == [ACKNOWLEDGED] * 4
        assert portal.shown(BIRTH)["history"] == [2, 4, 4]
        assert portal.tell(BIRTH, RETURNED, FORWARDED) == [ACKNOWLEDGED, ACKNOWLEDGED]
        assert portal.shown(BIRTH)["history"] == [2, 4, 4, 9]


@pytest.mark.parametrize("status", [1, 5, 7])
def test_a_dossier_that_the_desk_has_not_handed_over_keeps_its_status(status: int) -> None:
    waiting = changed(BIRTH, "status", status)
    with served(OnestopTwin, planted(waiting)) as portal:
        assert portal.tell(waiting, RECEIVED) == [ACKNOWLEDGED]
        assert [dossier.status for dossier in portal.dossiers().values()] == [status]


def test_ten_rows_go_in_one_call_and_eleven_do_not() -> None:
    dossiers = [renumbered(DEATH, number, NOW) for number in range(11)]
    with served(OnestopTwin, *map(planted, dossiers)) as portal:
        assert portal.send([row(dossier) for dossier in dossiers[:10]]) == [ACKNOWLEDGED] * 10
        with pytest.raises(Unrecognised):
            portal.send([row(dossier) for dossier in dossiers])


def test_with_steward_is_nothing_for_the_hub() -> None:
    assert WITH_STEWARD not in hub.PLATFORM.statuses
    assert set(onestop.PLATFORM.statuses) == set(Milestone)


def test_every_field_of_every_receipt_is_told() -> None:
    told = {name for names in RESULTS.values() for name in names}
    assert told == {f"{code}.{name}" for code, row in REGISTRIES.items() for name in row.receipt.model_fields}


# --- marks ---


def codes(portal: Portal, stream: str = "LTKS") -> list[str]:
    return [entry.dossier_code for entry in portal.entries(stream)]


def test_a_marked_dossier_is_listed_again_when_it_changes() -> None:
    with served(HubTwin, planted(HUB_BIRTH)) as portal:
        first = portal.entries("LTKS")
        portal.line.send(hub.taken(first, portal.endpoint))
        assert codes(portal) == []
        assert portal.shown(HUB_BIRTH)["marked"]
        portal.tell(HUB_BIRTH, RECEIVED)
        assert codes(portal) == [HUB_BIRTH.dossier_code]
        portal.line.send(hub.taken(first, portal.endpoint))
        assert codes(portal) == [HUB_BIRTH.dossier_code], "a mark of an earlier state marks nothing"


def test_a_reply_that_is_not_the_detail_that_was_asked_for_is_not_kept_as_one() -> None:
    with served(HubTwin, planted(HUB_BIRTH), planted(renumbered(HUB_BIRTH, 7, NOW))) as portal:
        one, other = portal.entries("LTKS")
        reply = portal.line.send(hub.fetch(one, portal.endpoint))
    assert hub.read_fetched(reply, one) == reply.body
    for strange in (reply, Reply(200, b"<html></html>"), Reply(404, reply.body), Reply(200, b'{"status":"0"}')):
        with pytest.raises(Unrecognised):
            hub.read_fetched(strange, other)


# --- supplements and broken content ---


@pytest.mark.parametrize("kind", [OnestopTwin, HubTwin])
def test_a_broken_dossier_spoils_no_other_and_comes_again_when_it_was_supplemented(kind: Any) -> None:
    whole, broken = (BIRTH, DEATH) if kind is OnestopTwin else (HUB_BIRTH, HUB_DEATH)
    with served(kind, planted(whole), planted(broken, defect="broken_content", edited=broken)) as portal:
        assert (portal.twin.given(), portal.twin.still_to_come()) == (0, 1)
        found = portal.pull()
        assert portal.read(found[whole.dossier_code]) == whole
        with pytest.raises(DecodeError):
            portal.read(found[broken.dossier_code])
        assert (portal.twin.given(), portal.twin.still_to_come()) == (2, 1)
        time.sleep(3.1)
        after = portal.dossiers()[broken.dossier_code]
        assert portal.twin.still_to_come() == 0
    assert after.content_sha256() == broken.content_sha256()
    assert after.updated_at > broken.updated_at


def test_an_item_in_a_wrong_encoding_spoils_itself_only() -> None:
    rows = (b'{"maHoSo":"H05.1-261120-0001"}', b'{"maHoSo":"H05.1-261120-0002","x":"NGUY\xd4N"}')
    body = b'{"error_code":0,"danhSach":[%s,%s]}' % rows
    page = onestop.read_page(Reply(200, body), "", onestop.first_position(NOW), NOW)
    assert [entry.dossier_code for entry in page.entries] == ["H05.1-261120-0001", "H05.1-261120-0002"]
    assert tuple(entry.original for entry in page.entries) == rows
    with pytest.raises(DecodeError, match="expected JSON"):
        onestop.read(rows[1], "24")


NAMES = st.sampled_from(["maHoSo", "techId", "trangThai", "ngayCapNhat", "duLieu", "value", "data", "module", "id"])
SCALARS = st.none() | st.booleans() | st.integers() | st.text()


@given(st.recursive(SCALARS, lambda some: st.lists(some) | st.dictionaries(NAMES, some)))
@settings(deadline=None)
def test_nonsense_is_named_and_never_crashes(content: Any) -> None:
    body = json.dumps(content).encode()
    for platform in PLATFORMS.values():
        with pytest.raises(DecodeError):
            platform.read(body, "24")


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 100_000, b'{"maHoSo":' * 100_000, b"NaN", b'"\\ud800"'])
def test_bytes_that_are_no_json_are_named(body: bytes) -> None:
    for platform in PLATFORMS.values():
        with pytest.raises(DecodeError):
            platform.read(body, "24")
        with pytest.raises(Unrecognised):
            platform.read_page(Reply(200, body), "LTKS", platform.first_position(NOW), NOW)
