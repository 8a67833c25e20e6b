"""What happened to a book, as PREMIS 3 events: scanned, read, keyed, decided, accepted, loaded, entered, handed over.

Document: PREMIS Data Dictionary 3.0 and its schema (Library of Congress, namespace `http://www.loc.gov/premis/v3`).
Agents are roles, never persons: an archive has no need of who keyed what, and the ledger keeps it. Event types that the
vocabulary of the Library of Congress has are named by it; `transcription` and `adjudication` are ours.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from lxml import etree

from connectors.ledger.handed_over import PastEvent

NAMESPACE = "http://www.loc.gov/premis/v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
EVENTS: dict[str, tuple[str, str, str]] = {
    "scanned": ("ingestion start", "archivist", "the scan was taken in as it came"),
    "read": ("recognition", "software", "a machine read the page, for searching only"),
    "keyed_first": ("transcription", "keyer", "first keying, blind"),
    "keyed_second": ("transcription", "keyer", "second keying, blind"),
    "keyed_third": ("adjudication", "adjudicator", "a third person keyed, blind, where two keyings differ"),
    "looked_again": ("adjudication", "adjudicator", "a third person decided where no two of three keyings agree"),
    "loaded": ("transcription", "archivist", "the record came in a keyed file"),
    "accepted": ("accession", "archivist", "the book was accepted by a sample"),
    "rejected": ("validation", "archivist", "the book was rejected by a sample"),
    "entered": ("dissemination", "software", "the record became a dossier for the civil status registry"),
    "handed_over": ("dissemination", "archivist", "the book was handed over"),
}
"""By what the ledger says happened: event type, role of who did it, and what it means."""
ROLES = {
    "archivist": "person",
    "keyer": "person",
    "adjudicator": "person",
    "software": "software",
}
"""Agents and their types."""


class PremisObject:
    """A file that events are about: its path in the bag, and what it is."""

    def __init__(self, path: str, media_type: str, size: int, sha256: str) -> None:
        self.path, self.media_type, self.size, self.sha256 = path, media_type, size, sha256


def write_premis(
    path: Path, objects: Iterable[PremisObject], history: Iterable[PastEvent], subject_of: Callable[[PastEvent], str]
) -> int:
    """Writes objects, events and agents one after another; returns how many events. `subject_of`: by what identifier an
    event's scan, page, record or book is known in the bag."""
    count = 0
    location = {f"{{{XSI}}}schemaLocation": f"{NAMESPACE} http://www.loc.gov/standards/premis/premis.xsd"}
    with etree.xmlfile(str(path), encoding="utf-8") as document:
        document.write_declaration()
        with document.element(_tag("premis"), {**location, "version": "3.0"}, nsmap={None: NAMESPACE, "xsi": XSI}):
            for described in objects:
                document.write(_object(described))
            for count, event in enumerate(history, 1):
                document.write(_event(count, event, subject_of(event)))
            for role, kind in ROLES.items():
                document.write(_agent(role, kind))
    return count


def _object(described: PremisObject) -> etree._Element:
    element = _node("object", _identifier("object", "bag path", described.path))
    element.set(f"{{{XSI}}}type", "file")
    fixity = _node("fixity", _text("messageDigestAlgorithm", "SHA-256"), _text("messageDigest", described.sha256))
    media_type = _node("formatDesignation", _text("formatName", described.media_type))
    element.append(
        _node("objectCharacteristics", fixity, _text("size", str(described.size)), _node("format", media_type))
    )
    return element


def _event(number: int, event: PastEvent, subject: str) -> etree._Element:
    event_type, role, meaning = EVENTS[event.kind]
    detail = f"{meaning} ({event.detail})" if event.detail else meaning
    return _node(
        "event",
        _identifier("event", "lienthong", f"event-{number}"),
        _text("eventType", event_type),
        _text("eventDateTime", _moment(event.happened_at)),
        _node("eventDetailInformation", _text("eventDetail", detail)),
        _node(
            "linkingAgentIdentifier",
            _text("linkingAgentIdentifierType", "role"),
            _text("linkingAgentIdentifierValue", role),
        ),
        _node(
            "linkingObjectIdentifier",
            _text("linkingObjectIdentifierType", "bag path" if "/" in subject else "lienthong"),
            _text("linkingObjectIdentifierValue", subject),
        ),
    )


def _agent(role: str, kind: str) -> etree._Element:
    return _node("agent", _identifier("agent", "role", role), _text("agentName", role), _text("agentType", kind))


def _identifier(of: str, kind: str, value: str) -> etree._Element:
    return _node(f"{of}Identifier", _text(f"{of}IdentifierType", kind), _text(f"{of}IdentifierValue", value))


def _node(name: str, *children: etree._Element) -> etree._Element:
    element = _element(name)
    element.extend(children)
    return element


def _text(name: str, text: str) -> etree._Element:
    element = _element(name)
    element.text = text
    return element


def _element(name: str) -> etree._Element:
    """In the default namespace, so that no event has a prefix and a declaration of its own."""
    return etree.Element(_tag(name), nsmap={None: NAMESPACE})  # type: ignore[dict-item]  # the stubs know no default


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
