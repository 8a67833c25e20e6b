"""Routes: the registries that a procedure must reach, in order, with legal basis and form, as rows in force."""

from collections.abc import Iterator
from datetime import date

from schemas.fields import Model
from schemas.in_force import Certainty, RowInForce, in_force
from schemas.operation import Operation


class Step(Model):
    """One registry of a route, what it is asked to do, and what the steps before it must have given
    (`civil_status.entry_number`)."""

    registry_code: str
    operation: Operation = Operation.REGISTER
    needs: tuple[str, ...] = ()


class Route(RowInForce):
    """A procedure's way under one law; `source` is the legal basis.

    `procedure_code`: of a portal's procedure, or the kind of a paper book (`KS`). `through_vi`: the system of the
    government that hands an interlinked dossier on.
    """

    procedure_code: str
    name_vi: str
    case_kind: str
    steps: tuple[Step, ...]
    through_vi: str = ""


class LegalBasis(RowInForce):
    """What procedures of one family stand on while it is in force."""

    through_vi: str = ""


class DeclarationForm(RowInForce):
    """The declaration form of some procedures while it is the one to fill in."""

    procedure_codes: frozenset[str]
    title_vi: str


CIVIL_STATUS = Step(registry_code="civil_status")
HISTORICAL = Step(registry_code="civil_status", operation=Operation.HISTORICAL)
LAND = Step(registry_code="land")
RESIDENCE = Step(registry_code="residence")
ENTRY = ("civil_status.registered_on", "civil_status.entry_number", "civil_status.book_code")
"""Where the civil-status entry stands: what later steps of a chain cite."""
RESIDENCE_OF_CHILD = Step(registry_code="residence", needs=(*ENTRY, "civil_status.personal_id"))
CARD_OF_CHILD = Step(registry_code="health_insurance", needs=(*ENTRY, "civil_status.personal_id"))
RESIDENCE_OF_DECEASED = Step(registry_code="residence", needs=ENTRY)
INSURANCE_OF_DECEASED = Step(registry_code="health_insurance", needs=ENTRY)

BIRTH_BUNDLE = (CIVIL_STATUS, RESIDENCE_OF_CHILD, CARD_OF_CHILD)
DEATH_BUNDLE = (CIVIL_STATUS, RESIDENCE_OF_DECEASED, INSURANCE_OF_DECEASED)

_2024, _2025_07, _2026_09 = date(2024, 6, 10), date(2025, 7, 1), date(2026, 9, 1)
_2027_01, _2027_03 = date(2027, 1, 1), date(2027, 3, 1)
_CONFIRMED, _ASSUMED = Certainty.CONFIRMED, Certainty.ASSUMED

SOFTWARE = "Phần mềm dịch vụ công liên thông"
COORDINATION = "Hệ thống điều phối giải quyết thủ tục hành chính của Cổng Dịch vụ công quốc gia"
_301 = "NĐ 63/2024/NĐ-CP, sửa đổi bởi NĐ 301/2026/NĐ-CP"
_OLD_LAW, _NEW_LAW = "Luật Hộ tịch 60/2014/QH13", "Luật Hộ tịch 03/2026/QH16 (từ 01/03/2027)"


def _basis(source: str, since: date, until: date, certainty: Certainty, through: str = "") -> LegalBasis:
    return LegalBasis(source=source, valid_from=since, valid_until=until, certainty=certainty, through_vi=through)


INTERLINKED = (
    _basis("NĐ 63/2024/NĐ-CP", _2024, _2026_09, _CONFIRMED, SOFTWARE),
    _basis(f"{_301} (từ 01/09/2026)", _2026_09, _2027_01, _CONFIRMED, SOFTWARE),
    _basis(f"{_301} (phần từ 01/01/2027)", _2027_01, _2027_03, _ASSUMED, COORDINATION),
    _basis(f"{_301} (phần từ 01/03/2027); {_NEW_LAW}", _2027_03, date.max, _ASSUMED, COORDINATION),
)
CIVIL = (_basis(_OLD_LAW, _2024, _2027_03, _CONFIRMED), _basis(_NEW_LAW, _2027_03, date.max, _ASSUMED))
MARRIAGE = tuple(
    basis.model_copy(update={"source": f"{basis.source}; mã thủ tục giả định", "certainty": _ASSUMED})
    for basis in CIVIL
)
MOVES = (_basis("Luật Cư trú 68/2020/QH14", _2024, date.max, _CONFIRMED),)
SOIL = (_basis("Luật Đất đai 31/2024/QH15; mã thủ tục giả định", _2024, date.max, _ASSUMED),)

