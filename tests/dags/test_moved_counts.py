"""What a task tells Airflow: a run that moved nothing is skipped, and one in which records wait for a person is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from airflow.sdk.execution_time.context import set_current_context

from dags.airflow_side.assets import moved, moved_or_waiting


@contextmanager
def try_number(number: int) -> Iterator[None]:
    """A task that Airflow runs for the first time, or once more."""
    with set_current_context({"ti": SimpleNamespace(try_number=number)}):  # type: ignore[arg-type]  # all that is asked
        yield


def test_a_run_that_moved_nothing_is_skipped() -> None:
    with try_number(1), pytest.raises(AirflowSkipException):
        moved({"entered": 0})
    with try_number(1), pytest.raises(AirflowSkipException):
        moved_or_waiting({}, {"without_place": 0})


def test_a_run_in_which_records_wait_is_no_skipped_one_and_starts_nothing() -> None:
    with try_number(1):
        counts = moved_or_waiting({}, {"without_commune": 0, "without_place": 2})
    assert counts == {"without_commune": 0, "without_place": 2}
    with try_number(1), pytest.raises(AirflowSkipException):
        moved({name: count for name, count in counts.items() if not name.startswith("without_")})


def test_a_second_try_counts_as_moved_in_the_task_behind_it_too() -> None:
    with try_number(2):
        counts = moved_or_waiting({}, {"without_place": 0})
    assert counts == {"without_place": 0, "tries_before": 1}
    with try_number(1):
        assert moved({"tries_before": counts["tries_before"]}) == {"tries_before": 1}
