"""Rows of a keyed file that are held: whose file they are of, and what becomes of a file with the rows corrected.

A corrected file is loaded like any other, so a row that is in its book already comes in no second time. Its rows count
as corrected in the first load then; what is wrong with them still is held in theirs.
"""

from collections import Counter
from pathlib import Path

from connectors.ledger import Ledger
from connectors.ledger.book_progress import EVERYWHERE
from connectors.ledger.held_rows import describe_load, loads_page, mark_fixed
from connectors.paper.held_workbook import lines_of_workbook
from connectors.paper.keyed_files import open_keyed_file
from connectors.paper.keyed_layout import BOOK_KINDS
from connectors.paper.keyed_problems import FileSetAside
from dags.steps.loading import LoadPlan, LoadReport, load_file


class LoadUnknown(LookupError):
    """There is no such load, or nobody has said whose it is: load its file again, it changes nothing."""


def load_described(
    ledger: Ledger, plan: LoadPlan, actor: str, *, name: str = "", fixes: int | None = None
) -> LoadReport:
    """Loads a keyed file, see `load_file`, and writes whose it is, so that its held rows are seen at the desk.

    `fixes`: the load whose held rows are in the file, corrected.
    """
    report = load_file(ledger, plan, actor)
    kind = open_keyed_file(plan.path, plan.book_kind, plan.renames, plan.left_out).layout.book_kind
    describe_load(ledger, report.load_id, name or plan.path.name, kind, plan.province_code, plan.commune_code, fixes)
    if fixes is not None and fixes != report.load_id:
        mark_fixed(ledger, fixes, lines_of_workbook(plan.path), report.load_id, actor)
    return report


def load_fixed(ledger: Ledger, path: Path, load_id: int, name: str, actor: str) -> Counter[str]:
    """Loads a file with corrected rows of a load, for the places of that load; counts rows `loaded`, `repeated` and
    `held`. Raises LoadUnknown, and FileSetAside for a file that cannot be used or has no column `stt`."""
    load = next(iter(loads_page(ledger, EVERYWHERE, load_id=load_id)), None)
    if load is None or load.province_code is None:
        raise LoadUnknown(load_id)
    if not lines_of_workbook(path):
        raise FileSetAside("not_held_rows")
    kind = next((known for known in BOOK_KINDS if known == load.book_kind), None)
    plan = LoadPlan(path, load.province_code, load.commune_code, kind)
    report = load_described(ledger, plan, actor, name=name, fixes=load_id)
    return Counter({what: report.counts[what] for what in ("loaded", "repeated", "held")})
