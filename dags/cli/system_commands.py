"""Commands that start lienthong on this machine, and that set it up and examine it."""

import json
import signal
from typing import Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from dags.cli.console import err, one_line_errors, out, stop
from dags.cli.options import Json

app = typer.Typer()

Dossiers = Annotated[int, typer.Option(min=1, max=100_000, help="How many dossiers the portals hold.")]
Seed = Annotated[int, typer.Option(help="A seed always gives the same invented persons.")]


@app.command()
def demo(
    once: Annotated[bool, typer.Option(help="Stop when nothing moves any more, and print the account.")] = False,
    dossiers: Dossiers = 200,
    seed: Seed = 2026,
    books: Annotated[int, typer.Option(min=0, max=20, help="How many paper books lie in the drop place.")] = 0,
    port: Annotated[int | None, typer.Option(help="Airflow's port. Default: a free port.")] = None,
    as_json: Json = False,
) -> None:
    """Start the sandbox, a database and Airflow on this machine, with invented persons.

    Each start deletes the state of the demo before it. Ctrl-C ends everything.
    """
    from dags.cli.account_table import print_demo_result
    from dags.local.demo import run_demo

    result = run_demo(dossiers, seed, once=once, port=port, books=books)
    raise typer.Exit(print_demo_result(result, as_json=as_json) if result else 0)


@app.command()
def up(port: Annotated[int | None, typer.Option(help="Airflow's port.")] = 8080) -> None:
    """Start production: Airflow on the real portals and registries. Ctrl-C ends it.

    It needs the master key and a connection for each portal and registry, and lists those that are missing.
    """
    from dags.local.production import missing_settings, run_production

    if missing := missing_settings():
        stop("cannot start, still missing:\n  " + "\n  ".join(missing))
    raise typer.Exit(run_production(port))


@app.command()
def sandbox(
    dossiers: Dossiers = 200,
    seed: Seed = 2026,
    port: Annotated[int, typer.Option(help="The first of six ports in a row. Default: free ports.")] = 0,
    as_json: Json = False,
) -> None:
    """Start the sandbox alone: portals and registries on this machine, to try things out.

    It prints the connections that lead to them. Ctrl-C ends it.
    """
    from connectors.sandbox.sandbox import Sandbox
    from dags.local.interrupt import until_interrupted

    with until_interrupted(), Sandbox(seed, dossiers, first_port=port) as running:
        if as_json:
            typer.echo(json.dumps(running.connections))
        else:
            for name, value in running.connections.items():
                typer.echo(f"export {name}='{value}'")
            err.print("The sandbox runs. Copy the lines above into another shell; Ctrl-C ends it.")
        signal.pause()


@app.command()
def doctor() -> None:
    """Examine the database, the master key, every connection, the clock and the disk, and say what to do."""
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
    """Print a new master key.

    Keep it apart from the database. When it is lost, nothing that was sealed under it can be read again.
    """
    from connectors.vault import new_master_key

    typer.echo(new_master_key())


@app.command()
def upgrade() -> None:
    """Create the ledger's tables, or bring them to the version of this program."""
    from connectors.ledger import upgrade as upgrade_ledger

    with one_line_errors():
        upgrade_ledger()
    out.print("The ledger's tables are up to date.")
