"""A desk on the pipeline: a sandbox that begins with chosen defects, and clerks who see to them in a browser."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar
from unittest.mock import patch

from playwright.sync_api import Browser

from connectors.ledger import open_ledger
from connectors.postgres import EmbeddedServer
from connectors.sandbox import sandbox as sandbox_module
from connectors.sandbox.dataset import PROCEDURES, Dataset, Planted
from connectors.sandbox.sandbox import Sandbox
from connectors.vault import Vault
from schemas.dossier import Dossier
from tests.support.browser import Clerk, clerk
from tests.support.databases import new_ledger_url
from tests.support.desk import DeskHouse
from tests.support.ground_truth import DONE, registrations
from tests.support.pipeline import PipelineDriver
from tests.support.served_desk import served

NOTICE, NUMBER, ABSTRACT = "birth_notice_malformed", "long_personal_id", "dinhkem_abstract"
BIRTH_BUNDLE, BIRTH, DEATH, MARRIAGE, LAND = "2.000987", "1.001193", "1.000656", "1.000894", "1.012756"


class StagedDataset(Dataset):
    """A dataset that begins with these: a defect, its portal, its procedure. No citizen supplements them by himself."""

    first: ClassVar[tuple[tuple[str, str, str], ...]] = (
        *[(NOTICE, "24", BIRTH_BUNDLE)] * 2, *[(NOTICE, "24", BIRTH)] * 4, *[(NOTICE, "22", BIRTH)] * 2,
        *[(NUMBER, "24", DEATH)] * 3, *[(ABSTRACT, "24", BIRTH)] * 3, ("serial_malformed", "24", LAND),
        ("head_of_household_missing", "24", BIRTH_BUNDLE), ("unknown_ethnic_group", "22", DEATH),
        *[("spaces_in_number", "24", DEATH)] * 2, ("impossible_date", "24", DEATH), ("broken_content", "24", BIRTH),
    )  # fmt: skip

    def _next(self, moments: Any) -> Iterator[Planted]:
        if len(self.planted) >= len(self.first):
            yield from super()._next(moments)
            return
        name, province_code, procedure_code = self.first[len(self.planted)]
        province = next(one for one in self._provinces if one.province_code == province_code)
        procedure = next(one for one in PROCEDURES if one.procedure_code == procedure_code)
        desk = self._desk(province, moments[0], procedure)
        yield replace(self._faulty(name, province, procedure, desk, moments[0]), edited=None)


class Weddings(StagedDataset):
    """A thousand marriages, each with the abstract that a portal's adapter makes up."""

    first = ((ABSTRACT, "24", MARRIAGE),) * 1000


@dataclass
class Office:
    """A desk on the pipeline: what is cleared there is carried on."""

    way: PipelineDriver
    house: DeskHouse
    base: str
    browser: Browser
    taken: set[str] = field(default_factory=set)

    def at_desk(self, user: str = "lan", **more: Any) -> AbstractContextManager[Clerk]:
        return clerk(self.browser, self.base, user, **more)

    def take(self, defect: str, portal_code: str, procedure_code: str) -> Planted:
        """A dossier of those the staged_dataset begins with, which no other test has taken."""
        wanted = (defect, portal_code, procedure_code)
        begun = zip(StagedDataset.first, self.way.sandbox.dataset.planted, strict=False)
        found = next(one for said, one in begun if said == wanted and one.dossier.dossier_code not in self.taken)
        self.taken.add(found.dossier.dossier_code)
        return found

    def times(self, dossier: Dossier) -> dict[str, int]:
        """How often each registry holds it."""
        code = dossier.dossier_code.strip()
        return {name: held[code] for name, held in registrations(self.way.sandbox).items() if held[code]}

    def at_portal(self, dossier: Dossier) -> dict[str, Any]:
        """What its portal shows of it."""
        sandbox = self.way.sandbox
        twin = sandbox.onestop if dossier.portal_code == "24" else sandbox.hub
        return next(row for row in twin.registered() if row["dossier_code"] == dossier.dossier_code.strip())

    def arrive(self, *all_planted: Planted) -> None:
        """The pipeline goes on: every registry of the route has each once, and the portals show them as done."""
        assert [self.times(planted.dossier) for planted in all_planted] == [{}] * len(all_planted)
        self.way.go()
        for planted in all_planted:
            assert self.times(planted.dossier) == dict.fromkeys(planted.registries, 1)
            assert self.at_portal(planted.dossier)["status"] in DONE.values()


@contextmanager
def open_office(
    server: EmbeddedServer, browser: Browser, dataset: type[Dataset], dossiers: int, *portals: str
) -> Iterator[Office]:
    """An office whose dossiers have come in and gone as far as they go without a person."""
    with patch.object(sandbox_module, "Dataset", dataset):
        sandbox = Sandbox(7, dossiers, portals)
    with sandbox, open_ledger(new_ledger_url(server), Vault(bytes(range(32)))) as ledger:
        house, way = DeskHouse(ledger), PipelineDriver(ledger, sandbox)
        house.grant("lan", "steward")
        house.grant("hoa", "steward", "second_steward")
        house.grant("minh", "auditor")
        house.grant("khoa", "operator")
        way.go()
        with served(house) as base:
            yield Office(way, house, base, browser)
