"""A pipeline whose portal changes what registries already have, a steward who decides, and what must be true then.

The dataset holds clean births of whole bundles only (civil status, residence, health insurance), and the registries
work at once, so that a thousand dossiers can be changed in random order within minutes. Waits of the ledger are
shortened by hand (`no_waiting`); nothing else is.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any
from unittest.mock import patch

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.decisions import requests_of
from connectors.ledger.dossier_view import head_of
from connectors.registries import REGISTRIES
from connectors.sandbox import sandbox as sandbox_module
from connectors.sandbox.dataset import Dataset, Planted
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.twins import civil_status
from dags import steps
from dags.steps import deciding
from dags.steps.deciding import CommandResult
from schemas.dossier import Dossier
from tests.support.dossiers import changed
from tests.support.pipeline import PipelineDriver

BUNDLE = ("civil_status", "residence", "health_insurance")
STEWARD, SECOND = "lan", "hoa"
REASON = "theo hồ sơ cổng gửi lại"


class CleanBundles(Dataset):
    """Births of the whole bundle without a defect or a refusal; registries work within hundredths of a second. No two
    children share name, sex and birthday: the insurance twin looks a child up by these, and takes two for one."""

    wanted = 3

    def _fill(self, dossiers: int) -> None:
        super()._fill(dossiers)
        clean = {_name_and_birth(planted): planted for planted in self.planted if _is_clean_bundle(planted)}
        self.planted = list(clean.values())[: self.wanted]

    def lateness_s(self, registry_code: str, request_code: str) -> float:
        return super().lateness_s(registry_code, request_code) / 100


def _name_and_birth(planted: Planted) -> tuple[object, ...]:
    child = planted.dossier.case.child
    return child.full_name, child.born_on, child.sex


def _is_clean_bundle(planted: Planted) -> bool:
    is_birth = planted.dossier.case.kind == "birth"
    return is_birth and planted.registries == BUNDLE and planted.defect is None and planted.refused_by is None


def clean_sandbox(wanted: int, seed: int = 11) -> Sandbox:
    """A sandbox of one portal (24, one-stop) with so many clean bundles."""
    kind = type("CleanBundlesOf", (CleanBundles,), {"wanted": wanted})
    with patch.object(sandbox_module, "Dataset", kind), patch.object(civil_status, "NUMBER_COMES_LATER_S", 0.05):
        return Sandbox(seed, wanted * 12 + 60, ("24",))


# What a portal may change

GIVEN_NAMES = "AN BÌNH CHI DUNG GIANG HÀ KHANH LAN MAI NGA OANH PHƯƠNG QUYÊN THẢO UYÊN VÂN XUÂN YẾN".split()


def _due(dossier: Dossier, _: Random) -> Dossier:
    return dossier.model_copy(update={"due_at": (dossier.due_at or dossier.received_at) + timedelta(days=1)})


def _abstract(dossier: Dossier, rng: Random) -> Dossier:
    return dossier.model_copy(update={"abstract": f"Đăng ký khai sinh, bổ sung {rng.randrange(1000)}"})


def _child_name(dossier: Dossier, rng: Random) -> Dossier:
    """Always another name: the same content again is no change, and what was decided about it stands."""
    now = dossier.case.child.full_name
    while (name := f"{now.split()[0]} {' '.join(rng.sample(GIVEN_NAMES, 3))}") == now:
        pass
    return changed(dossier, "case.child.full_name", name)


def _copies(dossier: Dossier, rng: Random) -> Dossier:
    return changed(dossier, "case.copies", rng.randrange(1, 9))


def _home(dossier: Dossier, rng: Random) -> Dossier:
    return changed(dossier, "case.residence.detail", f"Thôn Trung, số {rng.randrange(1, 200)}")


AMENDMENTS: dict[str, Callable[[Dossier, Random], Dossier]] = {
    "due": _due,
    "abstract": _abstract,
    "child_name": _child_name,
    "copies": _copies,
    "home": _home,
}
SILENT = frozenset({"due", "abstract"})
"""What no registry is sent."""


@dataclass
class Office:
    """The portal's hand, the pipeline and the steward. `now` is what the portal shows of each dossier."""

    pipeline: PipelineDriver
    now: dict[str, Dossier] = field(default_factory=dict)
    first: dict[str, Dossier] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for planted in self.pipeline.sandbox.dataset.planted:
            code = planted.dossier.dossier_code.strip()
            self.now[code] = self.first[code] = planted.dossier

    @property
    def ledger(self) -> Ledger:
        return self.pipeline.ledger

    @property
    def codes(self) -> list[str]:
        return list(self.now)

    def amend(self, code: str, kind: str, rng: Random) -> None:
        """The portal shows other content from now on; "revert" shows the first again."""
        amended = self.first[code] if kind == "revert" else AMENDMENTS[kind](self.now[code], rng)
        self.now[code] = amended
        self.pipeline.sandbox.onestop.amend(code, amended)

    def withdraw(self, code: str) -> None:
        self.withdrawn.add(code)
        self.pipeline.sandbox.onestop.withdraw(code)

    def step(self, name: str) -> None:
        """One step of the pipeline for all its endpoints."""
        self.no_waiting()
        {"pull": self.pipeline.pull, "deliver": self.pipeline.deliver_and_collect, "report": self.pipeline.report}[
            name
        ]()

    def send(self, registry_code: str) -> None:
        """Sends one registry what is ready for it, and collects nothing."""
        self.no_waiting()
        steps.deliver(self.ledger, REGISTRIES[registry_code], self.pipeline.endpoint(registry_code))

    def no_waiting(self) -> None:
        with self.ledger.engine.begin() as connection:
            connection.execute(text("UPDATE deliveries SET not_before = now() - interval '1 s'"))
            connection.execute(text("UPDATE reports SET not_before = now() - interval '1 s'"))

    def quiet(self, rounds: int = 60) -> None:
        """Steps until nothing moves any more."""
        still = 0
        for _ in range(rounds):
            self.no_waiting()
            moved = self.pipeline.round()
            waiting = self.rows("SELECT 1 FROM deliveries WHERE state IN ('sending', 'unanswered', 'accepted')")
            still = 0 if moved or waiting else still + 1
            if still > 1:
                return
        raise AssertionError(f"still moving: {self.states()}, {self.pipeline.errors[-3:]}")

    def rows(self, question: str, **values: Any) -> list[Any]:
        with self.ledger.engine.connect() as connection:
            return list(connection.execute(text(question), values))

    def states(self) -> Counter[str]:
        return Counter(row.state for row in self.rows("SELECT state FROM dossiers"))

    def state(self, code: str) -> str:
        ((state,),) = self.rows("SELECT state FROM dossiers WHERE dossier_code = :code", code=code)
        return str(state)

    def deliveries(self, code: str) -> list[tuple[str, str, str]]:
        """Registry, operation and state of what was not cancelled, in the order in which it was planned."""
        return [
            (row.registry_code, row.operation, row.state)
            for row in self.rows(
                "SELECT registry_code, operation, d.state FROM deliveries d JOIN dossiers USING (dossier_id)"
                " WHERE dossier_code = :code AND d.state <> 'cancelled' ORDER BY d.delivery_id",
                code=code,
            )
        ]

    def causes(self, code: str) -> list[str]:
        return [
            row.cause_code
            for row in self.rows(
                "SELECT cause_code FROM faults JOIN dossiers USING (dossier_id) WHERE dossier_code = :code ORDER BY 1",
                code=code,
            )
        ]

    def decide(self, act: str, code: str, *, confirms: bool = True) -> CommandResult:
        """The steward decides; where a second person must agree, one does."""
        result: CommandResult = getattr(deciding, act)(self.ledger, STEWARD, requests_of(self.ledger, code), REASON)
        if confirms and (waiting := self.waiting_decisions(code)):
            deciding.confirm(self.ledger, SECOND, waiting)
        return result

    def waiting_decisions(self, code: str) -> list[int]:
        return [
            row.decision_id
            for row in self.rows(
                "SELECT decision_id FROM decisions m JOIN dossiers d USING (dossier_id, version_number)"
                " WHERE dossier_code = :code AND needs_second"
                "   AND NOT EXISTS (SELECT FROM decisions r WHERE r.of_decision_id = m.decision_id)",
                code=code,
            )
        ]

    def decline(self, decision_ids: list[int]) -> None:
        """A second person does not agree."""
        deciding.decline(self.ledger, "minh", decision_ids, "quyết định lại")

    def settle(self, code: str) -> int:
        """What is parked was done at its registry; how many it was."""
        parked = self.rows(
            "SELECT delivery_id FROM deliveries d JOIN dossiers USING (dossier_id)"
            " WHERE dossier_code = :code AND d.state = 'parked'",
            code=code,
        )
        deciding.settle(self.ledger, STEWARD, [row.delivery_id for row in parked], "đã làm tại công an xã")
        return len(parked)

    def differences(self, code: str) -> list[Any]:
        from dags.steps.correcting import differences

        head = head_of(self.ledger, "24", code)
        assert head is not None
        return differences(self.ledger, head)

    def entries(self, registry_code: str) -> dict[str, list[dict[str, Any]]]:
        """What the twin holds, by dossier."""
        held: dict[str, list[dict[str, Any]]] = {}
        for row in self.pipeline.sandbox.server.listeners[registry_code].twin.entries():  # type: ignore[attr-defined]  # registries' twins have it
            held.setdefault(row["dossier_code"].strip(), []).append(row)
        return held


