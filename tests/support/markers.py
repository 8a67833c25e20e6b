"""Which tests need what: each gets its markers by its file, and a new test is `quick` unless a table here says more.

`uv run pytest -m quick` is for while one works: no Airflow, no browser, no long journey; it ends in a minute.
"""

import shutil
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import pytest

MARKERS = {
    "quick": "needs no Airflow, no browser and no long journey: all of them together end in a minute",
    "airflow": "reads DAG files with Airflow, or runs Airflow",
    "browser": "drives a Chromium",
    "paper": "makes and reads images of register pages: needs the extra paper, Vietnamese Tesseract data and fonts",
    "slow": "carries many dossiers over HTTP, kills processes, or tries many thousand values",
}

AIRFLOW = (
    "tests/dags/test_connections.py",
    "tests/dags/test_dag_files.py",
    "tests/dags/test_moved_counts.py",
    "tests/dags/test_plugin.py",
    "tests/journeys/test_archive_team.py",  # imports the demo
    "tests/journeys/test_demo.py",
    "tests/journeys/test_tour.py",
)
BROWSER = (
    "tests/dags/test_extract_in_browser.py",
    "tests/dags/test_waits_in_browser.py",
    "tests/journeys/test_books_in_browser.py",
    "tests/journeys/test_corrections_in_browser.py",
    "tests/journeys/test_desk_in_browser.py",
    "tests/journeys/test_forms_in_browser.py",
    "tests/journeys/test_keying_in_browser.py",
    "tests/journeys/test_search_in_browser.py",
    "tests/journeys/test_demo.py::test_the_entry_opens_the_desk_in_a_frame_that_has_an_address_of_its_own",
)
PAPER = (
    "tests/dags/test_desk_forms.py",
    "tests/dags/test_facing_pages.py",
    "tests/journeys/test_forms_in_browser.py",
    "tests/connectors/test_paper_pages.py",
    "tests/connectors/test_paper_reading.py",
    "tests/dags/test_digitising.py",
    "tests/journeys/test_archive_team.py",
    "tests/journeys/test_books_in_browser.py",
)
SLOW = (
    "tests/journeys/",
    "tests/connectors/test_bad_input_by_chance.py",
    "tests/connectors/test_book_sampling.py",  # books are keyed, sampled and looked at field by field
    "tests/connectors/test_decisions.py::test_one_action_edits_a_thousand_and_each_keeps_its_own_record",
    "tests/connectors/test_gates.py",  # great_expectations alone is imported in seven seconds
    "tests/connectors/test_keyer_figures.py",
    "tests/connectors/test_keying_lending.py",
    "tests/connectors/test_known_records.py",
    "tests/connectors/test_old_ledger.py",  # carries ledgers of an earlier version over
    "tests/connectors/test_portal_access.py::test_a_twin_answers_nonsense_with_its_own_error",
    "tests/connectors/test_third_person.py",
    "tests/connectors/test_postgres.py",  # servers and processes of their own
    "tests/connectors/test_sandbox_dataset.py",
    "tests/connectors/test_sandbox_defects.py",
    "tests/connectors/test_civil_status_twin_corrections.py",  # waits for registries that work
    "tests/connectors/test_health_insurance_twin_corrections.py",
    "tests/connectors/test_http_pace.py",  # waits as a registry asks
    "tests/connectors/test_residence.py",  # waits for a registry that works
    "tests/connectors/test_unit_translation.py::test_every_",
    "tests/dags/test_desk_loads.py",  # rows are checked in processes of their own
    "tests/dags/test_desk_uploads.py",  # so are uploads
    "tests/dags/test_desk_books.py",  # uploads are examined in a process of their own
    "tests/dags/test_drop_folder.py",
    "tests/dags/test_digitising.py",  # pages are drawn, examined in a process of their own, and read
    "tests/dags/test_cli.py",  # dossiers go their whole way by commands
    "tests/dags/test_desk_corrections.py",  # each carries a dossier to its registries first
    "tests/dags/test_desk_says.py",  # a dossier at its registries for each sentence
    "tests/dags/test_desk_security.py",
    "tests/dags/test_scaffold.py",
    "tests/dags/test_gate_decisions.py",  # great_expectations
    "tests/quality/test_checks_on_many.py",  # a dataset of thousands
    "tests/quality/test_duplicates.py",  # splink
    "tests/quality/test_daily_expectations.py",  # great_expectations
    "tests/quality/test_expectations.py",
    "tests/quality/test_linkage_extra.py",  # interpreters of their own
    "tests/schemas/test_addresses.py::test_any_text_has_an_answer",
    "tests/schemas/test_addresses.py::test_every_",
    "tests/schemas/test_addresses.py::test_without_marks_no_other_commune_is_ever_found",
    "tests/schemas/test_places.py::test_the_shipped_table_is_what_the_script_builds_and_its_version_says_which",
    "tests/connectors/test_bag.py",  # bags
    "tests/connectors/test_bag_schemas.py",
    "tests/connectors/test_searchable_pdf.py",  # OCRmyPDF in a process of its own
    "tests/connectors/test_handover.py",  # workbooks and archives
    "tests/connectors/test_health_insurance.py",  # waits for a registry that works
    "tests/connectors/test_http.py",  # answers that come late
    "tests/connectors/test_intake.py",  # files are examined in a process of their own
    "tests/connectors/test_land_twin.py",  # waits for a registry that works
    "tests/connectors/test_legibility.py",  # pages are drawn
    "tests/connectors/test_portals.py",  # portals that answer nonsense and late
    "tests/dags/test_book_pdfs.py",  # OCRmyPDF
    "tests/dags/test_backfill_load.py",  # processes that load, and are killed
    "tests/dags/test_desk_accessibility.py",  # every page of the desk
    "tests/dags/test_desk_acts.py",  # each carries dossiers to the desk first
    "tests/dags/test_desk_forms.py",  # pages are drawn, tried in a process of their own, and read
    "tests/dags/test_desk_keying.py",  # each has a book of its own
    "tests/dags/test_facing_pages.py",  # pages are drawn and read
    "tests/dags/test_desk_search.py",  # books and dossiers to be found
    "tests/dags/test_extracts.py",  # accepted books
    "tests/dags/test_offline_keying.py",  # workbooks
)
"""By what was measured, over three seconds: a folder, a file, a test, or the tests whose names begin so (`..._`)."""
SLOW_FIXTURES = frozenset({"pipeline"})
"""A test with such a fixture carries dossiers from twins to twins over HTTP."""

