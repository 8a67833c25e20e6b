"""Records of accepted books become dossiers, which are examined, compared and delivered like those of portals.

A record's dossier is saved first, under a code that follows from the record alone, and linked to it afterwards. A run
that is killed between the two saves nothing new when it comes again: the dossier is there, unchanged, and is linked.
"""

import logging
from collections import Counter
from collections.abc import Sequence

from connectors.ledger import Ledger
from connectors.ledger.accepted_records import AcceptedRecord, accepted_records, link
from connectors.ledger.arrivals import Arrival, save_page
from connectors.ledger.waiting_records import EnteringBar
from connectors.paper.rows import dossier_of_row
from connectors.portals.provinces import BOOKS
from dags.steps.checking import check_books
from schemas.routes import BOOK_ROUTES

log = logging.getLogger(__name__)

BATCH = 500
KINDS = sorted({route.procedure_code for route in BOOK_ROUTES})
"""The kinds of books that have a way to a registry. Records of the others stay accepted: they are found, given out and
handed over."""
STREAM = "entered"
WAITING = {
    EnteringBar.WITHOUT_COMMUNE: "%s records wait: nobody has said which commune of today keeps their book. Paper books"
    " at the desk (/books?waiting=true) shows which, and an archivist says it there.",
    EnteringBar.WITHOUT_PLACE: "%s records wait: the commune that opened their book has no code yet. Paper books at the"
    " desk (/books?waiting=true) shows which; an archivist says it there, or `lienthong backfill set-place BOOK CODE`.",
}
"""What the log says of records that wait."""


def enter(ledger: Ledger) -> dict[str, int]:
    """Makes dossiers of all accepted records and examines them. Returns counts: `entered`, `without_commune` and
    `without_place` (records of books whose commune of today, or whose place of then, is not known, which wait until it
    is), and the dossiers by their new state."""
    moved: Counter[str] = Counter()
    after = 0
    while records := accepted_records(ledger, KINDS, after, BATCH):
        after = records[-1].record_id
        kept = [record for record in records if record.commune_code]
        placed = [record for record in kept if record.book.place_code]
        moved[EnteringBar.WITHOUT_COMMUNE] += len(records) - len(kept)
        moved[EnteringBar.WITHOUT_PLACE] += len(kept) - len(placed)
        moved["entered"] += _enter(ledger, placed) if placed else 0
    for bar in EnteringBar:
        if moved[bar]:
            log.warning(WAITING[bar], moved[bar])
    return {str(name): count for name, count in (moved + check_books(ledger)).items()}


def _enter(ledger: Ledger, records: Sequence[AcceptedRecord]) -> int:
    """Saves the dossiers of records, then links them; returns how many records were linked."""
    save_page(ledger, BOOKS, STREAM, [_arrival(record) for record in records], str(records[-1].record_id))
    return link(ledger, {record.record_id: record.code for record in records})


def _arrival(record: AcceptedRecord) -> Arrival:
    """The record as it arrives in the ledger. A field that is blank or illegible has no text; the record keeps which of
    the two it is. The commune is that of today, which may see the dossier; the book has the place of its time."""
    texts = {column: value.text for column, value in record.values.items() if value.mark is None}
    dossier = dossier_of_row(texts, record.book, record.code, record.keyed_at)
    dossier = dossier.model_copy(update={"commune_code": record.commune_code})
    return Arrival(record.code, dossier.model_dump_json().encode(), dossier)
