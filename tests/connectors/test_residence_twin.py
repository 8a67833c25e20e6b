"""The residence twin shows its entries, and takes registrations only."""

import time
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import requests

from connectors.sandbox.server import Server
from connectors.sandbox.twins import residence
from connectors.sandbox.twins.residence import ResidenceTwin
from tests.support.twin_caller import DOSSIER, QuietDataset

REGISTRATION = Path(__file__).parents[1] / "recorded" / "residence" / "birth_received" / "request.xml"


def signed(url: str) -> dict[str, str]:
    """Headers of a request to residence: user, and address, user, time and secret hashed together."""
    timestamp = str(int(time.time() * 1000))
    digest = sha256((url + residence.LOGIN + timestamp + residence.SECRET).encode()).hexdigest()
    return {
        "X-Road-Client": residence.X_ROAD_CLIENT,
        "ApiKey": residence.API_KEY,
        "Timestamp": timestamp,
        "Authorization": "Basic " + b64encode(f"{residence.LOGIN}:{digest}".encode()).decode(),
        "Content-Type": "application/xml",
    }


def test_residence_shows_its_entries_and_takes_no_correction() -> None:
    server = Server([ResidenceTwin(QuietDataset())], seed=1)
    base_url = server.url("residence")
    url, body = f"{base_url}/cutru/1.0/TiepNhanHoSo", REGISTRATION.read_bytes()
    try:
        replies = [requests.post(url, body, headers=signed(url), timeout=5).status_code for _ in range(2)]
        unknown = body.replace(b"DangKyThuongTruTre>", b"DieuChinhThuongTru>")
        refused = requests.post(url, unknown, headers=signed(url), timeout=5)
        rows = requests.get(f"{base_url}/twin/residence/entries", timeout=5).json()
    finally:
        server.stop()
    assert (replies, refused.status_code) == ([200, 200], 400)
    assert len({row["entry_number"] for row in rows}) == 2, "a request that is sent twice opens two cases"
    for row in rows:
        assert row["words"]["CongDan/HoVaTen"] == "RƠ CHÂM MAI ANH"
        assert row["words"]["ThuongTru/MaPhuongXa"] == "07246"
        assert (row["dossier_code"], row["operations"], row["is_annulled"]) == (DOSSIER, ["register"], False)
        assert (row["submissions"], row["unknown_citations"]) == (1, 0)
