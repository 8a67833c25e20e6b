"""The terminal: where words go, and how an error ends in one line that says what to do."""

import sys
from typing import NoReturn

import typer
from rich.console import Console

WIDTH_ELSEWHERE = 160
"""Columns in a file or a pipe, where nothing need be cut."""


def _console(*, stderr: bool = False) -> Console:
    is_terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, highlight=False, soft_wrap=True, width=None if is_terminal else WIDTH_ELSEWHERE)


out, err = _console(), _console(stderr=True)


def stop(message: object) -> NoReturn:
    """Ends with a message that says what to do next."""
    err.print(f"lienthong: {message}", markup=False)
    raise typer.Exit(1)


class excuses:
    """Turns errors that a person can edit into one line."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None:
            return
        from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

        from connectors.endpoint import NoConnection
        from connectors.errors import LienthongError
        from connectors.postgres import URL_VARIABLE, EmbeddedServerFailed
        from connectors.vault import VaultError

        if isinstance(error, (NoConnection, LienthongError, VaultError)):
            stop(f"{type(error).__name__}: {error}")
        if isinstance(error, ProgrammingError) and "does not exist" in str(error.orig):
            stop("the ledger has no tables yet: run `lienthong upgrade`")
        if isinstance(error, OperationalError):
            stop(f"the database cannot be reached: check {URL_VARIABLE} ({type(error.orig).__name__})")
        if isinstance(error, ArgumentError):
            stop(f"{URL_VARIABLE} cannot be read: it must be postgresql://user:password@host:port/database")
        if isinstance(error, EmbeddedServerFailed) or (isinstance(error, ValueError) and URL_VARIABLE in str(error)):
            stop(str(error))
