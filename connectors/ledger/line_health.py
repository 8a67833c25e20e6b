"""How each endpoint answers: written at the end of each run that spoke with it."""

from sqlalchemy import text

from connectors.errors import LienthongError
from connectors.http import Line
from connectors.ledger import Ledger

NOTE = text("""
    INSERT INTO lines AS l (endpoint_code, answered_at, failing_since, error, seconds)
    VALUES (:code, CASE WHEN :answered THEN clock_timestamp() END, CASE WHEN :error <> '' THEN clock_timestamp() END,
            :error, :seconds)
    ON CONFLICT (endpoint_code) DO UPDATE
       SET answered_at = coalesce(excluded.answered_at, l.answered_at),
           failing_since = CASE WHEN excluded.error = '' THEN NULL
                                ELSE coalesce(l.failing_since, excluded.failing_since) END,
           error = excluded.error, seconds = coalesce(excluded.seconds, l.seconds)""")


def note_line(ledger: Ledger, endpoint_code: str, line: Line, error: LienthongError | None) -> None:
    """Keeps whether an endpoint answered, how quickly, and since when it fails. A run that did not call it writes
    nothing."""
    values = {
        "code": endpoint_code,
        "answered": line.answers > 0,
        "error": type(error).__name__ if error else "",
        "seconds": line.seconds / line.answers if line.answers else None,
    }
    if line.answers or error:
        with ledger.engine.begin() as connection:
            connection.execute(NOTE, values)
