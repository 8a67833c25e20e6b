"""Dossiers that change or are withdrawn after delivery, at the portals' twins, over HTTP with JSON written by hand."""

from datetime import datetime
from typing import Any

import pytest
import requests

from connectors.sandbox.twins.hub import HubTwin
from connectors.sandbox.twins.onestop import OnestopTwin
from schemas.dates import VIETNAM
from schemas.dossier import Dossier, PortalStatus
from tests.support.dossiers import changed
from tests.support.portal_datasets import FULL, NOW, Portal, of_hub, planted, renumbered, served

BIRTH = FULL["birth"]
HUB_BIRTH = of_hub(BIRTH)
OF_KIND = {OnestopTwin: BIRTH, HubTwin: HUB_BIRTH}


def amended(dossier: Dossier) -> Dossier:
    return changed(dossier, "case.child.full_name", "NGUYỄN THỊ MAI ÁNH")


class OnestopByHand:
    """The wire of a one-stop portal, written by hand."""

    work = (2, 4, 9)
    done = 9

    def __init__(self, portal: Portal) -> None:
        self._url = portal.endpoint.base_url
        form = {
            "grant_type": "client_credentials",
            "client_id": portal.endpoint.login,
            "client_secret": portal.endpoint.password,
        }
        token = requests.post(f"{self._url}/oauth2/token", data=form, timeout=5).json()["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self._url}{path}", headers=self._headers, timeout=5)

    def items(self) -> list[dict[str, Any]]:
        query = "updatedSince=2020-01-01T00:00:00%2B07:00&page=1&pageSize=200"
        items: list[dict[str, Any]] = self.get(f"/api/hoSo?{query}").json()["danhSach"]
        return items

    def item(self) -> dict[str, Any]:
        (item,) = self.items()
        return item

    def report(self, status: int) -> int:
        row = {
            "maHoSo": BIRTH.dossier_code,
            "trangThai": status,
            "noiDungXuLy": f"bước {status}",
            "nguoiXuLy": "Hệ thống",
            "thoiDiemXuLy": "2026-11-21T08:00:00+07:00",
        }
        reply = requests.post(f"{self._url}/api/tienDo", json={"data": [row]}, headers=self._headers, timeout=5)
        return int(reply.json()["data"][0]["error_code"])


class HubByHand:
    """The wire of the hub, written by hand."""

    work = (1, 3, 7, 4, 5)
    done = 5

    def __init__(self, portal: Portal) -> None:
        self._url = portal.endpoint.base_url
        login = {"userName": portal.endpoint.login, "password": portal.endpoint.password}
        token = requests.post(f"{self._url}/api/token", json=login, timeout=5).json()["token"]
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> dict[str, Any]:
        return dict(requests.get(f"{self._url}{path}", headers=self._headers, timeout=5).json())

    def post(self, path: str, content: Any) -> dict[str, Any]:
        return dict(requests.post(f"{self._url}{path}", json=content, headers=self._headers, timeout=5).json())

    def listed(self) -> list[dict[str, Any]]:
        today = datetime.now(VIETNAM).strftime("%d/%m/%Y")
        return list(self.get(f"/api/hoSo?ngay={today}&module=LTKS")["value"])

    def mark(self) -> None:
        self.post("/api/hoSo/danhDau", {"danhSach": self.listed()})
        assert self.listed() == []

    def detail(self) -> dict[str, Any]:
        (row,) = self.listed()
        return dict(self.get(f"/api/hoSo/{row['id']}")["value"])

    def report(self, status: int) -> str:
        content = {
            "maTTHC": HUB_BIRTH.procedure_as_written,
            "maHoSo": HUB_BIRTH.dossier_code,
            "soHoSoLT": HUB_BIRTH.national_code,
            "coQuanXuLy": 5,
            "trangThai": status,
            "thoiGianThucHien": "21/11/2026 08:00:00",
            "noiDungXuLy": f"bước {status}",
            "ketQuaXuLy": '{"soDangKy": "1"}' if status == 4 else None,
        }
        return str(self.post("/api/hoSo/trangThai", content)["status"])


# --- the one-stop portal ---


@pytest.mark.parametrize("work", [(), OnestopByHand.work])
def test_a_dossier_of_a_onestop_portal_changes_at_any_status_and_keeps_it(work: tuple[int, ...]) -> None:
    with served(OnestopTwin, planted(BIRTH)) as portal:
        wire = OnestopByHand(portal)
        assert [wire.report(status) for status in work] == [0] * len(work)
        before = wire.item()
        portal.twin.amend(BIRTH.dossier_code, amended(BIRTH))
        after = wire.item()
        repeated = [wire.report(status) for status in work]
    child = after["duLieu"]["nguoiDuocKhaiSinh"]
    assert (after["maHoSo"], child["hoTen"]) == (BIRTH.dossier_code, "NGUYỄN THỊ MAI ÁNH")
    assert after["trangThai"] == before["trangThai"] == (work or [BIRTH.status])[-1]
    assert datetime.fromisoformat(after["ngayCapNhat"]) > datetime.fromisoformat(before["ngayCapNhat"])
    assert after["tienDoXuLy"] == before["tienDoXuLy"]
    assert repeated == [3] * len(work), "what was reported stays reported"


