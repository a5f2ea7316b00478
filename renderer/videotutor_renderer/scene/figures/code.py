"""Code on its panel: it appears from top to bottom, lines are lit in turn, and what it prints comes below it.

What is higher than the panel is scrolled, as in an editor. Code is read from left to right in every language.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from videojob.visuals.code import CodeLines, CodeVisual
from videotutor_renderer.scene.figures.code_rows import Pieces, Row, code_lines, plain, rows
from videotutor_renderer.scene.figures.figure import Kind, OnPanel, after_panel, ease, part
from videotutor_renderer.scene.figures.words import SIZES
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import Context, put
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import Tokens, colour
from videotutor_renderer.scene.typeset import MARGIN, Picture, Text

PADDING = 18.0
ADVANCE = 0.602
"""Width of a character of DejaVu Sans Mono for its size: 1233 of 2048 units (its hmtx table)."""
LEADING = 1.5
"""Height of a row for the size of its text."""
NUMBER_GAP = 2
"""Columns between the line numbers and the code."""
OUTPUT_GAP = 1.0
"""Rows left free between code and output, for the rule between them."""
LEAST_HEIGHT = 250.0
LIT, BAR = 0.13, 4.0
"""Opacity of the accent behind what is lit, and width of the bar beside it."""
UNLIT = 0.45
"""Opacity of code while other lines are lit."""


class Listing:
    """The rows of a program at one size of text, with their places."""

    def __init__(self, visual: CodeVisual, size: float, room: float) -> None:
        """`room` is the width in points for numbers and code."""
        source = code_lines(visual.source, visual.language)
        self.size, self.row = size, size * LEADING
        self.gutter = len(str(len(source))) + NUMBER_GAP
        columns = max(1, int(room / (size * ADVANCE)) - self.gutter)
        code, printed = rows(source, columns), rows(_printed(visual), columns, numbered=False)
        self.rows = [*code, *printed]
        self.code_height = len(code) * self.row
        gap = OUTPUT_GAP * self.row if printed else 0.0
        self.tops = [i * self.row + (0.0 if row.line else gap) for i, row in enumerate(self.rows)]
        self.height = self.tops[-1] + self.row
        self.wrapped = not all(row.first for row in self.rows)

    def span(self, lines: CodeLines) -> tuple[float, float]:
        """Top and height of these lines."""
        found = [top for top, row in zip(self.tops, self.rows, strict=True) if lines.first <= row.line <= lines.end]
        return found[0], found[-1] - found[0] + self.row


class Code(OnPanel):
    """A program laid out in a box, drawn at any moment of its explanation."""

    def __init__(self, visual: CodeVisual, box: Box, style: Style) -> None:
        """Lengths are points of the frame."""
        self._visual, self._box, self._tokens = visual, box, style.tokens
        self._listing = listing = _fitted(visual, box.width, box.height)
        inner = box.inset(PADDING, PADDING)
        height = min(inner.height, listing.height)
        self._inner = Box(inner.x, inner.y + (inner.height - height) / 2, inner.width, height)
        self._placed = self._pictures(style)
        self._spans = [listing.span(lines) for lines in visual.highlights]

    def _draw_parts(self, context: Context, shown: float) -> None:
        context.save()
        inner = self._inner
        context.rectangle(self._box.x, inner.y, self._box.width, inner.height)
        context.clip()
        context.translate(0, inner.y - self._scrolled(shown))
        for (top, height), alpha in zip(self._spans, self._lights(shown), strict=True):
            self._draw_light(context, top, height, alpha)
        self._draw_rule(context, shown)
        for i, alpha in enumerate(self._opacities(shown)):
            for x, picture in self._placed[i] if alpha > 0 else ():
                put(context, picture, (x, self._listing.tops[i] + (self._listing.row - picture.height) / 2), alpha)
        context.restore()

    def _pictures(self, style: Style) -> list[list[tuple[float, Picture]]]:
        """For each row its number and words, with their left edges."""
        listing, left = self._listing, self._inner.x - MARGIN
        advance, words = listing.size * ADVANCE, [_words(row, listing.gutter, self._tokens) for row in listing.rows]
        font = self._tokens.code_font
        set_at_once = iter(
            style.setter.pictures([Text(text, listing.size, ink, font=font) for row in words for _, text, ink in row])
        )
        return [[(left + column * advance, next(set_at_once)) for column, _, _ in row] for row in words]

    def _lights(self, shown: float) -> list[float]:
        """How bright each highlight is: it goes out while the next one, or the output, appears."""
        return [ease(part(shown, i + 1)) * (1 - ease(part(shown, i + 2))) for i in range(len(self._spans))]

    def _printed(self, shown: float) -> float:
        return ease(part(shown, len(self._spans) + 1))

    def _opacities(self, shown: float) -> Iterator[float]:
        """How much is seen of each row."""
        count = round(self._listing.code_height / self._listing.row)
        lights, come = self._lights(shown), after_panel(shown, 0) * count
        for i, row in enumerate(self._listing.rows):
            if not row.line:
                yield self._printed(shown)
                continue
            pairs = zip(self._visual.highlights, lights, strict=True)
            lit = sum(light for lines, light in pairs if lines.first <= row.line <= lines.end)
            dimmed = (1 - UNLIT) * max(0.0, sum(lights) - lit)
            yield ease(part(come, i)) * (1 - dimmed)

    def _scrolled(self, shown: float) -> float:
        """Points that the rows have moved up, so that what is spoken of is in the panel."""
        listing, room = self._listing, self._inner.height
        end = listing.height - room
        stops = [max(0.0, listing.code_height - room)]
        stops += [min(end, max(0.0, top + height / 2 - room / 2)) for top, height in self._spans]
        stops += [end]
        moved = max(0.0, after_panel(shown, 0) * listing.code_height - room)
        return moved + sum((stops[i] - stops[i - 1]) * ease(part(shown, i)) for i in range(1, len(stops)))

    def _draw_light(self, context: Context, top: float, height: float, alpha: float) -> None:
        accent, left = colour(self._tokens.accent), self._box.x + PADDING / 3
        context.set_source_rgba(*accent, LIT * alpha)
        context.rectangle(left, top, self._box.width - 2 * PADDING / 3, height)
        context.fill()
        context.set_source_rgba(*accent, alpha)
        context.rectangle(left, top, BAR, height)
        context.fill()

    def _draw_rule(self, context: Context, shown: float) -> None:
        """The line between code and output."""
        y = self._listing.code_height + OUTPUT_GAP / 2 * self._listing.row
        context.set_source_rgba(*colour(self._tokens.border), self._printed(shown))
        context.rectangle(self._inner.x, y - 1, self._inner.width, 2)
        context.fill()


def _words(row: Row, gutter: int, tokens: Tokens) -> list[tuple[int, str, str]]:
    """Columns, texts and colours of a row, its number before them; output has none, and stands where numbers do."""
    start, number = (gutter, str(row.line)) if row.line else (0, "")
    words = [(start + word.column, word.text, str(getattr(tokens, word.ink))) for word in row.words]
    return [(gutter - NUMBER_GAP - len(number), number, tokens.muted), *words] if number and row.first else words


def _printed(visual: CodeVisual) -> list[Pieces]:
    return [[(plain(line), "good")] for line in (visual.output or "").splitlines()]


def _fitted(visual: CodeVisual, wide: float, tall: float) -> Listing:
    """The largest at which no line is wrapped and all lines are seen at once, else the least."""
    for size in SIZES:
        listing = Listing(visual, size, wide - 2 * PADDING)
        if not listing.wrapped and listing.height <= tall - 2 * PADDING:
            break
    return listing


def _parts(visual: CodeVisual) -> int:
    return 1 + len(visual.highlights) + bool(visual.output)


def _height(visual: CodeVisual, wide: float) -> float:
    return max(LEAST_HEIGHT, _fitted(visual, wide, math.inf).height + 2 * PADDING)


KIND = Kind(make=Code, parts=_parts, each=1.2, height=_height)
