"""What the health-insurance registry holds: a number for life and a card for a while (Luật BHYT, NĐ 188/2025/NĐ-CP)."""

from datetime import date

UNDER_SIX_GROUP = "TE1"
"""Card group and benefit level of children under six (QĐ 1351/QĐ-BHXH 2015)."""
NO_NUMBER = "0000000000"
"""What hospital papers carry when there is no number: means none, never a number."""


def under_six_expiry(born_on: date) -> date:
    """Last day of a card for a child: the end of the 72nd month, or 30 September of that year when school starts.

    NĐ 146/2018/NĐ-CP Điều 13, assumed unchanged in NĐ 188/2025/NĐ-CP.
    """
    turns_six = date(born_on.year + 6, born_on.month, 28 if (born_on.month, born_on.day) == (2, 29) else born_on.day)
    school_starts = date(turns_six.year, 9, 30)
    return max(turns_six, school_starts)
