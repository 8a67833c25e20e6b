"""What a check is: how it is declared, what it is given, and the walk that finds what each check looks at.

A check looks at its first parameter. There are two ways to say what that is.

    @check("died_on", "deceased.born_on", ...)       a model, wherever the dossier holds one; fields are relative to it,
    def death_before_birth(case: DeathCase) -> Saw   and the first of them is where the fault is shown

    @check_each("personal_id", "number", ...)        a value, wherever a model in the dossier has a field of this name
    def placeholder_number(number: str) -> Saw       and a value there

A check may have a second parameter, `exam: Examination`. It is named after the fault. It returns None, or what it saw
in a few English words without a personal value; `FaultLocation(field, saw)` when the fault is in another field than the
first. To add a check, write its function: `quality.examination` imports all files in `quality/checks/` and runs what
they declare.

A check is in force while the laws are that its `source` cites (`schemas.law`), unless it states its days itself; a
check whose source cites no law is always in force.

`edit` suggests another text for the field at fault, where only one is possible: the text without spaces, say. It
returns the new text, EMPTY for "leave it empty", or None when it has no suggestion; a person decides.
"""

import inspect
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from functools import cache
from typing import Any, NotRequired, TypedDict, TypeVar, Unpack, get_args, get_type_hints

from quality.titles import models_in
from schemas.agencies import AgencyTable
from schemas.dossier import Dossier
from schemas.fields import Model
from schemas.finding import Weight
from schemas.in_force import Dated
from schemas.law import days_of
from schemas.routes import Route

STOPS, HOLDS, NOTES = Weight.STOPS, Weight.HOLDS, Weight.NOTES


class LeaveEmpty(Enum):
    """A suggestion to leave a field empty; None is no suggestion."""

    EMPTY = "empty"


EMPTY = LeaveEmpty.EMPTY

EditOfText = Callable[[str], str | LeaveEmpty | None]
"""Suggests another text for the field at fault. Pure."""


class Actor(StrEnum):
    """The person who acts on a finding."""

    DESK = "desk"  # bộ phận một cửa: edits the dossier at the portal, or asks the citizen
    STEWARD = "steward"  # cán bộ liên thông: decides, then releases
    OPERATOR = "operator"  # quản trị hệ thống: connections, procedures, code lists
    ENGINEER = "engineer"  # bộ phận kỹ thuật: a connector must be changed


@dataclass(frozen=True)
class Check(Dated):
    """A fault that is looked for. `says_vi`: what is wrong and what it contradicts; `do_vi`: what to do about it.

    `about`: the models that the check looks at; none when it looks at values by name, or has no function. `fields`:
    where the fault may lie, relative to those models; none when it may lie anywhere. `edit` takes the JSON value of the
    field at fault; it suggests nothing for a value that is no text. `subject`: the file of `quality/checks/` that
    declares it. It judges dossiers whose event is on a day from `valid_from` until the day before `valid_until`.
    """

    code: str
    fields: tuple[str, ...]
    weight: Weight
    who: Actor
    says_vi: str
    do_vi: str
    says_en: str
    do_en: str
    source: str
    about: tuple[type, ...] = ()
    valid_from: date = date.min
    valid_until: date = date.max
    edit: Callable[[Any], str | LeaveEmpty | None] | None = None
    subject: str = ""


@dataclass(frozen=True)
class FetchedPaper:
    """A fetched paper. `sha256`: the hex digest of its bytes, None when they could not be fetched; `size` in bytes."""

    kind_code: str
    declared_sha256: str | None
    sha256: str | None
    size: int


@dataclass(frozen=True)
class Examination:
    """What a check may need besides its first parameter.

    `event_on`: the day that chooses the rules. `route` is None when the procedure has none that day. `agencies`: the
    table by which agency codes are judged.
    """

    dossier: Dossier
    papers: Sequence[FetchedPaper]
    event_on: date
    route: Route | None
    agencies: AgencyTable

    def reaches(self, registry_code: str) -> bool:
        """Whether the dossier's route goes to this registry."""
        return self.route is not None and any(step.registry_code == registry_code for step in self.route.steps)


@dataclass(frozen=True)
class FaultLocation:
    """What was seen, and in which field, relative to the model that the check looks at."""

    field: str
    saw: str


Saw = str | FaultLocation | None
"""What a check returns."""


class CheckDeclaration(TypedDict):
    """What is declared beside a check's function."""

    weight: Weight
    source: str
    says_vi: str
    do_vi: str
    says_en: str
    do_en: str
    who: NotRequired[Actor]
    valid_from: NotRequired[date]
    valid_until: NotRequired[date]
    edit: NotRequired[EditOfText]


