"""`lienthong backfill load`: keyed files of register books become records of the ledger."""

import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from dags.cli.console import one_line_errors, out, stop
from dags.cli.options import Json

if TYPE_CHECKING:
    from dags.steps.loading import LoadPlan, LoadReport

FIRST_LINES = 5


def load(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A .csv, .xlsx, .xls or .dbf.")],
    province: Annotated[str, typer.Option(help="Province of today that keeps the books, two digits.")],
    commune: Annotated[
        str, typer.Option(help="Commune of today that keeps the books, five digits. Default: by each book's place.")
    ] = "",
    kind: Annotated[str, typer.Option(help="KS, KT, KH, CMC or HN. Default: by the columns.")] = "",
    rename: Annotated[list[str] | None, typer.Option(help="OLD=NEW: column OLD is the ministry's NEW.")] = None,
    leave_out: Annotated[list[str] | None, typer.Option(help="A column of the file that is not wanted.")] = None,
    fixes: Annotated[
        int | None, typer.Option(help="The load whose held rows are in this file, corrected: the workbook of the desk.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who loads it. Default: your user name on this machine.")] = "",
    as_json: Json = False,
) -> None:
    """Load a keyed file. It may be stopped at any moment and started again: it goes on where it was.

    Rows that are no entry are held with the reason; records with faults are held for a person. A second load changes
    nothing.
    """
    from connectors.ledger import open_ledger
    from connectors.ledger.records import LoadRunning, held_lines
    from connectors.paper.keyed_problems import FileSetAside
    from dags.steps.held_rows import load_described
    from dags.steps.loading import UnknownPlace
    from dags.steps.row_checking import CheckingEnded

    plan = _plan(file, province, commune, kind, rename or [], leave_out or [])
    actor = by or os.environ.get("USER") or os.environ.get("LOGNAME") or "cli"
    with one_line_errors(), open_ledger() as ledger:
        try:
            report = load_described(ledger, plan, actor, fixes=fixes)
        except (FileSetAside, LoadRunning, CheckingEnded, UnknownPlace) as error:
            stop(error)
        lines = held_lines(ledger, report.load_id, FIRST_LINES)
    if as_json:
        typer.echo(json.dumps(_as_json(report, lines)))
    else:
        _print(report, lines)


def _plan(file: Path, province: str, commune: str, kind: str, renames: list[str], left_out: list[str]) -> "LoadPlan":
    from connectors.paper.keyed_layout import BOOK_KINDS
    from dags.steps.loading import LoadPlan, UnknownPlace, checked_plan
    from schemas.dates import local_day
    from schemas.places import PROVINCES

    if province not in PROVINCES:
        stop(f"no province {province!r} today: give one of the 34 codes")
    book_kind = next((known for known in BOOK_KINDS if known == kind.upper()), None)
    if kind and book_kind is None:
        stop(f"no kind of book {kind!r}: {', '.join(BOOK_KINDS)}")
    pairs = [rename.partition("=") for rename in renames]
    if any(not (old and new) for old, _, new in pairs):
        stop("--rename takes OLD=NEW")
    new_names = {old: new for old, _, new in pairs}
    plan = LoadPlan(file, province, commune or None, book_kind, new_names, tuple(left_out))
    try:
        return checked_plan(plan, local_day(datetime.now(timezone.utc)))
    except UnknownPlace as error:
        stop(error)


def _as_json(report: "LoadReport", lines: dict[str, list[int]]) -> dict[str, Any]:
    return {
        "load": report.load_id,
        "repeat": report.is_repeat,
        "rows": report.rows,
        **{what: report.counts[what] for what in ("loaded", "repeated", "held")},
        "reasons": report.by_code("reason:"),
        "faults": report.by_code("fault:"),
        "lines": lines,
        "books_keyed": report.books_keyed,
    }


def _print(report: "LoadReport", lines: dict[str, list[int]]) -> None:
    from connectors.ledger.records import NUMBER_REPEATED
    from connectors.paper.keyed_problems import EN, PROBLEMS
    from dags.steps.row_checking import SEX_UNLISTED
    from quality.examination import CATALOGUE

    counts = report.counts
    if report.is_repeat:
        out.print(f"Load {report.load_id}: the file is in already; {report.rows} rows, nothing was changed.")
        return
    summary = f"{counts['loaded']} loaded, {counts['repeated']} repeated, {counts['held']} held"
    out.print(f"Load {report.load_id}: {report.rows} rows: {summary}. {report.books_keyed} books go to sampling.")
    own = {
        NUMBER_REPEATED: "Two entries of a book have one number: look at the pages.",
        SEX_UNLISTED: "The code of a sex is not in the list: look at the page.",
    }
    table = Table("held rows", "reason", "first lines", "what to do", box=box.SIMPLE_HEAD, pad_edge=False)
    for code, count in report.by_code("reason:").items():
        table.add_row(str(count), code, ", ".join(map(str, lines.get(code, []))), PROBLEMS[code][EN])
    faults = Table("held records", "fault", "what to do", box=box.SIMPLE_HEAD, pad_edge=False)
    for code, count in report.by_code("fault:").items():
        check = CATALOGUE.get(code)
        faults.add_row(str(count), code, own.get(code) or (f"{check.says_en} {check.do_en}" if check else ""))
    for filled in table, faults:
        if filled.row_count:
            out.print(filled)
