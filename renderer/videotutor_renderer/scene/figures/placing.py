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
EMPTY = 2 + 4j
"""Points of a label's picture at each side, and above and below, that hold no ink."""
DIRECTIONS = 16
"""Places around a point."""
ALONG = (0.5, 0.38, 0.62, 0.26, 0.74)
"""Places beside a line, as parts of its length."""
FURTHER = 0.01
"""Part of its length from such a place to the next, which tells its direction there."""
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
        best = min(inside, key=lambda middle: self._cost(middle, half))
        self._labels.append((best, half))
        return best

    def _inside(self, middle: complex, half: complex) -> complex:
        room = self._room.inset(half.real, half.imag)
        return complex(
            min(max(middle.real, room.x), max(room.x, room.right)),
            min(max(middle.imag, room.y), max(room.y, room.bottom)),
        )

    def _cost(self, middle: complex, half: complex) -> float:
        """A square point of another label is as bad to cover as one of the places of a line."""
        return self._covered(middle, half) + sum(_overlap(middle - at, half + size) for at, size in self._labels)

    def _covered(self, middle: complex, half: complex) -> int:
        """How many places of lines are below a label there."""
        away, ink = self._ink - middle, half - EMPTY
        return int(np.count_nonzero((abs(away.real) < ink.real) & (abs(away.imag) < ink.imag)))


def beside(anchor: complex, direction: complex, label: Picture, gap: float) -> complex:
    """The middle of a label that lies in a direction from a point, all of it `gap` points or more that way."""
    way = direction / abs(direction)
    return anchor + way * (gap + abs(way.real) * label.width / 2 + abs(way.imag) * label.height / 2)


def around(anchor: complex, first: complex, label: Picture, gap: float) -> Iterator[complex]:
    """Places all around a point, from the first direction to both sides, the upper of two before the lower."""
    for i in range(DIRECTIONS // 2 + 1):
        turned = (first * cmath.exp(side * 2j * math.pi * i / DIRECTIONS) for side in (1, -1))
        for way in sorted(turned, key=lambda way: way.imag):
            yield beside(anchor, way, label, gap)


def beside_line(path: Path, label: Picture, centre: complex, gap: float) -> Iterator[complex]:
    """Places along a line, each on its outer side, the one that `centre` is not on, then on its inner."""
    for share in ALONG:
        at, beyond = begun(path, share)[-1], begun(path, share + FURTHER)[-1]
        normal = 1j * (beyond - at)
        outwards = normal if ((at - centre) * normal.conjugate()).real >= 0 else -normal
        yield beside(at, outwards, label, gap)
        yield beside(at, -outwards, label, gap)


def _places(a: complex, b: complex) -> Iterator[complex]:
    count = math.ceil(abs(b - a) / GRAIN)
    return (a + (b - a) * i / count for i in range(count))


def _overlap(away: complex, reach: complex) -> float:
    return max(0.0, reach.real - abs(away.real)) * max(0.0, reach.imag - abs(away.imag))
