"""Single lines of an outline: formulas between dollars, `plot:` lines and `say:` lines."""

from __future__ import annotations

import re

import numpy as np
from pydantic import ValidationError

from videojob.visuals import PlotVisual
from videotutor_renderer.errors import TaskError
from videotutor_renderer.latex.inline import FORMULA
from videotutor_renderer.plan.items import Formula, Item, Spoken
from videotutor_renderer.scene.expression import parse
from videotutor_renderer.scene.formula_lines import can_be_read

LONGEST_LATEX = 500

_PLOT = re.compile(r"plot\s*:\s*(.+)$", re.IGNORECASE)
_SAY = re.compile(r"say\s*:\s*(.+)$", re.IGNORECASE)
_RANGE = re.compile(
    r"\s+(?:for\s+)?(?:x\s+)?(?:from|in|on|between)\s+\[?([^,\[\]]+?)\s*(?:\bto\b|\band\b|,|\.\.)\s*([^,\[\]]+?)\]?$"
)
_FORMULA = re.compile(FORMULA)
_FRACTION = re.compile(r"\\d?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")


def special(line: str) -> Item | None:
    """The formula, plot or speaker's note that a whole line is."""
    if note := _SAY.match(line):
        return Spoken(plain(note[1])[0])
    if plot := _PLOT.match(line):
        return plot_of(plot[1])
    bare = line.removesuffix(".")
    for dollars in ("$$", "$"):
        inner = bare.removeprefix(dollars).removesuffix(dollars).strip()
        whole = len(bare) > 2 * len(dollars) and bare.startswith(dollars) and bare.endswith(dollars)
        if whole and "$" not in inner and 0 < len(inner) <= LONGEST_LATEX and can_be_read(inner):
            return Formula(inner)
    return None


def plain(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with inline formulas in plain characters, and those formulas."""
    formulas: list[str] = []

    def shown(match: re.Match[str]) -> str:
        if len(match[1]) > LONGEST_LATEX or not can_be_read(match[1]):
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


def readable(latex: str) -> str:
    r"""A formula in plain characters, as far as that goes: `\\frac{1}{x^2}` becomes (1)/(x²)."""
    text = _FRACTION.sub(lambda match: f"{_bracketed(match[1])}/{_bracketed(match[2])}", latex)
    for written, sign in {
        r"\to": "→",
        r"\infty": "∞",
        r"\int": "∫",
        r"\cdot": "·",
        r"\times": "\u00d7",
        r"\pi": "π",
        r"\le": "≤",
        r"\ge": "≥",
        "^2": "²",
        "^3": "³",
        "^{2}": "²",
        "^{3}": "³",
    }.items():
        text = text.replace(written, sign)
    return " ".join(re.sub(r"\\[,;! ]", " ", text).replace("\\", "").replace("{", "").replace("}", "").split())


def _bracketed(term: str) -> str:
    return term if term.isalnum() else f"({term})"
