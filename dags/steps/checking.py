"""Checks find fault with a dossier or clear it."""

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
from connectors.portals.provinces import PROVINCES, PortalProvince, read_original
from dags.steps.correcting import changed_registries
from dags.steps.judging import NOTHING_CHANGED, judge
from dags.steps.matching import match_dossiers
from quality.check import FetchedPaper
from schemas.decision import fitted
from schemas.dossier import ADMISSION, Admission, Dossier, Paper

log = logging.getLogger(__name__)

BATCH = 500


def check(ledger: Ledger, province: PortalProvince, endpoint: Endpoint) -> dict[str, int]:
    """Examines what a province's portal gave and was not examined yet. Returns counts by what became of it."""
    with province.platform.open_line(endpoint) as line:
        return dict(check_on(ledger, province, line))


def check_on(
    ledger: Ledger, province: PortalProvince, line: Line, arrivals: Sequence[Arrival] | None = None
) -> Counter[str]:
    """The same over a line that is open; dossiers whose papers cannot be had now are left for the next time.

    `arrivals`: only these dossiers, just saved; what was read of them is not read again.
    """
    return _settled(ledger, examine_on(ledger, province, line, arrivals))


def examine_on(
    ledger: Ledger, province: PortalProvince, line: Line, arrivals: Sequence[Arrival] | None = None
) -> Iterator[list[Examined]]:
    """The same by the batch, without writing down what came of it."""
    codes = None if arrivals is None else [one.code for one in arrivals]
    return _examine(ledger, province, line, codes, arrivals or ())


def check_again(ledger: Ledger, dossiers: Iterable[tuple[str, str]]) -> Counter[str]:
    """Examines these dossiers (portal and code) at once, with the papers that are kept; no portal is asked.

    One whose papers were never fetched is left for its portal's next pull.
    """
    codes: dict[str, list[str]] = {}
    for portal_code, dossier_code in dossiers:
        codes.setdefault(portal_code, []).append(dossier_code)
    moved: Counter[str] = Counter()
    for portal_code, of_portal in codes.items():
        moved += _settled(ledger, _examine(ledger, PROVINCES[portal_code], None, of_portal))
    return moved


def _settled(ledger: Ledger, examined: Iterable[Sequence[Examined]]) -> Counter[str]:
    return sum((settle(ledger, batch) for batch in examined), Counter[str]())


def _examine(
    ledger: Ledger,
    province: PortalProvince,
    line: Line | None,
    codes: Sequence[str] | None,
    arrivals: Sequence[Arrival] = (),
) -> Iterator[list[Examined]]:
    read_already = {arrival.original: arrival.dossier for arrival in arrivals}
    in_hand = {arrival.original_sha256: arrival.original for arrival in arrivals}
    after, limit, is_full = 0, max(BATCH, len(arrivals)), True
    while is_full and (batch := unexamined(ledger, province.province_code, after, limit, codes, in_hand)):
        after, is_full = batch[-1].dossier_id, len(batch) == limit
        sources = [(one, read_already.get(one.original) or _read(one)) for one in batch]
        read = [with_edits(one, source) if source else (one, None) for one, source in sources]
        papers = _papers(ledger, province.platform, line, read)
        changed = changed_registries(ledger, [(one, dossier) for one, dossier in read if dossier and one.standing])
        beside = match_dossiers(
            ledger, {one.dossier_id: dossier for one, dossier in read if dossier and _is_new_to_all(one)}
        )
        yield [
            judge(
                one,
                dossier,
                papers[one.dossier_id],
                beside.get(one.dossier_id, ()),
                changed.get(one.dossier_id, NOTHING_CHANGED),
            )
            for one, dossier in read
            if one.dossier_id in papers
        ]


def _read(one: Unexamined) -> Dossier | None:
    return read_original(one.portal_code, one.original) if one.unreadable_field is None else None


def with_edits(one: Unexamined, source: Dossier) -> tuple[Unexamined, Dossier]:
    """The dossier with what persons changed in it. Where their edits do not fit, the source without any, which
    `unfit_at` then keeps from going on."""
    edits = list(one.edits.values())
    if dossier := fitted(source, edits):
        return one, dossier
    log.warning("dossier %s: its edits do not fit", one.dossier_code)
    return replace(one, edits={}, unfit_at=edits[-1].field_path), source


def _is_new_to_all(subject: Unexamined) -> bool:
    """Whether it still matters that it may be a duplicate: no registry has it, its portal has not ended it."""
    return not subject.standing and ADMISSION.get(subject.portal_status or 0) != Admission.CLOSED


def _papers(
    ledger: Ledger, platform: Platform, line: Line | None, read: Sequence[tuple[Unexamined, Dossier | None]]
) -> dict[int, list[FetchedPaper]]:
    """The papers of each dossier, by id; a dossier some of whose papers cannot be had now is not in it."""
    if platform.papers_inside:
        inside = platform.papers_inside
        return {
            one.dossier_id: _described(dossier, dict(enumerate(map(_kept_inside, inside(one.original)))))
            if dossier
            else []
            for one, dossier in read
        }
    kept = kept_papers(ledger, [one.dossier_id for one, dossier in read if dossier and dossier.papers])
    lacking = [
        (one, position, paper) for one, dossier in read if dossier for position, paper in enumerate(dossier.papers)
        if platform.fetch_paper and paper.link and position not in kept.get(one.dossier_id, {})
    ]  # fmt: skip
    failed = (
        {one.dossier_id for one, _, _ in lacking} if line is None else _fetch(ledger, platform, line, lacking, kept)
    )
    return {one.dossier_id: _described(dossier, kept.get(one.dossier_id, {})) if dossier else []
            for one, dossier in read if one.dossier_id not in failed}  # fmt: skip


def _fetch(
    ledger: Ledger, platform: Platform, line: Line, lacking: Sequence[tuple[Unexamined, int, Paper]],
    kept: dict[int, dict[int, KeptPaper]],
) -> set[int]:  # fmt: skip
    """Fetches papers, adds them to those kept, and returns the dossiers some of whose papers cannot be had now."""
    failed: set[int] = set()
    fetched: list[tuple[Unexamined, KeptPaper]] = []

    def keep(one: Unexamined, paper: KeptPaper) -> None:
        kept.setdefault(one.dossier_id, {})[paper.position] = paper
        fetched.append((one, paper))

    for (one, position), reply in line.send_all(_requests(platform, line, lacking, keep)):
        if _may_come_yet(reply):
            failed.add(one.dossier_id)
        else:
            keep(one, _kept(position, reply))
    keep_papers(ledger, fetched)
    return failed


def _requests(
    platform: Platform, line: Line, lacking: Sequence[tuple[Unexamined, int, Paper]],
    keep: Callable[[Unexamined, KeptPaper], None],
) -> Iterator[tuple[tuple[Unexamined, int], Request]]:  # fmt: skip
    assert platform.fetch_paper is not None
    for one, position, paper in lacking:
        try:
            request = platform.fetch_paper(paper, line.endpoint)
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
