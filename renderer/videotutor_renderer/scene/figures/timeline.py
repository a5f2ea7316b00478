"""A timeline on its panel: events from top to bottom along a line, their dates before it and their texts after it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from videojob.visuals.timeline import TimelineVisual
from videotutor_renderer.scene.figures.figure import Kind, OnPanel, across, ease, even_pages, part
from videotutor_renderer.scene.figures.words import labels
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import Context, put
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour
from videotutor_renderer.scene.typeset import reads_right_to_left

PADDING = 16.0
MOST_ON_A_PAGE = 4
"""Events that can be read on one panel, each of them with two lines of text at the least height."""
TALLEST_ROW, LEAST_HEIGHT = 110.0, 250.0
DATE_SHARE = 0.3
"""Part of the width that dates may take."""
RAIL = 44.0
"""Width of the column of the line and its dots."""
DOT, LINE_WIDTH = 9.0, 3.0
LINE_GAP = 6.0
"""Between the texts of two events."""


class Timeline(OnPanel):
    """Events laid out in a box, drawn at any moment."""

    def __init__(self, visual: TimelineVisual, box: Box, style: Style) -> None:
        """Lengths are points of the frame."""
        self._box, self._tokens, events = box, style.tokens, visual.events
        inner = box.inset(2 * PADDING if box.width > box.height else PADDING, PADDING)
        self._across = partial(across, inner, mirrored=reads_right_to_left(events[0].text))
        self._row = min(TALLEST_ROW, inner.height / len(events))
        self._top = inner.y + (inner.height - self._row * len(events)) / 2
        tall, accent = self._row - LINE_GAP, style.tokens.accent
        self._dates = labels(style, [event.date for event in events], inner.width * DATE_SHARE, tall, accent)
        self._rail = max(p.width for p in self._dates)
        self._texts = labels(style, [event.text for event in events], inner.width - self._rail - RAIL, tall)

    def _draw_parts(self, context: Context, shown: float) -> None:
        self._draw_line(context, shown)
        for i in range(len(self._texts)):
            there = ease(part(shown, i))
            if there > 0:
                self._draw_event(context, i, there)

    def _draw_line(self, context: Context, shown: float) -> None:
        """From the first event towards each while it appears."""
        come = sum(ease(part(shown, i)) for i in range(1, len(self._texts)))
        x = self._across(self._rail + RAIL / 2, 0)
        context.set_source_rgba(*colour(self._tokens.muted), 0.6)
        context.set_line_width(LINE_WIDTH)
        context.move_to(x, self._middle(0))
        context.line_to(x, self._middle(come))
        context.stroke()

    def _draw_event(self, context: Context, i: int, alpha: float) -> None:
        middle, date, text = self._middle(i), self._dates[i], self._texts[i]
        context.set_source_rgb(*colour(self._tokens.accent))
        context.arc(self._across(self._rail + RAIL / 2, 0), middle, DOT * alpha, 0, 2 * math.pi)
        context.fill()
        put(context, date, (self._across(self._rail - date.width, date.width), middle - date.height / 2), alpha)
        put(context, text, (self._across(self._rail + RAIL, text.width), middle - text.height / 2), alpha)

    def _middle(self, row: float) -> float:
        return self._top + self._row * (row + 0.5)


def _pages(visual: TimelineVisual) -> Sequence[TimelineVisual]:
    return [TimelineVisual(events=events) for events in even_pages(visual.events, MOST_ON_A_PAGE)]


def _height(visual: TimelineVisual, _width: float) -> float:
    return max(LEAST_HEIGHT, TALLEST_ROW * len(visual.events) + 2 * PADDING)


KIND = Kind(make=Timeline, parts=lambda visual: len(visual.events), each=0.8, height=_height, split=_pages)
