"""A dossier at the hub's twin: the version that is shown, what was reported of it, and how list and detail write it."""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.sandbox.dataset import Planted
from connectors.sandbox.twins.hub_form import form_of
from schemas.dates import VIETNAM
from schemas.dossier import Dossier, PortalStatus

MOMENT = "%d/%m/%Y %H:%M:%S"
SECOND = timedelta(seconds=1)
UNREADABLE = "broken_content"
MODULES = {"birth": "LTKS", "death": "LTKT"}
ASKED = 2
"""The hub's status of a dossier whose citizen is asked for a supplement."""


@dataclass
class HubDossier:
    """A dossier at the hub.

    `given` is the version that is shown; `history` are the statuses acknowledged, in order; `words` are the texts for
    the citizen with the times they bear; `is_answered`: the citizen has answered the last 2.
    """

    province_code: str
    hub_id: str
    planted: Planted
    given: Dossier
    updated_at: datetime
    history: list[int] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)
    words: list[tuple[str, str]] = field(default_factory=list)
    is_answered: bool = False
    listed: int = 0
    marked: bool = False
    is_edited: bool = False
    edited_given: bool = False
    papers: Sequence[bytes] = ()
    fixed: bytes = b""

    @property
    def is_withdrawn(self) -> bool:
        return self.given.status == PortalStatus.WITHDRAWN

    @property
    def status(self) -> int:
        """`trangThai`: the hub's own status."""
        if self.is_withdrawn:
            return 0
        shown = [status for status in self.history if status != ASKED] if self.is_answered else self.history
        return shown[-1] if shown else 0

    @property
    def is_asked(self) -> bool:
        return self.status == ASKED

    @property
    def version(self) -> str:
        return written_moment(self.updated_at)

    @property
    def is_awaited(self) -> bool:
        """Whether the dataset has a supplemented version that may still come."""
        is_due = self.is_asked or not self.is_edited
        return self.planted.edited is not None and is_due and not self.is_withdrawn

    def change(self, changed_at: datetime) -> None:
        """The list names the dossier again."""
        self.updated_at = max(changed_at.replace(microsecond=0), self.updated_at + SECOND)
        self.marked = False

    def amend(self, given: Dossier, changed_at: datetime) -> None:
        """Another version takes the place of the one that is shown."""
        self.given, self.is_edited, self.fixed = given, True, b""
        self.change(changed_at)

    def answer(self, given: Dossier, answered_at: datetime) -> None:
        """The citizen, who was asked, gives another version."""
        self.is_answered = True
        self.amend(given, answered_at)

    def row(self) -> dict[str, Any]:
        """What the twin knows of it, for tests."""
        return {
            "dossier_code": self.given.dossier_code.strip(),
            "province_code": self.province_code,
            "status": self.status,
            "history": list(self.history),
            "listed": self.listed,
            "marked": self.marked,
            "results": dict(self.results),
            "words": [words for _, words in self.words],
        }

    def head(self) -> dict[str, Any]:
        """The dossier as a list names it."""
        dossier = self.given
        return {
            "id": self.hub_id,
            **_unit(dossier.commune_code),
            "maTTHC": dossier.procedure_as_written,
            "module": MODULES[dossier.case.kind],
            "maHoSo": dossier.dossier_code,
            "techId": dossier.technical_id,
            "ngayTiepNhan": written_moment(dossier.received_at),
            "ngayCapNhat": self.version,
        }

    def detail(self) -> bytes:
        self.fixed = self.fixed or json.dumps(self._fixed(), ensure_ascii=False).encode()[1:]
        moving = self.head() | {"trangThai": self.status, "trangThaiHoSo": int(self.given.status)}
        head = json.dumps(moving, ensure_ascii=False).encode()[:-1]
        return b'{"status":"1","statusDescription":"","value":%s,%s}' % (head, self.fixed)

    def _fixed(self) -> dict[str, Any]:
        """The part of the detail that changes with the version only."""
        dossier, form, papers = self.given, form_of(self.given), self.papers or self.planted.papers
        if self.planted.defect == UNREADABLE and not self.is_edited:
            form = form.removesuffix("</hoTich>")
        return {
            "soHoSoLT": dossier.national_code,
            "ngayHenTra": written_moment(dossier.due_at) if dossier.due_at else None,
            "maCoQuan": dossier.agency_code,
            "trichYeu": dossier.abstract,
            "data": form,
            "fileDinhKem": [
                {
                    "id": position,
                    "loaiGiayTo": paper.kind_code,
                    "tenGiayTo": paper.kind_code,
                    "tenTepDinhKem": paper.name,
                    "huyGiayTo": 0,
                    "maBam": paper.sha256,
                    "dungLuong": paper.size,
                    "duLieuTepDinhKem": b64encode(content).decode(),
                }
                for position, (paper, content) in enumerate(zip(dossier.papers, papers, strict=False))
            ],
        }


def written_moment(instant: datetime) -> str:
    return instant.astimezone(VIETNAM).strftime(MOMENT)


def _unit(commune_code: str | None) -> dict[str, Any]:
    """The receiving unit as a number, and its code only where the number cannot express it."""
    if commune_code is None:
        return {"maDonVi": None}
    if commune_code.isascii() and commune_code.isdecimal() and len(commune_code) == 5 and int(commune_code) >= 1000:
        return {"maDonVi": int(commune_code)}
    return {"maDonVi": None, "maXaTiepNhan": commune_code}
