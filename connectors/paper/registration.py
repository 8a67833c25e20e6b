"""Which form a page is of and how it lies: printed lines are compared with the form's, and nothing is guessed.

A page whose printed lines do not prove that it is of a form is set aside: a value must never land in another field or
in another person's row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from connectors.paper.frame import frames_in
from connectors.paper.geometry import Bends, Lie, homography_of
from connectors.paper.images import RED, Bytes, Mask, Reals, cv2, on_white
from connectors.paper.leaders import find_leaders
from connectors.paper.set_aside import PageSetAside, SetAsideReason
from schemas.register_forms import FormDraft, PageLayout

PER_MM = 5.0
"""Pixels a millimetre while lines are followed."""
DOTS_PER_MM = 8.0
"""While dots are looked for."""
REACH_MM = 5.0
"""How far from where it should be a printed line is looked for."""
ASPECT = 0.07
"""By what share height to width may differ from the form's, as a camera sees it."""
EVIDENCE = 0.7
"""Share of the printed lines of a form that must be where it says: on a crumpled page they are not."""
CLEARLY_BETTER = 0.15
OUT_OF_LINE_MM = 2.0
"""So far, beyond what is common to all lines, a line of the form itself never lies beside its place."""


@dataclass(frozen=True)
class Registration:
    """A form and how a page lies on it. `form`: what of it is printed on that page; `page`: 0, or 1 for the facing one.
    `evidence`: the share of the form's printed lines that were found, 0 to 1; of a table across or down, whichever is
    less: it has so many rows that they alone would speak for any table. `residual_mm`: how far, in the mean square,
    lines are from where they are expected when all bends are allowed for."""

    form: FormDraft
    page: int
    lie: Lie
    evidence: float
    residual_mm: float
    corners_px: tuple[tuple[float, float], ...]


def register(image: Bytes, forms: Sequence[FormDraft]) -> tuple[Registration, ...]:
    """The form of a page; of a photograph that shows both pages of a record, that of each, the left one first.

    Raises PageSetAside with the reason when none of them fits, or two do, or the page is turned, or another page lies
    beside it. Rows of a table are
    not proved by this alone: `row_numbers` does.
    """
    found = list(frames_in(image))
    if not found:
        raise PageSetAside(SetAsideReason.NO_FRAME)
    sides = [(form.side(page), page) for form in forms for page in form.pages]
    for turns in range(4):  # a page that fits as it lies need not be turned
        fits = [fit for corners in found for side in sides if (fit := _fitted(image, *side, corners, turns))]
        if any(fit.evidence >= EVIDENCE for fit in fits):
            return _judged(fits, turns)
    raise PageSetAside(SetAsideReason.OTHER_FORM)


def _judged(fits: Sequence[Registration], turns: int) -> tuple[Registration, ...]:
    best = max(fits, key=lambda fit: fit.evidence)
    if turns:
        raise PageSetAside(SetAsideReason.UPSIDE_DOWN if turns == 2 else SetAsideReason.SIDEWAYS)
    beside = [
        fit
        for fit in fits
        if fit.form.form_code == best.form.form_code
        and fit.page != best.page
        and fit.evidence >= EVIDENCE
        and _is_beside(fit, best)
    ]
    chosen = [best, *sorted(beside, key=lambda fit: -fit.evidence)[:1]]
    if any(fit.evidence >= EVIDENCE and all(_is_apart(fit, one) for one in chosen) for fit in fits):
        raise PageSetAside(SetAsideReason.TWO_PAGES)
    for one in chosen:
        rivals = [fit.evidence for fit in fits if _is_rival(fit, one, chosen)]
        if max(rivals, default=0.0) > one.evidence - CLEARLY_BETTER:
            raise PageSetAside(SetAsideReason.TWO_FORMS)
    return tuple(sorted(chosen, key=lambda fit: fit.page))


def _is_beside(fit: Registration, other: Registration) -> bool:
    """Whether a right page lies right of its left one, and touches it nowhere."""
    left, right = (fit, other) if fit.page < other.page else (other, fit)
    return max(x for x, _ in left.corners_px) < min(x for x, _ in right.corners_px)


def _is_rival(fit: Registration, chosen: Registration, all_chosen: Sequence[Registration]) -> bool:
    """Whether a fit says that what was chosen is another form or another page of it. Of a photograph of both pages,
    the other page is none."""
    if (fit.form.form_code, fit.page) == (chosen.form.form_code, chosen.page):
        return False
    return len(all_chosen) == 1 or not _is_apart(fit, chosen)


