"""Dossiers that may be about one person, side by side: a person says whether they are. Nothing is merged."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response
from starlette.background import BackgroundTask

from connectors.ledger.duplicate_candidates import Undecided, undecided
from connectors.ledger.grants import may_here, places_with_books
from connectors.ledger.opening import Opened, opened
from dags.desk.contents import FieldText, fields_of, read
from dags.desk.visit import PostDep, RequestRefused, Visit, VisitDep
from dags.steps import deciding
from schemas.roles import May

PAGE = 20
EVIDENCE = (
    "full_name",
    "sex",
    "born_on",
    "died_on",
    "personal_id",
    "number",
    "birth_order",
    "notice_code",
    "ethnic_group",
    "residence",
    "birth_place",
    "relation",
)
"""What is compared; the rest is on the dossiers' own pages."""

Id = Annotated[int, Form(ge=1, le=2**62)]

router = APIRouter()


@dataclass(frozen=True)
class ComparedField:
    """A field in both dossiers."""

    title: str
    one: str = field(repr=False)
    other: str = field(repr=False)

    @property
    def is_same(self) -> bool:
        return self.one == self.other


@dataclass(frozen=True)
class DuplicatePair:
    """Two dossiers and what stands in them; a dossier that cannot be read has nothing."""

    row: Undecided
    fields: list[ComparedField] = field(repr=False)
    may_read: bool = True

    @property
    def differing(self) -> list[ComparedField]:
        return [compared for compared in self.fields if not compared.is_same]

    @property
    def same(self) -> list[ComparedField]:
        return [compared for compared in self.fields if compared.is_same]


@router.get("/duplicates")
def duplicate_candidates(
    visit: VisitDep,
    after: Annotated[str, Query(pattern=r"^([0-9]{1,18}\.[0-9]{1,18})?$")] = "",
    done: str = "",
    no: str = "",
) -> Response:
    """The pairs that wait."""
    visit.need(May.COMPARE, "duplicates")
    places = places_with_books(visit.reach, May.COMPARE)
    first, _, second = after.partition(".")
    mark = (int(first), int(second)) if after else (0, 0)
    rows = undecided(visit.ledger, places, limit=PAGE + 1, after=mark)
    following = f"{rows[PAGE - 1].dossier_id}.{rows[PAGE - 1].other_id}" if len(rows) > PAGE else ""
    return visit.page(
        "duplicates", pairs=_pairs(visit, rows[:PAGE]), after=after, following=following, done=done, no=no
    )


@router.post("/duplicates")
def decide(visit: PostDep, one: Id, other: Id, decided_as: Annotated[Literal["same", "different"], Form()]) -> Response:
    """Keeps what a person says of a pair; the dossiers held for it are examined again."""
    visit.need(May.COMPARE, "duplicates")
    first, second = sorted((one, other))
    places = places_with_books(visit.reach, May.COMPARE)
    rows = undecided(visit.ledger, places, limit=1, after=(first, second - 1))
    if not rows or (rows[0].dossier_id, rows[0].other_id) != (first, second):
        raise RequestRefused(404, "no_dossier", "duplicates", detail="place_or_decided")
    if not _may_read(visit, rows[0]):
        raise RequestRefused(403, "no_role", "duplicates", dossier_id=first, detail="place")
    is_new = deciding.compare(visit.ledger, visit.user_name, first, second, decided_as)
    response = visit.back_to(
        f"/duplicates?done=duplicate_candidate_{decided_as}" if is_new else "/duplicates?no=resolved"
    )
    response.background = BackgroundTask(visit.desk.after)
    return response


def _may_read(visit: Visit, pair: Undecided) -> bool:
    """Both must be within reach: the user who decides sees the content of both."""
    places = ((pair.portal_code, pair.commune_code), (pair.other_portal_code, pair.other_commune_code))
    return all(may_here(visit.reach, May.READ, portal_code, commune_code) for portal_code, commune_code in places)


def _pairs(visit: Visit, rows: list[Undecided]) -> list[DuplicatePair]:
    readable = [row for row in rows if _may_read(visit, row)]
    ids = list(dict.fromkeys(dossier_id for row in readable for dossier_id in (row.dossier_id, row.other_id)))
    if ids:
        visit.looked("duplicate_candidate", ids)
    known = {dossier.dossier_id: _fields(visit, dossier) for dossier in opened(visit.ledger, ids)}
    return [
        DuplicatePair(
            row, _compared(known.get(row.dossier_id, {}), known.get(row.other_id, {})), may_read=row in readable
        )
        for row in rows
    ]


def _fields(visit: Visit, dossier: Opened) -> dict[str, FieldText]:
    """Its fields by path; none where it cannot be read."""
    content = read(dossier.portal_code, dossier.original, list(dossier.edits.values()))
    return {field.field_path: field for field in fields_of(content, visit.locale)} if content else {}


def _compared(first: dict[str, FieldText], second: dict[str, FieldText]) -> list[ComparedField]:
    return [
        ComparedField(
            f"{field.part} · {field.title}",
            first[path].text if path in first else "",
            second[path].text if path in second else "",
        )
        for path, field in (first | second).items()
        if path.startswith("case.") and path.rsplit(".", 1)[-1] in EVIDENCE
    ]
