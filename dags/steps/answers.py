"""Reads the causes out of a refusal. The reader is made once, from the tables of words in the registries' folders."""

from functools import cache

from connectors.registries import refusal_rows
from quality.answers import AnswerReader, Fingerprints, RefusalCause, RefusalWords
from quality.answers.causes import rows
from schemas.registries import REGISTRY_CODES


def read_answer(registry_code: str, code: str, words: str) -> list[RefusalCause]:
    """The causes of a refusal; see `AnswerReader.read_answer`."""
    return reader().read_answer(registry_code, code, words)


def fingerprint(words: str) -> str:
    """The subject of a refusal without any person in it; see `Fingerprints.fingerprint`."""
    return fingerprints().fingerprint(words)


@cache
def words_of_registries() -> dict[str, RefusalWords]:
    """The tables of each registry's folder, read once."""
    return {code: RefusalWords(**refusal_rows(code)) for code in REGISTRY_CODES}


@cache
def reader() -> AnswerReader:
    """The reader for all registries and portals."""
    return AnswerReader(words_of_registries())


@cache
def fingerprints() -> Fingerprints:
    """The fingerprints by the phrases of all registries and portals."""
    tables = (rows("phrases.csv"), *(words.phrases for words in words_of_registries().values()))
    return Fingerprints(row["words"] for table in tables for row in table)
