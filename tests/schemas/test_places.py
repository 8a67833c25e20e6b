"""Units of every time, and what one is on another day: expected values written by hand from the official tables."""

import csv
import hashlib
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.places import (
    PROVINCES,
    TABLE_VERSION,
    Change,
    Commune,
    DecidedUnit,
    District,
    Evidence,
    EvidenceKind,
    Passage,
    PlaceSubject,
    Province,
    SetReason,
    Share,
    Unit,
    UnitSet,
    WholeUnit,
    changes_of,
    commune_on,
    communes_of,
    crosswalk,
    former_provinces,
    passages_from,
    passages_to,
    retired_codes,
    settle,
    unit_on,
    units_of,
    wrong_code,
)  # fmt: skip
from schemas.places.table import DamagedTable, table

DATA = Path(__file__).parents[2] / "schemas/data"
LAST_OLD_DAY, FIRST_NEW_DAY, NOW = date(2025, 6, 30), date(2025, 7, 1), date(2026, 10, 1)
ISLANDS = ("318", "471", "498", "536", "755")
"""Districts that had no communes: Bạch Long Vĩ, Cồn Cỏ, Hoàng Sa, Lý Sơn, Côn Đảo."""


def held_on(day: date) -> list[Unit]:
    return [unit for units in table().by_code.values() for unit in units if unit.valid_from <= day < unit.valid_until]


def old_units() -> list[Unit]:
    """Old communes, and the districts that had none."""
    return [unit for unit in held_on(LAST_OLD_DAY) if isinstance(unit, Commune) or unit.code in ISLANDS]


def split_units() -> list[Unit]:
    return [unit for unit in old_units() if len(passages_from(unit)) > 1]


OLD, SPLIT = old_units(), split_units()
SPLIT_SET = frozenset(SPLIT)


def unit(code: str, on: date) -> Unit:
    found = unit_on(code, on)
    assert found is not None
    return found


def test_the_units_of_both_times_are_all_there() -> None:
    old, new = Counter(type(one) for one in held_on(LAST_OLD_DAY)), Counter(type(one) for one in held_on(FIRST_NEW_DAY))
    assert old == {Province: 63, District: 696, Commune: 10_035}
    assert new == {Province: 34, Commune: 3_321}
    assert {
        one.code: one.name_vi.removeprefix("Tỉnh ").removeprefix("Thành phố ")
        for one in held_on(NOW)
        if isinstance(one, Province)
    } == PROVINCES


def test_cities_and_wards_of_2026_are_counted() -> None:
    kinds = Counter(one.name_vi.split()[0] for one in held_on(NOW) if isinstance(one, Commune))
    assert kinds == {"Phường": 709, "Xã": 2_599, "Đặc": 13}  # 687 + 22, 2,621 - 22
    assert sum(one.name_vi.startswith("Thành phố") for one in held_on(NOW) if isinstance(one, Province)) == 9


def test_every_old_unit_became_something_and_the_pairs_are_those_of_the_official_table() -> None:
    assert len(OLD) == 10_040
    assert sum(len(passages_from(one)) for one in OLD) == 10_570
    assert len(SPLIT) == 440
    assert Counter(len(passages_from(one)) for one in SPLIT) == {2: 368, 3: 55, 4: 16, 5: 1}
    assert all(passages_from(one) for one in OLD)


def test_3_769_old_units_went_to_a_province_with_another_code() -> None:
    assert sum(any(Change.MOVED in changes_of(passage) for passage in passages_from(one)) for one in OLD) == 3_769


def test_every_new_unit_was_made_of_something_and_3_316_codes_were_used_before() -> None:
    new = [one for one in held_on(FIRST_NEW_DAY) if isinstance(one, Commune)]
    assert all(passages_to(one) for one in new)
    assert sum(unit_on(one.code, LAST_OLD_DAY) is not None for one in new) == 3_316


def test_a_code_means_another_unit_on_another_day() -> None:
    assert unit("07210", LAST_OLD_DAY).name_vi == "Phường Hoàng Văn Thụ"
    assert unit("07210", FIRST_NEW_DAY).name_vi == "Phường Bắc Giang"
    assert unit("24", LAST_OLD_DAY).name_vi == "Tỉnh Bắc Giang"
    assert unit("24", FIRST_NEW_DAY).name_vi == "Tỉnh Bắc Ninh"
    assert unit("24", date(2026, 9, 20)).name_vi == "Thành phố Bắc Ninh"
    assert unit_on("27", FIRST_NEW_DAY) is None
    assert unit("273", LAST_OLD_DAY).name_vi == "Huyện Đan Phượng"
    assert unit_on("273", FIRST_NEW_DAY) is None


