"""Right triangles and circles, with the lengths in the prompt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from videotutor_renderer.plan.asked import number
from videotutor_renderer.plan.forms import decimal_tex, measured, numbered
from videotutor_renderer.plan.values.base import Parameters, Values

LONGEST = 10_000
"""Of a side; larger ones make squares that nobody reads."""


@dataclass(frozen=True)
class Pythagoras(Parameters):
    """Two sides of a right triangle: both legs, or one leg and the hypotenuse."""

    leg: Fraction = Fraction(3)
    other: Fraction = Fraction(4)
    other_is_hypotenuse: bool = False

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The lengths after "legs", "sides" or "hypotenuse"."""
        of = r"\s*(?:(?:of|is|are|=|with|length|lengths|a)\s+){0,3}"
        unit = r"\s*(?:cm|mm|m|km|in|ft|units?)?\s*"
        sides = rf"\b(?:legs?|sides?|catheti){of}"
        leg = number(prompt, rf"{sides}#") or number(prompt, r"\ba\s*=\s*#")
        other = number(prompt, rf"{sides}\d[\d.]*{unit}(?:and|,|by)\s*#") or number(prompt, r"\bb\s*=\s*#")
        longest = number(prompt, rf"\bhypotenuse{of}#") or number(prompt, r"\bc\s*=\s*#")
        if leg and longest and not other:
            known = cls(leg, longest, other_is_hypotenuse=True)
        else:
            known = cls(leg, other) if leg and other else cls()
        fits = all(0 < side <= LONGEST for side in (known.leg, known.other))
        if fits and (not known.other_is_hypotenuse or known.leg < known.other):
            return known
        return cls.out_of_reach("No right triangle has these sides, or they are too long to show")

    def values(self) -> Values:
        """The sides, their squares, and the third side: exactly where the root is a fraction."""
        sign = -1 if self.other_is_hypotenuse else 1
        square = self.other**2 + sign * self.leg**2
        return {
            **numbered(leg=self.leg, other=self.other, leg2=self.leg**2, other2=self.other**2, square=square),
            **measured(third=math.sqrt(square)),
            "hypotenuse": not self.other_is_hypotenuse,
            "short_side": self.other_is_hypotenuse,
        }


@dataclass(frozen=True)
class Circle(Parameters):
    """A circle by its radius."""

    radius: Fraction = Fraction(3)

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The length after "radius" or "diameter"."""
        of = r"\s*(?:of|is|=|:)?\s*#"
        across = number(prompt, rf"\bdiameter{of}")
        radius = number(prompt, rf"\b(?:radius|r){of}") or (across / 2 if across else None)
        if radius is None:
            return cls()
        return cls(radius) if 0 < radius <= LONGEST else cls.out_of_reach(f"No circle to show has the radius {radius}")

    def values(self) -> Values:
        """Area and circumference, as multiples of pi and rounded; and what twice the radius does."""
        r = self.radius
        return {
            **numbered(r=r, r2=r**2, across=2 * r),
            **measured(area=math.pi * r**2, around=2 * math.pi * r),
            "area_pi": _of_pi(r**2),
            "x_max": f"{float(2 * r):.6g}",
        }


def _of_pi(value: Fraction) -> str:
    return r"\pi" if value == 1 else rf"{decimal_tex(value)}\,\pi"
