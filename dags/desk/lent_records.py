"""Records that are lent to a person one after another, to key them or to decide a difference: what both pages share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated

from fastapi import Form
from fastapi.responses import Response

from connectors.ledger.keying_overview import DayProgress, progress_since
from connectors.ledger.keyings import KeyingTask, task_of
from dags.desk.book_access import book_name
from dags.desk.visit import RequestRefused, Visit
from schemas.dates import VIETNAM, local_day
from schemas.keying import KeyingSlot
from schemas.paper_states import BookState
from schemas.roles import May

OPEN_STATES = [str(BookState.KEYING), str(BookState.INTAKE)]

BookChoice = Annotated[int, Form(ge=0, le=2**62)]
"""The book that a person stays in; 0: any."""


@dataclass(frozen=True)
class LentRecords:
    """One kind of such pages. `name`: of the page and its address; `nothing_left`: the words (`done.*`) for a person
    for whom nothing is left to begin with."""

    name: str
    act: May
    slots: tuple[KeyingSlot, ...]
    nothing_left: str

    def task(self, visit: Visit, keying_id: int) -> KeyingTask:
        """What is lent to this person at a place within reach; the same answer for what is another's and what is not.
        Raises RequestRefused."""
        visit.need(self.act, self.name)
        task = task_of(visit.ledger, keying_id)
        if (
            task is None
            or task.keyed_by != visit.user_name
            or task.slot not in self.slots
            or not visit.reach.may(self.act, task.province_code, task.commune_code)
        ):
            raise RequestRefused(404, "no_keying", "keying", detail="place_or_unknown")
        return task

    def to_next(self, visit: Visit, keying_id: int | None, book: int, done: str) -> Response:
        """To the record that was lent now; None: to the overview. `done`: what this person has just done, or empty."""
        if keying_id is None:
            return visit.back_to(f"/{self.name}?done=" + ("keyed_all" if done else self.nothing_left))
        return visit.back_to(f"/{self.name}/{keying_id}?book={book}" + (f"&done={done}" if done else ""))

    def not_theirs(self, visit: Visit) -> Response:
        """To the overview: the record is not this person's any more."""
        return visit.back_to(f"/{self.name}?no=not_yours")

    def page(
        self,
        visit: Visit,
        task: KeyingTask,
        fields: Sequence[object],
        book: int,
        *,
        done: str = "",
        status: int = 200,
        template: str = "",
    ) -> Response:
        """The form of a lent record; with another status than 200, what was typed is shown again with its faults.
        `template`: of another of these pages, whose form is used."""
        return visit.page(
            template or self.name,
            status=status,
            part=self.name,
            task=task,
            book=book,
            fields=fields,
            book_title=book_name(visit, task),
            progress=today_of(visit),
            done=done,
            is_wrong=status != 200,
        )


def today_of(visit: Visit) -> DayProgress:
    """What this person has kept since midnight in Vietnam."""
    midnight = datetime.combine(local_day(visit.now), time(), VIETNAM)
    return progress_since(visit.ledger, visit.user_name, midnight)
