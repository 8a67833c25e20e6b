"""Who may do what at the desk and where, and the log of every access to a person's data and of every refused one.

A grant is a user, a role and a place: empty is everywhere, two digits are a province (that of the portal), five digits
a commune (the one that received the dossier). Grants are never deleted: a revoked one says by whom and when.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.portals.provinces import BOOKS
from schemas.places import commune_on, communes_of
from schemas.roles import May, Reach, Role

PLACE_CODE = re.compile(r"|\d{2}|\d{5}")
LONGEST_NAME = 200
OF_PORTALS = frozenset({May.SUPPLEMENT})
"""Acts that only the dossier of a portal has: behind the record of a paper book is no citizen who could answer."""
TODAY = date(9999, 12, 30)
"""A day on which the units of today stand: theirs have no last day."""

GRANT = text("""
    INSERT INTO grants (user_name, role, place_code, granted_by)
    SELECT :user_name, :role, :place_code, :granted_by
     WHERE NOT EXISTS (SELECT FROM grants WHERE user_name = :user_name AND role = :role AND place_code = :place_code
                          AND revoked_at IS NULL)""")
REVOKE = text("""
    UPDATE grants SET revoked_by = :revoked_by, revoked_at = clock_timestamp()
     WHERE user_name = :user_name AND role = :role AND place_code = :place_code AND revoked_at IS NULL""")
OF_USER = text("SELECT role, place_code FROM grants WHERE user_name = :user_name AND revoked_at IS NULL")
ALL = text("""
    SELECT user_name, role, place_code, granted_by, granted_at, revoked_by, revoked_at FROM grants
     ORDER BY revoked_at IS NOT NULL, user_name, role, place_code, grant_id""")
NOTE = text("""
    INSERT INTO accesses (actor, what, dossier_id, was_allowed, detail)
    SELECT :actor, :what, dossier_id, :was_allowed, :detail FROM unnest(CAST(:ids AS bigint[])) AS u(dossier_id)""")
NOTE_SUBJECT = text("""
    INSERT INTO accesses (actor, what, subject_kind, subject_id, was_allowed, detail)
    SELECT CAST(:actor AS text), CAST(:what AS text), CAST(:subject_kind AS text), CAST(:subject_id AS bigint), TRUE,
           :detail
     WHERE NOT EXISTS (SELECT FROM accesses
                        WHERE subject_kind = :subject_kind AND subject_id = :subject_id AND actor = :actor
                          AND what = :what AND detail = :detail
                          AND happened_at > clock_timestamp() - interval '10 minutes')""")
NOTED = text("""
    SELECT a.access_id, a.happened_at, a.actor, a.what, a.was_allowed, a.detail, d.portal_code, d.dossier_code
      FROM accesses a LEFT JOIN dossiers d USING (dossier_id)
     WHERE (:before = 0 OR a.access_id < :before) AND (:actor = '' OR a.actor = :actor)
       AND (NOT :refused OR NOT a.was_allowed)
     ORDER BY a.access_id DESC LIMIT :limit""")


@dataclass(frozen=True)
class Grant:
    """One grant as the ledger keeps it. `revoked_by`, `revoked_at`: None while it is in force."""

    user_name: str
    role: str
    place_code: str
    granted_by: str
    granted_at: datetime
    revoked_by: str | None
    revoked_at: datetime | None


@dataclass(frozen=True)
class Condition:
    """A condition in SQL, and the values of its parameters."""

    sql: str
    values: dict[str, Any]


def within(reach: Reach, act: May | None, alias: str) -> Condition:
    """Where a user may do this act, as a condition on `portal_code` and `commune_code` of `alias`. With None: where the
    user may do anything at all (for counts, which every role sees). A reach without a place matches no row."""
    places = reach.places(act)
    if "" in places:
        return Condition("TRUE", {})
    provinces = [place for place in places if len(place) == 2]
    communes = [place for place in places if len(place) == 5]
    values: dict[str, Any] = {"_provinces": provinces}
    sql = f"{alias}.portal_code = ANY(:_provinces)"
    if communes:
        sql += f" OR {alias}.commune_code = ANY(:_communes)"
        values["_communes"] = communes
    if provinces:
        sql += f" OR ({alias}.portal_code = '{BOOKS}' AND {alias}.commune_code = ANY(:_book_communes))"
        values["_book_communes"] = _communes_in(*sorted(provinces))
    return Condition(f"({sql})", values)


@cache
def _communes_in(*province_codes: str) -> list[str]:
    """The communes of today of these provinces. The records of paper books have no portal: a province is granted by
    its communes."""
    return [commune.code for code in province_codes for commune in communes_of(code, TODAY)]


def places_with_books(reach: Reach, act: May) -> list[str]:
    """Where a user may do this: the granted places, and the communes that keep the books of granted provinces."""
    places = reach.places(act)
    provinces = sorted(place for place in places if len(place) == 2)
    return sorted(places.union(_communes_in(*provinces)))


def may_here(reach: Reach, act: May, portal_code: str, commune_code: str | None) -> bool:
    """Whether a user may do this to a dossier of this portal, or to the record of a book that this commune keeps."""
    if portal_code == BOOKS and act in OF_PORTALS:
        return False
    return reach.may(act, _granted_place(portal_code, commune_code), commune_code)


def _granted_place(portal_code: str, commune_code: str | None) -> str | None:
    """The place by which a grant for a province reaches a dossier: its portal, or, for the record of a paper book, the
    province of the commune that keeps the book; None when that is not known."""
    if portal_code != BOOKS:
        return portal_code
    commune = commune_on(commune_code or "", TODAY)
    return commune.province_code if commune else None


@dataclass(frozen=True)
class Noted:
    """A line of the access log, in codes. `what`: the page or the act; `was_allowed`: False for a refused try."""

    access_id: int
    happened_at: datetime
    actor: str
    what: str
    was_allowed: bool
    detail: str
    portal_code: str | None
    dossier_code: str | None


def grant(ledger: Ledger, user_name: str, role: str, place_code: str, granted_by: str) -> bool:
    """Gives a user a role at a place; False when the user has it. Raises ValueError for an invalid role, place or
    name."""
    values = _checked(user_name, role, place_code)
    with ledger.engine.begin() as connection:
        return connection.execute(GRANT, {**values, "granted_by": granted_by}).rowcount == 1


def revoke(ledger: Ledger, user_name: str, role: str, place_code: str, revoked_by: str) -> bool:
    """Takes a role back; False when the user does not have it. Raises ValueError as `grant` does."""
    values = _checked(user_name, role, place_code)
    with ledger.engine.begin() as connection:
        return connection.execute(REVOKE, {**values, "revoked_by": revoked_by}).rowcount > 0


def _checked(user_name: str, role: str, place_code: str) -> dict[str, str]:
    name = user_name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError("a user's name is one to 200 printable characters")
    if role not in set(Role):
        raise ValueError(f"no role {role}: {', '.join(Role)}")
    if not PLACE_CODE.fullmatch(place_code):
        raise ValueError(f"no place {place_code}: two digits a province, five a commune, nothing everywhere")
    return {"user_name": name, "role": role, "place_code": place_code}


def grants_of(ledger: Ledger, user_name: str) -> Reach:
    """What a user may do now; nothing when the user has no grant."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(OF_USER, {"user_name": user_name}).all()
    return Reach(user_name, frozenset((Role(row.role), row.place_code) for row in rows))


