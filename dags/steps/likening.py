"""New dossiers are looked at beside those that are known: what is alike is kept for a person, what clashes is found."""

from collections.abc import Callable, Mapping, Sequence

from connectors.errors import Unrecognised
from connectors.ledger import Ledger
from connectors.ledger.likenesses import (
    Alike,
    Likeness,
    enter,
    find_like,
    remember,
    save_likenesses,
)
from connectors.ledger.reading import opened
from connectors.portals.provinces import read_original
from quality.check import CATALOGUE
from quality.duplicates.crossing import Fault, Subject, look
from quality.duplicates.traces import entry_of, traces_of
from schemas.decision import fitted
from schemas.delivery import Receipt
from schemas.dossier import Dossier
from schemas.finding import Finding

DIFFERENT = "different"

Read = Callable[[str, bytes], Dossier]
"""Reads the original of a portal."""


def liken(ledger: Ledger, dossiers: Mapping[int, Dossier], read: Read = read_original) -> dict[int, list[Finding]]:
    """Looks at these dossiers, by id, beside all that are known and beside each other; keeps traces and likenesses.

    `dossiers`: as mended, those that are not closed at their portal. Answers with the findings of each that has any. Of
    a pair the later dossier has them, so the earlier one goes its way; a pair that a person called different has none.
    Traces are kept before anything is looked for: of two workers with half of a pair each, one at least sees the
    other's. A repeat finds the same.
    """
    remember(ledger, {dossier_id: traces_of(dossier) for dossier_id, dossier in dossiers.items()})
    candidates = find_like(ledger, list(dossiers))
    subjects = _subjects(ledger, dossiers, candidates, read)
    likenesses: dict[tuple[int, int], Likeness] = {}
    findings: dict[int, dict[tuple[str, str], Finding]] = {}
    for pair in candidates:
        if pair.other_id not in subjects:
            continue
        crossing = look(subjects[pair.dossier_id], subjects[pair.other_id])
        if crossing.kind:
            likeness = Likeness.of(pair.dossier_id, pair.other_id, str(crossing.kind), crossing.probability)
            likenesses[likeness.dossier_id, likeness.other_id] = likeness
        if pair.other_id < pair.dossier_id and pair.decided_as != DIFFERENT:
            found = findings.setdefault(pair.dossier_id, {})
            found.update({(fault, path): _finding(fault, path) for fault, path in crossing.faults})
    save_likenesses(ledger, list(dossiers), list(likenesses.values()))
    return {dossier_id: list(found.values()) for dossier_id, found in findings.items() if found}


def enter_all(ledger: Ledger, registered: Sequence[tuple[int, Dossier, Receipt]]) -> dict[int, Finding]:
    """Keeps the civil-status entries that dossiers were given. Answers with a finding for each whose number, book and
    place another dossier has already."""
    entries = {dossier_id: entry for dossier_id, dossier, receipt in registered
               if (entry := entry_of(dossier, receipt))}  # fmt: skip
    found = _finding(Fault.ENTRY_REGISTERED_TWICE, "entry_number")
    return {dossier_id: found for dossier_id, _ in enter(ledger, entries)}


def _subjects(
    ledger: Ledger, dossiers: Mapping[int, Dossier], candidates: Sequence[Alike], read: Read
) -> dict[int, Subject]:
    """Those in hand that have candidates, and the candidates; one that cannot be read any more is left out."""
    wanted = {pair.dossier_id for pair in candidates} | {pair.other_id for pair in candidates}
    subjects = {dossier_id: Subject.of(dossiers[dossier_id]) for dossier_id in wanted if dossier_id in dossiers}
    for one in opened(ledger, sorted(wanted - dossiers.keys())):
        try:
            source = read(one.portal_code, one.original)
        except Unrecognised:
            continue
        subjects[one.dossier_id] = Subject.of(fitted(source, list(one.mends.values())) or source)
    return subjects


def _finding(fault: Fault, path: str) -> Finding:
    return Finding(check_code=fault, field_path=path, weight=CATALOGUE[fault].weight)
