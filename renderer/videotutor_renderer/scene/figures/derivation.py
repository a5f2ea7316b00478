"""A derivation on its panel, as on a teacher's board: what stays moves down to the next line, what is new appears.

Lines that are done stay above, quieter; where there are more than the panel holds, it scrolls.
"""

from __future__ import annotations

from itertools import pairwise

from videojob.visuals.derivation import DerivationVisual
from videotutor_renderer.scene.figures.derivation_lines import Column, Line, natural_height
from videotutor_renderer.scene.figures.figure import Kind, OnPanel, after_panel, during, part
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.glyphs import ink, matches
from videotutor_renderer.scene.paint import Context, put
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import Colour, colour, mixed

PADDING_X, PADDING_Y = 30.0, 24.0
LEAST_HEIGHT = 200.0
SCROLL, QUIET, REASON = (0.0, 0.4), (0.0, 0.4), (0.0, 0.3)
MOVE, GO, COME = (0.1, 0.85), (0.1, 0.5), (0.55, 1.0)
"""Parts of a line's time in which the lines above scroll and become quieter, the reason appears, what stays moves, what
is gone fades, and what is new appears."""
FADE = 1.6
"""How much of a line fades for the part of its height that has left the panel."""
SWEEP = 0.6
"""Part of the first line's time between its first glyph and its last."""


class Derivation(OnPanel):
    """A derivation laid out in a box, drawn at any moment."""

    def __init__(self, visual: DerivationVisual, box: Box, style: Style) -> None:
        """Lengths are points of the frame."""
        self._box, self._tokens = box, style.tokens
        self._inner = inner = box.inset(PADDING_X, PADDING_Y)
        column = Column(visual, inner, style)
        self._lines = column.lines
        self._top = inner.y + max(0.0, inner.height - column.height) / 2
        self._over = [self._first_with(line).top for line in self._lines]
        self._from = [{}, *(matches(a.glyphs, b.glyphs) for a, b in pairwise(self._lines))]

    def _draw_parts(self, context: Context, shown: float) -> None:
        context.save()
        context.rectangle(self._box.x, self._box.y, self._box.width, self._box.height)
        context.clip()
        scrolled = self._scrolled(shown)
        context.translate(0, self._top - scrolled)
        for i, line in enumerate(self._lines):
            there = min(1.0, max(0.0, 1 + FADE * (line.top - scrolled) / line.height))
            self._draw_line(context, i, shown, there)
        context.restore()

    def _first_with(self, line: Line) -> Line:
        """The first line that is on the panel when this one is the newest."""
        bottom, room = line.top + line.height, self._inner.height
        return next(first for first in self._lines if bottom - first.top <= room or first is line)

    def _scrolled(self, shown: float) -> float:
        """How far the lines have moved up."""
        return sum((b - a) * during(part(shown, i), *SCROLL) for i, (a, b) in enumerate(pairwise(self._over), 1))

    def _draw_line(self, context: Context, i: int, shown: float, alpha: float) -> None:
        come, line = after_panel(shown, i), self._lines[i]
        if come <= 0 or alpha <= 0:
            return
        quiet = during(part(shown, i + 1), *QUIET)
        if line.reason:
            put(context, line.reason, line.at, alpha * during(come, *REASON))
        if i == 0:
            self._sweep(context, line, come, self._quieter(self._tokens.ink, quiet), alpha)
            return
        if come < 1:
            self._leave(context, i, come, alpha)
        self._arrive(context, i, come, quiet, alpha)

    def _sweep(self, context: Context, line: Line, come: float, tint: Colour, alpha: float) -> None:
        """The first line: glyph after glyph."""
        if come >= 1:
            ink(context, line.glyphs, tint, alpha)
            return
        count = len(line.glyphs)
        for i, glyph in enumerate(line.glyphs):
            start = SWEEP * i / count
            ink(context, [glyph], tint, alpha * during(come, start, start + 1 - SWEEP))

    def _leave(self, context: Context, i: int, come: float, alpha: float) -> None:
        """What is gone leaves the line above with the rest, and fades on its way."""
        before, kept = self._lines[i - 1], set(self._from[i].values())
        way = during(come, *MOVE) * (self._lines[i].top - before.top)
        for token, numbers in self._inks(i - 1):
            gone = [before.glyphs[j].placed(0, way, 1.0) for j in numbers if j not in kept]
            ink(context, gone, colour(token), alpha * (1 - during(come, *GO)) if come > MOVE[0] else 0.0)

    def _arrive(self, context: Context, i: int, come: float, quiet: float, alpha: float) -> None:
        """What comes from the line above on its way, and what is new."""
        before, after, found = self._lines[i - 1], self._lines[i], self._from[i]
        way = during(come, *MOVE)
        for token, numbers in self._inks(i - 1) if come > MOVE[0] else ():
            stays = [before.glyphs[a].towards(after.glyphs[b], way) for b, a in found.items() if a in numbers]
            ink(context, stays, self._quieter(mixed(token, self._tokens.ink, way), quiet), alpha)
        new = [glyph for b, glyph in enumerate(after.glyphs) if b not in found]
        ink(context, new, self._quieter(self._tokens.accent, quiet), alpha * during(come, *COME))

    def _inks(self, i: int) -> tuple[tuple[str, set[int]], tuple[str, set[int]]]:
        """The colours of a line while it is the newest, each with the numbers of its glyphs."""
        every = set(range(len(self._lines[i].glyphs)))
        old = set(self._from[i]) if i else every
        return (self._tokens.ink, old), (self._tokens.accent, every - old)

    def _quieter(self, token: str, quiet: float) -> Colour:
        return colour(mixed(token, self._tokens.muted, quiet))


def _height(visual: DerivationVisual, width: float) -> float:
    return max(LEAST_HEIGHT, natural_height(visual, width - 2 * PADDING_X) + 2 * PADDING_Y)


KIND = Kind(make=Derivation, parts=lambda visual: len(visual.steps), each=1.8, height=_height)
