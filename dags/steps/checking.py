"""Examines dossiers: the checks find fault with a dossier, or it is cleared."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

from connectors.endpoint import Endpoint
from connectors.errors import LienthongError, TooLarge, Unrecognised
from connectors.http import Line, Reply, Request
from connectors.ledger import Ledger
from connectors.ledger.arrivals import Arrival
from connectors.ledger.examinations import Examined, settle
from connectors.ledger.papers import KeptPaper, keep_papers, kept_papers
from connectors.ledger.unexamined import Unexamined, unexamined
from connectors.portals.contract import Platform
from connectors.portals.provinces import BOOKS, PortalProvince, platform_of, read_original
from dags.steps.correcting import changed_registries
from dags.steps.judging import NOTHING_CHANGED, judge
from dags.steps.matching import match_dossiers
from dags.steps.searching import index_examined
from quality.check import FetchedPaper
from schemas.decision import fitted
from schemas.dossier import ADMISSION, Admission, Dossier, Paper

log = logging.getLogger(__name__)

BATCH = 500


def check(ledger: Ledger, province: PortalProvince, endpoint: Endpoint) -> dict[str, int]:
    """Examines the dossiers of a province's portal that were not examined yet. Returns counts by their new state."""
    with province.platform.open_line(endpoint) as line:
        return dict(check_on(ledger, province, line))


def check_on(
    ledger: Ledger, province: PortalProvince, line: Line, arrivals: Sequence[Arrival] | None = None
) -> Counter[str]:
    """Like `check`, over a line that is open. Dossiers whose papers cannot be fetched now are left for the next run.

    `arrivals`: only these dossiers, which were just saved; they are not read again.
    """
    return _settled(ledger, examine_on(ledger, province, line, arrivals))


def examine_on(
    ledger: Ledger, province: PortalProvince, line: Line, arrivals: Sequence[Arrival] | None = None
) -> Iterator[list[Examined]]:
    """Like `check_on`, batch by batch, without recording the results."""
    codes = None if arrivals is None else [arrival.code for arrival in arrivals]
    return _examine(ledger, province.province_code, province.platform, line, codes, arrivals or ())


def check_again(ledger: Ledger, dossiers: Iterable[tuple[str, str]]) -> Counter[str]:
    """Examines these dossiers (portal and code) at once, with the papers that are kept; no portal is asked.

    A dossier whose papers were never fetched is left for the next pull from its portal.
    """
    codes: dict[str, list[str]] = {}
    for portal_code, dossier_code in dossiers:
        codes.setdefault(portal_code, []).append(dossier_code)
    moved: Counter[str] = Counter()
    for portal_code, dossier_codes in codes.items():
        moved += _settled(ledger, _examine(ledger, portal_code, platform_of(portal_code), None, dossier_codes))
    return moved


def check_books(ledger: Ledger) -> Counter[str]:
    """Examines the records of paper books that were not examined yet."""
    return _settled(ledger, _examine(ledger, BOOKS, None, None, None))


def _settled(ledger: Ledger, examined: Iterable[Sequence[Examined]]) -> Counter[str]:
    return sum((settle(ledger, batch) for batch in examined), Counter[str]())


def _examine(
    ledger: Ledger,
    source_code: str,
    platform: Platform | None,
    line: Line | None,
    codes: Sequence[str] | None,
    arrivals: Sequence[Arrival] = (),
) -> Iterator[list[Examined]]:
    read_already = {arrival.original: arrival.dossier for arrival in arrivals}
    in_hand = {arrival.original_sha256: arrival.original for arrival in arrivals}
    after, limit, is_full = 0, max(BATCH, len(arrivals)), True
    while is_full and (batch := unexamined(ledger, source_code, after, limit, codes, in_hand)):
        after, is_full = batch[-1].dossier_id, len(batch) == limit
        sources = [(subject, read_already.get(subject.original) or _read(subject)) for subject in batch]
        read = [with_edits(subject, source) if source else (subject, None) for subject, source in sources]
        index_examined(ledger, read)
        papers = _papers(ledger, platform, line, read)
        changed = changed_registries(
            ledger, [(subject, dossier) for subject, dossier in read if dossier and subject.standing]
        )
        beside = match_dossiers(
            ledger, {subject.dossier_id: dossier for subject, dossier in read if dossier and _is_new_to_all(subject)}
        )
        yield [
            judge(
                subject,
                dossier,
                papers[subject.dossier_id],
                beside.get(subject.dossier_id, ()),
                changed.get(subject.dossier_id, NOTHING_CHANGED),
            )
            for subject, dossier in read
            if subject.dossier_id in papers
        ]


