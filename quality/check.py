"""What a check is, the catalogue of all of them, and `examine`, which runs those that a dossier gives cause for.

A check looks at one thing, its first parameter. There are two ways to say at what.

    @check("died_on", "deceased.born_on", ...)       a model, wherever the dossier holds one; fields are relative to it,
    def death_before_birth(case: DeathCase) -> Saw   and the first of them is where the fault is shown

    @check_each("personal_id", "number", ...)        a value, wherever a model in the dossier has a field of this name
    def placeholder_number(number: str) -> Saw       and a value there

A second parameter, `exam: Examination`, is given to those that want it. A check is named after the fault. It answers
None, or what it saw in a few English words without a personal value; `At(field, saw)` when the fault lies elsewhere
than in its first field. Files in `quality/checks/` are found by themselves: to add a check is to write its function.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NotRequired, TypedDict, TypeVar, Unpack, get_args, get_type_hints

from quality.titles import models_in, title_of
from schemas.dossier import Dossier
from schemas.fields import Model
from schemas.finding import Finding, Weight
from schemas.routes import Route, route_of

HOLDS, NOTES = Weight.HOLDS, Weight.NOTES


class Who(StrEnum):
    """Who acts on a finding."""

    DESK = "desk"  # bộ phận một cửa: corrects the dossier at the portal, or asks the citizen
    STEWARD = "steward"  # cán bộ liên thông: decides, then releases
    OPERATOR = "operator"  # quản trị hệ thống: connections, procedures, code lists
    ENGINEER = "engineer"  # kỹ thuật: a connector must learn something


@dataclass(frozen=True)
class Check:
    """A fault that is looked for. `says_vi`: what is seen and what it contradicts; `do_vi`: what to do about it.

    `about`: the models it looks at; none when it looks at values by name, or has no function. `fields`: where it can
    lie, relative to those models; none when it can lie anywhere. The dossier's event chooses: from `valid_from`, before
    `valid_until`.
    """

    code: str
    fields: tuple[str, ...]
    weight: Weight
    who: Who
    says_vi: str
    do_vi: str
    says_en: str
    source: str
    about: tuple[type, ...] = ()
    valid_from: date = date.min
    valid_until: date = date.max


@dataclass(frozen=True)
class FetchedPaper:
    """A paper as it arrived. `sha256` is the hex digest of its bytes, None when they could not be fetched."""

    kind_code: str
    declared_sha256: str | None
    sha256: str | None
    size: int


@dataclass(frozen=True)
class Examination:
    """What a check may need besides the thing it looks at. `route` is None when the procedure has none that day."""

    dossier: Dossier
    papers: Sequence[FetchedPaper]
    event_on: date
    route: Route | None

    def reaches(self, registry_code: str) -> bool:
        """Whether the dossier's route goes to this registry."""
        return self.route is not None and any(step.registry_code == registry_code for step in self.route.steps)


@dataclass(frozen=True)
class At:
    """What was seen, and at which field, relative to the model the check looks at."""

    field: str
    saw: str


Saw = str | At | None
"""What a check answers."""


@dataclass(frozen=True)
class Sighting:
    """A fault seen just now. `saw` is for the screen of the moment; only `finding` is kept."""

    finding: Finding
    saw: str


class Words(TypedDict):
    """What stands beside a check."""

    weight: Weight
    source: str
    says_vi: str
    do_vi: str
    says_en: str
    who: NotRequired[Who]
    valid_from: NotRequired[date]
    valid_until: NotRequired[date]


@dataclass(frozen=True, slots=True)
class _Look:
    """A check and its function; it leaves alone what lies inside the fields `unless_in`."""

    check: Check
    function: Callable[..., Saw]
    wants_exam: bool
    unless_in: frozenset[str]


CATALOGUE: dict[str, Check] = {}
"""Every check by its code."""

_LOOKS: list[_Look] = []

_F = TypeVar("_F", bound=Callable[..., Saw])


def declare(code: str, *fields: str, about: tuple[type, ...] = (), **words: Unpack[Words]) -> Check:
    """Put a check into the catalogue; without a function it is one that a step finds by itself."""
    if code in CATALOGUE:
        raise ValueError(f"two checks are called {code}")
    CATALOGUE[code] = Check(code, fields, about=about, **{"who": Who.DESK, **words})  # type: ignore[arg-type]
    return CATALOGUE[code]


def check(*fields: str, unless_in: tuple[str, ...] = (), **words: Unpack[Words]) -> Callable[[_F], _F]:
    """A check of a model, or of each of a union: the function's first parameter says which.

    Models inside the fields `unless_in` are left alone.
    """

    def register(function: _F) -> _F:
        about = _first_annotation(function)
        entry = declare(function.__name__, *fields, about=get_args(about) or (about,), **words)
        _look(function, entry, frozenset(unless_in))
        return function

    return register


def check_each(*fields: str, unless_in: tuple[str, ...] = (), **words: Unpack[Words]) -> Callable[[_F], _F]:
    """A check of every value in fields of these names, but for models inside the fields `unless_in`."""

    def register(function: _F) -> _F:
        _look(function, declare(function.__name__, *fields, **words), frozenset(unless_in))
        return function

    return register