@pytest.mark.parametrize(
    ("code", "day_before", "name_before", "name_after"),
    [
        ("75", date(2026, 4, 29), "Tỉnh Đồng Nai", "Thành phố Đồng Nai"),
        ("22", date(2026, 8, 31), "Tỉnh Quảng Ninh", "Thành phố Quảng Ninh"),
        ("24", date(2026, 9, 19), "Tỉnh Bắc Ninh", "Thành phố Bắc Ninh"),
        ("25270", date(2026, 4, 29), "Xã Lộc Ninh", "Phường Lộc Ninh"),
        ("26485", date(2026, 4, 29), "Xã Nhơn Trạch", "Phường Nhơn Trạch"),
        ("07294", date(2026, 9, 19), "Xã Bố Hạ", "Phường Bố Hạ"),
        ("09496", date(2026, 9, 19), "Xã Lương Tài", "Phường Lương Tài"),
    ],
)
def test_a_status_changed_on_its_day(code: str, day_before: date, name_before: str, name_after: str) -> None:
    before, after = unit(code, day_before), unit(code, date.fromordinal(day_before.toordinal() + 1))
    assert (before.name_vi, after.name_vi) == (name_before, name_after)
    assert crosswalk(before, NOW) == WholeUnit(after, NOW, passages_from(before))
    assert [changes_of(passage) for passage in passages_from(before)] == [(Change.STATUS_CHANGED,)]


def test_a_wrong_code_is_known_and_is_no_unit() -> None:
    assert unit_on("06978", NOW) is None
    assert units_of("06978") == ()
    assert commune_on("06978", NOW) is None
    fault = wrong_code("06978")
    assert fault is not None
    assert fault.right_code == "06970"
    assert "#197" in fault.source
    assert wrong_code("06970") is None
    assert unit("06970", NOW).name_vi == "Xã Ba Chẽ"


@pytest.mark.parametrize(
    ("old_code", "new_codes"),
    [
        ("06079", ["06079"]),  # Xã Hồng Phong of Bình Gia, not the namesake's Đồng Đăng (06184)
        ("09013", ["08980", "08995", "09022", "09817"]),  # one pair is missing in the package
        ("29908", ["29905"]),  # Phường 4 of Sa Đéc, not Cao Lãnh's (29869)
        ("25462", ["25459"]),  # Phường 4 of Tây Ninh, not Long An's (27694)
    ],
)
def test_pairs_that_the_package_has_wrong_are_right(old_code: str, new_codes: list[str]) -> None:
    assert sorted(passage.after.code for passage in passages_from(unit(old_code, LAST_OLD_DAY))) == new_codes


ZONES = {"318": "11948", "471": "19742", "498": "20333", "536": "21548", "755": "26732"}


def test_an_island_district_is_a_special_zone_now() -> None:
    zones = {code: crosswalk(unit(code, LAST_OLD_DAY), NOW) for code in ISLANDS}
    assert {code: zone.unit.code for code, zone in zones.items() if isinstance(zone, WholeUnit)} == ZONES


def test_a_district_is_the_communes_of_its_communes() -> None:
    ba_che = crosswalk(unit("202", LAST_OLD_DAY), NOW)
    assert isinstance(ba_che, UnitSet)
    assert ba_che.reason is SetReason.SPLIT
    assert {"06970"} < {one.code for one in ba_che.units}


def test_a_commune_moves_with_its_province() -> None:
    moved = crosswalk(unit("25270", LAST_OLD_DAY), NOW)
    assert isinstance(moved, WholeUnit)
    assert moved.unit == unit("25270", NOW)
    assert changes_of(moved.passages[0]) == (Change.MERGED, Change.MOVED, Change.STATUS_CHANGED)
    assert [passage.on for passage in moved.passages] == [FIRST_NEW_DAY, date(2026, 4, 30)]


def test_every_unsplit_old_unit_comes_back_among_what_its_new_one_was_made_of() -> None:
    for old in (one for one in OLD if one not in SPLIT_SET):
        there = crosswalk(old, NOW)
        assert isinstance(there, WholeUnit)
        back = crosswalk(there.unit, LAST_OLD_DAY)
        assert old in (back.units if isinstance(back, UnitSet) else (back.unit,) if isinstance(back, WholeUnit) else ())


def test_without_evidence_every_split_unit_is_its_whole_set() -> None:
    for old in SPLIT:
        translated = crosswalk(old, NOW)
        assert isinstance(translated, UnitSet)
        assert translated.reason is SetReason.SPLIT
        assert {one.code for one in translated.units} == {passage.after.code for passage in passages_from(old)}
        assert not hasattr(translated, "unit")


