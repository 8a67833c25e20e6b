"""The PDF of one case: the page that it has to itself, or its row of a table, out of the access copy of the page."""

from io import BytesIO

A4_WIDTH_PT = 595.276
"""210 mm; a PDF counts 72 points an inch."""
MARGIN = 0.15
"""How much of the next rows is shown with a row, as a share of its height: letters reach over printed lines."""
QUALITIES = (85, 75, 65, 55, 45)
SMALLER = 0.8
ABOUT = 1.25
"""A page that is so much larger than asked for is not written anew: the rule says "about"."""


def case_pdf(copy: bytes, row_px: tuple[int, int] | None, most_bytes: int) -> bytes:
    """A PDF of one page, as wide as A4. A page that is a JPEG of about `most_bytes` is put into it as it is.

    `row_px`: top and bottom of the row on the copy. Raises ValueError when the copy is no image.
    """
    import pikepdf

    fits = row_px is None and len(copy) <= most_bytes * ABOUT and is_jpeg(copy)
    image = copy if fits else case_image(copy, row_px, most_bytes)
    width, height = size_of(image)
    pdf, name = pikepdf.new(), pikepdf.Name
    picture = pdf.make_stream(
        image,
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
    target = BytesIO()
    pdf.save(target, deterministic_id=True)
    return target.getvalue()


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


def case_image(copy: bytes, row_px: tuple[int, int] | None, most_bytes: int) -> bytes:
    """The page or its row as a JPEG: of lower quality, then smaller, until it is as small as is asked for. Raises
    ValueError when the copy is no image."""
    from PIL import Image

    width, height = size_of(copy)
    with Image.open(BytesIO(copy)) as opened:
        image = opened.convert("RGB")
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
