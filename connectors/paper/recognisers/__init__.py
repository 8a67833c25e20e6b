"""Recognisers read the writing of a crop: one small interface, and which of them work on this machine.

To add one: a module with `CODE`, `problem()` and `load()`, and its name in `MODULES`.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Protocol

from connectors.paper.images import Bytes

MODULES = ("asternet", "tesseract")
"""The best first: where two read the same field, the earlier is believed for searching."""


class Recogniser(Protocol):
    """Reads crops, grey and black on white. `code` names program, weights and version: a reading is only comparable
    with readings of the same code."""

    @property
    def code(self) -> str: ...

    def read(self, crops: Sequence[Bytes]) -> list[tuple[str, float]]:
        """The text and the confidence, 0 to 1, of each crop, in their order."""


def available() -> tuple[list[Recogniser], dict[str, str]]:
    """The recognisers that work here, the best first, and by name why another does not and what to install.

    Loading takes up to a second; one set serves one process and one thread.
    """
    works: list[Recogniser] = []
    problems: dict[str, str] = {}
    for name in MODULES:
        module = import_module(f"{__name__}.{name}")
        problem = module.problem()
        if problem:
            problems[name] = problem
        else:
            works.append(module.load())
    return works, problems
