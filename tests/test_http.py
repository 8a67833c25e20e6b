"""The one client, over real HTTP: what surely was not sent, what may have arrived, and who acts next."""

import contextlib
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from connectors.endpoint import Endpoint
from connectors.errors import LienthongError, Unauthorised, Unreachable, Unrecognised
from connectors.http import (
    FAILURES_BEFORE_GIVING_UP,
    LONGEST_WAIT_S,
    ClientCredentials,
    Line,
    Pace,
    Reply,
    Request,
)
from connectors.sandbox.server import Fault, Incoming, Listener, Outgoing

SECRET = "not-in-any-message"
ASK = Request("GET", "/dossiers?name=TRAN+THI+HOA")


@dataclass
class Office:
    """A twin that gives out tokens and says what it was asked."""

    code: str = "office"
    asked: list[Incoming] = field(default_factory=list)
    tokens: int = 0
    valid: set[str] = field(default_factory=set)
    answer: Callable[[Incoming], Outgoing] = lambda request: Outgoing.of_json({"ok": True})
    together: int = 0
    most_together: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, request: Incoming) -> Outgoing:
        if request.path == "/token":
            return self._give_token(request)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.valid:
            return Outgoing(401)
        with self.lock:
            self.asked.append(request)
            self.together += 1
            self.most_together = max(self.most_together, self.together)
        answered = self.answer(request)
        with self.lock:
            self.together -= 1
        return answered

    def _give_token(self, request: Incoming) -> Outgoing:
        if request.form()["client_secret"] != SECRET:
            return Outgoing(401, SECRET.encode())
        with self.lock:
            self.tokens += 1
            token = f"token-{self.tokens}"
            self.valid = {token}
        return Outgoing.of_json({"access_token": token, "expires_in": 3600})

    def registered(self) -> list[dict[str, Any]]:
        return []


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def listener(office: Office) -> Iterator[Listener]:
    listening = Listener(office, 1)
    yield listening
    listening.refuse()


@pytest.fixture
def line(listener: Listener) -> Iterator[Line]:
    with Line(endpoint(listener.url), ClientCredentials(), per_second=1000, read_timeout_s=0.5) as opened:
        opened.send(ASK)  # a token, and a connection that is kept open
        yield opened


def endpoint(url: str, secret: str = SECRET) -> Endpoint:
    return Endpoint(url, "client", secret)


def failure(line: Line, request: Request = ASK) -> LienthongError:
    with pytest.raises(LienthongError) as failed:
        line.send(request)
    return failed.value


# Whether it may have arrived


def test_a_refused_connection_was_surely_not_sent(listener: Listener) -> None:
    listener.refuse()
    with Line(endpoint(listener.url), NoTokens()) as line:
        failed = failure(line)
    assert isinstance(failed, Unreachable) and not failed.may_have_arrived


def test_an_address_that_does_not_exist_was_surely_not_sent() -> None:
    with Line(endpoint("http://no-such-office.invalid"), ClientCredentials()) as line:
        failed = failure(line)
    assert isinstance(failed, Unreachable) and not failed.may_have_arrived


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.CUT_OFF, Fault.RESET, Fault.SERVER_ERROR])
def test_a_reset_a_cut_answer_and_a_server_error_may_have_arrived(line: Line, listener: Listener, fault: Fault) -> None:
    listener.faults.switch(fault)
    failed = failure(line)
    assert isinstance(failed, Unreachable) and failed.may_have_arrived


def test_an_answer_that_comes_too_late_may_have_arrived(line: Line, listener: Listener, office: Office) -> None:
    listener.faults.switch(Fault.SLOW, seconds=0.8)
    failed = failure(line)
    assert isinstance(failed, Unreachable) and failed.may_have_arrived
    time.sleep(0.5)
    assert len(office.asked) == 2


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
    assert isinstance(failed, Unreachable) and failed.may_have_arrived
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


class NoTokens:
    """An office that trusts everyone."""

    def ask_token(self, endpoint: Endpoint, old: object) -> None:
        return None

    def read_token(self, reply: Reply) -> Any:
        raise AssertionError("there are no tokens")

    def sign(self, request: Request, endpoint: Endpoint, token: object) -> Request:
        return request


