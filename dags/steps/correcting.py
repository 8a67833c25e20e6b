"""A portal changes a dossier that registries already have: which registries would be sent something else, and in what
words. Registries whose words do not change need no correction, whatever else changed at the portal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from connectors.errors import Refused, Unrecognised
from connectors.ledger import Ledger
from connectors.ledger.dossier_view import Head
from connectors.ledger.opening import opened
from connectors.ledger.unexamined import Unexamined, contents_sent, unexamined_of
from connectors.portals.provinces import read_original
from connectors.registries import REGISTRIES
from connectors.registries.preview import words_for
from quality.titles import title_of
from schemas.decision import Edit, changed_paths, fitted, needs_second, value_at, with_values
from schemas.dossier import Dossier
from schemas.operation import Operation
from schemas.registries import REGISTRIES as ROWS
from schemas.registries import Given

ReadSource = Callable[[str, bytes, Sequence[Edit]], Dossier]
"""Reads the original of a portal, with edits. Raises Unrecognised."""


PERSON_PARTS = frozenset({"child", "mother", "father", "deceased", "husband", "wife", "person", "owners"})


@dataclass(frozen=True)
class ChangedLine:
    """One field that differs: its title, and both values as a person reads them."""

    field_path: str
    title_vi: str
    was: str
    now: str


@dataclass(frozen=True)
class RegistryDifference:
    """What one registry holds against what it would be sent now. `takes`: it takes a correction online."""

    registry_code: str
    takes: bool
    is_changed: bool
    lines: list[ChangedLine]


def changed_registries(
    ledger: Ledger, read: Sequence[tuple[Unexamined, Dossier]], read_source: ReadSource = read_original
) -> dict[int, frozenset[str]]:
    """By dossier: the registries that hold other words than they would be sent now. Dossiers whose content is what was
    sent are left out, and so cost nothing."""
    suspects = [(subject, dossier) for subject, dossier in read if _may_differ(subject)]
    if not suspects:
        return {}
    given = {each.dossier_id: each.given for each in opened(ledger, [one.dossier_id for one, _ in suspects])}
    sent = contents_sent(ledger, [subject for subject, _ in suspects])
    changed: dict[int, frozenset[str]] = {}
    for subject, dossier in suspects:
        before = {code: _read_sent(read_source, subject, *sent[subject.dossier_id, code]) for code in subject.standing}
        changed[subject.dossier_id] = frozenset(
            code
            for code in subject.standing
            if _differ(code, before[code], dossier, given.get(subject.dossier_id, Given()))
        )
    return changed


def _may_differ(subject: Unexamined) -> bool:
    """Whether a registry was sent another version, or the same one with other edits."""
    now = (subject.version_number, tuple(subject.edits))
    return any((each.version_number, each.edits) != now for each in subject.standing.values())


def _read_sent(read_source: ReadSource, subject: Unexamined, original: bytes, edits: Sequence[Edit]) -> Dossier | None:
    try:
        return read_source(subject.portal_code, original, edits)
    except Unrecognised:
        return None


def _differ(registry_code: str, before: Dossier | None, now: Dossier, given: Given) -> bool:
    return before is None or _words(registry_code, before, given) != _words(registry_code, now, given)


def _words(registry_code: str, dossier: Dossier, given: Given) -> bytes | None:
    """The body that a registration would have; None when none can be written."""
    try:
        return words_for(registry_code, dossier, given)
    except Refused:
        return None


def differences(ledger: Ledger, head: Head) -> list[RegistryDifference]:
    """What each registry that has the dossier holds, against its newest version; in the route's order. Empty when the
    newest version cannot be read, or the dossier is erased."""
    return [each for subject in unexamined_of(ledger, [head.dossier_id]) for each in _differences(ledger, subject)]


def _differences(ledger: Ledger, subject: Unexamined) -> list[RegistryDifference]:
    if subject.unreadable_field is not None or not subject.standing:
        return []
    source = read_original(subject.portal_code, subject.original)
    now = fitted(source, list(subject.edits.values())) or source
    sent = contents_sent(ledger, [subject])
    (dossier,) = opened(ledger, [subject.dossier_id])
    found = []
    for code in (code for code in ROWS if code in subject.standing):
        before = _read_sent(read_original, subject, *sent[subject.dossier_id, code])
        is_changed = _differ(code, before, now, dossier.given)
        lines = _lines(code, before, now, dossier.given) if before and is_changed else []
        takes = REGISTRIES[code].takes(Operation.CORRECT, now.case.kind)
        found.append(RegistryDifference(code, takes, is_changed, lines))
    return found


def changes_identity(ledger: Ledger, dossier_ids: Sequence[int]) -> dict[int, bool]:
    """By dossier: whether a field that says who somebody is differs from what a registry holds."""
    found = {}
    for subject in unexamined_of(ledger, dossier_ids):
        lines = [line for each in _differences(ledger, subject) for line in each.lines]
        found[subject.dossier_id] = any(_is_identity(line.field_path) for line in lines) or not lines
    return found


def _is_identity(field_path: str) -> bool:
    """A whole person that came or went is who somebody is, too."""
    return needs_second(field_path) or field_path.rsplit(".", 1)[-1] in PERSON_PARTS


def _lines(registry_code: str, before: Dossier, now: Dossier, given: Given) -> list[ChangedLine]:
    """The fields that differ and that this registry is sent: each makes its words differ by itself."""
    unchanged = _words(registry_code, before, given)
    lines = []
    for path in changed_paths(before, now):
        was, then = value_at(before, path), value_at(now, path)
        if _words(registry_code, with_values(before, {path: then}), given) != unchanged:
            lines.append(ChangedLine(path, title_of(path) or path, text_of(was), text_of(then)))
    return lines


def text_of(value: JsonValue) -> str:
    """A value as a person reads it: a date as it was written, a part as its filled fields."""
    if isinstance(value, dict):
        if "as_written" in value:
            return str(value["as_written"])
        return ", ".join(text for each in value.values() if (text := text_of(each)))
    if isinstance(value, list):
        return "; ".join(text for each in value if (text := text_of(each)))
    return "" if value is None else str(value)
