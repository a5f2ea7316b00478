"""Formulas too long for one line, broken where mathematicians break them: before a relation, a plus or a minus."""

from __future__ import annotations

import re

from videotutor_renderer.errors import TaskError, bad_scene
from videotutor_renderer.scene.equation import can_be_set, equation_svg, svg_size

WIDEST = 1350.0
"""Points, at the size that formulas are set in: what fits into a page when it is shrunk to the size of body text."""

LARGEST = (3 * WIDEST, 2300.0)
"""Width and height in points, at that size, that can still be read when they are shrunk into a page."""

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)
_BREAKS = {"=", "+", "-", "<", ">", r"\le", r"\ge", r"\approx", r"\to", r"\Rightarrow", r"\pm", r"\iff"}
_OPEN, _CLOSE = {"{", "(", "[", r"\left", r"\begin"}, {"}", ")", "]", r"\right", r"\end"}


def in_lines(latex: str) -> str:
    """The formula itself, or as several lines, each of which fits; itself when it has no place to break.

    Raises:
        TaskError: it is not LaTeX that can be set, or too large to be read.
    """
    lines = _broken(latex)
    if any(length > most for length, most in zip(svg_size(equation_svg(lines, "000000")), LARGEST, strict=True)):
        raise bad_scene(f"The formula {latex[:80]!r} is too large to be read on one page; split it.")
    return lines


def can_be_read(latex: str) -> bool:
    """Whether the formula can be drawn as large as it has to be; planners ask before they promise one."""
    try:
        return can_be_set(latex) and bool(in_lines(latex))
    except TaskError:
        return False


def _broken(latex: str) -> str:
    if _width(latex) <= WIDEST:
        return latex
    found = pieces(latex)
    if len(found) == 1 or not all(map(can_be_set, found)):
        return latex
    lines, room = [""], WIDEST
    for piece in found:
        width = _width("{}" + piece)  # the empty group makes a sign stand between two things, with space around it
        if lines[-1] and width > room:
            lines.append("")
            room = WIDEST
        lines[-1] += piece
        room -= width
    broken = r"\begin{array}{l}" + r"\\ \quad ".join(lines) + r"\end{array}"
    return broken if can_be_set(broken) else latex


def pieces(latex: str) -> list[str]:
    """The formula cut before each operator that stands outside of all brackets; joined again they are the whole."""
    found = [""]
    depth = 0
    before = ""
    for token in _TOKEN.findall(latex):
        depth += (token in _OPEN) - (token in _CLOSE)
        binary = before not in {"", "^", "_"} and before not in _BREAKS | _OPEN
        if depth == 0 and token in _BREAKS and binary:
            found.append("")
        found[-1] += token
        before = before if token.isspace() else token
    return found


def _width(latex: str) -> float:
    return svg_size(equation_svg(latex, "000000"))[0]
