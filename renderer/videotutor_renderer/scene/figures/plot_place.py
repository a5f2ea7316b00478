"""Where a label stands beside a point: on the side where it covers least of what is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from videotutor_renderer.scene.frame import Box, Place

GAPS = (14.0, 30.0, 50.0)
"""Distances of a label from its point."""
FARNESS = 0.1
"""What a point of distance counts, in points of lines that are covered."""
SIDES = ((-1, -1), (1, -1), (-1, 1), (1, 1), (0, -1), (0, 1), (1, 0), (-1, 0))
CLEARANCE = 5.0
"""Points around a label in which nothing should be drawn."""
COVERED = 100
"""What covering the point itself counts, in points of lines."""
BACKING = 0.8
"""Opacity of what a label stands on: where there is little room it crosses lines."""
GRID = 24
"""Points of a label in each direction."""
WIDEST = 0.45
"""Part of the axes' width that a label may take."""


class Drawn:
    """Points of everything drawn so far, so that labels keep off it."""

    def __init__(self) -> None:
        self._points: list[Place] = []

    def add(self, places: Iterable[Place]) -> None:
        """Points of a line, close together."""
        self._points += places

    def add_box(self, corner: Place, size: Place) -> None:
        """A label: no other may cover it."""
        x, y = (np.linspace(start, start + length, GRID) for start, length in zip(corner, size, strict=True))
        self._points += [(left, top) for left in x.tolist() for top in y.tolist()]

    def free_side(self, size: Place, path: Sequence[Place], room: Box) -> Place:
        """How far the middle of a label of this size is from its point, wherever on the path that is."""
        own = [place for place in path for _ in range(COVERED // len(path))]
        points = np.array([*self._points, *own])
        width, height = size

        def cost(side: Place) -> float:
            covered = sum(_inside(points, beside(at, side, size, room), size) for at in path) / len(path)
            return covered + FARNESS * max(abs(side[0]) - width / 2, abs(side[1]) - height / 2)

        return min(((x * (width / 2 + gap), y * (height / 2 + gap)) for gap in GAPS for x, y in SIDES), key=cost)


def beside(near: Place, side: Place, size: Place, room: Box) -> Place:
    """The top left corner of a label on that side of a point, or as near to it as the room allows."""
    left, top = near[0] + side[0] - size[0] / 2, near[1] + side[1] - size[1] / 2
    return (
        max(room.x, min(left, room.right - size[0])),
        max(room.y, min(top, room.bottom - size[1])),
    )


def _inside(points: NDArray[np.float64], corner: Place, size: Place) -> int:
    away = points - corner
    return int(((away > -CLEARANCE) & (away < np.array(size) + CLEARANCE)).all(axis=1).sum())
