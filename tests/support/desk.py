"""A desk on a ledger worked by hand: dossiers arrive as their portal writes them, users come with grants."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from httpx import Response

from connectors.ledger import Ledger
from connectors.ledger.arrivals import Arrival, save_page
from connectors.ledger.claims import claim_ready
from connectors.ledger.deliveries import DeliveryOutcome, record
from connectors.ledger.grants import grant
from connectors.ledger.papers import KeptPaper, keep_papers
from connectors.ledger.unexamined import unexamined
from connectors.sandbox.twins.onestop_form import FORMS, written
from dags.desk.app import make_desk
from dags.desk.auth import Visitor
from dags.steps.checking import check_again
from schemas.dossier import Dossier
from schemas.states import DeliveryEvent
from tests.support.dossiers import changed

PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
USER, TOKEN = "x-test-user", "token of {}"


async def find_user(request: Request) -> Visitor | None:
    """The test names the user in a header or a cookie; production asks Airflow."""
    name = request.headers.get(USER) or request.cookies.get(USER)
    return Visitor(name, TOKEN.format(name)) if name else None


def original_of(dossier: Dossier) -> bytes:
    """The dossier as the portal's platform writes it."""
    content: dict[str, Any] = written(dossier) | {
        "loaiBieuMau": FORMS[dossier.case.kind],
        "trangThai": dossier.status,
        "ngayCapNhat": dossier.updated_at.isoformat(),
        "tienDoXuLy": [],
    }
    return json.dumps(content, ensure_ascii=False).encode()


@dataclass
class DeskHouse:
    """A ledger with a desk. `awakened` counts how often the deliveries were started after a decision."""

    ledger: Ledger
    awakened: int = 0
    pages: int = field(default=0)

    def app(self) -> FastAPI:
        return make_desk(ledger=lambda: self.ledger, find_user=find_user, after=self._wake)

    def _wake(self) -> None:
        self.awakened += 1

    def arrive(self, *dossiers: Dossier, paper: bytes = PNG) -> None:
        """Dossiers come with all their papers and are examined."""
        self.pages += 1
        for portal_code in {dossier.portal_code for dossier in dossiers}:
            arriving = [dossier for dossier in dossiers if dossier.portal_code == portal_code]
            arrivals = [Arrival(dossier.dossier_code, original_of(dossier), dossier) for dossier in arriving]
            save_page(self.ledger, portal_code, "", arrivals, f"page {self.pages}")
            self._keep_papers(portal_code, arriving, paper)
        check_again(self.ledger, [(dossier.portal_code, dossier.dossier_code) for dossier in dossiers])

    def _keep_papers(self, portal_code: str, arriving: Sequence[Dossier], paper: bytes) -> None:
        counts = {dossier.dossier_code: len(dossier.papers) for dossier in arriving}
        papers = [
            (subject, KeptPaper(position, b"\1" * 32, len(paper), paper))
            for subject in unexamined(self.ledger, portal_code, limit=5000)
            for position in range(counts.get(subject.dossier_code, 0))
        ]
        keep_papers(self.ledger, papers)

    def grant(self, user: str, *roles: str, place: str = "") -> None:
        for role in roles:
            grant(self.ledger, user, role, place, "root")

    @contextmanager
    def visitor(self, user: str, language: str = "vi") -> Iterator["Browser"]:
        """A user at the desk."""
        with TestClient(self.app(), base_url="http://desk.example") as client:
            client.headers[USER] = user
            client.cookies.set("lienthong_language", language)
            yield Browser(client, user)

    def rows(self, question: str, **values: object) -> list[Any]:
        from sqlalchemy import text

        with self.ledger.engine.connect() as connection:
            return list(connection.execute(text(question), values))

    def state(self, dossier: Dossier) -> str:
        ((state,),) = self.rows("SELECT state FROM dossiers WHERE dossier_code = :code", code=dossier.dossier_code)
        return str(state)

    def refusals(self) -> list[tuple[str, str, str]]:
        """Who was refused what, and why, in codes."""
        return [
            tuple(row)
            for row in self.rows("SELECT actor, what, detail FROM accesses WHERE NOT was_allowed ORDER BY access_id")
        ]

    def looks(self) -> list[tuple[str, str]]:
        """Who looked at what."""
        return [
            tuple(row) for row in self.rows("SELECT actor, what FROM accesses WHERE was_allowed ORDER BY access_id")
        ]


@dataclass
class Browser:
    """What a user's browser does: it opens pages, and sends forms with the token that stands in them."""

    client: TestClient
    user: str

    def get(self, path: str, status: int = 200) -> str:
        response = self.client.get(path, follow_redirects=True)
        assert response.status_code == status, (response.status_code, response.text[:3000])
        return str(response.text)

    def send(self, path: str, status: int = 200, /, **values: str | Sequence[str]) -> str:
        response = self.post(path, {"form_token": TOKEN.format(self.user), **values})
        assert response.status_code == status, (response.status_code, response.text[:3000])
        return str(response.text)

    def post(
        self, path: str, values: Mapping[str, str | Sequence[str]], headers: dict[str, str] | None = None
    ) -> Response:
        """Whatever a form can hold, as it is."""
        response: Response = self.client.post(path, data=values, headers=headers or {}, follow_redirects=True)
        return response


def path_of(dossier: Dossier) -> str:
    return f"/dossier/{dossier.portal_code}/{dossier.dossier_code}"


def refuse(house: DeskHouse, words: str) -> None:
    """Civil status refuses the one dossier that it is sent."""
    (claimed,) = claim_ready(house.ledger, "civil_status", 10)
    causes = (("civil_status.unknown", ""),)
    assert record(
        house.ledger, [DeliveryOutcome(claimed, DeliveryEvent.REFUSED, None, code="500", words=words, causes=causes)]
    )


SYLLABLES = """AN BÌNH CHI DUNG GIANG HÀ KHANH LAN MAI NGA OANH PHƯƠNG QUYÊN SEN THẢO UYÊN VÂN XUÂN YẾN HẠNH""".split()


def numbered(birth: Dossier, count: int) -> list[Dossier]:
    """So many births like this one, each of other people."""
    return [_of_others(birth, number) for number in range(1000, 1000 + count)]


def _of_others(birth: Dossier, number: int) -> Dossier:
    first, second, third = SYLLABLES[number % 20], SYLLABLES[number // 20 % 20], SYLLABLES[number // 400 % 20]
    father, mother = f"024095{number:06d}", f"024198{number:06d}"
    values = {
        "dossier_code": f"H05.12.34-261120-{number:04d}",
        "case.notice_code": f"{number:05d}.GCS.24001.26",
        "case.child.full_name": f"NGUYỄN {third} {second} {first}",
        "case.mother.personal_id": mother,
        "case.mother.id_paper.number": mother,
        "case.mother.full_name": f"TRẦN {third} {first} {second}",
        "case.father.personal_id": father,
        "applicant.personal_id": father,
        "case.father.full_name": f"NGUYỄN VĂN {second} {first}",
        "applicant.full_name": f"NGUYỄN VĂN {second} {first}",
    }
    for path, value in values.items():
        birth = changed(birth, path, value)
    return birth


def hidden(html: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that leads there."""
    forms = re.findall(r'<form method="post" action="([^"]+)"[^>]*>(.*?)</form>', html, re.DOTALL)
    inside = next(inner for target, inner in forms if target.split("?")[0].endswith(action))
    found = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', inside))
    found.pop("form_token", None)
    return found
