"""An archive transfer bag of a book: masters, access copies, ALTO, the sheet of records, PREMIS events, IIIF manifest.

Document: The BagIt File Packaging Format, version 1.0 (RFC 8493), with SHA-256. Digests are made while files are
written, so that nothing is read twice and no file is held in memory but the one being written. The library `bagit`
reads the bag back before it gets its name.

    data/masters/0001.tif   data/access/0001.jpg   data/alto/0001.xml
    data/records.xlsx       data/premis.xml        data/manifest.json
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path

from connectors.ledger.handed_over import HandedMaster, HandedPage, PastEvent
from connectors.paper.bag_alto import bag_alto
from connectors.paper.case_pdf import size_of
from connectors.paper.iiif import ShownPage, write_manifest
from connectors.paper.premis import PremisObject, write_premis
from schemas.keying import Reading
from schemas.source import Book

ENDINGS = {
    "image/tiff": "tif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/heic": "heic",
    "application/pdf": "pdf",
}
"""By media type; of another kind of file nothing is claimed."""
CHUNK = 1 << 20


@dataclass(frozen=True)
class BagSource:
    """What goes into a bag. The iterables are gone through once, in the order of the fields.

    `readings_of`: what machines read on a page, as `bag_alto` takes it. `write_records`: writes the sheet of records to
    a path. `made_on`: the day of the hand-over. `address`: under which the archive will show the book.
    """

    code: str
    book: Book
    masters: Iterable[HandedMaster]
    pages: Iterable[HandedPage]
    readings_of: Callable[[HandedPage], Sequence[tuple[int, Reading]]]
    write_records: Callable[[Path], int]
    history: Iterable[PastEvent]
    made_on: date
    address: str


@dataclass
class _Payload:
    """The files of a bag as they are written: digest and size of each, by its path below the bag."""

    root: Path
    digests: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def put(self, path: str, content: bytes) -> None:
        target = self.place(path)
        target.write_bytes(content)
        self._note(path, sha256(content).hexdigest(), len(content))

    def place(self, path: str) -> Path:
        """Where a file goes; its folder is there afterwards."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def noted(self, path: str) -> None:
        """Notes a file that somebody else wrote."""
        digest, size = sha256(), 0
        with (self.root / path).open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
        self._note(path, digest.hexdigest(), size)

    def _note(self, path: str, digest: str, size: int) -> None:
        self.digests[path], self.sizes[path] = digest, size


def write_bag(root: Path, source: BagSource) -> dict[str, int]:
    """Writes the bag into an empty folder and reads it back. Returns counts of masters, pages, records and events.
    Raises bagit.BagError when what was written is not what lies there."""
    payload = _Payload(root)
    scan_paths: dict[int, str] = {}
    page_paths: dict[int, str] = {}
    shown = list[ShownPage]()
    objects = [*_masters(payload, source.masters, scan_paths), *_pages(payload, source, page_paths, shown)]
    records = source.write_records(payload.place("data/records.xlsx"))
    payload.noted("data/records.xlsx")

    def subject_of(event: PastEvent) -> str:
        """The file of a scan or a page; what has no file is named."""
        paths = {"scan": scan_paths, "page": page_paths}.get(event.subject_kind, {})
        return paths.get(event.subject_id, f"{event.subject_kind} {event.subject_id}")

    events = write_premis(payload.place("data/premis.xml"), objects, source.history, subject_of)
    payload.noted("data/premis.xml")
    write_manifest(payload.place("data/manifest.json"), source.address, source.book, source.code, shown)
    payload.noted("data/manifest.json")
    _write_tags(payload, source)
    _read_back(root)
    return {"masters": len(scan_paths), "pages": len(shown), "records": records, "events": events}


def _masters(payload: _Payload, masters: Iterable[HandedMaster], scan_paths: dict[int, str]) -> Iterator[PremisObject]:
    """Files are numbered: the name that a scan came with may name a person."""
    for number, master in enumerate(masters, 1):
        path = f"data/masters/{number:04d}.{ENDINGS.get(master.media_type, 'bin')}"
        payload.put(path, master.content)
        if payload.digests[path] != master.sha256.hex():
            raise ValueError(f"master {master.scan_id} is not the one that came: its digest is another")
        scan_paths[master.scan_id] = path.removeprefix("data/")
        yield _described(payload, path, master.media_type)


def _pages(
    payload: _Payload, source: BagSource, page_paths: dict[int, str], shown: list[ShownPage]
) -> Iterator[PremisObject]:
    for page in source.pages:
        if page.copy is None:
            continue
        name = f"{len(shown) + 1:04d}"
        path, alto_path = f"data/access/{name}.jpg", f"data/alto/{name}.xml"
        payload.put(path, page.copy)
        page_paths[page.page_id] = path.removeprefix("data/")
        size_px, readings = size_of(page.copy), source.readings_of(page)
        if readings:
            payload.put(alto_path, bag_alto(page_paths[page.page_id], size_px, readings))
        alto_shown = alto_path.removeprefix("data/") if readings else None
        shown.append(ShownPage(page.page_number, page_paths[page.page_id], *size_px, alto_shown))
        yield _described(payload, path, "image/jpeg")


def _described(payload: _Payload, path: str, media_type: str) -> PremisObject:
    return PremisObject(path.removeprefix("data/"), media_type, payload.sizes[path], payload.digests[path])


def _write_tags(payload: _Payload, source: BagSource) -> None:
    """The files that make a folder a bag."""
    info = {
        "Bag-Software-Agent": "lienthong",
        "Bagging-Date": source.made_on.isoformat(),
        "External-Identifier": source.code,
        "Payload-Oxum": f"{sum(payload.sizes.values())}.{len(payload.sizes)}",
    }
    tags = {
        "bagit.txt": "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": "".join(f"{name}: {value}\n" for name, value in info.items()),
        "manifest-sha256.txt": _lines(payload.digests),
    }
    digests = {}
    for name, text in tags.items():
        content = text.encode()
        (payload.root / name).write_bytes(content)
        digests[name] = sha256(content).hexdigest()
    (payload.root / "tagmanifest-sha256.txt").write_text(_lines(digests), encoding="utf-8")


def _lines(digests: Mapping[str, str]) -> str:
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items()))


def _read_back(root: Path) -> None:
    import bagit

    bagit.Bag(str(root)).validate()
