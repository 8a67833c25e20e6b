"""A machine's reading of a page as ALTO, the format in which archives keep what was recognised and where.

ALTO 4.4 (July 2022, Library of Congress, https://github.com/altoxml/schema), measured in pixels of the image that was
read. A record is a ComposedBlock, a field a TextBlock that a tag names; what was written in it is one String, since
recognisers here give no places of words. A blank field is a TextBlock without a line.
"""

from collections.abc import Mapping, Sequence

from lxml import etree

from schemas.keying import MachineValue, Reading

NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
LOCATION = f"{NAMESPACE} http://www.loc.gov/standards/alto/v4/alto-4-4.xsd"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


def alto(image_name: str, size_px: tuple[int, int], page_number: int, readings: Sequence[Reading]) -> bytes:
    """One page as one recogniser read it. `size_px`: width and height. `readings`: of its records, in their order.

    It holds personal data: it belongs in the vault. Raises ValueError without readings or with several recognisers'.
    """
    codes = {reading.recogniser_code for reading in readings}
    if len(codes) != 1:
        raise ValueError(f"ALTO is made of one recogniser's readings, not of {len(codes)}")
    root = etree.Element(
        f"{{{NAMESPACE}}}alto",
        nsmap={None: NAMESPACE, "xsi": XSI},  # type: ignore[dict-item]  # the default namespace, which the stubs forget
    )
    root.set(f"{{{XSI}}}schemaLocation", LOCATION)
    root.set("SCHEMAVERSION", "4.4")
    _describe(root, image_name, codes.pop())
    columns = list(dict.fromkeys(column for reading in readings for column in reading.values))
    tags = _add(root, "Tags")
    for column in columns:
        _add(tags, "OtherTag", ID=f"column_{column}", LABEL=column, TYPE="column")
    width, height = (str(side) for side in size_px)
    page = _add(
        _add(root, "Layout"), "Page",
        ID="page", PHYSICAL_IMG_NR=str(page_number), WIDTH=width, HEIGHT=height, PROCESSINGREFS="reading", LANG="vi",
    )  # fmt: skip
    space = _add(page, "PrintSpace", HPOS="0", VPOS="0", WIDTH=width, HEIGHT=height)
    for number, reading in enumerate(readings, 1):
        _add_record(space, number, reading.values)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)
    element.text = text
    return element


def _describe(root: etree._Element, image_name: str, recogniser_code: str) -> None:
    description = _add(root, "Description")
    _add(description, "MeasurementUnit", "pixel")
    _add(_add(description, "sourceImageInformation"), "fileName", image_name)
    processing = _add(description, "Processing", ID="reading")
    _add(processing, "processingCategory", "contentGeneration")
    _add(_add(processing, "processingSoftware"), "softwareName", recogniser_code)


def _add_record(space: etree._Element, number: int, values: Mapping[str, MachineValue]) -> None:
    record = _add(space, "ComposedBlock", ID=f"record_{number}", TYPE="record")
    for column, value in values.items():
        place = dict(zip(("HPOS", "VPOS", "WIDTH", "HEIGHT"), map(str, value.box_px), strict=True))
        name = f"record_{number}_{column}"
        block = _add(record, "TextBlock", ID=name, TAGREFS=f"column_{column}", **place)
        if value.text:
            line = _add(block, "TextLine", ID=f"{name}_line", **place)
            _add(line, "String", CONTENT=value.text, WC=f"{value.confidence:.3f}", **place)
