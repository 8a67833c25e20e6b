"""The one client, over real HTTP: what surely was not sent, what may have arrived, what comes back."""

import logging
import socket
import threading
import time

import pytest

from connectors.errors import Unreachable, Unrecognised
from connectors.http import ClientCredentials, Line, Reply, Request
from connectors.sandbox.server import Listener, Outgoing, SimulatedFault
from tests.support.scripted_twin import ASK, SECRET, NoTokens, ScriptedTwin, endpoint, failure

# Whether it may have arrived


def test_a_refused_connection_was_surely_not_sent(listener: Listener) -> None:
    listener.refuse()
    with Line(endpoint(listener.url), NoTokens()) as line:
        failed = failure(line)
    assert isinstance(failed, Unreachable)
    assert not failed.may_have_arrived


def test_an_address_that_does_not_exist_was_surely_not_sent() -> None:
    with Line(endpoint("http://no-such-twin.invalid"), ClientCredentials()) as line:
        failed = failure(line)
    assert isinstance(failed, Unreachable)
    assert not failed.may_have_arrived


@pytest.mark.parametrize(
    "fault", [SimulatedFault.LOSE_ANSWER, SimulatedFault.CUT_OFF, SimulatedFault.RESET, SimulatedFault.SERVER_ERROR]
)
def test_a_reset_a_cut_answer_and_a_server_error_may_have_arrived(
    line: Line, listener: Listener, fault: SimulatedFault
) -> None:
    listener.faults.switch(fault)
    failed = failure(line)
    assert isinstance(failed, Unreachable)
    assert failed.may_have_arrived


def test_an_answer_that_comes_too_late_may_have_arrived(line: Line, listener: Listener, twin: ScriptedTwin) -> None:
    listener.faults.switch(SimulatedFault.SLOW, seconds=0.8)
    failed = failure(line)
    assert isinstance(failed, Unreachable)
    assert failed.may_have_arrived
    time.sleep(0.5)
    assert len(twin.asked) == 2


def test_an_answer_that_never_ends_is_cut_at_its_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        chunk = b"40\r\n" + b"x" * 64 + b"\r\n"
        threading.Thread(target=trickle, args=(server, "Transfer-Encoding: chunked", chunk, 0.0), daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with Line(endpoint(url), NoTokens(), reply_limit=1000) as line:
            assert isinstance(failure(line), Unrecognised)


TRICKLES = [("Transfer-Encoding: chunked", b"1\r\nx\r\n"), ("Content-Length: 99", b"x")]


@pytest.mark.parametrize(("length", "part"), TRICKLES)
def test_an_answer_that_trickles_is_given_up(length: str, part: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.http.LONGEST_REPLY_S", 0.3)
    began = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=trickle, args=(server, length, part, 0.1), daemon=True).start()
        with Line(endpoint(f"http://127.0.0.1:{server.getsockname()[1]}"), NoTokens()) as line:
            failed = failure(line)
    assert isinstance(failed, Unreachable)
    assert failed.may_have_arrived
    assert time.monotonic() - began < 3


def trickle(server: socket.socket, length: str, part: bytes, every_s: float) -> None:
    taken, _ = server.accept()
    with taken:
        taken.recv(65536)
        taken.sendall(f"HTTP/1.1 200 OK\r\n{length}\r\n\r\n".encode())
        while True:
            try:
                taken.sendall(part)
            except OSError:
                return
            time.sleep(every_s)


def test_a_lost_token_was_surely_not_a_sent_request(listener: Listener) -> None:
    listener.faults.switch(SimulatedFault.LOSE_ANSWER)
    with Line(endpoint(listener.url), ClientCredentials()) as line:
        failed = failure(line)
    assert isinstance(failed, Unreachable)
    assert not failed.may_have_arrived


def test_nothing_is_sent_twice_by_itself(line: Line, listener: Listener, twin: ScriptedTwin) -> None:
    listener.faults.switch(SimulatedFault.LOSE_ANSWER)
    failure(line, Request.post_json("/cases", {}))
    assert [request.method for request in twin.asked] == ["GET", "POST"]


# What comes back


def test_any_other_status_is_for_the_connector_to_read(line: Line, twin: ScriptedTwin) -> None:
    for status in (200, 201, 204, 301, 400, 404, 409, 422):
        twin.answer = lambda request, status=status: Outgoing(status)  # type: ignore[misc]  # a default
        assert line.send(ASK).status == status


def test_a_redirect_is_not_followed(line: Line, twin: ScriptedTwin) -> None:
    twin.answer = lambda request: Outgoing(302, headers={"Location": "http://elsewhere.invalid/"})
    assert line.send(ASK).status == 302
    assert len(twin.asked) == 2


def test_a_cookie_is_not_kept(line: Line, twin: ScriptedTwin) -> None:
    twin.answer = lambda request: Outgoing(headers={"Set-Cookie": "session=1; Path=/"})
    line.send(ASK)
    line.send(ASK)
    assert "cookie" not in twin.asked[-1].headers


def test_a_reply_over_the_limit_is_not_read_to_its_end(listener: Listener, twin: ScriptedTwin) -> None:
    twin.answer = lambda request: Outgoing(200, b"x" * 5_000_000)
    with Line(endpoint(listener.url), ClientCredentials(), reply_limit=100_000) as line:
        failed = failure(line)
    assert isinstance(failed, Unrecognised)
    assert "over 100000 bytes" in str(failed)
    assert failed.reply == b"x" * 4096


def test_a_packed_bomb_is_not_unpacked_to_its_end(listener: Listener, twin: ScriptedTwin) -> None:
    import gzip

    packed = gzip.compress(b"0" * 50_000_000)
    twin.answer = lambda request: Outgoing(200, packed, headers={"Content-Encoding": "gzip"})
    with Line(endpoint(listener.url), ClientCredentials(), reply_limit=100_000) as line:
        assert isinstance(failure(line), Unrecognised)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":', b"\xff\xfe", b"[" * 100_000, b'{"a": 1}garbage'])
def test_what_is_no_json_is_for_the_engineer_with_the_reply_kept(body: bytes) -> None:
    with pytest.raises(Unrecognised) as failed:
        Reply(200, body).json()
    assert failed.value.reply == body


def test_json_is_read_with_and_without_a_byte_order_mark() -> None:
    assert Reply(200, '{"tên": "Ấn"}'.encode()).json() == Reply(200, '\ufeff{"tên": "Ấn"}'.encode()).json()
    with pytest.raises(Unrecognised, match="got list"):
        Reply(200, b"[1]").json_object()


# What is never said


@pytest.mark.parametrize(
    "fault", [SimulatedFault.LOSE_ANSWER, SimulatedFault.SERVER_ERROR, SimulatedFault.CUT_OFF, SimulatedFault.TOO_MANY]
)
def test_no_message_holds_a_query_a_token_a_secret_or_a_body(
    line: Line, listener: Listener, fault: SimulatedFault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    listener.faults.switch(fault, seconds=0.1)
    failed = failure(line, Request("POST", ASK.path, b"TRAN THI HOA", {"X-Name": "TRAN THI HOA"}))
    said = f"{failed!s} {failed!r} {caplog.text} {line.endpoint!r} {line!r}"
    assert "/dossiers" in str(failed)
    assert not [word for word in (SECRET, "TRAN", "token-1", "Bearer") if word in said]


def test_a_request_and_a_reply_show_no_content() -> None:
    shown = f"{Request.post_json('/cases', {'name': 'TRAN'}, {'X': 'TRAN'})!r} {Reply(200, b'TRAN', {'X': 'TRAN'})!r}"
    assert "TRAN" not in shown
