"""The words for codes of states, events, registries and milestones, in Vietnamese and English.

`words.csv` holds one line for each key. A key is a group and a code: `dossier.held`, `event.arrived`. The names of
registries come from their rows in `schemas/registries.py`.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from schemas.registries import REGISTRIES

VI, EN = "vi", "en"
LANGUAGES = (VI, EN)


@dataclass(frozen=True)
class LocalizedText:
    """One text in both languages."""

    vi: str
    en: str

    def in_language(self, language: str) -> str:
        return self.en if language == EN else self.vi


def read_table(package: str, name: str) -> dict[str, LocalizedText]:
    """A CSV table of a package, by key. Raises ValueError for a repeated key or a missing language."""
    words: dict[str, LocalizedText] = {}
    text = files(package).joinpath(name).read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        if row["key"] in words or not row["vi"] or not row["en"]:
            raise ValueError(f"{name}: {row['key']} must stand there once, in both languages")
        words[row["key"]] = LocalizedText(row["vi"], row["en"])
    return words


@cache
def words() -> dict[str, LocalizedText]:
    """The texts of `words.csv` by key, and the names of the registries: `registry.land`."""
    registries = {f"registry.{code}": LocalizedText(row.name_vi, row.name_en) for code, row in REGISTRIES.items()}
    return registries | read_table("quality", "words.csv")


def group(name: str, language: str = VI) -> dict[str, str]:
    """The words of a group by code: `group("dossier")["held"]`."""
    prefix = f"{name}."
    return {
        key.removeprefix(prefix): text.in_language(language) for key, text in words().items() if key.startswith(prefix)
    }
