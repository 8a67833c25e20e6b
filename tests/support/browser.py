"""A clerk at the desk in a real Chromium: the desk served on 127.0.0.1 below a path, as Airflow mounts it.

Debian's `chromium` is driven by Playwright, which brings no browser of its own. Nothing but 127.0.0.1 can be reached;
that nothing else was tried, and that the browser had nothing to complain about, is asserted when a clerk leaves.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

from tests.support.desk import USER
from tests.support.served_desk import ROOT

CHROMIUM = shutil.which("chromium")
INSTALL = "no chromium is installed: apt-get install --no-install-recommends chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
NOWHERE = {"server": "http://127.0.0.1:9", "bypass": "127.0.0.1"}
PATIENCE_MS = 30_000
SCREEN, PHONE = (1366, 768), (390, 844)

OVERFLOWING = """() => {
  const cut = (one) => `${one.outerHTML.slice(0, 100)} (${one.scrollWidth} > ${one.clientWidth})`;
  const found = [], wide = document.documentElement.scrollWidth;
  const all = [...document.querySelectorAll("body *")];
  if (wide > innerWidth)
    found.push(`page ${wide} > ${innerWidth}: ` +
      all.filter((one) => one.getBoundingClientRect().right > innerWidth + 1).slice(0, 3).map(cut).join(" | "));
  for (const one of all) {
    const is_wide = one.scrollWidth > one.clientWidth + 1, is_high = one.scrollHeight > one.clientHeight + 1;
    if (!(is_wide || is_high) || !one.clientWidth || one.closest("[title], .unseen, svg")) continue;
    const style = getComputedStyle(one), hides = (way) => way === "hidden" || way === "clip";
    if (is_wide && hides(style.overflowX) || is_high && hides(style.overflowY)) found.push(`clipped ${cut(one)}`);
    else if (is_wide && one.matches("button, .button, select")) found.push(`too narrow ${cut(one)}`);
  }
  return found;
}"""
"""What is wider than the window, and every text that is cut off without a title that says it whole."""

FOCUS = """() => {
  const one = document.activeElement, style = getComputedStyle(one), at = one.getBoundingClientRect();
  return {
    tag: one.tagName, is_drawn: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    is_seen: at.width > 0 && at.right > 0 && at.left < innerWidth && at.bottom > 0 && at.top < innerHeight,
    html: one.outerHTML.slice(0, 100),
  };
}"""
"""The element that has the focus, and whether a person sees that it has."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser for many clerks. Skips where there is none."""
    if CHROMIUM is None:
        pytest.skip(INSTALL)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            headless=True,
            args=ARGUMENTS,
            timeout=4 * PATIENCE_MS,
            proxy=NOWHERE,
            env={**os.environ, "LANGUAGE": "vi"},
        )
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Clerk:
    """A user at the desk. `clicks` and `fields` count what it took; keys are not counted."""

    page: Page
    base: str
    language: str = "vi"
    clicks: int = 0
    fields: int = 0
    outside: list[str] = field(default_factory=list)
    complaints: list[tuple[str, str]] = field(default_factory=list)
    turned_away: set[str] = field(default_factory=set)

    def open(self, path: str, status: int = 200) -> None:
        """Goes to a page by its address; one that turns the clerk away is answered with its status."""
        answer = self.page.goto(self.base + path, timeout=PATIENCE_MS)
        assert answer, (path, answer and answer.status)
        assert answer.status == status, (path, answer and answer.status)
        if status >= 400:
            self.turned_away.add(self.page.url)

    def click(self, what: Locator) -> None:
        self.clicks += 1
        what.click(timeout=PATIENCE_MS)

    def link(self, ends_with: str) -> Locator:
        """The first link in the page's main part that leads there."""
        return self.page.locator(f'main a[href$="{ends_with}"]').first

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def fill(self, what: Locator, text: str) -> None:
        """Types over what stands in a field."""
        self.fields += 1
        what.fill(text, timeout=PATIENCE_MS)

    def reads(self, words: str, role: str = "status") -> None:
        """Sees the notice that says what was done."""
        expect(self.page.get_by_role(role).filter(has_text=words)).to_be_visible(timeout=PATIENCE_MS)

    def press_until(self, key: str, ends_with: str, most: int = 60) -> None:
        """Presses a key until the focus is on the link that leads there."""
        for _ in range(most):
            self.page.keyboard.press(key)
            if (self.page.locator(":focus").get_attribute("href") or "").endswith(ends_with):
                return
        raise AssertionError(f"{most} times {key} did not lead to {ends_with}")

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path.removeprefix(ROOT)

    def notes(self, url: str) -> None:
        """Notes a request that is not to the desk."""
        if urlsplit(url).scheme not in ("data", "blob", "about") and urlsplit(url).hostname != "127.0.0.1":
            self.outside.append(url)

    def notes_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append((message.text, message.location["url"]))


@contextmanager
def clerk(browser: Browser, base: str, user: str, *, language: str = "vi", script: bool = True) -> Iterator[Clerk]:
    """A user with a browser of their own, known by a cookie as Airflow's login would know them."""
    size = {"width": SCREEN[0], "height": SCREEN[1]}
    context = browser.new_context(java_script_enabled=script, viewport=size, locale="vi-VN", reduced_motion="reduce")
    cookies = {USER: user, "lienthong_language": language}
    context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    found = Clerk(page, base, language)
    page.on("request", lambda request: found.notes(request.url))
    page.on("console", found.notes_message)
    page.on("pageerror", lambda error: found.complaints.append((str(error), page.url)))
    try:
        yield found
    finally:
        context.close()
    assert found.outside == []
    complaints = [said for said, url in found.complaints if url not in found.turned_away]
    assert complaints == [], complaints


@dataclass
class Camera:
    """Looks at pages at both sizes. Pictures are kept in the folder that LIENTHONG_SCREENSHOTS names, if it does."""

    folder: Path | None = None
    faults: list[str] = field(default_factory=list)

    @classmethod
    def of_environment(cls) -> "Camera":
        named = os.environ.get("LIENTHONG_SCREENSHOTS")
        if named:
            Path(named).mkdir(parents=True, exist_ok=True)
        return cls(Path(named) if named else None)

    def look(self, clerk: Clerk, name: str) -> None:
        """Notes whatever overflows, is cut off, is in the wrong language or has a focus that nobody sees."""
        page = clerk.page
        if (said := page.get_attribute("html", "lang")) != clerk.language:
            self.faults.append(f"{name}: lang is {said}, not {clerk.language}")
        for width, height in (PHONE, SCREEN):
            page.set_viewport_size({"width": width, "height": height})
            self.faults += [f"{name} {clerk.language} {width}: {one}" for one in page.evaluate(OVERFLOWING)]
            if self.folder:
                page.screenshot(path=self.folder / f"{name}-{clerk.language}-{width}.png", full_page=True)
        self._tab(clerk, name)

    def _tab(self, clerk: Clerk, name: str, times: int = 2) -> None:
        """The focus is drawn and in the window wherever the tab key leads."""
        for _ in range(times):
            clerk.page.keyboard.press("Tab")
            focus = clerk.page.evaluate(FOCUS)
            if focus["tag"] != "BODY" and not (focus["is_drawn"] and focus["is_seen"]):
                self.faults.append(f"{name} {clerk.language}: focus not visible on {focus['html']}")
