"""Finding a person again: what is searchable, and who searched.

Nothing legible stands in the index. `searchables.tokens` holds keyed digests of the texts of
`schemas.search_facts.tokens_of`; what a hit shows is sealed. Who holds a copy of the database without the master key
can count how often a token occurs, and so guess the most common family names, but cannot try a name out.
"""

from typing import Any

from connectors.vault import Vault
from schemas.search_facts import SearchFacts, tokens_of

SEARCH_PURPOSE = "search"
DIGEST_KIND = "search"
SEARCHABLE_COLUMNS = ("subject_kind", "subject_id", "province_code", "commune_code", "year", "tokens", "sealed")
MOST_DIGESTS = 400_000
"""Digests that are kept in memory, about 50 MB; names recur, and digesting is most of what a row costs."""


class _Digests(dict[str, int]):
    """Blind tokens by text, under one vault."""

    def __init__(self, vault: Vault) -> None:
        super().__init__()
        self.vault = vault

    def __missing__(self, text: str) -> int:
        if len(self) >= MOST_DIGESTS:
            self.clear()
        token = self[text] = self.vault.blind_token(DIGEST_KIND, text)
        return token


_digests: dict[int, _Digests] = {}
"""By the identity of the vault, of which a process has one."""


def digests_of(vault: Vault) -> _Digests:
    """The digests under a vault, kept from call to call."""
    known = _digests.get(id(vault))
    if known is None or known.vault is not vault:
        _digests.clear()
        known = _digests[id(vault)] = _Digests(vault)
    return known


def searchable_row(
    vault: Vault, subject_kind: str, subject_id: int, province_code: str, commune_code: str | None, facts: SearchFacts
) -> tuple[Any, ...]:
    """The row of a reading, a record or a dossier for COPY into `searchables`, in the order of SEARCHABLE_COLUMNS.
    Province and commune are those of today by which readers are admitted; `year` is the first that is known."""
    digests = digests_of(vault)
    return (
        subject_kind,
        subject_id,
        province_code,
        commune_code,
        facts.years[0] if facts.years else None,
        [digests[text] for text in tokens_of(facts)],
        vault.search_key.seal(facts.to_bytes(), SEARCH_PURPOSE),
    )
