"""Data Docs: what was expected of many at once and what came of it, as pages that need nobody but a browser.

Great Expectations' own Data Docs ask five outside hosts for scripts and print the values that failed; these have
counts, codes and dossier codes only, and stand in one folder.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from quality.expectations.declared import BY_CODE
from schemas.dates import VIETNAM
from schemas.expectation import FIGURES

PAGE = """<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{ title }}</title><style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .3rem .6rem;
border-bottom: 1px solid #8884; } .failed { color: #b3261e; font-weight: 600; } .keys { overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) { body { background: #16181c; color: #e6e6e6; } a { color: #8ab4f8; }
.failed { color: #ff8a80; } }
</style></head><body><h1>{{ title }}</h1>{% block main %}{% endblock %}</body></html>"""
INDEX = """{% extends "page" %}{% block main %}
{% if not runs %}<p>Chưa có đợt nào được xem trong thời gian này.</p>{% else %}
<table><tr><th>Đối tượng<th>Lúc<th>Trạng thái<th>Không đạt<th>Hồ sơ</tr>
{% for run in runs %}<tr><td><a href="{{ run.file }}">{{ run.title }}</a><td>{{ run.at }}<td>{{ run.state }}
<td{% if run.failed %} class="failed"{% endif %}>{{ run.failed }}<td>{{ run.rows if run.rows is not none }}</tr>
{% endfor %}</table>{% endif %}{% endblock %}"""
RUN = """{% extends "page" %}{% block main %}<p><a href="index.html">Tất cả</a></p>
<table><tr><th>Kỳ vọng<th>Kết quả<th>Số liệu<th>Mã hồ sơ</tr>
{% for line in lines %}<tr><td>{{ line.code }}<br>{{ line.says }}
<td{% if not line.has_passed %} class="failed"{% endif %}>{{ line.outcome }}
<td>{{ line.numbers }}<td class="keys">{{ line.dossiers }}</tr>{% endfor %}</table>{% endblock %}"""
STATES = {
    "": "", "open": "đang mở", "passed": "đã qua", "stopped": "đang dừng", "released": "đã cho đi",
    "rejected": "đã từ chối",
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A verdict to be shown. `run`: what it belongs to, a batch or a day; `keys`: codes of failing dossiers."""

    run: str
    title: str
    state: str
    suite: str
    subject: str
    expectation: str
    checked_at: datetime
    has_passed: bool
    stops: bool
    observed: Mapping[str, Any]
    failing: int
    keys: Sequence[str]


def write_site(verdicts: Iterable[Shown], folder: Path) -> int:
    """Writes the pages: one for each batch and day, and an index. What was there before is written over. Returns how
    many pages there are beside the index."""
    from jinja2 import DictLoader, Environment

    pages = Environment(loader=DictLoader({"page": PAGE, "index": INDEX, "run": RUN}), autoescape=True)
    runs: dict[str, list[Shown]] = {}
    for one in verdicts:
        runs.setdefault(one.run, []).append(one)
    folder.mkdir(parents=True, exist_ok=True)
    index = []
    for run, shown in runs.items():
        file = f"{run}.html"
        page = pages.get_template("run").render(title=shown[0].title, lines=_lines(shown))
        (folder / file).write_text(page, encoding="utf-8")
        index.append(_run(file, shown))
    title = "Kỳ vọng trên cả đợt"
    (folder / "index.html").write_text(pages.get_template("index").render(title=title, runs=index), encoding="utf-8")
    return len(runs)


def _run(file: str, shown: Sequence[Shown]) -> dict[str, Any]:
    figures = next((one.observed for one in shown if one.expectation == FIGURES), {})
    return {
        "file": file, "title": shown[0].title, "state": STATES[shown[0].state], "rows": figures.get("rows"),
        "at": f"{shown[0].checked_at.astimezone(VIETNAM):%H:%M %d/%m/%Y}",
        "failed": sum(not one.has_passed for one in shown),
    }  # fmt: skip


def _lines(shown: Sequence[Shown]) -> list[dict[str, Any]]:
    """The failed ones first, then those that passed, which a batch keeps in its figures only."""
    lines = [_line(one) for one in sorted(shown, key=lambda one: one.has_passed) if one.expectation != FIGURES]
    told = {one.expectation for one in shown}
    for one in shown:
        if one.expectation == FIGURES:
            lines += [
                {"code": code, "says": BY_CODE[one.suite, code].says_vi, "has_passed": True, "outcome": "đạt",
                 "numbers": f"{failing} / {judged}", "dossiers": ""}
                for code, (failing, judged) in sorted(one.observed["judged"].items())
                if code not in told and (one.suite, code) in BY_CODE
            ]  # fmt: skip
    return lines


def _line(one: Shown) -> dict[str, Any]:
    outcome = "đạt" if one.has_passed else "dừng" if one.stops else "lưu ý"
    keys = ", ".join(one.keys) + (f" và {one.failing - len(one.keys)} hồ sơ nữa" if one.failing > len(one.keys) else "")
    numbers = "; ".join(f"{name}: {value}" for name, value in one.observed.items())
    declared = BY_CODE.get((one.suite, one.expectation))
    return {"code": f"{one.subject} · {one.expectation}", "says": declared.says_vi if declared else "",
            "has_passed": one.has_passed, "outcome": outcome, "numbers": numbers, "dossiers": keys}  # fmt: skip
