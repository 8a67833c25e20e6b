"""`lienthong search`: finds a person in records, dossiers and machine readings."""

import getpass
import json
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from dags.cli.console import one_line_errors, out, stop
from dags.cli.options import Json

if TYPE_CHECKING:
    from connectors.ledger.search import Hit
    from schemas.search_query import SearchQuery

app = typer.Typer()

KINDS = {"record": "record", "dossier": "dossier", "reading": "unchecked: by machine, or returned"}


@app.command()
def search(
    name: Annotated[str, typer.Option(help="With or without tones; one or two errors do not matter.")] = "",
    year: Annotated[int | None, typer.Option(min=1800, max=2200, help="Of birth, or of the event.")] = None,
    within: Annotated[int, typer.Option(min=0, max=5, help="Years on either side of it.")] = 1,
    place: Annotated[str, typer.Option(help="A commune, district or province, by its name then or now.")] = "",
    parent: Annotated[str, typer.Option(help="The name of the father or the mother.")] = "",
    number: Annotated[str, typer.Option(help="Of the entry, or a personal number.")] = "",
    as_user: Annotated[str, typer.Option("--as", help="Whose grants count. Default: your user name here.")] = "",
    reindex: Annotated[bool, typer.Option("--reindex", help="Make everything searchable that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Find a person in records, dossiers and machine readings. Every search is logged.

    Without any option it asks, so that what you type does not stay in the shell's history.
    """
    from connectors.ledger import open_ledger
    from connectors.ledger.grants import grants_of
    from dags.steps import searching
    from schemas.roles import May
    from schemas.search_query import SearchQuery

    if reindex:
        _reindex()
        return
    query = SearchQuery(name, year, within, place, parent, number)
    if query == SearchQuery(within=within):
        query = _asked(within)
    if query.is_empty:
        stop("give a name, a parent or a number: a year and a place alone fit too many")
    actor = as_user or getpass.getuser()
    with one_line_errors(), open_ledger() as ledger:
        reach = grants_of(ledger, actor)
        if not reach.may_somewhere(May.SEARCH):
            stop(f"{actor} may not search: `lienthong grant {actor} archivist 24` allows it in province 24")
        hits = searching.find(ledger, reach, query)
    if as_json:
        typer.echo(json.dumps([_as_json(hit) for hit in hits], ensure_ascii=False))
        return
    out.print(_table(hits) if hits else "Nobody fits. Give fewer words, a wider span of years, or only the last name.")


def _asked(within: int) -> "SearchQuery":
    from schemas.search_query import SearchQuery

    name = typer.prompt("Name", default="", show_default=False)
    year = typer.prompt("Year of birth or of the event", default="", show_default=False).strip()
    if year and not (year.isdecimal() and len(year) == 4):
        stop("a year has four digits")
    place = typer.prompt("Place, then or now", default="", show_default=False)
    parent = typer.prompt("Father or mother", default="", show_default=False)
    number = typer.prompt("Number", default="", show_default=False)
    return SearchQuery(name, int(year) if year else None, within, place, parent, number)


def _reindex() -> None:
    from connectors.ledger import open_ledger
    from dags.steps.searching import reindex

    counts: Counter[str] = Counter()
    with one_line_errors(), open_ledger() as ledger:
        for batch in reindex(ledger):
            counts += batch
    out.print("searchable: " + (", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())) or "nothing"))


def _table(hits: "list[Hit]") -> Table:
    table = Table("", "name", "born", "parents", "place", "where", box=box.SIMPLE_HEAD, pad_edge=False)
    for hit in hits:
        facts = hit.facts
        where = f"{facts.book} {'/'.join(facts.numbers[:1])}".strip() or facts.code
        place = facts.places[0] if facts.places else ""
        table.add_row(
            KINDS[hit.subject_kind], ", ".join(facts.subjects), facts.born, ", ".join(facts.relatives), place, where
        )
    return table


def _as_json(hit: "Hit") -> dict[str, object]:
    facts = hit.facts
    return {
        "kind": hit.subject_kind,
        "id": hit.subject_id,
        "score": round(hit.score, 3),
        "names": [{"role": role, "name": name} for role, name in facts.names],
        "years": facts.years,
        "born": facts.born,
        "happened": facts.happened,
        "places": facts.places,
        "numbers": facts.numbers,
        "book": facts.book,
        "code": facts.code,
    }
