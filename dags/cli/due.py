"""Which dossiers are late, and which will be if nobody acts: what `lienthong due` prints and the account adds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich import box
from rich.console import Console
from rich.table import Table

from connectors.ledger import Ledger
from connectors.ledger.legal_time import Running, running
from quality.deadlines import AT_RISK_SHARE, LegalTerm, Punctuality, elapsed_share, punctuality
from schemas.dates import VIETNAM

MOST_LINES = 100


@dataclass(frozen=True)
class Watched:
    """A dossier that is late or at risk. `share`: how much of its working time is gone, 1 when it was due."""

    dossier: Running
    standing: Punctuality
    share: float


def late_and_at_risk(ledger: Ledger, now: datetime, share: float = AT_RISK_SHARE) -> list[Watched]:
    """The late ones, then those at risk; those due first in front."""
    watched = []
    for one in running(ledger):
        term = LegalTerm(one.started_at, one.due_at)
        if (how := punctuality(term, now, share)) is not Punctuality.IN_TIME:
            watched.append(Watched(one, how, elapsed_share(term, now)))
    return watched


def due_line(watched: Sequence[Watched]) -> str:
    """One line for the account: `3 late, 5 at risk`."""
    late = sum(one.standing is Punctuality.LATE for one in watched)
    return f"{late} late, {len(watched) - late} at risk"


def print_due(console: Console, ledger: Ledger, now: datetime, share: float = AT_RISK_SHARE) -> None:
    """Prints them, at most a hundred, and how many there are."""
    watched = late_and_at_risk(ledger, now, share)
    if watched:
        console.print(due_table(watched[:MOST_LINES]))
    if len(watched) > MOST_LINES:
        console.print(f"... and {len(watched) - MOST_LINES} more")
    console.print(due_line(watched))


def due_table(watched: Sequence[Watched]) -> Table:
    table = Table("due", "dossier", "procedure", "stands", title="Late and at risk", box=box.SIMPLE_HEAD,
                  show_edge=False, pad_edge=False)  # fmt: skip
    table.add_column("time gone", justify="right")
    for one in watched:
        due_at = f"{one.dossier.due_at.astimezone(VIETNAM):%d/%m/%Y %H:%M}"
        colour = "red" if one.standing is Punctuality.LATE else "yellow"
        table.add_row(due_at, one.dossier.dossier_code, one.dossier.procedure_as_written or "", _stands(one.dossier),
                      f"[{colour}]{one.share:.0%}[/]")  # fmt: skip
    return table


def _stands(of: Running) -> str:
    """`held`, or the registry it has still to pass: `residence: refused`."""
    return f"{of.registry_code}: {of.delivery_state}" if of.registry_code else of.state