@dataclass(frozen=True, slots=True)
class _Look:
    """A check with its function. It skips what lies inside fields `unless_in`, and values for which `only` is false."""

    check: Check
    function: Callable[..., Saw]
    wants_exam: bool
    unless_in: frozenset[str]
    only: Callable[..., bool] | None = None


DECLARED: dict[str, Check] = {}
"""The checks of the files imported so far, by their codes; `quality.examination.CATALOGUE` has all."""

_LOOKS: list[_Look] = []

_F = TypeVar("_F", bound=Callable[..., Saw])


def declare(code: str, *fields: str, about: tuple[type, ...] = (), **words: Unpack[CheckDeclaration]) -> Check:
    """Puts a check into the catalogue. Without a function it is a fault that a step or a person finds.

    Raises ValueError for a second check with this code, KeyError for a source that cites a law without a row.
    """
    if code in DECLARED:
        raise ValueError(f"two checks are called {code}")
    edit = words.pop("edit", None)
    valid_from, valid_until = days_of(words["source"])
    given: dict[str, Any] = {
        "who": Actor.DESK,
        "valid_from": valid_from,
        "valid_until": valid_until,
        **words,
        "edit": _on_text(edit) if edit else None,
    }
    DECLARED[code] = Check(code, fields, about=about, subject=_file_that_declares(), **given)
    return DECLARED[code]


