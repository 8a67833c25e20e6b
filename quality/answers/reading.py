"""Reads the words of a refusal into causes.

Words come in three ways: a whole sentence that is known; a field and what is wrong with it, in either order; and words
without meaning between them. They are searched in the bare letters of a text, so case, tones, spaces, encodings and
missing spaces (`trốngmeSoDDCN`) do not matter. A short text between a field and its fault is the value at fault (a
name, a number); all other unknown letters are a part that is not known, and become the cause `unknown`, once.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from quality.answers.causes import ANSWERING, CAUSES, OURS, RefusalCause, narrowed
from quality.answers.language import (
    ANY,
    UNKNOWN_FROM,
    Language,
    Phrase,
    RefusalWords,
    codes_of_our_steps,
    language_of,
)
from quality.answers.letters import BREAK, FOREIGN, LIMIT, letters, readable
from quality.titles import title_of

LONGEST_VALUE = 60
"""The most letters and digits between a field and its fault that are taken for the value at fault."""

PERSONS = {
    "nks": "case.child", "me": "case.mother", "cha": "case.father", "bo": "case.father", "nyc": "applicant",
    "nkt": "case.deceased", "nguoichet": "case.deceased", "chet": "case.deceased", "chong": "case.husband",
    "vo": "case.wife", "bennam": "case.husband", "bennu": "case.wife", "tre": "case.child", "treem": "case.child",
    "nguoiduockhaisinh": "case.child", "nguoiyeucau": "applicant", "nguoinop": "applicant", "nguoinhan": "applicant",
    "chuho": "case.head_of_household", "chusudung": "case.owners", "chusudungdat": "case.owners",
    "congdan": "case.child case.deceased case.person", "nguoithamgia": "case.child case.deceased",
}  # fmt: skip
"""The person to whom a field belongs, by the letters before or after the field's name in wire names and sentences."""

_PointedCause = tuple[str, tuple[str, ...]]
"""A cause's code and the fields at which it points."""

_PERSON_AFTER = re.compile(
    r"cua(?:nguoi)?(?P<of>bo)|(?:cua)?(?:nguoi)?(?P<who>bennam|bennu|me|cha(?![u])|nguoichet|chet|nguoiduockhaisinh|"
    r"nguoiyeucau|nguoinop|nguoinhan|chuho|chusudungdat|chusudung|congdan|nguoithamgia|treem|tre|chong|vo(?![ib]))"
)
_PERSON_BEFORE = re.compile(
    r"(nks|nkt|nyc|me|cha|chong|vo|bennam|bennu|nguoichet|nguoiduockhaisinh|nguoiyeucau|nguoinop|chuho|congdan)$"
)
_LETTERS = re.compile(r"[a-z]")
_DOSSIER_PATH = re.compile(r"\b(?:dossier\.)?((?:case|applicant|papers)(?:\.[a-z0-9_]{1,40}){1,8})")
_ELEMENTS = re.compile(r"(?:/(?:\w{1,40}:)?\w{1,60}(?:\[\d{1,3}\])?){2,12}")
_SCHEMA_RULE = re.compile(r"\bSCHEMAV_\w+")
_CODE_IN_WORDS = re.compile(r"[a-z0-9_-]+")


