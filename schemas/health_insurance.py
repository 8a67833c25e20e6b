"""Numbers and cards of health insurance: the number is for life, the card has a last day (NĐ 188/2025/NĐ-CP)."""

from calendar import monthrange
from datetime import date

UNDER_SIX_GROUP = "TE1"
"""Card group and benefit level of children under six (QĐ 1351/QĐ-BHXH 2015)."""
NO_NUMBER = "0000000000"
"""The text in hospital papers that means no number; it never is a number."""
SCHOOL_STARTS = (9, 30)
"""Month and day until which a child who turns six keeps the card."""


def under_six_expiry(born_on: date) -> date:
    """Last day of a card for a child: 30 September of the year it completes 72 months, or, for a birth after
    30 September, the last day of the month in which it does. Only year and month of the birth matter.

    NĐ 146/2018/NĐ-CP Điều 13 khoản 2, assumed unchanged in NĐ 188/2025/NĐ-CP.
    """
    year, month = born_on.year + 6, born_on.month
    return max(date(year, month, monthrange(year, month)[1]), date(year, *SCHOOL_STARTS))


def number_as_written(text: str | None) -> str | None:
    """The insurance number in a paper; None when there is none (`0000000000` means none)."""
    number = (text or "").strip()
    return None if number in ("", NO_NUMBER) else number
