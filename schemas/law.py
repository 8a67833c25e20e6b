"""Laws: `data/laws.csv` has a row for each law, decree, circular or decision that a check, route or deadline cites.

A source cites a law by its number: `Luật Hộ tịch 60/2014/QH13, Điều 14` cites 60/2014/QH13, `QĐ 1351/QĐ-BHXH năm 2015`
cites 1351/QĐ-BHXH. Parts of a source are separated by `;`. A part with the word `mẫu` or `tờ khai` cites a law for its
form. `replaced_by` is the number of the law that took over: that what was cited goes on under it is assumed, so a
source does not end with a law that was replaced. Whatever does end states its last day itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from schemas.in_force import RowInForce, read_rows

NUMBER = re.compile(r"\d+[/:]\d{4}/[A-ZĐ]+\d*(?:-[A-ZĐ]+g?)*|\d+/[A-ZĐ]+-[A-ZĐ]+g?")
FORM_WORDS = ("mẫu", "tờ khai")


class Law(RowInForce):
    """Văn bản pháp luật. `law_code` is kind and number as sources cite it; `valid_from` is its first day in force."""

    law_code: str
    name_vi: str
    replaced_by: str | None = None

    @property
    def number(self) -> str:
        """`60/2014/QH13` of `Luật Hộ tịch 60/2014/QH13`: what tells it from every other law."""
        return self.law_code.rsplit(" ", 1)[-1]


@dataclass(frozen=True, slots=True)
class LawCitation:
    """A law in a source. `is_for_form`: it is cited for a form, whose use does not end a check."""

    number: str
    is_for_form: bool


@cache
def laws() -> dict[str, Law]:
    """Every law by its number."""
    return {law.number: law for law in read_rows("laws.csv", Law)}


def citations(source: str) -> Iterator[LawCitation]:
    """The laws that a source cites, in its order."""
    for part in source.split(";"):
        is_for_form = any(word in part.lower() for word in FORM_WORDS)
        for number in NUMBER.findall(part):
            yield LawCitation(number, is_for_form)


def days_of(source: str) -> tuple[date, date]:
    """From when until when a source holds: the first day of its earliest law, the last of its latest.

    Laws cited for their forms begin a source and do not end it; a source without a law always holds. Raises KeyError
    for a law that the table does not have.
    """
    cited = [(laws()[citation.number], citation.is_for_form) for citation in citations(source)]
    firsts = [law.valid_from for law, _ in cited]
    lasts = [_last_day(law) for law, is_for_form in cited if not is_for_form]
    return min(firsts, default=date.min), max(lasts, default=date.max)


def _last_day(law: Law) -> date:
    """The last day of a law, or of the law that goes on with it."""
    return _last_day(laws()[law.replaced_by]) if law.replaced_by else law.valid_until
