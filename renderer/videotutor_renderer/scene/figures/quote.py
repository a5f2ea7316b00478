"""A quote on its panel: a large mark, the words beside it, then who said them."""

from __future__ import annotations

from videojob.visuals.quote import QuoteVisual
from videotutor_renderer.scene.figures.figure import Kind, OnPanel, across, after_panel, ease, part
from videotutor_renderer.scene.figures.words import SIZES, Label, fitted, labels
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import Context, put
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.typeset import Picture, Text, reads_right_to_left

PADDING_SHARE = 0.08
"""Part of the panel's shorter side that is kept free within its edges."""
WORD_SIZES = (46.0, 40.0, 35.0, 31.0, 28.0, *SIZES)
"""Of the words: larger than labels while they are few."""
MARK_SHARE, LEAST_MARK, MOST_MARK = 0.42, 80.0, 190.0
"""Size of the mark for the panel's shorter side, and its bounds in points."""
MARK_TOP = 0.355
"""Room above the mark in its line for its size: the fonts' ascender 1.069 less the capitals' height 0.714 (Noto)."""
ATTRIBUTION_SHARE = 0.2
"""Part of the height that who said it may take; one line always."""
GAP = 16.0
LEAST_HEIGHT, HEIGHT_RATIO = 250.0, 0.36


class Quote(OnPanel):
    """A quote laid out in a box, drawn at any moment."""

    def __init__(self, visual: QuoteVisual, box: Box, style: Style) -> None:
        """Lengths are points of the frame."""
        self._box, self._tokens, shorter = box, style.tokens, min(box.width, box.height)
        self._mirrored = reads_right_to_left(visual.quote)
        self._inner = inner = box.inset(PADDING_SHARE * shorter, PADDING_SHARE * shorter)
        self._size = min(MOST_MARK, max(LEAST_MARK, MARK_SHARE * shorter))
        mark, font = "”" if self._mirrored else "“", style.tokens.title_font
        self._mark = style.setter.picture(Text(mark, self._size, self._tokens.accent, font=font))
        room, tall = inner.width - self._mark.width - GAP, inner.height
        self._attribution: list[Picture] = []
        if visual.attribution:
            share = inner.height * ATTRIBUTION_SHARE
            self._attribution = labels(style, [f"— {visual.attribution}"], room, share, self._tokens.muted)
            tall -= self._attribution[0].height + GAP
        quote = Label(visual.quote, room, font=font)
        (self._words,) = fitted(style, [quote], tall, WORD_SIZES)
        height = self._words.height + sum(p.height + GAP for p in self._attribution)
        self._top = inner.y + (inner.height - height) / 2

    def _draw_standing(self, context: Context, _shown: float) -> None:
        put(context, self._mark, (self._across(0, self._mark.width), self._top - MARK_TOP * self._size))

    def _draw_parts(self, context: Context, shown: float) -> None:
        top, start = self._top, self._mark.width + GAP
        words = ease(after_panel(shown, 0))
        put(context, self._words, (self._across(start, self._words.width), top), words)
        for picture in self._attribution:
            at = (self._across(start, picture.width), top + self._words.height + GAP)
            put(context, picture, at, ease(part(shown, 1)))

    def _across(self, start: float, width: float) -> float:
        return across(self._inner, start, width, mirrored=self._mirrored)


def _height(_visual: QuoteVisual, width: float) -> float:
    return max(LEAST_HEIGHT, width * HEIGHT_RATIO)


KIND = Kind(make=Quote, parts=lambda visual: 2 if visual.attribution else 1, height=_height)
