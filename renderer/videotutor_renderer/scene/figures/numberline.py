"""A number line on its panel: jumps as arcs above it, intervals on it, the names of points below it."""

from __future__ import annotations

import math

from videojob.visuals.numberline import NumberInterval, NumberJump, NumberlineVisual
from videotutor_renderer.scene.figures.figure import Kind, OnPanel, ease, part
from videotutor_renderer.scene.figures.words import labels
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import Context, put
from videotutor_renderer.scene.plot import tick_label, ticks
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour
from videotutor_renderer.scene.typeset import Picture

PADDING, SIDE = 14.0, 44.0
TICK_DISTANCE, TICK = 90.0, 7.0
ARC_SHARE, LEAST_ABOVE = 0.36, 24.0
"""Part of the height for arcs and their labels; points kept above the line where there are none."""
LABEL_SHARE = 0.45
JUMP_LABEL = 38.0
DOT, BAND, ARC = 9.0, 7.0, 4.0
LOWEST_NAME = 40.0
"""Points from one row of names to the next, at most."""


class Numberline(OnPanel):
    """A number line laid out in a box, drawn at any moment."""

    def __init__(self, visual: NumberlineVisual, box: Box, style: Style) -> None:
        """Lengths are points of the frame."""
        self._visual, self._box, self._tokens = visual, box, style.tokens
        self._inner = inner = box.inset(SIDE, PADDING)
        self._above = max(LEAST_ABOVE, ARC_SHARE * inner.height if visual.jumps else 0.0)
        self._ticks = ticks(visual.line_min, visual.line_max, max(1, round(inner.width / TICK_DISTANCE)))
        numbers = [tick_label(value) for value in self._ticks]
        self._numbers = labels(style, numbers, TICK_DISTANCE, JUMP_LABEL, style.tokens.muted)
        self._tick_row = TICK + max((p.height for p in self._numbers), default=0.0)
        rest = inner.height - self._above - self._tick_row
        self._lane = min(LOWEST_NAME, rest / max(1, len(visual.points)))
        names = [point.label for point in visual.points]
        self._names = labels(style, names, inner.width * LABEL_SHARE, self._lane)
        self._rows = self._free_rows()
        self._steps = labels(style, [jump.label for jump in visual.jumps], inner.width * LABEL_SHARE, JUMP_LABEL)
        used = self._above + self._tick_row + self._lane * (max(self._rows, default=-1) + 1)
        self._y = inner.y + (inner.height - used) / 2 + self._above

    def _draw_standing(self, context: Context, _shown: float) -> None:
        self._draw_line(context)

    def _draw_parts(self, context: Context, shown: float) -> None:
        visual = self._visual
        first = len(visual.points)
        for i, interval in enumerate(visual.intervals):
            self._draw_interval(context, interval, i, ease(part(shown, first + i)))
        for i in range(len(visual.points)):
            self._draw_point(context, i, ease(part(shown, i)))
        first += len(visual.intervals)
        for i, jump in enumerate(visual.jumps):
            self._draw_jump(context, jump, self._steps[i], ease(part(shown, first + i)))

    def _x(self, number: float) -> float:
        low, high = self._visual.line_min, self._visual.line_max
        return self._inner.x + (number - low) / (high - low) * self._inner.width

    def _left(self, picture: Picture, x: float) -> float:
        """The left edge of a picture with its middle at x, or as near as the panel allows."""
        least, most = self._box.x + PADDING, self._box.right - PADDING - picture.width
        return min(max(x - picture.width / 2, least), most)

    def _free_rows(self) -> list[int]:
        """For each name the first row below the line where no other is in its way."""
        rows: list[int] = []
        taken: list[tuple[int, float, float]] = []
        for point, name in zip(self._visual.points, self._names, strict=True):
            left = self._left(name, self._x(point.at))
            right = left + name.width
            blocked = {row for row, start, end in taken if left < end and start < right}
            rows.append(next(row for row in range(len(taken) + 1) if row not in blocked))
            taken.append((rows[-1], left, right))
        return rows

    def _put_centred(self, context: Context, picture: Picture, x: float, y: float, alpha: float) -> None:
        put(context, picture, (self._left(picture, x), y), alpha)

    def _draw_line(self, context: Context) -> None:
        context.set_source_rgb(*colour(self._tokens.muted))
        context.set_line_width(2)
        context.move_to(self._inner.x - 20, self._y)
        context.line_to(self._inner.right + 20, self._y)
        for value in self._ticks:
            context.move_to(self._x(value), self._y - TICK)
            context.line_to(self._x(value), self._y + TICK)
        context.stroke()
        for value, number in zip(self._ticks, self._numbers, strict=True):
            self._put_centred(context, number, self._x(value), self._y + TICK, 1.0)

    def _draw_point(self, context: Context, i: int, come: float) -> None:
        if come > 0:
            x, name = self._x(self._visual.points[i].at), self._names[i]
            self._dot(context, x, self._tokens.accent, DOT * come, is_open=False)
            top = self._y + self._tick_row + self._lane * self._rows[i] + (self._lane - name.height) / 2
            self._put_centred(context, name, x, top, come)

    def _draw_interval(self, context: Context, interval: NumberInterval, i: int, come: float) -> None:
        """From its lower end to its upper; an end that is left out is a ring."""
        if come > 0:
            start, ink = self._x(interval.start), self._tokens.series[i + 1]
            end = start + (self._x(interval.end) - start) * come
            context.set_source_rgb(*colour(ink))
            context.set_line_width(BAND)
            context.move_to(start, self._y)
            context.line_to(end, self._y)
            context.stroke()
            self._dot(context, start, ink, DOT, is_open=interval.start_open)
            self._dot(context, end, ink, DOT, is_open=interval.end_open)

    def _dot(self, context: Context, x: float, ink: str, radius: float, *, is_open: bool) -> None:
        context.new_sub_path()
        context.arc(x, self._y, radius, 0, 2 * math.pi)
        context.set_source_rgb(*colour(self._tokens.panel if is_open else ink))
        context.fill_preserve()
        context.set_source_rgb(*colour(ink))
        context.set_line_width(3)
        context.stroke()

    def _draw_jump(self, context: Context, jump: NumberJump, label: Picture, come: float) -> None:
        """Half an ellipse from start to end, with the tip of an arrow where it lands."""
        if come <= 0:
            return
        start, end = self._x(jump.start), self._x(jump.end)
        middle, radius, height = (start + end) / 2, (end - start) / 2, self._above - JUMP_LABEL - 2 * ARC
        context.save()
        context.translate(middle, self._y - ARC)
        context.scale(radius, height)
        context.arc(0, 0, 1, math.pi, math.pi * (1 + come))
        context.restore()
        context.set_source_rgb(*colour(self._tokens.series[0]))
        context.set_line_width(ARC)
        context.stroke()
        if come >= 1:
            context.move_to(end, self._y - 2)
            context.line_to(end - 8, self._y - 15)
            context.line_to(end + 8, self._y - 15)
            context.fill()
        self._put_centred(context, label, middle, self._y - self._above, come)


def _parts(visual: NumberlineVisual) -> int:
    return max(1, len(visual.points) + len(visual.intervals) + len(visual.jumps))


def _height(visual: NumberlineVisual, _width: float) -> float:
    return 420.0 if visual.jumps else 260.0


KIND = Kind(make=Numberline, parts=_parts, each=0.9, height=_height)