def test_the_decisions_move_all_people_of_58_units_to_one_and_leave_382_open() -> None:
    translated = [crosswalk(old, NOW, subject=PlaceSubject.PERSON) for old in SPLIT]
    assert sum(isinstance(one, DecidedUnit) for one in translated) == 58
    assert sum(isinstance(one, UnitSet) for one in translated) == 382
    assert {one.evidence.kind for one in translated if isinstance(one, DecidedUnit)} == {EvidenceKind.ALL_PEOPLE}


def test_a_parcel_stays_open_where_all_people_went_to_one_commune() -> None:
    tan_lap = unit("09820", LAST_OLD_DAY)
    of_person = crosswalk(tan_lap, NOW, subject=PlaceSubject.PERSON)
    assert isinstance(of_person, DecidedUnit)
    assert of_person.unit.code == "09817"
    assert of_person.evidence.record.startswith("09820 > 09817, 2025-07-01: ")
    assert isinstance(crosswalk(tan_lap, NOW, subject=PlaceSubject.PARCEL), UnitSet)


def evidence(kind: EvidenceKind, unit_code: str, record: str = "H01.12-260901-0001") -> Evidence:
    return Evidence(kind=kind, unit_code=unit_code, record=record)


def test_recorded_evidence_decides_and_stands_in_the_answer() -> None:
    hamlet = evidence(EvidenceKind.HAMLET, "09832", "H01.12-260901-0001, cụm 7")
    decided = crosswalk(unit("09820", LAST_OLD_DAY), NOW, [hamlet])
    assert isinstance(decided, DecidedUnit)
    assert decided.unit.code == "09832"
    assert decided.evidence == hamlet
    assert {one.code for one in decided.among.units} == {"09817", "09832"}


def test_evidence_against_evidence_decides_nothing_until_an_officer_does() -> None:
    tan_lap = unit("09820", LAST_OLD_DAY)
    hamlet, agency = evidence(EvidenceKind.HAMLET, "09832"), evidence(EvidenceKind.RECEIVING_AGENCY, "09817")
    contested = crosswalk(tan_lap, NOW, [hamlet, agency])
    assert isinstance(contested, UnitSet)
    assert contested.unused == (hamlet, agency)
    assert isinstance(crosswalk(tan_lap, NOW, [hamlet], subject=PlaceSubject.PERSON), UnitSet)
    officer = evidence(EvidenceKind.OFFICER, "09832", "decision 17 of desk H01.12")
    decided = settle(contested, [hamlet, agency, officer])
    assert isinstance(decided, DecidedUnit)
    assert decided.evidence == officer


@pytest.mark.parametrize(
    "poor",
    [
        evidence(EvidenceKind.HAMLET, "00004"),
        evidence(EvidenceKind.HAMLET, "09832", "  "),
        evidence(EvidenceKind.ALL_PEOPLE, "09817", "somebody says so"),
    ],
    ids=["outside the set", "recorded nowhere", "not a caller's to say"],
)
def test_poor_evidence_decides_nothing(poor: Evidence) -> None:
    assert isinstance(crosswalk(unit("09820", LAST_OLD_DAY), NOW, [poor]), UnitSet)


def test_a_decision_cannot_be_made_without_its_evidence() -> None:
    among = crosswalk(unit("09820", LAST_OLD_DAY), NOW)
    assert isinstance(among, UnitSet)
    with pytest.raises(ValueError, match="by evidence that names the unit"):
        DecidedUnit(among.units[0], among, None)  # type: ignore[arg-type]  # what is tried is that it fails
    with pytest.raises(ValueError, match="by evidence that names the unit"):
        DecidedUnit(among.units[0], among, evidence(EvidenceKind.OFFICER, among.units[1].code))
    with pytest.raises(ValueError, match="within the set"):
        DecidedUnit(unit("00004", NOW), among, evidence(EvidenceKind.OFFICER, "00004"))


days = st.dates(date(2025, 3, 1), date(2030, 1, 1))
pieces = st.lists(
    st.builds(
        Evidence, kind=st.sampled_from(EvidenceKind), unit_code=st.sampled_from([one.code for one in held_on(NOW)]),
        record=st.sampled_from(["", "H01.12-260901-0001"]),
    ),
    max_size=3,
)  # fmt: skip


@given(st.sampled_from(OLD), days, pieces, st.sampled_from(PlaceSubject))
def test_no_day_and_no_evidence_makes_one_unit_of_a_set_unseen(
    old: Unit, to: date, given_evidence: list[Evidence], subject: PlaceSubject
) -> None:
    translated = crosswalk(old, to, given_evidence, subject=subject)
    successors = {passage.after.code for passage in passages_from(old)}
    if to < FIRST_NEW_DAY:
        assert translated == WholeUnit(old, to)
    elif len(successors) == 1:
        assert isinstance(translated, WholeUnit)
        assert translated.unit.code in successors
    elif isinstance(translated, DecidedUnit):
        assert translated.unit.code == translated.evidence.unit_code
        assert translated.unit.code in successors
        assert translated.evidence in given_evidence or (
            subject is PlaceSubject.PERSON and translated.evidence.kind is EvidenceKind.ALL_PEOPLE
        )
    else:
        assert isinstance(translated, UnitSet)
        assert {one.code for one in translated.units} == successors


