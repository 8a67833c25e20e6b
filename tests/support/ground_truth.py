"""What must have happened, by the dataset's own word, against what the twins hold. Our ledger is not asked."""

from collections import Counter

from connectors.sandbox.dataset import Planted
from connectors.sandbox.sandbox import Sandbox
from schemas.registries import REGISTRY_CODES

DONE = {"onestop": 9, "hub": 5}
"""The portal's status of a dossier whose every registry answered."""


def due(planted: Planted) -> tuple[str, ...]:
    """The registries in which a planted dossier must stand in the end, once each."""
    if planted.defect and planted.edited is None:
        return ()
    if planted.refused_by is None:
        return planted.registries
    return planted.registries[: planted.registries.index(planted.refused_by)]


def is_finished(planted: Planted) -> bool:
    """Whether its portal must show it as done."""
    return bool(due(planted)) and planted.refused_by is None


def registrations(sandbox: Sandbox) -> dict[str, Counter[str]]:
    """How often each dossier stands in each registry."""
    return {
        code: Counter(str(row["dossier_code"]).strip() for row in sandbox.server.listeners[code].twin.registered())
        for code in REGISTRY_CODES
    }


def expected(sandbox: Sandbox) -> dict[str, Counter[str]]:
    due_at: dict[str, Counter[str]] = {code: Counter() for code in REGISTRY_CODES}
    for planted in sandbox.dataset.planted:
        for code in due(planted):
            due_at[code][planted.dossier.dossier_code.strip()] += 1
    return due_at


def unfinished_at_portals(sandbox: Sandbox) -> list[str]:
    """Dossiers that are done in every registry, and whose portal does not say so."""
    shown = {
        str(row["dossier_code"]).strip(): row["status"]
        for twin in (sandbox.onestop, sandbox.hub)
        for row in twin.registered()
    }
    finals = set(DONE.values())
    return [
        planted.dossier.dossier_code
        for planted in sandbox.dataset.planted
        if is_finished(planted) and shown.get(planted.dossier.dossier_code.strip()) not in finals
    ]


def contradictions(sandbox: Sandbox) -> list[str]:
    """Every difference between what must be registered and what is, in words."""
    is_so, must_be = registrations(sandbox), expected(sandbox)
    return [
        f"{code} {dossier_code}: {is_so[code][dossier_code]} instead of {must_be[code][dossier_code]}"
        + f" (defect {planted.defect}, refused by {planted.refused_by})"
        for code in REGISTRY_CODES
        for dossier_code in sorted(is_so[code].keys() | must_be[code].keys())
        if is_so[code][dossier_code] != must_be[code][dossier_code]
        for planted in [sandbox.dataset.find(dossier_code)]
        if planted
    ]
