"""The catalogue of all checks for readers: lists by subject for the desk and the command line, and one page.

The page is generated: its texts stand beside the checks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from quality.check import Actor, Check
from quality.examination import CATALOGUE
from schemas.finding import Weight

SUBJECTS: dict[str, tuple[str, str]] = {
    "identity": ("Danh tính", "Identity"),
    "names": ("Họ tên và cách ghi chữ", "Names and how words are written"),
    "applicant": ("Người yêu cầu", "The applicant"),
    "dates": ("Ngày tháng", "Dates"),
    "family": ("Gia đình", "Family"),
    "births": ("Khai sinh", "Births"),
    "multiple_births": ("Sinh đôi, sinh ba", "Twins"),
    "household": ("Cư trú và chủ hộ", "Residence and household"),
    "places": ("Địa giới", "Places"),
    "agencies": ("Cơ quan", "Agencies"),
    "procedure": ("Thủ tục và trạng thái", "Procedure and status"),
    "code_lists": ("Danh mục mã", "Code lists"),
    "papers": ("Giấy tờ đính kèm", "Papers"),
    "fees": ("Phí, lệ phí", "Fees"),
    "cards": ("Bảo hiểm y tế", "Health insurance"),
    "entries": ("Sổ hộ tịch", "Civil-status entries"),
    "land": ("Đất đai", "Land"),
    "parcels": ("Thửa đất và giấy chứng nhận", "Parcels and certificates"),
    "artefacts": ("Chữ do phần mềm để lại", "What software leaves behind"),
    "encodings": ("Bảng mã chữ", "Encodings"),
    "between": ("Giữa các hồ sơ", "Between dossiers"),
    "batches": ("Cả lô hồ sơ", "Whole batches"),
}
"""The files in `quality/checks/`, in the order of the page."""

WEIGHTS: dict[Weight, tuple[str, str]] = {
    Weight.STOPS: ("dừng cả lô", "stops the batch"),
    Weight.HOLDS: ("giữ hồ sơ", "holds the dossier"),
    Weight.NOTES: ("lưu ý", "notes"),
}
WHO: dict[Actor, tuple[str, str]] = {
    Actor.DESK: ("cán bộ xử lý", "the steward"),
    Actor.STEWARD: ("cán bộ xử lý", "the steward"),
    Actor.OPERATOR: ("quản trị hệ thống", "the operator"),
    Actor.ENGINEER: ("kỹ thuật", "the engineer"),
}
VI, EN = 0, 1


@dataclass(frozen=True)
class ListedCheck:
    """A check as the catalogue lists it, with all texts in one language."""

    code: str
    weight: str
    who: str
    fields: tuple[str, ...]
    says: str
    do: str
    source: str
    in_force: str
    has_suggestion: bool


@dataclass(frozen=True)
class CheckSubject:
    """The checks of one file."""

    file: str
    title: str
    rows: tuple[ListedCheck, ...]


def subjects(*, english: bool = False) -> list[CheckSubject]:
    """All checks by subject, the heaviest of each subject first; a file that SUBJECTS lacks comes last."""
    by_file: dict[str, list[Check]] = {file: [] for file in SUBJECTS}
    for check in CATALOGUE.values():
        by_file.setdefault(check.subject, []).append(check)
    return [_subject(file, tuple(checks), english) for file, checks in by_file.items() if checks]


@cache
def _subject(file: str, checks: tuple[Check, ...], english: bool) -> CheckSubject:
    ranks = list(Weight)
    in_order = sorted(checks, key=lambda check: (ranks.index(check.weight), check.code))
    title = SUBJECTS.get(file, (file, file))[english]
    return CheckSubject(file, title, tuple(_row(check, EN if english else VI) for check in in_order))


def _row(check: Check, language: int) -> ListedCheck:
    return ListedCheck(
        code=check.code,
        weight=WEIGHTS[check.weight][language],
        who=WHO[check.who][language],
        fields=check.fields,
        says=(check.says_vi, check.says_en)[language],
        do=(check.do_vi, check.do_en)[language],
        source=check.source,
        in_force=_in_force(check, language),
        has_suggestion=check.edit is not None,
    )


def _in_force(check: Check, language: int) -> str:
    """`từ 01/10/2025`, `trước 01/03/2027`; empty for a check that always holds."""
    since, until = (("từ", "trước"), ("from", "before"))[language]
    days = [(since, check.valid_from, date.min), (until, check.valid_until, date.max)]
    return ", ".join(f"{word} {day:%d/%m/%Y}" for word, day, open_end in days if day != open_end)


HEADS = (
    ("Mã", "Mức", "Ai xử lý", "Thấy gì, làm gì", "Trường", "Căn cứ"),
    ("Code", "Weight", "Who acts", "What is seen, what to do", "Field", "Source"),
)
TITLES = ("Danh mục kiểm tra hồ sơ", "Catalogue of checks")


def as_markdown(*, english: bool = False) -> str:
    """The whole catalogue as one page."""
    return "\n".join(_lines(english)) + "\n"


def _lines(english: bool) -> Iterator[str]:
    language, listed = EN if english else VI, subjects(english=english)
    yield f"# {TITLES[language]}"
    yield ""
    count = sum(len(subject.rows) for subject in listed)
    yield (f"{count} mục, sinh ra từ mã nguồn; không sửa tay.", f"{count} checks, generated from the code.")[language]
    for subject in listed:
        yield from ("", f"## {subject.title}", "", _cells(HEADS[language]), _cells(("---",) * len(HEADS[language])))
        yield from (_cells(_texts(row)) for row in subject.rows)


def _texts(row: ListedCheck) -> tuple[str, ...]:
    weight = f"{row.weight} ({row.in_force})" if row.in_force else row.weight
    return f"`{row.code}`", weight, row.who, f"{row.says} {row.do}", ", ".join(row.fields), row.source


def _cells(texts: tuple[str, ...]) -> str:
    return f"| {' | '.join(text.replace('|', chr(92) + '|') for text in texts)} |"
