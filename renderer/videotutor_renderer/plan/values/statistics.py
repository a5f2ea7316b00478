"""Mean, variance and the normal distribution, with the numbers in the prompt."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from videotutor_renderer.plan.asked import number, numbers
from videotutor_renderer.plan.forms import bracketed_tex, decimal, decimal_tex, measured, numbered
from videotutor_renderer.plan.values.base import Parameters, Values

LARGEST = 100_000
MOST = 8
"""Numbers of a sample that one picture can show."""

_LIST = re.compile(r"[-\u2212]?\d[\d.]*(?:\s*(?:,|;|\band\b)\s*(?:and\s+)?[-\u2212]?\d[\d.]*)+")


def listed(prompt: str) -> tuple[Fraction, ...]:
    """The numbers of the first list in a prompt, such as 3, 5 and 9; none when there is no list."""
    found = _LIST.search(prompt)
    return numbers(found[0].rstrip(".")) if found else ()


@dataclass(frozen=True)
class Sample(Parameters):
    """Some measured numbers."""

    data: tuple[Fraction, ...] = (Fraction(2), Fraction(4), Fraction(4), Fraction(6), Fraction(9))

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The list of numbers in the prompt."""
        data = listed(prompt)
        if len(data) < 2:  # noqa: PLR2004 - one number has no variance
            return cls()
        if len(data) > MOST or any(abs(x) > LARGEST for x in data):
            return cls.out_of_reach(f"The list has more than {MOST} numbers, or they are above {LARGEST}")
        return cls(data)

    def values(self) -> Values:
        """Sum, mean, distances from it, their squares, variance and standard deviation of these numbers themselves."""
        count = len(self.data)
        mean = sum(self.data, Fraction(0)) / count
        away = [x - mean for x in self.data]
        squares = sum((d**2 for d in away), Fraction(0))
        ordered = sorted(self.data)
        middle = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
        return {
            **numbered(total=sum(self.data, Fraction(0)), mean=mean, squares=squares, middle=middle),
            **numbered(variance=squares / count, sample=squares / (count - 1)),
            **measured(deviation=math.sqrt(squares / count)),
            "count": str(count),
            "less_one": str(count - 1),
            "data": ", ".join(map(decimal, self.data)),
            "data_said": ", ".join(map(decimal, self.data[:-1])) + f" and {decimal(self.data[-1])}",
            "ordered": ", ".join(map(decimal, ordered)),
            "sum_tex": "+".join(map(_in_sum, self.data)),
            "away": ", ".join(map(decimal, away)),
            "squares_tex": "+".join(f"{bracketed_tex(d)}^2" for d in away),
        }


@dataclass(frozen=True)
class Normal(Parameters):
    """A normal distribution."""

    mean: Fraction = Fraction(100)
    deviation: Fraction = Fraction(15)

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The numbers after "mean" and "standard deviation"; both, or the defaults."""
        of = r"\s*(?:of|is|=|:)?\s*#"
        mean = number(prompt, rf"(?:\b(?:mean|average|mu)|[μµ]){of}")
        deviation = number(prompt, rf"(?:\b(?:standard\s+deviation|deviation|sd|sigma)|σ){of}")  # noqa: RUF001
        if mean is None and deviation is None:
            return cls()
        if mean is None or deviation is None or not 0 < deviation <= LARGEST or abs(mean) > LARGEST:
            return cls.out_of_reach("A normal distribution needs a mean, and a standard deviation above zero")
        return cls(mean, deviation)

    def values(self) -> Values:
        """The ends of one, two and three standard deviations, and the curve."""
        m, d = float(self.mean), float(self.deviation)
        ends = {
            f"{side}{k}": self.mean + sign * k * self.deviation
            for side, sign in (("low", -1), ("high", 1))
            for k in (1, 2, 3)
        }
        return {
            **numbered(mean=self.mean, deviation=self.deviation, **ends),
            "density": f"{1 / (d * math.sqrt(2 * math.pi)):.6g}*exp(-((x-({m:.6g}))/{d:.6g})^2/2)",
            "x_min": f"{m - 4 * d:.8g}",
            "x_max": f"{m + 4 * d:.8g}",
        }


def _in_sum(value: Fraction) -> str:
    return decimal_tex(value) if value >= 0 else bracketed_tex(value)
