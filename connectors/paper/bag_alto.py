"""The ALTO of a page in a bag: what machines read in each field, with how sure they were and where it stands.

Document: ALTO 4 (Library of Congress, namespace `http://www.loc.gov/standards/alto/ns-v4#`). One text block is one
record, one line is one field; the block's identifier ends with the recogniser's number. It is what was searched, and no
value: values stand in the sheet of records.
"""

from collections.abc import Sequence

from lxml import etree

from schemas.keying import MachineValue, Reading

NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"


def bag_alto(image_path: str, size_px: tuple[int, int], readings: Sequence[tuple[int, Reading]]) -> bytes:
    """The XML. `image_path`: of the access copy, in the bag. `readings`: of each record by its row number."""
    root = etree.fromstring(f'<alto xmlns="{NAMESPACE}" SCHEMAVERSION="4.4"/>')
    description = _node(root, "Description")
    _node(description, "MeasurementUnit").text = "pixel"
    _node(_node(description, "sourceImageInformation"), "fileName").text = image_path
    codes = list(dict.fromkeys(reading.recogniser_code for _, reading in readings))
    for number, code in enumerate(codes, 1):
        processing = _node(description, "Processing", ID=f"recogniser_{number}")
        _node(_node(processing, "processingSoftware"), "softwareName").text = code
    width, height = (str(side) for side in size_px)
    page = _node(_node(root, "Layout"), "Page", ID="page", PHYSICAL_IMG_NR="1", WIDTH=width, HEIGHT=height)
    space = _node(page, "PrintSpace", HPOS="0", VPOS="0", WIDTH=width, HEIGHT=height)
    for row_number, reading in readings:
        number = codes.index(reading.recogniser_code) + 1
        block = _node(space, "TextBlock", ID=f"record_{row_number}_{number}", PROCESSINGREFS=f"recogniser_{number}")
        for column, value in reading.values.items():
            _write_field(block, f"{column}_{row_number}_{number}", value)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _write_field(block: etree._Element, name: str, value: MachineValue) -> None:
    left, top, width, height = map(str, value.box_px)
    place = {"HPOS": left, "VPOS": top, "WIDTH": width, "HEIGHT": height}
    line = _node(block, "TextLine", ID=name, **place)
    confidence = f"{min(max(value.confidence, 0.0), 1.0):.3f}"
    _node(line, "String", ID=f"{name}_text", CONTENT=_legible(value.text), WC=confidence, **place)


def _legible(text: str) -> str:
    """Without characters that no XML may hold."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _node(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)
