"""What lies sealed of a page, opened as the ledger's documents say: with the key of its book, for its purpose."""

from sqlalchemy import text

from connectors.ledger import Ledger

SEALED = text("SELECT book_id, wrapped, sealed_copy FROM pages JOIN books USING (book_id) WHERE page_id = :page_id")


def access_copy_of(ledger: Ledger, page_id: int) -> bytes:
    with ledger.engine.connect() as connection:
        row = connection.execute(SEALED, {"page_id": page_id}).one()
    return ledger.vault.open_key(row.wrapped, f"book/{row.book_id}").unseal(row.sealed_copy, "page")
