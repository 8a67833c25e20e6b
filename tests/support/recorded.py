"""Recorded exchanges with registries, one shape for all: `tests/recorded/<code>/<case>/`.

`case.json` holds: `verb` (write, ask or inquire); `submissions`, whose `dossier` is a whole one, or
`{"sound": "birth"}` for the sound dossier of that kind, with other values beside the name; `connection`, the extra
fields of the connection; `request` (method and path); `reply` (status, headers); `expected` (answers, receipt or
error); `shows`, the duties of the contract that this case proves (unknown_code, repeat, item_failure). Beside it lie
`reply.body` and, where what is sent is compared, `request.json` or `request.xml`. In JSON, a text that holds JSON is
compared as what it holds.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree

from connectors.endpoint import Endpoint
from connectors.http import Reply
from schemas.delivery import Submission
from tests.support.dossiers import SOUND

RECORDED = Path(__file__).parents[1] / "recorded"


@dataclass(frozen=True)
class RecordedCase:
    """One exchange. `request_body` is None where only method and path of the request are compared."""

    registry_code: str
    name: str
    verb: str
    submissions: list[Submission]
    endpoint: Endpoint
    reply: Reply
    expected: dict[str, Any]
    request: dict[str, str] = field(default_factory=dict)
    request_body: bytes | None = None
    shows: frozenset[str] = frozenset()


def case_names(registry_code: str) -> list[str]:
    """The names of a registry's recorded cases."""
    return sorted(path.parent.name for path in (RECORDED / registry_code).glob("*/case.json"))


def recorded_case(registry_code: str, name: str) -> RecordedCase:
    """One recorded case, read."""
    folder = RECORDED / registry_code / name
    content = _content(registry_code, name)
    requests = [path for path in (folder / "request.json", folder / "request.xml") if path.exists()]
    return RecordedCase(
        registry_code=registry_code,
        name=name,
        verb=content["verb"],
        submissions=[submission_of(written) for written in content["submissions"]],
        endpoint=Endpoint("http://127.0.0.1:9", "key", "secret", content.get("connection", {})),
        reply=Reply(
            content["reply"]["status"], (folder / "reply.body").read_bytes(), content["reply"].get("headers", {})
        ),
        expected=content["expected"],
        request=content.get("request", {}),
        request_body=requests[0].read_bytes() if requests else None,
        shows=frozenset(content.get("shows", ())),
    )


def submission_of(written: dict[str, Any]) -> Submission:
    """A submission as `case.json` writes it."""
    dossier = dict(written["dossier"])
    if "sound" in dossier:
        dossier = SOUND[dossier.pop("sound")].model_dump(mode="json") | dossier
    return Submission.model_validate({**written, "dossier": dossier})


def first_submission(registry_code: str, name: str) -> dict[str, Any]:
    """The first submission of a recorded case as it is written, to be changed."""
    submission: dict[str, Any] = _content(registry_code, name)["submissions"][0]
    return submission


def canonical(body: bytes) -> Any:
    """A document without what does not matter: the order of keys, JSON written as text, the indentation of XML."""
    if body.lstrip().startswith(b"<"):
        return etree.tostring(etree.fromstring(body, etree.XMLParser(remove_blank_text=True)), method="c14n")
    return _opened(json.loads(body))


def private_words(submissions: list[Submission]) -> set[str]:
    """Words of names and whole numbers of persons: no message may hold one."""
    texts = {text for submission in submissions for text in _private_texts(submission.model_dump(mode="json"))}
    return {word for text in texts for word in re.findall(r"\w+", text) if len(word) > 1}


def _content(registry_code: str, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((RECORDED / registry_code / name / "case.json").read_text(encoding="utf-8"))
    return content


def _opened(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: _opened(value) for name, value in content.items()}
    if isinstance(content, list):
        return [_opened(value) for value in content]
    if isinstance(content, str) and content.startswith("{"):
        return _opened(json.loads(content))
    return content


def _private_texts(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        for name, value in content.items():
            if name in ("full_name", "personal_id", "insurance_number", "number") and isinstance(value, str):
                yield value
            else:
                yield from _private_texts(value)
    elif isinstance(content, list):
        for value in content:
            yield from _private_texts(value)