_BIRTHS = "Liên thông: khai sinh, thường trú, thẻ BHYT cho trẻ dưới 6 tuổi"
_DEATHS = "Liên thông: khai tử, xóa thường trú, mai táng phí"


def _routes(
    code: str,
    name: str,
    kind: str,
    steps: tuple[Step, ...],
    bases: tuple[LegalBasis, ...],
    since: date = _2024,
    until: date = date.max,
) -> Iterator[Route]:
    """A row for each legal basis on which the code was in use."""
    for basis in bases:
        first, end = max(since, basis.valid_from), min(until, basis.valid_until)
        if first < end:
            yield Route(
                procedure_code=code,
                name_vi=name,
                case_kind=kind,
                steps=steps,
                valid_from=first,
                valid_until=end,
                certainty=basis.certainty,
                source=basis.source,
                through_vi=basis.through_vi,
            )


ROUTES: tuple[Route, ...] = (
    *_routes("2.000986", _BIRTHS, "birth", BIRTH_BUNDLE, INTERLINKED, until=_2027_01),
    *_routes("2.000987", _BIRTHS, "birth", BIRTH_BUNDLE, INTERLINKED),
    *_routes("2.002621", _BIRTHS, "birth", BIRTH_BUNDLE, INTERLINKED, until=_2027_01),
    *_routes("3.000722", f"{_BIRTHS}, căn cước", "birth", BIRTH_BUNDLE, INTERLINKED, since=_2026_09),
    *_routes(
        "2.001023",
        "Liên thông: khai sinh, thẻ BHYT cho trẻ dưới 6 tuổi",
        "birth",
        (CIVIL_STATUS, CARD_OF_CHILD),
        INTERLINKED,
        until=_2027_01,
    ),
    *_routes("1.001193", "Đăng ký khai sinh", "birth", (CIVIL_STATUS,), CIVIL),
    *_routes("1.011733", _DEATHS, "death", DEATH_BUNDLE, INTERLINKED, until=_2027_01),
    *_routes("2.002622", _DEATHS, "death", DEATH_BUNDLE, INTERLINKED, until=_2027_01),
    *_routes("2.002913", _DEATHS, "death", DEATH_BUNDLE, INTERLINKED, since=_2026_09),
    *_routes("1.000656", "Đăng ký khai tử", "death", (CIVIL_STATUS,), CIVIL),
    *_routes("1.000894", "Đăng ký kết hôn", "marriage", (CIVIL_STATUS,), MARRIAGE),
    *_routes("1.004222", "Đăng ký thường trú", "residence", (RESIDENCE,), MOVES),
    *_routes("1.012756", "Đăng ký biến động đất đai", "land", (LAND,), SOIL),
)
"""The procedures of portals. On which day the codes of 2024 end was not published for all of them: the ends in 2027 are
assumed."""

DIGITISATION = LegalBasis(
    source="Số hóa sổ hộ tịch: mẫu hotich158 của Bộ Tư pháp; CV 1437/BTP-CNTT năm 2019 (chưa xem được toàn văn)",
    certainty=Certainty.UNVERIFIED,
)
BOOK_ROUTES: tuple[Route, ...] = (
    *_routes("KS", "Nhập dữ liệu lịch sử từ sổ đăng ký khai sinh", "birth", (HISTORICAL,), (DIGITISATION,), date.min),
    *_routes("KT", "Nhập dữ liệu lịch sử từ sổ đăng ký khai tử", "death", (HISTORICAL,), (DIGITISATION,), date.min),
    *_routes("KH", "Nhập dữ liệu lịch sử từ sổ đăng ký kết hôn", "marriage", (HISTORICAL,), (DIGITISATION,), date.min),
)
"""The kinds of paper books whose records are entered, whatever the day of the event. A dossier of a book has the kind
of its book for a procedure code."""


