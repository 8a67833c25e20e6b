"""`lienthong ...`: the same steps when a person asks, and what a person wants to know."""

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timezone
from functools import partial
from itertools import groupby
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from dags.cli import desk_commands, scaffold
from dags.cli.console import err, excuses, out, stop

app = typer.Typer(
    help="Carries dossiers from provincial portals to the national registries, exactly once and in order.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
)  # fmt: skip

app.add_typer(desk_commands.app)
app.add_typer(scaffold.app)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Code = Annotated[str, typer.Argument(help="Dossier code, or interlinked code.")]


@app.callback()
def enter(
    of_demo: Annotated[bool, typer.Option("--demo", help="Look at this machine's demo, not at the real.")] = False,
) -> None:
    """What is common to all commands."""
    if of_demo:
        from dags.local.demo import enter_demo

        if not enter_demo():
            stop("no demo was started here yet: run `lienthong demo`")


@app.command()
def demo(
    once: Annotated[bool, typer.Option(help="Stop when nothing moves any more, print the account.")] = False,
    dossiers: Annotated[int, typer.Option(min=1, max=100_000, help="How many dossiers the portals hold.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed gives the same persons.")] = 2026,
    port: Annotated[int | None, typer.Option(help="Airflow's port; a free one unless given.")] = None,
    as_json: Json = False,
) -> None:
    """Everything on this machine: sandbox, database, Airflow. Invented persons only; its state is made anew."""
    from dags.local.demo import run_demo

    raise typer.Exit(run_demo(dossiers, seed, once=once, as_json=as_json, port=port))


@app.command()
def up(port: Annotated[int | None, typer.Option(help="Airflow's port; 8080 unless given.")] = 8080) -> None:
    """The same for real: needs every connection and the master key, and says which are missing."""
    from dags.local.demo import missing_for_real, run_for_real

    if missing := missing_for_real():
        stop("cannot start, still missing:\n  " + "\n  ".join(missing))
    raise typer.Exit(run_for_real(port))


@app.command()
def sandbox(
    dossiers: Annotated[int, typer.Option(min=1, max=100_000)] = 200,
    seed: Annotated[int, typer.Option()] = 2026,
    port: Annotated[int, typer.Option(help="First of six ports; free ones unless given.")] = 0,
    as_json: Json = False,
) -> None:
    """The twins alone, to rehearse against. Prints the connections; Ctrl-C ends it."""
    from connectors.sandbox.sandbox import Sandbox
    from dags.local.demo import until_told_to_end

    with until_told_to_end(), Sandbox(seed, dossiers, first_port=port) as sandbox:
        if as_json:
            print(json.dumps(sandbox.connections), flush=True)
        else:
            for name, value in sandbox.connections.items():
                print(f"export {name}='{value}'", flush=True)
            err.print("The sandbox runs. Copy the lines above into another shell; Ctrl-C ends it.")
        signal.pause()


@app.command()
def run(
    step: Annotated[str, typer.Argument(help="pull, check, gate, deliver, collect or report")],
    code: Annotated[str, typer.Argument(help="A province code or a registry; all of them unless given.")] = "",
    as_json: Json = False,
) -> None:
    """Runs a step now, for one province or registry or for all; it may run beside Airflow."""
    from connectors.endpoint import NoConnection
    from connectors.errors import LienthongError
    from connectors.ledger import open_ledger

    failed = 0
    with excuses(), open_ledger() as ledger:
        for name, work in _work(step, code).items():
            label = f"{step} {name}".strip()
            try:
                moved = work(ledger)
            except (NoConnection, LienthongError) as error:  # one that fails keeps no other from its turn
                failed += 1
                err.print(f"lienthong: {label}: {type(error).__name__}: {error}", markup=False)
                continue
            if as_json:
                print(json.dumps({"step": step, "code": name, **moved}))
            else:
                counts = ", ".join(f"{what} {count}" for what, count in moved.items() if count) or "nothing moved"
                out.print(f"{label}: {counts}")
    if failed:
        raise typer.Exit(1)


