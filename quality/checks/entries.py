"""Entries of the civil-status registers, as the registry says it made them: number, book, page and day."""

import re

from quality.check import HOLDS, NOTES, Examination, Saw, Who, check
from quality.checks.dates import is_surely_after_day
from schemas.cases import BirthCase, DeathCase
from schemas.fields import BOOK_CODE
from schemas.registries import CivilStatusReceipt

ENTRY_NUMBER = re.compile(r"\d{1,6}", re.ASCII)
PAGE_NUMBER = re.compile(r"\d{1,4}", re.ASCII)
TEMPLATE = "Mẫu hotich158, cấu trúc dữ liệu số hóa hộ tịch của Bộ Tư pháp"


@check(
    "book_code",
    weight=HOLDS,
    who=Who.STEWARD,
    source=f"{TEMPLATE}: quyenSo là số quyển và năm mở sổ",
    says_vi="Quyển số hệ thống hộ tịch trả về không đúng dạng số quyển và năm mở sổ.",
    do_vi="Tra lại sổ hộ tịch, ghi quyển số dạng 01/2026 rồi cho đi tiếp.",
    says_en="The book that the registry gave is not number and year of opening.",
    do_en="Look it up in the register, write the book as 01/2026, then let it go on.",
)
def book_code_malformed(receipt: CivilStatusReceipt) -> Saw:
    book = receipt.book_code
    return None if book is None or (BOOK_CODE.fullmatch(book) and book.isascii()) else f"{len(book)} characters"


@check(
    "entry_number",
    weight=HOLDS,
    who=Who.STEWARD,
    source=f"{TEMPLATE}: so",
    says_vi="Số đăng ký hộ tịch trả về không phải là số.",
    do_vi="Tra lại sổ hộ tịch, ghi đúng số đăng ký rồi cho đi tiếp.",
    says_en="The entry number that the registry gave is no number.",
    do_en="Look it up in the register, write the right number, then let it go on.",
)
def entry_number_malformed(receipt: CivilStatusReceipt) -> Saw:
    number = receipt.entry_number
    return None if number is None or ENTRY_NUMBER.fullmatch(number) else f"{len(number)} characters"


@check(
    "page_number",
    weight=NOTES,
    who=Who.STEWARD,
    source=f"{TEMPLATE}: trangSo là số hoặc để trống",
    says_vi="Trang số hệ thống hộ tịch trả về không phải là số.",
    do_vi="Tra lại trang sổ khi có dịp; hồ sơ vẫn được chuyển tiếp.",
    says_en="The page that the registry gave is no number.",
    do_en="Look the page up when there is occasion; the dossier goes on all the same.",
)
def page_number_malformed(receipt: CivilStatusReceipt) -> Saw:
    page = receipt.page_number
    return None if not page or PAGE_NUMBER.fullmatch(page) else f"{len(page)} characters"


@check(
    "book_code", "registered_on",
    weight=NOTES,
    who=Who.STEWARD,
    source=f"{TEMPLATE}: năm mở sổ không sau năm đăng ký",
    says_vi="Năm mở sổ sau năm đăng ký, trong khi sổ phải mở trước khi ghi.",
    do_vi="Tra lại sổ hộ tịch với công chức hộ tịch; hồ sơ vẫn được chuyển tiếp.",
    says_en="The book was opened after the year of the entry in it.",
    do_en="Look it up with the registrar; the dossier goes on all the same.",
)  # fmt: skip
def book_of_later_year(receipt: CivilStatusReceipt) -> Saw:
    if not receipt.book_code or receipt.registered_on is None or not BOOK_CODE.fullmatch(receipt.book_code):
        return None
    return "a later year" if int(receipt.book_code[-4:]) > receipt.registered_on.year else None


@check(
    "registered_on",
    weight=HOLDS,
    who=Who.STEWARD,
    source="Nguyên tắc: sự kiện hộ tịch xảy ra trước khi được đăng ký",
    says_vi="Ngày đăng ký hộ tịch trả về trước ngày sinh hoặc ngày chết đã khai.",
    do_vi="Đối chiếu sổ hộ tịch với giấy chứng sinh hoặc giấy báo tử trước khi chuyển tiếp.",
    says_en="By its day, the entry was made before the birth or death it is about.",
    do_en="Compare the register with the birth or death notice before the dossier goes on.",
)
def registered_before_event(receipt: CivilStatusReceipt, exam: Examination) -> Saw:
    case = exam.dossier.case
    happened = case.child.born_on if isinstance(case, BirthCase) else None
    happened = case.died_on if isinstance(case, DeathCase) else happened
    if receipt.registered_on is None or happened is None:
        return None
    return "entered first" if is_surely_after_day(happened, receipt.registered_on) else None
