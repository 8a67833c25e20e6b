"""What may be edited in a dossier at fault: the fields at which its faults point, their values, and suggestions.

Only the fields at fault are edited. A fault points at a field, or at a whole part that is missing (a head of
household): then every field of that part may be edited. A refusal that names no field lets every field of the case be
edited.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any, get_args

from pydantic import JsonValue
from pydantic.fields import FieldInfo

from quality.answers import CAUSES
from quality.check import EMPTY
from quality.examination import CATALOGUE
from quality.titles import models_in, steps_from, title_of
from schemas.dates import PartialDate
from schemas.decision import is_editable, needs_second, value_at
from schemas.dossier import Dossier
from schemas.fields import Model

TRUE_WORDS = {"true": True, "có": True, "1": True, "false": False, "không": False, "0": False}


@dataclass(frozen=True)
class FieldAtFault:
    """A field that may be edited. Texts are as a person reads and types them; `choices`: the only allowed values."""

    field_path: str
    title_vi: str
    text: str = field(repr=False)
    suggestion: str | None = field(repr=False)
    needs_second: bool
    cause_codes: tuple[str, ...]
    choices: tuple[str, ...] = ()


class NotAValue(ValueError):
    """The typed text cannot stand in the field: `kind` is date, number, choice or yes_no."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def fields_at_fault(dossier: Dossier, faults: Iterable[tuple[str, str]]) -> list[FieldAtFault]:
    """The fields that these faults (cause code, field path) let a person edit; each fault's own field first."""
    causes: dict[str, list[str]] = {}
    for cause_code, field_path in faults:
        for path in _paths(dossier, cause_code, field_path):
            causes.setdefault(path, []).append(cause_code)
    return [_field(dossier, path, tuple(dict.fromkeys(codes))) for path, codes in causes.items()]


def suggestion(dossier: Dossier, cause_code: str, field_path: str) -> str | None:
    """The text that the check suggests, empty for "leave it empty"; None when it suggests nothing."""
    check = CATALOGUE.get(cause_code)
    if check is None or check.edit is None:
        return None
    proposal = check.edit(value_at(dossier, field_path))
    return "" if proposal is EMPTY else proposal


def text_of(value: JsonValue) -> str:
    """A value as a person reads it: a date as it was written, null as empty text."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return str(value.get("as_written", ""))
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_value(field_path: str, text: str) -> JsonValue:
    """The typed text as the field's JSON value; empty text means that there is none.

    Raises NotAValue for a text that cannot stand in the field, KeyError for a path that no dossier has.
    """
    info = _leaf(field_path)
    kinds = _kinds(info.annotation)
    text = text.strip()
    if not text:
        return None if type(None) in get_args(info.annotation) else ""
    if PartialDate in kinds:
        return _date(text)
    if bool in kinds:
        if text.casefold() not in TRUE_WORDS:
            raise NotAValue("yes_no")
        return TRUE_WORDS[text.casefold()]
    if (choices := _choices(kinds)) and text not in choices:
        raise NotAValue("choice")
    if int in kinds:
        if not text.removeprefix("-").isdecimal():
            raise NotAValue("number")
        return int(text)
    return text


def _date(text: str) -> JsonValue:
    typed = PartialDate.read_dotted(text.replace("/", ".").replace("-", "."))
    if typed is None or typed.year is None:
        raise NotAValue("date")
    return typed.model_dump(mode="json")


def _paths(dossier: Dossier, cause_code: str, field_path: str) -> list[str]:
    """The editable fields of a fault: where it was seen, and where else its check or cause says that it may lie."""
    check, cause = CATALOGUE.get(cause_code), CAUSES.get(cause_code)
    starts = [field_path] if field_path else []
    if check and check.about and field_path:
        root = _root(field_path, check.fields)
        starts += [root + name for name in check.fields if root is not None]
    if cause:
        starts += cause.fields
    leaves = [leaf for start in dict.fromkeys(starts) for leaf in _leaves(dossier, start)]
    if cause and not leaves:
        leaves = _leaves(dossier, "case")
    return list(dict.fromkeys(leaves))


def _root(field_path: str, fields: Sequence[str]) -> str | None:
    """The path of the model that a check looked at: the part before the field that it names."""
    for name in fields:
        if field_path == name or field_path.endswith("." + name):
            return field_path[: len(field_path) - len(name)]
    return None


def _leaves(dossier: Dossier, start: str) -> list[str]:
    """The editable single fields at or below a path."""
    if not is_editable(start) and start != "case":
        return []
    part: Any = dossier
    kinds: tuple[Any, ...] = (Dossier,)
    for name in start.split("."):
        if isinstance(part, tuple):
            if not name.isdecimal() or int(name) >= len(part):
                return []
            part = part[int(name)]
            kinds = (type(part),)
            continue
        info = next((kind.model_fields[name] for kind in _models(part, kinds) if name in kind.model_fields), None)
        if info is None:
            return []
        part = getattr(part, name, None)
        kinds = _kinds(info.annotation)
    return [path for path in _below(start, part, kinds) if is_editable(path)]


def _models(part: Any, kinds: tuple[Any, ...]) -> list[type[Model]]:
    """The model of a part that is there; else the models that its field allows."""
    if isinstance(part, Model):
        return [type(part)]
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Model)]


def _below(path: str, part: Any, kinds: tuple[Any, ...]) -> list[str]:
    """The paths of the single fields at or below a path at which `part` stands."""
    if isinstance(part, tuple):
        return [leaf for index, item in enumerate(part) for leaf in _below(f"{path}.{index}", item, (type(item),))]
    models = [kind for kind in _models(part, kinds) if kind is not PartialDate]
    if not models:
        return [path]
    names = dict.fromkeys(name for kind in models[:1] for name in kind.model_fields if name != "kind")
    leaves: list[str] = []
    for name in names:
        inner = getattr(part, name, None)
        info = models[0].model_fields[name]
        is_part = any(True for _ in models_in(info.annotation)) and PartialDate not in _kinds(info.annotation)
        if inner is None and is_part:
            continue  # a missing part is added only where a fault says that it is missing
        leaves += _below(f"{path}.{name}", inner, _kinds(info.annotation))
    return leaves


def _field(dossier: Dossier, path: str, cause_codes: tuple[str, ...]) -> FieldAtFault:
    proposals = (suggestion(dossier, code, path) for code in cause_codes)
    proposal = next((each for each in proposals if each is not None), None)
    return FieldAtFault(
        path,
        title_of(path) or path,
        text_of(value_at(dossier, path)),
        proposal,
        needs_second(path),
        cause_codes,
        _choices(_kinds(_leaf(path).annotation)),
    )


@cache
def _leaf(field_path: str) -> FieldInfo:
    """What the schema says of the field at a path. Raises KeyError when there is none."""
    steps = list(steps_from((Dossier,), field_path))
    named = [fields[0] for _, fields in steps if fields]
    if not named or len(steps) != len(field_path.split(".")):
        raise KeyError(field_path)
    return named[-1]


def _kinds(annotation: Any) -> tuple[Any, ...]:
    """The plain types that an annotation allows: `Sex | None` -> (Sex,)."""
    if isinstance(annotation, type):
        return (annotation,)
    return tuple(kind for part in get_args(annotation) for kind in _kinds(part) if kind is not type(None))


def _choices(kinds: tuple[Any, ...]) -> tuple[str, ...]:
    """The values of a field that is chosen from a list; none for other fields."""
    enums = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum)]
    return tuple(str(member.value) for kind in enums for member in kind)
