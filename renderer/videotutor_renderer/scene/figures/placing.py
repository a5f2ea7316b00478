"""Where labels go: beside what they name, over as few lines as can be and not over one another."""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np

from videotutor_renderer.scene.figures.path import Path, begun
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.typeset import Picture

GRAIN = 4.0
"""Points between two places of a line that are looked at."""
COVERED = 1.0
"""How bad it is to be put over another label, for each square point; over a line: 1 for each of its places."""
SECOND_BEST = 0.4
"""How much worse each place is than the one before it."""
DIRECTIONS = 16
"""Places around a point."""
ALONG = (0.5, 0.38, 0.62, 0.26, 0.74)
"""Places beside a line, as parts of its length."""
GAP = 5.0
"""Points between a label and what it names."""


class Placing:
    """The room for labels, and what is in it already."""

    def __init__(self, room: Box, paths: Iterable[Path]) -> None:
        """`room` is where labels may be, `paths` the lines that they should not cover."""
        self._room = room
        self._ink = np.array([place for path in paths for a, b in pairwise(path) for place in _places(a, b)], complex)
        self._labels: list[tuple[complex, complex]] = []

    def put(self, label: Picture, middles: Iterable[complex]) -> complex:
        """The best of these places for the middle of a label, the first of equals; it is taken from now on."""
        half = complex(label.width, label.height) / 2
        inside = [self._inside(middle, half) for middle in middles]
        best = min(range(len(inside)), key=lambda i: self._cost(inside[i], half) + SECOND_BEST * i)
        self._labels.append((inside[best], half))
        return inside[best]

    def _inside(self, middle: complex, half: complex) -> complex:
        room = self._room.inset(half.real, half.imag)
        return complex(
            min(max(middle.real, room.x), max(room.x, room.right)),
            min(max(middle.imag, room.y), max(room.y, room.bottom)),
        )

    def _cost(self, middle: complex, half: complex) -> float:
        away = self._ink - middle
        covered = np.count_nonzero((abs(away.real) < half.real) & (abs(away.imag) < half.imag))
        return covered + COVERED * sum(_overlap(middle - at, half + size) for at, size in self._labels)


def beside(anchor: complex, direction: complex, label: Picture, gap: float) -> complex:
    """The middle of a label that lies in a direction from a point, all of it `gap` points or more that way."""
    way = direction / abs(direction)
    return anchor + way * (gap + abs(way.real) * label.width / 2 + abs(way.imag) * label.height / 2)


def around(anchor: complex, first: complex, label: Picture, gap: float) -> Iterator[complex]:
    """Places all around a point, from the first direction to both sides."""
    for i in range(DIRECTIONS):
        turn = (i + 1) // 2 * (1 if i % 2 else -1) * 2 * math.pi / DIRECTIONS
        yield beside(anchor, first * cmath.exp(1j * turn), label, gap)


def beside_line(path: Path, label: Picture, centre: complex, gap: float) -> Iterator[complex]:
    """Places along a line, each on its outer side, the one that `centre` is not on, then on its inner."""
    for share in ALONG:
        *_, before, at = begun(path, share)
        normal = 1j * (at - before)
        outwards = normal if ((at - centre) * normal.conjugate()).real >= 0 else -normal
        yield beside(at, outwards, label, gap)
        yield beside(at, -outwards, label, gap)


def _places(a: complex, b: complex) -> Iterator[complex]:
    count = math.ceil(abs(b - a) / GRAIN)
    return (a + (b - a) * i / count for i in range(count))


def _overlap(away: complex, reach: complex) -> float:
    return max(0.0, reach.real - abs(away.real)) * max(0.0, reach.imag - abs(away.imag))
