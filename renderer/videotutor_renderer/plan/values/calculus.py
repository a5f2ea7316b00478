"""Derivatives and integrals of the function in the prompt."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from videotutor_renderer.errors import TaskError
from videotutor_renderer.plan.asked import function, in_signs, readable_expression
from videotutor_renderer.plan.forms import MINUS, forms, in_text, in_words, measured
from videotutor_renderer.plan.symbolic import (
    antiderivative,
    coefficients,
    derivative,
    difference_quotient,
    exact,
)
from videotutor_renderer.plan.values.base import Parameters, Values
from videotutor_renderer.scene.equation import can_be_set
from videotutor_renderer.scene.expression import Array, Expression, parse
from videotutor_renderer.scene.expression_latex import to_latex

LONGEST_SHOWN = 70
"""Characters of a result; a longer one cannot be read in a video."""
LARGEST = 1e4
"""Values and slopes above this are no good examples."""
TOLERANCE = 1e-3
"""How far two ways to compute the same may differ, relative to its size."""
STEADY = 1e-5
"""How far sums of a thousand strips and of more may differ: then four digits are right."""
HIGHEST_EXPANDED = 5
"""Degree up to which a difference quotient is multiplied out on the picture."""

_FUNCTION = r"(?:the\s+)?(?:function\s+)?(?:[fgy](?:\(x\))?\s*=\s*)?"
_DERIVED = re.compile(rf"\b(?:derivative\s+of|differentiat(?:e|ing)|slope\s+of|tangent\s+(?:line\s+)?(?:of|to))\s+{_FUNCTION}", re.I)
_INTEGRATED = re.compile(
    rf"\b(?:integral\s+of|integrat(?:e|ing)|area\s+(?:under|below)(?:\s+the\s+(?:curve|graph)(?:\s+of)?)?)\s+{_FUNCTION}", re.I
)
_END = r"([-\u2212]?[\w./π]{1,12})"
_LIMITS = re.compile(rf"\b(?:from|between)\s+(?:x\s*=\s*)?{_END}\s+(?:to|and)\s+(?:x\s*=\s*)?{_END}", re.I)
_STEPS = (0.1, 0.01, 0.001)


@dataclass(frozen=True)
class Derivative(Parameters):
    """The function to differentiate."""

    f: str = "x^2"

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The function after "derivative of", "differentiate" or "slope of"."""
        found, meant = function(in_signs(prompt), _DERIVED)
        if found is None:
            return cls.out_of_reach(f"{meant!r} is not a function of x that can be read") if meant else cls()
        lesson = cls(found.source)
        return lesson if lesson._can_be_shown() else cls.out_of_reach(f"The derivative of {found.source!r} is out of reach")

    def _can_be_shown(self) -> bool:
        try:
            shown = [parse(self.f), self._derivative]
        except TaskError:
            return False
        fits = all(len(in_words(e)) <= LONGEST_SHOWN and can_be_set(to_latex(e)) for e in shown)
        return fits and len(self._points) > 0

    @cached_property
    def _derivative(self) -> Expression:
        return derivative(parse(self.f))

    @cached_property
    def _points(self) -> tuple[float, ...]:
        """Points at which function and slope can be told, the easiest first."""
        tried = np.array([1.0, 2.0, 0.5, 3.0, -0.5])
        return tuple(tried[_smooth(parse(self.f), self._derivative, tried)].tolist())

    @property
    def _square(self) -> bool:
        return self.f.replace(" ", "") == "x^2"

    def values(self) -> Values:
        """The function, its derivative, and how the quotient gets there: with letters, or else with numbers."""
        f, at = parse(self.f), self._points[0]
        return {
            **forms("f", f),
            **forms("df", self._derivative),
            **self._window(),
            **self._numbers(f, at),
            **self._letters(f),
            "square": self._square,
            "other": not self._square,
            "corner": "abs" in self.f,
        }

    def _window(self) -> dict[str, str]:
        """Ends of the x axis: around zero, or right of it for functions like the logarithm."""
        left = _smooth(parse(self.f), self._derivative, np.linspace(-3, -0.1, 30)).mean()
        return {"x_min": "-3" if left > 0.5 else "0", "x_max": "3" if left > 0.5 else "6"}  # noqa: PLR2004 - most of it

    def _numbers(self, f: Expression, at: float) -> dict[str, str]:
        """The secants' slopes at one point, and the tangent's line there."""
        here, slope = _value(f, at), _value(self._derivative, at)
        secants = [(_value(f, at + h) - here) / h for h in _STEPS]
        return {
            **measured(at=at, slope=slope, **{f"q{i}": secant for i, secant in enumerate(secants, 1)}),
            "tangent": _line(slope, here - slope * at),
        }

    def _letters(self, f: Expression) -> dict[str, str | bool]:
        """The difference quotient multiplied out, where that is short."""
        found = coefficients(f)
        short = found is not None and 2 <= len(found) <= HIGHEST_EXPANDED + 1  # noqa: PLR2004 - a constant has none
        change, quotient = difference_quotient(f) if short else ("", "")
        return {
            "change": change,
            "quotient": quotient,
            "letters": short and not self._square,
            "numbers": not short,
        }


