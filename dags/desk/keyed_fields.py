"""Fields of a record as a form shows them and as a person types them: a text, or a mark for blank or illegible."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from connectors.ledger.keyings import KeyingTask
from connectors.ledger.page_copies import Box, PageHead, page_head, places_of
from dags.desk.visit import Visit
from schemas.keying import FieldValue, Mark
from schemas.register_columns import columns_of

LONGEST_VALUE = 500
"""Characters of a field."""


@dataclass(frozen=True)
class KeyedField:
    """A field of the form. `box`: where it stands on the page `page_id`; None when that is not known. `wrong`: why what
    was typed cannot be kept (missing, both, long); empty when it can."""

    column: str
    title_vi: str
    box: tuple[int, int, int, int] | None = None
    page_id: int | None = None
    text: str = field(default="", repr=False)
    mark: str = ""
    wrong: str = ""

    @property
    def value(self) -> FieldValue:
        return FieldValue(mark=Mark(self.mark)) if self.mark else FieldValue(text=self.text)


def empty_fields(visit: Visit, task: KeyingTask, columns: Iterable[str]) -> list[KeyedField]:
    """The fields of a record, with the places of their crops and without any text."""
    return fields_of(visit, task.book_kind, task.page_id, task.record_id, columns)


def fields_of(
    visit: Visit, book_kind: str, page_id: int | None, record_id: int, columns: Iterable[str]
) -> list[KeyedField]:
    head = page_head(visit.ledger, page_id) if page_id else None
    places = places_of(visit.ledger, head, record_id) if head else {}
    titles = columns_of(book_kind)
    return [_empty(column, titles[column].title_vi, places.get(column)) for column in columns]


def _empty(column: str, title_vi: str, place: tuple[PageHead, Box] | None) -> KeyedField:
    return KeyedField(column, title_vi, place[1], place[0].page_id) if place else KeyedField(column, title_vi)


def typed_fields(empty: Iterable[KeyedField], form: Mapping[str, str]) -> list[KeyedField]:
    """The fields with what was typed into them, each with what is wrong with it."""
    return [
        _typed(one, form.get(f"value.{one.column}", "").strip(), form.get(f"mark.{one.column}", "")) for one in empty
    ]


def _typed(one: KeyedField, text: str, mark: str) -> KeyedField:
    wrong = ""
    if mark not in ("", *Mark) or len(text) > LONGEST_VALUE or "\x00" in text:
        text, mark, wrong = text[:LONGEST_VALUE].replace("\x00", ""), "", "long"
    elif text and mark:
        wrong = "both"
    elif not text and not mark:
        wrong = "missing"
    return replace(one, text=text, mark=mark, wrong=wrong)
