"""Prints how many keyings a field costs and what error is left, by the kind of writing and the design of keying.

    python -m tests.benchmarks.keying [--records 300] [--draws 10] [--seeds 4] [--seed 5] [--real PAGES]

Simulated persons (`tests.support.simulated_keyers`) key books by the rule of the product, `quality.adjudication`: two
keys are compared, a third person keys blind what differs, and looks again where no two of three agree. Each book's
design is chosen by its own known records. The machine's readings are simulated at measured exact rates, or, with
`--real`, are those of the recognisers of this machine on pages that `tests.support.register_pages` draws. Bars: of
issue 10; a bar holds when the whole 95 % interval is within it. Lines of errors that gather on hard fields have no bar.
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

from quality.adjudication import DesignChoice, choose_design, compare, exact_matches, known_count, majority, wilson
from schemas.keying import FieldValue, KeyingDesign
from schemas.keying_thresholds import keying_threshold
from tests.benchmarks.figures import machine
from tests.support.keyed_books import truth_of
from tests.support.simulated_keyers import (
    PERSON_ERRORS,
    SimulatedPerson,
    rates_of,
    simulated_reading,
    value_of,
)

KIND = "KS"
THRESHOLD = keying_threshold(date(2026, 11, 30))
MEASURED = {
    ("print", "asternet, forms"): 0.958,
    ("typewriter", "asternet, forms"): 0.928,
    ("typewriter", "asternet, .88"): 0.881,
    ("script", "asternet, fonts it knows"): 0.943,
    ("script", "asternet, unseen fonts"): 0.52,
    ("script", "tesseract"): 0.40,
}
"""Exact share of fields by writing and recogniser, measured in November 2026 on synthetic pages: forms as this product
reads them (connectors/README.md, C23), the other rates before it did."""
BARS: Mapping[tuple[str, KeyingDesign], tuple[float | None, float]] = {
    ("print", KeyingDesign.PERSON_AND_MACHINE): (1.10, 0.0005),
    ("print", KeyingDesign.TWO_PERSONS): (1.10, 0.0005),
    ("typewriter", KeyingDesign.PERSON_AND_MACHINE): (1.15, 0.001),
    ("typewriter", KeyingDesign.TWO_PERSONS): (1.15, 0.001),
    ("script", KeyingDesign.PERSON_AND_MACHINE): (1.15, 0.0015),
    ("script", KeyingDesign.TWO_PERSONS): (None, 0.0006),
}
"""Keyings a field and residual error, at most; two persons on script have no bar on keyings."""
MORE = ("nksDanToc", "nksNoiSinh", "nksQueQuan", "meNgaySinh", "chaNgaySinh", "noiDangKy")

COLUMNS = ("book", "known", "design", "times", "keyings", "third", "look", "wrong, 95 % interval", "by seed", "bars")
Record = Mapping[str, str]
Read = Mapping[str, FieldValue]

out = Console(width=150)


@dataclass(frozen=True)
class SimulatedBook:
    """A book: what is written in it, and what one machine read in it."""

    writing: str
    machine: str
    records: Sequence[Record]
    readings: Sequence[Read]


@dataclass(frozen=True)
class Outcome:
    """What keying a book came to. `keyings`: typed or decided fields; `third`: fields that a third person keyed;
    `look`: those of them that were looked at again."""

    fields: int
    keyings: int
    wrong: int
    third: int
    look: int

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.fields + other.fields,
            self.keyings + other.keyings,
            self.wrong + other.wrong,
            self.third + other.third,
            self.look + other.look,
        )


NOTHING = Outcome(0, 0, 0, 0, 0)


@dataclass(frozen=True)
class Keyers:
    """Persons who err at this rate; `is_gathered`: mostly on hard fields, which are hard for all of them."""

    error_rate: float
    is_gathered: bool
    lot: random.Random

    def key_record(self, record: Record, read: Read | None) -> tuple[Outcome, Read]:
        """One record: a person and a machine's reading, or two persons when `read` is None; a third where they
        differ."""
        rates = rates_of(record, self.error_rate, is_gathered=self.is_gathered, lot=self.lot)
        first, second, third = (SimulatedPerson(rates, self.lot) for _ in range(3))
        key = first.key(record)
        other = read if read is not None else second.key(record)
        compared = compare(KIND, key, other)
        thirds = third.key({column: record[column] for column in compared.differing})
        two_of_three = majority(KIND, thirds, key, other)
        looked = {
            column: third.look(column, record[column], (key[column], other[column], thirds[column]))
            for column in two_of_three.unsettled
        }
        values = {**compared.agreed, **two_of_three.decided, **looked}
        truth = {column: value_of(text) for column, text in record.items()}
        wrong = len(compare(KIND, truth, values).differing)
        keyings = first.keyings + second.keyings + third.keyings
        return Outcome(len(record), keyings, wrong, len(thirds), len(looked)), values

    def key_book(self, book: SimulatedBook) -> "KeyedOnce":
        """The design that the book's known records choose, what they cost, and what the other records cost."""
        order = self.lot.sample(range(len(book.records)), len(book.records))
        count = known_count(min(map(len, book.records)), THRESHOLD)
        known, others = order[:count], order[count:]
        cost, seen = NOTHING, []
        for at in known:
            outcome, values = self.key_record(book.records[at], None)
            cost += outcome
            seen.append((values, {book.machine: book.readings[at]}))
        choice = choose_design(exact_matches(KIND, seen), THRESHOLD)
        rest = NOTHING
        for at in others:
            read = book.readings[at] if choice.design == KeyingDesign.PERSON_AND_MACHINE else None
            rest += self.key_record(book.records[at], read)[0]
        return KeyedOnce(choice, cost, rest)


