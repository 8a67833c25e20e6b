"""Takes a dotted line out of a crop and leaves the writing on it, above all the dot of the tone nặng.

Only ink at the places of the leader's dots is taken, and there only as much as a dot of the leader covers: a dot that
is larger has a nặng on it, one that stands between two of the leader's is writing, and a stroke that crosses a dot is
joined again.
"""

import numpy as np

from connectors.paper.images import Bytes, Mask, Numbers, Reals, cv2
from connectors.paper.leaders import Blobs, Leader, blobs_of

INK = 175
"""On white paper: what is darker is ink, also where it is faded; lighter, and a nặng would melt into its letter."""
MORE_THAN_A_DOT = 0.25
"""By darkness: a blob that is so much darker than a dot has a nặng on or beside the dot."""
SPREADS = 5.0
"""And by so many times the spread between the leader's own dots."""
LETTER = 4.0
"""By area of a dot: so much ink that touches a dot is a letter."""
ANGLES = 8


def without_leader(white: Bytes, leader: Leader, per_mm: float) -> Bytes:
    """The crop with the leader's dots painted over."""
    ink = np.asarray(white < INK, np.uint8)
    blobs = blobs_of(ink)
    darkness = np.bincount(blobs.labels.ravel(), (255.0 - white).ravel(), len(blobs.area))
    places = _places(leader, white.shape[1])
    alone = _alone(blobs, places, per_mm)
    dot_area = float(np.median(blobs.area[alone])) if len(alone) else 0.1 * per_mm**2
    dot_darkness = float(np.median(darkness[alone])) if len(alone) else 0.0
    spread = float(np.median(np.abs(darkness[alone] - dot_darkness))) if len(alone) else 0.0
    most = dot_darkness + max(MORE_THAN_A_DOT * dot_darkness, SPREADS * spread)
    radius = float(np.sqrt(dot_area / np.pi))
    discs = _discs(ink.shape, places, radius + 0.8)
    inside = (discs > 0) & (ink > 0)
    joined = _joined(np.asarray((ink > 0) & (discs == 0), np.uint8), radius)
    is_letter = blobs.area >= LETTER * dot_area
    is_dot = ~is_letter & (darkness <= most)
    is_letter[0] = is_dot[0] = False
    on_row = np.isin(np.arange(len(blobs.area)), np.unique(blobs.labels[inside]))
    taken = (is_dot & on_row)[blobs.labels] | (is_letter[blobs.labels] & inside & ~joined)
    return _painted(white, ink, taken)


def _places(leader: Leader, width: int) -> Reals:
    """Column and row of each dot of the leader; the first and the last are cut off by the crop's edge or beyond it."""
    first = leader.first % leader.pitch
    x = np.arange(first - leader.pitch, width + leader.pitch, leader.pitch, dtype=np.float32)
    return np.stack([x, leader.height_px(x)], 1)


def _alone(blobs: Blobs, places: Reals, per_mm: float) -> Numbers:
    """The blobs that are a dot of the leader and nothing else, as far as their place and size say."""
    distance = np.hypot(blobs.x[1:, None] - places[None, :, 0], blobs.y[1:, None] - places[None, :, 1]).min(1)
    return np.flatnonzero((distance < 0.2 * per_mm) & (blobs.area[1:] < per_mm**2 * 0.5)) + 1


def _discs(size: tuple[int, ...], places: Reals, radius: float) -> Numbers:
    """For each pixel the number of the dot, from 1, whose disc it is in; 0 for none."""
    discs = np.zeros(size, np.int32)
    for number, (x, y) in enumerate(places, 1):
        centre = (round(float(x) * 16), round(float(y) * 16))
        cv2.circle(discs, centre, round(radius * 16), float(number), -1, cv2.LINE_8, 4)
    return np.asarray(discs, np.int32)


def _joined(rest: Bytes, radius: float) -> Mask:
    """The writing with the gaps closed that are as wide as a dot and have ink at both sides, in any direction."""
    reach = int(radius + 2.5)
    joined = np.zeros(rest.shape, bool)
    for number in range(ANGLES):
        angle = np.pi * number / ANGLES
        kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.uint8)
        across, down = round(reach * float(np.cos(angle))), round(reach * float(np.sin(angle)))
        cv2.line(kernel, (reach - across, reach - down), (reach + across, reach + down), 1)
        joined |= np.asarray(cv2.morphologyEx(rest, cv2.MORPH_CLOSE, kernel) > 0)
    return joined


def _painted(white: Bytes, ink: Bytes, taken: Mask) -> Bytes:
    """White where dots were taken, with their blurred edges, but not the edges of what stays."""
    around = cv2.dilate(taken.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    stays = np.asarray((ink > 0) & ~taken, np.uint8)
    edges = cv2.dilate(stays, np.ones((3, 3), np.uint8)) > 0
    cleaned = white.copy()
    cleaned[taken | (around & ~edges)] = 255
    return cleaned
