"""What every registry connector must do, over all registries that are found: none is named here.

What a registry's replies look like is recorded in `tests/recorded/<code>`; a case says in `shows` which duty it proves.
"""

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, get_args
from uuid import UUID

import pytest

from connectors import errors
from connectors.endpoint import Endpoint
from connectors.errors import Refused, TooLarge, Unrecognised
from connectors.http import Line, Reply, Request
from connectors.registries import REGISTRIES, refusal_rows
from connectors.registries.contract import Registry
from connectors.registries.preview import nowhere
from connectors.sandbox.server import Incoming, Outgoing, Server
from schemas import registries as rows
from schemas.cases import Case
from schemas.delivery import Outcome, Submission
from schemas.entry import Entry
from schemas.operation import Operation
from schemas.registries import CivilStatusReceipt, Given
from schemas.routes import ROUTES
from tests.support.dossiers import SOUND
from tests.support.recorded import canonical, case_names, private_words, recorded_case

KINDS = [case.model_fields["kind"].default for case in get_args(get_args(Case)[0])]
ACTS = [(code, operation, kind) for code in REGISTRIES for operation in Operation for kind in KINDS]
TAKEN = [act for act in ACTS if REGISTRIES[act[0]].takes(act[1], act[2])]
NOT_TAKEN = [act for act in ACTS if act not in TAKEN]
RECORDED = [(code, name) for code in REGISTRIES for name in case_names(code)]
ENTERED = CivilStatusReceipt(
    registered_on=date(2026, 11, 20), entry_number="123", book_code="01/2026", personal_id="024326000101"
)
LIMIT = 64 * 1024


def submission(code: str, operation: Operation, kind: str) -> Submission:
    """A sound dossier of this kind, with what civil status gave and the entry that this registry has."""
    entry = Entry(
        registry_code=code, number="2426001234", book_code="01/2026", place_code="07210", entered_on=date(2026, 11, 20)
    )
    return Submission(
        key=UUID(int=1),
        dossier=SOUND[kind],
        operation=operation,
        given=Given.by(ENTERED),
        entry=None if operation is Operation.REGISTER else entry,
        reason="Sai ngày sinh",
    )


@pytest.fixture(params=REGISTRIES)
def registry(request: pytest.FixtureRequest) -> Registry:
    return REGISTRIES[request.param]


# What it declares


def test_a_registry_takes_what_it_promises_and_promises_what_its_receipt_holds(registry: Registry) -> None:
    receipt = rows.REGISTRIES[registry.code].receipt
    assert set(registry.promises) == registry.operations[Operation.REGISTER]
    assert {name for names in registry.promises.values() for name in names} <= set(receipt.model_fields)
    assert receipt.numbered_by in receipt.model_fields
    assert receipt.registry_code == registry.code


def test_a_registry_takes_every_kind_of_case_that_a_route_brings_to_it(registry: Registry) -> None:
    kinds = {route.case_kind for route in ROUTES for step in route.steps if step.registry_code == registry.code}
    assert kinds <= registry.operations[Operation.REGISTER]


def test_a_registry_takes_only_kinds_of_case_that_there_are(registry: Registry) -> None:
    assert {kind for kinds in registry.operations.values() for kind in kinds} <= set(KINDS)
    assert registry.operations[Operation.REGISTER]


def test_what_must_be_looked_up_before_is_also_read_and_only_for_registrations(registry: Registry) -> None:
    assert (registry.inquire is None) == (registry.read_inquiry is None)
    others = [act for act in TAKEN if act[0] == registry.code and act[1] is not Operation.REGISTER]
    assert not any(registry.must_inquire(submission(*act)) for act in others)
    registrations = [act for act in TAKEN if act[0] == registry.code and act[1] is Operation.REGISTER]
    assert {registry.must_inquire(submission(*act)) for act in registrations} == {registry.inquire is not None}


def test_its_words_of_refusal_are_tables_of_known_columns(registry: Registry) -> None:
    columns = {
        "phrases": {"role", "kind", "words", "meaning"},
        "codes": {"code", "cause"},
        "elements": {"element", "field_path"},
    }
    for name, lines in refusal_rows(registry.code).items():
        assert all(set(line) == columns[name] for line in lines), name


# What it writes


@pytest.mark.parametrize(("code", "operation", "kind"), TAKEN)
def test_what_a_registry_takes_can_be_written_and_asked_about(code: str, operation: Operation, kind: str) -> None:
    one = submission(code, operation, kind)
    for request in (
        REGISTRIES[code].write([one], nowhere(code)),
        REGISTRIES[code].ask([one], nowhere(code)),
        REGISTRIES[code].probe(nowhere(code)),
    ):
        assert isinstance(request, Request)
        assert request.path.startswith("/")
        assert "?" not in request.path


@pytest.mark.parametrize(("code", "operation", "kind"), NOT_TAKEN)
def test_what_a_registry_does_not_take_is_refused_in_one_way(code: str, operation: Operation, kind: str) -> None:
    with pytest.raises(Refused) as raised:
        REGISTRIES[code].write([submission(code, operation, kind)], nowhere(code))
    assert type(raised.value) is Refused
    assert str(raised.value) == f"{code}: does not take operation {operation} for a case of kind {kind}"


CITING = [act for act in TAKEN if act[1] is not Operation.REGISTER]


