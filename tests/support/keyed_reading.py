"""What a test asks of a keyed file: its rows, their problems, or why the whole file is set aside."""

from pathlib import Path
from typing import Any

import pytest

from connectors.paper.keyed_files import KeyedFile, open_keyed_file
from connectors.paper.keyed_layout import KeyedRow
from connectors.paper.keyed_problems import PROBLEMS, FileSetAside


def rows_of(file: KeyedFile) -> list[KeyedRow]:
    return list(file.rows())


def problems_of(path: Path, **options: Any) -> list[tuple[int, tuple[str, ...]]]:
    """Line and problems of every row."""
    return [(row.line_number, row.problems) for row in open_keyed_file(path, **options).rows()]


def reason_for(path: Path, **options: Any) -> str:
    """The code for which a file is set aside, which must say what to do."""
    with pytest.raises(FileSetAside) as raised:
        rows_of(open_keyed_file(path, **options))
    assert raised.value.reason_code in PROBLEMS
    return raised.value.reason_code
