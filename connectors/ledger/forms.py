"""Forms of register pages in the ledger: editions that were drawn at the desk, beside those of the package.

An edition is never changed or deleted: what was read with it keeps naming it. It counts for the books of a place, so
that nobody changes how the books of others are read.
"""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, text

from connectors.ledger import Ledger
from schemas.register_forms import FormDraft, RegisterForm, forms_of, newest_editions, register_forms

log = logging.getLogger(__name__)

FORM_SAVED = "form_saved"
EVERYWHERE = ""

KEPT = text("""
    SELECT form_code, place_code, definition, page_id, saved_by, saved_at FROM register_forms
     WHERE (CAST(:form_code AS text) IS NULL OR form_code = :form_code)
       AND (CAST(:places AS text[]) IS NULL OR place_code = ANY(:places))
     ORDER BY form_name, edition""")
LOCK = text("LOCK TABLE register_forms IN SHARE ROW EXCLUSIVE MODE")
LAST_EDITION = text("SELECT coalesce(max(edition), 0) FROM register_forms WHERE form_name = :form_name")
NAMES = text("SELECT DISTINCT form_name FROM register_forms WHERE form_name LIKE :prefix")
SAVE = text("""
    INSERT INTO register_forms (form_code, form_name, edition, book_kind, place_code, definition, page_id, saved_by)
    VALUES (:form_code, :form_name, :edition, :book_kind, :place_code, CAST(:definition AS jsonb), :page_id, :saved_by)
    RETURNING form_id""")
NOTE = text(f"""
    INSERT INTO events (subject_kind, subject_id, kind, actor, detail)
    VALUES ('form', :form_id, '{FORM_SAVED}', :actor, CAST(:detail AS jsonb))""")


class FormMoved(Exception):
    """Another edition was saved meanwhile, or the name of a new form is taken: nothing is written."""


@dataclass(frozen=True)
class KeptForm:
    """An edition and where it comes from. `place_code`: of today, for whose books it is; "" for all books. Of one of
    the package `saved_by` and `saved_at` are None. `page_id`: the page on which it was drawn."""

    form: FormDraft
    place_code: str = EVERYWHERE
    page_id: int | None = None
    saved_by: str | None = None
    saved_at: datetime | None = None


def places_over(province_code: str, commune_code: str | None) -> list[str]:
    """The places whose forms count for a book of this place."""
    return [EVERYWHERE, province_code, *([commune_code] if commune_code else [])]


def forms_for(
    connection: Connection, book_kind: str, opened_year: int, province_code: str, commune_code: str | None
) -> tuple[RegisterForm, ...]:
    """The forms that a book may have, of the package and drawn: the newest edition of each that is for its place."""
    kept = _kept(connection, places=places_over(province_code, commune_code))
    return forms_of(book_kind, opened_year, _usable(row.form for row in kept))


def form_named(connection: Connection, form_code: str) -> KeptForm | None:
    """An edition, also one that another has superseded; None when there is none of this code."""
    if (form := register_forms().get(form_code)) is not None:
        return KeptForm(form)
    return next(iter(_kept(connection, form_code=form_code)), None)


def all_forms(ledger: Ledger) -> list[KeptForm]:
    """Every edition, of the package and drawn, by name and edition."""
    with ledger.engine.connect() as connection:
        kept = [*(KeptForm(form) for form in register_forms().values()), *_kept(connection)]
    return sorted(kept, key=lambda row: (row.form.name, row.form.edition))


def save_form(
    ledger: Ledger,
    draft: FormDraft,
    *,
    based_on: str | None,
    places: Iterable[str],
    place_code: str,
    actor: str,
    page_id: int | None = None,
) -> RegisterForm:
    """Saves a draft as the next edition of its name, with an event, and returns that edition.

    `based_on`: the edition that was corrected; None for a new form. `places`: those whose editions count at
    `place_code`, by `places_over`. Raises ValidationError for a draft with problems, and FormMoved when `based_on` is
    not the newest edition there, or the name of a new form is taken.
    """
    with ledger.engine.begin() as connection:
        connection.execute(LOCK)  # editions are numbered one after another
        _check_base(connection, draft.name, based_on, [*places])
        edition = 1 + max(_last_edition(connection, draft.name), draft.name in register_forms())
        code = draft.name if edition == 1 else f"{draft.name}.{edition}"
        form = RegisterForm.model_validate({**draft.model_dump(), "form_code": code})
        row = {
            "form_code": code,
            "form_name": form.name,
            "edition": edition,
            "book_kind": form.book_kind,
            "place_code": place_code,
            "definition": form.model_dump_json(),
            "page_id": page_id,
            "saved_by": actor,
        }
        form_id = connection.execute(SAVE, row).scalar_one()
        detail = {"form": code, "boxes": len(form.boxes), "place": place_code, "supersedes": based_on}
        connection.execute(NOTE, {"form_id": form_id, "actor": actor, "detail": json.dumps(detail)})
    return form


def new_form_name(ledger: Ledger, book_kind: str) -> str:
    """A name for a new form of a kind of book that no form has yet: `ks_ve_3`."""
    prefix = f"{book_kind.lower()}_ve_"
    with ledger.engine.connect() as connection:
        names = set(connection.execute(NAMES, {"prefix": f"{prefix}%"}).scalars())
    number = 1
    while f"{prefix}{number}" in names:
        number += 1
    return f"{prefix}{number}"


def _check_base(connection: Connection, name: str, based_on: str | None, places: list[str]) -> None:
    kept = [row.form for row in _kept(connection, places=places) if row.form.name == name]
    newest = newest_editions([*_usable(kept), *(form for form in register_forms().values() if form.name == name)])
    current = newest[name].form_code if name in newest else None
    is_taken = current is None and based_on is None and bool(_last_edition(connection, name))
    if current != based_on or is_taken:
        raise FormMoved(current or name)


def _last_edition(connection: Connection, name: str) -> int:
    return int(connection.execute(LAST_EDITION, {"form_name": name}).scalar_one())


def _kept(connection: Connection, *, form_code: str | None = None, places: list[str] | None = None) -> list[KeptForm]:
    rows = connection.execute(KEPT, {"form_code": form_code, "places": places}).all()
    return [_opened(row) for row in rows]


def _opened(row: Any) -> KeptForm:
    form = FormDraft.model_validate(row.definition)
    return KeptForm(form, row.place_code, row.page_id, row.saved_by, row.saved_at)


def _usable(forms: Iterable[FormDraft]) -> list[RegisterForm]:
    """Those that pages can be read with: a rule that came after an edition was saved may forbid it, which is logged."""
    usable = []
    for form in forms:
        try:
            usable.append(RegisterForm.model_validate(form.model_dump()))
        except ValidationError:
            log.warning("the form %s has a problem and reads no page: correct it at the desk", form.form_code)
    return usable