def test_a_lost_token_was_surely_not_a_sent_request(listener: Listener) -> None:
    listener.faults.switch(Fault.LOSE_ANSWER)
    with Line(endpoint(listener.url), ClientCredentials()) as line:
        failed = failure(line)
    assert isinstance(failed, Unreachable) and not failed.may_have_arrived


def test_nothing_is_sent_twice_by_itself(line: Line, listener: Listener, office: Office) -> None:
    listener.faults.switch(Fault.LOSE_ANSWER)
    failure(line, Request.post_json("/cases", {}))
    assert [request.method for request in office.asked] == ["GET", "POST"]


# Who we are


def test_one_token_serves_all_threads(listener: Listener, office: Office) -> None:
    with Line(endpoint(listener.url), ClientCredentials(), per_second=1000) as line, ThreadPoolExecutor(8) as pool:
        assert {reply.status for reply in pool.map(lambda _: line.send(ASK), range(24))} == {200}
    assert office.tokens == 1


def test_a_token_that_is_no_longer_accepted_is_renewed_once_and_the_request_sent(line: Line, office: Office) -> None:
    office.valid.clear()
    assert line.send(ASK).status == 200
    assert office.tokens == 2


def test_a_token_that_is_never_accepted_is_for_the_operator(line: Line, office: Office) -> None:
    office.answer = lambda request: Outgoing(401)
    failed = failure(line)
    assert isinstance(failed, Unauthorised) and "check login and password" in str(failed)
    assert (office.tokens, len(office.asked)) == (2, 3)


def test_a_forbidden_request_is_for_the_operator_and_not_repeated(line: Line, office: Office) -> None:
    office.answer = lambda request: Outgoing(403)
    assert isinstance(failure(line), Unauthorised)
    assert len(office.asked) == 2


def test_a_wrong_secret_is_for_the_operator(listener: Listener) -> None:
    with Line(endpoint(listener.url, "wrong"), ClientCredentials()) as line:
        assert isinstance(failure(line), Unauthorised)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"token": "other"}', b'{"access_token": 7}', b"{}"])
def test_a_token_reply_of_another_shape_is_an_error_with_a_name(body: bytes) -> None:
    with pytest.raises(LienthongError):
        ClientCredentials().read_token(Reply(200, body))


@pytest.mark.parametrize("expires", ["soon", None, [], "nan", -5])
def test_a_token_whose_end_is_nonsense_is_an_error_with_a_name_or_ends_at_once(expires: object) -> None:
    reply = Reply(200, json.dumps({"access_token": "t", "expires_in": expires}).encode())
    with contextlib.suppress(LienthongError):
        assert not ClientCredentials().read_token(reply).expires_at > time.monotonic()


# Pace


def test_a_429_was_not_taken_and_all_threads_pause_as_long_as_asked(line: Line, listener: Listener) -> None:
    listener.faults.switch(Fault.TOO_MANY, seconds=0.6)
    failed = failure(line)
    assert isinstance(failed, Unreachable)
    assert (failed.may_have_arrived, failed.retry_after_s) == (False, 0.6)
    listener.faults.switch(None)
    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        assert [reply.status for reply in pool.map(lambda _: line.send(ASK), range(4))] == [200] * 4
    assert time.monotonic() - began > 0.5


def test_a_pause_longer_than_a_claim_holds_is_not_waited_for(line: Line, listener: Listener, office: Office) -> None:
    listener.faults.switch(Fault.TOO_MANY, seconds=LONGEST_WAIT_S + 40)
    failure(line)
    listener.faults.switch(None)
    failed = failure(line)
    assert isinstance(failed, Unreachable) and not failed.may_have_arrived
    assert failed.retry_after_s is not None and failed.retry_after_s > LONGEST_WAIT_S
    assert len(office.asked) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.1),
        ("-3", 0.1),
        ("86400", 600.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 60.0),
        ("nan", 600.0),
        ("soon", 60.0),
    ],
)
def test_a_pause_is_read_in_seconds_and_never_longer_than_ten_minutes(
    line: Line, office: Office, header: str, seconds: float
) -> None:
    office.answer = lambda request: Outgoing(429, headers={"Retry-After": header})
    failed = failure(line)
    assert isinstance(failed, Unreachable) and failed.retry_after_s == seconds


