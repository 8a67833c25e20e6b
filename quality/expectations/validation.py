"""Great Expectations: takes a data frame and declared expectations, gives each verdict and all failing dossiers.

What this module guarantees, where Great Expectations itself does not (1.24, pandas 3):
  - every expectation has a verdict: one that could not be computed (a column is missing) has failed, with the error;
  - all failing dossiers are named. For some expectations the list of indexes is missing (GX #6840): then `unnamed` says
    how many;
  - results come in another order than the expectations, so each carries its code in `meta`;
  - an empty frame passes every expectation about values; the caller decides by `judged` what no rows mean;
  - a null is never judged, except by the expectation that asks for nulls. A frame holds null as None or NaN, and the
    types of its columns are set: a column of nulls alone would otherwise change its type from day to day.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from quality.expectations.declared import Expectation

KEY = "dossier_id"
TYPES = {int: "int64", float: "float64", str: "object"}
"""The types of a frame's columns. Numbers that may be null are floats."""


@dataclass(frozen=True)
class ExpectationResult:
    """The result of one expectation in one frame: how many fail of how many judged, the dossiers and the codes.

    `unnamed`: how many failing rows have a dossier that Great Expectations did not name.
    """

    failing: int
    judged: int
    ids: tuple[int, ...] = ()
    values: tuple[str, ...] = ()
    unnamed: int = 0
    error: str = ""


@cache
def _library() -> Any:
    """Great Expectations, imported when there is something to judge: it costs eight seconds and 200 MB."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    import great_expectations.expectations  # importing it registers the expectations

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    return gx


@cache
def _whole_frame() -> Any:
    """The definition of a batch that is a whole data frame, in a context that stores nothing."""
    gx = _library()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole")


def frame_of(columns: Mapping[str, type], rows: Sequence[Mapping[str, Any]]) -> Any:
    """A data frame of these columns and no others, each with its type, also when there are no rows."""
    import pandas as pd  # type: ignore[import-untyped]  # its stubs are another package

    return pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows], dtype=TYPES[kind]) for name, kind in columns.items()}
    )


def ask(frame: Any, expected: Sequence[Expectation], given: Mapping[str, Any]) -> dict[str, ExpectationResult]:
    """The result of each expectation by its code. `given`: the arguments that are known only at this run."""
    if not expected:
        return {}
    gx = _library()
    arguments = {each.code: _arguments(each, given) for each in expected}
    made = [getattr(gx.expectations, each.how)(**arguments[each.code], meta={"code": each.code}) for each in expected]
    suite = gx.ExpectationSuite("suite", expectations=made)
    names_key = KEY in frame.columns
    form = {"result_format": "COMPLETE", "partial_unexpected_count": 0, "return_unexpected_index_query": False}
    if names_key:
        form["unexpected_index_column_names"] = [KEY]
    validated = _whole_frame().get_batch(batch_parameters={"dataframe": frame}).validate(suite, result_format=form)
    answers = {answer.expectation_config.meta["code"]: answer for answer in validated.results}
    return {each.code: _read(answers.get(each.code), arguments[each.code], frame, names_key) for each in expected}


def _arguments(expectation: Expectation, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments for Great Expectations, with those that are known only at this run."""
    filled = {
        name: given[value["$PARAMETER"]] if isinstance(value, dict) else value
        for name, value in expectation.arguments.items()
    }
    return filled if "column_list" in filled else {"column": expectation.column, **filled}


def _read(answer: Any, arguments: Mapping[str, Any], frame: Any, names_key: bool) -> ExpectationResult:
    rows = len(frame)
    if answer is None:
        return ExpectationResult(rows or 1, rows or 1, error="no verdict")
    if error := _error(answer.exception_info):
        return ExpectationResult(rows or 1, rows or 1, error=error)
    result = answer.result
    if "unexpected_count" not in result:  # it judges the column as a whole: values that should be there and are not
        lacking = set(arguments["value_set"]) - set(frame[arguments["column"]])
        return ExpectationResult(0 if answer.success else 1, 1, values=tuple(sorted(map(str, lacking))))
    listed = result.get("unexpected_index_list") or []
    ids = tuple(sorted({int(row[KEY]) for row in listed})) if names_key else ()
    values = {value for value in result.get("unexpected_list") or [] if isinstance(value, str)}
    failing, judged = int(result["unexpected_count"] or 0), rows - int(result.get("missing_count") or 0)
    unnamed = failing - len(listed) if names_key else 0
    return ExpectationResult(failing, judged, ids, tuple(sorted(values)), unnamed)


def _error(info: Mapping[str, Any]) -> str:
    """The error for which an expectation has no verdict; empty when there was none. It names columns, never values."""
    infos = [info, *(each for each in info.values() if isinstance(each, Mapping))]
    return next((str(each.get("exception_message"))[:100] for each in infos if each.get("raised_exception")), "")
