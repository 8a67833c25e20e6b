"""`lienthong`: all commands, and what is common to them. Each group of commands has a file beside this one."""

import sys
from typing import Annotated

import typer

from dags.cli import (
    backfill,
    desk_commands,
    dossier_commands,
    place_command,
    scaffold,
    search_command,
    step_commands,
    system_commands,
)
from dags.cli.console import stop

app = typer.Typer(
    help="Carries dossiers from provincial portals to the national registries, exactly once and in order.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for group in (
    system_commands,
    step_commands,
    dossier_commands,
    place_command,
    search_command,
    desk_commands,
    backfill,
    scaffold,
):
    app.add_typer(group.app)


@app.callback()
def choose_installation(
    is_demo: Annotated[
        bool, typer.Option("--demo", help="Work on the demo of this machine instead of on production.")
    ] = False,
) -> None:
    """Runs before each command: `--demo` takes over the demo's database, key and connections."""
    if is_demo:
        from dags.local.demo import enter_demo

        if not enter_demo():
            stop("no demo was started here yet: run `lienthong demo`")


if __name__ == "__main__":
    sys.exit(app())
