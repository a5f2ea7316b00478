"""A chart on its panel: bars that grow, a line that is drawn, or slices that open; below it the caption."""

from __future__ import annotations

from typing import Protocol

from videojob.visuals.chart import ChartVisual
from videotutor_renderer.scene.figures.chart_bars import TALLEST_ROW, Bars
from videotutor_renderer.scene.figures.chart_line import Line
from videotutor_renderer.scene.figures.chart_pie import Pie
from videotutor_renderer.scene.figures.figure import Kind, OnPanel
from videotutor_renderer.scene.figures.words import labels
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import Context, put
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.typeset import reads_right_to_left

PADDING = 0.05
"""Part of the panel's shorter side that is kept free within its edges, between these points."""
LEAST_PADDING, MOST_PADDING = 14.0, 32.0
CAPTION_SHARE = 0.16
"""Part of the height that a caption may take; one line always."""
LEAST_HEIGHT, CAPTION_HEIGHT = 250.0, 50.0
HEIGHT_RATIO = 0.9
"""Height of a line or a pie for its width, where there is room."""


class Body(Protocol):
    """What is drawn of the values, in one style."""

    def draw(self, context: Context, shown: float) -> None:
        """Paint as many of the values as have appeared."""
        ...


class Chart(OnPanel):
    """A chart laid out in a box, drawn at any moment of its animation."""

    def __init__(self, visual: ChartVisual, box: Box, style: Style) -> None:
        """Lengths are points of the frame."""
        self._box, self._style, self._tokens = box, style, style.tokens
        padding = min(MOST_PADDING, max(LEAST_PADDING, PADDING * min(box.width, box.height)))
        inner = self._inner = box.inset(padding, padding)
        self._caption = None
        if visual.caption:
            room = inner.height * CAPTION_SHARE
            (self._caption,) = labels(style, [visual.caption], inner.width, room, style.tokens.muted)
            inner = Box(inner.x, inner.y, inner.width, inner.height - self._caption.height - padding / 3)
        self._caption_right = reads_right_to_left(visual.caption or "")
        self._body = _body(visual, inner, style, mirrored=reads_right_to_left(visual.labels[0]))

    def _draw_standing(self, context: Context, _shown: float) -> None:
        self._draw_caption(context)

    def _draw_parts(self, context: Context, shown: float) -> None:
        self._body.draw(context, shown)

    def _draw_caption(self, context: Context) -> None:
        if self._caption:
            x = self._inner.right - self._caption.width if self._caption_right else self._inner.x
            put(context, self._caption, (x, self._inner.bottom - self._caption.height))


def _body(visual: ChartVisual, room: Box, style: Style, *, mirrored: bool) -> Body:
    match visual.style:
        case "bar":
            return Bars(visual, room, style, mirrored=mirrored)
        case "line":
            return Line(visual, room, style, mirrored=mirrored)
        case "pie":
            return Pie(visual, room, style, mirrored=mirrored)


def _height(visual: ChartVisual, width: float) -> float:
    if visual.style != "bar":
        return max(LEAST_HEIGHT, width * HEIGHT_RATIO)
    caption = CAPTION_HEIGHT if visual.caption else 0.0
    return max(LEAST_HEIGHT, TALLEST_ROW * len(visual.values) + 2 * MOST_PADDING + caption)


KIND = Kind(make=Chart, parts=lambda visual: len(visual.values), each=0.7, height=_height)