def civil_status_words(dossier: Dossier) -> dict[str, Any]:
    """What of a birth the civil-status twin must hold, by hand: the child's name and the copies."""
    family, *middle, given = dossier.case.child.full_name.split()
    name = {"Ho": family, "ChuDem": " ".join(middle), "Ten": given}
    return {"name": name, "copies": dossier.case.copies}


def held_by_civil_status(row: dict[str, Any]) -> dict[str, Any]:
    return {"name": row["words"]["nks"]["HoTen"], "copies": row["words"]["soLuongBanSao"]}


def insurance_words(dossier: Dossier) -> dict[str, Any]:
    return {"hoTen": dossier.case.child.full_name, "diaChi": dossier.case.residence.detail}


def held_by_insurance(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row["words"][name] for name in ("hoTen", "diaChi")}


def untruths(office: Office, expected: dict[str, Dossier | None], refused: int = 0) -> Iterator[str]:
    """Every difference between what the twins hold and what must stand there: by dossier the content that civil status
    was given last, None where it was annulled. `refused`: requests that civil status refused."""
    for registry_code, words, held in (
        ("civil_status", civil_status_words, held_by_civil_status),
        ("health_insurance", insurance_words, held_by_insurance),
    ):
        entries = office.entries(registry_code)
        for code, dossier in expected.items():
            rows = entries.get(code, [])
            if len(rows) != 1:
                yield f"{registry_code} {code}: {len(rows)} entries"
                continue
            (row,) = rows
            turned_down = refused if registry_code == "civil_status" else 0
            if row["unknown_citations"] or row["submissions"] != len(row["operations"]) + turned_down:
                yield f"{registry_code} {code}: {row['unknown_citations']} unknown citations, {row['submissions']} sent"
            if row["operations"][0] != "register" or row["is_annulled"] != (dossier is None):
                yield f"{registry_code} {code}: {row['operations']}"
            if dossier is not None and held(row) != words(dossier):
                yield f"{registry_code} {code}: holds {held(row)}, must hold {words(dossier)}"


def open_office(ledger: Ledger, wanted: int, seed: int = 11) -> Office:
    """An office over a fresh sandbox; `office.pipeline.sandbox.stop()` ends it."""
    return Office(PipelineDriver(ledger, clean_sandbox(wanted, seed)))


__all__ = ["AMENDMENTS", "SILENT", "Office", "open_office", "replace", "untruths"]
