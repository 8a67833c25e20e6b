"""Which dossiers are late by law or at risk of it: what `lienthong due` prints, and one line of the account."""

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
    """A dossier that is late or at risk. `share`: the part of its legal working time that is over, 1.0 when due."""

    dossier: Running
    standing: Punctuality
    share: float


def late_and_at_risk(ledger: Ledger, now: datetime, share: float = AT_RISK_SHARE) -> list[Watched]:
    """The dossiers that are late or at risk at `now`, with the earliest deadline first."""
    watched = []
    for dossier in running(ledger):
        term = LegalTerm(dossier.started_at, dossier.due_at)
        if (how := punctuality(term, now, share)) is not Punctuality.IN_TIME:
            watched.append(Watched(dossier, how, elapsed_share(term, now)))
    return watched


def due_line(watched: Sequence[Watched]) -> str:
    """One line for the account: `3 late, 5 at risk`."""
    late = sum(each.standing is Punctuality.LATE for each in watched)
    return f"{late} late, {len(watched) - late} at risk"


def print_due(console: Console, ledger: Ledger, now: datetime, share: float = AT_RISK_SHARE) -> None:
    """Prints at most a hundred of them, and the counts of all."""
    watched = late_and_at_risk(ledger, now, share)
    if watched:
        console.print(due_table(watched[:MOST_LINES]))
    if len(watched) > MOST_LINES:
        console.print(f"... and {len(watched) - MOST_LINES} more")
    console.print(due_line(watched))


def due_table(watched: Sequence[Watched]) -> Table:
    table = Table(
        "due",
        "dossier",
        "procedure",
        "state",
        title="Late and at risk",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
    )
    table.add_column("time used", justify="right")
    for each in watched:
        dossier = each.dossier
        due_at = f"{dossier.due_at.astimezone(VIETNAM):%d/%m/%Y %H:%M}"
        colour = "red" if each.standing is Punctuality.LATE else "yellow"
        share = f"[{colour}]{each.share:.0%}[/]"
        table.add_row(due_at, dossier.dossier_code, dossier.procedure_as_written or "", _state(dossier), share)
    return table


def _state(dossier: Running) -> str:
    """`held`, or the next registry and the state there: `residence: refused`."""
    return f"{dossier.registry_code}: {dossier.delivery_state}" if dossier.registry_code else dossier.state
