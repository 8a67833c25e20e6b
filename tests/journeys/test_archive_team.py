"""A small paper book goes its whole way: taken in, read by machine, keyed through the desk's pages, accepted by its
sample, entered, and registered at civil status once each."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import requests

from connectors.sandbox.books import SandboxBook
from dags import steps
from dags.local.archive_team import DeskPerson, accept, decide_all, key_some
from dags.local.demo_books import TEAM, PaperOf, drop_books
from dags.steps.drop_folder import take_drop_place
from tests.support.desk import USER, DeskHouse
from tests.support.ledger_driver import LedgerDriver
from tests.support.pipeline import PipelineDriver
from tests.support.served_desk import served

PAGES = 3


def team_at(address: str) -> Mapping[str, DeskPerson]:
    """The archive team; the test names each person in a header."""
    people = {}
    for name in TEAM:
        session = requests.Session()
        session.headers[USER] = name
        people[name] = DeskPerson(address, session, Random(name))
    return people


def read_book(way: PipelineDriver, folder: Path) -> SandboxBook:
    (book,) = drop_books(folder, 1, seed=5, pages=PAGES)
    for path in folder.rglob("*"):
        os.utime(path, (0, 0))  # a folder that changed just now is perhaps still being copied
    assert take_drop_place(way.ledger, folder)["pages"] == PAGES
    assert steps.read_pages(way.ledger, processes=1)["read"] == PAGES
    return book


def name_of(words: Mapping[str, Any]) -> str:
    name = words["nks"]["HoTen"]
    return " ".join(filter(None, (name["Ho"], name["ChuDem"], name["Ten"])))


def test_a_book_is_read_keyed_accepted_and_registered_once(
    pipeline: Callable[..., PipelineDriver], tmp_path: Path
) -> None:
    way = pipeline(dossiers=1)
    driver = LedgerDriver(way.ledger)
    book = read_book(way, tmp_path / "books")
    house = DeskHouse(way.ledger)
    for name, roles in TEAM.items():
        house.grant(name, *roles)
    paper = PaperOf(way.ledger, book)
    with served(house) as address:
        team = team_at(address)
        assert decide_all(team["adjudicator"], paper) == 0  # nothing differs yet, and no form is shown
        assert key_some(team["keyer1"], paper, 99) == PAGES
        assert key_some(team["keyer1"], paper, 99) == 0  # nobody keys both keys of a record
        assert key_some(team["keyer2"], paper, 99) == PAGES
        decide_all(team["adjudicator"], paper)
        assert accept(team["archivist"], team["archivist2"], 1, paper)
    way.go()
    steps.enter(way.ledger)
    way.go()
    assert [tuple(row) for row in driver.rows("SELECT DISTINCT state FROM records")] == [("entered",)]
    assert [tuple(row) for row in driver.rows("SELECT place_code FROM books")] == [("07210",)]
    codes = {row.dossier_code for row in driver.rows("SELECT dossier_code FROM dossiers WHERE source_kind = 'book'")}
    held = [
        entry for entry in way.sandbox.server.listeners["civil_status"].twin.entries() if entry["dossier_code"] in codes
    ]
    assert [entry["submissions"] for entry in held] == [1] * PAGES
    assert {name_of(entry["words"]) for entry in held} == {page.values["nksHoTen"] for page in book.pages}