@pytest.mark.parametrize(("code", "operation", "kind"), CITING)
def test_what_cites_an_entry_is_refused_without_one(code: str, operation: Operation, kind: str) -> None:
    without = submission(code, operation, kind).model_copy(update={"entry": None})
    with pytest.raises(Refused) as raised:
        REGISTRIES[code].write([without], nowhere(code))
    assert str(raised.value) == f"{code}: operation {operation} for a case of kind {kind} needs the entry it cites"


# What it reads


def exchange(code: str, name: str) -> tuple[Request, Any]:
    """What we send in a recorded case, and how its reply is read."""
    registry, case = REGISTRIES[code], recorded_case(code, name)
    if case.verb == "inquire":
        inquire, read_inquiry = registry.inquire, registry.read_inquiry
        assert inquire
        assert read_inquiry
        (one,) = case.submissions
        return inquire(one, case.endpoint), lambda: read_inquiry(case.reply, one)
    write, read = {"write": (registry.write, registry.read), "ask": (registry.ask, registry.read_asked)}[case.verb]
    return write(case.submissions, case.endpoint), lambda: read(case.reply, case.submissions)


@pytest.mark.parametrize(("code", "name"), RECORDED)
def test_a_recorded_request_is_written_as_it_was(code: str, name: str) -> None:
    case = recorded_case(code, name)
    request, _ = exchange(code, name)
    assert {"method": request.method, "path": request.path} == case.request
    if case.request_body is not None:
        assert canonical(request.body) == canonical(case.request_body)
    kind = "xml" if request.body.startswith(b"<") else "json"
    assert request.headers["Content-Type"] == f"application/{kind}; charset=utf-8"


@pytest.mark.parametrize(("code", "name"), RECORDED)
def test_a_recorded_reply_is_read_as_expected(code: str, name: str) -> None:
    case = recorded_case(code, name)
    _, read = exchange(code, name)
    if "error" in case.expected:
        with pytest.raises(getattr(errors, case.expected["error"])) as raised:
            read()
        if not isinstance(raised.value, errors.Unreachable):
            assert raised.value.reply == case.reply.body
        assert not private_words(case.submissions) & set(re.findall(r"\w+", str(raised.value)))
        return
    result = read()
    answers = result if isinstance(result, list) else [result]
    read_as = [json.loads(answer.model_dump_json(exclude_defaults=True)) for answer in answers]
    assert (read_as if isinstance(result, list) else read_as[0]) == (
        case.expected["answers"] if isinstance(result, list) else case.expected["receipt"]
    )


def showing(registry: Registry, duty: str) -> list[dict[str, Any]]:
    """What the cases that show a duty are read as."""
    cases = [recorded_case(registry.code, name) for name in case_names(registry.code)]
    return [case.expected for case in cases if duty in case.shows]


def test_an_unknown_code_in_a_reply_is_unrecognised(registry: Registry) -> None:
    assert {"error": "Unrecognised"} in showing(registry, "unknown_code")


def test_a_repeat_is_answered_as_what_is_there_already(registry: Registry) -> None:
    outcomes = [answer["outcome"] for shown in showing(registry, "repeat") for answer in shown["answers"]]
    assert outcomes
    assert set(outcomes) <= {Outcome.ACCEPTED, Outcome.REGISTERED}


def test_of_several_at_once_each_has_its_own_answer(registry: Registry) -> None:
    if registry.sends_at_once == registry.asks_at_once == 1:
        assert not showing(registry, "item_failure")
        return
    shown = [[answer["outcome"] for answer in case["answers"]] for case in showing(registry, "item_failure")]
    good, bad = {Outcome.ACCEPTED, Outcome.REGISTERED}, {Outcome.REFUSED, Outcome.UNKNOWN, Outcome.LATER}
    assert any(good & set(outcomes) and bad & set(outcomes) for outcomes in shown)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"<html><body>He thong dang bao tri</body></html>", b"null"])
@pytest.mark.parametrize("verb", ["read", "read_asked"])
def test_an_empty_or_foreign_reply_is_unrecognised_and_kept(registry: Registry, verb: str, body: bytes) -> None:
    kind = min(registry.operations[Operation.REGISTER])
    with pytest.raises(Unrecognised) as raised:
        getattr(registry, verb)(Reply(200, body), [submission(registry.code, Operation.REGISTER, kind)])
    assert raised.value.reply == body


class Talker:
    """A system that gives out a token and answers everything else at great length."""

    code = "talker"

    def handle(self, request: Incoming) -> Outgoing:
        if request.path == "/token":
            return Outgoing.of_json({"access_token": "token", "expires_in": 3600})
        return Outgoing(200, b'{"status": "1", "' + b"a" * (2 * LIMIT) + b'": ""}')

    def registered(self) -> list[dict[str, Any]]:
        return []


@pytest.fixture
def talker() -> Iterator[Server]:
    server = Server([Talker()], seed=1)
    yield server
    server.stop()


def test_a_reply_that_is_too_long_is_not_read_to_its_end(registry: Registry, talker: Server) -> None:
    one = submission(registry.code, Operation.REGISTER, min(registry.operations[Operation.REGISTER]))
    blank = nowhere(registry.code)
    endpoint = Endpoint(talker.url("talker"), "key", "secret", blank.extra)
    with Line(endpoint, registry.auth, reply_limit=LIMIT) as line, pytest.raises(TooLarge) as raised:
        registry.read(line.send(registry.write([one], endpoint)), [one])
    assert len(raised.value.reply) == 4096
