"""Which registries a procedure must reach, in which order, and since when: rows, chosen by the event's date."""

from datetime import date

from schemas.fields import Model

INTERLINKED_2024 = "NĐ 63/2024/NĐ-CP"
INTERLINKED_2026 = "NĐ 301/2026/NĐ-CP (từ 01/09/2026)"
FAR = date(9999, 12, 31)


class Step(Model):
    """One registry of a route, and what it must be given by the steps before it (names of `Receipt` fields)."""

    registry_code: str
    needs: tuple[str, ...] = ()


class Route(Model):
    """A procedure's way. `valid_until` is the first day on which it no longer holds."""

    procedure_code: str
    name_vi: str
    case_kind: str
    steps: tuple[Step, ...]
    valid_from: date
    valid_until: date = FAR
    source: str


CIVIL_STATUS = Step(registry_code="civil_status")
LAND = Step(registry_code="land")
RESIDENCE = Step(registry_code="residence")
ENTRY = ("registered_on", "entry_number", "book_code")
"""Where the civil-status entry stands: what later steps of a chain cite."""
RESIDENCE_OF_CHILD = Step(registry_code="residence", needs=(*ENTRY, "personal_id"))
CARD_OF_CHILD = Step(registry_code="health_insurance", needs=(*ENTRY, "personal_id"))
RESIDENCE_OF_DECEASED = Step(registry_code="residence", needs=ENTRY)
INSURANCE_OF_DECEASED = Step(registry_code="health_insurance", needs=ENTRY)

BIRTH_BUNDLE = (CIVIL_STATUS, RESIDENCE_OF_CHILD, CARD_OF_CHILD)
DEATH_BUNDLE = (CIVIL_STATUS, RESIDENCE_OF_DECEASED, INSURANCE_OF_DECEASED)

_BIRTHS = "Liên thông: khai sinh, thường trú, thẻ BHYT cho trẻ dưới 6 tuổi"
_DEATHS = "Liên thông: khai tử, xóa thường trú, mai táng phí"
_2024, _2026_09, _2027 = date(2024, 6, 10), date(2026, 9, 1), date(2027, 1, 1)


def _route(code: str, name: str, kind: str, steps: tuple[Step, ...], since: date, until: date, source: str) -> Route:
    return Route(procedure_code=code, name_vi=name, case_kind=kind, steps=steps, valid_from=since, valid_until=until,
                 source=source)  # fmt: skip


ROUTES: tuple[Route, ...] = (
    _route("2.000986", _BIRTHS, "birth", BIRTH_BUNDLE, _2024, _2027, INTERLINKED_2024),
    _route("2.000987", _BIRTHS, "birth", BIRTH_BUNDLE, _2024, FAR, INTERLINKED_2024),
    _route("3.000722", f"{_BIRTHS}, căn cước", "birth", BIRTH_BUNDLE, _2026_09, FAR, INTERLINKED_2026),
    _route("2.001023", "Liên thông: khai sinh, thẻ BHYT cho trẻ dưới 6 tuổi", "birth",
           (CIVIL_STATUS, CARD_OF_CHILD), _2024, _2027, INTERLINKED_2024),
    _route("1.001193", "Đăng ký khai sinh", "birth", (CIVIL_STATUS,), _2024, FAR, "Luật Hộ tịch 60/2014/QH13"),
    _route("1.011733", _DEATHS, "death", DEATH_BUNDLE, _2024, _2027, INTERLINKED_2024),
    _route("2.002622", _DEATHS, "death", DEATH_BUNDLE, _2024, _2027, INTERLINKED_2024),
    _route("2.002913", _DEATHS, "death", DEATH_BUNDLE, _2026_09, FAR, INTERLINKED_2026),
    _route("1.000656", "Đăng ký khai tử", "death", (CIVIL_STATUS,), _2024, FAR, "Luật Hộ tịch 60/2014/QH13"),
    _route("1.000894", "Đăng ký kết hôn", "marriage", (CIVIL_STATUS,), _2024, FAR,
           "Luật Hộ tịch 60/2014/QH13; mã thủ tục giả định"),
    _route("1.004222", "Đăng ký thường trú", "residence", (RESIDENCE,), _2024, FAR, "Luật Cư trú 68/2020/QH14"),
    _route("1.012756", "Đăng ký biến động đất đai", "land", (LAND,), _2024, FAR,
           "Luật Đất đai 31/2024/QH15; mã thủ tục giả định"),
)  # fmt: skip

_BY_CODE: dict[str, tuple[Route, ...]] = {
    code: tuple(route for route in ROUTES if route.procedure_code == code)
    for code in {route.procedure_code for route in ROUTES}
}


def route_of(procedure_code: str | None, event_on: date) -> Route | None:
    """The route of a procedure on the event's day; None when no such procedure was in force."""
    for route in _BY_CODE.get(procedure_code or "", ()):
        if route.valid_from <= event_on < route.valid_until:
            return route
    return None


def is_known(procedure_code: str | None) -> bool:
    """Whether the procedure has a route on any day."""
    return (procedure_code or "") in _BY_CODE
