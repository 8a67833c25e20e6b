"""How a page lies in its image: from millimetres inside the printed frame to pixels.

A homography takes the frame's corners; what the paper bends beyond that is measured along the printed lines and
interpolated between them.
"""

from dataclasses import dataclass

import numpy as np

from connectors.paper.images import Bytes, Reals, cv2

STEP_PX = 8
"""So far apart are the places that are computed when a rectangle is laid flat; in between it is nearly straight."""


@dataclass(frozen=True)
class Bends:
    """How far printed lines of one direction lie from where they should, in millimetres.

    `at_mm`: where the lines should be, ascending. `offsets_mm`: a row for each line, with `samples` values along it.
    """

    at_mm: Reals
    offsets_mm: Reals
    length_mm: float

    def at(self, across_mm: Reals, along_mm: Reals) -> Reals:
        """The bend at places: `across_mm` is measured like `at_mm`, `along_mm` along the lines."""
        samples = self.offsets_mm.shape[1]
        along = np.clip(along_mm / self.length_mm * (samples - 1), 0, samples - 1.001)
        line = np.clip(np.interp(across_mm, self.at_mm, np.arange(len(self.at_mm))), 0, len(self.at_mm) - 1.001)
        row, column = line.astype(np.int32), along.astype(np.int32)
        down, right = line - row, along - column
        table = self.offsets_mm
        upper = table[row, column] * (1 - right) + table[row, column + 1] * right
        lower = table[row + 1, column] * (1 - right) + table[row + 1, column + 1] * right
        return np.asarray(upper * (1 - down) + lower * down, np.float32)


@dataclass(frozen=True)
class Lie:
    """Where each place of a page is in its image."""

    homography: Reals
    horizontal: Bends | None = None
    vertical: Bends | None = None

    def to_image(self, x_mm: Reals, y_mm: Reals) -> tuple[Reals, Reals]:
        """Pixels of places inside the frame, of arrays of any one form."""
        x = x_mm + self.vertical.at(x_mm, y_mm) if self.vertical else x_mm
        y = y_mm + self.horizontal.at(y_mm, x_mm) if self.horizontal else y_mm
        matrix = self.homography
        depth = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2]
        across = (matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]) / depth
        down = (matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]) / depth
        return np.asarray(across, np.float32), np.asarray(down, np.float32)

    def flattened(self, image: Bytes, left: float, top: float, width: float, height: float, per_mm: float) -> Bytes:
        """A rectangle of the page, in millimetres, as if it lay flat, at so many pixels a millimetre."""
        columns, rows = max(2, round(width * per_mm)), max(2, round(height * per_mm))
        x = left + (np.arange(-STEP_PX, columns + STEP_PX, STEP_PX, dtype=np.float32) + STEP_PX / 2) / per_mm
        y = top + (np.arange(-STEP_PX, rows + STEP_PX, STEP_PX, dtype=np.float32) + STEP_PX / 2) / per_mm
        coarse = np.stack(self.to_image(*np.meshgrid(x, y)), 2)
        fine = cv2.resize(coarse, None, fx=STEP_PX, fy=STEP_PX, interpolation=cv2.INTER_LINEAR)
        places = fine[STEP_PX : STEP_PX + rows, STEP_PX : STEP_PX + columns]
        across, down = cv2.split(places)
        flat = cv2.remap(image, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(flat, np.uint8)

    def box_px(self, left: float, top: float, width: float, height: float) -> tuple[int, int, int, int]:
        """Left, top, width and height in the image of the upright rectangle around a rectangle of the page."""
        x = np.array([left, left + width, left + width, left], np.float32)
        y = np.array([top, top, top + height, top + height], np.float32)
        across, down = self.to_image(x, y)
        first_x, first_y = int(across.min()), int(down.min())
        return max(0, first_x), max(0, first_y), int(across.max()) - first_x + 1, int(down.max()) - first_y + 1


def homography_of(corners_px: Reals, width_mm: float, height_mm: float) -> Reals:
    """From millimetres inside the frame to pixels, by the frame's corners from the top left clockwise."""
    flat = np.array([(0, 0), (width_mm, 0), (width_mm, height_mm), (0, height_mm)], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(flat, corners_px.astype(np.float32)), np.float32)
