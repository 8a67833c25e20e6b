"""Many births at once: pairs and their probabilities by Splink 5 on DuckDB, and the training of the model.

Splink, DuckDB and PyArrow are the optional extra `linkage`: no step of the pipeline calls this module, and importing
them takes a second, so each function imports what it uses. Without the extra they raise ModuleNotFoundError, whose text
names the command that installs it. Blocking and levels are those of `agreement`, the weights those of `probability`, so
a pair has one probability here and in `probability.match_probability`, on any day and beside any other pairs.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from quality.duplicates.agreement import BLOCKS, COMPARISONS, ELSE, FieldComparison
from quality.duplicates.compared_birth import ComparedBirth
from quality.duplicates.probability import LinkageModel, pinned_model, share_of_family

if TYPE_CHECKING:
    import pyarrow as pa
    from splink import Linker, SettingsCreator

PRIOR = 1e-6
"""The probability that two random births of a province's year are one: 60,000 births, 3 in 100 submitted twice."""
LEAST_M, LEAST_U = 0.005, 1e-5
"""For a level that hardly occurred in training: real desks may do what invented ones never did."""
RANDOM_PAIRS = 5e6

COLUMNS = tuple(column.name for column in fields(ComparedBirth))


@contextmanager
def _of_the_extra() -> Iterator[None]:
    """Imports in its block fail with the command that installs what is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        words = f"{error.name} is not installed: it belongs to an extra, `pip install 'lienthong[linkage]'`"
        raise ModuleNotFoundError(words, name=error.name) from error


def frame_of(births: Iterable[tuple[int, ComparedBirth]], **more: Sequence[int]) -> "pa.Table":
    """The births as a table, one row for each id, in their order; `more`: further columns of whole numbers."""
    with _of_the_extra():
        import pyarrow as pa

    rows = list(births)
    columns: dict[str, Any] = {"unique_id": pa.array([birth_id for birth_id, _ in rows], pa.int64())}
    values = [asdict(birth) for _, birth in rows]
    for name in COLUMNS:
        columns[name] = pa.array([value[name] for value in values], pa.string())
    columns |= {name: pa.array(values, pa.int64()) for name, values in more.items()}
    return pa.table(columns)


def pairs(births: Iterable[tuple[int, ComparedBirth]], at_least: float = 0.0) -> list[tuple[int, int, float]]:
    """All pairs that share a block: both ids, the smaller one first, and the probability that they are one birth."""
    frame = frame_of(births)
    if frame.num_rows < 2:
        return []
    predicted = _linker(frame, settings(pinned_model())).inference.predict(
        threshold_match_probability=at_least or None, warning_mode="never"
    )
    return sorted(_triples(predicted.as_record_list()))


def train(births: Sequence[tuple[int, ComparedBirth]], children: Sequence[int]) -> LinkageModel:
    """A model from births whose child is known (`children`, a number for each): m from those, u from random pairs."""
    linker = _linker(frame_of(births, child_number=children), settings(None))
    linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=1)
    linker.training.estimate_m_from_label_column("child_number")
    trained = linker.misc.save_model_to_json()["comparisons"]
    by_comparison = zip(COMPARISONS, trained, strict=True)
    return LinkageModel(PRIOR, {each.name: _chances(each, numbers) for each, numbers in by_comparison})


def settings(pinned: LinkageModel | None) -> "SettingsCreator":
    """Our comparisons in Splink's form: with the numbers of a model, or with none for training."""
    with _of_the_extra():
        from splink import SettingsCreator, block_on

    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_settings_of(each, pinned.chances[each.name] if pinned else {}) for each in COMPARISONS],
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in BLOCKS],
        probability_two_random_records_match=pinned.prior if pinned else PRIOR,
        additional_columns_to_retain=[] if pinned else ["child_number"],
    )


def _settings_of(comparison: FieldComparison, chances: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    column = comparison.column
    is_missing = f"{column}_l IS NULL OR {column}_r IS NULL"
    levels: list[dict[str, Any]] = [{"sql_condition": is_missing, "label_for_charts": "missing", "is_null_level": True}]
    for name, sql in [*((level.name, level.sql) for level in comparison.levels), (ELSE, "ELSE")]:
        level: dict[str, Any] = {"sql_condition": sql, "label_for_charts": name}
        if name in chances:
            level["m_probability"], level["u_probability"] = chances[name]
        if comparison.by_frequency and name != ELSE:
            level["tf_adjustment_column"] = column
        levels.append(level)
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def _chances(comparison: FieldComparison, trained: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """m and u of each level, with six digits, none of them zero."""
    names = [level.name for level in comparison.levels] + [ELSE]
    levels = [level for level in trained["comparison_levels"] if not level.get("is_null_level")]
    return {
        name: (_chance(level.get("m_probability"), LEAST_M), _chance(level.get("u_probability"), LEAST_U))
        for name, level in zip(names, levels, strict=True)
    }


def _chance(trained: Any, least: float) -> float:
    return max(least, float(f"{trained:.6g}")) if isinstance(trained, float) else least


def _linker(frame: "pa.Table", with_settings: "SettingsCreator") -> "Linker":
    """A linker over the frame, with the pinned shares of family names instead of the frame's own."""
    with _of_the_extra():
        import pyarrow as pa
        from splink import DuckDBAPI, Linker

    database = DuckDBAPI()
    linker = Linker(database.register(frame), with_settings, log_level=logging.WARNING)
    for comparison in COMPARISONS:
        if comparison.by_frequency:
            column = comparison.column
            values = sorted({value for value in frame[column].to_pylist() if value})
            shares = pa.table({column: values, f"tf_{column}": [share_of_family(value) for value in values]})
            linker.table_management.register_term_frequency_lookup(database.register(shares), column)
    return linker


def _triples(rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, int, float]]:
    for row in rows:
        first_id, second_id = sorted((row["unique_id_l"], row["unique_id_r"]))
        yield first_id, second_id, row["match_probability"]
