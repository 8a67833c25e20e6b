"""One word for one thing: a type's name is used once, and the words that style.md replaced stand nowhere any more."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.house import (
    PACKAGES,
    ROOT,
    SOURCES,
    complaint,
    docstrings_of,
    identifiers_of,
    path_name,
    types_of,
)

IDENTIFIER, TYPE, PROSE, KEY = "identifier", "type", "prose", "words.csv key"
EVERYWHERE = frozenset({IDENTIFIER, TYPE, PROSE, KEY})
NAMES = frozenset({IDENTIFIER, TYPE, KEY})


@dataclass(frozen=True)
class Replaced:
    """A word that the project no longer says. `pattern`: one word or more, without their capitals, apart by a space."""

    pattern: str
    say: str
    where: frozenset[str] = EVERYWHERE
    files: str = ""  # only in paths with this in them


REPLACED = (
    Replaced(r"deeds?", "command result, outcome"),
    Replaced(r"rulings?", "outcome, decision"),
    Replaced(r"liken(?:ess|esses|s|ed|ing)?", "duplicate candidate, match, compare"),
    Replaced(r"misshapen", "DecodeError"),
    Replaced(r"shape", "decoder", frozenset({TYPE})),
    Replaced(r"strangers?", "unauthenticated; another's"),
    Replaced(r"gate", "AuthMiddleware; a gate is where a batch is judged", frozenset({TYPE})),
    Replaced(r"front door", "desk_mount"),
    Replaced(r"engine room", "supervisor"),
    Replaced(r"ties", "assets"),
    Replaced(r"greet(?:s|ed|ing|ings)?", "probe, test_connection"),
    Replaced(r"tongues?", "locale, translate"),
    Replaced(r"mend(?:s|ed|ing|er)?", "edit"),
    Replaced(r"traces?|traced|tracing", "blind index", NAMES),
    Replaced(r"traces? of|leaves? (?:no|neither) traces?", "blind index; writes nothing", frozenset({PROSE})),
    Replaced(r"placings?|carry|carried", "unit translation, crosswalk", NAMES, "place"),
    Replaced(r"carry|carried", "unit translation, crosswalk", NAMES, "unit"),
    Replaced(
        r"carr(?:y|ies|ied) (?:to|over|forward)|(?:codes?|units?|communes?|places?) (?:are |is )?carried",
        "translate, crosswalk",
        frozenset({PROSE}),
    ),
    Replaced(r"told|heard", "outcome, recorded, acknowledged, reported"),
    Replaced(r"rehears(?:al|als|e|es|ed|ing)", "demo, sandbox, try out"),
    Replaced(r"shel(?:f|ves)", "dataset, fixture"),
    Replaced(r"roads?", "pipeline, way, steps"),
    Replaced(r"towns?", "dataset, fixture"),
    Replaced(r"theatres?", "fixture, support"),
    Replaced(r"worlds?", "dataset, fixture"),
)

MEANT = {
    "X-Road": "the product through which the residence registry is reached",
    "X_ROAD_CLIENT": "its header",
    "sealed as `mend`": "what stands in ledgers of before October 2026",
    "told apart": "plain English: one is known from the other",
    "A district, town or city of a province": "thị xã, a unit of the land",
    "A commune, ward, town or special zone": "thị trấn, a unit of the land",
}
"""Where such a word means what it says, and what that is."""


def split(identifier: str) -> str:
    """`HeardBefore` and `heard_before` as `heard before`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_+", " ", identifier).lower()


def without_what_is_meant(text: str) -> str:
    for phrase in MEANT:
        text = text.replace(phrase, "")
    return text


def texts_of(path: Path) -> Iterator[tuple[str, str, str]]:
    """Where it stands, what kind of text it is, and the text."""
    types = {name for name, _ in types_of(path)}
    for name in sorted(identifiers_of(path)):
        yield path_name(path), TYPE if name in types else IDENTIFIER, split(without_what_is_meant(name))
    for line, text in docstrings_of(path):
        yield (
            f"{path_name(path)}:{line}",
            PROSE,
            " ".join(without_what_is_meant(" ".join(text.split())).lower().split()),
        )


def keys_of(path: Path) -> Iterator[tuple[str, str, str]]:
    with path.open(newline="") as file:
        for number, row in enumerate(csv.reader(file), 1):
            if row:
                yield f"{path_name(path)}:{number}", KEY, split(row[0].replace(".", "_"))


def replaced_words(texts: Iterator[tuple[str, str, str]]) -> Iterator[str]:
    for where, kind, text in texts:
        for word in REPLACED:
            if kind in word.where and word.files in where:
                for met in re.finditer(rf"\b(?:{word.pattern})\b", text):
                    around = text[max(0, met.start() - 30) : met.end() + 30]
                    yield f"{where}: {kind} `{around.strip()}`: not {met[0]} but {word.say}"


def test_a_type_has_a_name_of_its_own_in_the_whole_product() -> None:
    places: dict[str, list[str]] = {}
    for path in SOURCES:
        for name, line in types_of(path):
            places.setdefault(name.lstrip("_"), []).append(f"{path_name(path)}:{line}")
    shared = [f"{name}: {', '.join(where)}" for name, where in sorted(places.items()) if len(where) > 1]
    assert not shared, complaint("One name, one type, private ones too: say what it is in its room.", shared)


def test_replaced_words_stand_in_no_name_and_no_docstring() -> None:
    found = [line for path in SOURCES for line in replaced_words(texts_of(path))]
    assert not found, complaint("style.md has another word for it:", found)


def test_replaced_words_stand_in_no_key_of_a_table_of_words() -> None:
    tables = [path for package in PACKAGES for path in (ROOT / package).rglob("words.csv")]
    assert tables
    found = [line for path in tables for line in replaced_words(keys_of(path))]
    assert not found, complaint("style.md has another word for it:", found)


def test_every_word_that_is_meant_still_stands_somewhere() -> None:
    product = "\n".join(" ".join(path.read_text().split()) for path in SOURCES)
    assert [phrase for phrase in MEANT if phrase not in product] == []


def test_a_replaced_word_is_found_in_every_form_and_only_as_a_word() -> None:
    def complaints(kind: str, text: str) -> int:
        return len(list(replaced_words(iter([("x.py", kind, text)]))))

    assert complaints(IDENTIFIER, split("HeardBefore")) == complaints(IDENTIFIER, split("_mending_of")) == 1
    assert complaints(PROSE, "a dossier that was mended, mends and mending") == 3
    assert complaints(PROSE, "recommended, properties, broader, downtown, worldwide") == 0
    assert complaints(TYPE, split("Shape")) == 1
    assert complaints(IDENTIFIER, split("number_shape")) == 0