def _work(step: str, code: str) -> dict[str, Callable[[Any], dict[str, int]]]:
    """What to call for a step, by province or registry."""
    from connectors.endpoint import Endpoint
    from connectors.portals.provinces import PROVINCES
    from connectors.registries import REGISTRIES
    from dags import steps

    read = Endpoint.from_environment
    portal_steps: dict[str, Callable[..., dict[str, int]]] = {
        "pull": partial(steps.pull, gated=True), "check": steps.check,
    }  # fmt: skip
    registry_steps = {"deliver": steps.deliver, "collect": steps.collect}

    def at(call: Callable[..., dict[str, int]], of: Any, connection_id: str) -> Callable[[Any], dict[str, int]]:
        return lambda ledger: call(ledger, of, read(connection_id))

    if step == "gate":
        return {"": steps.gate}
    if step == "report":
        return {"": lambda ledger: steps.report(ledger, read)}
    if step in portal_steps:
        provinces = _chosen(PROVINCES, code, "province")
        return {name: at(portal_steps[step], of, of.connection_id) for name, of in provinces.items()}
    if step not in registry_steps:
        stop(f"no step {step!r}: pull, check, gate, deliver, collect or report")
    registries = _chosen(REGISTRIES, code, "registry")
    return {name: at(registry_steps[step], of, of.code) for name, of in registries.items()}


def _chosen(known: dict[str, Any], code: str, kind: str) -> dict[str, Any]:
    if code and code not in known:
        stop(f"no {kind} {code!r}: {', '.join(known)}")
    return {code: known[code]} if code else known


@app.command()
def account(as_json: Json = False) -> None:
    """Per portal, day and registry: pulled = delivered + waiting + held + refused, and what is unexplained."""
    from connectors.ledger import open_ledger
    from connectors.ledger.account import account as read_account
    from dags.cli.due import due_line, late_and_at_risk

    with excuses(), open_ledger() as ledger:
        lines = read_account(ledger)
        watched = late_and_at_risk(ledger, datetime.now(timezone.utc))
    if as_json:
        print(json.dumps({**account_as_json(lines), "due": due_line(watched)}))
    else:
        out.print(account_table(lines), due_line(watched), sep="\n")
    if unexplained := sum(abs(line.unexplained) for line in lines):
        err.print(f"lienthong: {unexplained} unexplained, and nothing may be: call the engineer, keep the database")
        raise typer.Exit(2)


COLUMNS = ("pulled", "delivered", "waiting", "held", "refused", "unexplained")


def account_as_json(lines: list[Any]) -> dict[str, Any]:
    rows = [
        {**asdict(line), "received_on": line.received_on.isoformat(), "unexplained": line.unexplained} for line in lines
    ]
    return {"total": {name: sum(row[name] for row in rows) for name in COLUMNS}, "lines": rows}


