"""The form of an item that health insurance takes, and what is wrong with one that has not this form: for its twin."""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import Any

CARD, CORRECTED_CARD, ANNULLED_CARD, DEATH = "CAP_THE_TE", "DIEU_CHINH_THE", "HUY_THE", "BAO_TU"
"""Kinds of item (`loaiYeuCau`): a child's card, its correction, its annulment, a death."""

_PERSON = {"maHoSo": r".+", "hoTen": r".+", "gioiTinh": r"[123]", "maDanToc": r"(\d{2})?"}
_CHILD = {
    **_PERSON,
    "soDinhDanh": r"\d{12}",
    "maSoBhxh": r"(\d{10})?",
    "maBenhVien": r"(\d{5})?",
    "maNhom": "TE1",
    "soKhaiSinh": r".+",
    "maTinhKs": r"\d{2}",
}
_OF_A_CARD = {"maSoBhxh": r"\d{10}", "lyDo": r"(?s:.+)"}
FIELD_PATTERNS: Mapping[str, Mapping[str, str]] = {
    CARD: _CHILD,
    CORRECTED_CARD: {**_CHILD, **_OF_A_CARD},
    ANNULLED_CARD: {"maHoSo": r".+", **_OF_A_CARD},
    DEATH: {**_PERSON, "maSoBhxh": r"(\d{10})?", "soKhaiTu": r".+"},
}
"""Kind of item -> what each field must match; days are looked at besides. The last two of a card are assumed."""
DATE_LENGTHS = {"0": 8, "1": 4, "2": 6}
"""Kind of a date -> its digits: yyyyMMdd, yyyy, yyyyMM."""
REQUEST_CODE = re.compile(r"[0-9a-f]{32}")


def fault_of(item: Mapping[str, Any]) -> tuple[str, str] | None:
    """Code and words of the first thing wrong with an item's form; None when it has none."""
    if not is_request_code(item.get("maYeuCau")):
        return "E01", "maYeuCau is required"
    for name, value in item.items():
        if not isinstance(value, str):
            return "E02", f"{name}: String expected"
        if value != text_of(item, name).strip() or not unicodedata.is_normalized("NFC", value):
            return "E03", f"{name}: invalid characters"
    patterns = FIELD_PATTERNS.get(text_of(item, "loaiYeuCau"))
    if patterns is None:
        return "E04", "Loại yêu cầu không hợp lệ"
    for name, pattern in patterns.items():
        if not re.fullmatch(pattern, text_of(item, name)):
            return "E05", f"Trường {name} không đúng định dạng"
    return None if item["loaiYeuCau"] == ANNULLED_CARD else _fault_of_days(item)


def _fault_of_days(item: Mapping[str, Any]) -> tuple[str, str] | None:
    if not is_day(text_of(item, "ngaySinh"), text_of(item, "loaiNgaySinh")):
        return "E06", "ngaySinh: invalid date"
    if item["loaiYeuCau"] == DEATH:
        is_known = is_day(text_of(item, "ngayChet"), text_of(item, "loaiNgayChet"))
        return None if is_known else ("E06", "ngayChet: invalid date")
    if text_of(item, "denNgay") != last_day_of_card(text_of(item, "ngaySinh")):
        return "E07", "Thẻ TE phải có hạn đến khi trẻ đủ 72 tháng tuổi"
    return None


def is_day(digits: str, kind: str) -> bool:
    """Whether yyyyMMdd, yyyy or yyyyMM, as its kind says, is in the calendar."""
    if not re.fullmatch(r"\d{4,8}", digits) or DATE_LENGTHS.get(kind) != len(digits):
        return False
    try:
        date(int(digits[:4]), int(digits[4:6] or 1), int(digits[6:] or 1))
    except ValueError:
        return False
    return True


def last_day_of_card(born: str) -> str:
    """The last day of a card for a child born on yyyyMMdd or yyyyMM; empty for a year alone."""
    if len(born) < 6:
        return ""
    year, month = int(born[:4]) + 6, int(born[4:6])
    return f"{year}0930" if month <= 9 else f"{year}{month:02d}{monthrange(year, month)[1]}"


def is_request_code(value: object) -> bool:
    return isinstance(value, str) and REQUEST_CODE.fullmatch(value) is not None


def text_of(content: Mapping[str, Any], name: str) -> str:
    """A field as text that can be sent back: half a surrogate pair, which JSON lets through, becomes `?`."""
    value = content.get(name)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).upper().split())