@dataclass(frozen=True)
class Integral(Parameters):
    """The function to integrate, and the ends: numbers or multiples of pi."""

    f: str = "x^2"
    start: str = "0"
    end: str = "1"

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The function after "integral of", and the ends after "from"."""
        text = in_signs(prompt)
        found, meant = function(text, _INTEGRATED)
        if found is None:
            return cls.out_of_reach(f"{meant!r} is not a function of x that can be read") if meant else cls()
        asked = _LIMITS.search(text)
        ends = [[end.replace("\u2212", "-").rstrip(".") for end in asked.groups()]] if asked else [["0", "1"], ["1", "2"]]
        tried = [cls(found.source, start, end) for start, end in ends]
        fits = next((lesson for lesson in tried if lesson._can_be_shown()), None)
        return fits or cls.out_of_reach(f"The integral of {found.source!r} from {ends[0][0]} to {ends[0][1]} is out of reach")

    def _can_be_shown(self) -> bool:
        ends = [readable_expression(end) for end in (self.start, self.end)]
        if not all(end and "x" not in end.source for end in ends):
            return False
        a, b = self._ends
        if not (-100 <= a < b <= 100 and len(in_words(parse(self.f))) <= LONGEST_SHOWN):  # noqa: PLR2004 - a picture's width
            return False
        sums = [self._sum(count) for count in (1000, 1414, 2000, 4000)]
        if not np.isfinite(sums).all() or np.ptp(sums) > STEADY * max(1.0, abs(sums[0])):
            return False
        return abs(sums[0]) < LARGEST and self._is_finite()

    def _is_finite(self) -> bool:
        y = self._at(2001)
        return bool(np.isfinite(y).all()) and can_be_set(to_latex(parse(self.f)))

    @property
    def _ends(self) -> tuple[float, float]:
        a, b = (float(parse(end)(np.zeros(1))[0]) for end in (self.start, self.end))
        return a, b

    def _at(self, count: int) -> Array:
        return parse(self.f)(np.linspace(*self._ends, count))

    def _sum(self, strips: int) -> float:
        """The midpoint rule: the areas of so many strips of equal width."""
        a, b = self._ends
        width = (b - a) / strips
        return float(parse(self.f)(a + width * (np.arange(strips) + 0.5)).sum() * width)

    def values(self) -> Values:
        """The function, its strips, and the exact area where it has an antiderivative of a simple kind."""
        a, b = self._ends
        classic = (self.f, self.start, self.end) == ("x^2", "0", "1")
        found = self._exactly()
        return {
            **forms("f", parse(self.f)),
            **forms("a", parse(self.start)),
            **forms("b", parse(self.end)),
            "summand": _summand(parse(self.f)),
            **(found or {}),
            "x_min": f"{a:.6f}",
            "x_max": f"{b:.6f}",
            **measured(s4=self._sum(4), s10=self._sum(10), s100=self._sum(100)),
            **measured(area=_value(parse(found["result"]), 0) if found else self._sum(4000)),
            "classic": classic,
            "exactly": found is not None and not classic,
            "nearly": found is None,
            "decimal": found is not None and not found["result_text"].lstrip(MINUS).isdigit(),
        }

    def _exactly(self) -> dict[str, str] | None:
        try:
            whole = antiderivative(parse(self.f))
            if whole is None or len(in_words(whole)) > LONGEST_SHOWN:
                return None
            top, bottom = exact(whole, parse(self.end)), exact(whole, parse(self.start))
            result = exact(parse(f"({top.source})-({bottom.source})"), parse("0"))
        except TaskError:
            return None
        shown = {**forms("F", whole), **forms("top", top), **forms("bottom", bottom), **forms("result", result)}
        return shown if len(in_text(result)) <= LONGEST_SHOWN else None


def _line(slope: float, height: float) -> str:
    """The straight line through (0, height), without what a reader would leave out."""
    inclined = {0: "", 1: "x", -1: "-x"}.get(slope, f"{slope:.6g}*x")
    return (inclined + (f"{height:+.6g}" if abs(height) > 1e-9 or not inclined else "")).lstrip("+")  # noqa: PLR2004


def _summand(f: Expression) -> str:
    """LaTeX of a function below an integral sign: sums are put into brackets."""
    is_sum = isinstance(f.tree, ast.BinOp) and isinstance(f.tree.op, ast.Add | ast.Sub)
    return rf"\left({to_latex(f)}\right)" if is_sum else to_latex(f)


def _value(f: Expression, at: float) -> float:
    return float(f(np.array([at]))[0])


def _smooth(f: Expression, slope: Expression, x: Array) -> NDArray[np.bool_]:
    """Where the slope is that of both sides, and of a size that can be shown: not at poles and corners."""
    step = 1e-6
    sides = [(f(x + h) - f(x)) / h for h in (step, -step)]
    with np.errstate(invalid="ignore"):
        near = [np.abs(side - slope(x)) < TOLERANCE * (1 + np.abs(slope(x))) for side in sides]
        return near[0] & near[1] & (np.abs(f(x)) < LARGEST) & (np.abs(slope(x)) < LARGEST)
