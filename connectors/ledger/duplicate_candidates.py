"""Duplicate candidates: dossiers that may be about one person are found by blind indexes, and a person decides about each pair.

A blind index is a keyed digest (`Vault.blind_index`) of something a dossier says: a number, a notice, a name with a day. Two
dossiers that share one are candidates, and only those are opened. Without the vault's key a blind index says nothing, so the
table can be neither read nor tried out; erasing a dossier deletes its blind indexes.

A decision stays: looking again neither reopens a decided pair nor makes a second one.
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
"""What kind it is, and the text of which the digest is made."""

ENTRY = "entry"
"""The kind of blind index that a registration leaves; the others come from what the dossier says."""
MOST_ALIKE = 50
"""Candidates that one blind index leads to at most, the newest: a number in hundreds of dossiers is no person's."""

ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('blind_indexes', 0))")
"""Whoever writes blind indexes is alone: two workers may look at one dossier, and COPY knows no conflict."""
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
"""`+ 0`, so that a table without statistics is not walked from its newest dossier down."""
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
"""Of a pair the later one is held. When the earlier one is no longer its duplicate, it must not stay held for it."""
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
       AND (duplicate_candidates.kind, duplicate_candidates.probability) IS DISTINCT FROM (excluded.kind, excluded.probability)""")
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
    SELECT u.dossier_id, '{DossierEvent.DUPLICATE_DECIDED}', :actor, jsonb_build_object('other', u.other, 'as', CAST(:as AS text))
      FROM decided, LATERAL (VALUES (dossier_id, other_id), (other_id, dossier_id)) AS u(dossier_id, other)
    RETURNING dossier_id""")
"""What was held as a possible duplicate is looked at again, now with the decision."""


@dataclass(frozen=True)
class MatchedPair:
    """A candidate: two dossiers that share blind indexes of these kinds, and what was decided about them, if anything."""

    dossier_id: int
    other_id: int
    kinds: frozenset[str]
    decided_as: str | None


@dataclass(frozen=True)
class DuplicateCandidate:
    """What came of comparing two; the smaller id first."""

    dossier_id: int
    other_id: int
    kind: str
    probability: float

    @classmethod
    def of(cls, one: int, other: int, kind: str, probability: float) -> "DuplicateCandidate":
        return cls(min(one, other), max(one, other), kind, probability)


@dataclass(frozen=True)
class Double:
    """A dossier that may be the same as one in hand, and what was decided about the two: codes only. The pair is known
    by its two ids, the smaller first."""

    dossier_id: int
    other_id: int
    decided_as: str | None
    portal_code: str
    dossier_code: str


@dataclass(frozen=True)
class Undecided:
    """A pair that waits for a person: codes only."""

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
    """Keeps the blind indexes of dossiers, by id, and forgets what an earlier version left. A repeat changes nothing."""
    said = set(_digested(ledger, blind_indexes_of))
    with ledger.engine.begin() as connection:
        connection.execute(ALONE)
        rows = connection.execute(KEPT, {"ids": list(blind_indexes_of), "entry": ENTRY})
        kept = {(row.dossier_id, row.kind, bytes(row.digest)) for row in rows}
        if gone := kept - said:
            ids, kinds, digests = zip(*gone, strict=True)
            connection.execute(FORGET, {"ids": list(ids), "kinds": list(kinds), "digests": list(digests)})
        if new := said - kept:
            copy_rows(connection, blind_indexes, ("dossier_id", "kind", "digest"), sorted(new))


def find_matches(ledger: Ledger, dossier_ids: Sequence[int]) -> list[MatchedPair]:
    """The candidates for each of these dossiers, whose blind indexes are kept; those closed at their portal do not count."""
    with ledger.engine.connect() as connection:
        found = connection.execute(FIND, {"ids": list(dossier_ids), "entry": ENTRY, "most": MOST_ALIKE})
        return [MatchedPair(row.dossier_id, row.other_id, frozenset(row.kinds), row.decided_as) for row in found]


def save_candidates(ledger: Ledger, dossier_ids: Sequence[int], found: Sequence[DuplicateCandidate]) -> None:
    """Keeps all that was found of these dossiers: undecided pairs that are alike no more go, decided ones stay. A later
    dossier that was held for such a pair is looked at again."""
    pairs = {"ones": [pair.dossier_id for pair in found], "others": [pair.other_id for pair in found]}
    kinds = {"kinds": [pair.kind for pair in found]}
    with ledger.engine.begin() as connection:
        connection.execute(AGAIN, {"ids": list(dossier_ids), **pairs, **kinds})
        connection.execute(NO_MORE, {"ids": list(dossier_ids), **pairs})
        if found:
            connection.execute(SAVE, {**pairs, **kinds, "probabilities": [pair.probability for pair in found]})


def undecided(
    ledger: Ledger,
    places: Sequence[str] = ("",),
    kinds: Sequence[str] = ("duplicate",),
    limit: int = 100,
    after: tuple[int, int] = (0, 0),
) -> list[Undecided]:
    """Pairs that wait for a person, by their ids, those after a pair. `places`: provinces or communes, "" for all; one
    of the two dossiers must lie there."""
    wanted = {"places": list(places), "kinds": list(kinds), "limit": limit, "after": after[0], "after_other": after[1]}
    with ledger.engine.connect() as connection:
        return [Undecided(**row._mapping) for row in connection.execute(UNDECIDED, wanted)]


def duplicates_of(ledger: Ledger, dossier_id: int) -> list[Double]:
    """The dossiers that may be the same as this one, decided or not."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(OF_DOSSIER, {"id": dossier_id, "most": MOST_ALIKE})
        return [Double(**row._mapping) for row in rows]


def decide(ledger: Ledger, dossier_id: int, other_id: int, decided_as: PairDecision, actor: str) -> bool:
    """Keeps what a person decided about a pair, and has those of them that are held looked at again.

    False when there is no such pair, or that was decided already; a later, other decision takes the place of an earlier
    one, and both are events of both dossiers.
    """
    one, other = sorted((dossier_id, other_id))
    with ledger.engine.begin() as connection:
        values = {"one": one, "other": other, "as": decided_as, "actor": actor}
        return bool(connection.execute(DECIDE, values).all())


def enter(ledger: Ledger, entries: Mapping[int, str]) -> list[tuple[int, int]]:
    """Keeps the registry entries that dossiers were given (kind, place, book and number as one text). Answers with each
    dossier whose entry another one has already, and that one. A repeat answers the same."""
    with ledger.engine.begin() as connection:
        rows = _digested(ledger, {of: [(ENTRY, entry)] for of, entry in entries.items()})
        given = {"ids": [of for of, _, _ in rows], "digests": [digest for _, _, digest in rows]}
        connection.execute(ENTER, {"entry": ENTRY, **given})
        found = connection.execute(SAME_ENTRY, {"ids": list(entries), "entry": ENTRY})
        return [(row.dossier_id, row.other_id) for row in found]


def _digested(ledger: Ledger, blind_indexes_of: Mapping[int, Iterable[BlindIndex]]) -> list[tuple[int, str, bytes]]:
    blind_index = ledger.vault.blind_index
    return [
        (dossier_id, kind, blind_index(kind, of)) for dossier_id, each in blind_indexes_of.items() for kind, of in each
    ]
