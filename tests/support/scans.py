"""Files as an office scans them: small invented pages as JPEG, PNG, TIFF and PDF, archives of them, and bad ones.

Nothing here knows how the product opens a file; what is bad in a file is written by hand from its format.
"""

import io
import struct
import zipfile
from collections.abc import Mapping
from functools import cache
from random import Random

from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
WIDTH, HEIGHT = 1654, 2339
"""A4 at 200 dots per inch."""
WORDS = "Nguyễn Trần Lê Phạm Thị Văn Hạnh Minh Quỳnh Sơn Thủy Đức An Bình xã huyện tỉnh ngày tháng năm".split()


@cache
def page(number: int = 1) -> Image.Image:
    """A page with a printed frame, twelve lines of text and its number; each number has other words."""
    lot = Random(number)
    image = Image.new("RGB", (WIDTH, HEIGHT), (244, 238, 222))
    draw, font = ImageDraw.Draw(image), ImageFont.truetype(FONT, 34)
    draw.rectangle((140, 130, WIDTH - 140, HEIGHT - 130), outline=(30, 30, 30), width=4)
    draw.text((WIDTH // 2 - 60, 170), f"Số {number}", (30, 30, 30), font)
    for line in range(12):
        words = " ".join(lot.choice(WORDS) for _ in range(9))
        draw.text((190, 300 + line * 150), words, (40, 40, 60), font)
    return image


def blank_page() -> Image.Image:
    return Image.new("RGB", (WIDTH, HEIGHT), (244, 238, 222))


def blurred(image: Image.Image, px: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(px))


def darkened(image: Image.Image, share: float) -> Image.Image:
    return image.point(lambda level: int(level * share))


def bleached(image: Image.Image, share: float) -> Image.Image:
    """Only so much of the ink is left."""
    return image.point(lambda level: int(255 - (255 - level) * share))


def smaller(image: Image.Image, share: float) -> Image.Image:
    return image.resize((round(image.width * share), round(image.height * share)), Image.Resampling.LANCZOS)


def jpeg(image: Image.Image, quality: int = 82, orientation: int = 0) -> bytes:
    """`orientation`: as a phone writes it into the file (EXIF tag 0x0112)."""
    file, exif = io.BytesIO(), Image.Exif()
    if orientation:
        exif[0x0112] = orientation
    image.save(file, "JPEG", quality=quality, exif=exif)
    return file.getvalue()


def heic(image: Image.Image, orientation: int = 0) -> bytes:
    """As an iPhone writes it: HEVC in a HEIF container."""
    from pillow_heif import from_pillow

    file, exif = io.BytesIO(), Image.Exif()
    if orientation:
        exif[0x0112] = orientation
    from_pillow(image).save(file, quality=60, exif=exif.tobytes())
    return file.getvalue()


def heic_that_says(content: bytes, width: int, height: int) -> bytes:
    """A HEIC whose header says another size (the boxes `ispe` of ISO/IEC 23008-12) than its picture has."""
    changed, at = bytearray(content), -1
    while (at := content.find(b"ispe", at + 1)) >= 0:
        struct.pack_into(">II", changed, at + 8, width, height)
    return bytes(changed)


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def tiff(*images: Image.Image) -> bytes:
    file = io.BytesIO()
    first, *others = (image.copy() for image in images)  # Pillow leaves settings of other formats in what it saved
    first.save(file, "TIFF", save_all=True, append_images=others)
    return file.getvalue()


def pdf(*images: Image.Image, password: str = "", dpi: int = 200) -> bytes:
    file = io.BytesIO()
    images[0].save(file, "PDF", save_all=True, append_images=images[1:], resolution=dpi)
    if not password:
        return file.getvalue()
    import pikepdf

    locked = io.BytesIO()
    with pikepdf.open(file) as document:
        document.save(locked, encryption=pikepdf.Encryption(owner=password, user=password))
    return locked.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def truncated(content: bytes, share: float = 0.6) -> bytes:
    return content[: int(len(content) * share)]


def without_its_last_lines(content: bytes) -> bytes:
    """A PDF that is cut where it says where its table begins: a program that repairs it would not notice."""
    return content[: content.rindex(b"startxref")]


def huge_tiff(width: int = 30_000, height: int = 20_000) -> bytes:
    """600 million pixels in a few bytes: a directory that says so, over one strip of hardly anything (TIFF 6.0)."""
    sizes = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1)]
    strips = [(273, 4, 8), (277, 3, 1), (278, 4, height), (279, 4, 16)]
    entries = [(tag, kind, 1, value) for tag, kind, value in [*sizes, *strips]]
    directory = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    strip = bytes(16)
    return b"II*\x00" + struct.pack("<I", 8 + 16) + strip + struct.pack("<H", len(entries)) + directory + bytes(4)


def zip_bomb(megabytes: int = 150) -> bytes:
    """So many megabytes of nothing, a thousandth of it packed."""
    return zipped({"so.tif": bytes(megabytes * 2**20)})


def lying_zip(name: str, content: bytes, said: int) -> bytes:
    """An archive whose directory says another size than what unpacks."""
    packed = bytearray(zipped({name: content}))
    directory = packed.rindex(b"PK\x01\x02")
    struct.pack_into("<I", packed, directory + 24, said)
    return bytes(packed)


def linked_zip() -> bytes:
    """An archive with a symbolic link to a file of the machine that opens it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        member = zipfile.ZipInfo("trang1.jpg")
        member.create_system, member.external_attr = 3, 0o120777 << 16
        archive.writestr(member, "/etc/passwd")
    return file.getvalue()


def workbook() -> bytes:
    """The first parts of a spreadsheet: keyed data, and no scans."""
    return zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"})