def account_table(lines: list[Any]) -> Table:
    """A block per portal, narrow enough for a terminal of 80 columns; a nought is left out."""
    from connectors.portals.provinces import PROVINCES

    table = Table("day", "registry", title="Account", box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for portal_code, of_portal in groupby(lines, key=lambda line: line.portal_code):
        province = PROVINCES.get(portal_code)
        table.add_row(portal_code, f"[bold]{province.name_vi if province else ''}[/]")
        for line in of_portal:
            numbers = (str(getattr(line, name) or "") for name in COLUMNS)
            table.add_row(f"{line.received_on:%d/%m/%Y}", line.registry_code, *numbers)
        table.add_section()
    table.add_row("", "[bold]all[/]", *(str(sum(getattr(line, name) for line in lines)) for name in COLUMNS))
    return table


@app.command()
def due(
    share: Annotated[float, typer.Option(min=0.0, max=1.0, help="At risk from this share of the time on.")] = 0.75,
) -> None:
    """The dossiers that are late by law, or will be if nobody acts; those due first in front."""
    from connectors.ledger import open_ledger
    from dags.cli.due import print_due

    with excuses(), open_ledger() as ledger:
        print_due(out, ledger, datetime.now(timezone.utc), share)


@app.command()
def place(
    query: Annotated[str, typer.Argument(help="A code, or an address as people write it.")],
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day it was meant on; today.")] = None,
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day it is asked for.")] = None,
) -> None:
    """The unit, its history, what it became, and why; candidates where nobody may choose for you."""
    from dags.cli.place import print_place
    from schemas.dates import local_day

    today = local_day(datetime.now(timezone.utc))
    if not print_place(out, query, on.date() if on else today, as_of.date() if as_of else None):
        raise typer.Exit(1)


@app.command()
def held(
    portal: Annotated[str, typer.Option(help="Province code; all portals unless given.")] = "",
    as_json: Json = False,
) -> None:
    """The dossiers that wait for a person, oldest first, and why."""
    from connectors.ledger import open_ledger
    from connectors.ledger.account import held as read_held

    with excuses(), open_ledger() as ledger:
        found = read_held(ledger, portal)
    if as_json:
        print(json.dumps([asdict(one) for one in found], default=str))
        return
    table = Table("day", "portal", "dossier", "faults", box=box.SIMPLE_HEAD, pad_edge=False)
    for one in found:
        table.add_row(f"{one.received_on:%d/%m/%Y}", one.portal_code, one.dossier_code, ", ".join(one.check_codes))
    out.print(table if found else "Nothing is held.")


@app.command()
def show(code: Code, as_json: Json = False) -> None:
    """One dossier: where it stands, what was found, and its timeline."""
    from connectors.ledger import open_ledger
    from connectors.ledger.account import stories
    from dags.cli.story import print_story

    with excuses(), open_ledger() as ledger:
        found = stories(ledger, code.strip())
    if not found:
        stop(f"no dossier {code}: check the code, or wait until its portal was pulled")
    if as_json:
        print(json.dumps([asdict(story) for story in found], default=str, ensure_ascii=False))
        return
    for story in found:
        print_story(out, story)


@app.command()
def release(
    code: Code,
    reason: Annotated[
        str, typer.Option(prompt="Why may it go on as it is", help="Kept in the timeline; write no person's name.")
    ],
    by: Annotated[str, typer.Option(help="Who decides; your user name unless given.")] = "",
) -> None:
    """Lets a held dossier go on as it is, with a reason."""
    from connectors.ledger import open_ledger
    from connectors.ledger.decisions import requests_of
    from connectors.ledger.dossier_view import faults_of, head_of, places_of
    from dags.steps.deciding import accept
    from schemas.decision import UNACCEPTABLE

    actor = by or os.environ.get("USER") or os.environ.get("LOGNAME") or "cli"
    with excuses(), open_ledger() as ledger:
        heads = [head_of(ledger, portal_code, found) for portal_code, found, _ in places_of(ledger, code.strip())]
        faults = {one.cause_code for head in heads if head for one in faults_of(ledger, head)}
        if hard := sorted(faults & UNACCEPTABLE):
            stop(f"{code} cannot be released, it must be edited: {', '.join(hard)}")
        result = accept(ledger, actor, requests_of(ledger, code.strip()), reason)
        if not result.outcome.dossier_ids:
            stop(f"no held dossier {code}: see `lienthong show {code}`")
    out.print(f"{code} released: {', '.join(result.moved) or 'examined again at the next pull'}.")


@app.command()
def erase(
    code: Code, portal: Annotated[str, typer.Option(help="Province code of its portal.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:  # fmt: skip
    """Destroys a dossier's key: what was sealed of it can never be read again; its codes and events stay."""
    from connectors.ledger import open_ledger
    from connectors.ledger.erasure import erase as erase_dossier

    if not yes:
        typer.confirm(f"Destroy the key of {code} for good?", abort=True)
    with excuses(), open_ledger() as ledger:
        if not erase_dossier(ledger, portal, code.strip()):
            stop(f"{code} cannot be erased: unknown, erased already, or not at its end (see `lienthong show {code}`)")
    out.print(f"{code} is erased.")


@app.command()
def doctor() -> None:
    """Looks at the database, the master key, every connection, the clock and the disk, and says what to do."""
    from dags.cli.doctor import examine_installation

    table = Table("what", "state", "seen, and what to do", box=box.SIMPLE_HEAD, show_edge=False)
    table.columns[0].no_wrap = True
    faults = 0
    for what, is_well, words in examine_installation():
        table.add_row(what, "ok" if is_well else "[bold red]FAULT[/]", Text(words, overflow="fold"))
        faults += not is_well
    out.print(table)
    raise typer.Exit(1 if faults else 0)


@app.command("new-key")
def new_key() -> None:
    """Prints a fresh master key; keep it apart from the database, its loss erases everything sealed."""
    from connectors.vault import new_master_key

    print(new_master_key())


@app.command()
def upgrade() -> None:
    """Brings the ledger's tables to this version."""
    from connectors.ledger import upgrade as upgrade_ledger

    with excuses():
        upgrade_ledger()
    out.print("The ledger's tables are up to date.")


if __name__ == "__main__":
    sys.exit(app())
