"""From when on a machine's reading may be the second key of a book: thresholds as data, with their source.

`data/keying_thresholds.csv` has a row for each period. A book's own known records are measured against the row of the
day on which its design is chosen.
"""

from datetime import date

from schemas.in_force import RowInForce, in_force, read_rows


class KeyingThreshold(RowInForce):
    """`least_exact`: the share of written fields, 0 to 1, that a recogniser must read as they are. `least_fields`: of
    how many fields it must be measured. `known_records`: how many records of a book are drawn for that at least.
    `least_records`: a book with fewer is keyed by two persons, since measuring would cost more than it saves."""

    least_exact: float
    least_fields: int
    known_records: int
    least_records: int


def keying_threshold(day: date) -> KeyingThreshold:
    """The row in force. Raises LookupError for a day without one."""
    rows: tuple[KeyingThreshold, ...] = read_rows("keying_thresholds.csv", KeyingThreshold)
    row = in_force(rows, day)
    if row is None:
        raise LookupError(f"keying_thresholds.csv has no row for {day}")
    return row
