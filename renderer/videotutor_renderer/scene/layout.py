"""Where everything goes: pure arithmetic on sizes that someone else measures.

Blocks share a page while they fit at a readable size; then a new page starts. Positions on a page are those of the
full page from its start, so nothing moves when more appears but words that make room for a figure beside them
(`draw.py`). All lengths are points of the frame.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from videotutor_renderer.limits import working_on
from videotutor_renderer.scene.blocks import Block, Formula, Opening, Panel, Step, stands_alone
from videotutor_renderer.scene.frame import Box, Frame

BODY_SIZES = (42.0, 38.0, 35.0, 32.0)
COLUMN_SIZES = (42.0, 38.0, 34.0, 30.0, 27.0)
"""Sizes of body text, alone and beside a figure: the largest that fits; 24 is the least that is readable on a phone."""

LEAST = 24.0
COLUMN_GAP = 48.0
PANEL_SHARE = 0.5
"""Part of the width that a figure has beside text."""
WIDEST_PANEL = 1040.0
LEAST_PANEL = 280.0
"""A figure is not made lower than this for the sake of text around it."""
UPPER = 0.42
"""Part of the free room that stays above: a little less than half looks like the middle."""
WIDE = 1.3
"""Width of an area, in its heights, from which on there are two columns."""
LEAST_SHRINK = 0.62
"""A formula may be drawn this much smaller than the text around it asks for before it gets a page of its own."""


@dataclass(frozen=True)
class Placed:
    """A step's block with its place, and the size of text it was measured at."""

    step: Step
    box: Box
    size: float


@dataclass(frozen=True)
class Page:
    """What is on the picture together, below the title."""

    placed: tuple[Placed, ...]


Measure = Callable[[Block, float, float], tuple[float, float]]
"""Width and height of a block at a size of text, not wider than the given width unless it cannot be wrapped."""


def mirrored(found: Sequence[Page], frame: Frame) -> list[Page]:
    """The pages for readers from right to left: columns change sides."""
    return [Page(tuple(replace(placed, box=_mirrored(placed.box, frame)) for placed in page.placed)) for page in found]


def _mirrored(box: Box, frame: Frame) -> Box:
    return replace(box, x=frame.width - box.x - box.width)


def pages(steps: Sequence[Step], area: Box, measure: Measure) -> list[Page]:
    """The pages of a scene, in order; every step is on exactly one.

    Raises:
        TaskError: a step cannot be shown; the message names its field.
    """
    done: list[Page] = []
    group: list[Step] = []
    page: Page | None = None
    for step in steps:
        with working_on(step.field):
            longer = arrange([*group, step], area, measure)
            if longer is None:
                done += [page] if page else []
                group = []
                longer = arrange([step], area, measure) or _forced(step, area, measure)
        group, page = [*group, step], longer
    return [*done, page] if page else done


def arrange(group: Sequence[Step], area: Box, measure: Measure) -> Page | None:
    """The largest arrangement of these steps on one page, or None when they do not fit together."""
    blocks = [step.block for step in group]
    panels = sum(isinstance(block, Panel) for block in blocks)
    alone = len(blocks) == 1
    if panels > 1 or (not alone and any(map(stands_alone, blocks))):
        return None
    if panels and alone:
        return Page((_panel_alone(group[0], area, measure),))
    for size in COLUMN_SIZES if panels else BODY_SIZES:
        placed = _with_panel(group, area, size, measure) if panels else _stack(group, area, size, measure)
        if placed is not None:
            return Page(tuple(placed))
    return None


def _panel_alone(step: Step, area: Box, measure: Measure) -> Placed:
    width = min(area.width, WIDEST_PANEL)
    _, wanted = measure(step.block, BODY_SIZES[2], width)
    return Placed(step, _centred(area, width, min(wanted, area.height)), BODY_SIZES[2])


