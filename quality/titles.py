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
    steps = list(steps_from(roots, field_path))
    if len(steps) != len(field_path.split(".")):
        return ""
    titles: list[str] = []
    for name, fields in steps:
        if fields:
            titles.append(" / ".join(dict.fromkeys(field.title or name for field in fields)))
        elif titles:
            titles[-1] += f" {int(name) + 1}"
    return ", ".join(titles[1:] if field_path.startswith("case.") else titles)
