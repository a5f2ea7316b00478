"""A part of the plane on the picture: equal units on both axes, y upwards. Points are complex numbers, x + iy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from videotutor_renderer.scene.frame import Box

LEAST_SPAN = 1e-6
"""Width and height of what is seen, at least: a single point has none."""


@dataclass(frozen=True)
class View:
    """What of the plane a box shows: `centre` in its middle, and `unit` points of the frame for each unit."""

    box: Box
    centre: complex
    unit: float

    def at(self, place: complex) -> complex:
        """A place of the plane in points of the frame, y downwards."""
        from_centre = (place - self.centre) * self.unit
        return complex(*self.box.middle) + from_centre.conjugate()

    @property
    def low(self) -> complex:
        """The lower left corner of the box, in the plane."""
        return self.centre - complex(self.box.width, self.box.height) / (2 * self.unit)

    @property
    def high(self) -> complex:
        """The upper right corner of the box, in the plane."""
        return self.centre + complex(self.box.width, self.box.height) / (2 * self.unit)


def extent(places: Sequence[complex]) -> tuple[complex, complex]:
    """Lower left and upper right corner of the smallest rectangle around the places."""
    xs, ys = [place.real for place in places], [place.imag for place in places]
    return complex(min(xs), min(ys)), complex(max(xs), max(ys))


def fitted(places: Sequence[complex], box: Box, margin: float) -> View:
    """The view that shows all places as large as can be, `margin` points or more from the edges of the box."""
    low, high = extent(places)
    room, size = box.inset(margin, margin), high - low
    unit = min(room.width / max(size.real, LEAST_SPAN), room.height / max(size.imag, LEAST_SPAN))
    return View(box, (low + high) / 2, unit)


def height_for(places: Sequence[complex], width: float, margin: float) -> float:
    """Points that a box of this width has to be high so that its view has no room to spare."""
    low, high = extent(places)
    size = high - low
    return (width - 2 * margin) * size.imag / max(size.real, LEAST_SPAN) + 2 * margin
