"""A form over two pages as an archivist would draw it: the left and the right page of `register_layouts`, measured."""

from typing import Any

from schemas.register_forms import FormDraft

TOP, ROW = 22.0, 26.0
CHILDREN = "Trần Văn Hùng|Lê Thị Lan|Phan Đức Tiến|Võ Kim Cúc|Hồ Minh Khải|Bùi Thị Thúy|Ngô Văn Thọ|Lý Thị Hạnh".split(
    "|"
)
"""Who stands in the eight rows of the left page; no real person is meant."""


def _box(column: str, left: float, width: float, page: int) -> dict[str, Any]:
    return {"column": column, "left_mm": left, "top_mm": TOP, "width_mm": width, "height_mm": ROW, "page": page}


SPREAD_FORM: dict[str, Any] = {
    "form_code": "ks_hai_trang",
    "book_kind": "KS",
    "title_vi": "Sổ khai sinh, mục ghi trên hai trang, 8 dòng",
    "layout": "table",
    "certainty": "confirmed",
    "source": "trang in thử",
    "frame_width_mm": 184.0,
    "frame_height_mm": 230.0,
    "rows": 8,
    "row_height_mm": ROW,
    "row_number_box": _box("row_number", 0, 12, 0),
    "facing": {"frame_width_mm": 176.0, "frame_height_mm": 230.0, "row_number_box": _box("row_number", 0, 12, 1)},
    "fields": [
        _box("so", 12, 20, 0),
        _box("ngayDangKy", 32, 32, 0),
        _box("nksHoTen", 64, 70, 0),
        _box("nksGioiTinh", 134, 18, 0),
        _box("nksNgaySinh", 152, 32, 0),
        _box("nksNoiSinh", 12, 60, 1),
        _box("chaHoTen", 72, 52, 1),
        _box("meHoTen", 124, 52, 1),
    ],
}


def spread_form(**change: Any) -> FormDraft:
    return FormDraft.model_validate(SPREAD_FORM | change)
