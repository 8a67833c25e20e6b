"""Addresses as people write them, and the unit each names on a day: answers by hand, from the official tables."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from time import perf_counter

import pytest

from schemas.places import (
    AddressParts, Candidates, Commune, Decided, Evidence, EvidenceKind, Found, Loosened, Subject, Why, resolve_address,
)  # fmt: skip

WRITTEN = Path(__file__).parent / "recorded/addresses/addresses.csv"
BEFORE, NOW = date(2025, 5, 15), date(2026, 10, 1)


def written() -> Iterator[tuple[date, str, list[str], str]]:
    with WRITTEN.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield date.fromisoformat(row["on"]), row["answer"], row["codes"].split(), row["address"]


def answer(address: str | AddressParts, on: date) -> tuple[str, list[str]]:
    read = resolve_address(address, on)
    if isinstance(read, Found):
        return "found", [read.unit.code]
    return read.why.value, sorted(unit.code for unit in read.units)


def test_two_hundred_addresses_stand_in_the_file() -> None:
    assert len({(on, address) for on, _, _, address in written()}) >= 200


@pytest.mark.parametrize(("on", "expected", "codes", "address"), written())
def test_an_address_is_read_as_a_person_reads_it(on: date, expected: str, codes: list[str], address: str) -> None:
    assert answer(address, on) == (expected, codes)
