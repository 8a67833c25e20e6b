"""Random interleavings of what a portal, the steps and a steward do to dossiers that registries have.

    uv run python -m tests.support.random_corrections --interleavings 1000 --seed 1

Each dossier has an interleaving of its own: amendments (with and without words that registries are sent), a return to
the first content, a withdrawal, and decisions (correct, keep, annul, settle), in random order, at random moments
between the steps of the pipeline. At the end the portal changes every child's name once more, the steward corrects what
is not withdrawn and annuls or keeps what is, and the twins must hold exactly that.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from connectors.ledger import open_ledger, upgrade
from connectors.postgres import embedded
from connectors.vault import Vault
from schemas.dossier import Dossier
from tests.support.corrections import AMENDMENTS, Office, open_office, untruths

ROUNDS = 12
ACTS = ("correct", "correct", "correct", "keep", "wait", "wait")


class Simulation:
    """One office whose dossiers go their random ways; `log` says what was done to each, for a replay by hand."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office, self.rng = office, Random(seed)
        self.log: dict[str, list[str]] = {code: [] for code in office.codes}
        self.kept: set[str] = set()

    def run(self) -> list[str]:
        """Everything that is not as it must be at the end, in words."""
        for _ in range(ROUNDS):
            for code in self.office.codes:
                self._portal_acts(code)
            for _ in range(2):
                self.office.step(self.rng.choice(("pull", "pull", "deliver", "deliver", "report")))
            self._steward_acts()
        self._end()
        return [f"{found} after {self.log[found.split()[1].rstrip(':')]}" for found in self._faults()]

    def _portal_acts(self, code: str) -> None:
        if code in self.office.withdrawn:
            return
        what = self.rng.choice((*AMENDMENTS, "revert", "withdraw", *["nothing"] * 8))
        if what == "nothing" or (what == "withdraw" and self.rng.random() < 0.7):
            return
        self.log[code].append(what)
        if what == "withdraw":
            self.office.withdraw(code)
        else:
            self.office.amend(code, what, self.rng)

    def _held(self) -> list[Any]:
        """The dossiers with a question for the steward, with their causes."""
        return self.office.rows("""
            SELECT d.dossier_code AS code, d.portal_status AS status, array_agg(f.cause_code) AS causes
              FROM dossiers d JOIN faults f USING (dossier_id) GROUP BY d.dossier_id ORDER BY d.dossier_id""")

    def _steward_acts(self) -> None:
        for row in self._held():
            if any(cause.endswith(".correction_not_taken") for cause in row.causes) and self.rng.random() < 0.5:
                self.log[row.code].append("settle")
                self.office.settle(row.code)
            if "changed_after_sending" in row.causes:
                self._decide(row.code, self._choice(row.code, row.status))

    def _choice(self, code: str, status: int) -> str:
        act = self.rng.choice(ACTS)
        return self.rng.choice(("annul", "keep", "wait")) if status == 7 and act == "correct" else act

    def _decide(self, code: str, act: str) -> None:
        if act == "wait":
            return
        confirms = self.rng.random() < 0.9
        self.log[code].append(act if confirms else f"{act}?")
        self.office.decide(act, code, confirms=confirms)
        (self.kept.add if act == "keep" and code in self.office.withdrawn else self.kept.discard)(code)

    def _end(self) -> None:
        """The last word of the portal and of the steward about every dossier."""
        for code in self.office.codes:
            if code not in self.office.withdrawn:
                self.office.amend(code, "child_name", self.rng)
        for _ in range(40):
            self.office.quiet(rounds=200)
            undecided = [row for row in self._held() if "changed_after_sending" in row.causes]
            if not undecided:
                break
            for row in undecided:
                is_closed = row.code in self.office.withdrawn
                act = self.rng.choice(("annul", "keep")) if is_closed else "correct"
                self.log[row.code].append(f"at last {act}")
                if waiting := self.office.waiting_decisions(row.code):
                    self.office.decline(waiting)
                self.office.decide(act, row.code)
                (self.kept.add if act == "keep" else self.kept.discard)(row.code)
        for code in self.office.codes:
            self.office.settle(code)

    def _faults(self) -> Iterator[str]:
        expected: dict[str, Dossier | None] = {}
        annulled = {
            row.dossier_code
            for row in self.office.rows(
                "SELECT dossier_code FROM decisions m JOIN dossiers d USING (dossier_id, version_number)"
                " WHERE m.act = 'annulled' AND NOT EXISTS (SELECT FROM decisions u"
                " WHERE u.of_decision_id = m.decision_id AND u.act <> 'confirmed')"
            )
        }
        civil_status = self.office.entries("civil_status")
        insured = self.office.entries("health_insurance")
        for code in self.office.codes:
            if code in self.office.withdrawn:
                if code not in civil_status:
                    continue  # withdrawn before anything was sent
                if code in self.kept or code not in annulled:
                    yield from self._kept_faults(code, civil_status[code])
                    continue
                expected[code] = None
                if code not in insured:
                    yield from self._only_annulled(code, civil_status[code])
                    del expected[code]
            else:
                expected[code] = self.office.now[code]
        yield from untruths(self.office, expected)
        for code in self.office.codes:
            if causes := self.office.causes(code):
                yield f"ledger {code}: still waits for {causes}"
            if open_ones := [row for row in self.office.deliveries(code) if row[2] not in ENDED]:
                yield f"ledger {code}: still open {open_ones}"

    def _only_annulled(self, code: str, rows: list[dict[str, Any]]) -> Iterator[str]:
        """What was annulled before health insurance had it: civil status alone holds an entry, a void one."""
        if [row["is_annulled"] for row in rows] != [True]:
            yield f"civil_status {code}: {rows}"

    def _kept_faults(self, code: str, rows: list[dict[str, Any]]) -> Iterator[str]:
        """What was kept stands once, and health insurance has the name that civil status has."""
        name = " ".join(filter(None, rows[0]["words"]["nks"]["HoTen"].values()))
        if len(rows) != 1 or rows[0]["is_annulled"]:
            yield f"civil_status {code}: {rows}"
        for row in self.office.entries("health_insurance").get(code, []):
            if row["words"]["hoTen"] != name:
                yield f"health_insurance {code}: named {row['words']['hoTen']}, at civil status {name}"


