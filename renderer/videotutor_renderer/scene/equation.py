"""Formulas: LaTeX set by ziamath into outlines. Pure Python: no TeX, no shell, no files."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache

from videotutor_renderer.errors import TaskError, bad_scene

with warnings.catch_warnings():
    # it finds its font with a function that Python 3.11 deprecates and 3.13 takes back
    warnings.simplefilter("ignore", DeprecationWarning)
    import ziamath

SET_SIZE = 48
"""Size in points at which formulas are set; they are scaled to their place."""

MOST_WORK = 2500
"""Parts of a formula, each counted twice as often for each level that it is nested in: about half a second. Each row
is built twice by ziamath, once to measure how high it is; eight levels are more than anybody reads."""
_PART = re.compile(r"\\(?:begin|end)\s*\{[^{}]*\}|\\[A-Za-z]+|\\.|\S", re.DOTALL)
_OPENING, _CLOSING = re.compile(r"\{|\\left$|\\begin"), re.compile(r"\}|\\right$|\\end")


_BLACK = 'fill="black"'
"""How ziamath writes the colour of what has none of its own."""


def equation_svg(latex: str, colour: str) -> str:
    """The formula as an SVG document in one colour (`rrggbb`).

    Raises:
        TaskError: it is not LaTeX that can be set.
    """
    return _in_black(latex).replace(_BLACK, f'fill="#{colour}"')


@lru_cache(maxsize=256)
def _in_black(latex: str) -> str:
    if _work(latex) > MOST_WORK:
        raise bad_scene(f"The formula {latex[:80]!r} is nested too deeply; split it.")
    try:
        drawn = ziamath.Latex(latex, size=SET_SIZE)
        width, height = drawn.getsize()
        svg = str(drawn.svg())
    except Exception as error:  # the library raises whatever its parts raise: KeyError, IndexError, its own
        raise bad_scene(f"The formula {latex[:80]!r} is not LaTeX that can be set: {_words(error)}") from error
    if not (width > 0 and height > 0) or "nan" in svg:
        raise bad_scene(f"The formula {latex[:80]!r} shows nothing.")
    return svg


def svg_size(svg: str) -> tuple[float, float]:
    """Width and height of a formula's document, in points."""
    wide, tall = (svg.split(f'{side}="', 1)[1].split('"', 1)[0] for side in ("width", "height"))
    return float(wide), float(tall)


@lru_cache(maxsize=256)
def can_be_set(latex: str) -> bool:
    """Whether the formula can be drawn, in letters its font has."""
    if not all(map(_in_font, latex)):
        return False
    try:
        _in_black(latex)
    except TaskError:
        return False
    return True


def _work(latex: str) -> int:
    work = depth = 0
    for part in _PART.findall(latex):
        depth = max(0, depth + bool(_OPENING.match(part)) - bool(_CLOSING.match(part)))
        work += 2**depth
    return work


def _words(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:120]


def _in_font(character: str) -> bool:
    """Latin, Greek, signs and mathematical letters: the blocks of Unicode that STIX Two Math covers."""
    return character < "\u0400" or "\u2000" <= character < "\u2c00" or "\U0001d400" <= character < "\U0001d800"
