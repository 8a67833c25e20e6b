"""Keyers at the desk: they take what they are given, read the image that the page shows, and type it into the form."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tests.support.desk import TOKEN, Browser

FIELD = re.compile(r'name="value\.([A-Za-z0-9]+)"')
MARK_OF_BLANK = "blank"


@dataclass(frozen=True)
class OpenPage:
    """A page after its redirects. `path`: where the browser stands; `html`: what it shows."""

    path: str
    html: str
    status: int

    @property
    def columns(self) -> list[str]:
        return FIELD.findall(self.html)

    @property
    def page_id(self) -> int:
        """The page of the book whose image is shown."""
        found = re.search(r"/books/pages/(\d+)/image", self.html)
        assert found, self.html[:3000]
        return int(found[1])


def send(browser: Browser, path: str, values: Mapping[str, str] | None = None) -> OpenPage:
    """Sends a form of ours and goes where it leads."""
    response = browser.post(path, {"form_token": TOKEN.format(browser.user), **(values or {})})
    return OpenPage(response.url.path, str(response.text), response.status_code)


def open_page(browser: Browser, path: str) -> OpenPage:
    response = browser.client.get(path, follow_redirects=True)
    return OpenPage(response.url.path, str(response.text), response.status_code)


def typed(page: OpenPage, texts: Mapping[str, str], marks: Mapping[str, str] | None = None) -> dict[str, str]:
    """The fields of the form: a text where there is one, else the mark, else blank."""
    values: dict[str, str] = {}
    for column in page.columns:
        text = texts.get(column, "")
        mark = (marks or {}).get(column, "" if text else MARK_OF_BLANK)
        values |= {f"value.{column}": "" if mark else text, f"mark.{column}": mark}
    return values
