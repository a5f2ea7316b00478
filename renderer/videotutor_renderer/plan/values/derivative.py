"""The derivative of the function in the prompt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from videojob.visuals import PlotTangent, PlotVisual
from videotutor_renderer.errors import TaskError
from videotutor_renderer.plan.asked import function, in_signs
from videotutor_renderer.plan.forms import forms, in_words, measured
from videotutor_renderer.plan.symbolic import coefficients, derivative, difference_quotient
from videotutor_renderer.plan.values.base import Parameters, Values
from videotutor_renderer.plan.values.functions import LARGEST, LONGEST_SHOWN, NAMED, value_at
from videotutor_renderer.scene.equation import can_be_set
from videotutor_renderer.scene.expression import Array, Expression, parse
from videotutor_renderer.scene.expression_latex import to_latex
from videotutor_renderer.scene.plot import plotted

TOLERANCE = 1e-3
"""How far the slopes on both sides of a point may be from the derivative, relative to its size."""
HIGHEST_EXPANDED = 5
"""Degree up to which a difference quotient is multiplied out on the picture."""

_ASKED = re.compile(
    rf"\b(?:derivative\s+of|differentiat(?:e|ing)|slope\s+of|tangent\s+(?:line\s+)?(?:of|to))\s+{NAMED}", re.IGNORECASE
)
_STEPS = (0.1, 0.01, 0.001)


@dataclass(frozen=True)
class Derivative(Parameters):
    """The function to differentiate."""

    f: str = "x^2"

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The function after "derivative of", "differentiate" or "slope of"."""
        found, meant = function(in_signs(prompt), _ASKED)
        if found is None:
            return cls.out_of_reach(f"{meant!r} is not a function of x that can be read") if meant else cls()
        lesson = cls(found.source)
        return lesson if lesson.is_in_reach else cls.out_of_reach(f"The derivative of {lesson.f!r} is out of reach")

    @property
    def is_in_reach(self) -> bool:
        """Whether function and derivative can be computed, and are short enough to be read."""
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
        smooth = tried[_smooth(parse(self.f), self._derivative, tried)].tolist()
        return tuple(at for at in smooth if self._has_tangent(at))

    def _has_tangent(self, at: float) -> bool:
        """Whether the plot can show one there."""
        x_min, x_max = self._ends
        if not x_min <= at <= x_max:
            return False
        try:
            plotted(PlotVisual(expressions=(self.f,), x_min=x_min, x_max=x_max, tangent=PlotTangent(at=at)))
        except TaskError:
            return False
        return True

    @property
    def _square(self) -> bool:
        return self.f.replace(" ", "") == "x^2"

    def values(self) -> Values:
        """The function, its derivative, and how the quotient gets there: with letters, or else with numbers."""
        f, at = parse(self.f), self._points[0]
        return {
            **forms("f", f),
            **forms("df", self._derivative),
            "x_min": str(self._ends[0]),
            "x_max": str(self._ends[1]),
            **self._numbers(f, at),
            **self._letters(f),
            "square": self._square,
            "other": not self._square,
            "corner": "abs" in self.f,
        }

    @cached_property
    def _ends(self) -> tuple[int, int]:
        """Ends of the x axis: around zero, or right of it for functions like the logarithm."""
        left = _smooth(parse(self.f), self._derivative, np.linspace(-3, -0.1, 30)).mean()
        return (-3, 3) if left > 0.5 else (0, 6)  # noqa: PLR2004 - most of it

    def _numbers(self, f: Expression, at: float) -> dict[str, str]:
        """The secants' slopes at one point, and the tangent's."""
        here, slope = value_at(f, at), value_at(self._derivative, at)
        secants = [(value_at(f, at + h) - here) / h for h in _STEPS]
        return {
            **measured(at=at, slope=slope, **{f"q{i}": secant for i, secant in enumerate(secants, 1)}),
            "at_x": f"{at:g}",
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


def _smooth(f: Expression, slope: Expression, x: Array) -> NDArray[np.bool_]:
    """Where the slope is that of both sides, and of a size that can be shown: not at poles and corners."""
    step = 1e-6
    with np.errstate(invalid="ignore", over="ignore"):
        sides = [(f(x + h) - f(x)) / h for h in (step, -step)]
        near = [np.abs(side - slope(x)) < TOLERANCE * (1 + np.abs(slope(x))) for side in sides]
        return near[0] & near[1] & (np.abs(f(x)) < LARGEST) & (np.abs(slope(x)) < LARGEST)
