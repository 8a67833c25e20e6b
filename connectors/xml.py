"""Reading and writing XML safely: no entities, no DTD, no network, a size limit, a schema where there is one."""

from functools import cache
from importlib.resources import files
from threading import Lock
from typing import Any

from lxml import etree

from connectors.errors import Unrecognised

_VALIDATING = Lock()
XML_LIMIT_BYTES = 8 * 1024 * 1024


def parse(body: bytes, *, limit: int = XML_LIMIT_BYTES) -> etree._Element:
    """The root element of a document from outside. Raises Unrecognised when it is no XML, too large, or has a DTD."""
    if len(body) > limit:
        raise Unrecognised(f"XML over {limit} bytes", body[:4096])
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unrecognised(f"not well-formed XML: {type(error).__name__}", body) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unrecognised("XML with a document type declaration is not accepted", body)
    return root


def text(element: etree._Element, path: str, default: str = "") -> str:
    """The text at a path below an element (namespaces with `{*}`), as written."""
    child = element.find(path)
    return child.text or default if child is not None else default


def add(parent: etree._Element, name: str, content: object | None = None) -> etree._Element:
    """A new child with text; None makes it empty."""
    child = etree.SubElement(parent, name)
    if content is not None:
        child.text = str(content)
    return child


@cache
def schema(package: str, name: str) -> etree.XMLSchema:
    """The XML schema that lies in a package: `connectors.registries.land`, `land.xsd`."""
    return etree.XMLSchema(etree.fromstring(files(package).joinpath(name).read_bytes()))


def faults(root: etree._Element, schema: etree.XMLSchema) -> list[str]:
    """The breaches of the schema in a document: path and rule of each, without the values."""
    validator: Any = schema
    with _VALIDATING:  # all threads that validate with a schema share its error log
        errors = [] if validator.validate(root) else list(validator.error_log)
    return [f"{error.path}: {error.type_name}" for error in errors]
