"""Recursion, loops and binary search, traced with the numbers in the prompt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from videotutor_renderer.plan.asked import number
from videotutor_renderer.plan.forms import decimal
from videotutor_renderer.plan.values.base import Parameters, Values
from videotutor_renderer.plan.values.statistics import LARGEST, listed

MOST_STEPS = 4
"""Looks of a binary search that a scene has room for: enough for a list of 15."""
LONGEST_LIST = 2**MOST_STEPS - 1


@dataclass(frozen=True)
class Factorial(Parameters):
    """The number whose factorial is computed."""

    n: int = 5

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The number after "factorial of", or before an exclamation mark."""
        n = number(prompt, r"\bfactorial(?:\s+(?:of|for))?\s*\(?#") or number(prompt, r"\b#!")
        if n is None:
            return cls()
        return cls(int(n)) if n in range(3, 13) else cls.out_of_reach("The lesson computes the factorials of 3 to 12")

    def values(self) -> Values:
        """The chain of calls, and the results on the way back."""
        n = self.n
        return {
            "n": str(n),
            "less1": str(n - 1),
            "less2": str(n - 2),
            "smaller": str(math.factorial(n - 1)),
            "result": str(math.factorial(n)),
            "product": r"\cdot ".join(str(i) for i in range(n, 0, -1)),
            "returns": ", ".join(str(math.factorial(i)) for i in range(1, n + 1)),
        }


@dataclass(frozen=True)
class Loop(Parameters):
    """The last of the numbers that a loop adds up, from 1."""

    n: int = 10

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The number after "1 to"."""
        n = number(prompt, r"\b1\s+(?:to|through|up to)\s+#")
        if n is None:
            return cls()
        return cls(int(n)) if n in range(4, 1001) else cls.out_of_reach("The lesson adds up to a number from 4 to 1000")

    def values(self) -> Values:
        """The total after each of the first rounds, and at the end."""
        totals = {f"t{i}": str(i * (i + 1) // 2) for i in range(1, 5)}
        return {**totals, "n": str(self.n), "total": str(self.n * (self.n + 1) // 2), "after": str(self.n + 1)}


@dataclass(frozen=True)
class BinarySearch(Parameters):
    """A list of numbers, in any order, and the number that is sought in it."""

    items: tuple[Fraction, ...] = tuple(map(Fraction, (2, 5, 8, 12, 16, 23, 38)))
    target: Fraction = Fraction(23)

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The list, and the number after "for" or "find"."""
        target = number(
            prompt, r"\b(?:for|find|finding|of|target(?:\s+is)?)\s+(?:the\s+)?(?:number\s+|value\s+)?#(?!\s*,)"
        )
        items = listed(prompt)
        if len(items) < 3:  # noqa: PLR2004 - two are no list to search
            return cls() if target is None else cls(target=target)
        if len(items) > LONGEST_LIST or any(abs(x) > LARGEST for x in items):
            return cls.out_of_reach(f"The list has more than {LONGEST_LIST} numbers, or they are above {LARGEST}")
        return cls(items, items[-1] if target is None else target)

    def values(self) -> Values:
        """The sorted list, each look at a middle, and how it ends."""
        ordered = sorted(self.items)
        looks = self.looks()
        told = {
            f"look{i}": _told(looks[i - 1], self.target) if i <= len(looks) else "" for i in range(1, MOST_STEPS + 1)
        }
        return {
            **told,
            **{f"has{i}": i <= len(looks) for i in range(2, MOST_STEPS + 1)},
            "list": ", ".join(map(decimal, ordered)),
            "target": decimal(self.target),
            "count": str(len(ordered)),
            "looks": f"{len(looks)} {'look' if len(looks) == 1 else 'looks'}",
            "at_most": str(len(ordered).bit_length()),
            "place": str(ordered.index(self.target) + 1) if self.target in ordered else "",
            "unsorted": list(self.items) != ordered,
            "found": self.target in ordered,
            "absent": self.target not in ordered,
        }

    def looks(self) -> tuple[Fraction, ...]:
        """The numbers that are looked at, in order; of an even count, the left one of the two in the middle."""
        left = sorted(self.items)
        seen = []
        while left:
            at = (len(left) - 1) // 2
            seen.append(left[at])
            if left[at] == self.target:
                break
            left = left[at + 1 :] if left[at] < self.target else left[:at]
        return tuple(seen)


def _told(middle: Fraction, target: Fraction) -> str:
    if middle == target:
        return f"{decimal(middle)} is the number that we look for"
    half = "right" if middle < target else "left"
    size = "small" if middle < target else "large"
    return f"{decimal(middle)} is too {size}: go on in the {half} half"
