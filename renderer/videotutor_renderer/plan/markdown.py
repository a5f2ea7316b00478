"""Reading a Markdown outline: headings, points, sentences, formulas between dollars, and `plot:` lines.

Not a Markdown renderer: only what a scene can be made of is told apart, everything else is a sentence. Any text can
be read; nothing in it is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from pydantic import ValidationError

from videojob.visuals import PlotVisual
from videotutor_renderer.errors import TaskError
from videotutor_renderer.latex.plain import readable
from videotutor_renderer.plan.words import sentences, without_markup
from videotutor_renderer.scene.equation import can_be_set
from videotutor_renderer.scene.expression import parse

LONGEST_LATEX = 500

_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_POINT = re.compile(r"(?:[-*+•–]|\d{1,3}[.)])\s+(.*)$")  # noqa: RUF001 - people type dashes
_PLOT = re.compile(r"plot\s*:\s*(.+)$", re.IGNORECASE)
_RANGE = re.compile(
    r"\s+(?:for\s+)?(?:x\s+)?(?:from|in|on|between)\s+\[?([^,\[\]]+?)\s*(?:\bto\b|\band\b|,|\.\.)\s*([^,\[\]]+?)\]?$"
)
_FORMULA = re.compile(r"\$(?=[^\s$])([^$]*[^\s$])\$(?!\d)")
_DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
_RULE = re.compile(r"([-*_])(?:\s*\1){2,}$")


@dataclass(frozen=True)
class Point:
    """A point of a list, with the formulas that stood in it."""

    text: str
    formulas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sentence:
    """A sentence of running text, with the formulas that stood in it."""

    text: str
    formulas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Formula:
    """A formula on a line of its own."""

    latex: str


Item = Point | Sentence | Formula | PlotVisual


@dataclass
class Section:
    """A heading and what stands below it; level 0 is text before any heading."""

    level: int
    title: str
    items: list[Item] = field(default_factory=list)


def is_outline(text: str) -> bool:
    """Whether a prompt is an outline rather than a wish: it has a heading, two points, a plot or a formula."""
    lines = [line.strip() for line in text.splitlines()]
    if any(_HEADING.match(line) for line in lines) or sum(bool(_POINT.match(line)) for line in lines) > 1:
        return True
    items = [item for section in read(text) for item in section.items]
    return any(isinstance(item, Formula | PlotVisual) for item in items)


def read(text: str) -> list[Section]:
    """The sections of an outline, in order; sections before the first heading have level 0."""
    sections = [Section(0, "")]
    paragraph: list[str] = []
    for line in [*_lines(text), ""]:
        heading, point = _HEADING.match(line), _POINT.match(line)
        if heading or point or not line or _item_of(line):
            sections[-1].items += _told(" ".join(paragraph))
            paragraph = []
        if heading:
            sections.append(Section(len(heading[1]), without_markup(_plain(heading[2])[0])))
        elif point:
            sections[-1].items += _pointed(point[1])
        elif item := _item_of(line):
            sections[-1].items.append(item)
        elif line:
            paragraph.append(line)
    return [section for section in sections if section.title or section.items]


def _lines(text: str) -> Iterator[str]:
    """Lines without what only decorates them; a displayed formula is one line, wherever it was broken."""
    joined = _DISPLAY.sub(lambda match: "\n$$" + " ".join(match[1].split()) + "$$\n", text)
    for line in joined.splitlines():
        bare = line.strip().lstrip(">").strip()
        if not (bare.startswith(("```", "~~~")) or _RULE.match(bare)):
            yield bare


def _item_of(line: str) -> Item | None:
    """The formula or plot that a whole line is."""
    if plot := _PLOT.match(line):
        return plot_of(plot[1])
    bare = line.removesuffix(".")
    for dollars in ("$$", "$"):
        inner = bare.removeprefix(dollars).removesuffix(dollars).strip()
        whole = len(bare) > 2 * len(dollars) and bare.startswith(dollars) and bare.endswith(dollars)
        if whole and "$" not in inner and 0 < len(inner) <= LONGEST_LATEX and can_be_set(inner):
            return Formula(inner)
    return None


def _told(paragraph: str) -> list[Item]:
    told = (Sentence(*_plain(sentence)) for sentence in sentences(without_markup(paragraph)))
    return [sentence for sentence in told if sentence.text.strip()]


def _pointed(text: str) -> list[Item]:
    item = _item_of(text) or Point(*_plain(without_markup(text)))
    return [] if isinstance(item, Point) and not item.text.strip() else [item]


def _plain(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with inline formulas in plain characters, and those formulas."""
    formulas: list[str] = []

    def shown(match: re.Match[str]) -> str:
        if len(match[1]) > LONGEST_LATEX or not can_be_set(match[1]):
            return match[0]
        formulas.append(match[1])
        return readable(match[1])

    return _FORMULA.sub(shown, text), tuple(formulas)


def plot_of(text: str) -> PlotVisual | None:
    """The plot that a `plot:` line asks for, such as `x^2, 2x from -3 to 3`; None when it is none."""
    try:
        ends = _RANGE.search(text)
        x_min, x_max = (_number(ends[1]), _number(ends[2])) if ends else (-5.0, 5.0)
        source = text[: ends.start()] if ends else text
        expressions = tuple(part.strip(" $`") for part in re.split(r"[,;]|\band\b", source))
        for expression in expressions:
            parse(expression)
        return PlotVisual(expressions=expressions, x_min=x_min, x_max=x_max)
    except (TaskError, ValidationError):
        return None


def _number(text: str) -> float:
    return float(parse(text)(np.zeros(1))[0])
