"""The one client, over real HTTP: who we are, how quickly it asks, and when it pauses or gives up."""

import contextlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.endpoint import Endpoint
from connectors.errors import LienthongError, Unauthorised, Unreachable
from connectors.http import FAILURES_BEFORE_GIVING_UP, LONGEST_WAIT_S, ClientCredentials, Line, Pace, Reply, Request
from connectors.sandbox.server import Listener, Outgoing, SimulatedFault
from tests.support.scripted_twin import ASK, SECRET, ScriptedTwin, endpoint, failure

# Who we are


def test_one_token_serves_all_threads(listener: Listener, twin: ScriptedTwin) -> None:
    with Line(endpoint(listener.url), ClientCredentials(), per_second=1000) as line, ThreadPoolExecutor(8) as pool:
        assert {reply.status for reply in pool.map(lambda _: line.send(ASK), range(24))} == {200}
    assert twin.tokens == 1


def test_a_token_that_is_no_longer_accepted_is_renewed_once_and_the_request_sent(
    line: Line, twin: ScriptedTwin
) -> None:
    twin.valid.clear()
    assert line.send(ASK).status == 200
    assert twin.tokens == 2


def test_a_token_that_is_never_accepted_is_for_the_operator(line: Line, twin: ScriptedTwin) -> None:
    twin.answer = lambda request: Outgoing(401)
    failed = failure(line)
    assert isinstance(failed, Unauthorised)
    assert "check login and password" in str(failed)
    assert (twin.tokens, len(twin.asked)) == (2, 3)


def test_a_forbidden_request_is_for_the_operator_and_not_repeated(line: Line, twin: ScriptedTwin) -> None:
    twin.answer = lambda request: Outgoing(403)
    assert isinstance(failure(line), Unauthorised)
    assert len(twin.asked) == 2


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
    listener.faults.switch(SimulatedFault.TOO_MANY, seconds=0.6)
    failed = failure(line)
    assert isinstance(failed, Unreachable)
    assert (failed.may_have_arrived, failed.retry_after_s) == (False, 0.6)
    listener.faults.switch(None)
    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        assert [reply.status for reply in pool.map(lambda _: line.send(ASK), range(4))] == [200] * 4
    assert time.monotonic() - began > 0.5


def test_a_pause_longer_than_a_claim_holds_is_not_waited_for(
    line: Line, listener: Listener, twin: ScriptedTwin
) -> None:
    listener.faults.switch(SimulatedFault.TOO_MANY, seconds=LONGEST_WAIT_S + 40)
    failure(line)
    listener.faults.switch(None)
    failed = failure(line)
    assert isinstance(failed, Unreachable)
    assert not failed.may_have_arrived
    assert failed.retry_after_s is not None
    assert failed.retry_after_s > LONGEST_WAIT_S
    assert len(twin.asked) == 1


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
    line: Line, twin: ScriptedTwin, header: str, seconds: float
) -> None:
    twin.answer = lambda request: Outgoing(429, headers={"Retry-After": header})
    failed = failure(line)
    assert isinstance(failed, Unreachable)
    assert failed.retry_after_s == seconds


def test_so_many_requests_a_second_and_no_more() -> None:
    pace, turns = Pace(50), []
    deadline = time.monotonic() + 0.5
    while time.monotonic() < deadline:
        pace.wait()
        turns.append(time.monotonic())
    assert len(turns) <= 27


def test_a_batch_runs_concurrently_up_to_the_registrys_limit(listener: Listener, twin: ScriptedTwin) -> None:
    twin.answer = lambda request: time.sleep(0.05) or Outgoing()  # type: ignore[func-returns-value]  # then
    with Line(endpoint(listener.url), ClientCredentials(), per_second=1000, concurrency=3) as line:
        replies = dict(line.send_all((number, ASK) for number in range(12)))
    assert set(replies) == set(range(12))
    assert twin.most_together == 3


def test_a_connection_may_set_the_pace(listener: Listener) -> None:
    slow = Endpoint(listener.url, "client", SECRET, {"per_second": "4", "concurrency": "2", "timeout_s": "9"})
    with Line(slow, ClientCredentials(), per_second=1000, concurrency=8) as line:
        assert line.concurrency == 2
        began = time.monotonic()
        line.send(ASK)  # the token took the first turn
        assert time.monotonic() - began > 0.2


def test_a_batch_is_not_tried_to_its_end_when_the_line_is_down(
    line: Line, listener: Listener, twin: ScriptedTwin
) -> None:
    listener.faults.switch(SimulatedFault.LOSE_ANSWER)
    results = [result for _, result in line.send_all((number, ASK) for number in range(100))]
    tried = [one for one in results if isinstance(one, Unreachable) and one.may_have_arrived]
    assert len(results) == 100
    assert len(twin.asked) == 1 + len(tried)
    assert FAILURES_BEFORE_GIVING_UP <= len(tried) <= FAILURES_BEFORE_GIVING_UP + line.concurrency


def test_requests_of_a_batch_are_made_as_the_line_takes_them(line: Line) -> None:
    made = 0

    def requests() -> Iterator[tuple[int, Request]]:
        nonlocal made
        for made in range(1, 1000):  # read after the loop
            yield made, ASK

    batch = line.send_all(requests())
    next(batch)
    batch.close()  # type: ignore[attr-defined]  # a generator
    assert made <= 2 * line.concurrency + 1
