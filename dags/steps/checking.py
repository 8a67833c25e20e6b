"""Checks find fault with a dossier or clear it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

from connectors.endpoint import Endpoint
from connectors.errors import LienthongError, TooLarge, Unrecognised
from connectors.http import Line, Reply, Request
from connectors.ledger import Ledger
from connectors.ledger.arrivals import Arrival
from connectors.ledger.examinations import (
    Examined,
    KeptPaper,
    Unexamined,
    keep_papers,
    kept_papers,
    settle,
    unexamined,
)
from connectors.portals.platform import Platform
from connectors.portals.provinces import Province
from quality.check import FetchedPaper, examine
from quality.deadlines import term_of
from schemas.delivery import delivery_key
from schemas.dossier import ADMISSION, Admission, Dossier, DossierState
from schemas.finding import Finding, Weight
from schemas.routes import Route, route_of

BATCH = 500

UNREADABLE, CHANGED, NO_ROUTE = "unreadable_original", "changed_after_sending", "procedure_has_no_route"
HARD = frozenset({UNREADABLE, CHANGED, NO_ROUTE, "unknown_procedure"})
"""Faults that no release can pass over: there is nothing that could be sent, or too much."""


def check(ledger: Ledger, province: Province, endpoint: Endpoint) -> dict[str, int]:
    """Examines what a province's portal gave and was not examined yet. Returns counts by what became of it."""
    with province.platform.open_line(endpoint) as line:
        return dict(check_on(ledger, province, line))


def check_on(
    ledger: Ledger, province: Province, line: Line, arrivals: Sequence[Arrival] | None = None
) -> Counter[str]:  # fmt: skip
    """The same over a line that is open; dossiers whose papers cannot be had now are left for the next time.

    `arrivals`: only these dossiers, just saved; what was read of them is not read again.
    """
    moved: Counter[str] = Counter()
    codes = None if arrivals is None else [arrival.code for arrival in arrivals]
    in_hand = {arrival.original: arrival.dossier for arrival in arrivals or ()}
    after = 0
    while batch := unexamined(ledger, province.province_code, after, BATCH, codes):
        after = batch[-1].dossier_id
        read = [(one, in_hand.get(one.original) or _read(province, one)) for one in batch]
        papers = _papers(ledger, province.platform, line, read)
        moved += settle(ledger, [judge(one, dossier, papers[one.dossier_id]) for one, dossier in read
                                 if one.dossier_id in papers])  # fmt: skip
    return moved


def _read(province: Province, one: Unexamined) -> Dossier | None:
    if one.unreadable_field is not None:
        return None
    return province.platform.read_dossier(one.original, province.province_code)


def judge(one: Unexamined, dossier: Dossier | None, papers: Sequence[FetchedPaper]) -> Examined:
    """What becomes of a dossier, and by when it is due: pure."""
    if dossier is None:
        return Examined(one, DossierState.HELD, (), [_hold(UNREADABLE, one.unreadable_field or "")])
    route = route_of(dossier.procedure_code, dossier.event_on)
    examined, term = _admit(one, dossier, route, papers), term_of(dossier, route)
    return replace(examined, started_at=term.started_at, due_at=term.due_at) if term else examined


def _admit(one: Unexamined, dossier: Dossier, route: Route | None, papers: Sequence[FetchedPaper]) -> Examined:
    registries = tuple(step.registry_code for step in route.steps) if route else ()
    admission = ADMISSION.get(one.portal_status or 0)
    if admission is None:
        return Examined(one, DossierState.HELD, registries, [_hold(UNREADABLE, "status")])
    if admission == Admission.WAIT:
        return Examined(one, DossierState.WAITING, registries)
    if admission == Admission.CLOSED and not one.touched:
        return Examined(one, DossierState.CLOSED, registries)
    return _weigh(one, dossier, route, registries, admission, papers)