@given(st.sampled_from(SPLIT), st.data())
def test_evidence_for_each_part_of_each_split_gives_that_part(old: Unit, data: st.DataObject) -> None:
    part = data.draw(st.sampled_from(passages_from(old))).after
    decided = crosswalk(old, NOW, [evidence(EvidenceKind.OFFICER, part.code)])
    assert isinstance(decided, DecidedUnit)
    assert decided.unit.code == part.code
    assert len(decided.among.units) > 1


def test_a_result_before_the_table_says_so() -> None:
    of_1990, of_2025 = (
        crosswalk(unit("07210", date(1990, 1, 1)), date(1990, 1, 1)),
        crosswalk(unit("07210", NOW), LAST_OLD_DAY),
    )
    assert isinstance(of_1990, WholeUnit)
    assert of_1990.is_before_the_table
    assert isinstance(of_2025, UnitSet)
    assert not of_2025.is_before_the_table
    assert of_2025.reason is SetReason.MERGED


def test_communes_of_a_province_and_codes_it_holds_no_more() -> None:
    assert len(communes_of("24", FIRST_NEW_DAY)) == 99
    assert len(communes_of("24", LAST_OLD_DAY)) == 192
    assert len(communes_of("27", LAST_OLD_DAY)) == 121
    assert "07201" in retired_codes("24", NOW)
    assert "07210" not in retired_codes("24", NOW)


def test_abolished_provinces_lead_to_their_heirs_with_days_and_decisions() -> None:
    (ha_bac,) = former_provinces()["ha bac"]
    assert {heir.name_vi for heir in ha_bac.heirs} == {"Tỉnh Bắc Giang", "Tỉnh Bắc Ninh"}
    assert (ha_bac.valid_until, ha_bac.ended_by) == (date(1997, 1, 1), "Nghị quyết Quốc hội 06/11/1996")
    assert len(former_provinces()["nam ha"]) == 2
    for key in ("ha nam ninh", "nghe tinh", "binh tri thien", "cao lang", "song be", "cuu long", "minh hai"):
        assert len(former_provinces()[key][0].heirs) >= 2, key


def corrections() -> Iterator[dict[str, str]]:
    with (DATA / "place_corrections.csv").open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def test_every_correction_has_a_day_and_a_source_and_stands_in_the_table() -> None:
    rows = list(corrections())
    assert Counter(row["fact"] for row in rows) == {
        "split_share": 970,
        "not_successor": 33,
        "becomes_ward": 22,
        "becomes_city": 3,
        "successor": 1,
        "wrong_code": 1,
    }
    for row in rows:
        assert row["on"]
        assert row["source"]
        if row["fact"] == "split_share":
            assert Share(row["share"]) is passage_between(row["old_code"], row["new_code"]).share
        elif row["fact"] == "not_successor":
            codes = {passage.after.code for passage in passages_from(unit(row["old_code"], LAST_OLD_DAY))}
            assert codes
            assert row["new_code"] not in codes


def passage_between(old_code: str, new_code: str) -> Passage:
    return next(of for of in passages_from(unit(old_code, LAST_OLD_DAY)) if of.after.code == new_code)


def test_the_shipped_table_is_what_the_script_builds_and_its_version_says_which() -> None:
    checked = subprocess.run(
        [sys.executable, ".ci/build_places.py", "--check"], capture_output=True, text=True, cwd=DATA.parents[1]
    )
    assert checked.returncode == 0, checked.stdout
    head, _, content = (DATA / "places.tsv").read_bytes().partition(b"\n")
    digest = hashlib.sha256(content).hexdigest()
    assert head.decode() == f"places 2026-09-20 {digest}"
    assert f"2026-09-20/{digest[:8]}" == TABLE_VERSION


def test_a_damaged_table_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    damaged = tmp_path / "places.tsv"
    damaged.write_bytes((DATA / "places.tsv").read_bytes().replace("Xã Ba Chẽ".encode(), "Xã Ba Che".encode()))
    monkeypatch.setattr("schemas.places.table.FILE", str(damaged))
    with pytest.raises(DamagedTable):
        table.__wrapped__()


def test_loading_reads_nothing_of_the_package() -> None:
    script = (
        "import datetime, sys, schemas.places; schemas.places.unit_on('07210', datetime.date(2026, 1, 1));"
        "print([name for name in sys.modules if 'vietnamadminunits' in name or 'sqlite3' in name])"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=DATA.parents[1]
    )
    assert told.stdout.strip() == "[]"
