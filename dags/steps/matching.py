"""New dossiers are looked at beside those that are known: what is alike is kept for a person, what clashes is found."""

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

Read = Callable[[str, bytes], Dossier]
"""Reads the original of a portal."""


def match_dossiers(
    ledger: Ledger, dossiers: Mapping[int, Dossier], read: Read = read_original
) -> dict[int, list[Finding]]:
    """Looks at these dossiers, by id, beside all that are known and beside each other; keeps blind_indexes and duplicate_candidates.

    `dossiers`: as edited, those that are not closed at their portal. Answers with the findings of each that has any. Of
    a pair the later dossier has them, so the earlier one goes its way; a pair that a person called different has none.
    Traces are kept before anything is looked for: of two workers with half of a pair each, one at least sees the
    other's. A repeat finds the same.
    """
    remember(ledger, {dossier_id: blind_indexes_of(dossier) for dossier_id, dossier in dossiers.items()})
    candidates = find_matches(ledger, list(dossiers))
    subjects = _subjects(ledger, dossiers, candidates, read)
    duplicate_candidates: dict[tuple[int, int], DuplicateCandidate] = {}
    findings: dict[int, dict[tuple[str, str], Finding]] = {}
    for pair in candidates:
        if pair.other_id not in subjects:
            continue
        crossing = compare_dossiers(subjects[pair.dossier_id], subjects[pair.other_id])
        if crossing.kind:
            duplicate_candidate = DuplicateCandidate.of(
                pair.dossier_id, pair.other_id, str(crossing.kind), crossing.probability
            )
            duplicate_candidates[duplicate_candidate.dossier_id, duplicate_candidate.other_id] = duplicate_candidate
        if pair.other_id < pair.dossier_id and pair.decided_as != DIFFERENT:
            found = findings.setdefault(pair.dossier_id, {})
            found.update({(fault, path): _finding(fault, path) for fault, path in crossing.faults})
    save_candidates(ledger, list(dossiers), list(duplicate_candidates.values()))
    return {dossier_id: list(found.values()) for dossier_id, found in findings.items() if found}


def enter_all(ledger: Ledger, registered: Sequence[tuple[int, Dossier, Receipt]]) -> dict[int, Finding]:
    """Keeps the civil-status entries that dossiers were given. Answers with a finding for each whose number, book and
    place another dossier has already."""
    entries = {
        dossier_id: entry
        for dossier_id, dossier, receipt in registered
        if isinstance(receipt, CivilStatusReceipt) and (entry := entry_of(dossier, receipt))
    }
    found = _finding(PairFault.ENTRY_REGISTERED_TWICE, "entry_number")
    return {dossier_id: found for dossier_id, _ in enter(ledger, entries)}


def _subjects(
    ledger: Ledger, dossiers: Mapping[int, Dossier], candidates: Sequence[MatchedPair], read: Read
) -> dict[int, ComparedDossier]:
    """Those in hand that have candidates, and the candidates; one that cannot be read any more is left out."""
    wanted = {pair.dossier_id for pair in candidates} | {pair.other_id for pair in candidates}
    subjects = {dossier_id: ComparedDossier.of(dossiers[dossier_id]) for dossier_id in wanted if dossier_id in dossiers}
    for one in opened(ledger, sorted(wanted - dossiers.keys())):
        try:
            source = read(one.portal_code, one.original)
        except Unrecognised:
            continue
        subjects[one.dossier_id] = ComparedDossier.of(fitted(source, list(one.edits.values())) or source)
    return subjects


def _finding(fault: PairFault, path: str) -> Finding:
    return Finding(check_code=fault, field_path=path, weight=CATALOGUE[fault].weight)