def _weigh(
    one: Unexamined, dossier: Dossier, route: Route | None, registries: tuple[str, ...], admission: Admission,
    papers: Sequence[FetchedPaper],
) -> Examined:  # fmt: skip
    keys = [delivery_key(code, dossier, one.content_sha256) for code in registries]
    plan = list(zip(route.steps, keys, strict=True)) if route else []
    findings = examine(dossier, papers)
    if one.touched:  # we delivered it, so that the portal may well say it is done
        findings = [finding for finding in findings if finding.check_code != "status_out_of_order"]
    if route is None and not any(finding.check_code in HARD for finding in findings):
        findings.append(_hold(NO_ROUTE, "procedure_code"))
    if admission == Admission.CLOSED or one.touched - set(keys):
        findings.append(_hold(CHANGED, "status" if admission == Admission.CLOSED else "case"))
    holding = [finding for finding in findings if finding.weight == Weight.HOLDS]
    if one.is_released:
        holding = [finding for finding in holding if finding.check_code in HARD]
    if holding:
        return Examined(one, DossierState.HELD, registries, findings)
    return Examined(one, DossierState.CLEARED, registries, findings, plan)


def _hold(check_code: str, field_path: str) -> Finding:
    return Finding(check_code=check_code, field_path=field_path, weight=Weight.HOLDS)


def _papers(
    ledger: Ledger, platform: Platform, line: Line, read: Sequence[tuple[Unexamined, Dossier | None]]
) -> dict[int, list[FetchedPaper]]:
    """The papers of each dossier, by id; a dossier some of whose papers cannot be had now is not in it."""
    if platform.papers_inside:
        inside = platform.papers_inside
        return {one.dossier_id: _described(dossier, dict(enumerate(map(_kept_inside, inside(one.original)))))
                if dossier else [] for one, dossier in read}  # fmt: skip
    kept = kept_papers(ledger, [one.dossier_id for one, dossier in read if dossier and dossier.papers])
    failed: set[int] = set()
    fetched: list[tuple[Unexamined, KeptPaper]] = []

    def keep(one: Unexamined, paper: KeptPaper) -> None:
        kept.setdefault(one.dossier_id, {})[paper.position] = paper
        fetched.append((one, paper))

    for (one, position), reply in line.send_all(_requests(platform, line, read, kept, keep)):
        if _may_come_yet(reply):
            failed.add(one.dossier_id)
        else:
            keep(one, _kept(position, reply))
    keep_papers(ledger, fetched)
    return {one.dossier_id: _described(dossier, kept.get(one.dossier_id, {})) if dossier else []
            for one, dossier in read if one.dossier_id not in failed}  # fmt: skip


def _requests(
    platform: Platform,
    line: Line,
    read: Sequence[tuple[Unexamined, Dossier | None]],
    kept: dict[int, dict[int, KeptPaper]],
    keep: Callable[[Unexamined, KeptPaper], None],
) -> Iterator[tuple[tuple[Unexamined, int], Request]]:
    fetch = platform.fetch_paper
    for one, dossier in read:
        for position, paper in enumerate(dossier.papers if dossier else ()):
            if not fetch or not paper.link or position in kept.get(one.dossier_id, {}):
                continue
            try:
                request = fetch(paper, line.endpoint)
            except Unrecognised:  # a link that leads elsewhere: it is not followed
                keep(one, KeptPaper(position, None, 0))
            else:
                yield (one, position), request


def _may_come_yet(reply: Reply | LienthongError) -> bool:
    """Whether the paper may be had later: the line broke, or a gateway answered with a page of its own (no paper is
    HTML). A paper that is too large will not get smaller."""
    if isinstance(reply, Reply):
        return reply.headers.get("Content-Type", "").startswith("text/html")
    return not isinstance(reply, TooLarge)


def _kept(position: int, reply: Reply | LienthongError) -> KeptPaper:
    """The fetched paper; any answer but 200 means that the portal does not have it."""
    if isinstance(reply, Reply) and reply.status == 200:
        return KeptPaper(position, sha256(reply.body).digest(), len(reply.body), reply.body)
    return KeptPaper(position, None, 0)


def _kept_inside(content: bytes) -> KeptPaper:
    return KeptPaper(0, sha256(content).digest(), len(content))


def _described(dossier: Dossier, kept: dict[int, KeptPaper]) -> list[FetchedPaper]:
    described = []
    for position, paper in enumerate(dossier.papers):
        had = kept.get(position)
        digest = had.sha256.hex() if had and had.sha256 else None
        described.append(FetchedPaper(paper.kind_code, paper.sha256, digest, had.size if had else 0))
    return described
