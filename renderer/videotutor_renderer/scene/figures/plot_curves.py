"""The curves of a plot, and the dot that draws them."""

from __future__ import annotations

import math

import cairo
import numpy as np

from videotutor_renderer.scene.expression import Array
from videotutor_renderer.scene.figures.plot_axes import Axes
from videotutor_renderer.scene.frame import Box, around_places
from videotutor_renderer.scene.paint import Context
from videotutor_renderer.scene.plot import Curve
from videotutor_renderer.scene.theme import colour

CURVE_WIDTH = 4.0
DOT = 7.0
"""Points from the middle of the dot that draws to its edge."""


def draw_curve(context: Context, axes: Axes, curve: Curve, ink: str, part: float) -> None:
    """The left part of a curve, from 0 to 1 of it, with the dot where it is being drawn."""
    count = _count(curve, part)
    x, y = curve.x[:count], curve.y[:count]
    with axes.clipped(context):
        context.set_source_rgb(*colour(ink))
        context.set_line_width(CURVE_WIDTH)
        context.set_line_join(cairo.LINE_JOIN_ROUND)
        pen = context.move_to
        seen = _seen(context, axes, x)
        for place in axes.places(x[seen], y[seen]):
            if math.isnan(place[1]):
                pen = context.move_to
            else:
                pen(*place)
                pen = context.line_to
        context.stroke()
        if part < 1 and np.isfinite(y[-1]):
            context.arc(*axes.places(x[-1:], y[-1:])[0], DOT, 0, 2 * math.pi)
            context.fill()


def changed(axes: Axes, curve: Curve, before: float, after: float) -> Box | None:
    """Where a curve differs when more of it is drawn; None where it has no values."""
    new = slice(_count(curve, before) - 1, _count(curve, after))
    places = [place for place in axes.places(curve.x[new], curve.y[new]) if math.isfinite(place[1])]
    reach = DOT + CURVE_WIDTH
    return around_places(places).inset(-reach, -reach) if places else None


def _seen(context: Context, axes: Axes, x: Array) -> slice:
    """The points that what is drawn again may show: while a curve is being drawn, mostly its end alone."""
    left, _, right, _ = context.clip_extents()
    first, end = np.searchsorted(axes.across(x), (left - CURVE_WIDTH, right + CURVE_WIDTH))
    return slice(max(0, int(first) - 1), int(end) + 1)


def _count(curve: Curve, part: float) -> int:
    """How many of a curve's points are joined."""
    return max(2, round(len(curve.x) * part))
