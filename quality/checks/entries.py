"""Entries of the civil status registers as the registry reports them: number, book, page and day."""

import re

from quality.check import HOLDS, NOTES, Actor, Examination, Saw, check
from quality.checks.dates import is_surely_after_day
from schemas.fields import BOOK_CODE
from schemas.registries import CivilStatusReceipt

ENTRY_NUMBER = re.compile(r"\d{1,6}", re.ASCII)
PAGE_NUMBER = re.compile(r"\d{1,4}", re.ASCII)
TEMPLATE = "Mẫu hotich158, cấu trúc dữ liệu số hóa hộ tịch của Bộ Tư pháp"


@check(
    "book_code",
    weight=HOLDS,
    who=Actor.STEWARD,
    source=f"{TEMPLATE}: quyenSo là số quyển và năm mở sổ",
    says_vi="Quyển số hệ thống hộ tịch trả về không đúng dạng số quyển và năm mở sổ.",
    do_vi="Tra lại sổ hộ tịch, ghi quyển số dạng 01/2026 rồi cho chuyển tiếp.",
    says_en="The book code that the registry returned is not a book number and a year.",
    do_en="Look it up in the register, enter the book as in 01/2026, then let the dossier go on.",
)
def book_code_malformed(receipt: CivilStatusReceipt) -> Saw:
    book = receipt.book_code
    return None if book is None or (BOOK_CODE.fullmatch(book) and book.isascii()) else f"{len(book)} characters"


@check(
    "entry_number",
    weight=HOLDS,
    who=Actor.STEWARD,
    source=f"{TEMPLATE}: so",
    says_vi="Số đăng ký hộ tịch trả về không phải là số.",
    do_vi="Tra lại sổ hộ tịch, ghi đúng số đăng ký rồi cho chuyển tiếp.",
    says_en="The entry number that the registry returned is not a number.",
    do_en="Look it up in the register, enter the right number, then let the dossier go on.",
)
def entry_number_malformed(receipt: CivilStatusReceipt) -> Saw:
    number = receipt.entry_number
    return None if number is None or ENTRY_NUMBER.fullmatch(number) else f"{len(number)} characters"


@check(
    "page_number",
    weight=NOTES,
    who=Actor.STEWARD,
    source=f"{TEMPLATE}: trangSo là số hoặc để trống",
    says_vi="Trang số hệ thống hộ tịch trả về không phải là số.",
    do_vi="Tra lại trang sổ khi có điều kiện; hồ sơ vẫn được chuyển tiếp.",
    says_en="The page number that the registry returned is not a number.",
    do_en="Look the page up in the register when possible; the dossier goes on anyway.",
)
def page_number_malformed(receipt: CivilStatusReceipt) -> Saw:
    page = receipt.page_number
    return None if not page or PAGE_NUMBER.fullmatch(page) else f"{len(page)} characters"


@check(
    "book_code",
    "registered_on",
    weight=NOTES,
    who=Actor.STEWARD,
    source=f"{TEMPLATE}: năm mở sổ không sau năm đăng ký",
    says_vi="Năm mở sổ sau năm đăng ký, trong khi sổ phải mở trước khi ghi.",
    do_vi="Tra lại sổ hộ tịch với công chức hộ tịch; hồ sơ vẫn được chuyển tiếp.",
    says_en="The book was opened in a later year than the entry in it.",
    do_en="Look it up in the register with the registrar; the dossier goes on anyway.",
)
def book_of_later_year(receipt: CivilStatusReceipt) -> Saw:
    if not receipt.book_code or receipt.registered_on is None or not BOOK_CODE.fullmatch(receipt.book_code):
        return None
    return "a later year" if int(receipt.book_code[-4:]) > receipt.registered_on.year else None


@check(
    "registered_on",
    weight=HOLDS,
    who=Actor.STEWARD,
    source="Nguyên tắc: sự kiện hộ tịch xảy ra trước khi được đăng ký",
    says_vi="Ngày đăng ký hộ tịch trả về trước ngày sinh hoặc ngày chết đã khai.",
    do_vi="Đối chiếu sổ hộ tịch với giấy chứng sinh hoặc giấy báo tử trước khi chuyển tiếp.",
    says_en="The registry's date of registration is before the birth or death.",
    do_en="Compare the register with the birth or death notice before the dossier goes on.",
)
def registered_before_event(receipt: CivilStatusReceipt, exam: Examination) -> Saw:
    happened_on = exam.dossier.happened_on
    if receipt.registered_on is None or happened_on is None:
        return None
    return "entered first" if is_surely_after_day(happened_on, receipt.registered_on) else None
