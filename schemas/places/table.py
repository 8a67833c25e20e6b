"""The table of places as shipped: `data/places.tsv`, built by `python -m schemas.build_places`, checked by its hash.

Sources: vietnamadminunits 1.0.4 (MIT) for units and successors (QĐ 124/2004/QĐ-TTg and QĐ 19/2025/QĐ-TTg codes),
corrected by `data/place_corrections.csv`, each line of which has its own source. Nothing of the package is read here.
"""

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import BinaryIO, cast

from schemas.places.units import Commune, District, Key, Passage, Province, Share, Unit, WrongCode

FILE = "data/places.tsv"


class DamagedTable(RuntimeError):
    """The shipped file is not what its first line says: install the package again."""


@dataclass(frozen=True, slots=True)
class Table:
    """Units by code and by name key, and the passages between them; never changed after loading."""

    version: str
    by_code: dict[str, tuple[Unit, ...]]
    by_name: dict[str, tuple[Unit, ...]]
    after: dict[Key, tuple[Passage, ...]]
    before: dict[Key, tuple[Passage, ...]]
    communes_of_district: dict[str, tuple[Commune, ...]]
    wrong_codes: dict[str, WrongCode]


def _read_version() -> tuple[str, str]:
    with cast(BinaryIO, files("schemas").joinpath(FILE).open("rb")) as shipped:
        _, as_of, digest = shipped.readline().decode().split()
    return f"{as_of}/{digest[:8]}", digest


TABLE_VERSION: str = _read_version()[0]
"""`2026-09-20/<first eight digits of the table's SHA-256>`: the last change in it, and which file it was."""


@cache
def table() -> Table:
    """The table, read once. Raises DamagedTable when the file's hash is not the one in its first line."""
    head, _, content = files("schemas").joinpath(FILE).read_bytes().partition(b"\n")
    if hashlib.sha256(content).hexdigest() != head.decode().split()[2]:
        raise DamagedTable(f"{FILE}: the content does not have the hash of its first line")
    units, passages, wrong = (block.splitlines()[1:] for block in content.decode().split("\n\n"))
    by_code, by_name, of_district = _units(units)
    after, before = _passages(passages, by_code)
    return Table(TABLE_VERSION, by_code, by_name, after, before, of_district, _wrong_codes(wrong))


def _tuples[K, V](lists: dict[K, list[V]]) -> dict[K, tuple[V, ...]]:
    return {key: tuple(values) for key, values in lists.items()}
