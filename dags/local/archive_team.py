"""The archive team of the demo: persons who key, decide, look again and accept, through the desk's own pages.

They log in, open pages and send forms as a browser does, and know nothing that is not in a page, but for what stands on
the paper: `OnPaper` says it for them, since they cannot see. They make mistakes now and then.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlsplit

import requests
from lxml import html

OnPaper = Callable[[int], Mapping[str, str]]
"""What stands in the fields of the record with this id, by column; a field that is not there is blank."""

MISTAKES = 0.01
"""Of a hundred fields that a person keys, so many are wrong. Assumed."""
RECORD_OF_CROP = re.compile(r"/books/pages/\d+/crop/(\d+)/")
LOOKS_AT_MOST = 2000


class DeskAnsweredOtherwise(RuntimeError):
    """A page of the desk is not the one that its form leads to."""


@dataclass(frozen=True)
class DeskPage:
    """An answer of the desk: where it led, and what it holds."""

    path: str
    tree: html.HtmlElement = field(repr=False)

    def one(self, selector: str) -> str | None:
        """The first value of an XPath; None when there is none."""
        found = self.tree.xpath(selector)
        return str(found[0]) if found else None

    @property
    def has_no_form(self) -> bool:
        """Whether nothing can be sent from here: there is nothing to do for this person."""
        return self.one("//input[@name='form_token']/@value") is None

    @property
    def record_id(self) -> int:
        """The record whose crops the page shows. Raises DeskAnsweredOtherwise on a page without any."""
        for source in self.tree.xpath("//img[@class='crop']/@src"):
            if match := RECORD_OF_CROP.search(str(source)):
                return int(match[1])
        raise DeskAnsweredOtherwise(f"no record is shown at {self.path}")


def logged_in(url: str, user_name: str, password: str) -> requests.Session:
    """A session of a user of Airflow at this address. Raises requests.HTTPError when the login is refused."""
    session = requests.Session()
    answer = session.post(f"{url}/auth/token", json={"username": user_name, "password": password}, timeout=30)
    answer.raise_for_status()
    session.cookies.set("_token", answer.json()["access_token"])
    return session


class DeskPerson:
    """A person at the desk. `address`: of the desk; `session`: of a user who is logged in."""

    def __init__(self, address: str, session: requests.Session, rng: Random) -> None:
        self.rng = rng
        self._address, self._session = address, session
        self._root = urlsplit(address).path
        self._form_token = ""

    def open(self, path: str) -> DeskPage:
        """A page of the desk. Raises requests.HTTPError when it is refused."""
        return self._page(self._session.get(f"{self._address}{path}", timeout=60))

    def send(self, path: str, values: Mapping[str, str]) -> DeskPage:
        """Sends a form of the page that was opened last, and follows it."""
        sent = {**values, "form_token": self._form_token}
        return self._page(self._session.post(f"{self._address}{path}", data=sent, timeout=60))

    def _page(self, answer: requests.Response) -> DeskPage:
        answer.raise_for_status()
        page = DeskPage(urlsplit(answer.url).path.removeprefix(self._root), html.fromstring(answer.text))
        self._form_token = page.one("//input[@name='form_token']/@value") or self._form_token
        return page

    def keyed(self, page: DeskPage, stands: Mapping[str, str]) -> dict[str, str]:
        """What this person types into the fields of a page."""
        values: dict[str, str] = {}
        for name in map(str, page.tree.xpath("//input[starts-with(@name, 'value.')]/@name")):
            column = name.removeprefix("value.")
            text = self._typed(stands.get(column, ""))
            values[name] = text
            values[f"mark.{column}"] = "" if text else "blank"
        return values

    def _typed(self, text: str) -> str:
        """Now and then a letter is left out."""
        if len(text) < 2 or self.rng.random() >= MISTAKES:
            return text
        position = self.rng.randrange(1, len(text))
        return text[:position] + text[position + 1 :]


def key_some(person: DeskPerson, paper: OnPaper, most: int) -> int:
    """Keys until nothing is left for this person, or so many records at most; returns how many."""
    if person.open("/keying").has_no_form:
        return 0
    page, count = person.send("/keying/next", {"book": "0"}), 0
    while re.fullmatch(r"/keying/\d+", page.path) and count < most:
        page = person.send(page.path, {**person.keyed(page, paper(page.record_id)), "book": "0"})
        count += 1
    if re.fullmatch(r"/keying/\d+", page.path):
        person.send(f"{page.path}/give-back", {})
    return count


def decide_all(person: DeskPerson, paper: OnPaper) -> int:
    """Keys every difference that this person may decide, and looks again where the desk asks; returns how many
    records."""
    if person.open("/adjudicating").has_no_form:
        return 0
    page, count = person.send("/adjudicating/next", {"book": "0"}), 0
    while re.fullmatch(r"/adjudicating/\d+", page.path):
        stands = paper(page.record_id)
        is_look = page.one("//input[starts-with(@name, 'choice.')]/@name") is not None
        values = _choices(page, stands) if is_look else person.keyed(page, stands)
        page = person.send(page.path, {**values, "book": "0"})
        count += not is_look
    return count


def _choices(page: DeskPage, stands: Mapping[str, str]) -> dict[str, str]:
    """The value that stands on the paper, or what is typed instead of all that are shown."""
    values: dict[str, str] = {}
    for name in dict.fromkeys(map(str, page.tree.xpath("//input[starts-with(@name, 'choice.')]/@name"))):
        column = name.removeprefix("choice.")
        shown = [
            (str(label.xpath("string(input/@value)")), str(label.xpath("string(span)")).strip())
            for label in page.tree.xpath(f"//label[input[@name='{name}']][span]")
        ]
        text = stands.get(column, "")
        fitting = next((value for value, words in shown if words == text), "other")
        values[name] = fitting
        values[f"value.{column}"] = text if fitting == "other" else ""
        values[f"mark.{column}"] = "blank" if fitting == "other" and not text else ""
    return values


def accept(person: DeskPerson, other: DeskPerson, book_id: int, paper: OnPaper) -> bool:
    """Draws the sample of a book, looks at every field of it once more, has differences settled by another person, and
    accepts the book; False when the desk does not let it be accepted."""
    at = f"/accepting/{book_id}"
    person.open(at)
    person.send(f"{at}/draw", {})
    for _ in range(LOOKS_AT_MOST):
        page = person.open(f"{at}/look")
        if page.path != f"{at}/look":
            break
        record, column = page.one("//input[@name='record']/@value"), page.one("//input[@name='column']/@value")
        typed = person.keyed(page, paper(int(record or 0)))
        person.send(f"{at}/look", {"record": record or "", "column": column or "", **typed})
    for record, column, standing in list(_differences(other.open(at))):
        is_upheld = paper(int(record)).get(column, "") == standing
        other.send(f"{at}/settle", {"record": record, "column": column, "upheld": str(is_upheld).lower()})
    person.open(at)
    person.send(f"{at}/decide", {"decision": "accepted", "reason": "Mẫu đạt yêu cầu nghiệm thu"})
    return person.open(at).one("//form[contains(@action, '/decide')]/@action") is None


def _differences(page: DeskPage) -> Iterator[tuple[str, str, str]]:
    """Record, column and what the book holds, of each difference that this person may settle."""
    for form in page.tree.xpath("//form[contains(@action, '/settle')]"):
        record, column = (
            form.xpath("string(input[@name='record']/@value)"),
            form.xpath("string(input[@name='column']/@value)"),
        )
        yield str(record), str(column), str(form.xpath("string(../dl/div[1]/dd)")).strip()
