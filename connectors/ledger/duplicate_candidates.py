"""Duplicate candidates: blind indexes find dossiers that may be about one person, and a person decides about each pair.

A blind index is a keyed digest (`Vault.blind_index`) of something a dossier says: a number, a notice, a name with a
day. Two dossiers that share one are candidates, and only those are opened. Without the vault's key a blind index says
nothing, so nobody can read the table or try values out. Erasing a dossier deletes its blind indexes.

A decision stays: comparing again neither reopens a decided pair nor makes a second one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import text

from connectors.ledger import Ledger, copy_rows
from schemas.states import DOSSIER, DossierEvent, DossierState, listed
from schemas.tables import blind_indexes

PairDecision = Literal["same", "different"]
BlindIndex = tuple[str, str]
"""Its kind, and the text of which the digest is made."""

ENTRY = "entry"
"""The kind of blind index that is made of a registry entry. All other kinds are made of what a dossier says."""
MOST_CANDIDATES = 50
"""One blind index leads to at most so many candidates, the newest: a number in hundreds of dossiers is no person's."""

ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('blind_indexes', 0))")
"""One transaction at a time writes blind indexes: two workers may examine one dossier, and COPY has no ON CONFLICT."""
KEPT = text("SELECT dossier_id, kind, digest FROM blind_indexes WHERE dossier_id = ANY(:ids) AND kind <> :entry")
FORGET = text("""
    DELETE FROM blind_indexes t
     USING unnest(CAST(:ids AS bigint[]), CAST(:kinds AS text[]), CAST(:digests AS bytea[]))
           AS u(dossier_id, kind, digest)
     WHERE (t.dossier_id, t.kind, t.digest) = (u.dossier_id, u.kind, u.digest)""")
FIND = text("""
    SELECT a.dossier_id, b.dossier_id AS other_id, array_agg(DISTINCT a.kind) AS kinds,
           max(l.decided_as) AS decided_as
      FROM blind_indexes a
     CROSS JOIN LATERAL (SELECT dossier_id FROM blind_indexes
                          WHERE digest = a.digest AND kind = a.kind AND dossier_id <> a.dossier_id
                          ORDER BY dossier_id + 0 DESC LIMIT :most) b
      JOIN dossiers o ON o.dossier_id = b.dossier_id AND o.state <> 'closed'
      LEFT JOIN duplicate_candidates l ON l.dossier_id = least(a.dossier_id, b.dossier_id)
                            AND l.other_id = greatest(a.dossier_id, b.dossier_id)
     WHERE a.dossier_id = ANY(:ids) AND a.kind <> :entry
     GROUP BY 1, 2 ORDER BY 1, 2""")
"""`+ 0` keeps the planner of a table without statistics from reading it from the newest dossier down."""
ENTER = text("""
    INSERT INTO blind_indexes SELECT dossier_id, :entry, digest
      FROM unnest(CAST(:ids AS bigint[]), CAST(:digests AS bytea[])) AS u(dossier_id, digest) ORDER BY digest
    ON CONFLICT DO NOTHING""")
SAME_ENTRY = text("""
    SELECT a.dossier_id, min(b.dossier_id) AS other_id FROM blind_indexes a JOIN blind_indexes b USING (digest, kind)
     WHERE a.dossier_id = ANY(:ids) AND a.kind = :entry AND b.dossier_id <> a.dossier_id
     GROUP BY 1 ORDER BY 1""")
AGAIN = text(f"""
    WITH again AS (
        UPDATE dossiers SET state = '{DOSSIER.after(DossierEvent.UNPAIRED)}' WHERE dossier_id IN (
        SELECT d.dossier_id FROM duplicate_candidates l JOIN dossiers d ON d.dossier_id = l.other_id
          JOIN keys k ON k.dossier_id = d.dossier_id
         WHERE l.dossier_id = ANY(:ids) AND l.other_id <> ALL(:ids) AND l.kind = 'duplicate' AND l.decided_as IS NULL
           AND d.state IN ({listed(DOSSIER.before(DossierEvent.UNPAIRED))}) AND k.wrapped IS NOT NULL
           AND NOT EXISTS (
               SELECT FROM unnest(CAST(:ones AS bigint[]), CAST(:others AS bigint[]), CAST(:kinds AS text[]))
                           AS u(one, other, kind)
                WHERE u.one = l.dossier_id AND u.other = l.other_id AND u.kind = 'duplicate')
         ORDER BY d.dossier_id FOR UPDATE OF d) RETURNING dossier_id)
    INSERT INTO events (dossier_id, kind) SELECT dossier_id, '{DossierEvent.UNPAIRED}' FROM again""")
"""Of a pair the later dossier is held. When the earlier one is no longer its duplicate, the later one is examined
again, so that it does not stay held."""
NO_MORE = text("""
    DELETE FROM duplicate_candidates l
     WHERE (l.dossier_id = ANY(:ids) OR l.other_id = ANY(:ids)) AND l.decided_as IS NULL
       AND NOT EXISTS (SELECT FROM unnest(CAST(:ones AS bigint[]), CAST(:others AS bigint[])) AS u(one, other)
                        WHERE u.one = l.dossier_id AND u.other = l.other_id)""")
