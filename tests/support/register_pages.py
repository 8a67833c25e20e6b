"""Makes pages of paper registers with their ground truth: invented entries on layouts of our own, scanned or
photographed as badly as real ones are. A seed makes the same page again.

Print, writing and seal are drawn as layers at 12 pixels a millimetre; one geometry (curled edge, skew, perspective)
sees them all; then paper, ink and light are mixed, and blur, grain and JPEG act on the image. Nothing here knows how
the product reads.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.support.register_layouts import LAYOUTS, SPREAD, Blank, FormLayout, TableLayout
from tests.support.register_values import value

DRAWN = 12
"""Pixels a millimetre while a page is drawn."""
FONTS = Path("/usr/share/fonts/truetype")
PRINT = (
    "liberation2/LiberationSerif-Regular.ttf",
    "freefont/FreeSerif.ttf",
    "dejavu/DejaVuSans.ttf",
    "liberation2/LiberationSans-Regular.ttf",
)
TYPEWRITER = ("freefont/FreeMonoBold.ttf", "liberation2/LiberationMono-Regular.ttf")
"""Of the Debian packages fonts-liberation2, fonts-freefont-ttf and fonts-dejavu-core."""
LABELS = FONTS / PRINT[0]
INK = {"print": (40, 38, 36), "typewriter": (52, 46, 46), "script": (96, 52, 34)}
"""Blue, green, red of the ink; a pen writes blue-black."""
PAPER = (222, 238, 244)
RED = (70, 60, 215)
HEIGHT_MM = {"print": 4.6, "typewriter": 4.3, "script": 5.4}

ALL_LAYOUTS = LAYOUTS | SPREAD

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
Floats = np.ndarray[Any, np.dtype[np.float32]]
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Damage:
    """What happened to a page and how it was scanned. Lengths in millimetres, angles in degrees.

    `perspective`: how much nearer one side of the page is to the camera. `curl_mm`: how far the paper rises at its
    bound edge. `fade`: share of the ink that is gone. `turned`: quarter turns. `row_shift`: rows by which the printed
    row numbers are wrong.
    """

    dpi: int = 300
    skew_deg: float = 0.0
    perspective: float = 0.0
    curl_mm: float = 0.0
    fade: float = 0.0
    blur_px: float = 0.0
    stains: int = 0
    seal: bool = False
    worn: bool = False
    shows_through: bool = False
    is_photograph: bool = False
    jpeg_quality: int = 88
    turned: int = 0
    row_shift: int = 0


@dataclass(frozen=True)
class RegisterPage:
    """A scanned page. `image`: blue, green, red. `jpeg`: its file. `rows`: what was written, by column, for each row.
    `corners_px`: where the frame's corners lie in the image, from the top left clockwise as printed."""

    form_code: str
    font_kind: str
    image: Pixels = field(repr=False)
    jpeg: bytes = field(repr=False)
    rows: tuple[Mapping[str, str], ...]
    corners_px: Floats


def entry(layout_code: str, seed: int) -> dict[str, str]:
    """What one record of a layout says."""
    lot = random.Random(f"{layout_code}/{seed}")
    layout = ALL_LAYOUTS[layout_code]
    if isinstance(layout, FormLayout):
        columns = [blank.column for _, blanks in layout.lines for blank in blanks]
    else:
        columns = [column for _, column, _ in layout.cells[1:]]
    return {column: value(lot, column) for column in columns}


def damage(seed: int) -> Damage:
    """Damage as it comes: a third of the pages is photographed, half has a seal."""
    lot = random.Random(f"damage/{seed}")
    is_photograph = lot.random() < 0.33
    return Damage(
        dpi=lot.choice((200, 300)) if not is_photograph else 240,
        skew_deg=lot.uniform(-2, 2),
        perspective=lot.uniform(0.02, 0.07) if is_photograph else lot.uniform(0, 0.006),
        curl_mm=lot.uniform(0.5, 2.5) if is_photograph else lot.uniform(0, 0.6),
        fade=lot.choice((0.0, 0.0, 0.15, 0.35)),
        blur_px=lot.uniform(0.3, 0.9),
        stains=lot.randint(0, 4),
        seal=lot.random() < 0.5,
        worn=lot.random() < 0.4,
        shows_through=lot.random() < 0.4,
        is_photograph=is_photograph,
        jpeg_quality=lot.randint(72, 90),
    )


