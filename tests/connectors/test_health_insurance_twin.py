"""The twin of health insurance alone: whatever comes, it answers with an error of its own."""

import json
from typing import Any

import pytest

from connectors.sandbox.server import Incoming
from connectors.sandbox.twins.health_insurance import HealthInsuranceTwin
from tests.support.insurance_cases import Dataset, submission, written


def _bearer(twin: HealthInsuranceTwin) -> dict[str, str]:
    form = b"grant_type=client_credentials&client_id=key&client_secret=secret"
    token = json.loads(twin.handle(Incoming("POST", "/token", {}, {}, form)).body)["access_token"]
    return {"authorization": f"Bearer {token}"}


def test_a_wrong_token_is_401() -> None:
    incoming = Incoming("POST", "/apiBaoHiemXaHoi/1.0/guiYeuCau", {}, {"authorization": "Bearer x"}, b"{}")
    assert HealthInsuranceTwin(Dataset()).handle(incoming).status == 401


@pytest.mark.parametrize(
    ("operation", "body", "status"),
    [
        ("guiYeuCau", b"{", 400),
        ("guiYeuCau", b"\xff\xfe", 400),
        ("guiYeuCau", b"[" * 100_000, 400),
        ("guiYeuCau", b"[]", 400),
        ("guiYeuCau", b'{"dsYeuCau": {}}', 400),
        ("guiYeuCau", b'{"dsYeuCau": [null, {"maYeuCau": 5}, {"maHoSo": "\\ud800"}]}', 200),
        ("traCuuYeuCau", b'{"dsMaYeuCau": ["\\ud800"]}', 400),
        ("traCuuYeuCau", b'{"dsMaYeuCau": [5]}', 400),
        ("getMaSoBhxhTheoTieuChi", b'{"hoTen": [], "ngaySinh": "20230229", "loaiNgaySinh": "0"}', 200),
        ("getTraCuuTtHgdByMaSoBhxh", b'{"maSoBhxh": "\\ud800"}', 200),
        ("khongCo", b"{}", 404),
    ],
)
def test_a_malformed_body_gets_the_system_s_own_error(operation: str, body: bytes, status: int) -> None:
    twin = HealthInsuranceTwin(Dataset())
    answer = twin.handle(Incoming("POST", f"/apiBaoHiemXaHoi/1.0/{operation}", {}, _bearer(twin), body))
    assert answer.status == status
    assert "errorCode" in json.loads(answer.body)
    assert twin.registered() == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"maYeuCau": ""}, "E01"),
        ({"hoTen": 5}, "E02"),
        ({"hoTen": "MAI ANH "}, "E03"),
        ({"hoTen": "A\u0301NH"}, "E03"),
        ({"loaiYeuCau": "KHAC"}, "E04"),
        ({"soDinhDanh": "0243260012345"}, "E05"),
        ({"gioiTinh": ""}, "E05"),
        ({"ngaySinh": "20260230"}, "E06"),
        ({"ngaySinh": "2026"}, "E06"),
        ({"denNgay": "20320822"}, "E07"),
        ({"denNgay": ""}, "E07"),
    ],
)
def test_an_item_with_a_fault_gets_its_own_error(change: dict[str, Any], code: str) -> None:
    twin = HealthInsuranceTwin(Dataset())
    batch = {"dsYeuCau": [written(submission(1)) | change, written(submission(2))]}
    path = "/apiBaoHiemXaHoi/1.0/guiYeuCau"
    reply = json.loads(twin.handle(Incoming("POST", path, {}, _bearer(twin), json.dumps(batch).encode())).body)
    assert [result["errorCode"] for result in reply["dsKetQua"]] == [code, "00"]
    assert [row["dossier_code"] for row in twin.registered()] == ["H05.12.34-261120-0002"]
