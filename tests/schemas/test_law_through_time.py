"""The same dossier before and after a day on which the law changes takes another route, form or title by rows alone."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from quality.examination import examine
from schemas.catalogues import title_of
from schemas.dates import VIETNAM
from schemas.dossier import Dossier
from schemas.routes import COORDINATION, FORMS, ROUTES, SOFTWARE, form_of, route_of
from tests.quality.test_checks import with_changes
from tests.support.dossiers import SOUND

SEPTEMBER_2026, JANUARY_2027, MARCH_2027 = date(2026, 9, 1), date(2027, 1, 1), date(2027, 3, 1)
BUNDLE = ["civil_status", "residence", "health_insurance"]


def received(kind: str, procedure_code: str, on: date) -> Dossier:
    """The same dossier, handed in at ten in the morning of that day."""
    received_at = datetime(on.year, on.month, on.day, 10, tzinfo=VIETNAM)
    return with_changes(
        SOUND[kind],
        {
            "procedure_as_written": f"{procedure_code}.000.00.00.H05",
            "procedure_code": procedure_code,
            "received_at": received_at,
        },
    )


def registries(dossier: Dossier) -> list[str] | None:
    route = route_of(dossier.procedure_code, dossier.event_on)
    return [step.registry_code for step in route.steps] if route else None


def legal_basis(dossier: Dossier) -> str:
    route = route_of(dossier.procedure_code, dossier.event_on)
    assert route is not None
    return route.source


def form(dossier: Dossier) -> str:
    found = form_of(dossier.procedure_code, dossier.event_on)
    assert found is not None
    return found.title_vi


def eve(day: date) -> date:
    return day - timedelta(days=1)


@pytest.mark.parametrize(
    ("kind", "procedure_code", "changes_on", "before", "after"),
    [
        ("birth", "3.000722", SEPTEMBER_2026, None, BUNDLE),
        ("birth", "2.002621", JANUARY_2027, BUNDLE, None),
        ("death", "2.002913", SEPTEMBER_2026, None, BUNDLE),
        ("birth", "2.000986", JANUARY_2027, BUNDLE, None),
        ("birth", "2.001023", JANUARY_2027, ["civil_status", "health_insurance"], None),
        ("death", "1.011733", JANUARY_2027, BUNDLE, None),
        ("birth", "2.000987", JANUARY_2027, BUNDLE, BUNDLE),
        ("birth", "1.001193", MARCH_2027, ["civil_status"], ["civil_status"]),
    ],
)
def test_a_procedure_has_the_route_of_the_day_of_receipt(
    kind: str, procedure_code: str, changes_on: date, before: list[str] | None, after: list[str] | None
) -> None:
    assert registries(received(kind, procedure_code, eve(changes_on))) == before
    assert registries(received(kind, procedure_code, changes_on)) == after


def test_the_birth_bundle_before_and_after_1_september_2026_is_on_another_form() -> None:
    before, after = (received("birth", "2.000987", on) for on in (eve(SEPTEMBER_2026), SEPTEMBER_2026))
    assert form(before) == "Tờ khai điện tử liên thông khai sinh, thường trú, thẻ BHYT (NĐ 63/2024)"
    assert form(after) == "Tờ khai điện tử liên thông khai sinh, thường trú, thẻ BHYT, căn cước (NĐ 301/2026)"
    assert legal_basis(before) == "NĐ 63/2024/NĐ-CP"
    assert legal_basis(after) == "NĐ 63/2024/NĐ-CP, sửa đổi bởi NĐ 301/2026/NĐ-CP (từ 01/09/2026)"


def test_the_birth_bundle_before_and_after_1_january_2027_goes_through_another_system() -> None:
    before, after = (
        route_of(dossier.procedure_code, dossier.event_on)
        for dossier in (received("birth", "2.000987", on) for on in (eve(JANUARY_2027), JANUARY_2027))
    )
    assert before is not None
    assert before.through_vi == SOFTWARE
    assert after is not None
    assert after.through_vi == COORDINATION


def test_a_birth_before_and_after_1_march_2027_stands_on_another_law_and_form() -> None:
    before, after = (received("birth", "1.001193", on) for on in (eve(MARCH_2027), MARCH_2027))
    assert (form(before), legal_basis(before)) == ("Tờ khai đăng ký khai sinh", "Luật Hộ tịch 60/2014/QH13")
    assert form(after) == "Tờ khai đăng ký khai sinh (Luật Hộ tịch 2026)"
    assert legal_basis(after) == "Luật Hộ tịch 03/2026/QH16 (từ 01/03/2027)"


def test_a_death_before_and_after_1_march_2027_ends_in_another_document() -> None:
    before, after = (received("death", "2.002913", on) for on in (eve(MARCH_2027), MARCH_2027))
    assert title_of("death_certificate", before.event_on) == "Trích lục khai tử"
    assert title_of("death_certificate", after.event_on) == "Giấy chứng tử"


def test_midnight_is_vietnams() -> None:
    last_hour = with_changes(SOUND["birth"], {"received_at": datetime.fromisoformat("2026-08-31T16:59:59+00:00")})
    first_hour = with_changes(SOUND["birth"], {"received_at": datetime.fromisoformat("2026-08-31T17:00:00+00:00")})
    assert (last_hour.event_on, first_hour.event_on) == (eve(SEPTEMBER_2026), SEPTEMBER_2026)
    assert form_of("3.000722", last_hour.event_on) != form_of("3.000722", first_hour.event_on)


def test_a_check_of_a_law_that_ends_ends_with_it() -> None:
    def late(on: date) -> set[str]:
        dossier = with_changes(received("birth", "1.001193", on), {"case.registration_kind": "1"})
        return {finding.check_code for finding in examine(dossier, [])}

    assert "late_not_marked" in late(eve(MARCH_2027))
    assert "late_not_marked" not in late(MARCH_2027)


def test_no_procedure_has_two_routes_or_two_forms_on_one_day_and_no_gap_between_them() -> None:
    for code in {route.procedure_code for route in ROUTES}:
        routes = sorted((route for route in ROUTES if route.procedure_code == code), key=lambda route: route.valid_from)
        assert all(one.valid_until == next_one.valid_from for one, next_one in pairwise(routes)), code
        forms = sorted((one for one in FORMS if code in one.procedure_codes), key=lambda one: one.valid_from)
        assert all(one.valid_until == next_one.valid_from for one, next_one in pairwise(forms)), code


def test_every_route_has_a_form_on_each_of_its_days() -> None:
    for route in ROUTES:
        for day in (route.valid_from, eve(route.valid_until)):
            assert form_of(route.procedure_code, day) is not None, (route.procedure_code, day)
