"""The shapes of a construction as paths, in points of the frame, each from where it begins to be drawn."""

from __future__ import annotations

import cmath
import math

from videojob.visuals.geometry import GeometryShape, GeometryVisual
from videotutor_renderer.scene.figures.path import Path
from videotutor_renderer.scene.figures.view import View
from videotutor_renderer.scene.frame import Box

STEPS = 180
"""Chords that a whole circle is drawn as: their error is below a tenth of a point."""
ANGLE_RADIUS, ANGLE_SHARE = 44.0, 0.24
"""Radius of an angle's arc, and the part of its shorter side that it may take."""
SQUARE = 24.0
"""Side of the square in a right angle, where that radius is not less."""
ARC_GAP = 7.0
MARK, MARK_GAP = 9.0, 8.0
"""Half the length of a mark across a segment, and the points between two."""
RIGHT = math.radians(0.5)
"""How far from 90° an angle is still drawn as a right one: coordinates are rounded."""


def outline(visual: GeometryVisual, shape: GeometryShape) -> list[complex]:
    """A shape in the plane, its first point last where it is closed; lines and rays from point to point."""
    places = visual.places(shape.points)
    match shape.shape:
        case "polygon":
            return [*places, places[0]]
        case "circle":
            start = places[-1] if shape.radius is None else places[0] + shape.radius
            return _turned(places[0], start, 2 * math.pi)
        case "arc":
            start, centre, end = places
            return _turned(centre, start, cmath.phase((end - centre) / (start - centre)) % (2 * math.pi))
        case _:
            return places


def drawn(visual: GeometryVisual, shape: GeometryShape, view: View) -> list[complex]:
    """The shape as it is drawn: lines and rays go on to the edge of the view."""
    path = [view.at(place) for place in outline(visual, shape)]
    if shape.shape in {"line", "ray"}:
        a, b = path
        path = [_edge(a, a - b, view.box) if shape.shape == "line" else a, _edge(b, b - a, view.box)]
    return path


def equal_marks(path: Path, count: int) -> list[Path]:
    """Short strokes across the middle of a segment."""
    a, b = path
    along = (b - a) / abs(b - a)
    middles = [(a + b) / 2 + along * MARK_GAP * (i - (count - 1) / 2) for i in range(count)]
    return [(middle - 1j * along * MARK, middle + 1j * along * MARK) for middle in middles]


def angle_marks(a: complex, corner: complex, c: complex, count: int) -> list[Path]:
    """The arcs of an angle, the outermost first; of a right one, two sides of a square."""
    first, second = (a - corner) / abs(a - corner), (c - corner) / abs(c - corner)
    radius = min(ANGLE_RADIUS, ANGLE_SHARE * min(abs(a - corner), abs(c - corner)))
    turn = cmath.phase(second / first)
    if abs(abs(turn) - math.pi / 2) < RIGHT:
        side = min(SQUARE, radius)
        return [(corner + first * side, corner + (first + second) * side, corner + second * side)]
    radii = (radius - i * min(ARC_GAP, radius / 4) for i in range(count))
    return [_turned(corner, corner + first * r, turn) for r in radii]


def _turned(centre: complex, start: complex, turn: float) -> list[complex]:
    """An arc from a place around a centre, by an angle in radians."""
    count = max(2, math.ceil(STEPS * abs(turn) / (2 * math.pi)))
    return [centre + (start - centre) * cmath.exp(1j * turn * i / count) for i in range(count + 1)]


def _edge(start: complex, way: complex, box: Box) -> complex:
    """Where a ray from a place inside the box leaves it."""
    across = ((box.right if way.real > 0 else box.x) - start.real) / way.real if way.real else math.inf
    up = ((box.bottom if way.imag > 0 else box.y) - start.imag) / way.imag if way.imag else math.inf
    return start + way * min(across, up)