def test_a_changed_dossier_moves_to_the_end_of_the_onestop_list() -> None:
    later = renumbered(BIRTH, 2, NOW)
    with served(OnestopTwin, planted(BIRTH), planted(later)) as portal:
        wire = OnestopByHand(portal)
        assert [item["maHoSo"] for item in wire.items()] == [BIRTH.dossier_code, later.dossier_code]
        portal.twin.amend(BIRTH.dossier_code, amended(BIRTH))
        assert [item["maHoSo"] for item in wire.items()] == [later.dossier_code, BIRTH.dossier_code]


def test_papers_of_a_changed_dossier_are_served_by_their_links() -> None:
    paper = BIRTH.papers[0].model_copy(update={"link": "/papers/t-birth/9"})
    with served(OnestopTwin, planted(BIRTH)) as portal:
        portal.twin.amend(BIRTH.dossier_code, changed(BIRTH, "papers", (paper,)), (b"%PDF new",))
        wire = OnestopByHand(portal)
        assert wire.get("/papers/t-birth/9").content == b"%PDF new"
        assert wire.get("/papers/t-birth/0").content == b"%PDF 0"


@pytest.mark.parametrize("work", [(), OnestopByHand.work])
def test_a_dossier_that_is_withdrawn_at_a_onestop_portal_has_status_7(work: tuple[int, ...]) -> None:
    with served(OnestopTwin, planted(BIRTH)) as portal:
        wire = OnestopByHand(portal)
        for status in work:
            wire.report(status)
        before = wire.item()
        portal.twin.withdraw(BIRTH.dossier_code)
        after = wire.item()
        reported = wire.report(4) if not work else -3
    assert (after["trangThai"], after["duLieu"]) == (7, before["duLieu"])
    assert datetime.fromisoformat(after["ngayCapNhat"]) > datetime.fromisoformat(before["ngayCapNhat"])
    assert reported == -3, "nobody reports on a withdrawn dossier"


# --- the hub ---


@pytest.mark.parametrize("work", [(), HubByHand.work])
def test_the_hub_lists_a_changed_dossier_again_under_its_code(work: tuple[int, ...]) -> None:
    with served(HubTwin, planted(HUB_BIRTH)) as portal:
        portal.twin.amend(HUB_BIRTH.dossier_code, HUB_BIRTH)  # so that its day is today, whatever the hour
        wire = HubByHand(portal)
        assert [wire.report(status) for status in work] == ["1"] * len(work)
        before = wire.detail()
        wire.mark()
        portal.twin.amend(HUB_BIRTH.dossier_code, amended(HUB_BIRTH))
        after = wire.detail()
    assert (after["id"], after["maHoSo"]) == (before["id"], HUB_BIRTH.dossier_code)
    assert "NGUYỄN THỊ MAI ÁNH" in after["data"]
    assert "NGUYỄN THỊ MAI ÁNH" not in before["data"]
    assert (after["trangThai"], after["trangThaiHoSo"]) == ((work or [0])[-1], before["trangThaiHoSo"])
    moments = [datetime.strptime(detail["ngayCapNhat"], "%d/%m/%Y %H:%M:%S") for detail in (before, after)]
    assert moments[0] < moments[1]


@pytest.mark.parametrize("work", [(), HubByHand.work])
def test_a_dossier_that_is_withdrawn_at_the_hub_is_listed_with_7_and_no_status_of_the_hub(
    work: tuple[int, ...],
) -> None:
    with served(HubTwin, planted(HUB_BIRTH)) as portal:
        wire = HubByHand(portal)
        for status in work:
            wire.report(status)
        portal.twin.withdraw(HUB_BIRTH.dossier_code)
        after = wire.detail()
        wire.mark()
        reported = wire.report(3)
    assert (after["maHoSo"], after["trangThai"], after["trangThaiHoSo"]) == (HUB_BIRTH.dossier_code, 0, 7)
    assert reported == "0", "nobody reports on a withdrawn dossier"


# --- both ---


@pytest.mark.parametrize("kind", [OnestopTwin, HubTwin])
def test_the_connector_reads_what_changed_and_that_it_was_withdrawn(kind: Any) -> None:
    dossier = OF_KIND[kind]
    with served(kind, planted(dossier)) as portal:
        wire: Any = OnestopByHand(portal) if kind is OnestopTwin else HubByHand(portal)
        for status in wire.work:
            wire.report(status)
        done = portal.dossiers()[dossier.dossier_code]
        portal.twin.amend(dossier.dossier_code, amended(dossier))
        after = portal.dossiers()[dossier.dossier_code]
        portal.twin.withdraw(dossier.dossier_code)
        withdrawn = portal.dossiers()[dossier.dossier_code]
    assert after.content_sha256() == amended(dossier).content_sha256() != done.content_sha256()
    assert after.status == done.status
    assert withdrawn.status == PortalStatus.WITHDRAWN
    assert done.updated_at < after.updated_at < withdrawn.updated_at


@pytest.mark.parametrize("kind", [OnestopTwin, HubTwin])
def test_a_withdrawn_dossier_awaits_no_supplement(kind: Any) -> None:
    dossier = OF_KIND[kind]
    with served(kind, planted(dossier, edited=amended(dossier))) as portal:
        assert portal.twin.still_to_come() == 1
        portal.twin.withdraw(dossier.dossier_code)
        assert portal.twin.still_to_come() == 0


@pytest.mark.parametrize("kind", [OnestopTwin, HubTwin])
def test_only_a_dossier_of_the_portal_can_be_changed(kind: Any) -> None:
    with served(kind) as portal:
        with pytest.raises(LookupError):
            portal.twin.amend("H05.12.34-261120-0099", BIRTH)
        with pytest.raises(LookupError):
            portal.twin.withdraw("H05.12.34-261120-0099")