def _file_that_declares() -> str:
    """The name of the module that called into this one."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", "")).rpartition(".")[2] if frame else ""


def _on_text(edit: EditOfText) -> Callable[[Any], str | LeaveEmpty | None]:
    """The edit for values of any type; a suggestion that changes nothing is none."""

    def suggest(value: Any) -> str | LeaveEmpty | None:
        suggested = edit(value) if isinstance(value, str) else None
        return None if suggested == value else suggested

    return suggest


def check(*fields: str, unless_in: tuple[str, ...] = (), **words: Unpack[CheckDeclaration]) -> Callable[[_F], _F]:
    """Declares a check of a model, or of each model of a union: the type of the function's first parameter.

    Models inside the fields `unless_in` are skipped.
    """

    def register(function: _F) -> _F:
        about = _first_annotation(function)
        entry = declare(function.__name__, *fields, about=get_args(about) or (about,), **words)
        _look(function, entry, frozenset(unless_in))
        return function

    return register


def check_each(
    *fields: str,
    unless_in: tuple[str, ...] = (),
    only: Callable[..., bool] | None = None,
    **words: Unpack[CheckDeclaration],
) -> Callable[[_F], _F]:
    """Declares a check of every value in fields of these names; models inside the fields `unless_in` are skipped.

    `only`: values for which this is false are surely sound. It takes what the check takes, and is asked once for all
    checks that share it, so the many sound values cost little.
    """

    def register(function: _F) -> _F:
        _look(function, declare(function.__name__, *fields, **words), frozenset(unless_in), only)
        return function

    return register


def _first_annotation(function: Callable[..., Saw]) -> Any:
    name = next(iter(inspect.signature(function).parameters))
    return get_type_hints(function)[name]


def _look(
    function: Callable[..., Saw], check: Check, unless_in: frozenset[str], only: Callable[..., bool] | None = None
) -> None:
    wants_exam = len(inspect.signature(function).parameters) == 2
    _LOOKS.append(_Look(check, function, wants_exam, unless_in, only))
    _changes.cache_clear()
    _plans_from.cache_clear()


_Bound = tuple[tuple[Callable[..., Saw], _Look], ...]
_Asked = tuple[tuple[str, Callable[..., Any], _Bound], ...]
"""For each field: the question about its value, and the checks to run when the answer is yes. A check without `only` is
its own question."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """The checks of a model of one type and of its values, and which of its fields hold models with checks.

    Functions that take only the model or the value (`alone`) are kept apart from those that take the examination too.
    """

    alone: _Bound
    examined: _Bound
    values_alone: _Asked
    values_examined: _Asked
    parts: tuple[tuple[str, dict[int, Any] | None], ...]
    needs_exam: bool


MOST_SOUND = 8_192
"""Models that are remembered for a field, by identity, because they were found sound: they cannot change, and many
dossiers of a book share a place. Where a check needs the examination, none are (None)."""


class Plans(dict[tuple[type, str], _Plan]):
    """The plans by type of model and field that it lies in, made when they are first needed, of some of the checks."""

    def __init__(self, looks: Sequence[_Look], *, remembers: bool) -> None:
        super().__init__()
        self._looks = looks
        self._remembers = remembers

    def __missing__(self, key: tuple[type, str]) -> _Plan:
        plan = self[key] = self._made(*key)
        return plan

    def _made(self, kind: type, inside: str) -> _Plan:
        models = kind.model_fields if issubclass(kind, Model) else {}
        looks = [look for look in self._looks if issubclass(kind, look.check.about) and inside not in look.unless_in]
        of_fields = [(name, look) for name in models for look in self._at_value(name, inside)]
        alone, examined = (
            [(name, look) for name, look in of_fields if look.wants_exam is wants] for wants in (False, True)
        )
        kinds_of = {name: tuple(models_in(info.annotation)) for name, info in models.items()}
        plans_of = {name: [self[kind, name] for kind in kinds] for name, kinds in kinds_of.items()}
        parts = {name: plans for name, plans in plans_of.items() if any(map(_leads_on, plans))}
        deeper = {name: any(plan.needs_exam for plan in plans) for name, plans in parts.items()}
        wants_exam = any(look.wants_exam for look in looks)
        return _Plan(
            alone=tuple((look.function, look) for look in looks if not look.wants_exam),
            examined=tuple((look.function, look) for look in looks if look.wants_exam),
            values_alone=tuple(_asked(alone)),
            values_examined=tuple(_asked(examined)),
            parts=tuple((name, None if deeper[name] or not self._remembers else {}) for name in parts),
            needs_exam=wants_exam or bool(examined) or any(deeper.values()),
        )

    def _at_value(self, name: str, inside: str) -> list[_Look]:
        return [
            look
            for look in self._looks
            if not look.check.about and name in look.check.fields and inside not in look.unless_in
        ]


def _leads_on(plan: _Plan) -> bool:
    return bool(plan.alone or plan.examined or plan.values_alone or plan.values_examined or plan.parts)


def plans_on(day: date, *, holding: bool = False) -> Plans:
    """The plans of the checks in force on a day; of those alone that hold a dossier when `holding`."""
    return _plans_from(bisect_right(_changes(), day), holding)


@cache
def _changes() -> list[date]:
    """The days on which a check comes into force or ends, in their order."""
    return sorted({day for look in _LOOKS for day in (look.check.valid_from, look.check.valid_until)})


@cache
def _plans_from(changes: int, holding: bool) -> Plans:
    """The plans of the time behind so many changes."""
    days = _changes()
    on = days[changes - 1] if changes else date.min
    in_force = [look for look in _LOOKS if look.check.holds_on(on)]
    return Plans([look for look in in_force if look.check.weight.holds_dossier or not holding], remembers=holding)


def _asked(looks: Sequence[tuple[str, _Look]]) -> Iterator[tuple[str, Callable[..., Any], _Bound]]:
    for name, ask in dict.fromkeys((name, look.only or look.function) for name, look in looks):
        behind = (look for field, look in looks if field == name and (look.only or look.function) is ask)
        yield name, ask, tuple((look.function, look) for look in behind)


SeenFaults = list[tuple[_Look, str, str | FaultLocation]]
"""The check that saw a fault, the path of the model or value, and what was seen."""


def walk(plans: Plans, model: Any, inside: str, path: str, exam: Examination, seen: SeenFaults) -> None:
    """Adds to `seen` the faults of a model and its parts. It stands at `path`, in a field with the name `inside`."""
    plan = plans[type(model), inside]
    for function, look in plan.alone:
        if (saw := function(model)) is not None:
            seen.append((look, path, saw))
    for function, look in plan.examined:
        if (saw := function(model, exam)) is not None:
            seen.append((look, path, saw))
    values = model.__dict__
    for name, ask, bound in plan.values_alone:
        if (value := values[name]) is not None and ask(value):
            seen += [(look, path + name, saw) for function, look in bound if (saw := function(value)) is not None]
    for name, ask, bound in plan.values_examined:
        if (value := values[name]) is not None and ask(value, exam):
            seen += [(look, path + name, saw) for function, look in bound if (saw := function(value, exam)) is not None]
    if plan.parts:
        _walk_parts(plans, plan, values, path, exam, seen)


def _walk_parts(
    plans: Plans, plan: _Plan, values: Mapping[str, Any], path: str, exam: Examination, seen: SeenFaults
) -> None:
    for name, sound in plan.parts:
        if (part := values[name]) is not None and (sound is None or sound.get(id(part)) is not part):
            _walk_part(plans, part, name, f"{path}{name}.", exam, seen, sound)


def _walk_part(
    plans: Plans, part: Any, name: str, path: str, exam: Examination, seen: SeenFaults, sound: dict[int, Any] | None
) -> None:
    before = len(seen)
    if type(part) is tuple:
        for index, item in enumerate(part):
            walk(plans, item, name, f"{path}{index}.", exam, seen)
    else:
        walk(plans, part, name, path, exam, seen)
    if sound is not None and len(seen) == before:
        if len(sound) >= MOST_SOUND:
            sound.clear()
        sound[id(part)] = part
