"""Builds `data/places.tsv` and says what changed: `python .ci/build_places.py [--check]`.

Reads two data files of the installed package vietnamadminunits (never its converter, which guesses) and our dated
corrections. `--check` writes nothing and exits with 1 when the shipped file is not what is built now.
"""

import argparse
import csv
import hashlib
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, NamedTuple

from schemas.places.names import bare, kind_of, place_key
from schemas.places.units import Share

PACKAGE, PACKAGE_VERSION = "vietnamadminunits", "1.0.4"
DATA = Path(__file__).resolve().parents[1] / "schemas" / "data"
SHIPPED, CORRECTIONS = DATA / "places.tsv", DATA / "place_corrections.csv"

TWO_LEVELS_FROM = "2025-07-01"
BASE_SOURCE = f"{PACKAGE} {PACKAGE_VERSION}, theo QĐ 19/2025/QĐ-TTg"
PROVINCE_SOURCE = "202/2025/QH15"
BECOMES = {"becomes_city": "Thành phố", "becomes_ward": "Phường"}
SHOWN = 40
"""Changed lines printed at most."""
OLD_SQL = """SELECT provinceCode, province, districtCode, district, wardCode, ward,
    provinceKey || '_' || districtKey || '_' || coalesce(wardKey, '') AS path, provinceKey FROM admin_units_legacy"""
NEW_SQL = "SELECT provinceCode, province, wardCode, ward, provinceKey, wardKey FROM admin_units"


Rows = list[tuple[str, ...]]
"""As the package's database gives them."""


class Row(NamedTuple):
    """A unit; empty dates are the beginning and the end of time."""

    code: str
    valid_from: str
    valid_until: str
    above: str
    name_vi: str

    def line(self) -> str:
        return "\t".join((*self, place_key(bare(self.name_vi))))


class Link(NamedTuple):
    """What became what on a day."""

    old_code: str
    new_code: str
    on: str
    share: Share
    source: str


@dataclass(frozen=True)
class Correction:
    """A line of our own table."""

    fact: str
    on: str
    old_code: str
    new_code: str
    share: str
    words_vi: str
    source: str


class CannotBuild(RuntimeError):
    """The package or the corrections are not what this script knows; look before anything is shipped."""


def read_corrections() -> list[Correction]:
    with CORRECTIONS.open(encoding="utf-8", newline="") as lines:
        return [Correction(**row) for row in csv.DictReader(lines)]


def read_package() -> tuple[list[Row], list[Link]]:
    """Units as of 30 June and 1 July 2025, and the package's own pairs."""
    if (found := version(PACKAGE)) != PACKAGE_VERSION:
        raise CannotBuild(f"{PACKAGE} {found} is installed, this script knows {PACKAGE_VERSION}")
    data = files(PACKAGE).joinpath("data")
    with as_file(data.joinpath("dataset.db")) as path, closing(sqlite3.connect(path)) as database:
        old, new = database.execute(OLD_SQL).fetchall(), database.execute(NEW_SQL).fetchall()
    converter = json.loads(data.joinpath("converter_2025.json").read_text(encoding="utf-8"))
    rows = sorted({*_old_rows(old), *_new_rows(new)}, key=lambda row: (len(row.code), row.code, row.valid_from))
    return rows, sorted({*_province_links(old, new, converter), *_commune_links(old, new, converter)})


def _old_rows(old: Rows) -> Iterator[Row]:
    for province_code, province, district_code, district, ward_code, ward, *_ in old:
        yield Row(province_code, "", TWO_LEVELS_FROM, "", _tidy(province))
        yield Row(district_code, "", TWO_LEVELS_FROM, province_code, _tidy(district))
        if ward_code:
            yield Row(ward_code, "", TWO_LEVELS_FROM, district_code, _tidy(ward))


def _new_rows(new: Rows) -> Iterator[Row]:
    for province_code, province, ward_code, ward, *_ in new:
        yield Row(province_code, TWO_LEVELS_FROM, "", "", _tidy(province))
        yield Row(ward_code, TWO_LEVELS_FROM, "", province_code, _tidy(ward))


def _tidy(name_vi: str) -> str:
    """One apostrophe, single spaces, and `Thị xã` where the package has `Thị Xã`."""
    return " ".join(name_vi.replace("’", "'").replace("Thị Xã ", "Thị xã ").split())


def _province_links(old: Rows, new: Rows, converter: dict[str, Any]) -> Iterator[Link]:
    old_codes = {row[7]: row[0] for row in old}
    new_codes = {row[4]: row[0] for row in new}
    for new_key, old_keys in converter["DICT_PROVINCE"].items():
        for old_key in old_keys:
            yield Link(old_codes[old_key], new_codes[new_key], TWO_LEVELS_FROM, Share.WHOLE, PROVINCE_SOURCE)


def _commune_links(old: Rows, new: Rows, converter: dict[str, Any]) -> Iterator[Link]:
    """From old communes, and the five island districts that had none, to the communes of today."""
    old_codes = {row[6]: row[4] or row[2] for row in old}
    new_codes = {(row[4], row[5]): row[2] for row in new}
    for province_key, whole in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for new_key, paths in whole.items():
            for path in paths:
                yield _base_link(old_codes[path], new_codes[province_key, new_key], Share.WHOLE)
    for province_key, divided in converter["DICT_PROVINCE_WARD_DIVIDED"].items():
        for path, parts in divided.items():
            for part in parts:
                yield _base_link(old_codes[path], new_codes[province_key, part["newWardKey"]], Share.PART)


