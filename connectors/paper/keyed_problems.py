"""Why a keyed file or a row of it is set aside, and what to do about it, in both languages.

A code here stands in `held_rows.reason_codes` and in messages; it says nothing of a person.
"""

PROBLEMS: dict[str, tuple[str, str]] = {
    # The file
    "kind_unknown": (
        "Định dạng tệp không được hỗ trợ; lưu lại thành .xlsx, .xls, .dbf hoặc .csv.",
        "The file is of no known format: save it as .xlsx, .xls, .dbf or .csv.",
    ),
    "file_truncated": (
        "Tệp bị cắt cụt hoặc hỏng; sao chép lại từ bản gốc.",
        "The file is cut off or damaged: copy it again from its origin.",
    ),
    "file_too_large": (
        "Tệp giải nén quá lớn so với nội dung một sổ; kiểm tra tệp, lưu lại thành .csv nếu đúng.",
        "The file unpacks to more than a book can hold: check it, and save it as .csv if it is right.",
    ),
    "password_protected": (
        "Tệp có mật khẩu; mở bằng Excel, bỏ mật khẩu rồi lưu lại.",
        "The file has a password: open it in Excel, take the password away and save it again.",
    ),
    "header_missing": (
        "Không thấy dòng tên cột của mẫu hotich158; thêm dòng tên cột (so, quyenSo, nksHoTen ...).",
        "No row has the ministry's column names: add that row (so, quyenSo, nksHoTen ...).",
    ),
    "several_sheets": (
        "Tệp có nhiều trang tính có dữ liệu; lưu mỗi trang tính thành một tệp.",
        "Several sheets hold rows: save each sheet as a file of its own.",
    ),
    "unknown_columns": (
        "Có cột không thuộc mẫu của Bộ; đổi tên cột (--rename CŨ=MỚI) hoặc bỏ cột (--leave-out CỘT).",
        "A column is none of the ministry's: rename it (--rename OLD=NEW) or leave it out (--leave-out COLUMN).",
    ),
    "duplicate_columns": (
        "Một tên cột xuất hiện hai lần; xóa hoặc đổi tên một cột.",
        "A column name stands twice: delete or rename one of the two.",
    ),
    "columns_missing": (
        "Thiếu cột bắt buộc; bổ sung cột rồi nạp lại.",
        "A required column is missing: add it and load the file again.",
    ),
    "memo_missing": (
        "Thiếu tệp .fpt hoặc .dbt đi kèm tệp .dbf; chép cả hai vào một thư mục.",
        "The file .fpt or .dbt that belongs to the .dbf is not beside it: copy both into one folder.",
    ),
    "not_held_rows": (
        "Tệp không có cột stt của các dòng bị giữ; sửa trong tệp đã tải từ trang này rồi nộp lại.",
        "The file has no column stt with numbers of held rows: correct the workbook that this page gives out.",
    ),
    "line_too_long": (
        "Một dòng dài bất thường; kiểm tra tệp có phải .csv không.",
        "A line is far too long: check that the file is a .csv.",
    ),
    # A row
    "merged_cells": ("Dòng có ô gộp; bỏ gộp ô và nhập lại.", "The row has merged cells: unmerge and type them again."),
    "formula_without_value": (
        "Ô có công thức chưa được tính; mở và lưu lại bằng Excel, hoặc dán giá trị.",
        "A cell has a formula without a value: open and save the file in Excel, or paste the values.",
    ),
    "formula_error": ("Ô báo lỗi công thức; nhập lại giá trị.", "A cell shows an error: type its value again."),
    "date_is_number": (
        "Ngày bị ghi thành số; nhập lại dạng 22.08.1983.",
        "A date became a number: type it again as 22.08.1983.",
    ),
    "date_in_other_column": (
        "Excel đã đổi giá trị thành ngày; định dạng cột là văn bản rồi nhập lại.",
        "Excel made a date of a value: format the column as text and type it again.",
    ),
    "scientific_notation": (
        "Số bị ghi dạng 1.23E+11, mất chữ số; định dạng cột là văn bản rồi nhập lại.",
        "A number stands as 1.23E+11 and lost digits: format the column as text and type it again.",
    ),
    "leading_zero_lost": (
        "Số giấy tờ mất số 0 ở đầu; nhập lại đủ chữ số.",
        "The number of an identity paper lost its leading zero: type it again with all digits.",
    ),
    "number_is_fraction": ("Ô số có phần lẻ; nhập lại.", "A number has a fraction: type it again."),
    "cell_not_text": ("Ô không phải văn bản; nhập lại.", "A cell is no text: type it again."),
    "bytes_unreadable": (
        "Dòng có ký tự không đọc được; lưu lại tệp bằng Unicode (UTF-8).",
        "The row has letters that cannot be read: save the file again as Unicode (UTF-8).",
    ),
    "encoding_unclear": (
        "Không rõ bảng mã chữ của cột; lưu lại tệp bằng Unicode (UTF-8).",
        "The encoding of a column is unclear: save the file again as Unicode (UTF-8).",
    ),
    "wrong_number_of_cells": (
        "Số ô của dòng khác số cột; kiểm tra dấu phân cách và dấu ngoặc kép.",
        "The row has another number of cells than the header: check separators and quotation marks.",
    ),
    "values_missing": ("Thiếu giá trị bắt buộc; nhập bổ sung.", "A required value is missing: add it."),
    "book_not_named": (
        "Không rõ dòng thuộc sổ nào; nhập quyenSo dạng 01/1983.",
        "The row does not say its book: type quyenSo as 01/1983.",
    ),
    "place_not_named": (
        "Không rõ nơi đăng ký; nhập noiDangKy hoặc nạp lại với --commune.",
        "The row does not say where it was registered: add noiDangKy, or load again with --commune.",
    ),
    "place_of_another_province": (
        "Nơi đăng ký thuộc tỉnh khác; nạp với đúng mã tỉnh.",
        "The place of registration is in another province: load the row with that province.",
    ),
    "row_too_odd": (
        "Dòng này không xử lý được; báo bộ phận kỹ thuật kèm số dòng.",
        "The row cannot be worked on: give its line number to the engineer.",
    ),
}
VI, EN = 0, 1


class FileSetAside(Exception):
    """A keyed file cannot be loaded as it is. `reason_code` is one of PROBLEMS; `columns`: those at fault."""

    def __init__(self, reason_code: str, *columns: str) -> None:
        named = f" ({', '.join(columns)})" if columns else ""
        super().__init__(f"{reason_code}: {PROBLEMS[reason_code][EN]}{named}")
        self.reason_code = reason_code
        self.columns = columns
