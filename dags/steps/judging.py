"""Decides the state of a dossier from its examination: held, cleared with its deliveries, waiting or closed. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from connectors.ledger.batches import BATCH_REJECTED
from connectors.ledger.examinations import Examined
from connectors.ledger.plans import PlannedDelivery
from connectors.ledger.unexamined import Standing, Unexamined
from connectors.registries import REGISTRIES
from quality.check import FetchedPaper
from quality.deadlines import term_of
from quality.examination import examine
from schemas.decision import UNACCEPTABLE, Act
from schemas.delivery import delivery_key
from schemas.dossier import ADMISSION, Admission, Dossier
from schemas.finding import Finding, Weight
from schemas.operation import Operation
from schemas.registries import REGISTRIES as REGISTRY_ROWS
from schemas.routes import Route, Step, route_of
from schemas.states import DossierState

UNREADABLE, CHANGED, NO_ROUTE = "unreadable_original", "changed_after_sending", "procedure_has_no_route"
UNFIT, EARLY_END = "edits_do_not_fit", "status_out_of_order"
NOTHING_CHANGED: frozenset[str] = frozenset()


def judge(
    subject: Unexamined,
    dossier: Dossier | None,
    papers: Sequence[FetchedPaper],
    beside: Sequence[Finding] = (),
    changed: frozenset[str] = NOTHING_CHANGED,
) -> Examined:
    """The state of a dossier, and by when it is due.

    `beside`: findings from the comparison with other dossiers. `changed`: the registries that hold other words than
    they would be sent now.
    """
    if subject.standing and subject.resolution in (Act.KEPT, Act.ANNULLED):
        return _resolved(subject, dossier)
    if dossier is None:
        return Examined(subject, DossierState.HELD, (), [_hold(UNREADABLE, subject.unreadable_field or "")])
    route = route_of(dossier.procedure_code, dossier.event_on)
    examined = _admit(subject, dossier, route, [*examine(dossier, papers), *beside], changed)
    term = term_of(dossier, route)
    return replace(examined, started_at=term.started_at, due_at=term.due_at) if term else examined


def _resolved(subject: Unexamined, dossier: Dossier | None) -> Examined:
    """A person decided that the registries keep what they hold, or annul it. What the portal says now is not sent, so
    its faults do not matter."""
    registries = tuple(code for code in REGISTRY_ROWS if code in subject.standing)
    if subject.resolution is Act.KEPT:
        return Examined(subject, DossierState.CLEARED, registries, keeps_registrations=True)
    kind = dossier.case.kind if dossier else ""
    plan = [_annulment(subject, subject.standing[code], number, kind) for number, code in enumerate(registries, 1)]
    return Examined(subject, DossierState.CLEARED, registries, plan=plan)


def _admit(
    subject: Unexamined, dossier: Dossier, route: Route | None, findings: list[Finding], changed: frozenset[str]
) -> Examined:
    registries = tuple(step.registry_code for step in route.steps) if route else ()
    admission = ADMISSION.get(subject.portal_status or 0)
    if admission is None:
        return Examined(subject, DossierState.HELD, registries, [_hold(UNREADABLE, "status")])
    if admission == Admission.WAIT:
        return Examined(subject, DossierState.WAITING, registries)
    if admission == Admission.CLOSED and not subject.standing:
        return Examined(subject, DossierState.CLOSED, registries)
    return _weigh(subject, dossier, route, findings, changed)


def _weigh(
    subject: Unexamined, dossier: Dossier, route: Route | None, findings: list[Finding], changed: frozenset[str]
) -> Examined:
    """Held when a finding holds it, else cleared with its deliveries."""
    registries = tuple(step.registry_code for step in route.steps) if route else ()
    dropped = frozenset(code for code in subject.standing if code not in registries)
    findings = [*findings, *_circumstances(subject, route, findings, changed | dropped)]
    if subject.standing:  # it was delivered, so the portal rightly says that it is done
        findings = [finding for finding in findings if finding.check_code != EARLY_END]
    holding = [finding for finding in findings if finding.weight.holds_dossier]
    if subject.is_released:
        holding = [finding for finding in holding if finding.check_code in UNACCEPTABLE]
    if holding:
        return Examined(subject, DossierState.HELD, registries, findings)
    return Examined(subject, DossierState.CLEARED, registries, findings, _plan(subject, dossier, route, changed))


def _circumstances(
    subject: Unexamined, route: Route | None, findings: Sequence[Finding], changed: frozenset[str]
) -> list[Finding]:
    """Faults of the dossier's situation (its route, its portal's status, its batch), not of its content."""
    circumstances = []
    if route is None and not any(finding.check_code in UNACCEPTABLE for finding in findings):
        circumstances.append(_hold(NO_ROUTE, "procedure_code"))
    is_closed = ADMISSION.get(subject.portal_status or 0) == Admission.CLOSED
    if is_closed or (changed and subject.resolution is not Act.CORRECTED):
        circumstances.append(_hold(CHANGED, "status" if is_closed else "case"))
    if subject.unfit_at is not None:
        circumstances.append(_hold(UNFIT, subject.unfit_at))
    if subject.is_rejected and not subject.standing:
        circumstances.append(_hold(BATCH_REJECTED, ""))
    return circumstances


def _plan(subject: Unexamined, dossier: Dossier, route: Route | None, changed: frozenset[str]) -> list[PlannedDelivery]:
    """A delivery for each step of the route, then an annulment at each registry that the route no longer has."""
    steps = route.steps if route else ()
    digest = dossier.content_sha256() if subject.edits else subject.content_sha256
    plan = [_delivery(subject, dossier, digest, step, number, changed) for number, step in enumerate(steps, 1)]
    dropped = [code for code in subject.standing if code not in {step.registry_code for step in steps}]
    step_number = len(plan) + 1
    return plan + [_annulment(subject, subject.standing[code], step_number, dossier.case.kind) for code in dropped]


def _delivery(
    subject: Unexamined, dossier: Dossier, digest: bytes, step: Step, number: int, changed: frozenset[str]
) -> PlannedDelivery:
    """A registration; at a registry that has the dossier, the earlier delivery or a correction of it."""
    code, standing = step.registry_code, subject.standing.get(step.registry_code)
    if standing is None:
        key = delivery_key(code, dossier, digest, step.operation)
        is_taken = REGISTRIES[code].takes(step.operation, dossier.case.kind)
        return PlannedDelivery(code, number, step.operation, key, step.needs, is_taken, None, _entered_at(dossier))
    if code not in changed:
        return PlannedDelivery(code, number, standing.operation, standing.key, step.needs)
    key = delivery_key(code, dossier, digest, Operation.CORRECT, standing.key)
    is_taken = REGISTRIES[code].takes(Operation.CORRECT, dossier.case.kind)
    needs = tuple(dict.fromkeys((*step.needs, _number_of(code))))
    return PlannedDelivery(code, number, Operation.CORRECT, key, needs, is_taken, subject.resolution_id)


def _entered_at(dossier: Dossier) -> str | None:
    """The unit whose registers hold the entry: of a paper book that of its time, which a correction cites again."""
    return dossier.book_entry.place_code if dossier.book_entry else dossier.commune_code


def _annulment(subject: Unexamined, standing: Standing, number: int, kind: str) -> PlannedDelivery:
    code = standing.registry_code
    if standing.operation is Operation.ANNUL:
        return PlannedDelivery(code, number, Operation.ANNUL, standing.key)
    key = delivery_key(code, subject, subject.content_sha256, Operation.ANNUL, standing.key)
    is_taken = REGISTRIES[code].takes(Operation.ANNUL, kind)
    return PlannedDelivery(code, number, Operation.ANNUL, key, (_number_of(code),), is_taken, subject.resolution_id)


def _number_of(registry_code: str) -> str:
    """The value by which the registry's entry is cited: `civil_status.entry_number`."""
    return f"{registry_code}.{REGISTRY_ROWS[registry_code].receipt.numbered_by}"


def _hold(check_code: str, field_path: str) -> Finding:
    return Finding(check_code=check_code, field_path=field_path, weight=Weight.HOLDS)
