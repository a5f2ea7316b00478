"""The slices of a chart: they open clockwise from the top, with a legend beside or below them."""

from __future__ import annotations

import math
from functools import partial

from videojob.visuals.chart import ChartVisual
from videotutor_renderer.scene.figures.chart_values import values
from videotutor_renderer.scene.figures.figure import across, ease, part
from videotutor_renderer.scene.figures.words import labels
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import Context, put
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour

WIDE = 1.25
"""From this ratio of width to height the legend stands beside the slices."""
DISC_SHARE = 0.46
"""Part of the width, or of the height, that the slices may take."""
TALLEST_ROW = 62.0
SWATCH, GAP = 20.0, 12.0
NUMBER_SHARE = 0.42
SEAM = 2.5
"""Width of the line between slices, in the colour of the panel."""


class Pie:
    """Slices and their legend in a room."""

    def __init__(self, visual: ChartVisual, room: Box, style: Style, *, mirrored: bool) -> None:
        """Lengths are points of the frame."""
        self._tokens, self._values = style.tokens, visual.values
        self._disc, self._legend = _beside(room, mirrored=mirrored) if room.width > room.height * WIDE else _above(room)
        self._across = partial(across, self._legend, mirrored=mirrored)
        self._row = min(TALLEST_ROW, self._legend.height / len(visual.values))
        self._top = self._legend.y + (self._legend.height - self._row * len(visual.values)) / 2
        text = self._legend.width - SWATCH - 2 * GAP
        self._numbers = labels(style, values(visual), text * NUMBER_SHARE, self._row, style.tokens.muted)
        rest = text - max(p.width for p in self._numbers)
        self._names = labels(style, visual.labels, rest, self._row)

    def draw(self, context: Context, shown: float) -> None:
        """Paint the slices as far as they have opened, and their rows of the legend."""
        start, total = -math.pi / 2, sum(self._values)
        for i, value in enumerate(self._values):
            opened = ease(part(shown, i))
            angle = 2 * math.pi * (value / total)
            if opened > 0:
                self._draw_slice(context, i, start, start + angle * opened)
                self._draw_row(context, i, opened)
            start += angle

    def _draw_slice(self, context: Context, i: int, start: float, end: float) -> None:
        x, y = self._disc.middle
        context.move_to(x, y)
        context.arc(x, y, self._disc.width / 2 - SEAM, start, end)
        context.close_path()
        context.set_source_rgb(*colour(self._tokens.series[i]))
        context.fill_preserve()
        context.set_source_rgb(*colour(self._tokens.panel))
        context.set_line_width(SEAM)
        context.stroke()

    def _draw_row(self, context: Context, i: int, alpha: float) -> None:
        """Colour, label, and the number at the other end of the row."""
        name, number, middle = self._names[i], self._numbers[i], self._top + self._row * (i + 0.5)
        context.set_source_rgba(*colour(self._tokens.series[i]), alpha)
        context.rectangle(self._across(0, SWATCH), middle - SWATCH / 2, SWATCH, SWATCH)
        context.fill()
        put(context, name, (self._across(SWATCH + GAP, name.width), middle - name.height / 2), alpha)
        end = self._across(self._legend.width - number.width, number.width)
        put(context, number, (end, middle - number.height / 2), alpha)


def _beside(room: Box, *, mirrored: bool) -> tuple[Box, Box]:
    side = min(room.height, room.width * DISC_SHARE)
    gap = room.width * 0.05
    rest = room.width - side - gap
    disc_x, legend_x = (room.x + rest + gap, room.x) if mirrored else (room.x, room.x + side + gap)
    return (
        Box(disc_x, room.y + (room.height - side) / 2, side, side),
        Box(legend_x, room.y, rest, room.height),
    )


def _above(room: Box) -> tuple[Box, Box]:
    side = min(room.width, room.height * DISC_SHARE)
    gap = room.height * 0.04
    disc = Box(room.x + (room.width - side) / 2, room.y, side, side)
    return disc, Box(room.x, room.y + side + gap, room.width, room.height - side - gap)