def _is_apart(fit: Registration, other: Registration) -> bool:
    ours, theirs = ([x for x, _ in one.corners_px] for one in (fit, other))
    return max(ours) < min(theirs) or max(theirs) < min(ours)


def _fitted(image: Bytes, form: FormDraft, page: int, corners: Reals, turns: int) -> Registration | None:
    """A page of a form laid on four corners, so many quarter turns on; None when the proportions are another's."""
    corners = np.roll(corners, turns, 0)
    sides = [float(np.linalg.norm(corners[number] - corners[number - 1])) for number in range(4)]
    aspect = (sides[0] + sides[2]) / (sides[1] + sides[3])  # left and right over top and bottom
    expected = form.frame_height_mm / form.frame_width_mm
    if abs(aspect / expected - 1) > ASPECT:
        return None
    lie = Lie(homography_of(corners, form.frame_width_mm, form.frame_height_mm))
    rows, columns = rules_of(form)
    for reach in (REACH_MM, REACH_MM / 2):
        across = _followed(image, lie, form, rows, is_across=True, reach_mm=reach)
        down = _followed(image, lie, form, columns, is_across=False, reach_mm=reach)
        lie = Lie(lie.homography, across.bends, down.bends)
    evidence = _evidence(form, across.shares, down.shares)
    if form.layout == PageLayout.FORM and (leaders := leader_evidence(image, lie, form)) is not None:
        evidence = min(evidence, leaders)
    residual = float(np.sqrt(np.mean(np.concatenate([across.misses, down.misses]) ** 2)))
    corner_list = tuple((float(x), float(y)) for x, y in corners)
    return Registration(form, page, lie, evidence, residual, corner_list)


def _evidence(form: FormDraft, across: Reals, down: Reals) -> float:
    """The share of the printed lines that were found; of a table across or down, whichever is less."""
    if form.layout == PageLayout.TABLE:
        return min(float((shares > 0.5).mean()) for shares in (across, down))
    return float((np.concatenate([across, down]) > 0.5).mean())


def rules_of(form: FormDraft) -> tuple[Reals, Reals]:
    """Where a form's printed lines are, across and down, in millimetres: of a form its frame, of a table all rules."""
    rows, columns = {0.0, form.frame_height_mm}, {0.0, form.frame_width_mm}
    if form.layout == PageLayout.TABLE:
        boxes = [*form.fields, *([form.row_number_box] if form.row_number_box else [])]
        for box in boxes:
            columns |= {round(box.left_mm, 2), round(box.left_mm + box.width_mm, 2)}
        top = min(box.top_mm for box in boxes)
        rows |= {round(top + number * form.row_height_mm, 2) for number in range(form.rows + 1)}
    return _apart(rows), _apart(columns)


def _apart(places: set[float]) -> Reals:
    """Ascending, of several within half a millimetre only one."""
    kept: list[float] = []
    for place in sorted(places):
        if not kept or place - kept[-1] > 0.5:
            kept.append(place)
    return np.array(kept, np.float32)


@dataclass(frozen=True)
class _Followed:
    """Printed lines of one direction as they were found. `shares`: of each line, how much of it; 0 for one that is out
    of line. `misses`: how far each place of a found line was from where the lie had it, in millimetres."""

    bends: Bends
    shares: Reals
    misses: Reals


def _followed(image: Bytes, lie: Lie, form: FormDraft, places: Reals, *, is_across: bool, reach_mm: float) -> _Followed:
    """Follows each printed line that should be at `places`; a line that is not found bends like its neighbours."""
    length = form.frame_width_mm if is_across else form.frame_height_mm
    samples = max(8, round(length / 6))
    known = lie.horizontal if is_across else lie.vertical
    offsets = np.zeros((len(places), samples), np.float32)
    shares, misses = np.zeros(len(places), np.float32), [np.zeros(0, np.float32)]
    at = (np.arange(samples, dtype=np.float32) + 0.5) * length / samples
    for number, place in enumerate(places):
        start, extent = place - reach_mm, 2 * reach_mm
        left, top, width, height = (0.0, start, length, extent) if is_across else (start, 0.0, extent, length)
        strip = lie.flattened(image, left, top, width, height, PER_MM)[:, :, RED]
        found = _peaks(strip if is_across else np.ascontiguousarray(strip.T), samples)
        seen = ~np.isnan(found)
        smooth, seen = _smooth(at, found, seen)
        shares[number] = seen.mean()
        before = known.at(np.full(samples, place, np.float32), at) if known else np.zeros(samples, np.float32)
        offsets[number] = before + (smooth if shares[number] > 0.35 else 0.0)
        if shares[number] > 0.35:
            misses.append(found[seen])
    _fill_in(places, offsets, shares)
    return _Followed(
        Bends(places, offsets, length),
        np.where(_is_in_line(offsets, shares), shares, 0.0).astype(np.float32),
        np.concatenate(misses) if len(misses) > 1 else np.array([9.0], np.float32),
    )


