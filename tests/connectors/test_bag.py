"""An archive's bag of a book, read back with bagit, lxml and the IIIF models of iiif-prezi3."""

import json
import tracemalloc
from hashlib import sha256
from pathlib import Path
from random import Random

import bagit
import openpyxl
import pytest
from iiif_prezi3 import Manifest
from lxml import etree

from connectors.ledger import Ledger
from dags.steps.handing_over import HandoverForm, hand_over
from tests.support.paper_books import BIRTH, PaperBook, page_image

PREMIS = {"p": "http://www.loc.gov/premis/v3"}
ALTO = {"a": "http://www.loc.gov/standards/alto/ns-v4#"}
BAG, ADDRESS = HandoverForm.BAG, "https://archive.example/books/7"


@pytest.fixture
def book(ledger: Ledger) -> PaperBook:
    """Two births on two pages; one was keyed by two persons, and a third decided."""
    book = PaperBook(ledger)
    first, second = book.page(1), book.page(2)
    book.page(3, state="replaced")
    record_id = book.record(BIRTH, first)
    book.reading(record_id, {"so": (30, 40, 80, 40)})
    for slot, keyed_by in (("first", "tran.thi.mai"), ("second", "le.van.hung"), ("third", "vu.thi.lan")):
        book.keying(record_id, slot, keyed_by)
    book.record({**BIRTH, "so": "35"}, second)
    book.event("book_accepted", "book", book.book_id, "do.van.son")
    return book


@pytest.fixture
def bag(book: PaperBook, tmp_path: Path) -> Path:
    (path,) = hand_over(
        book.ledger, "do.van.son", book.book_id, tmp_path, BAG, "https://archive.example/books/7/"
    ).paths
    return path


def test_a_bag_is_valid_and_says_what_it_is(bag: Path) -> None:
    read = bagit.Bag(str(bag))
    assert read.is_valid()
    assert (read.version_info, read.algorithms) == ((1, 0), ["sha256"])
    assert (read.info["External-Identifier"], bag.name) == ("KS.1962.01", "KS.1962.01.bag")
    assert sorted(read.payload_files()) == [
        "data/access/0001.jpg",
        "data/access/0002.jpg",
        "data/alto/0001.xml",
        "data/manifest.json",
        "data/masters/0001.tif",
        "data/masters/0002.tif",
        "data/masters/0003.tif",
        "data/premis.xml",
        "data/records.xlsx",
    ]


def test_masters_are_bytes_as_they_came_and_pages_the_copies(bag: Path, book: PaperBook) -> None:
    assert (bag / "data/masters/0002.tif").read_bytes() == b"II*\0 a master 2"
    assert (bag / "data/access/0001.jpg").read_bytes() == page_image()
    rows = list(openpyxl.load_workbook(bag / "data/records.xlsx").active.iter_rows(values_only=True))
    assert [row[1] for row in rows] == ["so", "34", "35"]


def test_a_bag_of_which_one_byte_changed_is_not_valid(bag: Path) -> None:
    with (bag / "data/masters/0001.tif").open("r+b") as file:
        file.write(b"X")
    with pytest.raises(bagit.BagValidationError, match="sha256"):
        bagit.Bag(str(bag)).validate()


def test_a_master_that_is_not_the_one_that_came_is_not_handed_over(book: PaperBook, tmp_path: Path) -> None:
    book.change("UPDATE scans SET sha256 = :other WHERE scan_id = 2", other=sha256(b"another").digest())
    with pytest.raises(ValueError, match="master 2 is not the one that came"):
        hand_over(book.ledger, "lan", book.book_id, tmp_path, BAG)
    assert list(tmp_path.iterdir()) == []


# ALTO


def test_what_a_machine_read_lies_beside_its_page_with_place_and_confidence(bag: Path) -> None:
    tree = etree.parse(bag / "data/alto/0001.xml")
    (page,) = tree.iterfind(".//a:Page", ALTO)
    assert (page.get("WIDTH"), page.get("HEIGHT")) == ("640", "900")
    assert tree.findtext(".//a:fileName", namespaces=ALTO) == "access/0001.jpg"
    assert tree.findtext(".//a:softwareName", namespaces=ALTO) == "asternet"
    (read,) = tree.iterfind(".//a:String", ALTO)
    place = {"HPOS": "30", "VPOS": "40", "WIDTH": "80", "HEIGHT": "40"}
    assert dict(read.attrib) == {"ID": "so_0_1_text", "CONTENT": "?", "WC": "0.500", **place}
    canvas = json.loads((bag / "data/manifest.json").read_text())["items"]
    assert [page.get("seeAlso", [{}])[0].get("id") for page in canvas] == [f"{ADDRESS}/alto/0001.xml", None]


