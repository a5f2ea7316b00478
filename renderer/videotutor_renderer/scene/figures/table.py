"""A table on its panel: the header, then row after row; at the end a row or a column is lit."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from videojob.visuals.table import TableVisual
from videotutor_renderer.scene.figures.figure import Kind, OnPanel, across, after_panel, ease, even_pages, part
from videotutor_renderer.scene.figures.words import SIZES, Label, fitted
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import Context, put
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour
from videotutor_renderer.scene.typeset import Picture, reads_right_to_left

PADDING = 14.0
CELL_X, CELL_Y = 14.0, 3.0
"""Kept free in a cell on each side, and above and below."""
NARROW, NARROW_CELL_X = 480.0, 6.0
"""Width of a table up to which its cells keep less free on each side."""
MOST_ON_A_PAGE = 6
"""Rows that can be read on one panel: a line of text each at the least height, two or three elsewhere."""
TALLEST_ROW, LEAST_HEIGHT = 72.0, 250.0
HEADER_LINE, ROW_LINE = 3.0, 1.0
LIT = 0.13
"""Opacity of the accent behind what is lit: the accent on it keeps a contrast of 4.5:1."""


class Table(OnPanel):
    """A table laid out in a box, drawn at any moment."""

    def __init__(self, visual: TableVisual, box: Box, style: Style) -> None:
        """Lengths are points of the frame."""
        self._visual, self._box, self._tokens = visual, box, style.tokens
        lines = [visual.header, *visual.rows]
        inner = box.inset(PADDING, PADDING)
        self._row = min(TALLEST_ROW, inner.height / len(lines))
        height = self._row * len(lines)
        self._inner = Box(inner.x, inner.y + (inner.height - height) / 2, inner.width, height)
        self._cell_x = NARROW_CELL_X if inner.width < NARROW else CELL_X
        self._columns = self._widths(lines, style)
        self._mirrored = reads_right_to_left(" ".join(visual.header))
        self._at_end = [all(map(_is_number, column)) for column in zip(*visual.rows, strict=True)]
        inks = [self._tokens.accent, *[""] * len(visual.rows)]
        rooms = [width - 2 * self._cell_x for width in self._columns]
        wanted = [
            Label(text, room, ink)
            for line, ink in zip(lines, inks, strict=True)
            for text, room in zip(line, rooms, strict=True)
        ]
        self._cells = fitted(style, wanted, self._row - 2 * CELL_Y)

    def _draw_standing(self, context: Context, shown: float) -> None:
        self._draw_light(context, ease(part(shown, len(self._visual.rows))))
        self._draw_line(context, 0, 1.0)

    def _draw_parts(self, context: Context, shown: float) -> None:
        for i in range(len(self._visual.rows)):
            self._draw_line(context, i + 1, ease(after_panel(shown, i)))

    def _widths(self, lines: Sequence[Sequence[str]], style: Style) -> list[float]:
        """Widths of the columns: for the largest size at which no cell is wrapped, else for the least."""
        columns, texts = len(lines[0]), [text for line in lines for text in line]
        for size in SIZES:
            pictures = style.texts(texts, size)
            natural = [max(p.width for p in pictures[i::columns]) + 2 * self._cell_x for i in range(columns)]
            if sum(natural) <= self._inner.width:
                break
        return shared(self._inner.width, natural)

    def _draw_line(self, context: Context, line: int, alpha: float) -> None:
        """The header (0) or a row, and the rule below it; the last has none."""
        columns = len(self._columns)
        for column, cell in enumerate(self._cells[line * columns : (line + 1) * columns]):
            put(context, cell, self._place(cell, line, column), alpha)
        if line < len(self._visual.rows):
            ink, thickness = (self._tokens.border, ROW_LINE) if line else (self._tokens.accent, HEADER_LINE)
            context.set_source_rgba(*colour(ink), alpha)
            bottom = self._inner.y + self._row * (line + 1)
            context.rectangle(self._inner.x, bottom - thickness / 2, self._inner.width, thickness)
            context.fill()

    def _place(self, cell: Picture, line: int, column: int) -> tuple[float, float]:
        """The upper left corner of a cell's text: numbers stand at the right, words where reading starts."""
        room = self._column(column).inset(self._cell_x, 0)
        x = room.right - cell.width if self._at_end[column] or self._mirrored else room.x
        return x, self._inner.y + self._row * (line + 0.5) - cell.height / 2

    def _column(self, column: int) -> Box:
        before, width = sum(self._columns[:column]), self._columns[column]
        x = across(self._inner, before, width, mirrored=self._mirrored)
        return Box(x, self._inner.y, width, self._inner.height)

    def _draw_light(self, context: Context, alpha: float) -> None:
        context.set_source_rgba(*colour(self._tokens.accent), LIT * alpha)
        row, inner = self._visual.highlight_row, self._inner
        if self._visual.highlight_column:
            column = self._column(self._visual.highlight_column - 1)
            context.rectangle(column.x, column.y, column.width, column.height)
        if row:
            context.rectangle(inner.x, inner.y + self._row * row, inner.width, self._row)
        context.fill()  # both at once: where they cross it is not lit twice


def shared(width: float, natural: Sequence[float]) -> list[float]:
    """Widths of columns that fill `width` points.

    Where there is room, each is as wide as it asks for and as much wider as the others. Else those that ask for no
    more than an equal share get it, and the rest share what is left.
    """
    spare = (width - sum(natural)) / len(natural)
    if spare >= 0:
        return [wanted + spare for wanted in natural]
    level, left = 0.0, width
    for i, wanted in enumerate(sorted(natural)):
        level = left / (len(natural) - i)
        if wanted > level:
            break
        left -= wanted
    return [min(wanted, level) for wanted in natural]


def _is_number(text: str) -> bool:
    """Whether it is a number, with or without a sign of its unit, or empty."""
    return not any(character.isalpha() for character in text) and (not text or any(map(str.isdigit, text)))


def _pages(visual: TableVisual) -> Sequence[TableVisual]:
    """Pages as even as can be, each with the header; the lit row stays lit on its own."""
    pages = even_pages(visual.rows, MOST_ON_A_PAGE)
    starts = itertools.accumulate((len(rows) for rows in pages), initial=0)
    lit = [(visual.highlight_row or 0) - start for start in starts]
    return [
        visual.model_copy(update={"rows": rows, "highlight_row": row if 1 <= row <= len(rows) else None})
        for rows, row in zip(pages, lit[:-1], strict=True)
    ]


def _parts(visual: TableVisual) -> int:
    return len(visual.rows) + bool(visual.highlight_row or visual.highlight_column)


def _height(visual: TableVisual, _width: float) -> float:
    return max(LEAST_HEIGHT, TALLEST_ROW * (len(visual.rows) + 1) + 2 * PADDING)


KIND = Kind(make=Table, parts=_parts, each=0.7, height=_height, split=_pages)
