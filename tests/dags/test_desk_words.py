"""The desk's words: every text of a page stands in a table, in both languages, and every row of the table is used."""

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dags.desk.language import LOCALES, all_words
from dags.desk.visit import HERE

DAGS = HERE.parent
TEMPLATES = sorted((HERE / "templates").glob("*.html"))
SOURCES = [
    *sorted(HERE.rglob("*.py")),
    *sorted((DAGS / "cli").glob("*.py")),
    DAGS / "airflow_side/hooks.py",
    *sorted((DAGS / "steps").glob("*.py")),
]
READ_ALOUD = ("placeholder", "title", "aria-label", "alt")
"""Attributes that a reader sees or hears."""
NO_WORDS = re.compile(r"KB|lienthong grant +steward 24")
"""A unit, and a command that is typed as it stands."""
BETWEEN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|<(style|kbd)>.*?</\1>|<[^>]*>", re.DOTALL)
QUOTED = re.compile(r"""["']([a-z_A-Z.]+)["']""")


def texts_of(path: Path) -> Iterator[str]:
    """What a template shows that is neither an expression nor a tag."""
    source = path.read_text()
    for name in READ_ALOUD:
        yield from (re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text) for text in re.findall(rf'\s{name}="([^"]*)"', source))
    yield NO_WORDS.sub("", " ".join(BETWEEN.sub(" ", re.sub(r"\{\{.*?\}\}", "", source)).split()))


def literals() -> Iterator[str]:
    """Every text in quotes, in templates and in the code behind them; of one that is put together, its beginning."""
    for path in TEMPLATES:
        yield from QUOTED.findall(path.read_text())
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                function = ast.unparse(node.func).rsplit(".", 1)[-1]
                if function in ("of", "_of_group", "group", "_plain", "_status"):
                    prefix = "detail." if function in ("_plain", "_status") else ""
                    yield f"{prefix}{node.args[0].value}" + ("" if prefix else ".")
    for path in TEMPLATES:
        yield from (f"{group}." for group in re.findall(r"""\bof\(["']([a-z_]+)["']""", path.read_text()))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_no_text_of_a_template_stands_outside_the_table(path: Path) -> None:
    assert [text for text in texts_of(path) if re.search(r"[^\W\d_]", text)] == []


def test_a_text_outside_the_table_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<p title="Xem">{{ t("find.do") }} <b>Tìm</b></p>')
    assert list(texts_of(page)) == ["Xem", "Tìm"]


def test_every_word_is_used() -> None:
    said = set(literals())
    prefixes = tuple(sorted(text for text in said if re.fullmatch(r"[a-z_]+(\.[a-z_]+)*\.", text)))
    unused = [key for key in all_words() if key not in said and not key.startswith(prefixes)]
    assert unused == []


def test_every_word_stands_in_both_languages_with_the_same_places_for_values() -> None:
    for key, words in all_words().items():
        places = [sorted(re.findall(r"\{(\w+)\}", text)) for text in (words.vi, words.en)]
        assert words.vi.strip() == words.vi, key
        assert words.en.strip() == words.en, key
        assert places[0] == places[1], key


def test_the_table_is_in_groups() -> None:
    with (HERE / "words.csv").open(encoding="utf-8") as file:
        groups = [row["key"].split(".")[0] for row in csv.DictReader(file)]
    turns = [group for group, before in zip(groups, ["", *groups], strict=False) if group != before]
    assert len(turns) == len(set(turns))


@pytest.mark.parametrize(
    ("field_path", "vietnamese", "english"),
    [
        ("case.mother.full_name", "Họ, chữ đệm, tên của mẹ", "Full name of mother"),
        ("case.deceased.personal_id", "Số định danh cá nhân của người chết", "Personal number of deceased"),
        ("case.head_of_household.full_name", "Họ tên chủ hộ", "Full name of head of household"),
        (
            "case.owners.1.id_paper.number",
            "Số giấy tờ tùy thân của chủ sử dụng 2",
            "Number of identity paper of owner 2",
        ),
        ("case.birth_place.commune_code", "Mã xã nơi sinh", "Commune code of birth place"),
        ("abstract", "Trích yếu", "Abstract"),
        ("nothing.of_ours", "Of ours of nothing", "Of ours of nothing"),
    ],
)
def test_a_field_is_called_as_a_clerk_calls_it(field_path: str, vietnamese: str, english: str) -> None:
    assert LOCALES["vi"].title(field_path) == vietnamese
    assert LOCALES["en"].title(field_path) == english


def test_a_whole_day_is_written_with_slashes_and_nothing_else_is_changed() -> None:
    slashed = LOCALES["vi"].slashed
    assert slashed("02.11.2026") == "02/11/2026"
    assert [slashed(text) for text in ("2026", "11.2026", "00129.GCS.24001.26", "1.2.3", "")] == [
        "2026",
        "11.2026",
        "00129.GCS.24001.26",
        "1.2.3",
        "",
    ]
