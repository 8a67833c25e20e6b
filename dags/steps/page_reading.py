"""One page is read: it is laid on a form, its records are kept with what machines read, and made findable.

A record over two pages is read from both at once. Where the other page is not there, cannot be read, or has other row
numbers, the page is set aside with that reason, and the rest of the book goes on.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from connectors.ledger import Ledger
from connectors.ledger.facing_pages import (
    FacingPageRow,
    await_page,
    join_pages,
    leave_to_left,
    locked_beside,
    page_beside,
    take_up,
)
from connectors.ledger.forms import forms_for
from connectors.ledger.page_readings import ClaimedPage, RecordRead, index_readings, keep_readings
from connectors.ledger.pages import master_of, set_aside
from connectors.paper.intake import ScanRefused
from connectors.paper.set_aside import PageSetAside, SetAsideReason
from schemas.keying import Reading
from schemas.register_forms import PageLayout, RegisterForm

if TYPE_CHECKING:
    from connectors.paper.reading import PageReading, RecordReading
    from connectors.paper.recognisers import Recogniser
    from connectors.paper.registration import Registration

log = logging.getLogger(__name__)

NO_FORM = "no_form"
Work = TypeVar("Work")


class PageUnread(Exception):
    """A page that nothing is taken from. `reason_code`: None when a library failed, and the page is tried again."""

    def __init__(self, reason_code: str | None) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code


class Masters:
    """The last master stays open: its pages are read one after another."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._opened, self._scan_id = ledger, ExitStack(), 0
        self._master: Any = None

    def __enter__(self) -> "Masters":
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def image(self, page: ClaimedPage) -> Any:
        """The image of a page. Raises ScanRefused."""
        from connectors.paper.masters import opened

        if self._scan_id != page.scan_id:
            self._opened.close()
            self._scan_id = 0
            content, media_type = master_of(page.connection, self._ledger, page.scan_id)
            self._master = self._opened.enter_context(opened(content, media_type))
            self._scan_id = page.scan_id
        return self._master.page(page.scan_page).image


@dataclass(frozen=True)
class _Sight:
    """A page that is laid on its form."""

    page: ClaimedPage
    image: Any = field(repr=False)
    fits: "tuple[Registration, ...]"

    @property
    def form_code(self) -> str:
        return self.fits[0].form.form_code

    @property
    def side(self) -> int:
        return self.fits[0].page


