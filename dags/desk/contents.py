"""What stands in a dossier, laid out for a reader: every field by its title, what was edited, what would be sent."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
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
    text: str = dataclass_field(repr=False)


@dataclass(frozen=True)
class FieldLine:
    """A field as the page shows it. `now`: its value with the edits, None when they do not change it; `was`: its value
    in the version before, None when it is equal."""

    field: FieldText
    now: str | None = dataclass_field(repr=False)
    was: str | None = dataclass_field(repr=False)
    is_at_fault: bool

    @property
    def differs(self) -> bool:
        return self.now is not None or self.was is not None


@dataclass(frozen=True)
class RegistryPreview:
    """What a registry would be sent, line by line, each with whether a field at fault or edited stands there; None when
    it cannot be written yet."""

    registry_code: str
    lines: list[tuple[str, bool]] | None = dataclass_field(repr=False)


def read(portal_code: str, original: bytes, edits: Sequence[Edit] = ()) -> Dossier | None:
    """The dossier with these edits, without any where they do not fit; None when it cannot be read."""
    try:
        source = read_original(portal_code, original)
    except Unrecognised:
        return None
    return fitted(source, edits) or source


def fields_of(dossier: Dossier, locale: Locale) -> list[FieldText]:
    """Every filled field, in the order of the form; an address is one."""
    return list(_walk(dossier, "", (), locale, dossier.event_on))


def _walk(model: Model, path: str, titles: tuple[str, ...], locale: Locale, on: date) -> list[FieldText]:
    fields: list[FieldText] = []
    for name, info in type(model).model_fields.items():
        if name in NOT_SHOWN:
            continue
        title = english_name(name) if locale.code == EN else info.title or name
        value = getattr(model, name)
        is_list = isinstance(value, tuple)
        for position, item in enumerate(value if is_list else (value,)):
            item_path = f"{path}{name}.{position}" if is_list else f"{path}{name}"
            item_title = f"{title} {position + 1}" if is_list else title
            item_titles = titles if item_path == "case" else (*titles, item_title)
            if isinstance(item, Address):
                fields.append(_field(item_path, item_titles, _address(item, on), locale))
            elif isinstance(item, Model) and not isinstance(item, PartialDate):
                fields += _walk(item, f"{item_path}.", item_titles, locale, on)
            elif item is not None and item != "":
                fields.append(_field(item_path, item_titles, _coded(model, name, item, locale), locale))
    return fields


def _coded(model: Model, name: str, value: Any, locale: Locale) -> Any:
    """A code of a short list with what it means there; anything else as it is."""
    if not isinstance(value, str | int):
        return value
    kind = getattr(model, "kind", "")
    return locale.coded(f"coded.{kind}.{name}" if kind else f"coded.{name}", value)


def _field(path: str, titles: tuple[str, ...], value: Any, locale: Locale) -> FieldText:
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
    written = {field.field_path: field for field in fields_of(source, locale)}
    edited = {field.field_path: field for field in fields_of(now, locale)} if now else written
    earlier = {field.field_path: field for field in fields_of(before, locale)} if before else written
    parts: dict[str, list[FieldLine]] = {}
    for path, field in (earlier | edited | written).items():
        text = written[path].text if path in written else ""
        line = FieldLine(
            FieldText(path, field.part, field.title, text),
            now=_other(edited, path, text),
            was=_other(earlier, path, text),
            is_at_fault=path in at_fault or any(fault_path.startswith(f"{path}.") for fault_path in at_fault),
        )
        parts.setdefault(field.part, []).append(line)
    return parts


def _other(fields: Mapping[str, FieldText], path: str, text: str) -> str | None:
    """The text of a field where it is another one."""
    other = fields[path].text if path in fields else ""
    return None if other == text else other


def sent(dossier: Dossier, given: Given, looked_for: Iterable[str] = ()) -> list[RegistryPreview]:
    """What each registry of its route would be sent today. `looked_for`: values whose lines a reader is led to."""
    route = route_of(dossier.procedure_code, dossier.event_on)
    codes = dict.fromkeys(step.registry_code for step in route.steps) if route else {}
    values = tuple(value for value in looked_for if len(value) >= SHORTEST_LOOKED_FOR)
    return [RegistryPreview(code, _lines(_words(code, dossier, given), values)) for code in codes]


def _lines(words: str | None, values: Sequence[str]) -> list[tuple[str, bool]] | None:
    return None if words is None else [(line, any(value in line for value in values)) for line in words.splitlines()]


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
        text = etree.tostring(root, encoding="unicode")
    else:
        try:
            text = json.dumps(_unpacked(json.loads(body)), ensure_ascii=False, indent=2)
        except ValueError:
            text = body.decode(errors="replace")
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


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


def value_text(value: JsonValue, locale: Locale) -> str:
    """An edit's value for a reader; nothing is said to be nothing."""
    text = locale.slashed(text_of(value))
    return (locale.of("choice", text) if isinstance(value, bool | str) else text) or locale.translate("value.none")