def _peaks(strip: Bytes, samples: int) -> Reals:
    """For each sample along a strip, how far below its middle a thin dark line crosses, in millimetres; NaN: nowhere.

    A line is dark along the whole sample; letters are not.
    """
    white = on_white(np.ascontiguousarray(strip), round(3 * PER_MM))
    height, width = white.shape
    edges = np.linspace(0, width, samples + 1).astype(int)
    profile = np.stack([white[:, first:last].mean(1) for first, last in zip(edges[:-1], edges[1:], strict=True)], 1)
    profile = cv2.GaussianBlur(profile.astype(np.float32), (1, 3), 0)
    darkest = profile.argmin(0)
    depth = np.median(profile, 0) - profile[darkest, np.arange(samples)]
    rows = np.arange(height, dtype=np.float32)[:, None]
    weight = np.clip(np.median(profile, 0) - profile - depth / 2, 0, None) * (np.abs(rows - darkest) <= 3)
    centre = (weight * rows).sum(0) / np.maximum(weight.sum(0), 1e-3)
    offset = (centre + 0.5 - height / 2) / PER_MM
    return np.asarray(np.where(depth > 14, offset, np.nan), np.float32)


def _smooth(at: Reals, found: Reals, seen: Mask) -> tuple[Reals, Mask]:
    """A smooth curve through most of the samples, and which samples it goes through."""
    nothing = np.zeros(len(at), np.float32)
    if seen.sum() < 5:
        return nothing, np.zeros(len(at), bool)
    kept, span = seen.copy(), max(float(at.max()), 1.0)
    start = np.median(found[seen])
    kept &= np.abs(found - start) < 2.5
    curve = nothing
    for tolerance, degree in ((1.5, 1), (0.7, 3), (0.5, 4)):
        if kept.sum() < 5:
            return nothing, np.zeros(len(at), bool)
        curve = np.polyval(np.polyfit(at[kept] / span, found[kept], degree), at / span).astype(np.float32)
        kept = seen & (np.abs(np.where(seen, found, 99.0) - curve) < tolerance)
    return curve, kept


def _is_in_line(offsets: Reals, shares: Reals) -> Mask:
    """Which lines lie beside their place as far as the others do: paper bends all its lines alike, and another form has
    a line only near the place."""
    middles = np.median(offsets, 1)
    seen = shares > 0.35
    common = np.median(middles[seen]) if seen.any() else 0.0
    return np.asarray(np.abs(middles - common) < OUT_OF_LINE_MM, np.bool_)


def _fill_in(places: Reals, offsets: Reals, shares: Reals) -> None:
    """A line that was not found bends as those beside it do."""
    good = np.flatnonzero(shares > 0.35)
    if len(good):
        for number in np.flatnonzero(shares <= 0.35):
            offsets[number] = offsets[good[np.abs(places[good] - places[number]).argmin()]]


# Dotted lines prove a form


def leader_evidence(image: Bytes, lie: Lie, form: FormDraft) -> float | None:
    """Of the boxes that should hold a dotted line, the share that does, at the height common to them; None: no box
    should."""
    boxes = [box for box in form.fields if box.has_leader]
    flat = [lie.flattened(image, box.left_mm, box.top_mm, box.width_mm, box.height_mm, DOTS_PER_MM) for box in boxes]
    whites = [on_white(np.asarray(crop[:, :, RED], np.uint8), round(3 * DOTS_PER_MM)) for crop in flat]
    leaders = find_leaders(whites, DOTS_PER_MM)
    feet = [
        float(leader.height_px(crop.shape[1] / 2)) / DOTS_PER_MM if leader else None
        for leader, crop in zip(leaders, whites, strict=True)
    ]
    if not feet:
        return None
    heights = np.array([foot for foot in feet if foot is not None])
    if not len(heights):
        return 0.0
    common = max(heights, key=lambda height: (np.abs(heights - height) < 1.2).sum())
    return float((np.abs(heights - common) < 1.2).sum()) / len(feet)
