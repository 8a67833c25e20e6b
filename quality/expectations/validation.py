"""Great Expectations, asked: a data frame and declared expectations in, every verdict and every failing dossier out.

What it is held to, since its own ways differ (1.24, pandas 3):
  - every expectation has a verdict: one that could not be computed (a column is missing) has failed, with the error;
  - all failing dossiers are named; of some expectations the index list is missing (GX #6840), then it says how many;
  - results come in another order than asked, so each carries its code in `meta`;
  - an empty frame passes what looks at values: whoever calls decides what no rows mean, by `judged`;
  - a null is never judged, except by the expectation that asks for nulls; frames say null as None or NaN, and their
    columns' types are set, since a column of nulls alone would otherwise have another type than yesterday's.
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
"""Of a frame's columns. Numbers that may be null are floats."""


@dataclass(frozen=True)
class ExpectationResult:
    """What one expectation found in one frame: how many fail, of how many judged, and which dossiers and codes.

    `unnamed`: how many fail of which the dossier should be known and is not.
    """

    failing: int
    judged: int
    ids: tuple[int, ...] = ()
    values: tuple[str, ...] = ()
    unnamed: int = 0
    error: str = ""


@cache
def _library() -> Any:
    """Great Expectations: eight seconds and 200 MB, so nobody imports it who has nothing to judge."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    import great_expectations.expectations  # importing it registers the expectations

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    return gx


@cache
def _whole_frame() -> Any:
    """The definition of a batch that is a whole data frame, in a context that keeps nothing."""
    gx = _library()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole")


def frame_of(columns: Mapping[str, type], rows: Sequence[Mapping[str, Any]]) -> Any:
    """A data frame of these columns and no others, each of its type, be there rows or none."""
    import pandas as pd  # type: ignore[import-untyped]  # its stubs are another package

    return pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows], dtype=TYPES[kind]) for name, kind in columns.items()}
    )


def ask(frame: Any, expected: Sequence[Expectation], given: Mapping[str, Any]) -> dict[str, ExpectationResult]:
    """What each expectation found in a frame. `given`: the arguments that are known only now."""
    if not expected:
        return {}
    gx = _library()
    arguments = {one.code: _arguments(one, given) for one in expected}
    suite = gx.ExpectationSuite("suite", expectations=[
        getattr(gx.expectations, one.how)(**arguments[one.code], meta={"code": one.code}) for one in expected
    ])  # fmt: skip
    names_key = KEY in frame.columns
    form = {"result_format": "COMPLETE", "partial_unexpected_count": 0, "return_unexpected_index_query": False}
    if names_key:
        form["unexpected_index_column_names"] = [KEY]
    asked = _whole_frame().get_batch(batch_parameters={"dataframe": frame}).validate(suite, result_format=form)
    answers = {one.expectation_config.meta["code"]: one for one in asked.results}
    return {one.code: _read(answers.get(one.code), arguments[one.code], frame, names_key) for one in expected}


def _arguments(one: Expectation, given: Mapping[str, Any]) -> dict[str, Any]:
    """What Great Expectations is given, with what was learned filled in."""
    filled = {
        name: given[value["$PARAMETER"]] if isinstance(value, dict) else value for name, value in one.arguments.items()
    }
    return filled if "column_list" in filled else {"column": one.column, **filled}


def _read(answer: Any, arguments: Mapping[str, Any], frame: Any, names_key: bool) -> ExpectationResult:
    rows = len(frame)
    if answer is None:
        return ExpectationResult(rows or 1, rows or 1, error="no verdict")
    if error := _error(answer.exception_info):
        return ExpectationResult(rows or 1, rows or 1, error=error)
    result = answer.result
    if "unexpected_count" not in result:  # it judges the column as a whole: what should be there and is not
        lacking = set(arguments["value_set"]) - set(frame[arguments["column"]])
        return ExpectationResult(0 if answer.success else 1, 1, values=tuple(sorted(map(str, lacking))))
    listed = result.get("unexpected_index_list") or []
    ids = tuple(sorted({int(row[KEY]) for row in listed})) if names_key else ()
    values = {value for value in result.get("unexpected_list") or [] if isinstance(value, str)}
    failing, judged = int(result["unexpected_count"] or 0), rows - int(result.get("missing_count") or 0)
    unnamed = failing - len(listed) if names_key else 0
    return ExpectationResult(failing, judged, ids, tuple(sorted(values)), unnamed)


def _error(info: Mapping[str, Any]) -> str:
    """The error that kept an expectation from a verdict; empty when there was none. It names columns, never values."""
    raised = [info, *(one for one in info.values() if isinstance(one, Mapping))]
    return next((str(one.get("exception_message"))[:100] for one in raised if one.get("raised_exception")), "")
