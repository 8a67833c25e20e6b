"""Files of a drop folder or an upload become masters: known by content, fingerprinted, guarded before they are decoded.

A file that cannot be used is refused alone, with a reason code whose words say what to do (`scan.*` in the desk's table
of words); the files beside it go on. Limits are assumed, and larger than any scan of a register page that was seen.
"""

import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from io import BytesIO
from pathlib import PurePosixPath
from typing import BinaryIO

from connectors.paper.book_names import CLUTTER
from connectors.paper.extra import reads_heic

MOST_BYTES = 256 * 2**20
"""Of one file: a book of 250 pages at 1 MB. It is sealed as a whole, so it must fit into memory several times."""
MOST_ZIP_BYTES = 4 * 2**30
"""Of all files in one archive, unpacked."""
MOST_ZIP_FILES = 5000
BOMB_BYTES, BOMB_RATIO = 100 * 2**20, 1000
"""An archive that unpacks to more than so many bytes, so many times its own size, holds no scans: those are packed
already."""
SNIFFED_BYTES = 1024

PDF, TIFF, JPEG, PNG = "application/pdf", "image/tiff", "image/jpeg", "image/png"
HEIC = "image/heic"
ZIP, UNKNOWN_TYPE = "application/zip", "application/octet-stream"
_FIRST_BYTES = {
    b"\xff\xd8\xff": JPEG,
    b"\x89PNG\r\n\x1a\n": PNG,
    b"II*\x00": TIFF,
    b"MM\x00*": TIFF,
    b"II+\x00": TIFF,
    b"MM\x00+": TIFF,
    b"PK\x03\x04": ZIP,
    b"PK\x05\x06": ZIP,
}
_OLE = b"\xd0\xcf\x11\xe0"
_KEYED_ENDINGS = (".csv", ".dbf", ".xls", ".xlsx")
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis"})
"""Of ISO/IEC 23008-12, annex B: still images in HEVC."""
_PHONE_BRANDS = _HEIC_BRANDS | {b"mif1", b"heif", b"msf1", b"hevc", b"hevx", b"avif", b"avis"}
_MOST_BRANDS_BYTES = 256


class ScanReason(StrEnum):
    """Why a file was refused. The desk's words under `scan.` say what to do."""

    EMPTY_FILE = "empty_file"
    UNKNOWN_TYPE = "unknown_type"
    PHONE_FORMAT = "phone_format"  # HEIC where no library reads it, other HEIF, AVIF
    DAMAGED = "damaged"  # truncated, or not to be decoded
    LOCKED = "locked"  # by a password
    TOO_MANY_BYTES = "too_many_bytes"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_PAGES = "too_many_pages"
    NO_PAGES = "no_pages"
    ZIP_BOMB = "zip_bomb"
    UNSAFE_NAME = "unsafe_name"
    NESTED_ARCHIVE = "nested_archive"
    KEYED_FILE = "keyed_file"  # no scan: it is loaded by another command
    BREAKS_READER = "breaks_reader"  # the program that opens it ended, or took too long


class ScanRefused(Exception):
    """A file, or a page of it, that cannot be used."""

    def __init__(self, reason_code: ScanReason) -> None:
        super().__init__(str(reason_code))
        self.reason_code = reason_code


@dataclass(frozen=True)
class ScanMaster:
    """One file that came in, as it came. `reason_code`: why it is refused; None when it can be opened. A refused file
    that is too large has no content here, and stays where it lies."""

    name: str = field(repr=False)
    media_type: str
    size: int
    sha256: bytes
    content: bytes = field(repr=False, default=b"")
    reason_code: str | None = None


def media_type_of(content: bytes) -> str:
    """By the first bytes; a name proves nothing."""
    if b"%PDF-" in content[:SNIFFED_BYTES]:
        return PDF
    if _HEIC_BRANDS & _brands(content):
        return HEIC
    return next((kind for first, kind in _FIRST_BYTES.items() if content.startswith(first)), UNKNOWN_TYPE)


def _brands(content: bytes) -> set[bytes]:
    """What a file of the ISO base media format says it is: its own brand, and those whose readers can read it too."""
    if content[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(content[:4], "big"), len(content), _MOST_BRANDS_BYTES)
    return {content[8:12]} | {content[at : at + 4] for at in range(16, end - 3, 4)}


