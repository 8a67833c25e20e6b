"""The name of a field for a clerk: the Vietnamese titles that the schemas give the fields along its path."""

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

from pydantic.fields import FieldInfo

from schemas.dossier import Dossier
from schemas.fields import Model
from schemas.registries import REGISTRIES


def models_in(annotation: Any) -> Iterator[type[Model]]:
    """The models that a field's annotation names: `tuple[Person, ...] | None` -> Person."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def steps_from(models: tuple[type[Model], ...], field_path: str) -> Iterator[tuple[str, list[FieldInfo]]]:
    """Each name along a path, with the schema's field of that name; several fields where the models are several.

    An index (`owners.0`) has no field. Ends early, before the first name that no model has.
    """
    for name in field_path.split("."):
        if name.isdecimal():
            yield name, []
            continue
        fields = [model.model_fields[name] for model in models if name in model.model_fields]
        if not fields:
            return
        models = tuple(dict.fromkeys(inner for field in fields for inner in models_in(field.annotation)))
        yield name, fields


RECEIPTS = tuple(row.receipt for row in REGISTRIES.values())
"""The models of what registries give back."""


@cache
def title_of(field_path: str) -> str:
    """`case.owners.0.personal_id` -> `chủ sử dụng 1, số định danh cá nhân`; empty when no dossier has such a field.

    `receipt.book_code` is a field of a registry's receipt. Fields of different kinds of case may share a name but not a
    title: then all titles are given.
    """
    roots: tuple[type[Model], ...] = (Dossier,)
    if field_path.startswith("receipt."):
        roots, field_path = RECEIPTS, field_path.removeprefix("receipt.")
    return ", ".join(title for title, _ in _titles_along(roots, field_path))


@cache
def phrase_of(field_path: str) -> str:
    """The same as an official says it: `số định danh cá nhân của chủ sử dụng 1`, `ngày cấp giấy tờ tùy thân của mẹ`."""
    phrase = ""
    for title, is_person in reversed(_titles_along((Dossier,), field_path)):
        phrase = _joined(phrase, title, " của " if is_person else " ") if phrase else title
    return phrase


def _titles_along(models: tuple[type[Model], ...], field_path: str) -> list[tuple[str, bool]]:
    """The title of each field on the path below the case, and whether that field is a person; empty for a path that
    leads nowhere."""
    steps = list(steps_from(models, field_path))
    if len(steps) != len(field_path.split(".")):
        return []
    titles: list[tuple[str, bool]] = []
    for name, found in steps:
        if found:
            inner = [model for field in found for model in models_in(field.annotation)]
            is_person = any("full_name" in model.model_fields for model in inner)
            titles.append((" / ".join(dict.fromkeys(field.title or name for field in found)), is_person))
        elif titles:
            titles[-1] = (f"{titles[-1][0]} {int(name) + 1}", titles[-1][1])
    return titles[1:] if field_path.startswith("case.") else titles


def _joined(phrase: str, owner: str, link: str) -> str:
    """`số giấy tờ` and `giấy tờ tùy thân` share two words, and `họ tên chủ hộ` names the `chủ hộ` already."""
    if any(phrase.endswith(f" {name}") for name in owner.split(" / ")):
        return phrase
    words, of_owner = phrase.split(), owner.split()
    shared = next((n for n in range(len(of_owner), 0, -1) if words[-n:] == of_owner[:n] and n < len(words)), 0)
    return f"{phrase}{link}{owner}" if not shared else " ".join([*words, *of_owner[shared:]])
