"""A portal changed a dossier that registries already have: finds the registries that would now be sent other words.

A registry whose words do not change needs no correction, even if something else changed at the portal.
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
from schemas.dossier import ADMISSION, Admission, Dossier
from schemas.operation import Operation
from schemas.registries import REGISTRIES as ROWS
from schemas.registries import Given

ReadSource = Callable[[str, bytes, Sequence[Edit]], Dossier]
"""Reads the original of a portal, with edits. Raises Unrecognised."""

PERSON_PARTS = frozenset({"child", "mother", "father", "deceased", "husband", "wife", "person", "owners"})
"""Fields that hold a whole person: one who was added or removed changes the identity too."""


@dataclass(frozen=True)
class ChangedLine:
    """A field that differs: its title, and both values as a person reads them."""

    field_path: str
    title_vi: str
    was: str
    now: str


@dataclass(frozen=True)
class RegistryDifference:
    """The difference between what a registry holds and what it would be sent now. `takes`: it takes the correction
    online, or the annulment where the portal has ended the dossier."""

    registry_code: str
    takes: bool
    is_changed: bool
    lines: list[ChangedLine]


def changed_registries(
    ledger: Ledger, read: Sequence[tuple[Unexamined, Dossier]], read_source: ReadSource = read_original
) -> dict[int, frozenset[str]]:
    """By dossier: the registries that hold other words than they would be sent now. A dossier whose content is still
    the content that was sent is left out, without opening anything."""
    suspects = [(subject, dossier) for subject, dossier in read if _may_differ(subject)]
    if not suspects:
        return {}
    ids = [subject.dossier_id for subject, _ in suspects]
    given = {dossier.dossier_id: dossier.given for dossier in opened(ledger, ids)}
    sent = contents_sent(ledger, [subject for subject, _ in suspects])
    changed: dict[int, frozenset[str]] = {}
    for subject, dossier in suspects:
        before = {code: _read_sent(read_source, subject, *sent[subject.dossier_id, code]) for code in subject.standing}
        known = given.get(subject.dossier_id, Given())
        changed[subject.dossier_id] = frozenset(code for code in before if _differ(code, before[code], dossier, known))
    return changed


def _may_differ(subject: Unexamined) -> bool:
    """Whether a registry was sent another version, or this version with other edits."""
    now = (subject.version_number, tuple(subject.edits))
    return any((standing.version_number, standing.edits) != now for standing in subject.standing.values())


def _read_sent(read_source: ReadSource, subject: Unexamined, original: bytes, edits: Sequence[Edit]) -> Dossier | None:
    try:
        return read_source(subject.portal_code, original, edits)
    except Unrecognised:
        return None


def _differ(registry_code: str, before: Dossier | None, now: Dossier, given: Given) -> bool:
    return before is None or words_if_any(registry_code, before, given) != words_if_any(registry_code, now, given)


def words_if_any(registry_code: str, dossier: Dossier, given: Given) -> bytes | None:
    """The body that a registration would have; None when none can be written."""
    try:
        return words_for(registry_code, dossier, given)
    except Refused:
        return None


def differences(ledger: Ledger, head: Head) -> list[RegistryDifference]:
    """Compares what each registry holds of the dossier with its newest version; in the order of the registries. Empty
    when the newest version cannot be read, or the dossier is erased."""
    subjects = unexamined_of(ledger, [head.dossier_id])
    return [difference for subject in subjects for difference in _differences(ledger, subject)]


def _differences(ledger: Ledger, subject: Unexamined) -> list[RegistryDifference]:
    if subject.unreadable_field is not None or not subject.standing:
        return []
    source = read_original(subject.portal_code, subject.original)
    now = fitted(source, list(subject.edits.values())) or source
    sent = contents_sent(ledger, [subject])
    (dossier,) = opened(ledger, [subject.dossier_id])
    is_ended = ADMISSION.get(subject.portal_status or 0) == Admission.CLOSED
    operation = Operation.ANNUL if is_ended else Operation.CORRECT
    compared = []
    for code in (code for code in ROWS if code in subject.standing):
        before = _read_sent(read_original, subject, *sent[subject.dossier_id, code])
        is_changed = _differ(code, before, now, dossier.given)
        lines = _lines(code, before, now, dossier.given) if before and is_changed else []
        takes = REGISTRIES[code].takes(operation, now.case.kind)
        compared.append(RegistryDifference(code, takes, is_changed, lines))
    return compared


def changes_identity(ledger: Ledger, dossier_ids: Sequence[int]) -> dict[int, bool]:
    """By dossier: whether a field of a person's identity differs from what a registry holds. True also where no field
    can be named."""
    by_dossier = {}
    for subject in unexamined_of(ledger, dossier_ids):
        lines = [line for difference in _differences(ledger, subject) for line in difference.lines]
        by_dossier[subject.dossier_id] = any(_is_identity(line.field_path) for line in lines) or not lines
    return by_dossier


def _is_identity(field_path: str) -> bool:
    """Whether the field belongs to a person's identity, or is a whole person who was added or removed."""
    return needs_second(field_path) or field_path.rsplit(".", 1)[-1] in PERSON_PARTS


def _lines(registry_code: str, before: Dossier, now: Dossier, given: Given) -> list[ChangedLine]:
    """The fields that differ and that this registry is sent: each of them alone changes the registry's words."""
    unchanged = words_if_any(registry_code, before, given)
    lines = []
    for path in changed_paths(before, now):
        old, new = value_at(before, path), value_at(now, path)
        if words_if_any(registry_code, with_values(before, {path: new}), given) != unchanged:
            lines.append(ChangedLine(path, title_of(path) or path, text_of(old), text_of(new)))
    return lines


def text_of(value: JsonValue) -> str:
    """A value as a person reads it: a date as it was written, a part as its filled fields."""
    if isinstance(value, dict):
        if "as_written" in value:
            return str(value["as_written"])
        return ", ".join(text for part in value.values() if (text := text_of(part)))
    if isinstance(value, list):
        return "; ".join(text for part in value if (text := text_of(part)))
    return "" if value is None else str(value)