def _base_link(old_code: str, new_code: str, share: Share) -> Link:
    return Link(old_code, new_code, TWO_LEVELS_FROM, share, BASE_SOURCE)


def correct(rows: list[Row], links: list[Link], corrections: list[Correction]) -> tuple[list[Row], list[Link]]:
    """Both with every correction applied. Raises CannotBuild for a correction that corrects nothing."""
    by_pair = {(link.old_code, link.new_code): link for link in links}
    later: list[Correction] = []
    for line in corrections:
        pair = line.old_code, line.new_code
        if line.fact in ("not_successor", "split_share") and pair not in by_pair:
            raise CannotBuild(f"{line.fact} {pair}: the package has no such pair")
        if line.fact == "not_successor":
            del by_pair[pair]
        elif line.fact == "successor":
            by_pair[pair] = Link(*pair, line.on, Share.PART, line.source)
        elif line.fact == "split_share":
            by_pair[pair] = Link(*pair, line.on, Share(line.share), line.source)
        elif line.fact in BECOMES:
            later.append(line)
        elif line.fact != "wrong_code":
            raise CannotBuild(f"{line.fact}: no such kind of fact")
    return _change_status(rows, _whole_where_alone(by_pair.values()), later)


def _whole_where_alone(links: Iterable[Link]) -> list[Link]:
    """A unit that has one successor only went there whole; one that has several needs the decision's share."""
    kept = list(links)
    successors = Counter(link.old_code for link in kept)
    for at, link in enumerate(kept):
        if successors[link.old_code] == 1:
            kept[at] = link._replace(share=Share.WHOLE)
        elif link.source == BASE_SOURCE:
            raise CannotBuild(f"{link.old_code} to {link.new_code}: a split without its share in our table")
    return kept


def _change_status(rows: list[Row], links: list[Link], lines: list[Correction]) -> tuple[list[Row], list[Link]]:
    """Ends the unit on the day and begins it again under the same code with its new kind."""
    rows = list(rows)
    for line in lines:
        at = next(at for at, row in enumerate(rows) if row.code == line.old_code and not row.valid_until)
        new_name = f"{BECOMES[line.fact]} {bare(rows[at].name_vi)}"
        if kind_of(rows[at].name_vi) == BECOMES[line.fact]:
            raise CannotBuild(f"{line.fact} {line.old_code}: it already is one")
        rows.append(rows[at]._replace(valid_from=line.on, name_vi=new_name))
        rows[at] = rows[at]._replace(valid_until=line.on)
        links.append(Link(line.old_code, line.new_code, line.on, Share.WHOLE, line.source))
    return rows, links


def write(rows: list[Row], links: list[Link], corrections: list[Correction]) -> bytes:
    """The table as it ships; the same input gives the same bytes."""
    sources = {source: str(at) for at, source in enumerate(sorted({link.source for link in links}))}
    wrong = [line for line in corrections if line.fact == "wrong_code"]
    blocks = (
        ["source\twords", *(f"{at}\t{source}" for source, at in sources.items())],
        ["code\tfrom\tuntil\tabove\tname\tkey", *(row.line() for row in sorted(rows, key=_in_order))],
        ["old\tnew\ton\tshare\tsource", *("\t".join((*link[:4], sources[link.source])) for link in sorted(links))],
        ["wrong\tright\tuntil\twords\tsource"]
        + ["\t".join((of.old_code, of.new_code, of.on, of.words_vi, of.source)) for of in wrong],
    )
    content = "\n\n".join("\n".join(block) for block in blocks).encode() + b"\n"
    as_of = max(link.on for link in links)
    return f"places {as_of} {hashlib.sha256(content).hexdigest()}\n".encode() + content


def _in_order(row: Row) -> tuple[int, str, str]:
    """Provinces, districts, communes; each code's holders from the oldest."""
    return len(row.code), row.code, row.valid_from


def build() -> bytes:
    corrections = read_corrections()
    rows, links = correct(*read_package(), corrections)
    return write(rows, links, corrections)


def changes(shipped: bytes, built: bytes) -> list[str]:
    """Lines that went (-) and came (+), the first line aside."""
    before, after = (text.decode().splitlines()[1:] for text in (shipped, built))
    gone, come = set(before) - set(after), set(after) - set(before)
    return [f"- {line}" for line in before if line in gone] + [f"+ {line}" for line in after if line in come]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python .ci/build_places.py", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when the shipped file differs")
    asked = parser.parse_args(arguments)
    shipped = SHIPPED.read_bytes() if SHIPPED.exists() else b""
    built = build()
    changed = changes(shipped, built)
    print("\n".join(changed[:SHOWN]))
    if len(changed) > SHOWN:
        print(f"... and {len(changed) - SHOWN} lines more")
    same = shipped == built
    head = built.decode().partition("\n")[0]
    print(f"{head}: {'nothing changed' if same else f'{len(changed)} lines changed'}")
    if not asked.check and not same:
        SHIPPED.write_bytes(built)
    return int(asked.check and not same)


if __name__ == "__main__":
    sys.exit(main())
