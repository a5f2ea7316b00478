"""Two linear equations with two unknowns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from videotutor_renderer.plan.asked import in_signs
from videotutor_renderer.plan.forms import MINUS, bracketed_tex, decimal_tex, factor_tex, forms, numbered, signed_tex
from videotutor_renderer.plan.symbolic import polynomial
from videotutor_renderer.plan.values.base import Parameters, Values
from videotutor_renderer.plan.values.equations import LARGEST, fit

_SYSTEM = re.compile(r"(?<![a-zA-Z])([-+\u2212\d.xy \t*]+)=\s*([-+\u2212]?\s*\d+(?:\.\d+)?)")
_TERM = re.compile(r"([-+\u2212]?)\s*(\d*\.?\d*)\s*\*?\s*([xy])")


@dataclass(frozen=True)
class System(Parameters):
    """a x + b y = e and c x + d y = f, where neither b nor d is zero."""

    a: Fraction = Fraction(1)
    b: Fraction = Fraction(1)
    e: Fraction = Fraction(10)
    c: Fraction = Fraction(1)
    d: Fraction = Fraction(-1)
    f: Fraction = Fraction(2)

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The first two equations with x and y on the left and a number on the right."""
        found = [(_linear(left), _plain(right)) for left, right in _SYSTEM.findall(in_signs(prompt))[:2]]
        if len(found) < 2 or not all(terms and terms[1] for terms, _ in found):  # noqa: PLR2004 - two equations
            note = "The equations do not both have the form a x + b y = c, with y in them"
            return cls.out_of_reach(note) if "=" in prompt else cls()
        flat = [number for terms, right in found for number in (*(terms or ()), right)]
        return cls(*flat) if fit(tuple(flat)) else cls.out_of_reach(f"Numbers above {LARGEST} are too large to follow")

    def values(self) -> Values:
        """Both lines, the equation without y, and where the lines meet: in a point, nowhere, or everywhere."""
        first, second = (polynomial(e / b, -a / b) for a, b, e in ((self.a, self.b, self.e), (self.c, self.d, self.f)))
        factor, right = self.a * self.d - self.c * self.b, self.e * self.d - self.f * self.b
        x = right / factor if factor else Fraction(0)
        y = (self.e - self.a * x) / self.b
        return {
            **forms("first", first),
            **forms("second", second),
            "equation1": _row(self.a, self.b, self.e),
            "equation2": _row(self.c, self.d, self.f),
            "scaled1": _row(self.a * self.d, self.b * self.d, self.e * self.d),
            "scaled2": _row(self.c * self.b, self.d * self.b, self.f * self.b),
            **numbered(b=self.b, d=self.d, x=x, y=y, right=right),
            **forms("without_y", polynomial(0, factor)),
            "check1": _checked(self.a, self.b, self.e, (x, y)),
            "check2": _checked(self.c, self.d, self.f, (x, y)),
            "x_min": f"{float(x) - 5:.6g}",
            "x_max": f"{float(x) + 5:.6g}",
            "one": factor != 0,
            "none": factor == 0 and right != 0,
            "all": factor == 0 and right == 0,
        }


def _linear(text: str) -> tuple[Fraction, Fraction] | None:
    """The factors of x and y in a sum such as 2x - 3y; None when it is none."""
    factors = {"x": Fraction(0), "y": Fraction(0)}
    at = 0
    bare = "".join(text.split())
    while at < len(bare):
        term = _TERM.match(bare, at)
        if term is None or (at and not term[1]) or term[2] == ".":
            return None
        factors[term[3]] += (-1 if term[1] in {"-", MINUS} else 1) * Fraction(term[2] or 1)
        at = term.end()
    return factors["x"], factors["y"]


def _plain(text: str) -> Fraction:
    return Fraction("".join(text.split()).replace(MINUS, "-"))


def _row(a: Fraction, b: Fraction, e: Fraction) -> str:
    """LaTeX of a x + b y = e."""
    terms = [(a, "x"), (b, "y")]
    left = "".join(("+" if factor > 0 else "") + factor_tex(factor) + name for factor, name in terms if factor)
    return f"{left.removeprefix('+') or '0'}={decimal_tex(e)}"


def _checked(a: Fraction, b: Fraction, e: Fraction, at: tuple[Fraction, Fraction]) -> str:
    """LaTeX of a x + b y = e with numbers in it."""
    x, y = map(bracketed_tex, at)
    return rf"{decimal_tex(a)}\cdot {x}{signed_tex(b)}\cdot {y}={decimal_tex(e)}"
