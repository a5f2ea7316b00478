"""A section's card: a bar that grows beside a large heading, without a panel, so that it looks like no other page."""

from __future__ import annotations

from videojob.visuals.section import SectionVisual
from videotutor_renderer.scene.figures.figure import Kind, across, during, ease, part
from videotutor_renderer.scene.figures.words import Label, fitted
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import Context, faded, put
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour
from videotutor_renderer.scene.typeset import Picture, reads_right_to_left

BAR, BAR_GAP = 8.0, 40.0
"""Width of the bar, and what is free between it and the words."""
SIZES = (84.0, 72.0, 62.0, 54.0, 46.0, 40.0, 34.0, 29.0, 25.0, 22.0)
SMALL_SIZES = (34.0, 30.0, 26.0, 23.0, 20.0)
"""Of the heading, and of the lines above and below it."""
HEADING_SHARE, SMALL_SHARE = 0.5, 0.2
"""Parts of the height that the heading may take, and each of the other two lines."""
LINE_GAP = 0.02
"""Between the lines, for the height."""
RISE = 14.0
"""Points that the heading rises while it appears."""
GROW, ABOVE, COME = (0.0, 0.6), (0.2, 0.7), (0.3, 1.0)
"""Parts of the time in which the bar grows, the line above appears, and the heading does."""


class Section:
    """The card of a section laid out in a box, drawn at any moment."""

    def __init__(self, visual: SectionVisual, box: Box, style: Style) -> None:
        """Lengths are points of the frame."""
        self._box, self._tokens = box, style.tokens
        self._mirrored = reads_right_to_left(visual.heading)
        width, small = box.width - BAR - BAR_GAP, SMALL_SHARE * box.height
        accent, muted = style.tokens.accent, style.tokens.muted
        above = [Label(visual.eyebrow, width, accent, "bold")] if visual.eyebrow else []
        below = [Label(visual.tagline, width, muted)] if visual.tagline else []
        heading = Label(visual.heading, width, "", "bold", style.tokens.title_font)
        self._above = [fitted(style, [label], small, SMALL_SIZES)[0] for label in above]
        self._below = [fitted(style, [label], small, SMALL_SIZES)[0] for label in below]
        (self._heading,) = fitted(style, [heading], HEADING_SHARE * box.height, SIZES)
        self._gap = LINE_GAP * box.height
        lines = [*self._above, self._heading, *self._below]
        self._height = min(box.height, sum(line.height for line in lines) + self._gap * (len(lines) - 1))
        self._top = box.y + (box.height - self._height) / 2

    def draw(self, context: Context, shown: float, opacity: float) -> None:
        """Draw the bar, then the lines beside it, as far as they have come."""
        come = part(shown, 0)
        if come <= 0:
            return
        with faded(context, self._box, opacity):
            context.set_source_rgb(*colour(self._tokens.accent))
            context.rectangle(self._across(0, BAR), self._top, BAR, self._height * during(come, *GROW))
            context.fill()
            y = self._top
            for line in self._above:
                y = self._put(context, line, y, during(come, *ABOVE))
            rise = RISE * (1 - during(come, *COME))
            y = self._put(context, self._heading, y + rise, during(come, *COME)) - rise
            for line in self._below:
                self._put(context, line, y, ease(part(shown, 1)))

    def _put(self, context: Context, line: Picture, y: float, alpha: float) -> float:
        """Paint a line; the answer is where the next one begins."""
        put(context, line, (self._across(BAR + BAR_GAP, line.width), y), alpha)
        return y + line.height + self._gap

    def _across(self, start: float, width: float) -> float:
        return across(self._box, start, width, mirrored=self._mirrored)


KIND = Kind(make=Section, parts=lambda visual: 2 if visual.tagline else 1, each=1.2, alone=True)
