"""Records of paper books. What was keyed from a page is the original: a `Dossier` as JSON, with its book."""

import re

from pydantic import ValidationError

from connectors.errors import Unrecognised
from schemas.dossier import Dossier
from schemas.source import Book
from schemas.text import search_fold

NOT_IN_CODES = re.compile(r"[^0-9a-z]+")


def record_code(book: Book, entry_number: str | None, record_id: int) -> str:
    """The dossier code of a record: `KS.1962.01.07210.34-12` is kind, opening year and number of the book, its place,
    the number of the entry, and the ledger's number of the record. Parts that are not known are left out.

    The last part alone makes it unique: a book may have one number twice, and one book may have been taken in twice.
    It never changes, since an accepted record is not keyed again. The other parts are for the reader.
    """
    parts = (book.book_kind, str(book.opened_year), book.book_number, book.place_code, entry_number)
    codes = (NOT_IN_CODES.sub("", search_fold(part or "")).upper() for part in parts)
    return f"{'.'.join(code for code in codes if code)}-{record_id}"


def read_record(original: bytes, source_code: str) -> Dossier:
    """The record in the original. Raises Unrecognised when it is no record, names no book, or is of another source."""
    try:
        dossier = Dossier.model_validate_json(original)
    except ValidationError as error:
        fields = sorted({".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False)})
        raise Unrecognised(f"the record of a book cannot be read: {', '.join(fields)}", original) from None
    if dossier.book is None or dossier.portal_code != source_code:
        raise Unrecognised("the record of a book names its book, and no portal", original)
    return dossier
