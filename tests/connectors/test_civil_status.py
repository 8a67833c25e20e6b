"""The civil-status registry: what is written to it, and what its replies are understood to mean."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from connectors import errors
from connectors.endpoint import Endpoint
from connectors.http import Reply
from connectors.registries.civil_status import REGISTRY
from connectors.registries.civil_status.wire import POLL_PATH, SUBMIT_PATH, split_name
from schemas.dates import PartialDate
from schemas.delivery import Submission
from tests.support.dossiers import SOUND, changed

RECORDED = Path(__file__).parents[1] / "recorded" / "civil_status"
CASES = sorted(path.name for path in RECORDED.iterdir())
NOWHERE = Endpoint("http://127.0.0.1:9", "key", "secret")
VERBS = {"write": (REGISTRY.write, REGISTRY.read, SUBMIT_PATH), "ask": (REGISTRY.ask, REGISTRY.read_asked, POLL_PATH)}


def submission_of(name: str) -> Submission:
    """`birth`, or `birth_2` for another dossier with the same content."""
    kind, _, number = name.partition("_")
    dossier = SOUND[kind]
    if number:
        dossier = changed(dossier, "dossier_code", f"H05.12.34-261120-001{number}")
    return Submission(key=UUID(int=int(number or 1)), dossier=dossier)


def written(submission: Submission) -> Any:
    """The envelope of a submission, with the JSON inside it opened."""
    envelope = json.loads(REGISTRY.write([submission], NOWHERE).body)
    return {**envelope, "data": json.loads(envelope["data"])}


@pytest.mark.parametrize("name", CASES)
def test_a_recorded_exchange_is_written_and_read_as_expected(name: str) -> None:
    exchange = json.loads((RECORDED / name / "exchange.json").read_text())
    expected = json.loads((RECORDED / name / "expected.json").read_text())
    reply = Reply(exchange["reply_status"], (RECORDED / name / "reply.body").read_bytes())
    submissions = [submission_of(one) for one in exchange["dossiers"]]
    write, read, path = VERBS[exchange["verb"]]

    request = write(submissions, NOWHERE)

    assert (request.method, request.path) == ("POST", path)
    if body := exchange.get("body"):
        assert (written(submissions[0]) if exchange["verb"] == "write" else json.loads(request.body)) == body
    if "error" in expected:
        with pytest.raises(getattr(errors, expected["error"])) as raised:
            read(reply, submissions)
        assert raised.value.reply == reply.body
        return
    assert [
        json.loads(answer.model_dump_json(exclude_defaults=True)) for answer in read(reply, submissions)
    ] == expected


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("NGUYỄN THỊ MAI ANH", ("NGUYỄN", "THỊ MAI", "ANH")),
        ("VÀNG A PÁO", ("VÀNG", "A", "PÁO")),
        ("RCOM H'BLĨN", ("RCOM", "", "H'BLĨN")),
        ("ĐINH", ("ĐINH", "", "")),
        ("", ("", "", "")),
    ],
)
def test_a_name_is_split_at_its_first_and_last_word(name: str, parts: tuple[str, str, str]) -> None:
    assert split_name(name) == parts


@pytest.mark.parametrize(
    ("known", "sent"),
    [
        (PartialDate.of(1998), {"ngaySinh": "", "thangSinh": "", "namSinh": "1998"}),
        (PartialDate.of(1998, 3), {"ngaySinh": "", "thangSinh": "03", "namSinh": "1998"}),
        (None, None),
    ],
)
def test_a_birth_date_is_sent_as_far_as_it_is_known(known: PartialDate | None, sent: dict[str, str] | None) -> None:
    dossier = changed(SOUND["birth"], "case.mother.born_on", known)
    assert written(Submission(key=UUID(int=1), dossier=dossier))["data"]["me"]["NgaySinh"] == sent


def test_text_is_sent_composed_and_without_stray_spaces() -> None:
    submission = submission_of("birth")
    messy = changed(submission.dossier, "case.mother.full_name", " TRA\u0302\u0300N  THI\u0323 HOA ")
    assert written(submission.model_copy(update={"dossier": messy}))["data"]["me"]["HoTen"] == {
        "Ho": "TRẦN", "ChuDem": "THỊ", "Ten": "HOA",
    }  # fmt: skip


def test_the_papers_go_along_in_base64() -> None:
    submission = submission_of("birth").model_copy(update={"papers": (b"one", b"two")})
    assert written(submission)["fileDinhKem"] == [
        {"loaiGiayTo": "KS-TK", "tenTepDinhKem": "KS-TK.pdf", "duLieuTepDinhKem": "b25l"},
        {"loaiGiayTo": "KS-GCS", "tenTepDinhKem": "KS-GCS.pdf", "duLieuTepDinhKem": "dHdv"},
    ]


def test_only_dossiers_of_one_province_and_module_are_asked_about_together() -> None:
    birth, marriage = submission_of("birth"), submission_of("marriage")
    elsewhere = birth.model_copy(update={"dossier": changed(birth.dossier, "portal_code", "22")})
    assert len({REGISTRY.together(one) for one in (birth, marriage, elsewhere, submission_of("birth_2"))}) == 3


def test_half_a_surrogate_pair_in_a_receipt_makes_the_reply_unrecognised() -> None:
    result = {"ngayDangKy": "21/11/2026", "soDangKy": "7", "quyenSo": "01/2026", "soDinhDanh": "\ud800"}
    submission = submission_of("birth")
    item = {"maHoSo": submission.dossier.dossier_code, "trangThai": "4", "ketQuaXuLy": json.dumps(result)}
    with pytest.raises(errors.Unrecognised):
        REGISTRY.read_asked(Reply(200, json.dumps({"status": "1", "value": [item]}).encode()), [submission])
