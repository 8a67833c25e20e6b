"""Images as arrays, height x width x 3 of 8 bits, in the order blue, green, red, and what makes ink stand out.

Needs the extra `paper`; importing it without raises ImportError, which names the extra.
"""

from typing import Any

try:
    import cv2 as cv2  # the other modules take it from here, so that this message stands once
    import numpy as np
except ImportError as error:
    raise ImportError(
        "images of pages need the extra paper: uv sync --extra paper, or pip install 'lienthong[paper]'"
    ) from error

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Reals = np.ndarray[Any, np.dtype[np.floating[Any]]]
Numbers = np.ndarray[Any, np.dtype[np.integer[Any]]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

GREEN, RED = 1, 2
"""In the red channel a red seal is as bright as paper, and blue or black ink stays dark. Red ink is lost in it."""


def ground_of(grey: Bytes, size_px: int) -> Bytes:
    """How bright the bare paper is at each place. `size_px`: more than the width of a stroke."""
    step = max(1, size_px // 8)
    small = cv2.resize(grey, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA) if step > 1 else grey
    side = max(3, size_px // step)
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8), borderType=cv2.BORDER_REPLICATE)
    smooth = cv2.blur(closed, (side, side), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(smooth, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR), np.uint8)


def on_white(grey: Bytes, size_px: int) -> Bytes:
    """Divided by the bare paper: light, stains and yellowed paper go, ink stays. Paper is 255."""
    return np.asarray(cv2.divide(grey, ground_of(grey, size_px), scale=255), np.uint8)
