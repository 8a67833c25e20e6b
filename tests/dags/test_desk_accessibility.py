"""What a screen reader and weak eyes need of the desk's pages: names of fields and images, headings in order,
and contrast."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from connectors.ledger import Ledger
from connectors.ledger.keyings import keyed_columns
from dags.desk.visit import HERE
from dags.steps.searching import index_records
from schemas.register_forms import register_forms
from tests.support.desk import Browser, DeskHouse
from tests.support.desk_keyers import open_page, send, typed
from tests.support.keyed_books import RECOGNISER, KeyedBook, open_book, truth_of

FORM = "ks_a4_dotted"
COLUMNS = keyed_columns("KS", register_forms()[FORM])
FIELDS = ("input", "select", "textarea")
LEAST_CONTRAST = 4.5
"""WCAG 2.2, criterion 1.4.3, level AA: text of normal size."""
PAIRS = [
    *[(ink, ground) for ink in ("ink", "quiet", "accent") for ground in ("bg", "card", "soft")],
    ("accent-ink", "accent"),
    ("bad", "card"),
    ("good", "card"),
    *[(tint, f"{tint}-soft") for tint in ("bad", "warn", "good")],
    *[("ink", f"{tint}-soft") for tint in ("bad", "warn", "good")],
]


class PageReader(HTMLParser):
    """A page as a screen reader takes it. `nameless`: fields, images and headers of columns that it cannot name;
    `levels`: of the headings, in their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.labels = set(re.findall(r'<label[^>]*\sfor="([^"]+)"', html))
        self.open_labels, self.levels, self.nameless = 0, [], list[str]()
        self.header: str | None = None
        self.link: tuple[str, str] | None = None
        self.links: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        self.open_labels += tag == "label"
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag in FIELDS and named.get("type") != "hidden" and not self._is_named(named):
            self.nameless.append(f"{tag} {named.get('name')}")
        if tag == "img" and not named.get("alt"):
            self.nameless.append("img")
        if tag == "th":
            self.header = ""
        if tag == "a" and named.get("aria-label"):
            self.link = (str(named["aria-label"]), "")

    def _is_named(self, field: dict[str, str | None]) -> bool:
        return bool(self.open_labels or field.get("id") in self.labels or field.get("aria-label"))

    def handle_data(self, data: str) -> None:
        if self.header is not None:
            self.header += data.strip()
        if self.link:
            self.link = (self.link[0], self.link[1] + data.strip())

    def handle_endtag(self, tag: str) -> None:
        self.open_labels -= tag == "label"
        if tag == "th" and not self.header:
            self.nameless.append("th")
        if tag == "th":
            self.header = None
        if tag == "a" and self.link:
            self.links.append(self.link)
            self.link = None


def assert_readable(html: str, where: str) -> None:
    page = PageReader(html)
    assert page.nameless == [], where
    assert page.levels[0] == 1, where
    assert page.levels.count(1) == 1, where
    assert all(level - before <= 1 for before, level in zip(page.levels, page.levels[1:], strict=False)), where
    assert page.links, where
    assert [(label, text) for label, text in page.links if text not in label] == [], where


@pytest.fixture
def house(ledger: Ledger) -> DeskHouse:
    house = DeskHouse(ledger)
    grants = {"an": "keyer", "binh": "keyer", "chi": "adjudicator", "kim": "archivist", "ly": "archivist"}
    for user, role in grants.items():
        house.grant(user, role)
    return house


@pytest.fixture
def book(house: DeskHouse) -> KeyedBook:
    """A record that a machine has read, found by its name."""
    book = open_book(house.ledger, form_code=FORM)
    index_records(house.ledger, [book.add(7, COLUMNS, {RECOGNISER: truth_of(7)})])
    return book


def key(browser: Browser, **change: str) -> None:
    page = send(browser, "/keying/next")
    assert_readable(page.html, page.path)
    send(browser, page.path, typed(page, truth_of(7) | change))


def archivists_pages(kim: Browser, book: KeyedBook) -> Iterator[tuple[str, str]]:
    paths = (
        "/",
        "/books",
        f"/books/{book.book_id}",
        "/forms",
        f"/forms/{FORM}",
        "/search",
        "/keying/wanted",
        "/accepting",
        "/keyer-figures",
    )
    for path in (*paths, f"/accepting/{book.book_id}", f"/records/{book.records[7]}/extract"):
        yield path, open_page(kim, path).html
    yield "hits", send(kim, "/search", {"name": truth_of(7)["nksHoTen"]}).html
    yield "no hit", send(kim, "/search", {"name": "Đinh Bộ Lĩnh"}).html


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_field_image_and_column_has_a_name_and_headings_are_in_order(
    house: DeskHouse, book: KeyedBook, language: str
) -> None:
    with house.visitor("kim", language) as kim:
        for where, html in archivists_pages(kim, book):
            assert_readable(html, where)
    with house.visitor("an", language) as an, house.visitor("binh", language) as binh:
        assert_readable(open_page(an, "/keying").html, "/keying")
        key(an)
        key(binh, meHoTen="Trần Thị AN KHANH")
    with house.visitor("chi", language) as chi:
        assert_readable(open_page(chi, "/adjudicating").html, "/adjudicating")
        page = send(chi, "/adjudicating/next")
        assert_readable(page.html, page.path)
        look = send(chi, page.path, typed(page, {"meHoTen": "Trần Thị AN LÂN"}))
        assert "choice.meHoTen" in look.html
        assert_readable(look.html, "a look")
        send(chi, look.path, {"choice.meHoTen": "0"})
    with house.visitor("kim", language) as kim:
        assert_readable(send(kim, f"/accepting/{book.book_id}/draw").html, "drawn")
        assert_readable(open_page(kim, f"/accepting/{book.book_id}/look").html, "look")


@pytest.mark.parametrize(
    ("html", "nameless"),
    [
        ("<h1>Sổ</h1><input name=so>", ["input so"]),
        ("<h1>Sổ</h1><label>Số <input name=so></label><img src=x>", ["img"]),
        ("<h1>Sổ</h1><table><tr><th></th><th>Số</th></tr></table>", ["th"]),
    ],
)
def test_what_has_no_name_is_seen(html: str, nameless: list[str]) -> None:
    assert PageReader(html).nameless == nameless


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance of `#fff` or `#ffffff`."""
    digits = colour.lstrip("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    shares = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_of_known_colours() -> None:
    assert contrast("#fff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_texts_stand_out_from_what_is_behind_them(scheme: int) -> None:
    css = (HERE / "static" / "desk.css").read_text()
    colours = dict(re.findall(r"--([a-z-]+):(#[0-9a-f]+)", re.findall(r":root\{([^}]*)\}", css)[scheme]))
    assert [pair for pair in PAIRS if contrast(colours[pair[0]], colours[pair[1]]) < LEAST_CONTRAST] == []
