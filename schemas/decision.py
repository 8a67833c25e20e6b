"""Decisions: what a person decided about one version of a dossier, and the dossier with its edits.

What the source said stays as it was: an edit is a decision beside it. It counts for the version it was made on; when
the source changes, the decision is reopened.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import JsonValue, ValidationError

from schemas.dossier import Dossier
from schemas.fields import Model


class Act(StrEnum):
    """What a person does."""

    EDITED = "edited"  # a field gets another value
    CONFIRMED = "confirmed"  # a second person agrees to a edit
    DECLINED = "declined"  # a second person does not
    RELEASED = "released"  # the dossier goes on as it is
    SUPPLEMENT_ASKED = "supplement_asked"  # the citizen is asked for more
    REJECTED = "rejected"  # the dossier ends here
    RESENT = "resent"  # the registry that refused it gets the same once more
    CORRECTED = "corrected"  # registries are to correct what they hold
    ANNULLED = "annulled"  # registries are to annul what they hold
    KEPT = "kept"  # what registries hold stands, whatever the portal says now
    SETTLED = "settled"  # what a registry takes no request for was done there
    UNDONE = "undone"  # an earlier decision is taken back


RESOLUTIONS = frozenset({Act.CORRECTED, Act.ANNULLED, Act.KEPT})
"""What a person may decide about a dossier that changed after registries had it."""


WAITS_FOR_SECOND = frozenset({Act.EDITED, Act.CORRECTED, Act.ANNULLED})
"""Acts that may have no effect until a second person agrees."""


class Edit(Model):
    """One field's new value. Both values are JSON as the model dumps it; `before` is what stood there."""

    field_path: str
    before: JsonValue = None
    after: JsonValue = None


IDENTITY_FIELDS = frozenset({
    "full_name", "sex", "born_on", "died_on", "personal_id", "number", "nationality_code", "insurance_number",
    "birth_order",
})  # fmt: skip
"""Who someone is. A edit of these needs a second person."""

EDITABLE = (
    "case",
    "applicant",
    "abstract",
    "commune_code",
    "agency_code",
    "deciding_agency_code",
    "returning_agency_code",
)
"""Where a edit may be made: codes, times and status are the portal's, papers the citizen's."""

UNACCEPTABLE = frozenset(
    {
        "unreadable_original",
        "changed_after_sending",
        "procedure_has_no_route",
        "unknown_procedure",
        "edits_do_not_fit",
    }
)
"""Faults that nobody can pass over: there is nothing that could be sent, or too much, or not what persons decided."""


def needs_second(field_path: str) -> bool:
    """Whether an edit of this field has no effect until a second person confirmed it."""
    return field_path.rsplit(".", 1)[-1] in IDENTITY_FIELDS


def is_editable(field_path: str) -> bool:
    """Whether a person may give this field another value; what kind of case it is, is not one."""
    return field_path.split(".", 1)[0] in EDITABLE and field_path not in ("case", "case.kind")


def value_at(dossier: Dossier, field_path: str) -> JsonValue:
    """The value of a field as JSON; None where nothing stands, or no such field is."""
    found: JsonValue = dossier.model_dump(mode="json")
    for name in field_path.split("."):
        if isinstance(found, list):
            found = found[int(name)] if name.isdecimal() and int(name) < len(found) else None
        else:
            found = found.get(name) if isinstance(found, dict) else None
    return found


def changed_paths(before: Dossier, now: Dossier) -> list[str]:
    """The paths of the fields whose values differ, in the order of the form. A date is one field; a part that one of
    the two does not have is one, too."""
    return list(_changed(before.model_dump(mode="json"), now.model_dump(mode="json"), ""))


def _changed(before: JsonValue, now: JsonValue, path: str) -> Iterator[str]:
    if before == now:
        return
    if isinstance(before, dict) and isinstance(now, dict) and "as_written" not in before:
        for name in dict.fromkeys((*before, *now)):
            yield from _changed(before.get(name), now.get(name), f"{path}.{name}" if path else name)
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for position, (one, other) in enumerate(zip(before, now, strict=True)):
            yield from _changed(one, other, f"{path}.{position}")
    else:
        yield path


