"""What stands in a dossier, laid out for a reader: every field by its title, what was edited, what would be sent."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any

from lxml import etree
from pydantic import JsonValue

from connectors.errors import LienthongError, Unrecognised
from connectors.portals.provinces import read_original
from connectors.registries.preview import words_for
from connectors.xml import parse
from dags.desk.language import Locale, english_name
from quality.editing import text_of
from quality.words import EN
from schemas.dates import PartialDate
from schemas.decision import Edit, fitted
from schemas.dossier import Dossier
from schemas.fields import Model
from schemas.person import Address
from schemas.places import unit_on
from schemas.registries import Given
from schemas.routes import route_of

NOT_SHOWN = frozenset({"papers", "kind"})
LONGEST_SHOWN = 40_000
SHORTEST_LOOKED_FOR = 3
"""Characters: shorter values stand everywhere."""


@dataclass(frozen=True)
class FieldText:
    """One field: its path, the part it belongs to, its title within that part, and its value as text."""

    field_path: str
    part: str
    title: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class FieldLine:
    """A field as the page shows it. `now`: what stands there with the edits, None when that is the same; `was`: what
    stood there in the version before, None when that is the same."""

    leaf: FieldText
    now: str | None = field(repr=False)
    was: str | None = field(repr=False)
    is_at_fault: bool

    @property
    def differs(self) -> bool:
        return self.now is not None or self.was is not None


@dataclass(frozen=True)
class RegistryPreview:
    """What a registry would be sent, line by line, each with whether a field at fault or edited stands there; None when
    it cannot be written yet."""

    registry_code: str
    lines: list[tuple[str, bool]] | None = field(repr=False)


def read(portal_code: str, original: bytes, edits: Sequence[Edit] = ()) -> Dossier | None:
    """The dossier with these edits, without any where they do not fit; None when it cannot be read."""
    try:
        source = read_original(portal_code, original)
    except Unrecognised:
        return None
    return fitted(source, edits) or source


def leaves(dossier: Dossier, locale: Locale) -> list[FieldText]:
    """Every filled field, in the order of the form; an address is one."""
    return list(_walk(dossier, "", (), locale, dossier.event_on))


def _walk(model: Model, path: str, titles: tuple[str, ...], locale: Locale, on: date) -> list[FieldText]:
    found: list[FieldText] = []
    for name, info in type(model).model_fields.items():
        if name in NOT_SHOWN:
            continue
        title = english_name(name) if locale.code == EN else info.title or name
        value = getattr(model, name)
        ways = value if isinstance(value, tuple) else (value,)
        for at, each in enumerate(ways):
            numbered = isinstance(value, tuple)
            here = f"{path}{name}.{at}" if numbered else f"{path}{name}"
            own = titles if here == "case" else (*titles, f"{title} {at + 1}" if numbered else title)
            if isinstance(each, Address):
                found.append(_leaf(here, own, _address(each, on), locale))
            elif isinstance(each, Model) and not isinstance(each, PartialDate):
                found += _walk(each, f"{here}.", own, locale, on)
            elif each is not None and each != "":
                found.append(_leaf(here, own, _coded(model, name, each, locale), locale))
    return found


def _coded(model: Model, name: str, value: Any, locale: Locale) -> Any:
    """A code of a short list with what it means there; anything else as it is."""
    if not isinstance(value, str | int):
        return value
    kind = getattr(model, "kind", "")
    return locale.coded(f"coded.{kind}.{name}" if kind else f"coded.{name}", value)


def _leaf(path: str, titles: tuple[str, ...], value: Any, locale: Locale) -> FieldText:
    part = titles[0] if len(titles) > 1 else locale.translate("part.applications" if "." not in path else "part.case")
    title = " · ".join(titles[1:] or titles)
    return FieldText(path, _capital(part), _capital(title), shown(value, locale))


def _address(address: Address, on: date) -> str:
    """In one line: the detail, and each unit by the name that its code had on that day."""
    units = [_unit(code, on) for code in (address.commune_code, address.district_code, address.province_code) if code]
    country = [address.country_code] if address.country_code != "VN" else []
    return " · ".join(part for part in (address.detail, *units, *country) if part)


def _unit(code: str, on: date) -> str:
    unit = unit_on(code, on)
    return f"{unit.name_vi} ({code})" if unit else code


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def shown(value: Any, locale: Locale) -> str:
    """A value as a reader sees it: instants in local time, choices in words."""
    if isinstance(value, PartialDate):
        return locale.slashed(value.as_written)
    if isinstance(value, datetime):
        return locale.when(value)
    if isinstance(value, bool):
        return locale.translate("choice.true" if value else "choice.false")
    return locale.of("choice", str(value)) if isinstance(value, Enum) else str(value)


def lines(
    source: Dossier, now: Dossier | None, before: Dossier | None, at_fault: frozenset[str], locale: Locale
) -> dict[str, list[FieldLine]]:
    """The fields by part: as written, beside what the edits and the version before say."""
    then = {leaf.field_path: leaf for leaf in leaves(source, locale)}
    edited_to = {leaf.field_path: leaf for leaf in leaves(now, locale)} if now else then
    earlier = {leaf.field_path: leaf for leaf in leaves(before, locale)} if before else then
    parts: dict[str, list[FieldLine]] = {}
    for path, leaf in (earlier | edited_to | then).items():
        text = then[path].text if path in then else ""
        is_at_fault = path in at_fault or any(one.startswith(f"{path}.") for one in at_fault)
        line = FieldLine(
            FieldText(path, leaf.part, leaf.title, text),
            _other(edited_to, path, text),
            _other(earlier, path, text),
            is_at_fault,
        )
        parts.setdefault(leaf.part, []).append(line)
    return parts


def _other(leaves_of: Mapping[str, FieldText], path: str, text: str) -> str | None:
    said = leaves_of[path].text if path in leaves_of else ""
    return None if said == text else said


def sent(dossier: Dossier, given: Given, looked_for: Iterable[str] = ()) -> list[RegistryPreview]:
    """What each registry of its route would be sent today. `looked_for`: values whose lines a reader is led to."""
    route = route_of(dossier.procedure_code, dossier.event_on)
    codes = dict.fromkeys(step.registry_code for step in route.steps) if route else {}
    wanted = tuple(value for value in looked_for if len(value) >= SHORTEST_LOOKED_FOR)
    return [RegistryPreview(code, _lines(_words(code, dossier, given), wanted)) for code in codes]


def _lines(words: str | None, wanted: Sequence[str]) -> list[tuple[str, bool]] | None:
    return None if words is None else [(line, any(one in line for one in wanted)) for line in words.splitlines()]


def _words(registry_code: str, dossier: Dossier, given: Given) -> str | None:
    try:
        return pretty(words_for(registry_code, dossier, given))
    except LienthongError:
        return None


def pretty(body: bytes) -> str:
    """A request's body for a reader: XML and JSON indented."""
    if body.lstrip()[:1] == b"<":
        root = parse(body)
        etree.indent(root)
        said = etree.tostring(root, encoding="unicode")
    else:
        try:
            said = json.dumps(_unpacked(json.loads(body)), ensure_ascii=False, indent=2)
        except ValueError:
            said = body.decode(errors="replace")
    return said if len(said) <= LONGEST_SHOWN else f"{said[:LONGEST_SHOWN]}…"


def _unpacked(content: Any) -> Any:
    """JSON within JSON, as one."""
    if isinstance(content, dict):
        return {name: _unpacked(value) for name, value in content.items()}
    if isinstance(content, list):
        return [_unpacked(value) for value in content]
    if isinstance(content, str) and content[:1] in ("{", "["):
        try:
            return _unpacked(json.loads(content))
        except ValueError:
            return content
    return content


def value_said(value: JsonValue, locale: Locale) -> str:
    """An edit's value for a reader; nothing is said to be nothing."""
    text = locale.slashed(text_of(value))
    return (locale.of("choice", text) if isinstance(value, bool | str) else text) or locale.translate("value.none")