def make_page(
    layout_code: str,
    seed: int,
    font: Path = LABELS,
    font_kind: str = "print",
    done: Damage | None = None,
    rows: Sequence[Mapping[str, str]] | None = None,
) -> RegisterPage:
    """One page. `rows`: what is written on it; else it is invented. `done`: its damage; else that of the seed."""
    layout = ALL_LAYOUTS[layout_code]
    done = damage(seed) if done is None else done
    count = 1 if isinstance(layout, FormLayout) else layout.rows
    written = tuple(rows) if rows is not None else tuple(entry(layout_code, seed * 100 + row) for row in range(count))
    pen = _Pen(seed, font, font_kind, done)
    width, height = layout.size_mm
    canvas = Image.new("L", (round(width * DRAWN), round(height * DRAWN)), 255)
    ink = Image.new("L", canvas.size, 255)
    if isinstance(layout, FormLayout):
        _print_form(canvas, layout)
        pen.fill_form(ink, layout, written[0])
    else:
        _print_table(canvas, layout, done.row_shift)
        pen.fill_table(ink, layout, written)
    image, corners_px = _scanned(layout, np.asarray(canvas), np.asarray(ink), INK[font_kind], done, seed)
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, done.jpeg_quality])[1]
    image = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return RegisterPage(layout_code, font_kind, image, encoded.tobytes(), written, corners_px)


def open_book(left: RegisterPage, right: RegisterPage) -> bytes:
    """The file of one photograph of both pages, side by side, each bent in its own way; a dark table between them."""
    height = max(left.image.shape[0], right.image.shape[0])
    pages = [
        cv2.copyMakeBorder(page.image, 0, height - page.image.shape[0], 0, 12, cv2.BORDER_CONSTANT, value=(60, 66, 72))
        for page in (left, right)
    ]
    return bytes(cv2.imencode(".jpg", cv2.hconcat(pages), [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes())


# What is printed


@cache
def _font(path: Path, height_mm: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), round(height_mm * DRAWN))


def _print_form(canvas: Image.Image, layout: FormLayout) -> None:
    draw, (left, top) = ImageDraw.Draw(canvas), layout.frame_at_mm
    _rectangle(draw, left, top, *layout.frame_mm, 0.45)
    title = _font(LABELS, 5.6)
    middle = (left + layout.frame_mm[0] / 2) * DRAWN
    draw.text((middle, (top + 10) * DRAWN), layout.title, 30, title, anchor="mm")
    for foot, at, text in layout.headings:
        draw.text(((left + at) * DRAWN, (top + foot) * DRAWN), text, 30, _font(LABELS, 4.0), anchor="ls")
    for foot, blanks in layout.lines:
        for blank in blanks:
            _print_blank(draw, layout, left, top + foot, blank)


def _print_blank(draw: ImageDraw.ImageDraw, layout: FormLayout, left: float, foot: float, blank: Blank) -> None:
    draw.text(((left + blank.label_mm) * DRAWN, foot * DRAWN), blank.label, 30, _font(LABELS, 4.2), anchor="ls")
    radius = layout.dot_mm * DRAWN / 2
    dots = int((blank.right_mm - blank.left_mm) / layout.dot_pitch_mm)
    for number in range(dots):
        x, y = (left + blank.left_mm + (number + 0.5) * layout.dot_pitch_mm) * DRAWN, foot * DRAWN - radius
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), 40)


