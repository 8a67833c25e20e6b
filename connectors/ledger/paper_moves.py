"""How a book, a page or a record moves: only as `schemas.paper_states` says, and together with its event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import bindparam

from schemas.paper_states import BOOK, PAGE
from schemas.states import StateMachine

EVENTS = text("""
    INSERT INTO events (subject_kind, subject_id, kind, actor, detail)
    SELECT :subject_kind, u.id, :kind, :actor, :detail FROM unnest(CAST(:ids AS bigint[])) AS u(id)""").bindparams(
    bindparam("detail", type_=JSONB)
)
PROGRAM = "lienthong"


@dataclass(frozen=True)
class PaperMoves:
    """The moves of one kind of thing, and the table that it stands in."""

    machine: StateMachine[Any, Any]
    table: str

    @property
    def update(self) -> str:
        name = self.machine.name
        return f"""
            UPDATE {self.table} SET state = :after
             WHERE {name}_id = ANY(:ids) AND state = ANY(:before) RETURNING {name}_id"""


BOOK_MOVES = PaperMoves(BOOK, "books")
PAGE_MOVES = PaperMoves(PAGE, "pages")


def move_subject(
    connection: Connection,
    moves: PaperMoves,
    subject_id: int,
    event: StrEnum,
    *,
    actor: str = PROGRAM,
    detail: Mapping[str, object] | None = None,
) -> bool:
    """Moves one thing, and writes the event. False, and nothing is written, when it does not stand where this can
    happen. `detail`: codes and counts only."""
    after = moves.machine.after(event)
    before = [str(state) for state in moves.machine.before(event)]
    values = {"ids": [subject_id], "before": before, "after": str(after)}
    moved = connection.execute(text(moves.update), values).scalars().all()
    note_event(connection, moves, moved, event, actor=actor, detail=detail)
    return bool(moved)


def note_event(
    connection: Connection,
    moves: PaperMoves,
    ids: Sequence[int],
    event: StrEnum,
    *,
    actor: str = PROGRAM,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Writes one event for each of these."""
    name = moves.machine.name
    values = {"subject_kind": name, "kind": f"{name}_{event}", "actor": actor, "detail": dict(detail or {})}
    if ids:
        connection.execute(EVENTS, {**values, "ids": list(ids)})
