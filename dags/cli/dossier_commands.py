"""Commands about dossiers: how many stand where, which wait for a person or are late, and one dossier by its code."""

import json
import os
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from dags.cli.console import err, one_line_errors, out, stop
from dags.cli.options import Code, Json

app = typer.Typer()


@app.command()
def account(as_json: Json = False) -> None:
    """Count dossiers per portal, day and registry.

    pulled = delivered + waiting + held + refused + unexplained. Exit code 2 when anything is unexplained.
    """
    from connectors.ledger import open_ledger
    from connectors.ledger.account import account as read_account
    from dags.cli.account_table import account_as_json, account_table
    from dags.cli.due import due_line, late_and_at_risk

    with one_line_errors(), open_ledger() as ledger:
        lines = read_account(ledger)
        watched = late_and_at_risk(ledger, datetime.now(timezone.utc))
    if as_json:
        typer.echo(json.dumps({**account_as_json(lines), "due": due_line(watched)}))
    else:
        out.print(account_table(lines), due_line(watched), sep="\n")
    if unexplained := sum(abs(line.unexplained) for line in lines):
        err.print(f"lienthong: {unexplained} unexplained, and nothing may be: call the engineer, keep the database")
        raise typer.Exit(2)


@app.command()
def due(
    share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="A dossier is at risk when this share of its legal time is over.")
    ] = 0.75,
) -> None:
    """List the dossiers that are late by law or soon will be, with the earliest deadline first."""
    from connectors.ledger import open_ledger
    from dags.cli.due import print_due

    with one_line_errors(), open_ledger() as ledger:
        print_due(out, ledger, datetime.now(timezone.utc), share)


@app.command()
def held(
    portal: Annotated[str, typer.Option(help="Province code. Default: all portals.")] = "",
    as_json: Json = False,
) -> None:
    """List the dossiers that wait for a person and the faults that hold them, the oldest first."""
    from connectors.ledger import open_ledger
    from connectors.ledger.account import held as read_held

    with one_line_errors(), open_ledger() as ledger:
        dossiers = read_held(ledger, portal)
    if as_json:
        typer.echo(json.dumps([asdict(dossier) for dossier in dossiers], default=str))
        return
    table = Table("day", "portal", "dossier", "faults", box=box.SIMPLE_HEAD, pad_edge=False)
    for dossier in dossiers:
        faults = ", ".join(dossier.check_codes)
        table.add_row(f"{dossier.received_on:%d/%m/%Y}", dossier.portal_code, dossier.dossier_code, faults)
    out.print(table if dossiers else "No dossier is held.")


@app.command()
def show(code: Code, as_json: Json = False) -> None:
    """Show one dossier: its state, its faults and what to do about them, its deliveries and every event."""
    from connectors.ledger import open_ledger
    from connectors.ledger.account import stories
    from dags.cli.story import print_story

    with one_line_errors(), open_ledger() as ledger:
        matching = stories(ledger, code.strip())
    if not matching:
        stop(f"no dossier {code}: check the code, or wait until its portal was pulled")
    if as_json:
        typer.echo(json.dumps([asdict(story) for story in matching], default=str, ensure_ascii=False))
        return
    for story in matching:
        print_story(out, story)


@app.command()
def release(
    code: Code,
    reason: Annotated[
        str,
        typer.Option(
            prompt="Why may it go on as it is",
            help="Why the dossier may go on. The ledger keeps it; do not write the name of a person.",
        ),
    ],
    by: Annotated[str, typer.Option(help="Who decides. Default: your user name on this machine.")] = "",
) -> None:
    """Let a held dossier go on with its faults, with a reason."""
    from connectors.ledger import open_ledger
    from connectors.ledger.decisions import requests_of
    from connectors.ledger.dossier_view import faults_of, head_of, places_of
    from dags.steps.deciding import accept
    from schemas.decision import UNACCEPTABLE

    actor = by or os.environ.get("USER") or os.environ.get("LOGNAME") or "cli"
    with one_line_errors(), open_ledger() as ledger:
        places = places_of(ledger, code.strip())
        heads = [head_of(ledger, portal_code, dossier_code) for portal_code, dossier_code, _ in places]
        causes = {fault.cause_code for head in heads if head for fault in faults_of(ledger, head)}
        if hard := sorted(causes & UNACCEPTABLE):
            stop(f"{code} cannot be released, it must be edited: {', '.join(hard)}")
        result = accept(ledger, actor, requests_of(ledger, code.strip()), reason)
        if not result.outcome.dossier_ids:
            stop(f"no held dossier {code}: see `lienthong show {code}`")
    out.print(f"{code} released: {', '.join(result.moved) or 'it is examined again at the next pull'}.")


@app.command()
def erase(
    code: Code,
    portal: Annotated[str, typer.Option(help="Province code of the dossier's portal.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
) -> None:
    """Destroy a dossier's key, so that nobody can read its content again. Its codes and events stay."""
    from connectors.ledger import open_ledger
    from connectors.ledger.erasure import erase as erase_dossier

    if not yes:
        typer.confirm(f"Destroy the key of {code} for good?", abort=True)
    with one_line_errors(), open_ledger() as ledger:
        if not erase_dossier(ledger, portal, code.strip()):
            stop(f"{code} cannot be erased: unknown, erased already, or not at its end (see `lienthong show {code}`)")
    out.print(f"{code} is erased.")