class _LetterReader:
    """Reads a text's letters once. `causes`: the causes in their order; `unread`: the letters that are in no phrase."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self.registry_code = language.registry_code
        self.causes: list[_PointedCause] = []
        self.unread = ""
        self._subject: list[_Field] = []  # fields named whose fault has not come yet
        self._ahead: Phrase | None = None  # a fault whose field comes after it
        self._gap = ""  # unknown letters since the last phrase

    def read(self, text: str) -> None:
        language, read_to = self._language, 0
        for match in language.finds.finditer(text):
            start, end = match.span()
            if start < read_to:
                continue
            phrase = language.phrases[text[start:end]]
            self._gap += text[read_to:start]
            self.unread += text[read_to:start]
            read_to = end
            if phrase.role == "field":
                read_to = self._take_field(phrase, text, end)
            elif phrase.role == "fault":
                self._take_fault(phrase)
            elif phrase.role == "sentence":
                self._take_sentence(phrase.cause)
        self._gap += text[read_to:]
        self.unread += text[read_to:]
        self._close()

    def _add(self, code: str, fields: tuple[str, ...] = ()) -> None:
        self.causes.append((code, fields))

    def _add_unknown(self) -> None:
        self._add(f"{self.registry_code}.unknown")

    def _take_sentence(self, cause: str) -> None:
        """Takes a sentence that is known as a whole; a field before it (`Bên nam` ...) chooses one of its fields."""
        named = self._subject if not self._ahead and _is_known(self._gap) and BREAK not in self._gap else []
        paths = tuple(path for field in named for path in field.paths)
        theirs = tuple(
            path
            for path in CAUSES[cause].fields
            if path in paths or path.startswith(tuple(f"{each}." for each in paths))
        )
        if named:
            self._subject, self._gap = [], ""
        self._close()
        self._add(cause, theirs)

    def _take_field(self, phrase: Phrase, text: str, end: int) -> int:
        """Takes a field with the person before or after it; returns the index at which reading goes on."""
        whose, end = self._whose(phrase, text, end)
        named = _Field(phrase.kind, self._language.paths(phrase.paths, whose))
        if self._ahead and not _is_known(self._gap):
            self._close()
        elif self._ahead:
            self._add(_fault(self._ahead, named.kind), named.paths)
            self._ahead, self._gap = None, ""
            return end
        elif not _is_known(self._gap):
            self._close()
        self._subject.append(named)
        self._gap = ""
        return end

    def _whose(self, phrase: Phrase, text: str, end: int) -> tuple[tuple[str, ...], int]:
        """The paths of the person who is named beside a field, and where the person's name ends."""
        if len(phrase.paths) > 1 or any(path.startswith(".") for path in phrase.paths):
            if after := _PERSON_AFTER.match(text, end):
                return tuple(PERSONS[after["of"] or after["who"]].split()), after.end()
            if self._subject and self._subject[-1].kind == "person" and not self._gap:
                return self._subject.pop().paths, end
        if before := _PERSON_BEFORE.search(self._gap):
            self._gap = self._gap[: before.start()]
            return tuple(PERSONS[before[1]].split()), end
        return (), end

    def _take_fault(self, phrase: Phrase) -> None:
        """Takes what is wrong with the field before it, or with a value that stands in place of a field."""
        if self._ahead:
            self._close()
        before, _, value = self._gap.rpartition(BREAK)
        if not _is_known(before) or (before and not _is_known(value)):
            self._gap = before
            self._close()
        self._gap = ""
        is_unknown_value = not _is_known(value)
        if not self._subject and phrase.comes_before:
            self._gap = value
            self._close()
            self._ahead = phrase
        elif len(value) > LONGEST_VALUE or (is_unknown_value and not self._subject and not phrase.stands_alone):
            self._subject = []
            self._add_unknown()
        else:
            kinds = {named.kind for named in self._subject}
            kind = kinds.pop() if len(kinds) == 1 else ANY
            self._add(_fault(phrase, kind), tuple(path for named in self._subject for path in named.paths))
            self._subject = []

    def _close(self) -> None:
        """Ends a part: adds what is left of it; fields that follow a fault without fields become that fault's."""
        if self._ahead:
            is_about_known = _is_known(self._gap)
            self._add(_fault(self._ahead, ANY)) if is_about_known else self._add_unknown()
        elif not _is_known(self._gap):
            self._add_unknown()
        elif self._subject:
            self._add_fields()
        self._ahead, self._subject, self._gap = None, [], ""

    def _add_fields(self) -> None:
        """Gives the fields to the fault before them (`Dữ liệu không hợp lệ: ketQuaXuLy`), or adds an unknown cause."""
        paths = tuple(path for named in self._subject for path in named.paths)
        if self.causes and not self.causes[-1][1] and not CAUSES[self.causes[-1][0]].fields:
            self.causes[-1] = (self.causes[-1][0], paths)
        else:
            self._add_unknown()


@dataclass(frozen=True, slots=True)
class _Field:
    kind: str
    paths: tuple[str, ...]


def _fault(phrase: Phrase, kind: str) -> str:
    return phrase.faults.get(kind) or phrase.faults.get(ANY) or next(iter(phrase.faults.values()))


def _is_known(gap: str) -> bool:
    """Whether the letters are too few to mean anything; digits alone are a number, not a word."""
    return FOREIGN not in gap and (len(gap) < UNKNOWN_FROM or len(_LETTERS.findall(gap)) < UNKNOWN_FROM)