def masters_of(name: str, stream: BinaryIO) -> Iterator[ScanMaster]:
    """The masters in a file: the file itself, or the files of an archive. What is refused has a `reason_code`.

    `stream` can be read from anywhere in it (a file, BytesIO). Nothing is decoded here.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    first = stream.read(SNIFFED_BYTES)
    if media_type_of(first) == ZIP and not is_workbook(stream):
        yield from _unpacked(name, stream, size)
        return
    stream.seek(0)
    if size > MOST_BYTES:
        yield _refused(name, media_type_of(first), size, _digest(stream), ScanReason.TOO_MANY_BYTES)
        return
    yield _master(name, stream.read())


def is_workbook(stream: BinaryIO) -> bool:
    """Whether an archive is a spreadsheet (.xlsx), which is keyed data and no scans."""
    try:
        with zipfile.ZipFile(stream) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def _master(name: str, content: bytes) -> ScanMaster:
    media_type, digest = media_type_of(content), sha256(content).digest()
    reason = _reason_to_refuse(name, content, media_type)
    return ScanMaster(name, media_type, len(content), digest, content, reason)


def _reason_to_refuse(name: str, content: bytes, media_type: str) -> ScanReason | None:
    if not content:
        return ScanReason.EMPTY_FILE
    if media_type == ZIP:
        return ScanReason.KEYED_FILE if is_workbook(BytesIO(content)) else ScanReason.NESTED_ARCHIVE
    if media_type == HEIC:
        return None if reads_heic() else ScanReason.PHONE_FORMAT
    if media_type != UNKNOWN_TYPE:
        return None
    if content.startswith(_OLE) or name.casefold().endswith(_KEYED_ENDINGS):
        return ScanReason.KEYED_FILE
    return ScanReason.PHONE_FORMAT if _PHONE_BRANDS & _brands(content) else ScanReason.UNKNOWN_TYPE


def _unpacked(name: str, stream: BinaryIO, size: int) -> Iterator[ScanMaster]:
    digest = _digest(stream)
    try:
        with zipfile.ZipFile(stream) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if _is_bomb(members, size):
                yield _refused(name, ZIP, size, digest, ScanReason.ZIP_BOMB)
                return
            for member in members:
                if not CLUTTER.search(member.filename):
                    yield _unpacked_member(archive, member)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        yield _refused(name, ZIP, size, digest, ScanReason.DAMAGED)


def _is_bomb(members: list[zipfile.ZipInfo], size: int) -> bool:
    """By what the archive's own directory says; what it hides is stopped while it is read."""
    unpacked = sum(member.file_size for member in members)
    is_swollen = unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * max(size, 1)
    return len(members) > MOST_ZIP_FILES or unpacked > MOST_ZIP_BYTES or is_swollen


def _unpacked_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> ScanMaster:
    name = _member_name(member)
    reason = _reason_of_member(member, name)
    if reason is None:
        try:
            with archive.open(member) as packed:
                content = packed.read(MOST_BYTES + 1)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError, RuntimeError):
            reason = ScanReason.DAMAGED
        except Exception as error:  # zlib, lzma and bz2 each have an error of their own
            if type(error).__module__ not in ("zlib", "_lzma", "lzma", "builtins"):
                raise
            reason = ScanReason.DAMAGED
        else:
            return _master(name, content) if len(content) <= MOST_BYTES else _too_large(name, member)
    digest = sha256(f"{member.CRC}/{member.file_size}/{name}".encode()).digest()
    return _refused(name, UNKNOWN_TYPE, member.file_size, digest, reason)


def _too_large(name: str, member: zipfile.ZipInfo) -> ScanMaster:
    digest = sha256(f"{member.CRC}/{member.file_size}/{name}".encode()).digest()
    return _refused(name, UNKNOWN_TYPE, member.file_size, digest, ScanReason.TOO_MANY_BYTES)


def _reason_of_member(member: zipfile.ZipInfo, name: str) -> ScanReason | None:
    if member.flag_bits & 0x1:
        return ScanReason.LOCKED
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    return ScanReason.UNSAFE_NAME if is_link or not _is_safe(name) else None


def _is_safe(name: str) -> bool:
    """Whether a name in an archive stays inside of it. Nothing is ever written by such a name; one that tries to leave
    says that somebody made the archive to do harm."""
    path = PurePosixPath(name.replace("\\", "/"))
    return not (path.is_absolute() or ".." in path.parts or ":" in name or not name.isprintable())


def _member_name(member: zipfile.ZipInfo) -> str:
    """Windows writes UTF-8 without saying so; Python then reads the bytes as code page 437."""
    if member.flag_bits & 0x800:
        return member.orig_filename
    try:
        return member.orig_filename.encode("cp437").decode()
    except (UnicodeEncodeError, UnicodeDecodeError):
        return member.orig_filename


def _refused(name: str, media_type: str, size: int, digest: bytes, reason: ScanReason) -> ScanMaster:
    return ScanMaster(name, media_type, size, digest, b"", str(reason))


def _digest(stream: BinaryIO) -> bytes:
    stream.seek(0)
    digest = sha256()
    while block := stream.read(2**20):
        digest.update(block)
    stream.seek(0)
    return digest.digest()
