"""The desk's two languages: every visible text by its key, checks and causes in words, titles of fields, dates."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from quality.answers import CAUSES
from quality.examination import CATALOGUE
from quality.titles import phrase_of, title_of
from quality.words import EN, VI, LocalizedText, read_table, words
from schemas.dates import VIETNAM

WHOLE_DAY = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}")
HIDDEN_IN_TITLES = ("case",)
"""Parts of a path that say nothing to a reader."""


@cache
def all_words() -> dict[str, LocalizedText]:
    """What codes are called, and what the desk's pages say."""
    ours = read_table("dags.desk", "words.csv")
    assert not ours.keys() & words().keys()
    return words() | ours


@dataclass(frozen=True)
class CauseText:
    """A check or a cause of refusal in words: what happened, what to do, and who acts."""

    code: str
    says: str
    do: str
    who: str
    source: str = ""


@dataclass(frozen=True)
class Locale:
    """One language."""

    code: str

    @property
    def other(self) -> str:
        return EN if self.code == VI else VI

    def translate(self, key: str, **values: Any) -> str:
        """The words of a key. Raises KeyError for one that is not in the table."""
        text = all_words()[key].in_language(self.code)
        return text.format(**values) if values else text

    def of(self, group: str, code: str | None) -> str:
        """What a code of a group is called; the code itself when the group does not have it."""
        words_of_code = all_words().get(f"{group}.{code}")
        return words_of_code.in_language(self.code) if words_of_code else str(code or "")

    def coded(self, group: str, value: Any) -> Any:
        """A code with what it means: `4 · thẻ căn cước`; a value that the group does not know as it is."""
        meaning = all_words().get(f"{group}.{value}")
        return f"{value} · {meaning.in_language(self.code)}" if meaning else value

    def counted(self, key: str, count: int, **values: Any) -> str:
        """The words of a key for one or for many."""
        return self.translate(f"{key}.one" if count == 1 else key, n=self.number(count), **values)

    def seconds(self, taken: float) -> str:
        """How long a request took."""
        text = f"{taken:.2f} s" if taken >= 0.01 else "< 0.01 s"
        return text.replace(".", ",") if self.code == VI else text

    def cause(self, code: str) -> CauseText:
        """A check's or a cause's words; a code without words is shown as it is."""
        found = CATALOGUE.get(code) or CAUSES.get(code)
        if found is None:
            return CauseText(code, code, self.translate("cause.unexplained"), self.of("who", "engineer"))
        english = self.code == EN
        says, do = (found.says_en, found.do_en) if english else (found.says_vi, found.do_vi)
        return CauseText(code, says, do, self.of("who", str(found.who)), found.source)

    def title(self, field_path: str) -> str:
        """A field as a clerk calls it: `Số định danh cá nhân của mẹ`, `Personal number of mother`."""
        phrase = english_phrase(field_path) if self.code == EN else phrase_of(field_path) or english_phrase(field_path)
        return phrase[:1].upper() + phrase[1:]

    def receipt_field(self, name: str) -> str:
        """A field of a receipt as a clerk calls it."""
        title = english_name(name) if self.code == EN else title_of(f"receipt.{name}") or english_name(name)
        return title[:1].upper() + title[1:]

    def day(self, on: date | None) -> str:
        return on.strftime("%d/%m/%Y") if on else ""

    def slashed(self, text: str) -> str:
        """A text that is one whole day, as Vietnam writes days; any other text as it is."""
        return text.replace(".", "/") if WHOLE_DAY.fullmatch(text) else text

    def shown(self, text: str) -> str:
        """A value of a field for a reader: a choice in words, a day with slashes."""
        return self.of("choice", self.slashed(text))

    def when(self, at: datetime | None) -> str:
        """An instant as offices read it."""
        return at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M") if at else ""

    def moment(self, at: datetime) -> str:
        """The same to the second."""
        return at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")

    def number(self, count: int) -> str:
        """Thousands set apart."""
        return f"{count:,}".replace(",", "." if self.code == VI else ",")

    def share(self, part: float) -> str:
        """A share of 0 to 1 in percent: `0,65 %`."""
        text = f"{100 * part:.2f}".rstrip("0").rstrip(".")
        return f"{text.replace('.', ',') if self.code == VI else text} %"

    def left(self, due_at: datetime | None, now: datetime) -> str:
        """How long until then, or since then, in one unit."""
        if due_at is None:
            return ""
        seconds = (due_at - now).total_seconds()
        hours = int(abs(seconds) // 3600)
        amount, unit = (hours // 24, "days") if hours >= 48 else (max(hours, 1), "hours")
        return self.translate(f"left.{unit}" if seconds >= 0 else f"late.{unit}", n=amount)


LOCALES = {VI: Locale(VI), EN: Locale(EN)}


ENGLISH_NAMES = {
    "born_on": "date of birth",
    "died_on": "date of death",
    "issued_on": "date of issue",
    "notice_on": "date of notice",
    "registered_on": "date of registration",
    "personal_id": "personal number",
    "id_paper": "identity paper",
    "born_at": "place of birth",
    "received_at": "time of reception",
    "updated_at": "time of the last change",
    "due_at": "promised return",
    "died_at_time": "time of death",
    "issued_by": "place of issue",
    "kind_code": "kind",
    "nationality_code": "nationality",
    "country_code": "country",
    "detail": "detailed address",
    "moves_to": "new residence",
    "until": "last day of use",
    "is_disputed": "dispute",
    "owners": "owner",
    "purposes": "land use",
    "area_m2": "area in m²",
}
"""Fields whose identifier is no English phrase; the others are called as their identifier says."""


def english_name(name: str) -> str:
    """`ethnic_group` -> `ethnic group`."""
    return ENGLISH_NAMES.get(name, name.replace("_", " "))


@cache
def english_phrase(field_path: str) -> str:
    """`case.owners.0.personal_id` -> `personal number of owners 1`."""
    parts: list[str] = []
    for name in field_path.split("."):
        if name.isdecimal() and parts:
            parts[-1] += f" {int(name) + 1}"
        elif name not in HIDDEN_IN_TITLES:
            parts.append(english_name(name))
    return " of ".join(reversed(parts)) or field_path
