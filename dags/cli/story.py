"""What `lienthong show` prints, in Vietnamese: a dossier's state, its faults with what to do, and its events."""

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from connectors.ledger.account import Happening, Story
from connectors.portals.provinces import PROVINCES
from dags.desk.event_texts import detail_texts
from dags.desk.language import LOCALES
from quality.examination import explain
from quality.titles import title_of as field_title
from quality.words import VI, group
from schemas.cases import CASES
from schemas.catalogues import title_of
from schemas.dates import VIETNAM
from schemas.fields import procedure_code
from schemas.finding import Finding, Weight
from schemas.routes import form_of, route_of

REGISTRIES, DOSSIER_STATES, DELIVERY_STATES = group("registry"), group("dossier"), group("delivery")
EVENTS = group("event")
OURSELVES = "lienthong"


def print_story(console: Console, story: Story) -> None:
    """Prints the story. It holds codes only; personal data stays sealed."""
    dossier = story.dossier
    province = PROVINCES.get(dossier["portal_code"])
    console.print(f"[bold]{dossier['dossier_code']}[/]  {DOSSIER_STATES.get(dossier['state'], dossier['state'])}")
    portal, procedure = province.name_vi if province else dossier["portal_code"], dossier["procedure_as_written"]
    version = f"phiên bản {dossier['version_number']}"
    console.print(f"Cổng {portal}, thủ tục {procedure or 'chưa rõ'}, {version}", markup=False)
    if law := _law_of(dossier):
        console.print(law, markup=False)
    for finding in story.findings:
        is_holding = dossier["state"] == "held" and Weight(finding["weight"]).holds_dossier
        _print_finding(console, finding, is_holding=is_holding)
    for delivery in story.deliveries:
        lacks = f", còn chờ {titles(delivery['lacks'])}" if delivery["lacks"] else ""
        state = DELIVERY_STATES.get(delivery["state"], delivery["state"])
        console.print(f"  {delivery['step_number']}. {REGISTRIES[delivery['registry_code']]}: {state}{lacks}")
    console.print()
    console.print(_timeline(story.happenings))


def _law_of(dossier: Mapping[str, Any]) -> str:
    """The form, the resulting document and the legal basis in force on the day of receipt; empty when unknown."""
    code, on = procedure_code(dossier["procedure_as_written"] or ""), dossier["received_on"]
    route = route_of(code, on)
    if route is None:
        return ""
    form = form_of(code, on)
    parts = [f"Mẫu: {form.title_vi}"] if form else []
    if document := CASES[route.case_kind].document:
        parts.append(f"kết quả: {title_of(document, on)}")
    return "; ".join([*parts, f"căn cứ: {route.source}"])


def _print_finding(console: Console, finding: Mapping[str, Any], *, is_holding: bool) -> None:
    console.print(f"  {'[red]![/]' if is_holding else '[dim]·[/]'} {finding['check_code']}")
    console.print(Padding(explain(Finding.model_validate(finding)), (0, 0, 0, 4), expand=False), soft_wrap=False)


def _timeline(happenings: list[Happening]) -> Table:
    table = Table("thời điểm", "nơi nhận", "việc", "chi tiết", box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for happening in happenings:
        table.add_row(*_row(happening))
    return table


def _row(happening: Happening) -> tuple[str, str, str, str]:
    moment = happening.happened_at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")
    registry = REGISTRIES.get(happening.registry_code or "", "")
    details = detail_texts(happening.detail, LOCALES[VI], with_ids=True)
    actor = [] if happening.actor == OURSELVES else [happening.actor]
    return moment, registry, EVENTS.get(happening.kind, happening.kind), ", ".join((*details, *actor))


def titles(names: list[str]) -> str:
    """Receipt fields by their Vietnamese names."""
    return ", ".join(field_title(f"receipt.{name}") or name for name in names)
