"""Prints how many keyings a field costs and what error is left, by the kind of writing and the design of keying.

    python -m tests.benchmarks.keying [--records 300] [--draws 40] [--seed 5] [--real PAGES]

Simulated persons (`tests.support.simulated_keyers`) key books through `quality.adjudication`; each book's design is
chosen by its own known records. The machine's readings are simulated at the measured exact rates, or, with `--real`,
are those of the recognisers of this machine on pages that `tests.support.register_pages` draws. Bars: of issue 10.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from quality.adjudication import DesignChoice, choose_design, compare, exact_matches, known_count
from schemas.keying import FieldValue, KeyingDesign
from schemas.keying_thresholds import keying_threshold
from tests.benchmarks.figures import machine
from tests.support.keyed_books import truth_of
from tests.support.simulated_keyers import (
    PERSON_ERRORS,
    THIRD_PERSON,
    SimulatedPerson,
    simulated_reading,
    value_of,
)

KIND = "KS"
THRESHOLD = keying_threshold(date(2026, 11, 30))
MEASURED = {
    ("print", "asternet"): 0.948,
    ("typewriter", "asternet"): 0.881,
    ("script", "asternet, fonts it knows"): 0.943,
    ("script", "asternet, unseen fonts"): 0.52,
    ("script", "tesseract"): 0.40,
}
"""Exact share of fields by writing and recogniser, measured in November 2026 on synthetic pages."""
BARS = {
    ("print", KeyingDesign.PERSON_AND_MACHINE): (1.10, 0.0005),
    ("typewriter", KeyingDesign.PERSON_AND_MACHINE): (1.15, 0.001),
    ("script", KeyingDesign.PERSON_AND_MACHINE): (1.15, 0.0015),
    ("script", KeyingDesign.TWO_PERSONS): (None, 0.0006),
}
"""Keyings a field and residual error, at most; two persons on script have no bar on keyings."""
MORE = ("nksDanToc", "nksNoiSinh", "nksQueQuan", "meNgaySinh", "chaNgaySinh", "noiDangKy")

COLUMNS = ("writing, machine", "exact on known", "design", "times", "keyings a field", "to a third", "wrong", "bars")
Record = Mapping[str, str]
Read = Mapping[str, FieldValue]

out = Console(width=120)


@dataclass(frozen=True)
class SimulatedBook:
    """A book: what is written in it, and what one machine read in it."""

    writing: str
    machine: str
    records: Sequence[Record]
    readings: Sequence[Read]


@dataclass(frozen=True)
class Outcome:
    """What keying a book came to. `keyings`: typed or decided fields; `third`: fields that a third person decided."""

    fields: int
    keyings: int
    wrong: int
    third: int

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.fields + other.fields,
            self.keyings + other.keyings,
            self.wrong + other.wrong,
            self.third + other.third,
        )


NOTHING = Outcome(0, 0, 0, 0)


def key_record(record: Record, read: Read | None, error_rate: float, lot: random.Random) -> tuple[Outcome, Read]:
    """One record: a person and a machine's reading, or two persons when `read` is None; a third decides."""
    first, third = SimulatedPerson(error_rate, lot), SimulatedPerson(error_rate * THIRD_PERSON, lot)
    second = SimulatedPerson(error_rate, lot)
    key = first.key(record)
    other = read if read is not None else second.key(record)
    compared = compare(KIND, key, other)
    decided = {column: third.decide(record[column], (key[column], other[column])) for column in compared.differing}
    values = {**compared.agreed, **decided}
    truth = {column: value_of(text) for column, text in record.items()}
    wrong = len(compare(KIND, values, truth).differing)
    keyings = first.keyings + second.keyings + third.keyings
    return Outcome(len(record), keyings, wrong, len(decided)), values


def key_book(book: SimulatedBook, lot: random.Random) -> tuple[DesignChoice, Outcome, Outcome]:
    """The design that the book's known records choose, what they cost, and what the other records cost."""
    rate = PERSON_ERRORS[book.writing]
    order = lot.sample(range(len(book.records)), len(book.records))
    count = known_count(min(map(len, book.records)), THRESHOLD)
    known, others = order[:count], order[count:]
    cost, seen = NOTHING, []
    for at in known:
        outcome, values = key_record(book.records[at], None, rate, lot)
        cost += outcome
        seen.append((values, {book.machine: book.readings[at]}))
    choice = choose_design(exact_matches(KIND, seen), THRESHOLD)
    rest = NOTHING
    for at in others:
        read = book.readings[at] if choice.design == KeyingDesign.PERSON_AND_MACHINE else None
        rest += key_record(book.records[at], read, rate, lot)[0]
    return choice, cost, rest


def simulated_books(records: int, seed: int) -> list[SimulatedBook]:
    lot = random.Random(seed)
    books = []
    for (writing, name), exact in MEASURED.items():
        written = [_record(number) for number in range(1, records + 1)]
        books.append(
            SimulatedBook(writing, name, written, [simulated_reading(record, exact, lot) for record in written])
        )
    return books