def _first_annotation(function: Callable[..., Saw]) -> Any:
    name = next(iter(inspect.signature(function).parameters))
    return get_type_hints(function)[name]


def _look(function: Callable[..., Saw], check: Check, unless_in: frozenset[str]) -> None:
    wants_exam = len(inspect.signature(function).parameters) == 2
    _LOOKS.append(_Look(check, function, wants_exam, unless_in))
    _plan.cache_clear()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is looked at in a model of one type, and which of its fields lead to more."""

    looks: tuple[_Look, ...]
    looks_by_field: tuple[tuple[str, tuple[_Look, ...]], ...]
    parts: tuple[str, ...]


@cache
def _plan(kind: type, inside: str) -> _Plan:
    """The plan for models of a type that lie in a field of this name."""
    models = kind.model_fields if issubclass(kind, Model) else {}
    each = {name: _looks_at_value(name, inside) for name in models}
    parts = {name: tuple(models_in(info.annotation)) for name, info in models.items()}
    return _Plan(
        looks=tuple(look for look in _LOOKS if issubclass(kind, look.check.about) and inside not in look.unless_in),
        looks_by_field=tuple((name, looks) for name, looks in each.items() if looks),
        parts=tuple(name for name, kinds in parts.items() if any(_leads_on(kind, name) for kind in kinds)),
    )


def _looks_at_value(name: str, inside: str) -> tuple[_Look, ...]:
    return tuple(
        look for look in _LOOKS if not look.check.about and name in look.check.fields and inside not in look.unless_in
    )


def _leads_on(kind: type[Model], inside: str) -> bool:
    plan = _plan(kind, inside)
    return bool(plan.looks or plan.looks_by_field or plan.parts)


def _walk(thing: Any, inside: str, path: str, exam: Examination, seen: list[tuple[_Look, str, str | At]]) -> None:
    """Collect the faults in a thing and its parts: who saw it, the path of the thing or value, what was seen."""
    kind: type = type(thing)
    plan = _plan(kind, inside)
    for look in plan.looks:
        saw = look.function(thing, exam) if look.wants_exam else look.function(thing)
        if saw is not None:
            seen.append((look, path, saw))
    values = thing.__dict__
    for name, looks in plan.looks_by_field:
        if (value := values[name]) is None:
            continue
        for look in looks:
            saw = look.function(value, exam) if look.wants_exam else look.function(value)
            if saw is not None:
                seen.append((look, path + name, saw))
    for name in plan.parts:
        part = values[name]
        if type(part) is tuple:
            for place, each in enumerate(part):
                _walk(each, name, f"{path}{name}.{place}.", exam, seen)
        elif part is not None:
            _walk(part, name, f"{path}{name}.", exam, seen)


def _sighting(look: _Look, path: str, saw: str | At) -> Sighting:
    if look.check.about:
        path += saw.field if isinstance(saw, At) else look.check.fields[0]
    finding = Finding(check_code=look.check.code, field_path=path, weight=look.check.weight)
    return Sighting(finding, saw.saw if isinstance(saw, At) else saw)


def sight(dossier: Dossier, papers: Sequence[FetchedPaper] = ()) -> list[Sighting]:
    """Every fault in a dossier with what was seen, what holds it first; one for each check and field."""
    event_on = dossier.event_on
    exam = Examination(dossier, papers, event_on, route_of(dossier.procedure_code, event_on))
    seen: list[tuple[_Look, str, str | At]] = []
    _walk(dossier, "", "", exam, seen)
    for place, paper in enumerate(papers):
        _walk(paper, "papers", f"papers.{place}.", exam, seen)
    if not seen:
        return []
    sightings = [_sighting(*one) for one in seen if one[0].check.valid_from <= event_on < one[0].check.valid_until]
    by_place = {(each.finding.weight, each.finding.check_code, each.finding.field_path): each for each in sightings}
    return [by_place[place] for place in sorted(by_place)]


def examine(dossier: Dossier, papers: Sequence[FetchedPaper] = ()) -> list[Finding]:
    """Run every check on a dossier. `papers`: as fetched, in the order of `dossier.papers`; none when not fetched yet.

    Pure: the same dossier always has the same findings, in the same order, those that hold it first.
    """
    return [sighting.finding for sighting in sight(dossier, papers)]


def explain(finding: Finding) -> str:
    """What a clerk reads: the field, what was seen there, what to do; in Vietnamese, without a personal value."""
    check = CATALOGUE[finding.check_code]
    title = title_of(finding.field_path)
    place = f"{title[0].upper()}{title[1:]}: " if title else ""
    return f"{place}{check.says_vi} {check.do_vi}"


def _find_checks() -> None:
    """Import every file of checks, so that the catalogue is whole for whoever imports this module."""
    folder = import_module("quality.checks")
    for file in iter_modules(folder.__path__):
        import_module(f"quality.checks.{file.name}")


_find_checks()