ENDED = frozenset({"registered", "settled"})


def main(interleavings: int, seed: int) -> int:
    """Prints what was done and what is wrong; 1 when anything is."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as home, embedded(Path(home)) as server:
        upgrade(server.url("ledger"))
        with open_ledger(server.url("ledger"), Vault(bytes(range(32)))) as ledger:
            office = open_office(ledger, interleavings, seed)
            try:
                simulation = Simulation(office, seed)
                faults = [f"{fault}\n{story(office, fault)}" for fault in simulation.run()]
                done = Counter(word for words in simulation.log.values() for word in words)
                operations = Counter(
                    (row.operation, row.state)
                    for row in office.rows("SELECT operation, state FROM deliveries WHERE state <> 'cancelled'")
                )
            finally:
                office.pipeline.sandbox.stop()
    sys.stdout.write(f"{len(simulation.log)} interleavings, seed {seed}, {time.monotonic() - began:.0f} s\n")
    sys.stdout.write(f"done: {dict(done.most_common())}\n")
    sys.stdout.write("".join(f"  {name} {state}: {n}\n" for (name, state), n in sorted(operations.items())))
    sys.stdout.write("".join(f"WRONG {fault}\n" for fault in faults) or "all as they must be\n")
    return 1 if faults else 0


DELIVERIES = """
    SELECT d.delivery_id, d.registry_code, d.operation, d.state, d.version_number, d.decision_id,
           (SELECT string_agg(e.kind, ' ' ORDER BY e.event_id) FROM events e WHERE e.delivery_id = d.delivery_id)
      FROM deliveries d JOIN dossiers USING (dossier_id) WHERE dossier_code = :code ORDER BY d.delivery_id"""
DECISIONS = """
    SELECT m.decision_id, m.act, m.version_number FROM decisions m JOIN dossiers USING (dossier_id)
     WHERE dossier_code = :code ORDER BY m.decision_id"""


def story(office: Office, fault: str) -> str:
    """The decisions about the dossier that a fault names, then its deliveries, each with what became of it."""
    code = fault.split()[1].rstrip(":")
    rows = [*office.rows(DECISIONS, code=code), *office.rows(DELIVERIES, code=code)]
    return "\n".join(f"    {tuple(row)}" for row in rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interleavings", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    sys.exit(main(arguments.interleavings, arguments.seed))
