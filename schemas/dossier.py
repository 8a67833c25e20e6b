"""The dossier: one application as its portal gave it, or one record of a paper book."""

from datetime import date, datetime
from enum import IntEnum, StrEnum
from hashlib import sha256
from typing import Any

from pydantic import Field

from schemas.cases import Case
from schemas.dates import PartialDate, local_day
from schemas.entry import Entry
from schemas.fields import Model, field
from schemas.person import Applicant
from schemas.source import Book, Portal, Source

NOT_CONTENT: dict[str, Any] = {"status": True, "updated_at": True, "papers": {"__all__": {"link"}}}
"""Fields that make no new version: the portal or our reports change them, and links may be signed anew each time."""


class PortalStatus(IntEnum):
    """Trạng thái hồ sơ, the national portal's list."""

    NEW = 1
    RECEIVED = 2
    NOT_RECEIVED = 3
    IN_PROGRESS = 4
    SUPPLEMENT_ASKED = 5
    PAYMENT_ASKED = 6
    WITHDRAWN = 7
    STOPPED = 8
    DONE = 9
    RETURNED = 10


class Admission(StrEnum):
    """What a portal's status means for us."""

    DELIVER = "deliver"
    WAIT = "wait"
    CLOSED = "closed"


ADMISSION: dict[int, Admission] = {
    PortalStatus.NEW: Admission.WAIT,
    PortalStatus.RECEIVED: Admission.DELIVER,
    PortalStatus.NOT_RECEIVED: Admission.CLOSED,
    PortalStatus.IN_PROGRESS: Admission.DELIVER,
    PortalStatus.SUPPLEMENT_ASKED: Admission.WAIT,
    PortalStatus.PAYMENT_ASKED: Admission.WAIT,
    PortalStatus.WITHDRAWN: Admission.CLOSED,
    PortalStatus.STOPPED: Admission.CLOSED,
    PortalStatus.DONE: Admission.DELIVER,
    PortalStatus.RETURNED: Admission.DELIVER,
}


class Paper(Model):
    """Giấy tờ đính kèm: described by the dossier, its bytes kept apart."""

    kind_code: str = field("mã thành phần hồ sơ", "KS-GCS", required=True)
    name: str = field("tên tệp", "giay-chung-sinh.pdf", required=True)
    link: str | None = field("đường dẫn tải", "/papers/123", "cổng một cửa")
    sha256: str | None = field("mã băm SHA-256 nơi gửi công bố", "9f86d081...")
    size: int | None = field("số byte", 20480)


class Dossier(Model):
    """Hồ sơ. `commune_code` is the unit that received it; `event_on` chooses codes, routes and forms.

    The record of a paper book is a dossier too: it has a `book`, and `received_at` is when it was keyed.
    """

    portal_code: str = field("mã tỉnh của cổng", "24", required=True)
    dossier_code: str = field("mã hồ sơ", "H05.12.34-261122-0001", "NĐ 118/2025/NĐ-CP", required=True)
    national_code: str | None = field("mã hồ sơ liên thông", "G22.99.02-261122-0001")
    technical_id: str | None = field("mã kỹ thuật ở cổng", "a1b2c3")
    procedure_as_written: str = field("mã thủ tục như cổng ghi", "1.001193.000.00.00.H05", required=True)
    procedure_code: str | None = field("mã thủ tục", "1.001193")
    status: int = field("trạng thái", 2, "danh mục Cổng DVC quốc gia 1-10", required=True)
    received_at: datetime = field("ngày tiếp nhận", "2026-11-20T08:15:00+07:00", required=True)
    updated_at: datetime = field("ngày cập nhật ở cổng", "2026-11-20T08:15:00+07:00", required=True)
    due_at: datetime | None = field("ngày hẹn trả", "2026-11-25T17:00:00+07:00")
    agency_code: str | None = field("mã cơ quan tiếp nhận", "H05.12.34", "QĐ 20/2020/QĐ-TTg")
    deciding_agency_code: str | None = field("mã cơ quan giải quyết", "H05.12.34", "NĐ 118/2025/NĐ-CP")
    returning_agency_code: str | None = field("mã cơ quan trả kết quả", "H05.12.35", "NĐ 118/2025/NĐ-CP")
    commune_code: str | None = field("mã xã nơi tiếp nhận", "07210")
    abstract: str = field("trích yếu", "Đăng ký khai sinh cho trẻ", default="")
    applicant: Applicant | None = field("người yêu cầu", {"full_name": "NGUYỄN VĂN NAM"})
    book: Book | None = field("sổ hộ tịch giấy", {"book_kind": "KS", "opened_year": 1962, "book_number": "01"})
    book_entry: Entry | None = field("mục đã ghi trong sổ giấy", {"number": "34", "book_code": "01/1962"})
    case: Case = Field(title="nội dung hồ sơ")
    papers: tuple[Paper, ...] = field("giấy tờ đính kèm", [], default=())

    @property
    def source(self) -> Source:
        """Where the dossier comes from."""
        return self.book or Portal(province_code=self.portal_code)

    @property
    def portal_province(self) -> str | None:
        """The code of the province whose portal it comes from; None for the record of a book."""
        return None if self.book else self.portal_code

    @property
    def happened_on(self) -> PartialDate | None:
        """The day of the event that is to be registered; None when the case does not say it."""
        return self.case.happened_on

    @property
    def event_on(self) -> date:
        """The day whose rules apply. A portal's dossier: the day it was received. The record of a book: the first day
        on which the event can have happened, else 1 January of the year in which the book was opened."""
        if self.book is None:
            return local_day(self.received_at)
        happened_on = self.happened_on
        return (happened_on and happened_on.earliest) or date(self.book.opened_year, 1, 1)

    def content_sha256(self) -> bytes:
        """The SHA-256 of what the citizen and the desk wrote. A new status at the portal does not change it, nor does a
        field that a later schema adds and the dossier does not fill."""
        return sha256(self.model_dump_json(exclude=NOT_CONTENT, exclude_none=True).encode()).digest()
