"""The moves of paper registers: every state of a book, a page and a record, what leads from one to another, and who may
make each move. Read like `schemas.states`.

A record is keyed when somebody needs it, or by the book; it is accepted with its book; then it has a dossier.
"""

from enum import StrEnum

from schemas.states import Mover, StateMachine, move


class BookState(StrEnum):
    """Where a paper register stands."""

    INTAKE = "intake"  # pages come in and are read by machine
    KEYING = "keying"
    SAMPLING = "sampling"  # every record is agreed on; a sample decides
    ACCEPTED = "accepted"


class BookEvent(StrEnum):
    """What happens to a book; events carry these kinds with the prefix `book_`."""

    PAGES_CAME = "pages_came"
    ROWS_CAME = "rows_came"  # in a keyed file, for a book that is sampled or accepted: nobody has looked at these
    READ = "read"  # every page that is there is read, or set aside
    KEYED = "keyed"  # no record is left to be keyed or decided
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class PageState(StrEnum):
    """Where a page of a book stands."""

    RECEIVED = "received"
    FITTED = "fitted"  # its fields are found; no machine reads them here, so it waits for two keyers
    READ = "read"
    SET_ASIDE = "set_aside"  # it cannot be used as it is; `reason_code` says why and what to do
    REPLACED = "replaced"  # a better scan took its place, or it is no page of the book


class PageEvent(StrEnum):
    """What happens to a page; events carry these kinds with the prefix `page_`."""

    FITTED = "fitted"
    READ = "read"
    SET_ASIDE = "set_aside"
    TRIED_AGAIN = "tried_again"
    REPLACED = "replaced"


class RecordState(StrEnum):
    """Where a record of a book stands."""

    UNKEYED = "unkeyed"  # at most a machine has read it: it can be found, and is never given out
    FIRST_KEYED = "first_keyed"  # one of two persons has keyed it
    DIFFERS = "differs"  # a third person decides
    AGREED = "agreed"
    HELD = "held"  # checks found fault; a person decides
    ACCEPTED = "accepted"  # its book was accepted: it may be given out and sent
    ENTERED = "entered"  # it has a dossier, which takes the way of all dossiers


class RecordEvent(StrEnum):
    """What happens to a record; events carry these kinds with the prefix `record_`."""

    KEYED = "keyed"
    DECIDED = "decided"
    HELD = "held"
    RELEASED = "released"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    ENTERED = "entered"


_K, _KE, _M = BookState, BookEvent, Mover
BOOK: StateMachine[BookState, BookEvent] = StateMachine(
    "book",
    BookState,
    frozenset({_K.INTAKE}),
    (
        move(_KE.PAGES_CAME, {_K.INTAKE, _K.KEYING, _K.SAMPLING}, _K.INTAKE, _M.DIGITISE),
        move(_KE.ROWS_CAME, {_K.SAMPLING, _K.ACCEPTED}, _K.KEYING, _M.LOAD),
        move(_KE.READ, {_K.INTAKE}, _K.KEYING, _M.DIGITISE),
        move(_KE.KEYED, {_K.INTAKE, _K.KEYING}, _K.SAMPLING, _M.KEYER, _M.LOAD),
        move(_KE.ACCEPTED, {_K.SAMPLING}, _K.ACCEPTED, _M.ARCHIVIST),
        move(_KE.REJECTED, {_K.SAMPLING}, _K.KEYING, _M.ARCHIVIST),
    ),
)

_P, _PE = PageState, PageEvent
PAGE: StateMachine[PageState, PageEvent] = StateMachine(
    "page",
    PageState,
    frozenset({_P.RECEIVED}),
    (
        move(_PE.FITTED, {_P.RECEIVED}, _P.FITTED, _M.DIGITISE),
        move(_PE.READ, {_P.RECEIVED, _P.FITTED}, _P.READ, _M.DIGITISE),
        move(_PE.SET_ASIDE, {_P.RECEIVED, _P.FITTED, _P.READ}, _P.SET_ASIDE, _M.DIGITISE, _M.ARCHIVIST),
        move(_PE.TRIED_AGAIN, {_P.SET_ASIDE}, _P.RECEIVED, _M.DIGITISE, _M.ARCHIVIST),
        move(_PE.REPLACED, {_P.SET_ASIDE}, _P.REPLACED, _M.DIGITISE, _M.ARCHIVIST),
    ),
)

_C, _CE = RecordState, RecordEvent
RECORD: StateMachine[RecordState, RecordEvent] = StateMachine(
    "record",
    RecordState,
    frozenset({_C.UNKEYED, _C.AGREED, _C.HELD}),
    (
        move(_CE.KEYED, {_C.UNKEYED}, _C.FIRST_KEYED, _M.KEYER),
        move(_CE.KEYED, {_C.UNKEYED, _C.FIRST_KEYED}, _C.DIFFERS, _M.KEYER),
        move(_CE.KEYED, {_C.UNKEYED, _C.FIRST_KEYED}, _C.AGREED, _M.KEYER),
        move(_CE.DECIDED, {_C.DIFFERS}, _C.AGREED, _M.KEYER),
        move(_CE.HELD, {_C.AGREED}, _C.HELD, _M.CHECK),
        move(_CE.RELEASED, {_C.HELD}, _C.AGREED, _M.STEWARD, _M.ARCHIVIST),
        move(_CE.ACCEPTED, {_C.AGREED}, _C.ACCEPTED, _M.ARCHIVIST),
        move(_CE.RETURNED, {_C.AGREED, _C.HELD, _C.DIFFERS}, _C.UNKEYED, _M.ARCHIVIST),
        move(_CE.ENTERED, {_C.ACCEPTED}, _C.ENTERED, _M.DELIVER),
    ),
)
