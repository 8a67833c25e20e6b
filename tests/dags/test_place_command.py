"""What `lienthong place` says, read as a clerk reads it."""

from datetime import date
from io import StringIO

import pytest
from rich.console import Console

from dags.cli.place import print_place
from schemas.places import TABLE_VERSION

NOW = date(2026, 10, 1)


def said(query: str, on: date | None = None, as_of: date | None = None) -> tuple[bool, str]:
    paper = StringIO()
    found = print_place(Console(file=paper, width=400), query, on, as_of)
    return found, paper.getvalue()


@pytest.mark.parametrize(
    ("query", "on", "words"),
    [
        ("09820", date(2025, 6, 30), "09817 Xã Ô Diên, Thành phố Hà Nội: một phần diện tích, toàn bộ dân số"),
        ("09820", date(2025, 6, 30), "đơn vị đã bị chia, cần căn cứ để chọn"),
        ("25270", NOW, "Phường Lộc Ninh, Thành phố Đồng Nai, từ 30/04/2026 đến nay"),
        ("xã Tân Lập, huyện Đan Phượng, Hà Nội", NOW, "ghi là 09820 Xã Tân Lập, Huyện Đan Phượng, Thành phố Hà Nội"),
        ("P. Quang Trung, Hà Nội", date(2025, 6, 30), "trùng tên, cần biết huyện"),
        ("tỉnh Hà Bắc", date(1985, 1, 1), "lập: Nghị quyết Quốc hội 27/10/1962; hết: Nghị quyết Quốc hội 06/11/1996"),
    ],
)
def test_the_answer_says_what_and_why(query: str, on: date, words: str) -> None:
    found, text = said(query, on, NOW)
    assert found
    assert words in text
    assert TABLE_VERSION in text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("06978", "mã đúng 06970"),
        ("99999", "không đơn vị nào từng mang mã này"),
        ("nhà bà Năm đầu xóm", "không tìm thấy đơn vị nào"),
    ],
)
def test_what_is_no_unit_is_said_to_be_none(query: str, words: str) -> None:
    found, text = said(query)
    assert not found
    assert words in text
