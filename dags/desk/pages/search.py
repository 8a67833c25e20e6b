"""Finding a person in records of paper books, dossiers and machine readings. What was typed stays out of addresses:
searches are posted, and the words are kept sealed.

A hit leads to the page's image, to its dossier, or to the keying of its record before others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import Response

from connectors.ledger.search import Hit
from connectors.ledger.searchable_records import ShownRecord, shown_records
from dags.desk.book_access import book_name
from dags.desk.visit import PostDep, Visit, VisitDep
from dags.steps import searching
from schemas.paper_states import RecordState
from schemas.register_columns import columns_of
from schemas.roles import May
from schemas.search_facts import ROLE_COLUMNS, NameRole
from schemas.search_query import WIDEST, SearchQuery

MOST_HITS = 20
LONGEST_WORDS = 200
KINDS = ("record", "dossier", "reading")
"""In this order: what may be given out comes before what a machine read."""

Words = Annotated[str, Form(max_length=LONGEST_WORDS)]

router = APIRouter()


@dataclass(frozen=True)
class ShownHit:
    """A hit as the page shows it. `record`: of a record or a reading; `dossier`: portal and code of a dossier."""

    hit: Hit
    record: ShownRecord | None = None
    dossier: tuple[str, str] | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether the record has data to give out."""
        return self.record is not None and self.record.state in (RecordState.ACCEPTED, RecordState.ENTERED)

    @property
    def places(self) -> list[str]:
        """The places of the hit; one that is written in a longer one as well is left out."""
        written = list(dict.fromkeys(self.hit.facts.places))
        return [place for place in written if not any(place != other and place in other for other in written)]

    @property
    def crop_path(self) -> str | None:
        """Where the image of the person's name is; None when no machine found its place."""
        record = self.record
        if record is None or record.page_id is None or not (record.has_copy and record.is_read):
            return None
        return f"/books/pages/{record.page_id}/crop/{record.record_id}/{name_column(record.book_kind)}"


@dataclass(frozen=True)
class TypedSearch:
    """The form as it was sent, to be shown again."""

    name: str = field(default="", repr=False)
    year: str = ""
    within: str = "1"
    place: str = field(default="", repr=False)
    parent: str = field(default="", repr=False)
    number: str = field(default="", repr=False)

    @property
    def query(self) -> SearchQuery:
        year = int(self.year) if self.year else None
        return SearchQuery(self.name, year, int(self.within), self.place, self.parent, self.number)


def name_column(book_kind: str) -> str:
    """The first column with the name of whom a record is about."""
    return next(column for column in columns_of(book_kind) if ROLE_COLUMNS.get(column) == NameRole.SUBJECT)


def typed(
    name: Words = "",
    year: Annotated[str, Form(pattern=r"^(1[89]\d\d|2[01]\d\d)?$")] = "",
    within: Annotated[str, Form(pattern=r"^[0-5]$")] = "1",
    place: Words = "",
    parent: Words = "",
    number: Words = "",
) -> TypedSearch:
    """What was typed, without the character that no database holds."""
    name, place, parent, number = (text.replace("\x00", "").strip() for text in (name, place, parent, number))
    return TypedSearch(name, year, within, place, parent, number)


TypedDep = Annotated[TypedSearch, Depends(typed)]


@router.get("/search")
def form(visit: VisitDep) -> Response:
    """The empty form."""
    visit.need(May.SEARCH, "search")
    return visit.page("search", asked=TypedSearch(), groups=None, is_empty=False, widest=WIDEST)


@router.post("/search")
def hits(visit: PostDep, asked: TypedDep) -> Response:
    """The form with the hits below it. Every search is logged, also one that finds nobody."""
    visit.need(May.SEARCH, "search")
    if asked.query.is_empty:
        return visit.page("search", 422, asked=asked, groups=None, is_empty=True, widest=WIDEST)
    found = searching.find(visit.ledger, visit.reach, asked.query, MOST_HITS)
    dossiers: list[int | None] = [hit.subject_id for hit in found if hit.subject_kind == "dossier"]
    if not dossiers:
        dossiers.append(None)  # a line of the log also for a search that shows no dossier
    visit.looked("search", dossiers, str(len(found)))
    return visit.page(
        "search", asked=asked, groups=_groups(visit, found), is_empty=False, widest=WIDEST, title_of=book_name
    )


def _groups(visit: Visit, found: Sequence[Hit]) -> dict[str, list[ShownHit]]:
    """The hits by kind, each kind in the order of the hits; a record that is gone meanwhile is left out."""
    records = shown_records(visit.ledger, [hit.subject_id for hit in found if hit.subject_kind != "dossier"])
    groups: dict[str, list[ShownHit]] = {kind: [] for kind in KINDS}
    for hit in found:
        if hit.subject_kind == "dossier":
            groups["dossier"].append(ShownHit(hit, dossier=(hit.province_code, hit.facts.code)))
        elif record := records.get(hit.subject_id):
            kind = "reading" if record.is_unchecked else hit.subject_kind
            groups[kind].append(ShownHit(hit, record=record))
    return {kind: shown for kind, shown in groups.items() if shown}
