"""Single lines of an outline: formulas between dollars, `plot:` lines and `say:` lines."""

from __future__ import annotations

import re

import numpy as np
from pydantic import ValidationError

from videojob.visuals import PlotVisual
from videotutor_renderer.errors import TaskError
from videotutor_renderer.latex.inline import FORMULA
from videotutor_renderer.plan.items import Formula, Item, Spoken
from videotutor_renderer.plan.nodes import PLOT
from videotutor_renderer.scene.expression import parse
from videotutor_renderer.scene.formula_lines import can_be_read

LONGEST_LATEX = 500

_SAY = re.compile(r"say\s*:\s*(.+)$", re.IGNORECASE)
_RANGE = re.compile(
    r"\s+(?:for\s+)?(?:x\s+)?(?:from|in|on|between)\s+\[?([^,\[\]]+?)\s*(?:\bto\b|\band\b|,|\.\.)\s*([^,\[\]]+?)\]?$"
)
_FORMULA = re.compile(FORMULA)


def special(line: str) -> Item | None:
    """The formula, plot or speaker's note that a whole line is."""
    if note := _SAY.match(line):
        return Spoken(note[1])
    if plot := PLOT.match(line):
        return plot_of(plot[1])
    bare = line.removesuffix(".")
    for dollars in ("$$", "$"):
        inner = bare.removeprefix(dollars).removesuffix(dollars).strip()
        whole = len(bare) > 2 * len(dollars) and bare.startswith(dollars) and bare.endswith(dollars)
        if whole and "$" not in inner and 0 < len(inner) <= LONGEST_LATEX and can_be_read(inner):
            return Formula(inner)
    return None


def formulas(text: str) -> tuple[str, ...]:
    """The formulas in a text that can be shown, in order."""
    found = (match["formula"] for match in _FORMULA.finditer(text))
    return tuple(latex for latex in found if len(latex) <= LONGEST_LATEX and can_be_read(latex))


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