@dataclass(frozen=True)
class PageReader:
    """What reads the pages of one process. `masters` gives their images."""

    ledger: Ledger
    masters: Masters
    recognisers: "Sequence[Recogniser]"

    def read(self, page: ClaimedPage) -> tuple[dict[str, int], int | None]:
        """Reads a claimed page, and the facing page if its records go on there. Returns counts of pages read, fitted,
        set aside and failed, and of records; and the page that another worker has, which is to be waited for."""
        forms = forms_of_page(page)
        if not forms:
            set_aside(page.connection, page.page_id, NO_FORM)
            return {"set_aside": 1}, None
        try:
            sight = self._seen(page, forms)
            if not self._is_over_two(sight, forms):
                return self._read_alone(sight, forms), None
            return self._read_with_facing(sight, forms)
        except PageUnread as unread:
            return _set_aside(page, unread.reason_code), None

    def _seen(self, page: ClaimedPage, forms: Sequence[RegisterForm]) -> _Sight:
        from connectors.paper.registration import register

        image = self.masters.image
        return _safely(page, lambda: _Sight(page, found := image(page), register(found, forms)))

    def _is_over_two(self, sight: _Sight, forms: Sequence[RegisterForm]) -> bool:
        from connectors.paper.reading import is_over_two_pages

        return is_over_two_pages(sight.fits, forms)

    def _read_alone(self, sight: _Sight, forms: Sequence[RegisterForm]) -> dict[str, int]:
        reading = self._reading_of(sight, forms)
        records = _records(reading.records, _layout(forms, reading.form_code), sight.page.copy_scale)
        self._keep(sight.page, reading, records)
        return {self._done: 1, "records": len(records)}

    def _read_with_facing(self, ours: _Sight, forms: Sequence[RegisterForm]) -> tuple[dict[str, int], int | None]:
        """`ours`: the claimed page. What is wrong with the other one is written there, and here that it is."""
        is_left = ours.side == 0
        beside_id = page_beside(ours.page, 1 if is_left else -1)
        if beside_id is None:
            raise PageUnread(SetAsideReason.FACING_MISSING)
        facing = locked_beside(ours.page, beside_id, is_left=not is_left)
        if facing is None:
            leave_to_left(ours.page)
            return {}, beside_id
        if not facing.is_usable:
            raise PageUnread(SetAsideReason.FACING_ASIDE)
        return self._read_both(ours, facing, forms), None

    def _read_both(self, ours: _Sight, facing: FacingPageRow, forms: Sequence[RegisterForm]) -> dict[str, int]:
        try:
            theirs = self._seen(facing.page, forms)
            if theirs.form_code != ours.form_code or theirs.side == ours.side or len(theirs.fits) > 1:
                raise PageUnread(SetAsideReason.FACING_MISSING)  # the page beside is none of ours: it stays as it is
            take_up(ours.page.connection, facing)
            second = self._reading_of(theirs, forms)
        except PageUnread as unread:
            if unread.reason_code in (None, SetAsideReason.FACING_MISSING):
                raise
            take_up(ours.page.connection, facing)
            counts = _set_aside(facing.page, unread.reason_code)
            return counts | {"set_aside": 1 + _set_aside(ours.page, SetAsideReason.FACING_ASIDE)["set_aside"]}
        try:
            first = self._reading_of(ours, forms)
        except PageUnread:
            set_aside(facing.page.connection, facing.page.page_id, SetAsideReason.FACING_ASIDE)
            raise
        left, right = ((ours, first), (theirs, second)) if ours.side == 0 else ((theirs, second), (ours, first))
        return self._keep_both(left, right, forms)

    def _keep_both(
        self, left: "tuple[_Sight, PageReading]", right: "tuple[_Sight, PageReading]", forms: Sequence[RegisterForm]
    ) -> dict[str, int]:
        from connectors.paper.reading import check_same_rows

        (left_sight, left_read), (right_sight, right_read) = left, right
        try:
            check_same_rows(left_read, right_read)
        except PageSetAside as refused:
            for sight in (left_sight, right_sight):
                set_aside(sight.page.connection, sight.page.page_id, str(refused.reason_code))
            return {"set_aside": 2}
        layout = _layout(forms, left_read.form_code)
        ours = _records(left_read.records, layout, left_sight.page.copy_scale)
        theirs = _records(right_read.records, layout, right_sight.page.copy_scale, is_facing=True)
        self._keep(right_sight.page, right_read, theirs, is_facing=True)
        join_pages(left_sight.page.connection, left_sight.page.page_id, right_sight.page.page_id)
        both = [record.joined_with(facing) for record, facing in zip(ours, theirs, strict=True)]
        self._keep(left_sight.page, left_read, both)
        return {self._done: 2, "records": len(both)}

    @property
    def _done(self) -> str:
        return "read" if self.recognisers else "fitted"

    def _reading_of(self, sight: _Sight, forms: Sequence[RegisterForm]) -> "PageReading":
        from connectors.paper.reading import read_fitted

        return _safely(sight.page, lambda: read_fitted(sight.image, sight.fits, forms, self.recognisers))

    def _keep(
        self, page: ClaimedPage, read: "PageReading", records: "Sequence[_OnCopy]", *, is_facing: bool = False
    ) -> None:
        """Keeps a page with its records; those of a facing page are records of the other page."""
        fit = {**read.fit, "corners_px": _corners(read.fit["corners_px"], page.copy_scale)}
        fit |= {"boxes_px": {str(record.row_number): record.boxes_px for record in records}}
        of_page = [] if is_facing else [RecordRead(record.row_number, record.readings) for record in records]
        kept = keep_readings(page, read.form_code, fit, of_page)
        fresh = {record_id: row for row, record_id in kept.records.items() if record_id in kept.fresh}
        found = [record for record in of_page if record.row_number in fresh.values()]
        preferred = [recogniser.code for recogniser in self.recognisers]
        index_readings(page, kept.fresh, list(_searchable_rows(self.ledger, page, found, kept.records, preferred)))


