"""The grid of a coordinate plane: it stays where it is, and a copy of it moves with a linear map."""

from __future__ import annotations

import math

from videotutor_renderer.scene.figures.linear_map import LinearMap
from videotutor_renderer.scene.figures.path import trace
from videotutor_renderer.scene.figures.placing import beside
from videotutor_renderer.scene.figures.view import View
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import Context, put
from videotutor_renderer.scene.plot import tick_label, ticks
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour
from videotutor_renderer.scene.typeset import Picture

LINE_DISTANCE = 44.0
"""Points between two lines, about."""
NUMBER_SIZE, NUMBER_GAP = 18.0, 3.0
REACH = 3
"""How many times as far as the view the moving grid goes, so that its end is hardly ever seen."""
FAINT, MOVING = 0.22, 0.45
"""Opacity of lines that stay and of those that move."""


class Grid:
    """The lines of a view, its `axes` from end to end, and its `numbers` with their middles in points of the frame."""

    def __init__(self, view: View, style: Style) -> None:
        """Lengths are points of the frame."""
        self._view, self._tokens = view, style.tokens
        low, high = self._low, self._high = view.low, view.high
        span = max((high - low).real, (high - low).imag)
        self._step = max(1.0, ticks(0.0, span, max(2, round(span * view.unit / LINE_DISTANCE)))[1])
        self._columns = _multiples(low.real, high.real, self._step)
        self._rows = _multiples(low.imag, high.imag, self._step)
        self.axes = ((1j * low.imag, 1j * high.imag), (complex(low.real), complex(high.real)))
        self.numbers = self._placed_numbers(style)

    def draw(self, context: Context) -> None:
        """Paint what stays: lines, axes, numbers."""
        context.set_source_rgba(*colour(self._tokens.muted), FAINT)
        context.set_line_width(1)
        for i in self._columns:
            self._line(context, complex(i * self._step, self._low.imag), complex(i * self._step, self._high.imag))
        for i in self._rows:
            self._line(context, complex(self._low.real, i * self._step), complex(self._high.real, i * self._step))
        context.stroke()
        context.set_source_rgb(*colour(self._tokens.muted))
        context.set_line_width(2)
        for axis in self.axes:
            self._line(context, *axis)
        context.stroke()
        for number, middle in self.numbers:
            put(context, number, (middle.real - number.width / 2, middle.imag - number.height / 2))

    def draw_moved(self, context: Context, moved: LinearMap, ink: str) -> None:
        """Paint the copy of the lines that moves, where a map has brought it."""
        furthest = max(map(abs, (self._low.real, self._low.imag, self._high.real, self._high.imag)))
        count = math.ceil(REACH * furthest / self._step)
        context.set_source_rgba(*colour(ink), MOVING)
        for i in range(-count, count + 1):
            for way in (1, 1j):
                middle, half = i * self._step * way, count * self._step * way * 1j
                self._line(context, moved(middle - half), moved(middle + half))
            context.set_line_width(1.5 if i else 3)
            context.stroke()

    def _line(self, context: Context, a: complex, b: complex) -> None:
        trace(context, (self._view.at(a), self._view.at(b)))

    def _placed_numbers(self, style: Style) -> list[tuple[Picture, complex]]:
        """Numbers with their middles: below the x axis and to the left of the y axis, where there is room."""
        counts = sorted({*self._columns, *self._rows} - {0})
        texts = [tick_label(i * self._step) for i in counts]
        pictures = dict(zip(counts, style.texts(texts, NUMBER_SIZE, style.tokens.muted), strict=True))
        widest = max((picture.width for picture in pictures.values()), default=0.0)
        every = math.ceil(widest / (self._step * self._view.unit))
        found = [(i, complex(i * self._step), 1j, 0.0) for i in self._columns if i and i % every == 0]
        found += [(i, 1j * i * self._step, -1 + 0j, NUMBER_GAP) for i in self._rows if i]
        placed = [(pictures[i], beside(self._view.at(at), way, pictures[i], gap)) for i, at, way, gap in found]
        return [(picture, middle) for picture, middle in placed if _holds(self._view.box, picture, middle)]


def _holds(box: Box, picture: Picture, middle: complex) -> bool:
    away = middle - complex(*box.middle)
    return abs(away.real) <= (box.width - picture.width) / 2 and abs(away.imag) <= (box.height - picture.height) / 2


def _multiples(low: float, high: float, step: float) -> range:
    return range(math.ceil(low / step), math.floor(high / step) + 1)
