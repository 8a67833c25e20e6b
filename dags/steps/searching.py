"""Makes dossiers, records and what machines read searchable, and searches.

A dossier is indexed when it is examined, a record when a machine has read it and again when persons agree on it.
`reindex` does it for a ledger that is there already.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from unicodedata import normalize

from sqlalchemy import text

from connectors.errors import Unrecognised
from connectors.ledger import Ledger
from connectors.ledger.opening import Opened, opened
from connectors.ledger.search import Hit, index_dossiers, index_subjects, note_search, search, searchable_row
from connectors.ledger.searchable_records import RecordTexts, checked_now, record_ids_after, texts_of_records
from connectors.ledger.unexamined import Unexamined
from connectors.portals.provinces import BOOKS, read_original
from schemas.decision import fitted
from schemas.dossier import Dossier
from schemas.roles import May, Reach
from schemas.search_facts import SearchFacts, facts_of_dossier, facts_of_values, folded_name
from schemas.search_query import SearchQuery
from schemas.source import Book
from schemas.syllables import known_syllables

BATCH = 500
DOSSIERS_AFTER = text("""
    SELECT dossier_id, commune_code FROM dossiers
     WHERE dossier_id > :after AND portal_code <> :books ORDER BY dossier_id LIMIT :limit""")


def find(ledger: Ledger, reach: Reach, query: SearchQuery, limit: int = 20) -> list[Hit]:
    """The hits within the places where this user may search; the search is logged, also one without a hit."""
    hits = search(ledger, query, reach.places(May.SEARCH), limit)
    note_search(ledger, reach.user_name, query, hits)
    return hits


def index_examined(ledger: Ledger, examined: Sequence[tuple[Unexamined, Dossier | None]]) -> int:
    """Makes dossiers searchable that are being examined. The record of a book is found as a record, not twice."""
    rows = {
        (subject.dossier_id, subject.version_number): _dossier_row(
            ledger, subject.dossier_id, subject.portal_code, dossier.commune_code, dossier
        )
        for subject, dossier in examined
        if dossier and subject.portal_code != BOOKS
    }
    return index_dossiers(ledger, rows)


def _dossier_row(
    ledger: Ledger, dossier_id: int, portal_code: str, commune_code: str | None, dossier: Dossier
) -> tuple[object, ...]:
    return searchable_row(ledger.vault, "dossier", dossier_id, portal_code, commune_code, facts_of_dossier(dossier))


def index_records(ledger: Ledger, record_ids: Sequence[int]) -> Counter[str]:
    """Makes records searchable by what counts, or by what machines read while nothing does. Counts them by kind. A
    record that was agreed on or returned since it was read here is left to who did that."""
    rows = [
        searchable_row(ledger.vault, kind, texts.record_id, texts.province_code, texts.commune_code, facts)
        for texts in texts_of_records(ledger, record_ids)
        for kind, facts in _facts(texts)
    ]
    with ledger.engine.begin() as connection:
        checked = checked_now(connection, record_ids)
        rows = [row for row in rows if (row[1] in checked) == (row[0] == "record")]
        index_subjects(connection, rows)
    return Counter(str(row[0]) for row in rows)


def _facts(texts: RecordTexts) -> Iterator[tuple[str, SearchFacts]]:
    """A record's facts, or those of its readings together; nothing when neither is there."""
    if texts.values is not None:
        yield "record", facts_of_values(texts.book.book_kind, texts.values, texts.book)
    elif texts.readings:
        yield "reading", facts_of_readings(texts.book, texts.readings)


def facts_of_readings(book: Book, readings: Sequence[Mapping[str, str]]) -> SearchFacts:
    """What a search uses where several recognisers read one record. `readings`: the texts by column, without those in
    which nothing was read, of the recogniser first that is believed first.

    Its texts are shown; a field in which it read nothing is another's. Names and years that another read differently
    are found too, since either may be right: names only when each syllable can be one, because a recogniser that cannot
    read a hand makes letters of it all the same.
    """
    facts = _read_facts(shown_texts(readings), book)
    names, years = list(facts.names), list(facts.years)
    known = {(role, folded_name(name)) for role, name in names}
    for other in (_read_facts(reading, book) for reading in readings[1:]):
        names += [
            (role, name) for role, name in other.names if (role, folded_name(name)) not in known and _may_be(name)
        ]
        years += [year for year in other.years if year not in years]
    return replace(facts, names=tuple(names), years=tuple(years))


def _read_facts(texts: Mapping[str, str], book: Book) -> SearchFacts:
    """Facts of what one recogniser read, with the spaces between the words of names that it overlooked."""
    facts = facts_of_values(book.book_kind, texts, book)
    return replace(facts, names=tuple((role, _apart(name)) for role, name in facts.names))


def _apart(name: str) -> str:
    """`ĐỗMinh Thọ` as `Đỗ Minh Thọ`: hands join words, and no word has a capital after a small letter."""
    letters = normalize("NFC", name)
    return "".join(
        f" {letter}" if letter.isupper() and before.islower() else letter
        for before, letter in zip(f" {letters}", letters, strict=False)
    )


def shown_texts(readings: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Of each column the text of the first reading that has one."""
    return {column: text for reading in reversed(readings) for column, text in reading.items()}


def _may_be(name: str) -> bool:
    """Whether spelling rules allow each syllable of what may be a name."""
    return known_syllables().issuperset(folded_name(name))


def reindex(ledger: Ledger) -> Iterator[Counter[str]]:
    """Makes everything searchable that is in the ledger, batch by batch; counts by kind, for each batch."""
    after = 0
    while record_ids := record_ids_after(ledger, after, BATCH):
        yield index_records(ledger, record_ids)
        after = record_ids[-1]
    after = 0
    while communes := _dossiers_after(ledger, after):
        rows = {
            (dossier.dossier_id, dossier.version_number): _dossier_row(
                ledger, dossier.dossier_id, dossier.portal_code, communes[dossier.dossier_id], content
            )
            for dossier in opened(ledger, list(communes))
            if (content := _content(dossier))
        }
        yield Counter(dossier=index_dossiers(ledger, rows))
        after = max(communes)


def _dossiers_after(ledger: Ledger, after: int) -> dict[int, str | None]:
    """The next dossiers of portals, with their communes."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(DOSSIERS_AFTER, {"after": after, "limit": BATCH, "books": BOOKS})
        return {row.dossier_id: row.commune_code for row in rows}


def _content(dossier: Opened) -> Dossier | None:
    """What stands in a dossier, with its edits where they fit; None when it cannot be read."""
    try:
        source = read_original(dossier.portal_code, dossier.original)
    except Unrecognised:
        return None
    return fitted(source, list(dossier.edits.values())) or source
