"""A recap on its panel: what was learnt, each point with a check mark that is drawn when it is told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from videojob.visuals.recap import RecapVisual
from videotutor_renderer.latex.inline import shown as readable
from videotutor_renderer.scene.figures.check import check
from videotutor_renderer.scene.figures.figure import Kind, OnPanel, across, after_panel, during, even_pages
from videotutor_renderer.scene.figures.words import SIZES, Label, fitted
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import Context, put
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour
from videotutor_renderer.scene.typeset import reads_right_to_left

PADDING_X, PADDING_Y = 30.0, 20.0
POINT_SIZES = (36.0, 32.0, 29.0, *SIZES)
MOST_ON_A_PAGE = 4
TALLEST_ROW, TWO_LINES, NARROW, LEAST_HEIGHT = 116.0, 150.0, 800.0, 250.0
"""Points: of a row for a line of text, and for two of them, which it takes on panels up to this width."""
RADIUS, GAP = 19.0, 22.0
"""Of the circle around a check mark, and between it and its point."""
LINE_GAP = 14.0
"""Between the texts of two points."""
WORDS, TICK = (0.0, 0.5), (0.45, 1.0)
"""Parts of a point's time in which its words appear, and in which its check mark is drawn."""


class Recap(OnPanel):
    """Points laid out in a box, drawn at any moment."""

    def __init__(self, visual: RecapVisual, box: Box, style: Style) -> None:
        """Lengths are points of the frame."""
        self._box, self._tokens = box, style.tokens
        texts = [readable(text) for text in visual.takeaways]
        inner = box.inset(PADDING_X, PADDING_Y)
        self._across = partial(across, inner, mirrored=reads_right_to_left(texts[0]))
        self._row = min(_tallest(box.width), inner.height / len(texts))
        self._top = inner.y + (inner.height - self._row * len(texts)) / 2
        self._radius = min(RADIUS, self._row / 3)
        self._start = 2 * self._radius + GAP
        points = [Label(text, inner.width - self._start) for text in texts]
        self._texts = fitted(style, points, self._row - LINE_GAP, POINT_SIZES)

    def _draw_parts(self, context: Context, shown: float) -> None:
        for i in range(len(self._texts)):
            come = after_panel(shown, i)
            if come > 0:
                self._draw_point(context, i, come)

    def _draw_point(self, context: Context, i: int, come: float) -> None:
        text, words = self._texts[i], during(come, *WORDS)
        middle = self._top + self._row * (i + 0.5)
        put(context, text, (self._across(self._start, text.width), middle - text.height / 2), words)
        x, tick = self._across(0, 2 * self._radius) + self._radius, during(come, *TICK)
        context.arc(x, middle, self._radius, 0, 2 * math.pi)
        context.set_source_rgba(*colour(self._tokens.good), 0.16 * tick)
        context.fill_preserve()
        context.set_source_rgba(*colour(self._tokens.good if tick else self._tokens.muted), words)
        context.set_line_width(2.5)
        context.stroke()
        check(context, (x, middle), self._radius, tick, self._tokens.good)


def _pages(visual: RecapVisual) -> Sequence[RecapVisual]:
    return [RecapVisual(takeaways=points) for points in even_pages(visual.takeaways, MOST_ON_A_PAGE)]


def _tallest(width: float) -> float:
    return TALLEST_ROW if width > NARROW else TWO_LINES


def _height(visual: RecapVisual, width: float) -> float:
    return max(LEAST_HEIGHT, _tallest(width) * len(visual.takeaways) + 2 * PADDING_Y)


KIND = Kind(make=Recap, parts=lambda visual: len(visual.takeaways), each=1.2, height=_height, split=_pages)