# PREMIS


def test_events_say_what_happened_to_which_file_and_in_what_role(bag: Path) -> None:
    tree = etree.parse(bag / "data/premis.xml")
    assert (tree.getroot().tag, tree.getroot().get("version")) == (f"{{{PREMIS['p']}}}premis", "3.0")
    events = [
        tuple(
            event.findtext(path, namespaces=PREMIS)
            for path in (
                "p:eventType",
                "p:linkingAgentIdentifier/p:linkingAgentIdentifierValue",
                "p:linkingObjectIdentifier/p:linkingObjectIdentifierValue",
            )
        )
        for event in tree.findall("p:event", PREMIS)
    ]
    assert sorted(events) == [
        ("accession", "archivist", "book 1"),
        ("adjudication", "adjudicator", "record 1"),
        ("ingestion start", "archivist", "masters/0001.tif"),
        ("ingestion start", "archivist", "masters/0002.tif"),
        ("ingestion start", "archivist", "masters/0003.tif"),
        ("recognition", "software", "access/0001.jpg"),
        ("transcription", "keyer", "record 1"),
        ("transcription", "keyer", "record 1"),
    ]
    moments = [event.findtext("p:eventDateTime", namespaces=PREMIS) or "" for event in tree.findall("p:event", PREMIS)]
    assert moments == sorted(moments)
    agents = {agent.findtext("p:agentName", namespaces=PREMIS) for agent in tree.findall("p:agent", PREMIS)}
    assert agents == {"archivist", "keyer", "adjudicator", "software"}


def test_files_are_described_by_their_digests(bag: Path) -> None:
    tree = etree.parse(bag / "data/premis.xml")
    digests = {
        described.findtext("p:objectIdentifier/p:objectIdentifierValue", namespaces=PREMIS): described.findtext(
            "p:objectCharacteristics/p:fixity/p:messageDigest", namespaces=PREMIS
        )
        for described in tree.findall("p:object", PREMIS)
    }
    assert len(digests) == 5
    assert digests["masters/0002.tif"] == sha256(b"II*\0 a master 2").hexdigest()


def test_no_person_of_the_book_and_nobody_who_worked_on_it_is_named_outside_the_records(bag: Path) -> None:
    texts = [path.read_text() for path in bag.rglob("*") if path.suffix in (".xml", ".json", ".txt") and path.is_file()]
    assert len(texts) == 7
    for name in ("NGUYỄN", "TRẦN", "tran.thi.mai", "le.van.hung", "vu.thi.lan", "do.van.son", "so khai sinh"):
        assert [text for text in texts if name in text] == [], name


# IIIF


def test_the_manifest_is_one_for_others_and_shows_the_pages_in_order(bag: Path) -> None:
    content = json.loads((bag / "data/manifest.json").read_text())
    manifest = Manifest(**content)
    assert [canvas.label["vi"] for canvas in manifest.items] == [["Trang 1"], ["Trang 2"]]
    assert [(canvas.width, canvas.height) for canvas in manifest.items] == [(640, 900), (640, 900)]
    body = content["items"][1]["items"][0]["items"][0]["body"]
    assert body["id"] == f"{ADDRESS}/access/0002.jpg"
    assert (bag / "data" / body["id"].removeprefix(f"{ADDRESS}/")).is_file()
    assert content["label"]["vi"] == ["Sổ đăng ký khai sinh 01/1962"]


def test_a_manifest_with_a_fault_is_not_taken_by_others(bag: Path) -> None:
    content = json.loads((bag / "data/manifest.json").read_text())
    del content["items"][0]["items"][0]["items"][0]["target"]
    with pytest.raises(ValueError, match="target"):
        Manifest(**content)


# Size


def test_a_book_need_not_fit_into_memory(ledger: Ledger, tmp_path: Path) -> None:
    """Forty masters of two megabytes; what is held at once is some of them."""
    book = PaperBook(ledger)
    for number in range(1, 41):
        master = Random(number).randbytes(2_000_000)
        book.record({**BIRTH, "so": str(number)}, book.page(number, master=master))
    tracemalloc.start()
    hand_over(ledger, "lan", book.book_id, tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000
