"""`lienthong place`: the command; `place.py` finds and prints the answer."""

from datetime import datetime, timezone
from typing import Annotated

import typer

from dags.cli.console import out

app = typer.Typer()

DAY = ["%Y-%m-%d"]


@app.command()
def place(
    query: Annotated[str, typer.Argument(help="A code, or an address as people write it.")],
    on: Annotated[
        datetime | None,
        typer.Option(formats=DAY, help="The day on which it was written. Default: today."),
    ] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=DAY, help="The day whose unit you want. Default: today.")
    ] = None,
) -> None:
    """Find the administrative unit that a code or an address means, and what became of it.

    Where the law leaves several units, all of them are listed with the reason; no unit is chosen for you.
    """
    from dags.cli.place import print_place
    from schemas.dates import local_day

    today = local_day(datetime.now(timezone.utc))
    if not print_place(out, query, on.date() if on else today, as_of.date() if as_of else None):
        raise typer.Exit(1)