SAVE = text("""
    INSERT INTO duplicate_candidates (dossier_id, other_id, kind, probability)
    SELECT one, other, kind, probability
      FROM unnest(CAST(:ones AS bigint[]), CAST(:others AS bigint[]), CAST(:kinds AS text[]),
                  CAST(:probabilities AS float8[])) AS u(one, other, kind, probability)
     ORDER BY one, other
    ON CONFLICT (dossier_id, other_id) DO UPDATE SET kind = excluded.kind, probability = excluded.probability
     WHERE duplicate_candidates.decided_as IS NULL
       AND (duplicate_candidates.kind, duplicate_candidates.probability)
           IS DISTINCT FROM (excluded.kind, excluded.probability)""")
UNDECIDED = text("""
    SELECT l.dossier_id, l.other_id, l.kind, l.probability, d.portal_code, d.dossier_code, d.commune_code,
           o.portal_code AS other_portal_code, o.dossier_code AS other_code, o.commune_code AS other_commune_code
      FROM duplicate_candidates l JOIN dossiers d USING (dossier_id) JOIN dossiers o ON o.dossier_id = l.other_id
     WHERE l.decided_as IS NULL AND l.kind = ANY(:kinds) AND (l.dossier_id, l.other_id) > (:after, :after_other)
       AND ('' = ANY(:places) OR d.portal_code = ANY(:places) OR d.commune_code = ANY(:places)
            OR o.portal_code = ANY(:places) OR o.commune_code = ANY(:places))
     ORDER BY l.dossier_id, l.other_id LIMIT :limit""")
OF_DOSSIER = text("""
    SELECT l.dossier_id, l.other_id, l.decided_as, d.portal_code, d.dossier_code
      FROM duplicate_candidates l
      JOIN dossiers d ON d.dossier_id = CASE l.dossier_id WHEN :id THEN l.other_id ELSE l.dossier_id END
     WHERE :id IN (l.dossier_id, l.other_id) AND l.kind = 'duplicate' ORDER BY l.dossier_id, l.other_id LIMIT :most""")
DECIDE = text(f"""
    WITH decided AS (
        UPDATE duplicate_candidates SET decided_as = :as, decided_by = :actor, decided_at = clock_timestamp()
         WHERE dossier_id = :one AND other_id = :other AND decided_as IS DISTINCT FROM :as
        RETURNING dossier_id, other_id),
    again AS (
        UPDATE dossiers d SET state = '{DossierState.PULLED}' FROM decided
         WHERE d.dossier_id IN (decided.dossier_id, decided.other_id)
           AND d.state IN ({listed(DOSSIER.before(DossierEvent.DUPLICATE_DECIDED, DossierState.PULLED))})
           AND EXISTS (SELECT FROM keys k WHERE k.dossier_id = d.dossier_id AND k.wrapped IS NOT NULL))
    INSERT INTO events (dossier_id, kind, actor, detail)
    SELECT u.dossier_id, '{DossierEvent.DUPLICATE_DECIDED}', :actor,
           jsonb_build_object('other', u.other, 'as', CAST(:as AS text))
      FROM decided, LATERAL (VALUES (dossier_id, other_id), (other_id, dossier_id)) AS u(dossier_id, other)
    RETURNING dossier_id""")
"""Dossiers that were held as possible duplicates are examined again, now with the decision."""


@dataclass(frozen=True)
class MatchedPair:
    """Two dossiers that share blind indexes of these kinds. `decided_as`: what a person decided, `same` or `different`;
    None while nobody has."""

    dossier_id: int
    other_id: int
    kinds: frozenset[str]
    decided_as: str | None


@dataclass(frozen=True)
class DuplicateCandidate:
    """The result of comparing two dossiers; `dossier_id` is the smaller id. `kind`: `duplicate` or another kind of
    pair; `probability`: from 0 to 1."""

    dossier_id: int
    other_id: int
    kind: str
    probability: float

    @classmethod
    def of(cls, one: int, other: int, kind: str, probability: float) -> "DuplicateCandidate":
        return cls(min(one, other), max(one, other), kind, probability)


@dataclass(frozen=True)
class Double:
    """A dossier that may be a duplicate of the one asked about, and what was decided about the two, in codes. The pair
    is named by its two ids, the smaller first; `portal_code` and `dossier_code` are the other dossier's."""

    dossier_id: int
    other_id: int
    decided_as: str | None
    portal_code: str
    dossier_code: str


@dataclass(frozen=True)
class Undecided:
    """A pair that waits for a person, in codes. `other_*`: of the dossier with the larger id."""

    dossier_id: int
    other_id: int
    kind: str
    probability: float
    portal_code: str
    dossier_code: str
    commune_code: str | None
    other_portal_code: str
    other_code: str
    other_commune_code: str | None