def edited(dossier: Dossier, edits: Sequence[Edit]) -> Dossier:
    """The dossier with these values, a later one over an earlier. Raises ValidationError for a value that cannot be
    there, KeyError for a field that nobody may edit or that is not there."""
    if not edits:
        return dossier
    if fixed := [edit.field_path for edit in edits if not is_editable(edit.field_path)]:
        raise KeyError(fixed[0])
    return with_values(dossier, {edit.field_path: edit.after for edit in edits})


def with_values(dossier: Dossier, values: Mapping[str, JsonValue]) -> Dossier:
    """The dossier with these values by field path, whoever may change them. Raises as `edited` does."""
    content = dossier.model_dump(mode="json")
    for field_path, value in values.items():
        _put(content, field_path, value)
    return Dossier.model_validate(content)


def fitted(dossier: Dossier, edits: Sequence[Edit]) -> Dossier | None:
    """The dossier with these values; None when the edits together make no dossier: one of a part that is not whole
    yet, or of a field that a newer schema no longer has."""
    try:
        return edited(dossier, edits)
    except (ValidationError, KeyError):
        return None


def _put(content: dict[str, Any], field_path: str, value: JsonValue) -> None:
    """Sets one value; models that were not there before are begun."""
    *way, last = field_path.split(".")
    at: Any = content
    for name in way:
        if isinstance(at, list):
            at = at[_place(at, name, field_path)]
            continue
        if not isinstance(at, dict):
            raise KeyError(field_path)
        if at.get(name) is None:
            at[name] = {}
        at = at[name]
    if isinstance(at, list):
        at[_place(at, last, field_path)] = value
    elif isinstance(at, dict):
        at[last] = value
    else:
        raise KeyError(field_path)


def _place(items: list[Any], name: str, field_path: str) -> int:
    if not name.isdecimal() or int(name) >= len(items):
        raise KeyError(field_path)
    return int(name)


class RejectionReason(StrEnum):
    """Why a dossier is not decided as a person asked."""

    OVERTAKEN = "overtaken"  # its source changed since the person looked at it
    UNDER_WAY = "under_way"  # a registry is being asked, or works on it
    NOT_CHANGED = "not_changed"  # nothing changed after a registry had it
    NOT_AT_FAULT = "not_at_fault"  # there is nothing to decide: another person was quicker
    ERASED = "erased"  # its content was deleted
    REGISTERED = "registered"  # a registry has it, or may have it: only a correction at that registry can change it
    OWN = "own"  # a person cannot confirm an edit of their own
    RESOLVED = "resolved"  # the earlier decision was confirmed, declined or undone already
    REPORTED = "reported"  # the earlier decision was reported to the portal, or may have been
    UNFIT = "unfit"  # the value cannot stand in the field, or it stands there already


@dataclass(frozen=True, slots=True)
class DecisionContext:
    """How a dossier stands when a person decides about it: what the ledger read after it locked the dossier.

    `seen_version`: the version that the person looked at, or that an earlier decision was made on; `current_version`:
    the latest one. `is_under_way`: a delivery is being sent, unanswered or accepted. `is_touched`: a registry has
    something of it, or may have. `is_refused`: a registry refused it.

    The other fields describe the earlier decision that is confirmed, declined or undone; `decided_act` is None when
    the person decides about the dossier itself. `is_unresolved`: an edit that still waits for a second person.
    `is_over`: it was declined or undone. `is_sent`: what it decided was sent to a registry. `is_reported`: it was
    reported to the portal, or may have been.

    `is_changed`: the portal changed it after a registry had it. `has_correction`: a correction or an annulment of it is
    planned that no registry has yet; `is_parked`: one waits to be done at its registry.
    """

    state: str
    seen_version: int
    current_version: int
    is_erased: bool = False
    is_at_fault: bool = False
    is_under_way: bool = False
    is_touched: bool = False
    is_refused: bool = False
    decided_act: Act | None = None
    decided_by: str = ""
    is_unresolved: bool = False
    is_over: bool = False
    is_sent: bool = False
    is_reported: bool = False
    is_changed: bool = False
    has_correction: bool = False
    is_parked: bool = False
