"""The registries, one folder each, found by looking: a folder holds all that is about one registry.

`<code>/__init__.py` has the docstring about the system and the contract `REGISTRY`; `<code>/wire.py` writes and reads;
`phrases.csv`, `codes.csv` and `elements.csv` hold its words of refusal; an XSD lies there if the registry has one.

To add one: `lienthong new-registry CODE` makes the folder and prints its row for `schemas/registries.py`.
DAG files do not import this package: the codes are in `schemas.registries`, which is much quicker to import.
"""

import csv
import pkgutil
from importlib import import_module
from importlib.resources import files

from connectors.registries.contract import Registry
from schemas.registries import REGISTRY_CODES

WORDS_OF_REFUSAL = ("phrases", "codes", "elements")
"""The tables of a folder, which `quality.answers` reads refusals by."""


def folder_codes() -> tuple[str, ...]:
    """The codes of the folders beside this file, in the order of the rows in `schemas/registries.py`.

    Raises LookupError for a folder without a row and for a row without a folder.
    """
    folders = {module.name for module in pkgutil.iter_modules(__path__) if module.ispkg}
    if unlike := folders ^ set(REGISTRY_CODES):
        raise LookupError(
            f"registries {', '.join(sorted(unlike))}: each needs a folder in connectors/registries and a row in"
            " schemas/registries.py"
        )
    return REGISTRY_CODES


def refusal_rows(registry_code: str) -> dict[str, list[dict[str, str]]]:
    """The rows of a registry's tables of refusal, by the table's name; a table that is not there has no rows."""
    folder = files("connectors.registries").joinpath(registry_code)
    tables = {name: folder.joinpath(f"{name}.csv") for name in WORDS_OF_REFUSAL}
    return {
        name: list(csv.DictReader(table.read_text(encoding="utf-8").splitlines())) if table.is_file() else []
        for name, table in tables.items()
    }


def _registry(code: str) -> Registry:
    registry: Registry = import_module(f"connectors.registries.{code}").REGISTRY
    if registry.code != code:
        raise LookupError(f"connectors/registries/{code} declares the code {registry.code}")
    return registry


REGISTRIES: dict[str, Registry] = {code: _registry(code) for code in folder_codes()}