class AnswerReader:
    """Reads refusals into causes by the words of each registry; a registry's words are prepared when first used."""

    def __init__(self, own_words: Mapping[str, RefusalWords]) -> None:
        """`own_words`: the tables of each registry by its code."""
        self._own_words = own_words
        self._languages: dict[str, Language] = {}

    def read_answer(self, registry_code: str, code: str, words: str) -> list[RefusalCause]:
        """The causes of a refusal in the order of its words, each once for its fields; at least one.

        `registry_code`: the registry that answers, or `portal`. `code` and `words`: as the connector or the step gives
        them; what no table has becomes the cause `<registry_code>.unknown`. Raises ValueError for another
        `registry_code`.
        """
        language = self.language(registry_code)
        plain = code.strip().lower()
        if cause := _of_our_step(plain):
            return _by_our_step(language, cause, words)
        causes = _read(language, words)
        by_code = _of_code(language, plain)
        if not causes:
            return [CAUSES[by_code or f"{registry_code}.{'unknown' if plain else 'no_reason'}"]]
        if by_code and _is_telling(by_code) and all(cause.code.endswith(".unknown") for cause in causes):
            return [CAUSES[by_code], *causes]
        return causes

    def language(self, registry_code: str) -> Language:
        """The words of one system that answers. Raises ValueError for a code of no registry and no portal."""
        if registry_code not in ANSWERING:
            raise ValueError(f"no registry and no portal: {registry_code}")
        if registry_code not in self._languages:
            own = self._own_words.get(registry_code, RefusalWords())
            self._languages[registry_code] = language_of(registry_code, own)
        return self._languages[registry_code]


def _of_our_step(plain: str) -> str | None:
    return "delivery.writer_failed" if plain.startswith("unwritable_") else codes_of_our_steps().get(plain)


def _of_code(language: Language, plain: str) -> str | None:
    """The cause of a code; `4 of 2 cases` is 4."""
    first = _CODE_IN_WORDS.match(plain)
    return language.codes.get(first[0]) if first else None


@cache
def _is_telling(cause: str) -> bool:
    """Whether the code alone says what is wrong; other codes only say that words follow."""
    return cause.partition(".")[2] not in {"no_reason", "data_wrong", "rejected", "returned", "rule_broken"}


def _by_our_step(language: Language, cause: str, words: str) -> list[RefusalCause]:
    """The causes in words of our own step, which names fields by their paths and quotes the answer of a look-up."""
    fields = tuple(dict.fromkeys((*_dossier_paths(words), *_element_paths(language, words))))
    if cause in (f"{OURS}.inquiry", f"{OURS}.refused"):
        known = [cause for cause in _read(language, words) if not cause.code.endswith(".unknown")]
        if known:
            return known
    return [narrowed(cause, fields)]


def _read(language: Language, words: str) -> list[RefusalCause]:
    """The causes in a text; none when there is no word in it."""
    text = readable(words[:LIMIT])
    paths = _element_paths(language, text) if "/" in text else ()
    if paths:
        text = _ELEMENTS.sub(BREAK, text)
    if "SCHEMAV" in text:
        text = _SCHEMA_RULE.sub(BREAK, text)
    bare = letters(text)
    reader = _LetterReader(language)
    reader.read(bare)
    if not reader.causes and (_LETTERS.search(reader.unread) or (not bare and any(map(str.isalpha, text)))):
        reader.causes.append((f"{language.registry_code}.unknown", ()))
    if len(words) > LIMIT:
        reader.causes.append((f"{language.registry_code}.unknown", ()))
    return [narrowed(code, fields) for code, fields in dict.fromkeys(_pointing(reader.causes, paths))]


def _pointing(causes: list[_PointedCause], paths: tuple[str, ...]) -> Iterator[_PointedCause]:
    """The causes; one without fields gets the fields that the text names by their place in XML."""
    for code, fields in causes:
        yield code, fields or (() if code.endswith(".unknown") else paths)


def _dossier_paths(words: str) -> Iterator[str]:
    """`dossier.case.residence.commune_code: a unit that was divided` -> that path."""
    for match in _DOSSIER_PATH.finditer(words[:LIMIT]):
        path = match[1]
        if title_of(path):
            yield path


def _element_paths(language: Language, words: str) -> tuple[str, ...]:
    """`/HoSoXml/.../DC_CaNhan[2]/hoTen` -> `case.owners.1.full_name`, for each place that is named."""
    paths = (_of_element(language, match[0]) for match in _ELEMENTS.finditer(words[:LIMIT]))
    return tuple(dict.fromkeys(path for path in paths if path))


def _of_element(language: Language, place: str) -> str:
    steps = [re.sub(r"^\w+:|\[\d+\]$", "", step) for step in place.strip("/").split("/")]
    numbers = re.findall(r"\[(\d+)\]", place)
    for element, path in language.elements:
        for end in range(len(steps), len(element) - 1, -1):
            if steps[end - len(element) : end] == element:
                return path.replace("#", str(max(int(numbers[-1]) - 1, 0) if numbers else 0))
    return ""