def await_other_reader(ledger: Ledger, page_id: int) -> None:
    """Waits for the worker that reads the left page, and with it the right one."""
    await_page(ledger, page_id)


def forms_of_page(page: ClaimedPage) -> tuple[RegisterForm, ...]:
    """The forms that the page's book may have, of the package and drawn at the desk."""
    book = page.book
    return forms_for(page.connection, book.book_kind, book.opened_year, page.province_code, page.commune_code)


def _safely(page: ClaimedPage, work: Callable[[], Work]) -> Work:
    """What a library of images gives. Raises PageUnread for whatever it raises: the attempt is counted, the book goes
    on."""
    try:
        return work()
    except (PageSetAside, ScanRefused) as refused:
        raise PageUnread(str(refused.reason_code)) from None
    except Exception as error:
        log.exception("page %s: %s", page.page_id, type(error).__name__)
        raise PageUnread(None) from None


def _set_aside(page: ClaimedPage, reason_code: str | None) -> dict[str, int]:
    if reason_code is None:
        return {"failed": 1}
    set_aside(page.connection, page.page_id, reason_code)
    return {"set_aside": 1}


# What was read, as it lies on the access copy, which is what people see


@dataclass(frozen=True)
class _OnCopy:
    """A record of a page. `row_number`: from 1 in a table, 0 for a whole page."""

    row_number: int
    boxes_px: Mapping[str, tuple[int, int, int, int]]
    readings: Mapping[str, Reading] = field(repr=False)

    def joined_with(self, facing: "_OnCopy") -> "_OnCopy":
        """With the values of the facing page; the boxes are those of this one."""
        assert self.row_number == facing.row_number
        readings = {
            code: Reading(recogniser_code=code, values={**reading.values, **facing.readings[code].values})
            for code, reading in self.readings.items()
        }
        return _OnCopy(self.row_number, self.boxes_px, readings)


def _layout(forms: Sequence[RegisterForm], form_code: str) -> PageLayout:
    return next(form.layout for form in forms if form.form_code == form_code)


def _records(
    records: "Sequence[RecordReading]", layout: PageLayout, scale: float, *, is_facing: bool = False
) -> list[_OnCopy]:
    return [
        _OnCopy(
            0 if layout == PageLayout.FORM else record.row_number,
            {column: _scaled(box, scale) for column, box in record.boxes_px.items()},
            {code: _scaled_reading(reading, scale, is_facing) for code, reading in record.readings.items()},
        )
        for record in records
    ]


def _corners(corners_px: Any, scale: float) -> list[list[float]]:
    return [[round(x * scale, 1), round(y * scale, 1)] for x, y in corners_px]


def _scaled(box: Iterable[int], scale: float) -> tuple[int, int, int, int]:
    left, top, width, height = (round(length * scale) for length in box)
    return left, top, width, height


def _scaled_reading(reading: Reading, scale: float, is_facing: bool) -> Reading:
    values = {
        column: value.model_copy(update={"box_px": _scaled(value.box_px, scale), "is_facing": is_facing})
        for column, value in reading.values.items()
    }
    return Reading(recogniser_code=reading.recogniser_code, values=values)


def _searchable_rows(
    ledger: Ledger, page: ClaimedPage, records: list[RecordRead], ids: Mapping[int, int], preferred: list[str]
) -> Iterator[tuple[Any, ...]]:
    from connectors.ledger.search import searchable_row
    from dags.steps.searching import facts_of_readings

    for record in records:
        in_order = [record.readings[code] for code in preferred if code in record.readings]
        texts = [{column: value.text for column, value in reading.values.items() if value.text} for reading in in_order]
        if any(texts):
            facts = facts_of_readings(page.book, texts)
            yield searchable_row(
                ledger.vault, "reading", ids[record.row_number], page.province_code, page.commune_code, facts
            )