def all_grants(ledger: Ledger) -> list[Grant]:
    """Every grant; those in force come first."""
    with ledger.engine.connect() as connection:
        return [Grant(**row._mapping) for row in connection.execute(ALL)]


def note_access(
    ledger: Ledger,
    actor: str,
    what: str,
    dossier_ids: Sequence[int | None] = (None,),
    *,
    was_allowed: bool = True,
    detail: str = "",
) -> None:
    """Writes who looked at what, or tried to; `what` and `detail` are codes. A repeat is another line."""
    values = {"actor": actor[:LONGEST_NAME], "what": what, "was_allowed": was_allowed, "detail": detail[:100]}
    with ledger.engine.begin() as connection:
        connection.execute(NOTE, {**values, "ids": list(dossier_ids)})


def note_subject(
    ledger: Ledger, actor: str, what: str, subject_kind: str, subject_id: int, *, detail: str = ""
) -> None:
    """Writes who looked at a book, a page or a record (`subject_kind`); `what` and `detail` are codes. A page of fields
    asks for an image of each: a repeat within ten minutes is the same look."""
    values = {
        "actor": actor[:LONGEST_NAME],
        "what": what,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "detail": detail[:100],
    }
    with ledger.engine.begin() as connection:
        connection.execute(NOTE_SUBJECT, values)


def accesses(
    ledger: Ledger, *, before: int = 0, actor: str = "", refused: bool = False, limit: int = 100
) -> list[Noted]:
    """The newest lines of the log. `before`: only lines with a smaller id, 0 for all; `actor`: only of this user, empty
    for all; `refused`: only refused tries."""
    values = {"before": before, "actor": actor, "refused": refused, "limit": limit}
    with ledger.engine.connect() as connection:
        return [Noted(**row._mapping) for row in connection.execute(NOTED, values)]
