"""Constructions: shapes through named points, and the angles between them."""

from __future__ import annotations

import re
from cmath import phase
from collections.abc import Sequence
from itertools import combinations
from typing import Annotated, Literal

from pydantic import Field, model_validator

from videojob.base import Model, rules

FURTHEST = 1000.0
"""How far from zero a coordinate may be."""
LEAST_APART = 1e-3
"""Between points that a shape or an angle is drawn through: nearer ones could not be told apart."""
LEAST_ANGLE = 0.01
"""Radians: what is less, half a degree, would not be seen."""

Coordinate = Annotated[float, Field(ge=-FURTHEST, le=FURTHEST)]
Pair = Annotated[tuple[Coordinate, ...], Field(min_length=2, max_length=2)]
"""How far to the right and how far up. Fields of a YAML object cannot be named y, which YAML 1.1 takes for true."""
Names = Annotated[str, Field(min_length=1, max_length=40)]
Label = Annotated[str, Field(min_length=1, max_length=24)]

_NAME = re.compile(r"[^\W\d_]\d{0,2}['\u2032]{0,2}")
_COUNTS = {
    "segment": (2, 2),
    "line": (2, 2),
    "ray": (2, 2),
    "polygon": (3, 8),
    "circle": (1, 2),
    "arc": (3, 3),
    "angle": (3, 3),
}
"""How many points each is drawn through, at least and at most."""


class NamedPoint(Model):
    """A point, and how it is called."""

    name: Annotated[str, Field(min_length=1, max_length=12)] = Field(
        description="Its name. In geometry a letter, with digits or ' after it if need be: A, B1 or C'."
    )
    at: Pair = Field(description="How far to the right and how far up it lies, for example [3, 4].")

    @property
    def place(self) -> complex:
        """Where it lies, as x + iy."""
        return complex(*self.at)


class GeometryShape(Model):
    """Something that is drawn through points."""

    shape: Literal["segment", "line", "ray", "polygon", "circle", "arc"] = Field(
        description="A line continues at both ends, a ray at the second; an arc is part of a circle."
    )
    points: Names = Field(
        description="Names of its points: AB for a segment, line or ray; ABC for a polygon; AB for the circle around A "
        "through B, or A with a radius; ABC for the arc around B from A to the side of C, anticlockwise."
    )
    radius: Annotated[float, Field(ge=LEAST_APART, le=FURTHEST)] | None = Field(
        default=None, description="Radius of a circle of which only the centre is a point."
    )
    label: Label | None = Field(
        default=None, description="What is written at it, for example its length. Equal labels have one colour."
    )
    marks: Annotated[int, Field(ge=0, le=3)] = Field(
        default=0, description="Short strokes across a segment: segments with as many are equal."
    )
    dashed: bool = Field(default=False, description="Whether it only helps, for example a height.")


class GeometryAngle(Model):
    """The angle between two sides."""

    points: Names = Field(description="ABC is the angle at B between the sides to A and to C; 180 degrees at most.")
    label: Annotated[str, Field(min_length=1, max_length=12)] | None = Field(
        default=None, description="What is written in it, for example 60°. Equal labels have one colour."
    )
    marks: Annotated[int, Field(ge=1, le=3)] = Field(
        default=1, description="Arcs that it is marked with: angles with as many are equal. A right one has a square."
    )


class GeometryVisual(Model):
    """A construction in the plane, drawn to scale: shapes in their order with their points, then angles."""

    model_config = rules(("size(self.namedPoints) >= 1", "namedPoints must not be empty"))

    kind: Literal["geometry"] = "geometry"
    named_points: tuple[NamedPoint, ...] = Field(
        min_length=1,
        max_length=12,
        description="Points, each with its name and place; it appears with the first shape or angle that names it.",
    )
    shapes: tuple[GeometryShape, ...] = Field(
        default=(),
        max_length=10,
        description="Up to ten, each by its points: segment AB, line AB, ray AB, polygon ABC, circle AB, arc ABC.",
    )
    angles: tuple[GeometryAngle, ...] = Field(
        default=(),
        max_length=6,
        description="Up to six marked angles, each by its points: ABC is at B; a right one is recognised.",
    )

    @model_validator(mode="after")
    def _can_be_drawn(self) -> GeometryVisual:
        self._check_names()
        for shape in self.shapes:
            self._check_points("shapes", shape.shape, shape.points)
            if (shape.radius is None) == (shape.shape == "circle" and len(names(shape.points)) == 1):
                raise ValueError(f"shapes: a circle of one point needs a radius, no other has one: {shape.points!r}")
            if shape.marks and shape.shape != "segment":
                raise ValueError(f"shapes: marks go with segments only, not with the {shape.shape} {shape.points!r}")
        for angle in self.angles:
            self._check_points("angles", "angle", angle.points)
        return self

    def places(self, points: str) -> list[complex]:
        """Where the points lie whose names stand one after the other in `points`, each as x + iy."""
        known = {point.name: point.place for point in self.named_points}
        return [known[name] for name in names(points)]

    def _check_names(self) -> None:
        known = [point.name for point in self.named_points]
        for name in known:
            if not _NAME.fullmatch(name):
                raise ValueError(f"namedPoints: name must be a letter, with digits or ' after it, not {name!r}")
            if known.count(name) > 1:
                raise ValueError(f"namedPoints: name must be there once: {name!r} is there twice")

    def _check_points(self, field: str, shape: str, points: str) -> None:
        known = {point.name for point in self.named_points}
        if unknown := [*_NAME.sub("", points), *(name for name in names(points) if name not in known)]:
            raise ValueError(f"{field}: points {points!r} must be names of namedPoints: {unknown[0]!r} is none")
        least, most = _COUNTS[shape]
        if not least <= len(names(points)) <= most:
            counts = str(least) if least == most else f"{least} to {most}"
            raise ValueError(f"{field}: points of the {shape} {points!r} must be {counts}")
        places = self.places(points)
        if any(abs(b - a) < LEAST_APART for a, b in combinations(places, 2)):
            raise ValueError(f"{field}: points {points!r} must be {LEAST_APART} or more apart")
        if shape in {"angle", "arc"} and _is_zero(places):
            raise ValueError(f"{field}: points {points!r} make an angle of 0: its two sides must part")


def names(points: str) -> list[str]:
    """The names of points that stand one after the other: A, B1 and C' in AB1C'."""
    return _NAME.findall(points)


def _is_zero(places: Sequence[complex]) -> bool:
    a, corner, c = places
    return abs(phase((c - corner) / (a - corner))) < LEAST_ANGLE
