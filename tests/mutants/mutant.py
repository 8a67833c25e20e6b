"""A mutant: which guard is taken away, where, and which test must notice.

`anchor` stands exactly once in the files that `files` names: a path, or a pattern where a file may move. Keep it short:
the guard itself, not its neighbours. A mutant of two places has a second pair.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """A text that stands once in `files`, and what takes its place."""

    files: str
    anchor: str
    replacement: str


@dataclass(frozen=True)
class Mutant:
    """A planted bug: what is wrong in it, and the test (a pytest id) that must fail."""

    name: str
    bug: str
    changes: tuple[Change, ...]
    caught_by: str


def mutant(name: str, bug: str, caught_by: str, files: str, *texts: str) -> Mutant:
    """`texts`: an anchor and its replacement, then perhaps another such pair."""
    pairs = zip(texts[::2], texts[1::2], strict=True)
    return Mutant(name, bug, tuple(Change(files, anchor, replacement) for anchor, replacement in pairs), caught_by)
