"""Equations with one unknown, linear and quadratic."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from videotutor_renderer.errors import TaskError
from videotutor_renderer.plan.asked import equation, function, in_signs
from videotutor_renderer.plan.forms import (
    bracketed_tex,
    decimal,
    decimal_tex,
    factor_tex,
    forms,
    in_tex,
    in_text,
    in_words,
    numbered,
    rounded,
)
from videotutor_renderer.plan.symbolic import coefficients, polynomial
from videotutor_renderer.plan.values.base import Parameters, Values
from videotutor_renderer.scene.expression import parse
from videotutor_renderer.scene.expression_latex import to_latex

LARGEST = 1000
"""Numbers above this, or below its inverse, make no example that can be followed."""

_ROOTS = re.compile(r"\b(?:roots|zeros)\s+of\s+(?:the\s+)?(?:function\s+|polynomial\s+)?", re.IGNORECASE)


def _sides(prompt: str, degree: int) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]] | None:
    """Coefficients of both sides of the equation in a prompt, constant first, filled up to a degree."""
    text = in_signs(prompt)
    zero_at, _ = function(text, _ROOTS)
    found = (zero_at, parse("0")) if zero_at and "=" not in text else equation(text)
    if found is None:
        return None
    try:
        sides = [coefficients(side) for side in found]
    except TaskError:
        return None
    if any(side is None or len(side) > degree + 1 or not fit(side) for side in sides):
        return None
    left, right = ((*side, *[Fraction(0)] * (degree + 1 - len(side))) for side in sides if side)
    return left, right


def fit(numbers: tuple[Fraction, ...]) -> bool:
    """Whether an example with these numbers can be followed."""
    return all(abs(n) <= LARGEST and n.denominator <= LARGEST for n in numbers)


@dataclass(frozen=True)
class Linear(Parameters):
    """a x + b = c x + d."""

    a: Fraction = Fraction(3)
    b: Fraction = Fraction(5)
    c: Fraction = Fraction(0)
    d: Fraction = Fraction(11)

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The first equation in the prompt."""
        sides = _sides(prompt, 1)
        if sides:
            (b, a), (d, c) = sides
            return cls(a, b, c, d)
        return cls.out_of_reach("The equation is not linear in x, with numbers up to 1000") if "=" in prompt else cls()

    def values(self) -> Values:
        """Both sides, each step, and the solution: one, none, or every number."""
        slope, rest = self.a - self.c, self.d - self.b
        left, right = polynomial(self.b, self.a), polynomial(self.d, self.c)
        x = rest / slope if slope else Fraction(0)
        divided = rf"\frac{{{decimal_tex(rest)}}}{{{decimal_tex(slope)}}}"
        simplifies = slope not in {0, 1} and decimal_tex(x) != divided
        return {
            **forms("left", left),
            **forms("right", right),
            **forms("without", polynomial(self.b, slope)),
            **forms("gathered", polynomial(0, slope)),
            **numbered(c=self.c, b=self.b, d=self.d, rest=rest, slope=slope, x=x),
            "move_x": f"{_moved(self.c)} {in_words(polynomial(0, abs(self.c)))}",
            "move_x_text": f"{_moved(self.c)} {in_text(polynomial(0, abs(self.c)))}",
            "move_number": f"{_moved(self.b)} {decimal(abs(self.b))}",
            "checked": decimal(self.a * x + self.b),
            "x_min": f"{float(x) - 4:.6g}",
            "x_max": f"{float(x) + 4:.6g}",
            "one": slope != 0,
            "none": slope == 0 and rest != 0,
            "all": slope == 0 and rest == 0,
            "x_on_both": self.c != 0,
            "has_constant": self.b != 0,
            "has_factor": slope not in {0, 1},
            "divided": divided,
            "simplifies": simplifies,
            "settled": slope != 0 and not simplifies,
        }


@dataclass(frozen=True)
class Quadratic(Parameters):
    """a x² + b x + c = 0; a is not zero."""

    a: Fraction = Fraction(1)
    b: Fraction = Fraction(-5)
    c: Fraction = Fraction(6)

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The first equation in the prompt, everything brought to its left side."""
        sides = _sides(prompt, 2)
        if sides:
            c, b, a = (first - second for first, second in zip(*sides, strict=True))
            if a != 0:
                return cls(a, b, c)
        if "=" in prompt:
            return cls.out_of_reach("The equation is not quadratic in x, with numbers up to 1000")
        return cls()

    def values(self) -> Values:
        """The parabola, the discriminant, and two solutions, one, or none among the real numbers."""
        left = polynomial(self.c, self.b, self.a)
        discriminant = self.b**2 - 4 * self.a * self.c
        turn = -self.b / (2 * self.a)
        reach = max(2.0, 1.8 * math.sqrt(abs(float(discriminant))) / (2 * abs(float(self.a))))
        return {
            **forms("left", left),
            **numbered(
                a=self.a,
                b=self.b,
                c=self.c,
                d=discriminant,
                turn=turn,
                low=self.c - self.b**2 / (4 * self.a),
                minus_b=-self.b,
                twice_a=2 * self.a,
            ),
            **{f"{name}_put": bracketed_tex(value) for name, value in (("a", self.a), ("b", self.b), ("c", self.c))},
            **self._roots(discriminant, turn),
            "x_min": f"{float(turn) - reach:.6g}",
            "x_max": f"{float(turn) + reach:.6g}",
            "side": "above" if self.a > 0 else "below",
            "two": discriminant > 0,
            "double": discriminant == 0,
            "no": discriminant < 0,
        }

    def _roots(self, discriminant: Fraction, turn: Fraction) -> dict[str, str | bool]:
        """The smaller and the larger solution; exact when they are rational."""
        if discriminant < 0:
            names = ("first", "second", "first_tex", "second_tex", "root_tex", "factors", "sign", "about")
            return {**dict.fromkeys(names, ""), "rational": False, "irrational": False}
        root = _rational_root(discriminant)
        if root is None:
            half = math.sqrt(discriminant) / (2 * abs(float(self.a)))
            texts = [rounded(float(turn) + offset) for offset in (-half, half)]
            shown = list(map(in_tex, texts))
        else:
            exact = sorted((turn - root / (2 * self.a), turn + root / (2 * self.a)))
            texts, shown = [decimal(x) for x in exact], [decimal_tex(x) for x in exact]
        return {
            "first": texts[0],
            "second": texts[1],
            "first_tex": shown[0],
            "second_tex": shown[1],
            "root_tex": "" if root is None else decimal_tex(root),
            "sign": r"\approx" if root is None else "=",
            "factors": "" if root is None else self._factors(*exact),
            "about": "about " if root is None else "",
            "rational": root is not None and discriminant > 0,
            "irrational": root is None,
        }

    def _factors(self, first: Fraction, second: Fraction) -> str:
        brackets = (rf"\left({to_latex(polynomial(-x, 1))}\right)" for x in (first, second))
        return factor_tex(self.a) + "".join(brackets)


def _moved(number: Fraction) -> str:
    """What takes a term from one side to the other."""
    return "Take away" if number > 0 else "Add"


def _rational_root(value: Fraction) -> Fraction | None:
    """The square root, if it is a fraction."""
    top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
    return Fraction(top, bottom) if Fraction(top, bottom) ** 2 == value else None