def _print_table(canvas: Image.Image, layout: TableLayout, row_shift: int) -> None:
    draw, (left, top) = ImageDraw.Draw(canvas), layout.frame_at_mm
    width, height = layout.frame_mm
    _rectangle(draw, left, top, width, height, 0.45)
    draw.text(((left + width / 2) * DRAWN, (top - 10) * DRAWN), layout.title, 30, _font(LABELS, 6.5), anchor="mm")
    x = left
    for title, _, cell in layout.cells:
        middle = (x + cell / 2) * DRAWN
        draw.text((middle, (top + layout.header_mm / 2) * DRAWN), title, 30, _font(LABELS, 4.0), anchor="mm")
        if x > left:
            draw.line((x * DRAWN, top * DRAWN, x * DRAWN, (top + height) * DRAWN), 50, 3)
        x += cell
    for row in range(layout.rows):
        y = top + layout.header_mm + row * layout.row_mm
        draw.line((left * DRAWN, y * DRAWN, (left + width) * DRAWN, y * DRAWN), 50, 3)
        number, middle = row + 1 + row_shift, (left + layout.cells[0][2] / 2) * DRAWN
        text = str(number) if number > 0 else ""
        draw.text((middle, (y + layout.row_mm / 2) * DRAWN), text, 30, _font(LABELS, 4.6), anchor="mm")


def _rectangle(draw: ImageDraw.ImageDraw, left: float, top: float, width: float, height: float, line_mm: float) -> None:
    box = (left * DRAWN, top * DRAWN, (left + width) * DRAWN, (top + height) * DRAWN)
    draw.rectangle(box, outline=30, width=round(line_mm * DRAWN))


# What is written


class _Pen:
    """Writes in one font, unevenly as a hand or a machine does."""

    def __init__(self, seed: int, font: Path, font_kind: str, done: Damage) -> None:
        self.lot = random.Random(f"pen/{seed}")
        self.font, self.kind = font, font_kind
        self.height_mm = HEIGHT_MM[font_kind] * self.lot.uniform(0.95, 1.1)
        self.above_mm = self.lot.uniform(0.15, 1.0)
        self.jitter_mm = {"print": 0.1, "typewriter": 0.3, "script": 0.35}[font_kind]

    def fill_form(self, ink: Image.Image, layout: FormLayout, row: Mapping[str, str]) -> None:
        left, top = layout.frame_at_mm
        for foot, blanks in layout.lines:
            for blank in blanks:
                width = blank.right_mm - blank.left_mm
                start = left + blank.left_mm + self.lot.uniform(0.6, 3.0)
                y = top + foot - self.above_mm + self.lot.uniform(-self.jitter_mm, self.jitter_mm)
                self.write(ink, row.get(blank.column, ""), start, y, width - 3.5)

    def fill_table(self, ink: Image.Image, layout: TableLayout, rows: Sequence[Mapping[str, str]]) -> None:
        left, top = layout.frame_at_mm
        for number, row in enumerate(rows):
            y, x = top + layout.header_mm + (number + 0.62) * layout.row_mm, left
            for _, column, width in layout.cells:
                start = x + self.lot.uniform(1.4, 2.6)
                foot = y + self.lot.uniform(-1.2, 1.2)
                self.write(ink, row.get(column, ""), start, foot, width - 4)
                x += width

    def write(self, ink: Image.Image, text: str, x: float, y: float, width_mm: float) -> None:
        """Writes on a foot line, smaller where there is too little room."""
        if not text:
            return
        height = self.height_mm
        while height > 2.6 and _font(self.font, height).getlength(text) > width_mm * DRAWN:
            height *= 0.96
        font = _font(self.font, round(height, 3))
        draw = ImageDraw.Draw(ink)
        if self.kind != "typewriter":
            slope = self.lot.uniform(-0.004, 0.004) if self.kind == "script" else 0.0
            self._sloping(ink, text, font, (x * DRAWN, y * DRAWN), slope)
            return
        for letter in text:  # each type strikes a little higher or weaker than the last
            rise = self.lot.gauss(0, 0.05) * DRAWN
            draw.text((x * DRAWN, y * DRAWN + rise), letter, self.lot.randint(0, 50), font, anchor="ls")
            x += font.getlength(letter) / DRAWN

    @staticmethod
    def _sloping(
        ink: Image.Image, text: str, font: ImageFont.FreeTypeFont, at: tuple[float, float], slope: float
    ) -> None:
        room = Image.new("L", (int(font.getlength(text)) + 90, int(font.size * 3)), 255)
        ImageDraw.Draw(room).text((30, font.size * 2), text, 0, font, anchor="ls")
        shear = (1, 0, 0, -slope, 1, slope * room.width / 2)
        room = room.transform(room.size, Image.Transform.AFFINE, shear, Image.Resampling.BILINEAR, fillcolor=255)
        corner = (round(at[0]) - 30, round(at[1] - font.size * 2))
        mask = room.point(lambda grey: 255 - grey)
        ink.paste(0, (corner[0], corner[1], corner[0] + room.width, corner[1] + room.height), mask)


