"""The check mark of what is right and what is learnt."""

from __future__ import annotations

import math
from itertools import pairwise

import cairo

from videotutor_renderer.scene.paint import Context
from videotutor_renderer.scene.theme import colour

_POINTS = ((-0.46, 0.04), (-0.12, 0.36), (0.48, -0.36))
"""Where its line goes, from its middle, for a circle around it of radius 1."""
_PEN = 0.2


def check(context: Context, middle: tuple[float, float], radius: float, drawn: float, ink: str) -> None:
    """As much of the mark as is drawn, from 0 to 1, in a circle of this radius in points."""
    if drawn <= 0:
        return
    x, y = middle
    context.set_source_rgb(*colour(ink))
    context.set_line_width(_PEN * radius)
    context.set_line_cap(cairo.LINE_CAP_ROUND)
    context.set_line_join(cairo.LINE_JOIN_ROUND)
    left = drawn * sum(math.dist(*pair) for pair in pairwise(_POINTS))
    context.move_to(x + _POINTS[0][0] * radius, y + _POINTS[0][1] * radius)
    for (x0, y0), (x1, y1) in pairwise(_POINTS):
        way = min(1.0, left / math.dist((x0, y0), (x1, y1)))
        context.line_to(x + (x0 + (x1 - x0) * way) * radius, y + (y0 + (y1 - y0) * way) * radius)
        left = max(0.0, left - math.dist((x0, y0), (x1, y1)))
    context.stroke()
    context.set_line_cap(cairo.LINE_CAP_BUTT)
    context.set_line_join(cairo.LINE_JOIN_MITER)
