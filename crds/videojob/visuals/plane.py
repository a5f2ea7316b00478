"""The coordinate plane: vectors, points, and a linear map that moves them with their grid."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from videojob.base import Model
from videojob.visuals.geometry import Coordinate, Label, NamedPoint

Entry = Annotated[float, Field(ge=-20, le=20)]


class PlaneVector(Model):
    """An arrow."""

    x: Coordinate = Field(description="How far it goes to the right.")
    y: Coordinate = Field(description="How far it goes up.")
    tail_x: Coordinate = Field(default=0.0, description="Where it starts: x.")
    tail_y: Coordinate = Field(default=0.0, description="Where it starts: y.")
    label: Label | None = Field(default=None, description="Its name, for example v or u + v.")

    @property
    def tail(self) -> complex:
        """Where it starts, as x + iy."""
        return complex(self.tail_x, self.tail_y)

    @property
    def tip(self) -> complex:
        """Where it ends, as x + iy."""
        return self.tail + complex(self.x, self.y)


class PlaneVisual(Model):
    """A coordinate plane with equal units: vectors and points appear in their order, then a linear map moves all."""

    kind: Literal["plane"] = "plane"
    vectors: tuple[PlaneVector, ...] = Field(
        default=(),
        max_length=6,
        description="Up to six vectors x, y; a sum is one that starts, with tailX and tailY, at the tip of another.",
    )
    named_points: tuple[NamedPoint, ...] = Field(default=(), max_length=12, description="Points with name, x and y.")
    matrix: tuple[Annotated[tuple[Entry, ...], Field(min_length=2, max_length=2)], ...] | None = Field(
        default=None,
        min_length=2,
        max_length=2,
        description="Two rows of two numbers: a linear map. Grid, vectors and points move to their images at the end.",
    )

    @model_validator(mode="after")
    def _can_be_drawn(self) -> PlaneVisual:
        if any(vector.x == vector.y == 0 for vector in self.vectors):
            raise ValueError("vectors: x and y must not both be 0; a point is one of namedPoints")
        return self