# What happened to the paper


def _scanned(
    layout: FormLayout | TableLayout, printed: Pixels, written: Pixels, ink: Colour, done: Damage, seed: int
) -> tuple[Pixels, Floats]:
    """The page as the scanner or camera sees it, and where the frame's corners lie in the image."""
    lot = random.Random(f"paper/{seed}")
    width_mm, height_mm = layout.size_mm
    camera = _Camera(width_mm, height_mm, done, random.Random(f"camera/{seed}"))
    layers = [_print_cover(camera.see(printed, 255), done), camera.see(written, 255)]
    stamp = camera.see(_seal(printed.shape, lot), 0) if done.seal else None
    torn = camera.see(_torn(printed.shape, lot), 0) if done.worn else camera.see(np.full_like(printed, 255), 0)
    behind = (60, 66, 72) if done.is_photograph else (232, 232, 232)
    channels = []
    for channel, bare in enumerate(cv2.split(_ground(printed, written, camera, done, lot))):
        seen = cv2.multiply(bare, layers[0], scale=1 / 255)
        seen = _over(seen, ink[channel], layers[1], 1 - done.fade)
        if stamp is not None:
            seen = cv2.multiply(seen, _scaled(stamp, 255, 255 - 0.75 * (255 - RED[channel])), scale=1 / 255)
        channels.append(_over(seen, behind[channel], torn, 1.0))
    image = np.asarray(cv2.merge(channels), np.uint8)
    left, top = layout.frame_at_mm
    right, bottom = left + layout.frame_mm[0], top + layout.frame_mm[1]
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
    return _turned(_developed(image, done, lot), camera.where(corners), done.turned)


def _scaled(layer: Pixels, at_0: float, at_255: float) -> Pixels:
    """A layer with its 0 to 255 spread between two other values."""
    table = np.clip(np.linspace(at_0, at_255, 256), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(layer, table), np.uint8)


def _print_cover(layer: Pixels, done: Damage) -> Pixels:
    return _scaled(layer, 255 * done.fade * 0.5, 255)


def _over(under: Any, colour: int, layer: Pixels, strength: float) -> Any:
    """A colour laid over an image where a layer is dark."""
    kept = cv2.multiply(under, _scaled(layer, 255 * (1 - strength), 255), scale=1 / 255)
    return cv2.add(kept, _scaled(layer, colour * strength, 0))