def remember(ledger: Ledger, blind_indexes_of: Mapping[int, Iterable[BlindIndex]]) -> None:
    """Keeps the blind indexes of dossiers, by id, and deletes those of earlier versions. A repeat changes nothing."""
    newest = set(_digested(ledger, blind_indexes_of))
    with ledger.engine.begin() as connection:
        connection.execute(ALONE)
        rows = connection.execute(KEPT, {"ids": list(blind_indexes_of), "entry": ENTRY})
        kept = {(row.dossier_id, row.kind, bytes(row.digest)) for row in rows}
        if gone := kept - newest:
            ids, kinds, digests = zip(*gone, strict=True)
            connection.execute(FORGET, {"ids": list(ids), "kinds": list(kinds), "digests": list(digests)})
        if new := newest - kept:
            copy_rows(connection, blind_indexes, ("dossier_id", "kind", "digest"), sorted(new))


def find_matches(ledger: Ledger, dossier_ids: Sequence[int]) -> list[MatchedPair]:
    """The candidates for each of these dossiers, by their kept blind indexes; dossiers closed at their portal do not
    count."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(FIND, {"ids": list(dossier_ids), "entry": ENTRY, "most": MOST_CANDIDATES})
        return [MatchedPair(row.dossier_id, row.other_id, frozenset(row.kinds), row.decided_as) for row in rows]


def save_candidates(ledger: Ledger, dossier_ids: Sequence[int], candidates: Sequence[DuplicateCandidate]) -> None:
    """Keeps all candidates of these dossiers. Undecided pairs that are not among them are deleted, decided ones stay. A
    later dossier that was held for a deleted pair is examined again."""
    pairs = {"ones": [pair.dossier_id for pair in candidates], "others": [pair.other_id for pair in candidates]}
    kinds = {"kinds": [pair.kind for pair in candidates]}
    with ledger.engine.begin() as connection:
        connection.execute(AGAIN, {"ids": list(dossier_ids), **pairs, **kinds})
        connection.execute(NO_MORE, {"ids": list(dossier_ids), **pairs})
        if candidates:
            probabilities = [pair.probability for pair in candidates]
            connection.execute(SAVE, {**pairs, **kinds, "probabilities": probabilities})


def undecided(
    ledger: Ledger,
    places: Sequence[str] = ("",),
    kinds: Sequence[str] = ("duplicate",),
    limit: int = 100,
    after: tuple[int, int] = (0, 0),
) -> list[Undecided]:
    """Pairs that wait for a person, ordered by their ids, those that come after the pair `after`. `places`: provinces
    or communes, "" for all; one of the two dossiers must be from there."""
    values = {"places": list(places), "kinds": list(kinds), "limit": limit, "after": after[0], "after_other": after[1]}
    with ledger.engine.connect() as connection:
        return [Undecided(**row._mapping) for row in connection.execute(UNDECIDED, values)]


def duplicates_of(ledger: Ledger, dossier_id: int) -> list[Double]:
    """The dossiers that may be duplicates of this one, decided or not."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(OF_DOSSIER, {"id": dossier_id, "most": MOST_CANDIDATES})
        return [Double(**row._mapping) for row in rows]


def decide(ledger: Ledger, dossier_id: int, other_id: int, decided_as: PairDecision, actor: str) -> bool:
    """Keeps what a person decided about a pair; those of the two dossiers that are held are examined again.

    False when there is no such pair, or it was decided so already. A later, different decision replaces an earlier one,
    and both are events of both dossiers.
    """
    smaller_id, larger_id = sorted((dossier_id, other_id))
    values = {"one": smaller_id, "other": larger_id, "as": decided_as, "actor": actor}
    with ledger.engine.begin() as connection:
        return bool(connection.execute(DECIDE, values).all())


def enter(ledger: Ledger, entries: Mapping[int, str]) -> list[tuple[int, int]]:
    """Keeps the registry entries that dossiers were given, by dossier: kind, place, book and number as one text.
    Returns each dossier whose entry another dossier has already, with that other one. A repeat returns the same
    pairs."""
    with ledger.engine.begin() as connection:
        digested = _digested(ledger, {dossier_id: [(ENTRY, entry)] for dossier_id, entry in entries.items()})
        given = {"ids": [dossier_id for dossier_id, _, _ in digested], "digests": [digest for _, _, digest in digested]}
        connection.execute(ENTER, {"entry": ENTRY, **given})
        rows = connection.execute(SAME_ENTRY, {"ids": list(entries), "entry": ENTRY})
        return [(row.dossier_id, row.other_id) for row in rows]


def _digested(ledger: Ledger, blind_indexes_of: Mapping[int, Iterable[BlindIndex]]) -> list[tuple[int, str, bytes]]:
    blind_index = ledger.vault.blind_index
    return [
        (dossier_id, kind, blind_index(kind, content))
        for dossier_id, kept in blind_indexes_of.items()
        for kind, content in kept
    ]
