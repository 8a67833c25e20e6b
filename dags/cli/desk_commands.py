"""Commands about the desk: who may do what where, which faults are looked for, and the pages about whole batches."""

import getpass
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from dags.cli.console import one_line_errors, out, stop

app = typer.Typer()

User = Annotated[str, typer.Argument(help="The user's name in Airflow.")]
RoleName = Annotated[str, typer.Argument(help="steward, second_steward, archivist, auditor or operator.")]
PlaceCode = Annotated[str, typer.Argument(help="A province or commune code. Default: everywhere.")]


@app.command()
def grant(
    user: User,
    role: RoleName,
    place: PlaceCode = "",
    take_back: Annotated[bool, typer.Option("--take-back", help="Take the role away again.")] = False,
) -> None:
    """Give a user a role at the desk: in a province, in a commune, or everywhere."""
    from connectors.ledger import grants, open_ledger

    _stop_if_unknown(place)
    verb = grants.revoke if take_back else grants.grant
    with one_line_errors(), open_ledger() as ledger:
        try:
            is_new = verb(ledger, user, role, place, getpass.getuser())
        except ValueError as error:
            stop(error)
    did = "no longer" if take_back else "now"
    out.print(f"{user} is {did} {role} {f'in {place}' if place else 'everywhere'}{'' if is_new else ', as before'}.")


def _stop_if_unknown(place_code: str) -> None:
    from schemas.dates import local_day
    from schemas.places import unit_on

    if place_code and unit_on(place_code, local_day(datetime.now(timezone.utc))) is None:
        stop(f"no province or commune has the code {place_code} today: see `lienthong place {place_code}`")


@app.command()
def grants() -> None:
    """List the roles of all users: what they may do where, who gave the role and when."""
    from connectors.ledger import open_ledger
    from connectors.ledger.grants import all_grants

    table = Table("user", "role", "place", "by", "since", "until", box=box.SIMPLE_HEAD, show_edge=False)
    with one_line_errors(), open_ledger() as ledger:
        rows = all_grants(ledger)
    for row in rows:
        until = f"{row.revoked_at:%d/%m/%Y}" if row.revoked_at else ""
        table.add_row(
            row.user_name, row.role, row.place_code or "-", row.granted_by, f"{row.granted_at:%d/%m/%Y}", until
        )
    out.print(table if rows else "No user has a role at the desk yet: `lienthong grant USER ROLE [PLACE]`.")


@app.command()
def checks(english: Annotated[bool, typer.Option("--english", help="In English.")] = False) -> None:
    """Print the catalogue of checks as Markdown: each fault, who deals with it, what to do, and its source."""
    from quality.catalogue import as_markdown

    typer.echo(as_markdown(english=english), nl=False)


@app.command()
def docs(
    folder: Annotated[Path, typer.Argument(help="Where to write the pages.")],
    days: Annotated[int, typer.Option(min=1, help="How many days back the pages reach.")] = 30,
) -> None:
    """Write web pages about whole batches: what was expected and what was seen. They hold counts and keys only."""
    from connectors.ledger import open_ledger
    from dags import steps

    with one_line_errors(), open_ledger() as ledger:
        count = steps.build_docs(ledger, folder, days)
    out.print(f"{count} pages: open {folder / 'index.html'}")
