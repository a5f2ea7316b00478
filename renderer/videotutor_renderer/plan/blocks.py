"""The beats that tell the blocks of an outline: programs, tables, quotes and quizzes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from videojob.storyboard import Beat
from videojob.visuals import BulletsVisual, CodeLines, CodeVisual, QuizVisual, QuoteVisual, TableVisual
from videojob.visuals.code import LONGEST_OUTPUT, LONGEST_SOURCE, MOST_HIGHLIGHTS, MOST_LINES
from videojob.visuals.quote import LONGEST_ATTRIBUTION, LONGEST_QUOTE
from videojob.visuals.table import LONGEST_CELL, MOST_COLUMNS
from videotutor_renderer.latex.inline import shown
from videotutor_renderer.plan.items import CodeBlock, Quiz, Quote, Table
from videotutor_renderer.plan.words import LONGEST_POINT, LONGEST_SAY, clipped, sentences
from videotutor_renderer.scene.captions import split

ROWS_AT_ONCE = 6
"""Rows of a table that stand together, and are told one after the other."""

_LANGUAGE = re.compile(r"[A-Za-z0-9+#._-]{1,24}")
_LINES = re.compile(r"(\d{1,2})(?:-(\d{1,2}))?")


def program(block: CodeBlock) -> list[Beat]:
    """A program, in parts where it is too long for one picture; the words around it tell it.

    Its highlights are shown where it is in one part, what it prints with the last.
    """
    language = block.language if _LANGUAGE.fullmatch(block.language) else "text"
    sources = list(_parts(block.text))
    output = "\n".join(block.output.splitlines()[:MOST_LINES])[:LONGEST_OUTPUT] or None
    shows = [
        CodeVisual(
            source=source,
            language=language,
            highlights=tuple(_lit(block.lit, source)) if len(sources) == 1 else (),
            output=output if i == len(sources) else None,
        )
        for i, source in enumerate(sources, 1)
    ]
    return [Beat(show=show) for show in shows]


def _parts(text: str) -> Iterator[str]:
    """The lines in parts that a picture holds; a part of empty lines is none."""
    part: list[str] = []
    for line in text.splitlines():
        cut = line[: LONGEST_SOURCE // 2]
        if len(part) == MOST_LINES or sum(map(len, part)) + len(part) + len(cut) > LONGEST_SOURCE:
            yield "\n".join(part)
            part = []
        if part or cut.strip():
            part.append(cut)
    if part:
        yield "\n".join(part)


def _lit(lit: str, source: str) -> Iterator[CodeLines]:
    """The lines that `2,4-5` names, as far as the program has them."""
    count = len(source.splitlines())
    for first, last in _LINES.findall(lit)[:MOST_HIGHLIGHTS]:
        start, end = int(first), int(last or first)
        if 1 <= start <= end <= count:
            yield CodeLines(first=start, last=end)


def table(block: Table) -> list[Beat]:
    """A table whose rows appear while they are told; one that is too wide to be read is told as points."""
    head, *rows = block.rows
    rows = [row for row in rows if any(row)]
    says = [clipped(_row(row, head), LONGEST_SAY) for row in rows]
    if len(head) > MOST_COLUMNS:
        return [Beat(say=say, show=BulletsVisual(items=(clipped(say, LONGEST_POINT),))) for say in says]
    beats: list[Beat] = []
    for start in range(0, len(rows), ROWS_AT_ONCE):
        shown = [_cells(row) for row in rows[start : start + ROWS_AT_ONCE]]
        first, *others = says[start : start + ROWS_AT_ONCE]
        beats.append(Beat(say=first, show=TableVisual(header=_cells(head), rows=tuple(shown))))
        beats += [Beat(say=say) for say in others]
    return beats


def _cells(row: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(clipped(cell, LONGEST_CELL) if cell else "" for cell in row)


def _row(cells: tuple[str, ...], head: tuple[str, ...]) -> str:
    """A row of a table in words: each cell with the head of its column."""
    told = [f"{name}: {cell}" if name else cell for name, cell in zip(head, cells, strict=False) if cell]
    return ", ".join(told)


def quote(block: Quote) -> list[Beat]:
    """A quote, in pieces where it is long; who said it comes with the last."""
    *before, last = split(block.text, LONGEST_QUOTE)
    attribution = clipped(block.attribution, LONGEST_ATTRIBUTION) if block.attribution else None
    said = f"\u201c{last}\u201d" + (f" \u2013 {attribution}" if attribution else "")
    return [
        *(Beat(say=f"\u201c{piece}\u201d", show=QuoteVisual(quote=piece)) for piece in before),
        Beat(say=said, show=QuoteVisual(quote=last, attribution=attribution)),
    ]


def quiz(block: Quiz) -> list[Beat]:
    """A question; when there was time to think, the right option is said, and then why."""
    visual = QuizVisual(
        question=clipped(shown(block.question), LONGEST_POINT),
        options=block.shown_options,
        answer=block.answer,
        explanation=clipped(shown(block.explanation), LONGEST_POINT) if block.explanation else None,
    )
    told = [block.options[block.answer - 1], *sentences(block.explanation)]
    return [Beat(say=block.question[:LONGEST_SAY], show=visual), *(Beat(say=say[:LONGEST_SAY]) for say in told)]