class _Camera:
    """Where each pixel of the image looks on the page: a curled sheet, seen askew."""

    def __init__(self, width_mm: float, height_mm: float, done: Damage, lot: random.Random) -> None:
        per_mm, border = done.dpi / 25.4, 12.0 if done.is_photograph else 2.0
        self.width_mm, self.done = width_mm, done
        self.homography = _homography(width_mm, height_mm, border, per_mm, done, lot)
        size = (round((width_mm + 2 * border) * per_mm), round((height_mm + 2 * border) * per_mm))
        coarse = [np.arange(0, length + 8, 8, dtype=np.float32) + 3.5 for length in size]
        x, y = np.meshgrid(*coarse)
        inverse = np.linalg.inv(self.homography)
        depth = inverse[2, 0] * x + inverse[2, 1] * y + inverse[2, 2]
        flat_x = (inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2]) / depth
        flat_y = (inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2]) / depth
        flat_y += self._curl(flat_x)
        places = np.stack([flat_x, flat_y], 2).astype(np.float32) * DRAWN
        fine = cv2.resize(places, None, fx=8, fy=8, interpolation=cv2.INTER_LINEAR)[: size[1], : size[0]]
        self.maps = cv2.convertMaps(fine, None, cv2.CV_16SC2)
        self.softness = 0.45 * DRAWN / per_mm  # what one pixel of the sensor averages

    def see(self, layer: Pixels, outside: int) -> Pixels:
        soft = cv2.GaussianBlur(layer, (0, 0), self.softness)
        seen = cv2.remap(soft, *self.maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=outside)
        return np.asarray(seen, np.uint8)

    def where(self, places_mm: Floats) -> Floats:
        """Places of the page in the image."""
        bent = places_mm.copy()
        bent[:, 1] -= self._curl(bent[:, 0])
        return np.asarray(cv2.perspectiveTransform(bent[None].astype(np.float64), self.homography)[0], np.float32)

    def _curl(self, across_mm: Floats) -> Floats:
        """How far the paper of a bound book is bent downwards, strongest at the left edge."""
        return np.asarray(self.done.curl_mm * np.exp(-across_mm / (0.35 * self.width_mm)), np.float32)


