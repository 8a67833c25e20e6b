"""The words of one system that answers, as the reader uses them: phrases by their letters, codes, places in XML.

A registry's own words lie in its folder, which this package does not know: they come in as rows. The words of all
registries, those of the portals and the codes of our own steps lie beside this file.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_args

from quality.answers.causes import PORTAL, rows
from quality.answers.letters import BREAK, any_of, letters
from quality.titles import title_of
from schemas.cases import CASES
from schemas.person import Person
from schemas.routes import ROUTES

UNKNOWN_FROM = 4
"""From this many unknown letters on they are a part of their own; fewer are `và`, `là` or the rest of a word."""
ANY = ""
"""The `registry_code` of words that every registry may use, and the kind of a fault of any field."""

Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class RefusalWords:
    """The tables of one registry, as rows.

    `phrases`: role, kind, words, meaning. `codes`: code, cause. `elements`: element, field_path.
    """

    phrases: Rows = ()
    codes: Rows = ()
    elements: Rows = ()


@dataclass(frozen=True, slots=True)
class Phrase:
    """The meaning of a phrase. `faults`: the cause by the kind of field, for words that name a fault."""

    role: str
    kind: str = ""
    paths: tuple[str, ...] = ()
    cause: str = ""
    faults: dict[str, str] = field(default_factory=dict)
    stands_alone: bool = False
    comes_before: bool = False


@dataclass(frozen=True)
class Language:
    """The words of one system that answers. `elements` are places in XML, the longest first."""

    registry_code: str
    phrases: dict[str, Phrase]
    finds: re.Pattern[str]
    codes: dict[str, str]
    elements: list[tuple[list[str], str]]
    subjects: tuple[str, ...]
    _paths: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[str, ...]] = field(default_factory=dict)

    def paths(self, paths: tuple[str, ...], whose: tuple[str, ...]) -> tuple[str, ...]:
        """Paths in a dossier for a field as a table of phrases has it: one that begins with a dot is a person's.

        `whose`: the paths of the person who is named with the field; of other fields, those that are this person's.
        """
        if (paths, whose) not in self._paths:
            self._paths[paths, whose] = tuple(_dossier_paths(paths, whose, self.subjects))
        return self._paths[paths, whose]


def language_of(registry_code: str, own: RefusalWords) -> Language:
    """The words of a system; its own phrases come before those of all systems."""
    same_letters: dict[str, list[Mapping[str, str]]] = {}
    for row in (*own.phrases, *_beside("phrases.csv", registry_code), *_beside("phrases.csv", ANY)):
        same_letters.setdefault(letters(row["words"]).replace(BREAK, ""), []).append(row)
        if BREAK in (with_breaks := letters(row["words"])):
            same_letters.setdefault(with_breaks, []).append(row)
    phrases = {
        key: _phrase(meanings, registry_code)
        for key, meanings in same_letters.items()
        if len(key) >= UNKNOWN_FROM or meanings[0]["role"] != "filler"
    }
    return Language(
        registry_code,
        phrases,
        any_of(phrases),
        {row["code"]: row["cause"] for row in (*own.codes, *_beside("codes.csv", registry_code))},
        sorted(((row["element"].split("/"), row["field_path"]) for row in own.elements), key=lambda row: -len(row[0])),
        subjects_of(registry_code),
    )


@cache
def codes_of_our_steps() -> dict[str, str]:
    """Causes by the codes that our own steps give."""
    return {row["code"]: row["cause"] for row in _beside("codes.csv", ANY)}


@cache
def subjects_of(registry_code: str) -> tuple[str, ...]:
    """The persons to whom a field belongs when no person is named: those whom the registry's cases register; none for a
    portal."""
    kinds = {route.case_kind for route in ROUTES for step in route.steps if step.registry_code == registry_code}
    return tuple(
        f"case.{name}"
        for kind, case in CASES.items()
        if kind in kinds
        for name, described in case.model_fields.items()
        if _is_of_subject(described.annotation, is_required=described.is_required())
    )


def _is_of_subject(annotation: Any, *, is_required: bool) -> bool:
    """Whether the field is a required person, or a list of persons."""
    is_person = isinstance(annotation, type) and issubclass(annotation, Person)
    return (is_person and is_required) or Person in get_args(annotation) and ... in get_args(annotation)


def _beside(name: str, registry_code: str) -> list[dict[str, str]]:
    """The rows of a table beside this file: those of all registries, or those of a portal."""
    return (
        [row for row in rows(name) if row["registry_code"] == registry_code] if registry_code in (ANY, PORTAL) else []
    )


def _phrase(meanings: Rows, registry_code: str) -> Phrase:
    """The meaning of rows with equal letters: the first row says it; each row of a fault adds its kind of field."""
    first = meanings[0]
    role, kind, meaning = first["role"], first["kind"], first["meaning"]
    if role == "sentence":
        return Phrase("sentence", cause=f"{registry_code}.{meaning}")
    if role == "field":
        return Phrase("field", kind, tuple(meaning.split()))
    if role == "filler":
        return Phrase("filler")
    faults = [row for row in meanings if row["role"].startswith("fault")]
    roles = {row["role"] for row in faults}
    return Phrase(
        "fault",
        faults={row["kind"]: f"{registry_code}.{row['meaning']}" for row in reversed(faults)},
        stands_alone="fault_bare" in roles,
        comes_before="fault_before" in roles,
    )


def _dossier_paths(paths: tuple[str, ...], whose: tuple[str, ...], subjects: tuple[str, ...]) -> list[str]:
    persons = whose or subjects
    candidates = dict.fromkeys(
        person + path if path.startswith(".") else path
        for path in paths
        for person in (persons if path.startswith(".") else ("",))
    )
    theirs = [path for path in candidates if path.startswith(whose)]
    return [path for path in theirs or candidates if title_of(path)]
