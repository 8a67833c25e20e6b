"""What the machine's readings of a whole book say: numbers that are missing, and pages that were scanned twice."""

from collections.abc import Iterable, Mapping

from connectors.ledger import Ledger
from connectors.ledger.page_readings import readings_of_book
from connectors.ledger.pages import mark_likely_duplicates
from connectors.paper.book_names import gaps

ALIKE, LEAST_FIELDS = 0.8, 4
"""Two pages with so many fields, of which this share reads alike, are likely one page scanned twice."""
ENTRY_NUMBER = "so"
MOST_GAPS = 50


def look_over(ledger: Ledger, book_id: int) -> dict[str, object]:
    """Numbers that are missing between entries, and pages that read like another, for the event of the book."""
    texts: dict[int, dict[tuple[int, str], str]] = {}
    for page_number, row_number, reading in readings_of_book(ledger, book_id):
        on_page = texts.setdefault(page_number, {})
        for column, value in reading.values.items():
            if value.text:
                on_page.setdefault((row_number, column), value.text.casefold())
    doubled = likely_doubles(texts)
    mark_likely_duplicates(ledger, book_id, doubled)
    numbers = [text for fields in texts.values() for (_, column), text in fields.items() if column == ENTRY_NUMBER]
    return {"gaps": number_gaps(numbers), "likely_duplicates": len(doubled)}


def likely_doubles(texts: Mapping[int, Mapping[tuple[int, str], str]]) -> list[int]:
    """The later of each two pages that read alike. `texts`: by page number, then by row and column."""
    pages = sorted(texts)
    return [
        page
        for position, page in enumerate(pages)
        if any(_reads_alike(texts[page], texts[earlier]) for earlier in pages[:position])
    ]


def _reads_alike(fields: Mapping[tuple[int, str], str], others: Mapping[tuple[int, str], str]) -> bool:
    both = fields.keys() & others.keys()
    if len(both) < LEAST_FIELDS:
        return False
    alike = sum(fields[place] == others[place] for place in both)
    return alike >= ALIKE * max(len(fields), len(others))


def number_gaps(numbers: Iterable[str]) -> list[tuple[int, int]]:
    """The numbers that are missing between entries, as a machine read them: misread ones are left out where they are
    far beyond the number of entries."""
    read = [int(text) for text in numbers if text.isascii() and text.isdecimal() and len(text) < 7]
    sensible = [number for number in read if number <= 3 * len(read)]
    return gaps(sensible)[:MOST_GAPS]
