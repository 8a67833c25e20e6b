"""Papers: those that a case needs, whether their bytes are the declared ones, and the codes written on them."""

import re
from datetime import date

from quality.check import HOLDS, NOTES, Examination, FaultLocation, FetchedPaper, Saw, check, check_each
from schemas.cases import BirthCase
from schemas.dossier import Dossier, Paper
from schemas.fields import BIRTH_NOTICE_CODE

FILE_TYPES = frozenset({"pdf", "jpg", "jpeg", "png", "tif", "tiff", "bmp", "gif", "webp", "doc", "docx", "xml", "odt"})
"""Endings of files that receivers can open; a file without an ending is not judged by it."""
INTEGRITY = "Luật Giao dịch điện tử 51/2005/QH11; NĐ 137/2024/NĐ-CP"

FACILITY = re.compile(r"[0-9]{5}")
NOTICE_PARTS = re.compile(r"([0-9]{5})[\s./-]*GCS[\s./-]*([0-9]{5})[\s./-]*([0-9]{2})")
CODED_NOTICES_FROM = date(2025, 10, 1)
"""TT 22/2025/TT-BYT: since then a birth notice's number names its facility and year."""


@check(
    "papers",
    weight=HOLDS,
    source="Luật Hộ tịch 60/2014/QH13, Điều 16 và Điều 34",
    says_vi="Hồ sơ thiếu giấy chứng sinh hoặc giấy báo tử mà thủ tục bắt buộc có.",
    do_vi="Đính kèm bản chụp giấy còn thiếu trên cổng rồi gửi lại.",
    says_en="The birth notice or the death notice that the procedure requires is not attached.",
    do_en="Attach a scan of the missing paper at the portal, then send again.",
)
def paper_missing(dossier: Dossier) -> Saw:
    required = dossier.case.required_papers()
    if not required:
        return None
    attached = {paper.kind_code for paper in dossier.papers}
    missing = [kinds for kinds in required if attached.isdisjoint(kinds)]
    return " or ".join(sorted(missing[0])) if missing else None


@check(
    "sha256",
    weight=HOLDS,
    source=f"{INTEGRITY}: toàn vẹn của thông điệp dữ liệu; mã băm do cổng công bố",
    says_vi="Tệp đính kèm tải về khác với mã băm cổng đã công bố.",
    do_vi="Mở tệp trên cổng để đối chiếu, đính kèm lại bản đúng rồi gửi lại.",
    says_en="A fetched file does not have the hash that the portal declared.",
    do_en="Open the file at the portal to compare, attach the right file again, then send again.",
)
def paper_hash_differs(paper: FetchedPaper) -> Saw:
    if not paper.declared_sha256 or paper.sha256 is None:
        return None
    return None if paper.declared_sha256.strip().lower() == paper.sha256 else "another hash"


@check(
    "name",
    weight=HOLDS,
    source=f"{INTEGRITY}; tài liệu giao tiếp của cổng",
    says_vi="Tệp đính kèm có tên trong hồ sơ nhưng không tải về được.",
    do_vi="Mở tệp trên cổng; nếu không mở được, đính kèm lại rồi gửi lại.",
    says_en="The dossier names a file that cannot be fetched.",
    do_en="Open the file at the portal; if it does not open, attach it again, then send again.",
)
def paper_not_fetched(paper: FetchedPaper) -> Saw:
    return "no bytes" if paper.sha256 is None else None


@check(
    "size",
    weight=HOLDS,
    source=f"{INTEGRITY}; tài liệu giao tiếp của cổng",
    says_vi="Tệp đính kèm rỗng, không có nội dung.",
    do_vi="Đính kèm lại bản chụp giấy tờ rồi gửi lại.",
    says_en="A file is empty.",
    do_en="Attach a scan of the paper again, then send again.",
)
def empty_paper(paper: FetchedPaper) -> Saw:
    return "no content" if paper.sha256 is not None and paper.size == 0 else None


@check(
    "name",
    weight=HOLDS,
    source=f"{INTEGRITY}; tài liệu giao tiếp của cổng: tệp ảnh, PDF, văn bản",
    says_vi="Tệp đính kèm thuộc loại nơi nhận không mở được, như tệp nén hoặc chương trình.",
    do_vi="Đính kèm lại bản chụp dạng PDF hoặc ảnh rồi gửi lại.",
    says_en="A file is of a type that the receiver cannot open, such as an archive or a program.",
    do_en="Attach a scan as a PDF or an image again, then send again.",
)
def paper_of_wrong_type(paper: Paper) -> Saw:
    _, dot, ending = paper.name.rpartition(".")
    return None if not dot or ending.strip().lower() in FILE_TYPES else "another type"


