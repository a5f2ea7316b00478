"""The labels of a construction, each beside what it names, and when in its part it comes."""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from videotutor_renderer.scene.figures.geometry_parts import Part
from videotutor_renderer.scene.figures.geometry_paths import MARK
from videotutor_renderer.scene.figures.path import Path
from videotutor_renderer.scene.figures.placing import GAP, Placing, around, beside, beside_line
from videotutor_renderer.scene.figures.words import Label, fitted, labels
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.typeset import Picture

DOT = 7.0
"""Radius of a point."""
WIDEST, TALLEST, TALLEST_IN_ANGLE = 0.4, 66.0, 32.0
"""Part of the width that a label may take, and points of height: two lines, one of small letters in an angle."""
TOWARDS = 0.35
"""How far from the middle of a polygon to a corner its label may be."""
FROM_ARC = (1.0, 5.0, 10.0, 16.0, 24.0, 36.0, 50.0)
"""Points between an angle's arc and its label, more where the sides are near."""
NAMES, LABELS = (0.1, 0.4), (0.7, 1.0)
"""When in a part the names of its points come, and its label."""


@dataclass(frozen=True)
class Placed:
    """A label, the middle of its place, and the stretch of its part's time in which it comes."""

    part: int
    picture: Picture
    middle: complex
    comes: tuple[float, float]


def placed_labels(parts: Sequence[Part], at: Mapping[str, complex], room: Box, style: Style) -> list[Placed]:
    """All labels; `at` are the points by name, `room` is where labels may be.

    Angles have the least room and come first, then shapes, then points, which can be named all around.
    """
    centre = complex(*room.middle)
    dots = [(place - DOT, place + DOT) for place in at.values()]
    placing = Placing(room, [*(path for part in parts for path in (part.path, *part.marks)), *dots])
    found = [
        Placed(i, picture, placing.put(picture, _spots(parts[i], picture, centre)), LABELS)
        for i, picture in _pictures(parts, room.width * WIDEST, style)
    ]
    names = dict(zip(at, labels(style, list(at), room.width, TALLEST), strict=True))
    for i, name in ((i, name) for i, part in enumerate(parts) for name in part.points):
        picture, place = names[name], at[name]
        spots = around(place, place - centre or -1j, picture, DOT)
        found.append(Placed(i, picture, placing.put(picture, spots), NAMES))
    return found


def _pictures(parts: Sequence[Part], width: float, style: Style) -> Iterator[tuple[int, Picture]]:
    """The labels of angles and then of shapes, each with the number of its part."""
    angles = [i for i, part in enumerate(parts) if part.label and part.shape == "angle"]
    shapes = [i for i, part in enumerate(parts) if part.label and part.shape != "angle"]
    for chosen, tallest in ((angles, TALLEST_IN_ANGLE), (shapes, TALLEST)):
        wanted = [Label(parts[i].label, width, parts[i].ink) for i in chosen]
        yield from zip(chosen, fitted(style, wanted, tallest), strict=True)


def _spots(part: Part, label: Picture, centre: complex) -> Iterator[complex]:
    """Middles for the label of a part, the best first; outside is the side of a line that `centre` is not on."""
    match part.shape:
        case "polygon":
            return _in_polygon(part.path[:-1])
        case "circle":
            return _at_circle(part.path[:-1], label)
        case "angle":
            return _in_angle(part.area, label)
        case _:
            return beside_line(part.path, label, centre, GAP + (MARK if part.marks else 0.0))


def _in_polygon(corners: Path) -> Iterator[complex]:
    middle = sum(corners) / len(corners)
    yield middle
    yield from (middle + (corner - middle) * TOWARDS for corner in corners)


def _at_circle(path: Path, label: Picture) -> Iterator[complex]:
    """Outside, first to the upper right."""
    middle = sum(path) / len(path)
    radius = abs(path[0] - middle)
    for turn in range(1, 16, 2):
        way = cmath.exp(-1j * math.pi * turn / 8)
        yield beside(middle + radius * way, way, label, GAP)


def _in_angle(wedge: Path, label: Picture) -> Iterator[complex]:
    """Beyond the arc on the bisector, farther away where the sides are near; outside it would name another angle."""
    corner, way = wedge[0], sum(wedge[1:]) / (len(wedge) - 1) - wedge[0]
    radius = max(abs(place - corner) for place in wedge)
    return (beside(corner + way / abs(way) * radius, way, label, gap) for gap in FROM_ARC)