def _homography(
    width: float, height: float, border: float, per_mm: float, done: Damage, lot: random.Random
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """From millimetres on the flat page to pixels of the image."""
    lean_x, lean_y = (done.perspective * lot.choice((-1, 1)) for _ in range(2))
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    angle = math.radians(done.skew_deg)
    seen = []
    for x, y in corners:
        nearness = 1 / (1 + lean_x * x * 0.5 + lean_y * y * 0.5) * (1 - done.perspective / 2)
        across, down = x * width / 2 * nearness, y * height / 2 * nearness
        turned_across = across * math.cos(angle) - down * math.sin(angle)
        turned_down = across * math.sin(angle) + down * math.cos(angle)
        seen.append(((turned_across + width / 2 + border) * per_mm, (turned_down + height / 2 + border) * per_mm))
    flat = np.array([((x + 1) * width / 2, (y + 1) * height / 2) for x, y in corners], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(flat, np.array(seen, np.float32)), np.float64)


def _ground(printed: Pixels, written: Pixels, camera: _Camera, done: Damage, lot: random.Random) -> Pixels:
    """The bare paper: yellowed unevenly, stained, with the back page showing through; at an eighth of the size."""
    height, width = printed.shape[0] // 8, printed.shape[1] // 8
    noise = np.random.default_rng(lot.getrandbits(32))
    uneven = cv2.resize(noise.normal(0, 3.0, (height // 25, width // 25)).astype(np.float32), (width, height))
    stains = np.zeros((height, width), np.float32)
    for _ in range(done.stains):
        at, axes = (lot.randrange(width), lot.randrange(height)), (lot.randint(15, 70), lot.randint(15, 70))
        cv2.ellipse(stains, at, axes, lot.randrange(180), 0, 360, float(lot.randint(25, 70)), -1)
    stains = np.asarray(cv2.GaussianBlur(stains, (0, 0), 4), np.float32)
    through = np.zeros((height, width), np.float32)
    if done.shows_through:
        back = cv2.resize(255 - written, (width, height), interpolation=cv2.INTER_AREA)[:, ::-1]
        through = 0.05 * np.asarray(cv2.GaussianBlur(back, (0, 0), 1), np.float32)
    layers = [PAPER[channel] + uneven - stains * (0.55, 0.35, 0.2)[channel] - through for channel in range(3)]
    ground = np.clip(np.stack(layers, 2), 0, 255).astype(np.uint8)
    eighth = (camera.maps[0].astype(np.float32) / 8, None)
    seen = cv2.remap(ground, *eighth, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.uint8)


def _seal(size: tuple[int, ...], lot: random.Random) -> Pixels:
    """A round seal of 36 mm over the lower half, often over writing."""
    height, width = size
    x, y = int(lot.uniform(0.2, 0.8) * width), int(lot.uniform(0.45, 0.8) * height)
    stamp = np.zeros((height, width), np.uint8)
    for radius, line in ((18.0, 1.0), (11.5, 0.5)):
        cv2.circle(stamp, (x, y), int(radius * DRAWN), 255, max(1, int(line * DRAWN)), cv2.LINE_AA)
    for number in range(10):
        angle = number * math.tau / 10
        at = (int(x + 14.5 * DRAWN * math.cos(angle)), int(y + 14.5 * DRAWN * math.sin(angle)))
        cv2.ellipse(stamp, at, (14, 26), math.degrees(angle), 0, 360, 255, 5, cv2.LINE_AA)
    star = []
    for point in range(10):
        radius = (7 if point % 2 == 0 else 3) * DRAWN
        star.append((x + radius * math.sin(point * math.pi / 5), y - radius * math.cos(point * math.pi / 5)))
    cv2.fillPoly(stamp, [np.array(star, np.int32)], 255)
    return stamp


def _torn(size: tuple[int, ...], lot: random.Random) -> Pixels:
    """Where there still is paper: scraps are gone from the edges, and some of them reach the frame."""
    height, width = size
    whole = np.full((height, width), 255, np.uint8)
    for _ in range(14):
        side, along = lot.randrange(4), lot.random()
        x = (0, width, int(along * width), int(along * width))[side]
        y = (int(along * height), int(along * height), 0, height)[side]
        scrap = [(x + int(lot.gauss(0, 6) * DRAWN), y + int(lot.gauss(0, 3.5) * DRAWN)) for _ in range(6)]
        cv2.fillConvexPoly(whole, cv2.convexHull(np.array(scrap, np.int32)), 0)
    return whole


def _developed(image: Pixels, done: Damage, lot: random.Random) -> Pixels:
    """Blur, uneven light and grain."""
    if done.blur_px:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), done.blur_px), np.uint8)
    height, width = image.shape[:2]
    if done.is_photograph:
        slope_x, slope_y = lot.uniform(-0.22, 0.22), lot.uniform(-0.22, 0.22)
        ramp = np.linspace(-1, 1, 8, dtype=np.float32)
        light = (220 * (0.86 + slope_x * ramp[None, :] + slope_y * ramp[:, None])).astype(np.uint8)
        lit = cv2.resize(light, (width, height))
        image = np.asarray(cv2.multiply(image, cv2.merge([lit] * 3), scale=1 / 220), np.uint8)
    noise = np.random.default_rng(lot.getrandbits(32))
    tile = noise.normal(0, 3.5 if done.is_photograph else 2.0, (701, 701, 3)).round().astype(np.int8)
    grain = np.tile(tile, (height // 701 + 1, width // 701 + 1, 1))[:height, :width]
    return np.asarray(cv2.add(image, grain, dtype=cv2.CV_8U), np.uint8)


def _turned(image: Pixels, points: Floats, quarters: int) -> tuple[Pixels, Floats]:
    for _ in range(quarters % 4):
        height = image.shape[0]
        image = np.ascontiguousarray(np.rot90(image, -1))
        points = np.stack([height - 1 - points[:, 1], points[:, 0]], 1)
    return image, points
