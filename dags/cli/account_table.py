"""The account as people and programs read it: a table for a terminal, totals for JSON, and the end of a demo."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from connectors.ledger.account import NO_REGISTRY, AccountLine
from connectors.portals.provinces import PROVINCES
from dags.cli.console import err
from dags.local.demo import DemoResult
from schemas.registries import REGISTRY_CODES

COLUMNS = ("pulled", "delivered", "waiting", "held", "refused", "unexplained")


def account_as_json(lines: Sequence[AccountLine]) -> dict[str, Any]:
    """`{"total": {column: count}, "lines": [...]}`, with days as ISO dates."""
    rows = [
        {**asdict(line), "received_on": line.received_on.isoformat(), "unexplained": line.unexplained} for line in lines
    ]
    return {"total": {name: sum(row[name] for row in rows) for name in COLUMNS}, "lines": rows}


def account_table(lines: Sequence[AccountLine]) -> Table:
    """A block for each portal, narrow enough for a terminal of 80 columns; zeros are left out."""
    table = Table("day", "registry", title="Account", box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for portal_code, portal_lines in groupby(lines, key=lambda line: line.portal_code):
        province = PROVINCES.get(portal_code)
        table.add_row(portal_code, f"[bold]{province.name_vi if province else ''}[/]")
        for line in portal_lines:
            numbers = (str(getattr(line, name) or "") for name in COLUMNS)
            table.add_row(f"{line.received_on:%d/%m/%Y}", line.registry_code, *numbers)
        table.add_section()
    table.add_row("", "[bold]all[/]", *_sums(lines))
    return table


def print_demo_result(result: DemoResult, *, as_json: bool) -> int:
    """Prints the account at the end of a demo and returns the exit code; with `as_json` its last line is JSON."""
    (err if as_json else Console(highlight=False)).print(_registry_table(result.lines))
    ending = "" if result.is_done else " Some dossiers still wait: `lienthong --demo show CODE` says for what."
    err.print(
        f"{result.left.dossiers} dossiers in {result.seconds:.0f} s, {result.left.reports} reports unacknowledged,"
        f" {result.unexplained} unexplained.{ending}"
    )
    for book in result.books:
        err.print(
            f"book {book.name}: {book.pages} pages read in {book.read_s:.0f} s, {book.keyed} records keyed,"
            f" {book.decided} decided, {'accepted' if book.is_accepted else 'not accepted'}, {book.entered} entered,"
            f" {book.registered} registered, {book.seconds:.0f} s in all."
        )
    if as_json:
        more: dict[str, Any] = {"seconds": round(result.seconds, 1), "pending_reports": result.left.reports}
        more |= {"books": [asdict(book) for book in result.books]} if result.books else {}
        typer.echo(json.dumps({**account_as_json(result.lines), **more}))
    return result.exit_code


def _registry_table(lines: Sequence[AccountLine]) -> Table:
    table = Table("registry", *COLUMNS, title="Account", box=box.SIMPLE_HEAD, pad_edge=False)
    for code in sorted({line.registry_code for line in lines}, key=(*REGISTRY_CODES, NO_REGISTRY).index):
        table.add_row(code, *_sums([line for line in lines if line.registry_code == code]))
    return table


def _sums(lines: Sequence[AccountLine]) -> list[str]:
    return [str(sum(getattr(line, name) for line in lines)) for name in COLUMNS]
