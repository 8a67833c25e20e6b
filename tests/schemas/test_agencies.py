"""Agencies: the two forms of a code, who took over from whom, and the faults that portals pass over in silence.

The table here is invented, as are its codes below a province.
"""

import json
from datetime import date, datetime
from typing import Any

import pytest

from connectors.portals.onestop import PLATFORM
from connectors.sandbox.twins.onestop import written
from quality.checks import agencies as checks
from quality.examination import CATALOGUE, examine, explain, sight
from schemas.agencies import AgencyCode, AgencyKind, AgencyTable, agencies
from schemas.dates import VIETNAM
from schemas.dossier import Dossier
from schemas.finding import Weight
from tests.support.dossiers import BIRTH, DEATH, LAND, MARRIAGE, RESIDENCE, SOUND, changed

HEADER = (
    "agency_code,name_vi,kind,province_code,commune_code,valid_from,valid_until,"
    "heirs,receives,lists_all,certainty,source"
)
TABLE = AgencyTable.read(
    "\n".join(
        (
            HEADER,
            "H05,UBND tỉnh Bắc Ninh,province,24,,,,,,yes,assumed,-",
            "H02,UBND tỉnh Bắc Giang,province,24,,,2025-07-01,H05,,,assumed,-",
            "H41,UBND tỉnh Nghệ An,province,40,,,,,,,assumed,-",
            "H05.12.34,UBND phường Kinh Bắc,commune,24,07210,2025-07-01,,,*,,assumed,-",
            "H05.12.35,Điểm tiếp nhận số 1,reception_point,24,07210,2025-07-01,,,1.001193 2.000987,,assumed,-",
            "H05.12.36,Điểm tiếp nhận số 2,reception_point,24,07210,2025-07-01,,,2.000987,,assumed,-",
            "H05.20,UBND huyện cũ,district,24,,,2025-07-01,H05.12.34 H05.50,,,assumed,-",
            "H05.50,UBND xã rồi phường,commune,24,07213,2025-07-01,2026-09-20,H05.51,,,assumed,-",
            "H05.51,UBND phường,commune,24,07213,2026-09-20,,,,,assumed,-",
            "H05.60,Điểm tiếp nhận chưa gắn xã,reception_point,24,,,,,,,assumed,-",
            "H05.70,Đơn vị A,department,24,,,,,,,assumed,-",
            "H05.070,Đơn vị B,department,24,,2026-01-01,,,,,assumed,-",
            "H05.80,UBND đặc khu,special_zone,24,07216,2025-07-01,,,,,assumed,-",
        )
    )
)
ON = date(2026, 11, 20)


# Codes


@pytest.mark.parametrize(
    ("in_levels", "in_qcvn"),
    [
        ("H05", "000.00.00.H05"),
        ("H05.12", "000.00.12.H05"),
        ("H05.12.34", "000.34.12.H05"),
        ("H05.12.34.05", "005.34.12.H05"),
        ("G15.01", "000.00.01.G15"),
        ("G18.04", "000.00.04.G18"),
        ("H30", "000.00.00.H30"),
    ],
)
def test_a_code_is_the_same_in_both_forms(in_levels: str, in_qcvn: str) -> None:
    code = AgencyCode.read(in_levels)
    assert code is not None
    assert code == AgencyCode.read(in_qcvn)


def test_a_code_is_read_level_by_level() -> None:
    assert AgencyCode.read("000.34.12.H05") == AgencyCode("H05", (12, 34))
    assert AgencyCode.read("H05.7.489") == AgencyCode("H05", (7, 489))
    assert AgencyCode.read("H05.07") == AgencyCode.read("H05.7") == AgencyCode("H05", (7,))
    assert AgencyCode.read("001.00.12.H05") == AgencyCode("H05", (12, 0, 1))


@pytest.mark.parametrize(
    "as_written",
    ["", "H5.12", "05.12.34", "H05.", "H05.1234", "H05.12.34 ", "h05.12", "000.00.12", "00.00.12.H05", "Ｈ05", "H05,12",
     "H05.12.34.56.78.90"],
)  # fmt: skip
def test_what_has_neither_form_is_no_code(as_written: str) -> None:
    assert AgencyCode.read(as_written) is None


# The table


def test_the_table_that_ships_has_one_agency_for_each_code_and_day_and_a_source_for_each() -> None:
    for agency in agencies().agencies:
        assert agencies().on(agency.agency_code, max(agency.valid_from, date(2020, 1, 1))) == (agency,)
        assert agency.source
        assert agency.kind is not AgencyKind.PROVINCE or agency.province_code
        assert not agency.lists_all, "nobody has the whole list of a province"


