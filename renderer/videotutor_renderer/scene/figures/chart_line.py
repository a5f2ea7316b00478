"""The line of a chart: drawn from point to point over round numbers."""

from __future__ import annotations

import math

import cairo

from videojob.visuals.chart import ChartVisual
from videotutor_renderer.scene.figures.figure import ease, part
from videotutor_renderer.scene.figures.words import labels
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import Context, put
from videotutor_renderer.scene.plot import tick_label, ticks
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour

TICK_DISTANCE = 64.0
LABEL_WIDTH = 72.0
"""Points that a label below the line needs; with less, only every second, third, … is shown."""
LABEL_HEIGHT = 0.2
TICK_SHARE = 0.3
GAP = 8.0
DOT = 7.0
WIDTH = 4.0


class Line:
    """Points from left to right in a room, or from right to left in a right-to-left chart."""

    def __init__(self, visual: ChartVisual, room: Box, style: Style, *, mirrored: bool) -> None:
        """Lengths are points of the frame."""
        self._values, self._tokens, self._mirrored = visual.values, style.tokens, mirrored
        muted = style.tokens.muted
        low, high = _range(visual.values)
        self._low, self._span = low, high - low
        self._ticks = ticks(low, high, max(2, round(room.height / TICK_DISTANCE)))
        numbers = [tick_label(value) for value in self._ticks]
        self._numbers = labels(style, numbers, room.width * TICK_SHARE, TICK_DISTANCE / 2, muted)
        self._unit = labels(style, [visual.unit], room.width, room.height * LABEL_HEIGHT, muted) if visual.unit else []
        side = max(p.width for p in self._numbers) + GAP
        slot = (room.width - side) / len(visual.values)
        self._every = min(len(visual.values), math.ceil(LABEL_WIDTH / slot))
        chosen = visual.labels[:: self._every]
        self._names = labels(style, chosen, slot * self._every - GAP, room.height * LABEL_HEIGHT)
        top = sum(p.height for p in self._unit) + self._numbers[0].height / 2
        height = room.height - top - max(p.height for p in self._names) - GAP - DOT
        self._room = room
        self._plot = Box(room.x if mirrored else room.x + side, room.y + top, room.width - side, height)

    def draw(self, context: Context, shown: float) -> None:
        """Paint the grid, the line as far as it has come, and the labels of the points that it has reached."""
        self._draw_grid(context, min(1.0, shown * 4))
        self._draw_line(context, shown)
        context.set_source_rgb(*colour(self._tokens.series[0]))
        for i in range(len(self._values)):
            there = ease(part(shown, i))
            if there > 0:
                context.arc(*self._at(i), DOT * there, 0, 2 * math.pi)
                context.fill()
        for i, name in enumerate(self._names):
            x, _ = self._at(i * self._every)
            left = min(max(x - name.width / 2, self._room.x), self._room.right - name.width)
            put(context, name, (left, self._room.bottom - self._tallest()), ease(part(shown, i * self._every)))

    def _tallest(self) -> float:
        return max(p.height for p in self._names)

    def _draw_grid(self, context: Context, alpha: float) -> None:
        plot = self._plot
        for value, number in zip(self._ticks, self._numbers, strict=True):
            y = self._height(value)
            context.set_source_rgba(*colour(self._tokens.muted), alpha * (0.8 if value == 0 else 0.25))
            context.set_line_width(2 if value == 0 else 1)
            context.move_to(plot.x, y)
            context.line_to(plot.right, y)
            context.stroke()
            x = plot.right + GAP if self._mirrored else plot.x - GAP - number.width
            put(context, number, (x, y - number.height / 2), alpha)
        for unit in self._unit:
            x = self._room.right - unit.width if self._mirrored else self._room.x
            put(context, unit, (x, self._room.y), alpha)

    def _draw_line(self, context: Context, shown: float) -> None:
        """Towards each point while its part appears."""
        context.set_source_rgb(*colour(self._tokens.series[0]))
        context.set_line_width(WIDTH)
        context.set_line_join(cairo.LINE_JOIN_ROUND)
        context.move_to(*self._at(0))
        for i in range(1, len(self._values)):
            come = ease(part(shown, i))
            (x, y), (next_x, next_y) = self._at(i - 1), self._at(i)
            if come > 0:
                context.line_to(x + (next_x - x) * come, y + (next_y - y) * come)
        context.stroke()

    def _at(self, i: int) -> tuple[float, float]:
        """Where a point lies: in the middle of its slot."""
        share = (i + 0.5) / len(self._values)
        return self._plot.x + self._plot.width * (1 - share if self._mirrored else share), self._height(self._values[i])

    def _height(self, value: float) -> float:
        return self._plot.bottom - (value - self._low) / self._span * self._plot.height


def _range(values: tuple[float, ...]) -> tuple[float, float]:
    """From the least to the greatest with a little more; zero is in it when it is near, or nothing changes."""
    low, high = min(values), max(values)
    if low > 0 and (low < 0.5 * high or low == high):
        low = 0.0
    if high < 0 and (high > 0.5 * low or low == high):
        high = 0.0
    if low == high:
        return -1.0, 1.0
    pad = (high - low) * 0.06
    return low - pad * (low != 0), high + pad * (high != 0)
