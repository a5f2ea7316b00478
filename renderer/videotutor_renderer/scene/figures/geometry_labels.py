"""Where the labels of a construction may go, the best places first."""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterator

from videojob.visuals.geometry import GeometryShape
from videotutor_renderer.scene.figures.geometry_parts import Part
from videotutor_renderer.scene.figures.geometry_paths import MARK
from videotutor_renderer.scene.figures.path import Path
from videotutor_renderer.scene.figures.placing import GAP, around, beside, beside_line
from videotutor_renderer.scene.typeset import Picture

TOWARDS = 0.35
"""How far from the middle of a polygon to a corner its label may be."""
FARTHER = (1.0, 5.0, 10.0, 16.0, 24.0, 36.0, 50.0)
"""Points between an angle's arc and its label, more where the sides are near."""


def spots(part: Part, label: Picture, centre: complex) -> Iterator[complex]:
    """Middles for the label of a part; outside is the side that the construction's `centre` is not on."""
    shape = part.item.shape if isinstance(part.item, GeometryShape) else "angle"
    match shape:
        case "polygon":
            corners = part.path[:-1]
            middle = sum(corners) / len(corners)
            yield from (middle, *(middle + (corner - middle) * TOWARDS for corner in corners))
        case "circle":
            middle = sum(part.path[:-1]) / (len(part.path) - 1)
            radius = abs(part.path[0] - middle)
            for turn in range(1, 16, 2):
                way = cmath.exp(-1j * math.pi * turn / 8)
                yield beside(middle + radius * way, way, label, GAP)
        case "angle":
            yield from _in_angle(part.area, label)
        case _:
            yield from beside_line(part.path, label, centre, GAP + (MARK if part.marks else 0.0))


def point_spots(at: complex, label: Picture, centre: complex, gap: float) -> Iterator[complex]:
    """Middles for the name of a point: outwards, then all around."""
    return around(at, at - centre or -1j, label, gap)


def _in_angle(wedge: Path, label: Picture) -> Iterator[complex]:
    """Beyond the arc on the bisector, farther away where the sides are near; outside it would name another angle."""
    corner, way = wedge[0], sum(wedge[1:]) / (len(wedge) - 1) - wedge[0]
    radius = max(abs(place - corner) for place in wedge)
    return (beside(corner + way / abs(way) * radius, way, label, farther) for farther in FARTHER)