@dataclass(frozen=True)
class KeyedOnce:
    """A book that was keyed once: its design, what its known records cost, and what the others cost."""

    choice: DesignChoice
    known: Outcome
    rest: Outcome


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
    draws: Annotated[int, typer.Option(min=1, help="How often persons key each book, with each seed.")] = 10,
    seeds: Annotated[int, typer.Option(min=1, help="So many seeds, from --seed on.")] = 4,
    seed: int = 5,
    real: Annotated[int, typer.Option(help="Read so many drawn pages of each kind instead.")] = 0,
    fonts: Annotated[Path | None, typer.Option(help="Script fonts for --real, as .ttf: a folder.")] = None,
) -> None:
    """Keying designs, measured."""
    kind = "real readings" if real else "simulated readings"
    out.print(f"{machine()}; {kind}, each book keyed {draws} times with each of {seeds} seeds from {seed} on")
    out.print(f"Bar of a machine on known records: {THRESHOLD.least_exact:.2f} of at least {THRESHOLD.least_fields}\n")
    table = Table(expand=True)
    for name in COLUMNS:
        table.add_column(name)
    books = [
        real_books(real, one, fonts) if real else simulated_books(records, one) for one in range(seed, seed + seeds)
    ]
    for is_gathered in (False, True):
        for same_book in zip(*books, strict=True):
            for line in lines_of(same_book, draws, seed, is_gathered=is_gathered):
                table.add_row(*line)
        table.add_section()
    out.print(table)
    out.print("known: exact share of the known records. keyings a field: without and (with) the known records, which")
    out.print("two persons key in every design. third, look: fields that a third person keyed, and looked at again.")


def lines_of(books: Sequence[SimulatedBook], draws: int, seed: int, *, is_gathered: bool) -> list[list[str]]:
    """A line for each design that the draws chose. `books`: a book of one kind, once for each seed."""
    by_design: dict[KeyingDesign, dict[int, list[KeyedOnce]]] = {}
    for number, book in enumerate(books, seed):
        lot = random.Random(f"{number}/{book.writing}/{book.machine}/{is_gathered}")
        keyers = Keyers(PERSON_ERRORS[book.writing], is_gathered, lot)
        for _ in range(draws):
            keyed = keyers.key_book(book)
            by_design.setdefault(keyed.choice.design, {}).setdefault(number, []).append(keyed)
    return [_line(books[0], design, keyed, is_gathered) for design, keyed in by_design.items()]


def _line(
    book: SimulatedBook, design: KeyingDesign, by_seed: Mapping[int, list[KeyedOnce]], is_gathered: bool
) -> list[str]:
    keyed = [one for of_seed in by_seed.values() for one in of_seed]
    rest = sum((one.rest for one in keyed), NOTHING)
    whole = sum((one.known for one in keyed), rest)
    shares = sorted(one.choice.matches[0].share for one in keyed if one.choice.matches)
    seeds = [sum((one.rest for one in of_seed), NOTHING) for of_seed in by_seed.values()]
    residuals = sorted(outcome.wrong / outcome.fields for outcome in seeds)
    low, high = wilson(rest.wrong, rest.fields)
    return [
        f"{book.writing}, {book.machine}" + (" (errors gathered)" if is_gathered else ""),
        f"{shares[len(shares) // 2]:.3f} ({shares[0]:.3f}-{shares[-1]:.3f})",
        design.replace("_", " "),
        str(len(keyed)),
        f"{rest.keyings / rest.fields:.3f} ({whole.keyings / whole.fields:.3f})",
        f"{rest.third / rest.fields:.1%}",
        f"{rest.look / rest.fields:.2%}",
        f"{rest.wrong / rest.fields:.3%} ({low:.3%}-{high:.3%}), {rest.wrong} of {rest.fields:,}",
        f"{residuals[0]:.3%}-{residuals[-1]:.3%}",
        "none" if is_gathered else ", ".join(_bars(book.writing, design, rest)),
    ]


def _bars(writing: str, design: KeyingDesign, rest: Outcome) -> list[str]:
    most_keyings, most_wrong = BARS[writing, design]
    low, high = wilson(rest.wrong, rest.fields)
    verdict = "holds" if high <= most_wrong else "MISSES" if low > most_wrong else "UNSURE"
    bars = [f"{verdict} {most_wrong:.2%}"]
    if most_keyings is not None:
        bars.append(f"{'holds' if rest.keyings / rest.fields <= most_keyings else 'MISSES'} {most_keyings:.2f}")
    return bars


if __name__ == "__main__":
    typer.run(main)
