"""The curves of a plot, and the dot that draws them."""

from __future__ import annotations

import math

import cairo
import numpy as np

from videotutor_renderer.scene.figures.plot_axes import Axes
from videotutor_renderer.scene.paint import Context
from videotutor_renderer.scene.plot import Curve
from videotutor_renderer.scene.theme import colour

CURVE_WIDTH = 4.0
DOT = 7.0


def draw_curve(context: Context, axes: Axes, curve: Curve, ink: str, part: float) -> None:
    """The left part of a curve, from 0 to 1 of it, with the dot where it is being drawn."""
    count = max(2, round(len(curve.x) * part))
    x, y = curve.x[:count], curve.y[:count]
    with axes.clipped(context):
        context.set_source_rgb(*colour(ink))
        context.set_line_width(CURVE_WIDTH)
        context.set_line_join(cairo.LINE_JOIN_ROUND)
        pen = context.move_to
        for place in axes.places(x, y):
            if math.isnan(place[1]):
                pen = context.move_to
            else:
                pen(*place)
                pen = context.line_to
        context.stroke()
        if part < 1 and np.isfinite(y[-1]):
            context.arc(*axes.places(x[-1:], y[-1:])[0], DOT, 0, 2 * math.pi)
            context.fill()
