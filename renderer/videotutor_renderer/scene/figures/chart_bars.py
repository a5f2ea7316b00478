"""Bars of a chart: one row for each value, its label before it and its number after it."""

from __future__ import annotations

from functools import partial

from videojob.visuals.chart import ChartVisual
from videotutor_renderer.scene.figures.chart_values import values
from videotutor_renderer.scene.figures.figure import across, ease, part
from videotutor_renderer.scene.figures.words import labels
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import Context, put
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour

TALLEST_ROW = 92.0
THICKNESS = 0.56
"""Of a bar, as a part of its row."""
LABEL_SHARE, NUMBER_SHARE = 0.36, 0.34
"""Parts of the width that labels and numbers may take."""
GAP = 10.0


class Bars:
    """Rows in a room; in a right-to-left chart they grow to the left."""

    def __init__(self, visual: ChartVisual, room: Box, style: Style, *, mirrored: bool) -> None:
        """Lengths are points of the frame."""
        self._values, self._tokens = visual.values, style.tokens
        self._across = partial(across, room, mirrored=mirrored)
        self._row = min(TALLEST_ROW, room.height / len(visual.values))
        self._top = room.y + (room.height - self._row * len(visual.values)) / 2
        self._labels = labels(style, visual.labels, room.width * LABEL_SHARE, self._row)
        self._numbers = labels(style, values(visual), room.width * NUMBER_SHARE, self._row, style.tokens.muted)
        self._left = max(p.width for p in self._labels) + GAP
        self._length = room.width - self._left - max(p.width for p in self._numbers) - GAP
        self._low = min(0.0, *visual.values)
        self._span = max(0.0, *visual.values) - self._low or 1.0

    def draw(self, context: Context, shown: float) -> None:
        """Paint the rows that have appeared, and the line of zero that they stand on."""
        zero = self._along(0)
        for i, value in enumerate(self._values):
            grown = ease(part(shown, i))
            if grown > 0:
                self._draw_row(context, i, self._along(value * grown), grown)
        x = self._across(zero, 0)
        context.set_source_rgba(*colour(self._tokens.muted), min(1.0, shown))
        context.set_line_width(2)
        context.move_to(x, self._top)
        context.line_to(x, self._top + self._row * len(self._values))
        context.stroke()

    def _draw_row(self, context: Context, i: int, end: float, alpha: float) -> None:
        middle, zero = self._top + self._row * (i + 0.5), self._along(0)
        thick, start, length = self._row * THICKNESS, min(zero, end), abs(end - zero)
        context.set_source_rgb(*colour(self._tokens.series[0]))
        context.rectangle(self._across(start, length), middle - thick / 2, length, thick)
        context.fill()
        label, number = self._labels[i], self._numbers[i]
        before = self._left - GAP - label.width
        put(context, label, (self._across(before, label.width), middle - label.height / 2), alpha)
        after = max(zero, end) + GAP
        put(context, number, (self._across(after, number.width), middle - number.height / 2), alpha)

    def _along(self, value: float) -> float:
        """Where a value lies, in points from the side where reading starts."""
        return self._left + (value - self._low) / self._span * self._length
