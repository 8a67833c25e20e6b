"""Finds the printed frame of a page: long thin dark lines that make the largest rectangle.

Text, stains, paper edges and a dark table under the page are no thin lines; a torn piece of the frame is bridged.
"""

from collections.abc import Iterator

import numpy as np

from connectors.paper.images import RED, Bytes, Mask, Reals, cv2

LONG_SIDE_PX = 1600
THIN = 0.015  # of the long side: a printed line is thinner
DARK = 0.10  # of the paper's brightness: a line is at least that much darker
LONG = 0.016  # of the long side: letters have no straight stroke as long
LARGE = 0.35  # of the image's sides: a frame is at least as large


def frames_in(image: Bytes) -> Iterator[Reals]:
    """The corners, in pixels of the image, of what may be the frame, best first: from the top left clockwise."""
    scale = LONG_SIDE_PX / max(image.shape[:2])
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=interpolation)
    grey = np.asarray(small[:, :, RED], np.uint8)
    across, down = _long_lines(thin_lines(grey))
    lines = cv2.dilate(across | down, np.ones((5, 5), np.uint8))
    count, labels, facts, _ = cv2.connectedComponentsWithStats(lines, connectivity=8)
    height, width = grey.shape
    large = [
        label
        for label in range(1, count)
        if facts[label, cv2.CC_STAT_WIDTH] > LARGE * width and facts[label, cv2.CC_STAT_HEIGHT] > LARGE * height
    ]
    large.sort(key=lambda label: -int(facts[label, cv2.CC_STAT_WIDTH]) * int(facts[label, cv2.CC_STAT_HEIGHT]))
    for label in large:
        yield _corners(across, down, labels == label) / scale
    long = [
        label
        for label in range(1, count)
        if max(facts[label, cv2.CC_STAT_WIDTH] / width, facts[label, cv2.CC_STAT_HEIGHT] / height) > LARGE / 3
    ]
    together = np.isin(labels, long)
    if long and _is_large(together):  # a frame in pieces
        yield _corners(across, down, together) / scale


def thin_lines(grey: Bytes) -> Bytes:
    """How much darker than the paper around it a thin thing is, 0 to 255 for none to black."""
    side = max(5, round(THIN * max(grey.shape[:2])) // 2 * 2 + 1)
    closed = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    return np.asarray(cv2.subtract(np.uint8(255) * np.ones_like(grey), cv2.divide(grey, closed, scale=255)), np.uint8)


def _long_lines(thin: Bytes) -> tuple[Bytes, Bytes]:
    """Masks of lines across and down."""
    mask = np.asarray(thin > DARK * 255, np.uint8) * 255
    length = round(LONG * LONG_SIDE_PX)
    across = cv2.morphologyEx(
        cv2.dilate(mask, np.ones((3, 1), np.uint8)), cv2.MORPH_OPEN, np.ones((1, length), np.uint8)
    )
    down = cv2.morphologyEx(cv2.dilate(mask, np.ones((1, 3), np.uint8)), cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    return np.asarray(across, np.uint8), np.asarray(down, np.uint8)


def _is_large(mask: Mask) -> bool:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return bool(np.ptp(rows) > LARGE * mask.shape[0] and np.ptp(columns) > LARGE * mask.shape[1])


def _corners(across: Bytes, down: Bytes, chosen: Mask) -> Reals:
    """The corners of the outermost lines: straight lines through the four sides, and where they meet.

    A corner that is torn off is where its sides would meet.
    """
    ys, xs = np.nonzero(chosen)
    plus, minus = xs + ys, xs - ys
    rough = np.array([(xs[at], ys[at]) for at in (plus.argmin(), minus.argmax(), plus.argmax(), minus.argmin())])
    sides = []
    for number, mask in enumerate((across, down, across, down)):
        inside = (mask > 0) & chosen
        sides.append(_side(inside, rough[number], rough[(number + 1) % 4], number))
    return np.array([_meeting(sides[number - 1], sides[number]) for number in range(4)], np.float32)


def _side(mask: Mask, start: Reals, end: Reals, number: int) -> tuple[Reals, Reals]:
    """A point and a direction of the side between two rough corners. `number`: top, right, bottom, left."""
    ys, xs = np.nonzero(mask)
    along, across = (xs, ys) if number % 2 == 0 else (ys, xs)
    outermost: dict[int, int] = {}
    first, last = sorted((int(start[number % 2]), int(end[number % 2])))
    is_first = number in (0, 3)
    order = np.argsort(-across if is_first else across, kind="stable")
    step = 4
    for place, value in zip(along[order] // step, across[order], strict=True):
        outermost[int(place)] = int(value)  # the last written is the outermost
    places = np.array(
        [(place * step, value) for place, value in outermost.items() if first + 9 < place * step < last - 9], np.float32
    )
    if len(places) < 8:
        points = np.array([start, end], np.float32)
    else:
        points = places if number % 2 == 0 else places[:, ::-1]
        points = _near_a_line(points, number)
    x_step, y_step, x, y = cv2.fitLine(points, cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
    return np.array((x, y), np.float32), np.array((x_step, y_step), np.float32)


def _near_a_line(points: Reals, number: int) -> Reals:
    """Those of the points that lie near the line that most of them make; inner lines show where the side is torn."""
    along, across = points[:, number % 2], points[:, 1 - number % 2]
    lot = np.random.default_rng(0)
    best = np.zeros(len(points), bool)
    for _ in range(60):
        first, second = lot.choice(len(points), 2, replace=False)
        if abs(along[first] - along[second]) < 0.2 * np.ptp(along):
            continue
        slope = (across[second] - across[first]) / (along[second] - along[first])
        near = np.abs(across - across[first] - slope * (along - along[first])) < 5
        if near.sum() > best.sum():
            best = near
    return points[best] if best.sum() >= 8 else points


def _meeting(one: tuple[Reals, Reals], other: tuple[Reals, Reals]) -> tuple[float, float]:
    (point, step), (other_point, other_step) = one, other
    matrix = np.array([(step[0], -other_step[0]), (step[1], -other_step[1])], np.float64)
    if abs(np.linalg.det(matrix)) < 1e-6:
        return float(point[0]), float(point[1])
    way = np.linalg.solve(matrix, (other_point - point).astype(np.float64))[0]
    return float(point[0] + way * step[0]), float(point[1] + way * step[1])
