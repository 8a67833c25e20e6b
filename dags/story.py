"""A dossier's story in words: where it stands, its faults with what to do, and its timeline."""

from rich.console import Console
from rich.table import Table

from connectors.ledger.account import Happening, Story
from quality.check import explain
from schemas.dates import VIETNAM
from schemas.finding import Finding

STATES = {
    "pulled": "chờ kiểm tra", "waiting": "cổng chưa bàn giao", "held": "đang giữ lại", "cleared": "đạt, đang liên thông",
    "closed": "đã dừng tại cổng", "ready": "sẵn sàng gửi", "sending": "đang gửi", "unanswered": "chưa rõ đã nhận hay chưa",
    "accepted": "đã tiếp nhận", "registered": "đã đăng ký", "refused": "bị từ chối", "stopped": "dừng vì bước trước",
    "cancelled": "đã hủy",
}  # fmt: skip


def print_story(console: Console, story: Story) -> None:
    """Prints it; codes only, whatever is personal stays sealed."""
    dossier = story.dossier
    console.print(
        f"[bold]{dossier['dossier_code']}[/] · {STATES.get(dossier['state'], dossier['state'])} · portal"
        f" {dossier['portal_code']}, procedure {dossier['procedure_as_written'] or '?'}, version {dossier['version_number']}"
    )
    for finding in story.findings:
        said = explain(Finding.model_validate(finding))
        console.print(f"  {'!' if finding['weight'] == 'holds' else '·'} {finding['field_path']}: {said}", markup=False)
    for delivery in story.deliveries:
        state = STATES.get(delivery["state"], delivery["state"])
        lacks = f", chờ {', '.join(delivery['lacks'])}" if delivery["lacks"] else ""
        console.print(f"  {delivery['step_number']}. {delivery['registry_code']}: {state}{lacks}")
    table = Table("time", "event", "registry", "who", "detail")
    for happening in story.happenings:
        table.add_row(*_row(happening))
    console.print(table)


def _row(happening: Happening) -> tuple[str, str, str, str, str]:
    moment = happening.happened_at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")
    detail = ", ".join(f"{name} {value}" for name, value in happening.detail.items() if name != "registry")
    return moment, happening.kind, happening.registry_code or "", happening.actor, detail
