"""How a field is called to a clerk: the Vietnamese titles of the schemas along its path."""

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
    """Along a path: each name, and what the schema says of it: several, where models differ.

    An index (`owners.0`) is said nothing of. Ends early, at the first name that no model has.
    """
    for name in field_path.split("."):
        if name.isdecimal():
            yield name, []
            continue
        found = [model.model_fields[name] for model in models if name in model.model_fields]
        if not found:
            return
        models = tuple(dict.fromkeys(inner for field in found for inner in models_in(field.annotation)))
        yield name, found


RECEIPTS = tuple(row.receipt for row in REGISTRIES.values())


@cache
def title_of(field_path: str) -> str:
    """`case.owners.0.personal_id` -> `chủ sử dụng 1, số định danh cá nhân`; empty when the dossier has no such field.

    `receipt.book_code` is a field of what a registry gave back. Fields of different cases may share a name and not a
    title: then both titles stand there.
    """
    roots: tuple[type[Model], ...] = (Dossier,)
    if field_path.startswith("receipt."):
        roots, field_path = RECEIPTS, field_path.removeprefix("receipt.")
    steps = list(steps_from(roots, field_path))
    if len(steps) != len(field_path.split(".")):
        return ""
    titles: list[str] = []
    for name, found in steps:
        if found:
            titles.append(" / ".join(dict.fromkeys(field.title or name for field in found)))
        elif titles:
            titles[-1] += f" {int(name) + 1}"
    return ", ".join(titles[1:] if field_path.startswith("case.") else titles)
