"""When things run: the DAG files, what Airflow is told of us, and how Airflow is started."""

import importlib
import importlib.metadata
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
from sqlalchemy.engine import make_url

from connectors.portals.provinces import PROVINCES
from dags.airflow_side.provider import FORMS, get_provider_info
from dags.local.engine import DAG_FILES, ROOT, EngineFailed, _lock_or_fail, airflow_settings
from schemas.registries import REGISTRY_CODES

ASKED = "decide_batches"
LINES_OF_A_SCREEN = 70
HEAVY = ("great_expectations", "pandas", "lxml", "requests", "psycopg", "connectors.ledger", "dags.steps")

READ_ALL = """
import importlib, json, sys
from airflow.sdk.definitions._internal.contextmanager import DagContext
DagContext.current_autoregister_module_name = "__main__"
before = set(sys.modules)
modules = [importlib.import_module("dags." + name) for name in sys.argv[1].split(",")]
found = []
for dag in (dag for dag, _ in DagContext.autoregistered_dags):
    found.append({
        "id": dag.dag_id, "file": dag.fileloc, "doc": dag.doc_md or "",
        "max_active_runs": dag.max_active_runs, "catchup": dag.catchup,
        "waits_for": sorted(asset.name for asset in getattr(dag.timetable.asset_condition, "objects", [])),
        "every_s": dag.schedule and getattr(dag.timetable, "timetable", dag.timetable).delta.total_seconds(),
        "tasks": [{"id": task.task_id, "pool": task.pool, "retries": task.retries,
                   "tells": [asset.name for asset in task.partial_kwargs.get("outlets", ())
                             ] if hasattr(task, "partial_kwargs") else [asset.name for asset in task.outlets]
                   } for task in dag.tasks],
    })
print(json.dumps({"dags": found, "modules": sorted(set(sys.modules) - before)}))
"""