def test_so_many_requests_a_second_and_no_more() -> None:
    pace, turns = Pace(50), []
    deadline = time.monotonic() + 0.5
    while time.monotonic() < deadline:
        pace.wait()
        turns.append(time.monotonic())
    assert len(turns) <= 27


def test_a_batch_runs_concurrently_up_to_the_registrys_limit(listener: Listener, office: Office) -> None:
    office.answer = lambda request: time.sleep(0.05) or Outgoing()  # type: ignore[func-returns-value]
    with Line(endpoint(listener.url), ClientCredentials(), per_second=1000, concurrency=3) as line:
        replies = dict(line.send_all((number, ASK) for number in range(12)))
    assert set(replies) == set(range(12))
    assert office.most_together == 3


def test_a_connection_may_set_the_pace(listener: Listener) -> None:
    slow = Endpoint(listener.url, "client", SECRET, {"per_second": "4", "concurrency": "2", "timeout_s": "9"})
    with Line(slow, ClientCredentials(), per_second=1000, concurrency=8) as line:
        assert line.concurrency == 2
        began = time.monotonic()
        line.send(ASK)  # the token took the first turn
        assert time.monotonic() - began > 0.2


def test_a_batch_is_not_tried_to_its_end_when_the_line_is_down(line: Line, listener: Listener, office: Office) -> None:
    listener.faults.switch(Fault.LOSE_ANSWER)
    results = [result for _, result in line.send_all((number, ASK) for number in range(100))]
    tried = [one for one in results if isinstance(one, Unreachable) and one.may_have_arrived]
    assert len(results) == 100 and len(office.asked) == 1 + len(tried)
    assert FAILURES_BEFORE_GIVING_UP <= len(tried) <= FAILURES_BEFORE_GIVING_UP + line.concurrency


def test_requests_of_a_batch_are_made_as_the_line_takes_them(line: Line) -> None:
    made = 0

    def requests() -> Iterator[tuple[int, Request]]:
        nonlocal made
        for made in range(1, 1000):  # noqa: B007
            yield made, ASK

    batch = line.send_all(requests())
    next(batch)
    batch.close()  # type: ignore[attr-defined]  # a generator
    assert made <= 2 * line.concurrency + 1


# What comes back


def test_any_other_status_is_for_the_connector_to_read(line: Line, office: Office) -> None:
    for status in (200, 201, 204, 301, 400, 404, 409, 422):
        office.answer = lambda request, status=status: Outgoing(status)  # type: ignore[misc]
        assert line.send(ASK).status == status


def test_a_redirect_is_not_followed(line: Line, office: Office) -> None:
    office.answer = lambda request: Outgoing(302, headers={"Location": "http://elsewhere.invalid/"})
    assert line.send(ASK).status == 302
    assert len(office.asked) == 2


def test_a_cookie_is_not_kept(line: Line, office: Office) -> None:
    office.answer = lambda request: Outgoing(headers={"Set-Cookie": "session=1; Path=/"})
    line.send(ASK)
    line.send(ASK)
    assert "cookie" not in office.asked[-1].headers


def test_a_reply_over_the_limit_is_not_read_to_its_end(listener: Listener, office: Office) -> None:
    office.answer = lambda request: Outgoing(200, b"x" * 5_000_000)
    with Line(endpoint(listener.url), ClientCredentials(), reply_limit=100_000) as line:
        failed = failure(line)
    assert isinstance(failed, Unrecognised) and "over 100000 bytes" in str(failed)
    assert failed.reply == b"x" * 4096


def test_a_packed_bomb_is_not_unpacked_to_its_end(listener: Listener, office: Office) -> None:
    import gzip

    packed = gzip.compress(b"0" * 50_000_000)
    office.answer = lambda request: Outgoing(200, packed, headers={"Content-Encoding": "gzip"})
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


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.SERVER_ERROR, Fault.CUT_OFF, Fault.TOO_MANY])
def test_no_message_holds_a_query_a_token_a_secret_or_a_body(
    line: Line, listener: Listener, fault: Fault, caplog: pytest.LogCaptureFixture
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
