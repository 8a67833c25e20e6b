"""`lienthong ...` about the desk: who may do what where, and what is looked for."""

import getpass
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from dags.cli.console import excuses, out, stop

app = typer.Typer()

User = Annotated[str, typer.Argument(help="The user's name as Airflow knows it.")]
OfRole = Annotated[str, typer.Argument(help="steward, second_steward, archivist, auditor or operator.")]
At = Annotated[str, typer.Argument(help="A province or commune code; everywhere unless given.")]


@app.command()
def grant(
    user: User, role: OfRole, place: At = "",
    take_back: Annotated[bool, typer.Option("--take-back", help="Take the grant back.")] = False,
) -> None:  # fmt: skip
    """Lets a user do what a role may at the desk, in a province, a commune, or everywhere."""
    from connectors.ledger import grants, open_ledger

    _must_be_known(place)
    verb = grants.revoke if take_back else grants.grant
    with excuses(), open_ledger() as ledger:
        try:
            is_new = verb(ledger, user, role, place, getpass.getuser())
        except ValueError as error:
            stop(error)
    did = "no longer" if take_back else "now"
    out.print(f"{user} is {did} {role} {f'in {place}' if place else 'everywhere'}{'' if is_new else ', as before'}.")


def _must_be_known(place_code: str) -> None:
    from schemas.dates import local_day
    from schemas.places import unit_on

    if place_code and unit_on(place_code, local_day(datetime.now(timezone.utc))) is None:
        stop(f"no province or commune has the code {place_code} today: see `lienthong place {place_code}`")


@app.command()
def grants() -> None:
    """Who may do what where, and who said so."""
    from connectors.ledger import open_ledger
    from connectors.ledger.grants import all_grants

    table = Table("user", "role", "place", "by", "since", "until", box=box.SIMPLE_HEAD, show_edge=False)
    with excuses(), open_ledger() as ledger:
        found = all_grants(ledger)
    for one in found:
        until = f"{one.revoked_at:%d/%m/%Y}" if one.revoked_at else ""
        table.add_row(
            one.user_name, one.role, one.place_code or "-", one.granted_by, f"{one.granted_at:%d/%m/%Y}", until
        )
    out.print(table if found else "Nobody may do anything at the desk yet: `lienthong grant USER ROLE [PLACE]`.")


@app.command()
def checks(english: Annotated[bool, typer.Option("--english", help="In English.")] = False) -> None:
    """The catalogue: every fault that is looked for, who sees to it, what to do; as Markdown."""
    from quality.catalogue import as_markdown

    print(as_markdown(english=english), end="")


@app.command()
def docs(
    folder: Annotated[Path, typer.Argument(help="Where to write the pages.")],
    days: Annotated[int, typer.Option(min=1, help="Of so many days back.")] = 30,
) -> None:
    """What was expected of whole batches and what came of it, as pages: counts and keys only."""
    from connectors.ledger import open_ledger
    from dags import steps

    with excuses(), open_ledger() as ledger:
        count = steps.build_docs(ledger, folder, days)
    out.print(f"{count} pages: open {folder / 'index.html'}")
