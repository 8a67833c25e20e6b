"""What the desk refuses, and that each refusal is logged with codes only."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from connectors.ledger import Ledger, open_ledger
from connectors.ledger.grants import accesses
from connectors.postgres import EmbeddedServer
from connectors.vault import Vault
from dags.desk.app import make_desk
from dags.desk.auth import SECURITY_HEADERS, Visitor
from tests.support.databases import new_ledger_url
from tests.support.desk import PNG, TOKEN, DeskHouse, path_of
from tests.support.dossiers import BIRTH, DEATH, changed

ETHNIC, NUMBER = "case.child.ethnic_group", "case.mother.personal_id"
HELD = changed(BIRTH, ETHNIC, "Kinhh")
PAGES = ["/", "/queue", "/queue/unknown_ethnic_group", path_of(HELD), f"{path_of(HELD)}/papers/1/0", "/confirm",
         "/duplicates", "/batches", "/answers", "/checks", "/accesses", "/find?code=x", "/nowhere",
         "/static/x/desk.css"]  # fmt: skip
SCRIPT = "<script>alert(1)</script>"
EDIT = {"version": "1", "path": ETHNIC, "value": "Kinh"}


@pytest.fixture
def house(ledger: Ledger) -> DeskHouse:
    house = DeskHouse(ledger)
    house.arrive(HELD)
    house.grant("lan", "steward", place="24")
    house.grant("hoa", "second_steward", place="24")
    house.grant("xa", "steward", "second_steward", place="07213")
    house.grant("luu", "archivist")
    house.grant("kiem", "auditor")
    house.grant("van", "operator")
    return house


def untouched(house: DeskHouse) -> bool:
    return house.state(HELD) == "held" and house.rows("SELECT count(*) FROM decisions") == [(0,)]


# Who is not logged in


def test_an_unauthenticated_request_sees_nothing_at_all(house: DeskHouse) -> None:
    with TestClient(house.app()) as client:
        for path in PAGES:
            response = client.get(path)
            assert response.status_code == 401, path
            assert len(response.text) < 200, path
        assert client.post(path_of(HELD) + "/edit", data=EDIT).status_code == 401
    assert untouched(house)
    assert set(house.refusals()) == {("", "unauthenticated", "")}


def test_somebody_without_a_grant_is_told_whom_to_ask(house: DeskHouse) -> None:
    with house.visitor("moi") as moi:
        for path in ("/", "/queue", path_of(HELD), "/checks", "/answers"):
            assert "lienthong grant moi" in moi.get(path, 403)
    assert {detail for _, _, detail in house.refusals()} == {"no_grant"}


def test_a_grant_that_was_taken_back_opens_nothing(house: DeskHouse) -> None:
    from connectors.ledger.grants import revoke

    revoke(house.ledger, "lan", "steward", "24", "root")
    with house.visitor("lan") as lan:
        lan.get("/queue", 403)


# Roles and places


@pytest.mark.parametrize(
    ("user", "path"),
    [
        ("luu", path_of(HELD)), ("luu", f"{path_of(HELD)}/papers/1/0"), ("luu", "/confirm"), ("luu", "/accesses"),
        ("luu", "/find?code=x"), ("van", "/queue"), ("van", path_of(HELD)), ("van", "/confirm"), ("kiem", "/confirm"),
        ("kiem", "/duplicates"), ("kiem", "/batches"), ("lan", "/accesses"), ("hoa", "/duplicates"),
    ],
)  # fmt: skip
def test_a_page_that_is_not_of_ones_role_is_refused(house: DeskHouse, user: str, path: str) -> None:
    with house.visitor(user) as browser:
        html = browser.get(path, 403)
    assert HELD.dossier_code not in html.replace(path, "")
    assert "NGUYỄN" not in html
    assert [(actor, detail[:8]) for actor, _, detail in house.refusals()] == [(user, "may_not_")]
    assert house.looks() == []


@pytest.mark.parametrize("act", ["edit", "accept", "supplement", "reject", "resend", "undo"])
@pytest.mark.parametrize("user", ["kiem", "hoa"])
def test_who_only_reads_does_nothing(house: DeskHouse, user: str, act: str) -> None:
    values = EDIT if act == "edit" else {"version": "1", "reason": "đủ dài", "decision": "1"}
    with house.visitor(user) as browser:
        browser.send(f"{path_of(HELD)}/{act}", 403, **values)
    assert untouched(house)
    assert house.refusals() == [(user, "dossier", f"may_not_{act}")]


def test_another_communes_dossier_is_as_if_it_were_not_there(house: DeskHouse) -> None:
    with house.visitor("xa") as xa:
        there = xa.get(path_of(HELD), 404)
        nowhere = xa.get("/dossier/24/H05.12.34-261120-9999", 404)
        assert there.replace(HELD.dossier_code, "") == nowhere.replace("H05.12.34-261120-9999", "")
        xa.get(f"{path_of(HELD)}/papers/1/0", 404)
        xa.send(f"{path_of(HELD)}/edit", 404, **EDIT)
        assert HELD.dossier_code not in xa.get("/queue/unknown_ethnic_group")
        assert "Không thấy hồ sơ" in xa.get(f"/find?code={HELD.dossier_code}", 404)
        page = xa.send("/queue/unknown_ethnic_group/preview", act="edit", all="1", value="Kinh")
        assert HELD.dossier_code not in page
        chosen = f"{house.rows('SELECT dossier_id FROM dossiers')[0].dossier_id}.1"
        assert HELD.dossier_code not in xa.send("/queue/unknown_ethnic_group/preview", act="edit", chosen=chosen)
    assert untouched(house)
    assert house.looks() == []
    assert ("xa", "dossier", "place") in house.refusals()


def test_another_communes_edit_is_not_confirmed(house: DeskHouse) -> None:
    spaced = changed(BIRTH, NUMBER, "0241 98001111").model_copy(update={"dossier_code": "H05.12.34-261120-0007"})
    house.arrive(spaced)
    with house.visitor("lan") as lan:
        lan.send(path_of(spaced) + "/edit", version="1", path=NUMBER, value="024198001111")
    ((decision,),) = house.rows("SELECT decision_id FROM decisions")
    with house.visitor("xa") as xa:
        assert "024198001111" not in xa.get("/confirm")
        xa.send("/confirm", 404, decisions=str(decision), act="confirm")
    assert house.state(spaced) == "held"
    assert house.refusals() == [("xa", "confirm", "place_or_resolved")]


# Forms that are not ours


@pytest.mark.parametrize(
    ("token", "headers", "why"),
    [
        ("", {}, "form_token"),
        ("wrong", {}, "form_token"),
        (TOKEN.format("hoa"), {}, "form_token"),
        ("ỗ", {}, "form_token"),
        (TOKEN.format("lan"), {"Sec-Fetch-Site": "cross-site"}, "other_site"),
        (TOKEN.format("lan"), {"Sec-Fetch-Site": "same-site"}, "other_site"),
        (TOKEN.format("lan"), {"Origin": "https://evil.example"}, "other_site"),
        (TOKEN.format("lan"), {"Origin": "null"}, "other_site"),
    ],
)
def test_a_forged_form_changes_nothing(house: DeskHouse, token: str, headers: dict[str, str], why: str) -> None:
    with house.visitor("lan") as lan:
        response = lan.post(f"{path_of(HELD)}/edit", {**EDIT, "form_token": token}, headers)
    assert response.status_code == 403
    assert untouched(house)
    assert house.refusals() == [("lan", "form", why)]


def test_every_form_that_changes_something_carries_the_users_token(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        for path in (path_of(HELD), "/queue/unknown_ethnic_group"):
            html = lan.get(path)
            assert html.count('<form method="post"') == html.count(f'name="form_token" value="{TOKEN.format("lan")}"')


def test_nothing_is_changed_by_a_get(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        for act in ("edit", "accept", "reject", "supplement", "resend", "undo"):
            lan.get(f"{path_of(HELD)}/{act}?version=1&reason=abcd&form_token={TOKEN.format('lan')}", 405)
    assert untouched(house)


# What others write


def test_what_a_citizen_wrote_is_shown_and_not_run(house: DeskHouse) -> None:
    nasty = changed(changed(HELD, "case.child.full_name", SCRIPT), "abstract", '"><img src=x onerror=alert(1)>')
    nasty = nasty.model_copy(update={"dossier_code": "H05.12.34-261120-0666"})
    house.arrive(nasty)
    with house.visitor("lan") as lan:
        html = lan.get(path_of(nasty))
        assert SCRIPT not in html
        assert "&lt;script&gt;" in html
        assert "<img src=x" not in html
        html = lan.send(f"{path_of(nasty)}/supplement", version="1", reason=f"bổ sung {SCRIPT}")
        assert SCRIPT not in html
        assert "bổ sung &lt;script&gt;" in html


def test_a_nasty_user_name_stays_text(house: DeskHouse) -> None:
    with house.visitor(f"x{SCRIPT}") as browser:
        assert SCRIPT not in browser.get("/", 403)


@pytest.mark.parametrize(
    "code", ["a\r\nX-Evil: 1", "https://evil.example/", "//evil.example", "../../x", "\x00", SCRIPT]
)
def test_no_header_and_no_other_host_is_made_of_what_is_typed(house: DeskHouse, code: str) -> None:
    with house.visitor("lan") as lan:
        for path in ("/find", "/queue", "/answers", "/"):
            response = lan.client.get(path, params={"code": code, "q": code, "lang": code}, follow_redirects=False)
            assert "x-evil" not in response.headers
            assert response.status_code < 500
            assert "evil.example" not in response.headers.get("location", "")
            assert SCRIPT not in response.text


def test_a_redirect_stays_at_the_dossier(house: DeskHouse) -> None:
    odd = HELD.model_copy(update={"dossier_code": "H05.12.34-261120-0001?x=//evil.example"})
    house.arrive(odd)
    with house.visitor("lan") as lan:
        response = lan.client.get("/find", params={"code": odd.dossier_code}, follow_redirects=False)
    assert response.headers["location"] == "/dossier/24/H05.12.34-261120-0001%3Fx%3D%2F%2Fevil.example"


# Papers


@pytest.mark.parametrize(
    "trick",
    ["1/../../../etc/passwd", "1/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "1/99", "9/0", "1/-1", "a/b", "1/0%00", "1/0/..%2f0",
     "1/99999999999999999999"],
)  # fmt: skip
def test_a_papers_address_leads_to_that_paper_or_nowhere(house: DeskHouse, trick: str) -> None:
    with house.visitor("lan") as lan:
        response = lan.client.get(f"{path_of(HELD)}/papers/{trick}")
        assert response.status_code in (404, 422), trick
        assert PNG not in response.content
    assert house.looks() == []
    assert len(house.refusals()) == 1


def test_a_paper_is_shown_locked_up_and_only_if_it_is_of_a_known_kind(house: DeskHouse) -> None:
    html = HELD.model_copy(update={"dossier_code": "H05.12.34-261120-0002"})
    house.arrive(html, paper=b"<html><script>alert(1)</script>")
    with house.visitor("lan") as lan:
        picture = lan.client.get(f"{path_of(HELD)}/papers/1/0")
        assert picture.content == PNG
        assert picture.headers["content-type"] == "image/png"
        assert picture.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert picture.headers["content-disposition"].startswith("inline")
        other = lan.client.get(f"{path_of(html)}/papers/1/0")
        assert other.headers["content-type"] == "application/octet-stream"
        assert other.headers["content-disposition"].startswith("attachment")
        assert other.headers["x-content-type-options"] == "nosniff"
        saved = lan.client.get(f"{path_of(HELD)}/papers/1/0?save=true")
        assert saved.headers["content-disposition"].startswith("attachment")
    assert house.looks() == [("lan", "paper")] * 3


# Limits, headers, the log


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"reason": "x" * 2001, "version": "1"}, 422),
        ({"reason": "x" * 3_000_000, "version": "1"}, 413),
        ({"reason": "đủ dài", "version": "9" * 30}, 422),
        ({"reason": "ab", "version": "1"}, 422),
    ],
)
def test_what_is_too_long_is_refused_and_logged(house: DeskHouse, values: dict[str, str], status: int) -> None:
    with house.visitor("lan") as lan:
        lan.send(f"{path_of(HELD)}/accept", status, **values)
    assert untouched(house)
    assert [(actor, what) for actor, what, _ in house.refusals()] == [("lan", "form")]


def test_a_field_that_nobody_may_edit_is_refused(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        for path in ("dossier_code", "status", "papers.0.name", "case", "case.kind", "case.nothing", "__class__", ""):
            lan.send(f"{path_of(HELD)}/edit", 422, version="1", path=path, value="x")
    assert untouched(house)
    assert len(house.refusals()) == 8


def test_every_answer_forbids_what_the_page_does_not_need(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        for path in PAGES:
            headers = lan.client.get(path).headers
            assert "default-src 'none'" in headers["content-security-policy"], path
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
            if not path.startswith("/static"):
                assert headers["cache-control"] == "no-store", path


def test_an_answer_to_a_fault_of_our_own_has_the_headers_too(house: DeskHouse) -> None:
    def broken() -> Ledger:
        raise RuntimeError("the ledger broke")

    with TestClient(make_desk(ledger=broken, find_user=find_lan), raise_server_exceptions=False) as client:
        answer = client.get("/queue")
    assert answer.status_code == 500
    assert "the ledger broke" not in answer.text
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_pages_name_no_other_host(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        for path in ("/", "/queue", path_of(HELD)):
            html = lan.get(path).replace("http://www.w3.org/2000/svg", "")
            assert 'src="http' not in html
            assert 'href="http' not in html
            assert 'action="http' not in html


def test_the_log_holds_codes_only(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        lan.get(path_of(HELD))
        lan.get("/dossier/24/NGUYEN-VAN-NAM", 404)
        lan.send(f"{path_of(HELD)}/accept", 422, version="1", reason="n")
    for line in accesses(house.ledger):
        assert "NGUYEN" not in line.detail + line.what
        assert len(line.detail) < 101


# Anything else that may be sent


async def find_lan(request: Request) -> Visitor:
    return Visitor("lan", "t")


@pytest.fixture(scope="module")
def filled(server: EmbeddedServer) -> Iterator[FastAPI]:
    """A desk with some dossiers, for one user who may do everything, whose forms always carry the token."""
    with open_ledger(new_ledger_url(server), Vault(bytes(range(32)))) as ledger:
        house = DeskHouse(ledger)
        house.arrive(HELD, DEATH)
        house.grant("lan", "steward", "second_steward", "auditor", "operator")
        app = make_desk(ledger=lambda: ledger, find_user=find_lan)
        app.add_api_route("/openapi.json", app.openapi, include_in_schema=False)
        yield app


def test_nothing_that_is_sent_breaks_the_desk(filled: FastAPI) -> None:
    described = schemathesis.openapi.from_asgi("/openapi.json", filled)
    operations = [found.ok() for found in described.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) > 20
    for operation in operations:
        send(operation.as_strategy())


def send(cases: Any) -> None:
    """Sends some of these and wants no 500."""

    @given(case=cases)
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def one(case: schemathesis.Case[Any]) -> None:
        if isinstance(case.body, dict):
            case.body["form_token"] = "t"
        case.path_parameters.update(known(case))
        case.call_and_validate(checks=[not_a_server_error])

    one()


def known(case: schemathesis.Case[Any]) -> dict[str, str]:
    """The dossier that is there, in every second try, so that what comes after its address is tried too."""
    if "dossier_code" in (case.path_parameters or {}) and hash(str(case.body)) % 2:
        return {"portal_code": "24", "dossier_code": HELD.dossier_code}
    return {}
