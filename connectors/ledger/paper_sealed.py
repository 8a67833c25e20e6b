"""What lies sealed under the key of a book, and how it is opened. `sealed` does the same for dossiers.

Associated data (`purpose`) says what a sealed text is, so that no text can take the place of another.
"""

import json
from collections.abc import Mapping

from pydantic import TypeAdapter

from connectors.ledger import Ledger
from connectors.vault import DataKey
from schemas.keying import FieldValue, Reading

BOOK_OWNER = "book/{}"
"""The owner of a book's key, as the vault authenticates it."""
SCAN_PURPOSE, SCAN_NAME_PURPOSE, PAGE_PURPOSE = "scan", "scan name", "page"
RECORD_PURPOSE, READING_PURPOSE, KEYING_PURPOSE = "record/{}", "reading/{}/{}", "keying/{}/{}"
"""Of a record; of a record and a recogniser; of a record and a slot."""

_VALUES = TypeAdapter(dict[str, FieldValue])


def open_book_key(ledger: Ledger, book_id: int, wrapped: bytes) -> DataKey:
    """Unwraps the key of a book. Raises VaultError under another master key."""
    return ledger.vault.open_key(wrapped, BOOK_OWNER.format(book_id))


def sealed_values(key: DataKey, values: Mapping[str, FieldValue], purpose: str) -> bytes:
    """Seals values of a record as JSON by column."""
    return key.seal(_VALUES.dump_json(dict(values), exclude_defaults=True), purpose)


def opened_values(key: DataKey, sealed: bytes, purpose: str) -> dict[str, FieldValue]:
    """Opens what `sealed_values` made, or the plain texts of a keyed file. Raises VaultError for what was sealed for
    another purpose.

    Half a surrogate pair, which a keyed file may have brought, is read as it is: pydantic's own JSON reader refuses it.
    """
    kept = json.loads(key.unseal(bytes(sealed), purpose))
    return _VALUES.validate_python(
        {name: {"text": value} if type(value) is str else value for name, value in kept.items()}
    )


def open_record(key: DataKey, record_id: int, sealed: bytes) -> dict[str, FieldValue]:
    """The values of a record that count, by column. Raises VaultError for those of another record."""
    return opened_values(key, sealed, RECORD_PURPOSE.format(record_id))


def open_reading(key: DataKey, record_id: int, recogniser_code: str, sealed: bytes) -> Reading:
    """What a machine read of a record. Raises VaultError."""
    return Reading.model_validate_json(key.unseal(bytes(sealed), READING_PURPOSE.format(record_id, recogniser_code)))