def _with_panel(group: Sequence[Step], area: Box, size: float, measure: Measure) -> list[Placed] | None:
    """Text beside a figure: in the left column where the picture is wide, else above and below it.

    What follows a figure stands below it also where the picture is wide, if there is room: half the picture would be
    empty until it appears.
    """
    wide = area.width >= area.height * WIDE
    if not wide or isinstance(group[0].block, Panel):
        width = min(area.width, WIDEST_PANEL)
        around = _around(group, _centred(area, width, area.height), size, measure)
        if around or not wide:
            return around
    right = area.width * PANEL_SHARE
    column = Box(area.x, area.y, area.width - right - COLUMN_GAP, area.height)
    texts = _stack([step for step in group if not isinstance(step.block, Panel)], column, size, measure)
    by_step = {id(placed.step): placed for placed in texts or ()}
    (panel,) = (step for step in group if isinstance(step.block, Panel))
    _, wanted = measure(panel.block, size, right)
    if texts is None or area.height < min(wanted, LEAST_PANEL):
        return None
    height = min(wanted, area.height)
    box = Box(area.right - right, area.y + (area.height - height) / 2, right, height)
    return [by_step.get(id(step)) or Placed(step, box, size) for step in group]


def _around(group: Sequence[Step], area: Box, size: float, measure: Measure) -> list[Placed] | None:
    """One below the other, in the order of their appearance; the figure has the room that the text leaves."""
    at = next(i for i, step in enumerate(group) if isinstance(step.block, Panel))
    texts = _stack([*group[:at], *group[at + 1 :]], area, size, measure)
    if texts is None:
        return None
    gap = size * 0.8
    heights = [_height(part) + gap if part else 0.0 for part in (texts[:at], texts[at:])]
    _, wanted = measure(group[at].block, size, area.width)
    height = min(wanted, area.height - sum(heights))
    if height < min(wanted, LEAST_PANEL):
        return None
    top = area.y + (area.height - height - sum(heights)) * UPPER
    above = _moved(texts[:at], top)
    below = _moved(texts[at:], top + heights[0] + height + gap)
    return [*above, Placed(group[at], Box(area.x, top + heights[0], area.width, height), size), *below]


def _height(texts: Sequence[Placed]) -> float:
    return texts[-1].box.bottom - texts[0].box.y


def _moved(texts: Sequence[Placed], top: float) -> list[Placed]:
    """The texts with the first at this height."""
    return [replace(p, box=replace(p.box, y=p.box.y - texts[0].box.y + top)) for p in texts]


def _stack(group: Sequence[Step], area: Box, size: float, measure: Measure) -> list[Placed] | None:
    """One below the other, in the upper middle of the area."""
    natural = [measure(step.block, size, area.width) for step in group]
    factor = min([1.0, *(area.width / width for width, _ in natural if width > 0)])
    if factor < LEAST_SHRINK:
        return None
    sizes = [_shrunk(step.block, measured, factor) for step, measured in zip(group, natural, strict=True)]
    gaps = [_gap(a.block, b.block, size) for a, b in itertools.pairwise(group)]
    height = sum(tall for _, tall in sizes) + sum(gaps)
    if height > area.height:
        return None
    y = area.y + (area.height - height) * UPPER
    placed = []
    for step, (width, tall), gap in zip(group, sizes, [*gaps, 0.0], strict=True):
        x = area.x + (area.width - width) / 2 if isinstance(step.block, Formula | Opening) else area.x
        placed.append(Placed(step, Box(x, y, width, tall), size))
        y += tall + gap
    return placed


def _shrunk(block: Block, measured: tuple[float, float], factor: float) -> tuple[float, float]:
    """Formulas cannot be wrapped: all on a page shrink alike, so that the widest fits. Text keeps its size."""
    width, height = measured
    return (width * factor, height * factor) if isinstance(block, Formula) else (width, height)


def _gap(above: Block, below: Block, size: float) -> float:
    return size * (0.9 if isinstance(above, Formula) or isinstance(below, Formula) else 0.55)


def _forced(step: Step, area: Box, measure: Measure) -> Page:
    """One step that is too large for a page at any size: shrunk into it as it is."""
    width, height = measure(step.block, LEAST, area.width)
    if not isinstance(step.block, Formula):  # text keeps its lines: in a narrower box it would be wrapped anew
        return Page((Placed(step, _centred(area, area.width, min(height, area.height)), LEAST),))
    factor = min(1.0, area.width / max(width, 1.0), area.height / max(height, 1.0))
    return Page((Placed(step, _centred(area, width * factor, height * factor), LEAST),))


def _centred(area: Box, width: float, height: float) -> Box:
    return Box(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height)
