"""The frame of a plot: panel, grid, axes with round numbers, and the caption below."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from videotutor_renderer.scene.expression import Array
from videotutor_renderer.scene.figures.words import labels
from videotutor_renderer.scene.frame import Box, Place
from videotutor_renderer.scene.paint import Context, panel, put
from videotutor_renderer.scene.plot import SAMPLES, Plotted, tick_label, ticks
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour
from videotutor_renderer.scene.typeset import reads_right_to_left

PADDING = 22.0
LABEL_SIZE = 20.0
CAPTION_SHARE = 0.2
"""Part of the height that the caption may take; one line always."""
TICK_DISTANCE = 95.0
"""Points between labels of the x axis, about."""
LEGEND_GAP = 14.0
TIP = 7.0
"""Length of an arrow's tip beyond the end of its axis."""


class Axes:
    """The coordinates of a plot in a box."""

    def __init__(self, numbers: Plotted, box: Box, style: Style, caption: str | None, legend_height: float) -> None:
        """Lengths are points of the frame; the legend has its height above the axes."""
        self._numbers, self._box, self._tokens = numbers, box, style.tokens
        self._caption = None
        if caption:
            room = box.width - 2 * PADDING, box.height * CAPTION_SHARE
            (self._caption,) = labels(style, [caption], *room, style.tokens.muted)
        self._caption_right = reads_right_to_left(caption or "")
        self._x_ticks = ticks(numbers.x_min, numbers.x_max, max(2, round(box.width / TICK_DISTANCE)))
        self._y_ticks = ticks(numbers.y_min, numbers.y_max)
        shown = [tick_label(value) for value in (*self._x_ticks, *self._y_ticks)]
        pictures = style.texts(shown, LABEL_SIZE, style.tokens.muted)
        self._x_labels, self._y_labels = pictures[: len(self._x_ticks)], pictures[len(self._x_ticks) :]
        self.inner = self._inner_box(legend_height)

    @property
    def origin(self) -> Place:
        """Where the axes cross, in points: at zero, or on the edge nearest to it when zero is not in the picture."""
        numbers = self._numbers
        x = min(max(0.0, numbers.x_min), numbers.x_max)
        return self.at(x, min(max(0.0, numbers.y_min), numbers.y_max))

    def at(self, x: float, y: float) -> Place:
        """Where a point of the plot lies, in points of the frame."""
        numbers, inner = self._numbers, self.inner
        return (
            inner.x + (x - numbers.x_min) / (numbers.x_max - numbers.x_min) * inner.width,
            inner.y + (numbers.y_max - y) / (numbers.y_max - numbers.y_min) * inner.height,
        )

    def across(self, x: Array) -> Array:
        """How far to the right values of x lie."""
        numbers, inner = self._numbers, self.inner
        return inner.x + (x - numbers.x_min) / (numbers.x_max - numbers.x_min) * inner.width

    def places(self, x: Array, y: Array) -> list[Place]:
        """Where many points lie; one that is far above or below, or at infinity, lies just out of sight.

        Cairo's fixed-point coordinates end at 2^23.
        """
        numbers, inner = self._numbers, self.inner
        span = numbers.y_max - numbers.y_min
        near = (numbers.y_max - y.clip(numbers.y_min - span, numbers.y_max + span)) / span
        return list(zip(self.across(x).tolist(), (inner.y + near * inner.height).tolist(), strict=True))

    def cross(self) -> list[Place]:
        """Points of both axes, close together."""
        (x, y), inner = self.origin, self.inner
        across, upright = (
            np.linspace(start, end, SAMPLES) for start, end in ((inner.x, inner.right), (inner.y, inner.bottom))
        )
        return [*((at, y) for at in across.tolist()), *((x, at) for at in upright.tolist())]

    @contextmanager
    def clipped(self, context: Context) -> Iterator[None]:
        """What is drawn in the block is cut off at the edges of the axes."""
        inner = self.inner.inset(0, -2)
        context.save()
        context.rectangle(inner.x, inner.y, inner.width, inner.height)
        context.clip()
        yield
        context.restore()

    def draw(self, context: Context) -> None:
        """Paint the frame as a whole."""
        panel(context, self._box, self._tokens)
        self._draw_grid(context)
        self._draw_axes(context)
        for value, picture in zip(self._x_ticks, self._x_labels, strict=True):
            x, _ = self.at(value, 0)
            put(context, picture, (x - picture.width / 2, self.inner.bottom + 2))
        for value, picture in zip(self._y_ticks, self._y_labels, strict=True):
            _, y = self.at(0, value)
            put(context, picture, (self.inner.x - picture.width - 6, y - picture.height / 2))
        if self._caption:
            left, right = self._box.x + PADDING, self._box.right - PADDING - self._caption.width
            bottom = self._box.bottom - self._caption.height - PADDING + 8
            put(context, self._caption, (right if self._caption_right else left, bottom))

    def _inner_box(self, legend_height: float) -> Box:
        left = PADDING + max((p.width for p in self._y_labels), default=20.0) + 8
        top = PADDING + legend_height + LEGEND_GAP
        caption = self._caption.height + 6 if self._caption else 0.0
        bottom = PADDING + max((p.height for p in self._x_labels), default=20.0) + 4 + caption
        right = max([PADDING, *(p.width / 2 + 8 for p in self._x_labels[-1:])])
        box = self._box
        return Box(box.x + left, box.y + top, box.width - left - right, box.height - top - bottom)

    def _draw_grid(self, context: Context) -> None:
        context.set_source_rgba(*colour(self._tokens.muted), 0.22)
        context.set_line_width(1)
        inner = self.inner
        for value in self._x_ticks:
            x, _ = self.at(value, 0)
            context.move_to(x, inner.y)
            context.line_to(x, inner.bottom)
        for value in self._y_ticks:
            _, y = self.at(0, value)
            context.move_to(inner.x, y)
            context.line_to(inner.right, y)
        context.stroke()

    def _draw_axes(self, context: Context) -> None:
        inner, (x, y) = self.inner, self.origin
        context.set_source_rgb(*colour(self._tokens.muted))
        context.set_line_width(2)
        context.move_to(inner.x, y)
        context.line_to(inner.right, y)
        context.move_to(x, inner.bottom)
        context.line_to(x, inner.y)
        context.stroke()
        for tip_x, tip_y, angle in ((inner.right, y, 0.0), (x, inner.y, -math.pi / 2)):
            context.save()
            context.translate(tip_x, tip_y)
            context.rotate(angle)
            context.move_to(TIP, 0)
            context.line_to(-5, -5)
            context.line_to(-5, 5)
            context.close_path()
            context.fill()
            context.restore()