def test_a_code_means_an_agency_on_a_day() -> None:
    assert [one.name_vi for one in TABLE.on("H05.50", ON)] == []
    assert [one.name_vi for one in TABLE.on("000.00.50.H05", date(2026, 9, 19))] == ["UBND xã rồi phường"]
    assert [one.name_vi for one in TABLE.on("H05.50", date(2025, 6, 30))] == []
    assert TABLE.on("H05.99", ON) == TABLE.on(None, ON) == TABLE.on("không", ON) == ()


def test_a_commune_may_have_several_reception_points() -> None:
    points = [one.agency_code for one in TABLE.receivers("2.000987", "24", ON)]
    assert points == ["H05.12.34", "H05.12.35", "H05.12.36"]
    assert [one.agency_code for one in TABLE.receivers("1.001193", "24", ON)] == ["H05.12.34", "H05.12.35"]


def test_the_heirs_of_a_dissolved_agency_are_found_through_those_that_are_gone_too() -> None:
    assert TABLE.heirs("H05.20", date(2026, 1, 1)) == ("H05.12.34", "H05.50")
    assert TABLE.heirs("H05.20", ON) == ("H05.12.34", "H05.51")
    assert TABLE.heirs("H02", ON) == ("H05",)
    assert TABLE.heirs("H05.99", ON) == ()
    assert agencies().heirs("000.00.00.H30", ON) == ("H13",)


def test_heirs_that_name_each_other_are_none() -> None:
    circle = AgencyTable.read(
        f"{HEADER}\nH05.1,A,department,24,,,2025-07-01,H05.2,,,assumed,-\n"
        "H05.2,B,department,24,,,2025-07-01,H05.1,,,assumed,-"
    )
    assert circle.heirs("H05.1", ON) == ()


def test_a_table_with_a_line_that_is_no_code_is_refused() -> None:
    with pytest.raises(ValueError, match="H05-12"):
        AgencyTable.read(f"{HEADER}\nH05-12,A,department,24,,,,,,,assumed,-")


def test_an_agency_belongs_to_its_roots_province() -> None:
    assert TABLE.province_of("H05.7.489", ON) == "24"
    assert TABLE.province_of("H02.4", ON) is None
    assert TABLE.province_of("H02.4", date(2025, 6, 30)) == "24"
    assert TABLE.province_of("Z99.1", ON) is None


# Findings


def found(dossier: Dossier, table: AgencyTable = TABLE) -> list[tuple[str, str]]:
    findings = examine(Dossier.model_validate(dossier.model_dump()), agencies=table)
    return [(finding.check_code, finding.field_path) for finding in findings]


FAULTS: tuple[tuple[str, Dossier, dict[str, Any], str, dict[str, Any]], ...] = (
    ("agency_code_malformed", BIRTH, {"agency_code": "H5.12"}, "agency_code", {"agency_code": "000.34.12.H05"}),
    ("agency_code_malformed", BIRTH, {"returning_agency_code": "UBND"}, "returning_agency_code",
     {"returning_agency_code": ""}),
    ("agency_code_of_two_units", BIRTH, {"agency_code": "H05.70"}, "agency_code", {"agency_code": "H05.12.36"}),
    ("agency_code_of_two_units", BIRTH, {"deciding_agency_code": "000.00.70.H05"}, "deciding_agency_code", {}),
    ("agency_dissolved", BIRTH, {"agency_code": "H05.20"}, "agency_code", {"agency_code": "H05.51"}),
    ("agency_dissolved", BIRTH, {"agency_code": "000.00.00.H02"}, "agency_code", {"agency_code": "000.00.00.H05"}),
    ("agency_dissolved", DEATH, {"returning_agency_code": "H05.50"}, "returning_agency_code",
     {"returning_agency_code": "H05.12.35"}),
    ("agency_not_listed", BIRTH, {"agency_code": "H05.7.489"}, "agency_code", {"agency_code": "H41.7.489"}),
    ("agency_without_commune", BIRTH, {"agency_code": "H05.60"}, "agency_code", {"agency_code": "H05.80"}),
    ("procedure_without_receiver", BIRTH, {"portal_code": "24", "procedure_code": "1.001193"}, "procedure_code", {}),
    ("deciding_agency_outside_place", BIRTH, {"deciding_agency_code": "H41.1"}, "deciding_agency_code",
     {"agency_code": "H41.1", "deciding_agency_code": "H05.12.34", "returning_agency_code": "H41.2"}),
    ("deciding_agency_outside_place", DEATH, {"deciding_agency_code": "H41"}, "deciding_agency_code",
     {"deciding_agency_code": "G15"}),
    ("deciding_agency_outside_place", MARRIAGE, {"deciding_agency_code": "H41"}, "deciding_agency_code",
     {"deciding_agency_code": "H41", "case.wife.residence.province_code": "40",
      "case.wife.residence.commune_code": "16681"}),
    ("deciding_agency_outside_place", RESIDENCE, {"deciding_agency_code": "H41"}, "deciding_agency_code", {}),
    ("deciding_agency_outside_place", LAND, {"deciding_agency_code": "H41"}, "deciding_agency_code", {}),
)  # fmt: skip
WITHOUT_RECEIVERS = AgencyTable.of(one.model_copy(update={"receives": frozenset()}) for one in TABLE.agencies)