VIETNAMESE_DATA = ("/usr/share/tesseract-ocr/5/tessdata/vie.traineddata", "/usr/share/tessdata/vie.traineddata")
FONT = Path("/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf")


def _no_chromium() -> str | None:
    is_there = shutil.which("chromium") is not None
    return None if is_there else "no chromium is installed: apt-get install --no-install-recommends chromium"


def _no_paper() -> str | None:
    if any(find_spec(name) is None for name in ("cv2", "onnxruntime", "tesserocr", "PIL")):
        return "images of pages need an extra: uv sync --extra paper"
    if not any(Path(name).is_file() for name in VIETNAMESE_DATA):
        return "Tesseract has no Vietnamese data: apt-get install tesseract-ocr-vie"
    if not FONT.is_file():
        return "fonts are missing: apt-get install fonts-liberation2 fonts-dejavu-core fonts-freefont-ttf"
    return None


NEEDS = {"browser": _no_chromium, "paper": _no_paper}
"""By marker: says what is missing on this machine and how it is installed; None when all is there."""


def markers_of(test: str, fixtures: Iterable[str] = ()) -> set[str]:
    """The markers of a test by its id (`tests/dags/test_cli.py::test_name[case]`) and its fixtures."""
    tables = (("airflow", AIRFLOW), ("browser", BROWSER), ("paper", PAPER), ("slow", SLOW))
    found = {name for name, places in tables if any(is_in(test, place) for place in places)}
    found |= {"slow"} if SLOW_FIXTURES & set(fixtures) else set()
    return found or {"quick"}


def is_in(test: str, place: str) -> bool:
    return test.startswith(place) and (place[-1] in "/_" or test[len(place) : len(place) + 1] in ("", ":", "["))


def mark(item: pytest.Item) -> None:
    """Adds the markers, and skips with what to install where something is missing."""
    for name in sorted(markers_of(item.nodeid, getattr(item, "fixturenames", ()))):
        item.add_marker(name)
        missing = NEEDS[name]() if name in NEEDS else None
        if missing:
            item.add_marker(pytest.mark.skip(reason=missing))