def read_dags(tmp_path: Path, **environment: str) -> dict[str, object]:
    """Reads the DAG files as the DAG processor does, in a fresh process with a fresh AIRFLOW_HOME."""
    names = ",".join(Path(name).stem for name in DAG_FILES)
    done = subprocess.run(
        [sys.executable, "-c", READ_ALL, names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"AIRFLOW_HOME": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin", **environment},
    )
    read: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return read


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    return read_dags(tmp_path_factory.mktemp("airflow"))


@pytest.fixture(scope="module")
def dags(read):
    return {dag["id"]: dag for dag in read["dags"]}


def test_there_is_one_dag_per_province_two_per_registry_one_that_reports_two_at_the_gate_and_two_for_books(dags):
    expected = {f"pull_dossiers_{code}" for code in PROVINCES} | {
        "report_outcomes",
        "gate_batches",
        ASKED,
        "digitise_registers",
        "enter_records",
    }
    expected |= {f"{verb}_{code}" for verb in ("deliver_dossiers", "collect_receipts") for code in REGISTRY_CODES}
    assert set(dags) == expected


def test_reading_the_dag_files_loads_nothing_heavy(read):
    loaded = [name for name in read["modules"] if name.startswith(HEAVY)]
    assert not loaded, f"import these inside the task: {loaded}"


def test_a_dag_runs_once_at_a_time_and_does_not_make_up_for_the_past(dags):
    by_day = [dag for dag in dags.values() if dag["id"] != ASKED]  # of questions to persons many wait at once
    assert {(dag["max_active_runs"], dag["catchup"]) for dag in by_day} == {(1, False)}


def test_the_person_on_call_learns_from_every_dag_if_it_is_urgent_and_what_to_do(dags):
    for dag in dags.values():
        assert "**Is one failure urgent?**" in dag["doc"], dag["id"]
        assert "**What to do first.**" in dag["doc"], dag["id"]


def test_each_portal_and_each_registry_is_asked_by_one_task_at_a_time(dags):
    pools = {dag["id"]: [task["pool"] for task in dag["tasks"]] for dag in dags.values()}
    assert all(pools[f"pull_dossiers_{code}"] == [f"portal_{code}"] for code in PROVINCES)
    assert all(pools[f"deliver_dossiers_{code}"] == [code] for code in REGISTRY_CODES)
    assert all(pools[f"collect_receipts_{code}"] == [code] for code in REGISTRY_CODES)


def test_what_a_portal_gave_starts_the_gate_and_what_passed_it_every_delivery(dags):
    assert all({"dossiers_pulled"} == set(dags[f"pull_dossiers_{code}"]["tasks"][0]["tells"]) for code in PROVINCES)
    assert dags["gate_batches"]["waits_for"] == ["dossiers_pulled"]
    tells = {task["id"]: task["tells"] for dag in ("gate_batches", ASKED) for task in dags[dag]["tasks"]}
    assert tells == {
        "gate": ["dossiers"],
        "stopped": [],
        "ask": [],
        "judge_yesterday": [],
        "question": [],
        "decide": [],
        "carry_out": ["dossiers"],
    }
    assert all("dossiers" in dags[f"deliver_dossiers_{code}"]["waits_for"] for code in REGISTRY_CODES)


def test_what_one_registry_took_or_answered_starts_the_deliveries_to_the_others_but_not_its_own(dags):
    for code in REGISTRY_CODES:
        others = {f"{what}_{other}" for what in ("deliveries", "receipts") for other in REGISTRY_CODES if other != code}
        assert set(dags[f"deliver_dossiers_{code}"]["waits_for"]) == {"dossiers"} | others
        assert dags[f"collect_receipts_{code}"]["waits_for"] == [f"deliveries_{code}"]


def test_scans_that_are_handed_in_start_their_examination_and_entered_records_the_deliveries(dags):
    assert dags["digitise_registers"]["waits_for"] == ["scans_handed_in"]
    tells = {task["id"]: task["tells"] for task in dags["enter_records"]["tasks"]}
    assert tells == {"enter": [], "announce": ["dossiers"]}


def test_every_receipt_starts_the_report(dags):
    assert {f"receipts_{code}" for code in REGISTRY_CODES} <= set(dags["report_outcomes"]["waits_for"])


def test_a_timetable_stands_behind_the_assets(dags):
    every = {dag["id"].split("_")[0]: dag["every_s"] for dag in dags.values() if dag["id"] != ASKED}
    ten = timedelta(minutes=10).total_seconds()
    ten_minutes = ("gate", "deliver", "collect", "report", "enter")
    assert every == {"pull": 300, "digitise": 120, **dict.fromkeys(ten_minutes, ten)}
    assert dags[ASKED]["every_s"] is None


def test_the_demo_shortens_the_timetable_by_environment(tmp_path):
    read = read_dags(
        tmp_path, LIENTHONG_PULL_MINUTES="0.25", LIENTHONG_SWEEP_MINUTES="0.5", LIENTHONG_PAPER_MINUTES="1"
    )
    assert {dag["every_s"] for dag in read["dags"]} == {15, 30, 60, None}


def test_airflow_reads_the_dag_files_and_no_other_file():
    from airflow.utils.file import find_path_from_directory

    found = {Path(path).relative_to(ROOT) for path in find_path_from_directory(ROOT, ".airflowignore", "glob")}
    assert {path for path in found if path.suffix == ".py"} == {Path("dags") / name for name in DAG_FILES}


def test_every_file_that_lies_directly_in_dags_defines_a_dag_and_fits_on_a_screen(dags):
    assert {Path(dag["file"]).name for dag in dags.values()} == set(DAG_FILES)
    lengths = {name: len((ROOT / "dags" / name).read_text().splitlines()) for name in DAG_FILES}
    assert {name: lines for name, lines in lengths.items() if lines > LINES_OF_A_SCREEN} == {}


def test_only_dag_files_a_readme_and_the_package_lie_directly_in_dags():
    files = {path.name for path in (ROOT / "dags").iterdir() if path.is_file()}
    assert files - set(DAG_FILES) <= {"__init__.py", "README.md", "py.typed"}


def test_the_provider_has_the_shape_that_airflow_checks():
    import airflow

    schema = json.loads((Path(airflow.__file__).parent / "provider_info.schema.json").read_text())
    jsonschema.validate(get_provider_info(), schema)


def test_airflow_finds_the_provider_under_the_name_of_the_distribution():
    [entry] = [
        e for e in importlib.metadata.entry_points(group="apache_airflow_provider") if e.value.startswith("dags.")
    ]
    assert entry.load() is get_provider_info
    assert entry.dist is not None
    assert entry.dist.name == get_provider_info()["package-name"]


def test_every_connection_type_has_a_form_and_a_hook_with_a_test():
    for kind in get_provider_info()["connection-types"]:
        module, name = kind["hook-class-name"].rsplit(".", 1)
        hook = getattr(importlib.import_module(module), name)
        assert hook.conn_type == kind["connection-type"]
        assert callable(hook.test_connection)
        assert kind["conn-fields"]
        assert kind["ui-field-behaviour"]["relabeling"]["host"] == "Địa chỉ (URL)"
    assert set(FORMS) == {"portal", *REGISTRY_CODES}


def test_the_residence_form_asks_for_the_officer_and_hides_the_key():
    [form] = [kind for kind in get_provider_info()["connection-types"] if kind["connection-type"].endswith("residence")]
    assert {"officer_id", "agency_code", "x_road_client", "api_key"} <= set(form["conn-fields"])
    assert form["conn-fields"]["api_key"]["schema"]["format"] == "password"


@pytest.fixture
def settings(tmp_path):
    metadata = make_url("postgresql+psycopg://u:p%40ss@db.example/airflow?sslmode=require")
    return airflow_settings(tmp_path, metadata, "http://127.0.0.1:8765")


def test_airflow_listens_on_this_machine_only(settings):
    assert settings["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert settings["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8765/execution/"


def test_airflow_shows_no_example_and_lets_connections_be_tested(settings):
    assert settings["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
    assert settings["AIRFLOW__CORE__TEST_CONNECTION"] == "Enabled"


def test_both_drivers_of_the_metadata_database_get_their_own_spelling(settings):
    sync, asynchronous = (settings[f"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN{end}"] for end in ("", "_ASYNC"))
    assert sync == "postgresql+psycopg2://u:p%40ss@db.example/airflow?sslmode=require"
    assert asynchronous == "postgresql+asyncpg://u:p%40ss@db.example/airflow?ssl=require"


def test_the_bundle_is_the_repository_so_that_tasks_can_import_all_four_packages(settings):
    [bundle] = json.loads(settings["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])
    assert all(
        (Path(bundle["kwargs"]["path"]) / name).is_dir() for name in ("schemas", "connectors", "quality", "dags")
    )


def test_a_second_airflow_in_the_same_home_is_refused(tmp_path):
    _lock_or_fail(tmp_path / "engine.lock")
    with pytest.raises(EngineFailed, match="already runs"):
        _lock_or_fail(tmp_path / "engine.lock")