def _form(codes: str, title: str, since: date, until: date, source: str, certainty: Certainty) -> DeclarationForm:
    return DeclarationForm(
        procedure_codes=frozenset(codes.split()),
        title_vi=title,
        valid_from=since,
        valid_until=until,
        source=source,
        certainty=certainty,
    )


_BIRTH_CODES, _DEATH_CODES = "2.000986 2.000987 2.002621 2.001023 3.000722", "1.011733 2.002622 2.002913"
_TT = "TT 04/2020/TT-BTP và các thông tư sửa đổi đến TT 08/2025/TT-BTP"
_NEW_FORMS = f"{_NEW_LAW}; biểu mẫu mới chưa xem được"

FORMS: tuple[DeclarationForm, ...] = (
    _form(_BIRTH_CODES, "Tờ khai điện tử liên thông khai sinh, thường trú, thẻ BHYT (NĐ 63/2024)",
          _2024, _2026_09, "NĐ 63/2024/NĐ-CP", _ASSUMED),
    _form(_BIRTH_CODES, "Tờ khai điện tử liên thông khai sinh, thường trú, thẻ BHYT, căn cước (NĐ 301/2026)",
          _2026_09, date.max, "NĐ 301/2026/NĐ-CP: biểu mẫu mới từ 01/09/2026; tên giả định", _ASSUMED),
    _form(_DEATH_CODES, "Tờ khai điện tử liên thông khai tử, xóa thường trú, mai táng phí (NĐ 63/2024)",
          _2024, _2026_09, "NĐ 63/2024/NĐ-CP", _ASSUMED),
    _form(_DEATH_CODES, "Tờ khai điện tử liên thông khai tử, xóa thường trú, mai táng phí (NĐ 301/2026)",
          _2026_09, date.max, "NĐ 301/2026/NĐ-CP: biểu mẫu mới từ 01/09/2026; tên giả định", _ASSUMED),
    _form("1.001193", "Tờ khai đăng ký khai sinh", _2024, _2027_03, _TT, _CONFIRMED),
    _form("1.001193", "Tờ khai đăng ký khai sinh (Luật Hộ tịch 2026)", _2027_03, date.max, _NEW_FORMS, _ASSUMED),
    _form("1.000656", "Tờ khai đăng ký khai tử", _2024, _2027_03, _TT, _CONFIRMED),
    _form("1.000656", "Tờ khai đăng ký khai tử (Luật Hộ tịch 2026)", _2027_03, date.max, _NEW_FORMS, _ASSUMED),
    _form("1.000894", "Tờ khai đăng ký kết hôn", _2024, _2027_03, _TT, _CONFIRMED),
    _form("1.000894", "Tờ khai đăng ký kết hôn (Luật Hộ tịch 2026)", _2027_03, date.max, _NEW_FORMS, _ASSUMED),
    _form("1.004222", "Tờ khai thay đổi thông tin cư trú (CT01)", _2024, date.max, "TT 66/2023/TT-BCA", _CONFIRMED),
    _form("1.012756", "Đơn đăng ký biến động đất đai (NĐ 101/2024)", _2024, _2025_07, "NĐ 101/2024/NĐ-CP", _ASSUMED),
    _form("1.012756", "Đơn đăng ký biến động đất đai (NĐ 151/2025)", _2025_07, date.max, "NĐ 151/2025/NĐ-CP", _ASSUMED),
)  # fmt: skip

_BY_CODE: dict[str, tuple[Route, ...]] = {
    code: tuple(route for route in (*ROUTES, *BOOK_ROUTES) if route.procedure_code == code)
    for code in {route.procedure_code for route in (*ROUTES, *BOOK_ROUTES)}
}


def route_of(procedure_code: str | None, event_on: date) -> Route | None:
    """The route of a procedure, or of a kind of book, on the event's day; None when none was in force."""
    return in_force(_BY_CODE.get(procedure_code or "", ()), event_on)


def is_known(procedure_code: str | None) -> bool:
    """Whether the procedure has a route on any day."""
    return (procedure_code or "") in _BY_CODE


def form_of(procedure_code: str | None, event_on: date) -> DeclarationForm | None:
    """The form that was to be filled in for a procedure on the event's day; None when we know of none."""
    return in_force((form for form in FORMS if procedure_code in form.procedure_codes), event_on)
