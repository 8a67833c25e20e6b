"""What a steward does to one dossier: each form leads back to the dossier's page, which says what came of it."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form
from fastapi.responses import Response
from pydantic import JsonValue
from starlette.background import BackgroundTask

from connectors.ledger.access import May
from connectors.ledger.decisions import Wanted
from connectors.ledger.folder import Folder, Head, folder_of
from quality.desk.deeds import Deed
from quality.desk.folders import HeadDep, need_here
from quality.desk.pages.dossier import mendable, newest, show
from quality.desk.visit import LONGEST_TEXT, PostDep, TurnedAway, Visit
from quality.mending import NotAValue, read_value, text_of
from schemas.decision import Mend, needs_second, value_at
from schemas.dossier import Dossier

MOST_FIELDS = 200

Version = Annotated[int, Form(ge=1, le=100_000)]
Reason = Annotated[str, Form(min_length=3, max_length=LONGEST_TEXT)]
Texts = Annotated[list[Annotated[str, Form(max_length=LONGEST_TEXT)]], Form(max_length=MOST_FIELDS)]

router = APIRouter(prefix="/dossier/{portal_code}/{dossier_code}")


@router.post("/mend")
def mend(visit: PostDep, head: HeadDep, version: Version, path: Texts, value: Texts, reason: Annotated[
    str, Form(max_length=LONGEST_TEXT)] = "") -> Response:  # fmt: skip
    """Gives fields other values: those whose text is not what stands there now."""
    need_here(visit, head, May.MEND)
    folder = folder_of(visit.ledger, head)
    now = newest(folder)
    if now is None or head.version_number != version:
        return back(visit, head, no="overtaken" if now else "unfit")
    if not folder.faults:
        return back(visit, head, no="not_at_fault")
    typed = dict(zip(path, value, strict=False))
    need_at_fault(folder, now, typed)
    mends, wrong = mends_of(now, typed)
    if wrong:
        visit.looked("dossier", [head.dossier_id])
        return show(visit, folder, status=422, typed=typed, wrong=wrong)
    if not mends:
        return back(visit, head, no="unchanged")
    deed = visit.desk.deeds.mend(visit.ledger, visit.user_name, [Wanted(head.dossier_id, version, tuple(mends))],
                                 reason.strip())  # fmt: skip
    if deed.ruling.decision_ids and any(needs_second(one.field_path) for one in mends):
        return _answer(visit, head, deed, "pending")
    return _answer(visit, head, deed, "mended")


def need_at_fault(folder: Folder, now: Dossier, typed: dict[str, str]) -> None:
    """Turns away whoever mends a field that the dossier's page does not offer: it offers those at fault, and to make
    again, as it was, a mend that a newer version reopened."""
    at_fault = {one.field_path for one in mendable(folder, now)}
    reopened = {(one.mend.field_path, _as_typed(one.mend.after)) for one in folder.decisions
                if one.mend and one.version_number != folder.head.version_number}  # fmt: skip
    if any(path not in at_fault and (path, _as_typed(text)) not in reopened for path, text in typed.items()):
        raise TurnedAway(422, "not_at_fault", "form", dossier_id=folder.head.dossier_id, detail="field")


def mends_of(now: Dossier, typed: dict[str, str]) -> tuple[list[Mend], dict[str, str]]:
    """The mends that typed texts make, and which texts cannot stand (by field, with the kind of value wanted)."""
    mends: list[Mend] = []
    wrong: dict[str, str] = {}
    for path, text in typed.items():
        try:
            before = value_at(now, path)
            after = read_value(path, text)
        except KeyError:
            raise TurnedAway(422, "bad_request", "form", detail="field") from None
        except NotAValue as error:
            if text != _as_typed(before):
                wrong[path] = error.kind
            continue
        if _as_typed(text) != _as_typed(before) and after != before:
            mends.append(Mend(field_path=path, before=before, after=after))
    return mends, wrong


def _as_typed(value: JsonValue) -> str:
    return text_of(value).replace("\r\n", "\n")


@router.post("/accept")
def accept(visit: PostDep, head: HeadDep, version: Version, reason: Reason) -> Response:
    """Lets it go on as it is."""
    need_here(visit, head, May.ACCEPT)
    return _answer(visit, head, visit.desk.deeds.accept(visit.ledger, visit.user_name, _this(head, version), reason),
                   "accepted")  # fmt: skip


@router.post("/supplement")
def supplement(visit: PostDep, head: HeadDep, version: Version, reason: Reason) -> Response:
    """Asks the citizen for more, in these words."""
    need_here(visit, head, May.SUPPLEMENT)
    deed = visit.desk.deeds.ask_supplement(visit.ledger, visit.user_name, _this(head, version), reason)
    return _answer(visit, head, deed, "supplement_asked")


@router.post("/reject")
def reject(visit: PostDep, head: HeadDep, version: Version, reason: Reason) -> Response:
    """Ends it, for this reason."""
    need_here(visit, head, May.REJECT)
    return _answer(visit, head, visit.desk.deeds.reject(visit.ledger, visit.user_name, _this(head, version), reason),
                   "rejected")  # fmt: skip


@router.post("/resend")
def resend(visit: PostDep, head: HeadDep, version: Version, reason: Reason) -> Response:
    """Sends the refusing registry the same once more."""
    need_here(visit, head, May.RESEND)
    return _answer(visit, head, visit.desk.deeds.resend(visit.ledger, visit.user_name, _this(head, version), reason),
                   "resent")  # fmt: skip


@router.post("/undo")
def undo(
    visit: PostDep, head: HeadDep, decision: Annotated[int, Form(ge=1, le=2**62)], reason: Reason
) -> Response:  # fmt: skip
    """Takes a decision about this dossier back."""
    need_here(visit, head, May.UNDO)
    if decision not in {one.decision_id for one in folder_of(visit.ledger, head).decisions}:
        raise TurnedAway(422, "bad_request", "form", dossier_id=head.dossier_id, detail="decision")
    return _answer(visit, head, visit.desk.deeds.undo(visit.ledger, visit.user_name, [decision], reason), "undone")


def _this(head: Head, version: int) -> list[Wanted]:
    return [Wanted(head.dossier_id, version)]


def _answer(visit: Visit, head: Head, deed: Deed, done: str) -> Response:
    """Back to the dossier, with what came of it."""
    if not deed.ruling.dossier_ids:
        return back(visit, head, no=str(next(iter(deed.ruling.refused.values()), "not_at_fault")))
    state = next(iter(deed.moved), "")
    response = back(visit, head, done=f"{done}.{state}" if state and done != "pending" else done)
    response.background = BackgroundTask(visit.desk.after)
    return response


def back(visit: Visit, head: Head, **said: str) -> Response:
    """To the dossier's page."""
    query = "&".join(f"{name}={value}" for name, value in said.items())
    return visit.back_to(f"/dossier/{head.portal_code}/{quote(head.dossier_code, safe='')}?{query}")