def _record(number: int) -> Record:
    truth = truth_of(number)
    more = ("Kinh", "xã Hạp Lĩnh, huyện Tiên Du", "tỉnh Hà Bắc", f"{1930 + number % 20}", "12/06/1931", "xã Hạp Lĩnh")
    return {**truth, **dict(zip(MORE, more, strict=True))}


def real_books(pages: int, seed: int, script_fonts: Path | None) -> list[SimulatedBook]:
    """Pages that are drawn, damaged and read here: each kind of writing, each recogniser of this machine; half of
    the pages are forms, half are tables."""
    from connectors.paper.reading import read_page
    from connectors.paper.recognisers import available
    from schemas.register_forms import register_forms
    from tests.support.register_pages import FONTS, PRINT, TYPEWRITER, make_page

    forms = [form for form in register_forms().values() if form.book_kind == KIND]
    recognisers, problems = available()
    for name, problem in problems.items():
        out.print(f"{name}: {problem}")
    fonts: dict[str, list[Path]] = {
        "print": [FONTS / name for name in PRINT],
        "typewriter": [FONTS / name for name in TYPEWRITER],
    }
    if script_fonts:
        fonts["script"] = sorted(script_fonts.glob("*.ttf"))
    books = []
    for writing, paths in fonts.items():
        records: list[Record] = []
        readings: dict[str, list[Read]] = {recogniser.code: [] for recogniser in recognisers}
        for number in range(pages):
            layout = ("ks_a4_dotted", "ks_a3_12_rows")[number % 2]
            page = make_page(layout, seed * 1000 + number, paths[number % len(paths)], writing)
            read = read_page(page.image, forms, recognisers)
            for record, row in zip(read.records, page.rows, strict=True):
                columns = [column for column in row if column in record.boxes_px]
                records.append({column: row[column] for column in columns})
                for code, reading in record.readings.items():
                    readings[code].append(reading.as_values())
        books += [SimulatedBook(writing, code, records, read) for code, read in readings.items()]
    return books


def main(
    records: Annotated[int, typer.Option(min=60, help="Records of a simulated book.")] = 300,
    draws: Annotated[int, typer.Option(min=1, help="How often persons key each book.")] = 40,
    seed: int = 5,
    real: Annotated[int, typer.Option(help="Read so many drawn pages of each kind instead.")] = 0,
    fonts: Annotated[Path | None, typer.Option(help="Script fonts for --real, as .ttf: a folder.")] = None,
) -> None:
    """Keying designs, measured."""
    books = real_books(real, seed, fonts) if real else simulated_books(records, seed)
    out.print(f"{machine()}; {'real readings' if real else 'simulated readings'}, each book keyed {draws} times")
    out.print(f"Bar of a machine on known records: {THRESHOLD.least_exact:.2f} of at least {THRESHOLD.least_fields}\n")
    table = Table(expand=True)
    for name in COLUMNS:
        table.add_column(name)
    for book in books:
        for line in lines_of(book, draws, random.Random(f"{seed}/{book.writing}/{book.machine}")):
            table.add_row(*line)
    out.print(table)
    out.print("keyings a field: without and (with) the known records, which two persons key in every design.")


def lines_of(book: SimulatedBook, draws: int, lot: random.Random) -> list[list[str]]:
    """A line for each design that the draws chose."""
    by_design: dict[KeyingDesign, list[tuple[DesignChoice, Outcome, Outcome]]] = {}
    for _ in range(draws):
        keyed = key_book(book, lot)
        by_design.setdefault(keyed[0].design, []).append(keyed)
    return [_line(book, design, keyed) for design, keyed in by_design.items()]


def _line(book: SimulatedBook, design: KeyingDesign, keyed: list[tuple[DesignChoice, Outcome, Outcome]]) -> list[str]:
    cost = sum((known for _, known, _ in keyed), NOTHING)
    rest = sum((others for _, _, others in keyed), NOTHING)
    whole = cost + rest
    shares = sorted(choice.matches[0].share for choice, _, _ in keyed if choice.matches)
    keyings, residual = rest.keyings / rest.fields, rest.wrong / rest.fields
    most_keyings, most_wrong = BARS.get((book.writing, design), (None, None))
    bars = []
    if most_keyings is not None:
        bars.append(f"{'holds' if keyings <= most_keyings else 'MISSES'} {most_keyings:.2f}")
    if most_wrong is not None:
        bars.append(f"{'holds' if residual <= most_wrong else 'MISSES'} {most_wrong:.2%}")
    return [
        f"{book.writing}, {book.machine}",
        f"{shares[len(shares) // 2]:.3f} ({shares[0]:.3f}-{shares[-1]:.3f})",
        str(design),
        str(len(keyed)),
        f"{keyings:.3f} ({whole.keyings / whole.fields:.3f})",
        f"{rest.third / rest.fields:.1%}",
        f"{residual:.3%}",
        ", ".join(bars) or "none",
    ]


if __name__ == "__main__":
    typer.run(main)
