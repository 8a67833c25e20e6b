"""The PDF of one case: the page that it has to itself, or its row of a table, out of the access copy of the page."""

from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pikepdf
    from PIL.Image import Image

A4_WIDTH_PT = 595.276
"""210 mm; a PDF counts 72 points an inch."""
MARGIN = 0.15
"""How much of the next rows is shown with a row, as a share of its height: letters reach over printed lines."""
QUALITIES = (85, 75, 65, 55, 45)
SMALLER = 0.8
ABOUT = 1.25
"""A page that is so much larger than asked for is not written anew: the rule says "about"."""


@dataclass
class PageCopy:
    """The access copy of a page, decoded once at most: a page of a table has a PDF for each of its rows."""

    content: bytes = field(repr=False)

    @cached_property
    def image(self) -> "Image":
        """In three colours. Raises ValueError when the copy is no image."""
        from PIL.Image import open as open_image

        size_of(self.content)
        with open_image(BytesIO(self.content)) as opened:
            image: Image = opened.convert("RGB")
        return image


def case_pdf(copy: PageCopy, row_px: tuple[int, int] | None, most_bytes: int) -> bytes:
    """A PDF of one page, as wide as A4. A page that is a JPEG of about `most_bytes` is put into it as it is.

    `row_px`: top and bottom of the row on the copy. Raises ValueError when the copy is no image.
    """
    import pikepdf

    fits = row_px is None and len(copy.content) <= most_bytes * ABOUT and is_jpeg(copy.content)
    pdf = pikepdf.new()
    add_page(pdf, copy.content if fits else case_image(copy, row_px, most_bytes))
    target = BytesIO()
    pdf.save(target, deterministic_id=True)
    return target.getvalue()


def add_page(pdf: "pikepdf.Pdf", jpeg: bytes) -> None:
    """Adds a page that shows a JPEG in three colours, byte for byte, as wide as A4."""
    import pikepdf

    width, height = size_of(jpeg)
    name = pikepdf.Name
    picture = pdf.make_stream(
        jpeg,
        Type=name.XObject,
        Subtype=name.Image,
        Filter=name.DCTDecode,
        Width=width,
        Height=height,
        BitsPerComponent=8,
        ColorSpace=name.DeviceRGB,
    )
    tall = A4_WIDTH_PT * height / width
    page = pikepdf.Dictionary(
        Type=name.Page,
        MediaBox=[0, 0, A4_WIDTH_PT, tall],
        Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(Page=picture)),
        Contents=pdf.make_stream(f"q {A4_WIDTH_PT:.3f} 0 0 {tall:.3f} 0 0 cm /Page Do Q".encode()),
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))


def size_of(image: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the beginning of the file. Raises ValueError when it is no image."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(BytesIO(image)) as opened:
            return int(opened.width), int(opened.height)
    except UnidentifiedImageError:
        raise ValueError("the access copy of a page is no image") from None


def is_jpeg(image: bytes) -> bool:
    """Whether it is a JPEG in three colours, which a PDF takes as it is."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(BytesIO(image)) as opened:
            return bool(opened.format == "JPEG" and opened.mode == "RGB")
    except UnidentifiedImageError:
        return False


def case_image(copy: PageCopy, row_px: tuple[int, int] | None, most_bytes: int) -> bytes:
    """The page or its row as a JPEG: of lower quality, then smaller, until it is as small as is asked for. Raises
    ValueError when the copy is no image."""
    from PIL import Image

    image = copy.image
    width, height = image.size
    if row_px is not None:
        margin = round((row_px[1] - row_px[0]) * MARGIN)
        image = image.crop((0, max(0, row_px[0] - margin), width, min(height, row_px[1] + margin)))
    while True:
        for quality in QUALITIES:
            target = BytesIO()
            image.save(target, "JPEG", quality=quality)
            if target.tell() <= most_bytes:
                return target.getvalue()
        smaller = (max(1, round(image.width * SMALLER)), max(1, round(image.height * SMALLER)))
        image = image.resize(smaller, Image.Resampling.LANCZOS)
