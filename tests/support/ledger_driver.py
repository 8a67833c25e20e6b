"""A ledger worked by hand, a step at a time and without any portal or registry."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.account import account
from connectors.ledger.arrivals import Arrival, save_page
from connectors.ledger.claims import Claimed, claim_ready
from connectors.ledger.decisions import DecisionRequest, requests_of
from connectors.ledger.deliveries import DeliveryOutcome, record
from connectors.ledger.examinations import Examined, settle
from connectors.ledger.reports import claim_reports, record_report_outcomes
from connectors.ledger.unexamined import unexamined
from dags.steps.checking import with_edits
from dags.steps.correcting import changed_registries
from dags.steps.judging import NOTHING_CHANGED, judge
from quality.check import FetchedPaper
from schemas.decision import Edit, edited
from schemas.dossier import Dossier
from schemas.registries import CivilStatusReceipt, Receipt
from schemas.report import ReportOutcome
from schemas.states import DELIVERY, DeliveryEvent, DeliveryState
from tests.support.decisions import accept

ENTRY = {"registered_on": "2026-11-21", "entry_number": "12", "book_code": "01/2026"}
WITHOUT_NUMBER = CivilStatusReceipt(**ENTRY)
WITH_NUMBER = CivilStatusReceipt(**ENTRY, personal_id="024326001234")


def read_json(portal_code: str, original: bytes, edits: Sequence[Edit]) -> Dossier:
    """The originals that arrive here are dossiers as our own JSON."""
    return edited(Dossier.model_validate_json(original), edits)


@dataclass
class LedgerDriver:
    """The ledger of one portal (24); the originals that arrive here are dossiers as our own JSON."""

    ledger: Ledger
    pages: int = 0

    def arrive(self, *dossiers: Dossier, position: str = "") -> Counter[str]:
        self.pages += 1
        arrivals = [Arrival(dossier.dossier_code, dossier.model_dump_json().encode(), dossier) for dossier in dossiers]
        return save_page(self.ledger, "24", "", arrivals, position or f"page {self.pages}")

    def examine(self) -> Counter[str]:
        judged: list[Examined] = []
        for subject in unexamined(self.ledger, "24"):
            dossier = None
            if subject.unreadable_field is None:
                subject, dossier = with_edits(subject, Dossier.model_validate_json(subject.original))
            digest = sha256(subject.original).hexdigest()
            papers = [FetchedPaper(paper.kind_code, None, digest, 9) for paper in (dossier.papers if dossier else ())]
            changed = changed_registries(self.ledger, [(subject, dossier)] if dossier else [], read_json)
            judged.append(judge(subject, dossier, papers, (), changed.get(subject.dossier_id, NOTHING_CHANGED)))
        return settle(self.ledger, judged)

    def take_in(self, *dossiers: Dossier) -> Counter[str]:
        self.arrive(*dossiers)
        return self.examine()

    def release(self, dossier: Dossier, actor: str, reason: str) -> int:
        """Accepts a held dossier as it is; how many it was. Nothing is examined."""
        return len(accept(self.ledger, actor, requests_of(self.ledger, dossier.dossier_code), reason).dossier_ids)

    def requests(self, dossier: Dossier, **after: Any) -> list[DecisionRequest]:
        """The dossier as it stands, with edits by field path (`case__notice_code="..."`)."""
        edits = tuple(Edit(field_path=path.replace("__", "."), after=value) for path, value in after.items())
        return [replace(request, edits=edits) for request in requests_of(self.ledger, dossier.dossier_code)]

    def send(self, registry_code: str) -> Claimed:
        """Claims the one delivery that is ready for a registry; its attempt is written."""
        (claimed,) = claim_ready(self.ledger, registry_code, 10)
        return claimed

    def tell(self, claimed: Claimed, event: DeliveryEvent, receipt: Receipt | None = None, **more: Any) -> int:
        return record(self.ledger, [DeliveryOutcome(claimed, event, receipt, **more)])

    def register(self, registry_code: str, receipt: Receipt = WITH_NUMBER) -> Claimed:
        claimed = self.send(registry_code)
        assert self.tell(claimed, DeliveryEvent.REGISTERED, receipt) == 1
        return claimed

    def rows(self, question: str, **values: object) -> list[Any]:
        with self.ledger.engine.connect() as connection:
            return list(connection.execute(text(question), values))

    def change(self, statement: str, **values: object) -> None:
        with self.ledger.engine.begin() as connection:
            connection.execute(text(statement), values)

    def acknowledge_all(self) -> None:
        """Has the portal acknowledge every report, one after the other."""
        while claimed := claim_reports(self.ledger, "24", 100):
            record_report_outcomes(
                self.ledger, {report.report_id: ReportOutcome.ACKNOWLEDGED for report in claimed}, []
            )

    def state(self, dossier: Dossier) -> str:
        ((state,),) = self.rows("SELECT state FROM dossiers WHERE dossier_code = :code", code=dossier.dossier_code)
        return str(state)

    def deliveries(self, dossier: Dossier) -> dict[str, str]:
        """The state of each delivery of a dossier that is not cancelled."""
        question = """SELECT registry_code, d.state FROM deliveries d JOIN dossiers USING (dossier_id)
                       WHERE dossier_code = :code AND d.state <> 'cancelled' ORDER BY step_number"""
        return {row.registry_code: row.state for row in self.rows(question, code=dossier.dossier_code)}

    def kinds(self, dossier: Dossier) -> list[str]:
        """What happened to a dossier, in its order."""
        question = """SELECT kind FROM events JOIN dossiers USING (dossier_id)
                       WHERE dossier_code = :code ORDER BY event_id"""
        return [row.kind for row in self.rows(question, code=dossier.dossier_code)]

    def checks(self, dossier: Dossier) -> set[str]:
        """The faults found in a dossier's newest version."""
        question = """SELECT check_code FROM findings JOIN dossiers USING (dossier_id, version_number)
                       WHERE dossier_code = :code"""
        return {row.check_code for row in self.rows(question, code=dossier.dossier_code)}


def unexplained(ledger: Ledger) -> int:
    """How much of the account nobody can explain."""
    return sum(abs(line.unexplained) for line in account(ledger))


def folded(happenings: list[tuple[str, dict[str, Any]]]) -> str:
    """Where a delivery stands by its events alone."""
    state: DeliveryState | None = None
    for kind, detail in happenings:
        if kind == "late_answer":
            continue
        event = DeliveryEvent(kind)
        if event == DeliveryEvent.PLANNED:
            assert state in (None, DeliveryState.CANCELLED), f"planned while {state}"
            is_first = detail["step"] == 1 and "operation" not in detail
            state = DeliveryState.READY if is_first else DeliveryState.WAITING
            continue
        allowed, after = DELIVERY.before(event), DELIVERY.after(event)
        assert state in allowed, f"{event} while {state}"
        state = after
    return str(state)


def misderived(ledger: Ledger) -> list[str]:
    """Deliveries whose state column says something else than their events."""
    with ledger.engine.connect() as connection:
        events: dict[int, list[tuple[str, dict[str, Any]]]] = {}
        for row in connection.execute(
            text("SELECT delivery_id, kind, detail FROM events WHERE delivery_id IS NOT NULL ORDER BY event_id")
        ):
            events.setdefault(row.delivery_id, []).append((row.kind, row.detail))
        return [
            f"delivery {row.delivery_id}: {row.state}, by its events {folded(events[row.delivery_id])}"
            for row in connection.execute(text("SELECT delivery_id, state FROM deliveries"))
            if row.state != folded(events[row.delivery_id])
        ]