def _read(subject: Unexamined) -> Dossier | None:
    return read_original(subject.portal_code, subject.original) if subject.unreadable_field is None else None


def with_edits(subject: Unexamined, source: Dossier) -> tuple[Unexamined, Dossier]:
    """The dossier with the edits that persons made. Where the edits do not fit, the source without any; then `unfit_at`
    holds the dossier."""
    edits = list(subject.edits.values())
    if dossier := fitted(source, edits):
        return subject, dossier
    log.warning("dossier %s: its edits do not fit", subject.dossier_code)
    return replace(subject, edits={}, unfit_at=edits[-1].field_path), source


def _is_new_to_all(subject: Unexamined) -> bool:
    """Whether a possible duplicate still matters: no registry has the dossier, and its portal has not closed it."""
    return not subject.standing and ADMISSION.get(subject.portal_status or 0) != Admission.CLOSED


def _papers(
    ledger: Ledger, platform: Platform | None, line: Line | None, read: Sequence[tuple[Unexamined, Dossier | None]]
) -> dict[int, list[FetchedPaper]]:
    """The papers of each dossier, by id. A dossier is left out when one of its papers cannot be fetched now."""
    if platform and platform.papers_inside:
        return {
            subject.dossier_id: _papers_inside(platform.papers_inside, subject, dossier) if dossier else []
            for subject, dossier in read
        }
    kept = kept_papers(ledger, [subject.dossier_id for subject, dossier in read if dossier and dossier.papers])
    lacking = [
        (subject, position, paper)
        for subject, dossier in read
        if dossier
        for position, paper in enumerate(dossier.papers)
        if platform and platform.fetch_paper and paper.link and position not in kept.get(subject.dossier_id, {})
    ]
    if line is None or platform is None:
        failed = {subject.dossier_id for subject, _, _ in lacking}
    else:
        fetched, failed = _fetch(platform, line, lacking)
        keep_papers(ledger, fetched)
        for subject, paper in fetched:
            kept.setdefault(subject.dossier_id, {})[paper.position] = paper
    return {
        subject.dossier_id: _described(dossier, kept.get(subject.dossier_id, {})) if dossier else []
        for subject, dossier in read
        if subject.dossier_id not in failed
    }


def _papers_inside(inside: Callable[[bytes], list[bytes]], subject: Unexamined, dossier: Dossier) -> list[FetchedPaper]:
    return _described(dossier, dict(enumerate(map(_kept_inside, inside(subject.original)))))


def _fetch(
    platform: Platform, line: Line, lacking: Sequence[tuple[Unexamined, int, Paper]]
) -> tuple[list[tuple[Unexamined, KeptPaper]], set[int]]:
    """Fetches papers. Returns what is to be kept, and the ids of the dossiers that have a paper that did not come.

    A link that leads elsewhere is not followed: the portal does not have that paper.
    """
    requests: list[tuple[tuple[Unexamined, int], Request]] = []
    fetched: list[tuple[Unexamined, KeptPaper]] = []
    failed: set[int] = set()
    for subject, position, paper in lacking:
        if request := _request(platform, line.endpoint, paper):
            requests.append(((subject, position), request))
        else:
            fetched.append((subject, KeptPaper(position, None, 0)))
    for (subject, position), reply in line.send_all(requests):
        if _may_come_yet(reply):
            failed.add(subject.dossier_id)
        else:
            fetched.append((subject, _kept(position, reply)))
    return fetched, failed


def _request(platform: Platform, endpoint: Endpoint, paper: Paper) -> Request | None:
    """The request for a paper; None when its link leads to another host."""
    assert platform.fetch_paper is not None  # only papers that can be fetched are lacking
    try:
        return platform.fetch_paper(paper, endpoint)
    except Unrecognised:
        return None


def _may_come_yet(reply: Reply | LienthongError) -> bool:
    """Whether the paper may come later: the line broke, or a gateway answered with a page of its own (no paper is
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
        fetched = kept.get(position)
        digest = fetched.sha256.hex() if fetched and fetched.sha256 else None
        described.append(FetchedPaper(paper.kind_code, paper.sha256, digest, fetched.size if fetched else 0))
    return described
