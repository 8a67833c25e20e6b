"""Pages of the verdicts on batches and days: each expectation and whether it was met. A browser opens them as files.

Great Expectations' own Data Docs load scripts from five outside hosts and print the values that failed. These pages
load nothing and hold counts, codes and dossier codes only.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
{% if not runs %}<p>Chưa có lô hồ sơ nào được xem trong thời gian này.</p>{% else %}
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
    "": "",
    "open": "đang mở",
    "passed": "đã qua",
    "stopped": "đang dừng",
    "released": "đã cho đi",
    "rejected": "đã từ chối",
}


@dataclass(frozen=True)
class ShownVerdict:
    """A verdict with the texts that a page shows beside it.

    `run`: the page's file name without its ending, one for each batch and each day. `state`: the batch's state, empty
    for a day. `keys`: some codes of failing dossiers; `failing`: how many dossiers fail.
    """

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


def write_site(verdicts: Iterable[ShownVerdict], folder: Path) -> int:
    """Writes a page for each batch and each day, and an index; pages of these names are written over.

    Returns how many pages there are besides the index.
    """
    runs: dict[str, list[ShownVerdict]] = {}
    for verdict in verdicts:
        runs.setdefault(verdict.run, []).append(verdict)
    folder.mkdir(parents=True, exist_ok=True)
    for file, page in _pages(runs):
        (folder / file).write_text(page, encoding="utf-8")
    return len(runs)


def _pages(runs: Mapping[str, Sequence[ShownVerdict]]) -> Iterator[tuple[str, str]]:
    """The file name and the HTML of every page, one at a time; the index comes last."""
    from jinja2 import DictLoader, Environment

    templates = Environment(loader=DictLoader({"page": PAGE, "index": INDEX, "run": RUN}), autoescape=True)
    for run, verdicts in runs.items():
        yield f"{run}.html", templates.get_template("run").render(title=verdicts[0].title, lines=_lines(verdicts))
    listed = [_run(f"{run}.html", verdicts) for run, verdicts in runs.items()]
    yield "index.html", templates.get_template("index").render(title="Kỳ vọng trên cả lô hồ sơ", runs=listed)


def _run(file: str, verdicts: Sequence[ShownVerdict]) -> dict[str, Any]:
    """A batch or a day as a line of the index."""
    first = verdicts[0]
    figures = next((verdict.observed for verdict in verdicts if verdict.expectation == FIGURES), {})
    return {
        "file": file,
        "title": first.title,
        "state": STATES[first.state],
        "rows": figures.get("rows"),
        "at": f"{first.checked_at.astimezone(VIETNAM):%H:%M %d/%m/%Y}",
        "failed": sum(not verdict.has_passed for verdict in verdicts),
    }


def _lines(verdicts: Sequence[ShownVerdict]) -> list[dict[str, Any]]:
    """The failed verdicts first; then the expectations that passed, of which a batch keeps only its figures."""
    in_order = sorted(verdicts, key=lambda verdict: verdict.has_passed)
    lines = [_line(verdict) for verdict in in_order if verdict.expectation != FIGURES]
    listed = {verdict.expectation for verdict in verdicts}
    for figures in (verdict for verdict in verdicts if verdict.expectation == FIGURES):
        lines += [
            _passed_line(figures.suite, code, failing, judged)
            for code, (failing, judged) in sorted(figures.observed["judged"].items())
            if code not in listed and (figures.suite, code) in BY_CODE
        ]
    return lines


def _line(verdict: ShownVerdict) -> dict[str, Any]:
    more = verdict.failing - len(verdict.keys)
    declared = BY_CODE.get((verdict.suite, verdict.expectation))
    return {
        "code": f"{verdict.subject} · {verdict.expectation}",
        "says": declared.says_vi if declared else "",
        "has_passed": verdict.has_passed,
        "outcome": "đạt" if verdict.has_passed else "dừng" if verdict.stops else "lưu ý",
        "numbers": "; ".join(f"{name}: {value}" for name, value in verdict.observed.items()),
        "dossiers": ", ".join(verdict.keys) + (f" và {more} hồ sơ nữa" if more > 0 else ""),
    }


def _passed_line(suite: str, code: str, failing: int, judged: int) -> dict[str, Any]:
    return {
        "code": code,
        "says": BY_CODE[suite, code].says_vi,
        "has_passed": True,
        "outcome": "đạt",
        "numbers": f"{failing} / {judged}",
        "dossiers": "",
    }
