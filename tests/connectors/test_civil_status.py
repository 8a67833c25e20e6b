"""The civil-status registry: what is written to it, and what its replies are understood to mean."""

import json
from typing import Any
from uuid import UUID

import pytest

from connectors import errors
from connectors.endpoint import Endpoint
from connectors.http import Reply
from connectors.registries.civil_status import REGISTRY
from connectors.registries.civil_status.wire import split_name
from schemas.dates import PartialDate
from schemas.delivery import Outcome, Submission
from schemas.entry import Entry
from schemas.operation import Operation
from tests.support.dossiers import SOUND, changed

NOWHERE = Endpoint("http://127.0.0.1:9", "key", "secret")


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
        "Ho": "TRẦN",
        "ChuDem": "THỊ",
        "Ten": "HOA",
    }


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


# Corrections and annulments

ENTRY = Entry(registry_code="civil_status", number="123", book_code="01/2026", place_code="07210")


def changing(operation: Operation, number: int = 1) -> Submission:
    return submission_of("birth").model_copy(
        update={"key": UUID(int=number), "operation": operation, "entry": ENTRY, "reason": " Sai chữ đệm "}
    )


@pytest.mark.parametrize("operation", [Operation.CORRECT, Operation.ANNUL])
def test_a_change_goes_under_a_code_of_its_own_and_never_that_of_the_registration(operation: Operation) -> None:
    first, second = (written(changing(operation, number)) for number in (1, 2))
    assert (first["maHoSoLT"], second["maHoSoLT"]) == (f"{1:032x}", f"{2:032x}")
    assert first["maHoSoMCDT"] == written(submission_of("birth"))["maHoSoLT"] == "H05.12.34-261120-0001"


def test_a_correction_carries_what_a_registration_would_and_an_annulment_does_not() -> None:
    correction, annulment = (written(changing(operation))["data"] for operation in (Operation.CORRECT, Operation.ANNUL))
    assert correction["noiDung"] == written(submission_of("birth"))["data"]
    assert annulment == {
        "loaiHoTich": "LTKS",
        "trichDan": {"soDangKy": "123", "quyenSo": "01/2026", "ngayDangKy": "", "maXa": "07210"},
        "lyDo": "Sai chữ đệm",
    }


def test_operations_are_asked_about_apart() -> None:
    together = {REGISTRY.together(changing(operation)) for operation in Operation}
    assert together == {("24", "LTKS"), ("24", "CCHT"), ("24", "HBHT"), ("24", "LSKS")}


def test_an_entry_that_is_not_there_refuses_a_change_and_leaves_a_registration_unknown() -> None:
    reply = Reply(200, b'{"status": "0", "errorCode": "201", "errorDescription": "RECORD_NOT_FOUND"}')
    outcomes = {
        operation: [answer.outcome for answer in REGISTRY.read(reply, [changing(operation)])] for operation in Operation
    }
    assert outcomes == {
        Operation.REGISTER: [Outcome.UNKNOWN],
        Operation.HISTORICAL: [Outcome.UNKNOWN],
        Operation.CORRECT: [Outcome.REFUSED],
        Operation.ANNUL: [Outcome.REFUSED],
    }
    asked = REGISTRY.read_asked(reply, [changing(Operation.CORRECT)])
    assert [answer.outcome for answer in asked] == [Outcome.UNKNOWN]