@check(
    "papers",
    weight=HOLDS,
    source=f"{INTEGRITY}: toàn vẹn của thông điệp dữ liệu; số byte do cổng công bố",
    says_vi="Tệp đính kèm tải về dài hoặc ngắn hơn số byte cổng đã công bố.",
    do_vi="Mở tệp trên cổng để đối chiếu, đính kèm lại bản đúng rồi gửi lại.",
    says_en="A fetched file is longer or shorter than the portal declared.",
    do_en="Open the file at the portal to compare, attach the right file again, then send again.",
)
def paper_size_differs(dossier: Dossier, exam: Examination) -> Saw:
    """Asked only where no hash was declared: a hash says more."""
    for index, (paper, fetched) in enumerate(zip(dossier.papers, exam.papers, strict=False)):
        if paper.size and fetched.size and fetched.sha256 and not paper.sha256 and paper.size != fetched.size:
            return FaultLocation(f"papers.{index}.size", "another size")
    return None


@check(
    "papers",
    weight=NOTES,
    source="Quan sát ở cổng: một tệp được đính kèm hai lần thay cho hai giấy tờ khác nhau",
    says_vi="Hai giấy tờ khác loại trong hồ sơ là cùng một tệp.",
    do_vi="Xem có đính kèm nhầm tệp không; hồ sơ vẫn được gửi đi.",
    says_en="Two papers of different kinds are one file.",
    do_en="Check whether a wrong file was attached; the dossier is sent anyway.",
)
def paper_attached_twice(dossier: Dossier, exam: Examination) -> Saw:
    kinds: dict[str, str] = {}
    for index, fetched in enumerate(exam.papers):
        if not fetched.sha256 or not fetched.size:
            continue
        if kinds.setdefault(fetched.sha256, fetched.kind_code) != fetched.kind_code:
            return FaultLocation(f"papers.{index}", "the same file")
    return None


def _formatted_notice(as_written: str) -> str | None:
    """The number with dots between its parts, if all digits are there: `00012GCS2400126` -> `00012.GCS.24001.26`."""
    parts = NOTICE_PARTS.fullmatch(as_written.strip().upper())
    return f"{parts[1]}.GCS.{parts[2]}.{parts[3]}" if parts else None


@check(
    "notice_code",
    weight=HOLDS,
    source="TT 22/2025/TT-BYT, từ 01/10/2025",
    says_vi="Số giấy chứng sinh không đúng cấu trúc số thứ tự, GCS, mã cơ sở y tế, năm.",
    do_vi="Nhập lại số theo giấy chứng sinh, ví dụ dạng 00012.GCS.24001.26, rồi gửi lại.",
    says_en="A birth notice's number is not made of sequence number, GCS, facility and year.",
    do_en="Enter the number of the birth notice again, such as 00012.GCS.24001.26, then send again.",
    edit=_formatted_notice,
    valid_from=CODED_NOTICES_FROM,
)
def birth_notice_malformed(case: BirthCase) -> Saw:
    code = case.notice_code
    if not code or (BIRTH_NOTICE_CODE.fullmatch(code) and code.isascii()) or _was_born_before_coded(case):
        return None
    return f"{len(code)} characters"


def _was_born_before_coded(case: BirthCase) -> bool:
    """Whether the notice is older than the rule on its number: then any number is allowed."""
    when = case.notice_on or case.child.born_on
    return when is not None and (earliest := when.earliest) is not None and earliest < CODED_NOTICES_FROM


@check_each(
    "clinic_code",
    weight=HOLDS,
    source="QĐ 384/QĐ-BYT năm 2019: mã cơ sở khám chữa bệnh 5 chữ số",
    says_vi="Mã nơi khám chữa bệnh ban đầu không phải là 5 chữ số.",
    do_vi="Chọn lại cơ sở khám chữa bệnh trong danh mục rồi gửi lại.",
    says_en="The code of the first clinic does not have five digits.",
    do_en="Choose the clinic from the list again, then send again.",
    edit=lambda code: joined if FACILITY.fullmatch(joined := "".join(code.split())) else None,
)
def clinic_code_malformed(clinic_code: str) -> Saw:
    is_code = len(clinic_code) == 5 and clinic_code.isdecimal() and clinic_code.isascii()
    return None if is_code or not clinic_code else f"{len(clinic_code)} characters"
