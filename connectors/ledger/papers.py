"""Papers of dossiers that were fetched from their portal: sealed for the examination, opened for the registry."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.claims import Claimed
from connectors.ledger.sealed import PAPER_PURPOSE
from connectors.ledger.unexamined import Unexamined
from schemas.tables import papers

PAPERS = text("""
    SELECT p.dossier_id, p.position, p.sha256, p.size
      FROM papers p JOIN dossiers d USING (dossier_id, version_number) WHERE dossier_id = ANY(:ids)""")
CONTENTS = text("""
    SELECT p.dossier_id, p.version_number, p.position, p.sealed
      FROM papers p JOIN deliveries d USING (dossier_id, version_number)
     WHERE d.delivery_id = ANY(:ids) AND p.sealed IS NOT NULL ORDER BY p.dossier_id, p.position""")


@dataclass(frozen=True)
class KeptPaper:
    """A paper that was fetched. `size` is in bytes; `sha256` is None when the portal does not have the paper;
    `content` is None for a paper that was kept before."""

    position: int
    sha256: bytes | None
    size: int
    content: bytes | None = field(default=None, repr=False)


def kept_papers(ledger: Ledger, dossier_ids: Sequence[int]) -> dict[int, dict[int, KeptPaper]]:
    """Papers already fetched for the newest versions: by dossier, by position; without their content."""
    kept: dict[int, dict[int, KeptPaper]] = {}
    if not dossier_ids:
        return kept
    with ledger.engine.connect() as connection:
        for row in connection.execute(PAPERS, {"ids": list(dossier_ids)}):
            paper = KeptPaper(row.position, bytes(row.sha256) if row.sha256 else None, row.size)
            kept.setdefault(row.dossier_id, {})[row.position] = paper
    return kept


def keep_papers(ledger: Ledger, fetched: Sequence[tuple[Unexamined, KeptPaper]]) -> None:
    """Seals fetched papers; one that another worker kept meanwhile stays."""
    if not fetched:
        return
    from sqlalchemy.dialects.postgresql import insert

    rows = [_sealed_row(subject, paper) for subject, paper in fetched]
    with ledger.engine.begin() as connection:
        connection.execute(insert(papers).on_conflict_do_nothing(), rows)


def _sealed_row(subject: Unexamined, paper: KeptPaper) -> dict[str, Any]:
    purpose = PAPER_PURPOSE.format(subject.version_number, paper.position)
    return {
        "dossier_id": subject.dossier_id,
        "version_number": subject.version_number,
        "position": paper.position,
        "sha256": paper.sha256,
        "size": paper.size,
        "sealed": subject.key.seal(paper.content, purpose) if paper.content is not None else None,
    }


def paper_contents(ledger: Ledger, claimed: Sequence[Claimed]) -> dict[int, tuple[bytes, ...]]:
    """The bytes of fetched papers of claimed deliveries, by delivery, in their order."""
    keys = {delivery.dossier_id: delivery.key for delivery in claimed}
    contents: dict[int, list[bytes]] = {}
    with ledger.engine.connect() as connection:
        for row in connection.execute(CONTENTS, {"ids": [delivery.delivery_id for delivery in claimed]}):
            purpose = PAPER_PURPOSE.format(row.version_number, row.position)
            contents.setdefault(row.dossier_id, []).append(keys[row.dossier_id].unseal(row.sealed, purpose))
    return {delivery.delivery_id: tuple(contents.get(delivery.dossier_id, ())) for delivery in claimed}
