"""What a registry may answer instead of what it should: a named error, its bytes kept, and once it answers well again
every dossier is registered once."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import URL

from connectors.ledger import Ledger
from connectors.ledger.account import account
from connectors.sandbox.server import Incoming, Outgoing
from schemas.registries import REGISTRY_CODES
from tests.support.ground_truth import contradictions, unfinished_at_portals
from tests.support.kills import ONE_AT_A_TIME, ProcessDriver, a_dozen_dossiers
from tests.support.tampering import BOMB, HTML, LOOKED_AT, NOW, TCVN3, Twist, Twisted, incidents, with_entity, words


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
def driver(ledger: Ledger, ledger_url: URL) -> Iterator[ProcessDriver]:
    """A dozen dossiers of all kinds, and the ledger that carries them."""
    with a_dozen_dossiers(NOW) as sandbox:
        yield ProcessDriver(sandbox, ledger, ledger_url, ONE_AT_A_TIME)


def tamper(driver: ProcessDriver, registry_code: str, twist: Twist) -> None:
    """Twists a registry's answers, but not its tokens."""
    listener = driver.sandbox.server.listeners[registry_code]
    listener.twin = Twisted(
        listener.twin, lambda request, answer: answer if "oken" in request.path else twist(request, answer)
    )


@pytest.mark.parametrize("registry_code", REGISTRY_CODES)
def test_broken_replies_are_kept_as_named_errors_and_nothing_is_lost_or_doubled(
    driver: ProcessDriver, registry_code: str
) -> None:
    coming, pipeline = list(REPLIES), driver.pipeline(driver.ledger)

    def answer_wrongly(request: Incoming, answer: Outgoing) -> Outgoing:
        return replace(answer, body=coming.pop()) if coming else answer

    tamper(driver, registry_code, answer_wrongly)
    driver.go(pipeline)
    assert coming == []
    assert {error.split(":")[0] for error in pipeline.errors} == {"Unrecognised"}
    assert {body for body in REPLIES if body} <= {*incidents(driver.ledger), *words(driver.ledger)}
    assert contradictions(driver.sandbox) == []
    assert unfinished_at_portals(driver.sandbox) == []
    assert [line for line in account(driver.ledger) if line.unexplained] == []


def test_words_that_no_database_can_hold_are_kept_and_do_not_stop_the_others(driver: ProcessDriver) -> None:
    no_words = "Sai \x00 và \ud800"
    refusal = {"status": "0", "errorCode": "500", "errorDescription": no_words}
    passing = {"status": "0", "errorCode": "\x00\ud800", "errorDescription": "Server Error"}
    coming, pipeline = [json.dumps(reply).encode() for reply in (refusal, passing)], driver.pipeline(driver.ledger)

    def answer_oddly(request: Incoming, answer: Outgoing) -> Outgoing:
        return replace(answer, body=coming.pop()) if coming and "nhanHoSo" in request.path else answer

    tamper(driver, "civil_status", answer_oddly)
    driver.go(pipeline)
    assert pipeline.errors == []
    assert no_words.encode(errors="surrogatepass") in words(driver.ledger)
    assert [line for line in account(driver.ledger) if line.unexplained or line.waiting] == []