def with_changes(dossier: Dossier, changes: dict[str, Any]) -> Dossier:
    for path, value in changes.items():
        dossier = changed(dossier, path, value)
    return dossier


@pytest.mark.parametrize(("check_code", "base", "fault", "field_path", "neighbour"), FAULTS)
def test_a_check_sees_its_fault_and_nothing_in_a_sound_neighbour(
    check_code: str, base: Dossier, fault: dict[str, Any], field_path: str, neighbour: dict[str, Any]
) -> None:
    table = WITHOUT_RECEIVERS if check_code == "procedure_without_receiver" else TABLE
    assert (check_code, field_path) in found(with_changes(base, fault), table)
    assert check_code not in dict(found(with_changes(base, neighbour)))


def test_every_check_of_agencies_is_shown_here_and_holds() -> None:
    ours = {name for name in vars(checks) if name in CATALOGUE}
    assert ours == {row[0] for row in FAULTS}
    assert {CATALOGUE[code].weight for code in ours} == {Weight.HOLDS}


@pytest.mark.parametrize("kind", SOUND)
def test_a_sound_dossier_is_clean_with_a_complete_table_and_with_the_one_that_ships(kind: str) -> None:
    assert found(SOUND[kind]) == found(SOUND[kind], agencies()) == []


def test_a_code_the_table_does_not_know_is_no_fault_where_it_claims_nothing() -> None:
    assert found(with_changes(BIRTH, {"agency_code": "H05.7.489"}), agencies()) == []
    elsewhere = {"portal_code": "40", "commune_code": "16681", "dossier_code": "H41.7.489-261120-0001"}
    assert found(with_changes(BIRTH, {**elsewhere, "agency_code": "H41.7.489"})) == []


def test_the_heirs_stand_beside_a_dissolved_agency() -> None:
    (seen,) = sight(with_changes(BIRTH, {"agency_code": "H05.20"}), agencies=TABLE)
    assert seen.saw == "dissolved, heirs H05.12.34, H05.51"
    assert explain(seen.finding) == (
        "Mã cơ quan tiếp nhận: Cơ quan mang mã này không hoạt động vào ngày tiếp nhận hồ sơ."
        " Chọn cơ quan kế thừa trên cổng rồi gửi lại."
    )


def test_an_agency_is_judged_on_the_day_of_the_event() -> None:
    early = with_changes(BIRTH, {"agency_code": "H05.50", "received_at": datetime(2026, 9, 18, 9, tzinfo=VIETNAM)})
    assert "agency_dissolved" not in dict(found(early))
    assert "agency_dissolved" in dict(found(with_changes(early, {"received_at": BIRTH.received_at})))


def test_who_decides_births_may_lie_anywhere_from_march_2027_but_not_who_decides_land() -> None:
    later = {"deciding_agency_code": "H41", "received_at": datetime(2027, 3, 1, 9, tzinfo=VIETNAM)}
    assert "deciding_agency_outside_place" not in dict(found(with_changes(BIRTH, later)))
    assert "deciding_agency_outside_place" in dict(found(with_changes(LAND, later)))


def test_a_dossier_is_judged_by_the_table_that_is_given_and_else_by_the_one_that_ships() -> None:
    dissolved = with_changes(BIRTH, {"agency_code": "H05.20"})
    assert [finding.check_code for finding in examine(dissolved, agencies=TABLE)] == ["agency_dissolved"]
    assert examine(dissolved) == examine(dissolved, agencies=agencies()) == []


# On the wire


def test_the_one_stop_portal_gives_all_three_agencies() -> None:
    given = with_changes(BIRTH, {"deciding_agency_code": "H05.12", "returning_agency_code": "H05.12.35"})
    item = written(given) | {
        "loaiBieuMau": "KHAI_SINH",
        "trangThai": given.status,
        "ngayCapNhat": given.updated_at.isoformat(),
    }
    read = PLATFORM.read_dossier(json.dumps(item).encode(), "24")
    assert read is not None
    assert (read.agency_code, read.deciding_agency_code, read.returning_agency_code) == (
        "H05.12.34",
        "H05.12",
        "H05.12.35",
    )


def test_a_dossier_without_the_two_has_the_content_it_always_had() -> None:
    named = {"deciding_agency_code", "returning_agency_code"}
    before = BIRTH.model_dump_json(exclude={"status", "updated_at"} | named, exclude_none=True)
    assert "agency_code" in before
    assert BIRTH.content_sha256() == with_changes(BIRTH, {"status": 4}).content_sha256()
    assert BIRTH.content_sha256() != with_changes(BIRTH, {"deciding_agency_code": "H05"}).content_sha256()
