"""The causes of refusals: stable codes, what they say, who acts."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from quality.check import Actor
from quality.titles import steps_from
from schemas.cases import CASES
from schemas.registries import REGISTRY_CODES

PORTAL = "portal"
ANSWERING = (*REGISTRY_CODES, PORTAL)
"""The systems whose answers are read: the registries, and the portals to which results are reported."""
OURS = "delivery"
"""The prefix of causes that our own delivery step names, for any registry."""


@dataclass(frozen=True)
class RefusalCause:
    """Why a delivery or a report was refused. `registry_code` is empty for our own step, `portal` for the portals.

    `fields`: the paths in a dossier at which the fault may lie; none when it may lie anywhere. They may belong to
    several kinds of case: see `fields_of`. `says` tells what happened, `do` what to do about it.
    """

    code: str
    registry_code: str
    fields: tuple[str, ...]
    who: Actor
    says_vi: str
    do_vi: str
    says_en: str
    do_en: str
    source: str

    def fields_of(self, case_kind: str) -> tuple[str, ...]:
        """The fields that dossiers of this kind of case have."""
        return tuple(path for path in self.fields if has_field(case_kind, path))


@cache
def has_field(case_kind: str, field_path: str) -> bool:
    """Whether dossiers of this kind of case have a field at this path."""
    if not field_path.startswith("case."):
        return True
    inside = field_path.removeprefix("case.")
    return len(list(steps_from((CASES[case_kind],), inside))) == len(inside.split("."))


def rows(name: str) -> list[dict[str, str]]:
    """The lines of one of the tables beside this file: causes, and the words of all registries and of the portals."""
    text = files("quality.answers").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _causes() -> Iterator[RefusalCause]:
    """Every cause of the table; a cause of `*` is made for each system that answers."""
    for row in rows("causes.csv"):
        whose, leaf = row["code"].split(".")
        for registry_code in ANSWERING if whose == "*" else (whose,):
            yield RefusalCause(
                code=f"{registry_code}.{leaf}",
                registry_code="" if registry_code == OURS else registry_code,
                fields=tuple(row["fields"].split()),
                who=Actor(row["who"]),
                says_vi=row["says_vi"],
                do_vi=row["do_vi"],
                says_en=row["says_en"],
                do_en=row["do_en"],
                source=row["source"],
            )


CAUSES: dict[str, RefusalCause] = {cause.code: cause for cause in _causes()}
"""Every cause by its code."""


def cause_of(code: str) -> RefusalCause:
    """The cause of this code with all its fields. Raises KeyError when there is none."""
    return CAUSES[code]


@cache
def narrowed(code: str, fields: tuple[str, ...]) -> RefusalCause:
    """The cause with these fields only; as it stands in the table when no field is given."""
    return replace(CAUSES[code], fields=fields) if fields else CAUSES[code]
