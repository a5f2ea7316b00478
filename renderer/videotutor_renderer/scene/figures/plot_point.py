"""A point that runs along a curve of a plot, with its coordinates."""

from __future__ import annotations

import math

import numpy as np

from videojob.visuals.plot_extras import PlotMovingPoint
from videotutor_renderer.scene.figures.figure import ease
from videotutor_renderer.scene.figures.plot_axes import Axes
from videotutor_renderer.scene.figures.plot_place import BACKING, WIDEST, Drawn, beside
from videotutor_renderer.scene.figures.readout import Readout
from videotutor_renderer.scene.frame import Place
from videotutor_renderer.scene.paint import Context
from videotutor_renderer.scene.plot import Plotted, decimals, fixed_label
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour

SIZE = 24.0
DOT, GUIDE_WIDTH = 9.0, 2.0
DASHES = (6.0, 6.0)
LOOKED_AT = 24
"""Places on its way at which the best side for the coordinates is sought."""
EDGE = 1e-3
"""How far out of the picture it is still seen, as a part of the picture's height: on the edge it may be rounded out."""
ARRIVES = 0.1
"""Part of its time in which it appears."""


class MovingPoint:
    """The point, dashed lines from it to both axes, and its coordinates at its side."""

    def __init__(self, point: PlotMovingPoint, numbers: Plotted, axes: Axes, style: Style, drawn: Drawn) -> None:
        """It is drawn in the colour of text, over everything else."""
        self._point, self._axes, self._tokens = point, axes, style.tokens
        self._function = numbers.function(point.curve)
        self._range = numbers.y_min, numbers.y_max
        self._places = decimals(abs(point.end - point.start)), decimals(numbers.y_max - numbers.y_min)
        way = [self._at(part) for part in np.linspace(0, 1, LOOKED_AT).tolist()]
        seen = [(x, y) for x, y in way if self._is_seen(y)] or [(point.start, numbers.y_min)]
        texts = [self._text(*at) for at in seen]
        self._readout = Readout.fitting(style, texts, SIZE, style.tokens.ink, WIDEST * axes.inner.width)
        self._size = max(map(self._readout.width, texts)), self._readout.height
        self._side = drawn.free_side(self._size, [axes.at(*at) for at in seen], axes.inner)

    def draw(self, context: Context, come: float) -> None:
        """Paint it where it is; where its curve is undefined or out of the picture, there is nothing."""
        x, y = self._at(ease(come))
        if self._is_seen(y):
            place, alpha = self._axes.at(x, y), min(1.0, come / ARRIVES)
            context.arc(*place, DOT * alpha, 0, 2 * math.pi)
            context.set_source_rgb(*colour(self._tokens.ink))
            context.fill()
            self._draw_coordinates(context, place, self._text(x, y), alpha)

    def draw_guides(self, context: Context, come: float) -> None:
        """Paint the lines to the axes."""
        at = self._at(ease(come))
        if not self._is_seen(at[1]):
            return
        (x, y), (axis_x, axis_y) = self._axes.at(*at), self._axes.origin
        context.set_source_rgba(*colour(self._tokens.ink), 0.7 * min(1.0, come / ARRIVES))
        context.set_line_width(GUIDE_WIDTH)
        context.set_dash(DASHES)
        for end in ((x, axis_y), (axis_x, y)):
            context.move_to(x, y)
            context.line_to(*end)
        context.stroke()
        context.set_dash([])

    def _at(self, part: float) -> Place:
        x = self._point.start + (self._point.end - self._point.start) * part
        return x, float(self._function(np.array([x]))[0])

    def _is_seen(self, y: float) -> bool:
        low, high = self._range
        return low - EDGE * (high - low) <= y <= high + EDGE * (high - low)

    def _text(self, x: float, y: float) -> str:
        return f"({fixed_label(x, self._places[0])}, {fixed_label(y, self._places[1])})"

    def _draw_coordinates(self, context: Context, place: Place, text: str, alpha: float) -> None:
        corner = beside(place, self._side, self._size, self._axes.inner)
        context.set_source_rgba(*colour(self._tokens.panel), BACKING * alpha)
        context.rectangle(*corner, *self._size)
        context.fill()
        indent = (self._size[0] - self._readout.width(text)) / 2
        self._readout.put(context, text, (corner[0] + indent, corner[1]), alpha)
