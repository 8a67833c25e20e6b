"""Compares new dossiers with known ones: possible duplicates are kept for a person, contradictions become findings."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from connectors.errors import Unrecognised
from connectors.ledger import Ledger
from connectors.ledger.duplicate_candidates import (
    DuplicateCandidate,
    MatchedPair,
    enter,
    find_matches,
    remember,
    save_candidates,
)
from connectors.ledger.opening import opened
from connectors.portals.provinces import read_original
from quality.duplicates.blind_indexes import blind_indexes_of, entry_of
from quality.duplicates.contradictions import ComparedDossier, PairFault, compare_dossiers
from quality.examination import CATALOGUE
from schemas.decision import fitted
from schemas.dossier import Dossier
from schemas.finding import Finding
from schemas.registries import CivilStatusReceipt, Receipt

DIFFERENT = "different"

ReadOriginal = Callable[[str, bytes], Dossier]
"""Reads the original of a portal. Raises Unrecognised."""


def match_dossiers(
    ledger: Ledger, dossiers: Mapping[int, Dossier], read: ReadOriginal = read_original
) -> dict[int, list[Finding]]:
    """Compares these dossiers with all known ones and with each other. Keeps their blind indexes and the duplicate
    candidates; returns the findings of each dossier that has any.

    `dossiers`: by id, as edited, those that their portal has not closed. The findings of a pair go to the later
    dossier, so that the earlier one is not held; a pair that a person called different has none. The blind indexes are
    kept before anything is looked for: when two workers each have one dossier of a pair, at least one of them sees the
    other's. A repeat gives equal findings.
    """
    remember(ledger, {dossier_id: blind_indexes_of(dossier) for dossier_id, dossier in dossiers.items()})
    candidates = find_matches(ledger, list(dossiers))
    subjects = _subjects(ledger, dossiers, candidates, read)
    kept: dict[tuple[int, int], DuplicateCandidate] = {}
    findings: defaultdict[int, dict[tuple[str, str], Finding]] = defaultdict(dict)
    for pair in candidates:
        if pair.other_id not in subjects:
            continue
        crossing = compare_dossiers(subjects[pair.dossier_id], subjects[pair.other_id])
        if crossing.kind:
            candidate = DuplicateCandidate.of(pair.dossier_id, pair.other_id, str(crossing.kind), crossing.probability)
            kept[candidate.dossier_id, candidate.other_id] = candidate
        if pair.other_id < pair.dossier_id and pair.decided_as != DIFFERENT:
            findings[pair.dossier_id] |= {(fault, path): _finding(fault, path) for fault, path in crossing.faults}
    save_candidates(ledger, list(dossiers), list(kept.values()))
    return {dossier_id: list(by_fault.values()) for dossier_id, by_fault in findings.items() if by_fault}


def enter_all(ledger: Ledger, registered: Sequence[tuple[int, Dossier, Receipt]]) -> dict[int, Finding]:
    """Keeps the civil-status entries that dossiers were given. Returns a finding for each whose number, book and place
    another dossier has already."""
    entries = {
        dossier_id: entry
        for dossier_id, dossier, receipt in registered
        if isinstance(receipt, CivilStatusReceipt) and (entry := entry_of(dossier, receipt))
    }
    finding = _finding(PairFault.ENTRY_REGISTERED_TWICE, "entry_number")
    return {dossier_id: finding for dossier_id, _ in enter(ledger, entries)}


def _subjects(
    ledger: Ledger, dossiers: Mapping[int, Dossier], candidates: Sequence[MatchedPair], read: ReadOriginal
) -> dict[int, ComparedDossier]:
    """The given dossiers that have candidates, and the candidates, by id. An original that can no longer be read is
    left out."""
    wanted = {pair.dossier_id for pair in candidates} | {pair.other_id for pair in candidates}
    subjects = {dossier_id: ComparedDossier.of(dossiers[dossier_id]) for dossier_id in wanted if dossier_id in dossiers}
    for known in opened(ledger, sorted(wanted - dossiers.keys())):
        try:
            source = read(known.portal_code, known.original)
        except Unrecognised:
            continue
        subjects[known.dossier_id] = ComparedDossier.of(fitted(source, list(known.edits.values())) or source)
    return subjects


def _finding(fault: PairFault, path: str) -> Finding:
    return Finding(check_code=fault, field_path=path, weight=CATALOGUE[fault].weight)
