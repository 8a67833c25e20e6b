"""The terminal: its two streams, and how an error ends a command with one line that says what to do."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console

WIDTH_ELSEWHERE = 160
"""Columns of tables that go to a file or a pipe."""


def _console(*, stderr: bool = False) -> Console:
    is_terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, highlight=False, soft_wrap=True, width=None if is_terminal else WIDTH_ELSEWHERE)


out, err = _console(), _console(stderr=True)


def stop(message: object) -> NoReturn:
    """Ends the command with exit code 1. The message says what to do next."""
    err.print(f"lienthong: {message}", markup=False)
    raise typer.Exit(1)


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Ends the command with one line when an error is raised that its user can resolve; other errors pass through."""
    try:
        yield
    except Exception as error:
        if words := _words_for(error):
            stop(words)
        raise


def _words_for(error: Exception) -> str:
    """What went wrong and what to do next; empty for an error that only an engineer can resolve."""
    from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

    from connectors.endpoint import NoConnection
    from connectors.errors import LienthongError
    from connectors.paper.extra import PaperExtraMissing
    from connectors.postgres import URL_VARIABLE, EmbeddedServerFailed
    from connectors.vault import VaultError

    if isinstance(error, (NoConnection, LienthongError, VaultError, PaperExtraMissing)):
        return f"{type(error).__name__}: {error}"
    if isinstance(error, ProgrammingError) and "does not exist" in str(error.orig):
        return "the ledger has no tables yet: run `lienthong upgrade`"
    if isinstance(error, OperationalError):
        return f"the database cannot be reached: check {URL_VARIABLE} ({type(error.orig).__name__})"
    if isinstance(error, ArgumentError):
        return f"{URL_VARIABLE} cannot be read: it must be postgresql://user:password@host:port/database"
    if isinstance(error, EmbeddedServerFailed) or (isinstance(error, ValueError) and URL_VARIABLE in str(error)):
        return str(error)
    return ""
