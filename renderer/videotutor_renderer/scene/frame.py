"""The picture's shape: everything is laid out in points of a frame whose short side is 720, whatever its pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from videojob.spec import Aspect, Output

Place = tuple[float, float]
"""A point, or a width and a height: x and y in points of the frame."""
SHORT_SIDE = 720.0
CAPTIONS = 0.14
"""Part of the height at the bottom that players put captions over: two lines of 5 % each, with their line spacing and
the 2 % they keep below (WebVTT, section 7.2, lines of 5.33vh)."""


@dataclass(frozen=True)
class Box:
    """A rectangle in points: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> tuple[float, float]:
        """The point in its middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    def inset(self, x: float, y: float) -> Box:
        """The box without so much on each side, and above and below."""
        return Box(self.x + x, self.y + y, self.width - 2 * x, self.height - 2 * y)

    def meets(self, other: Box) -> bool:
        """Whether the two have a point in common, if only on their edges."""
        across = self.x <= other.right and other.x <= self.right
        return across and self.y <= other.bottom and other.y <= self.bottom


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds them all, one at least."""
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    return Box(x, y, max(box.right for box in boxes) - x, max(box.bottom for box in boxes) - y)


def around_places(places: Sequence[Place]) -> Box:
    """The smallest box that holds all these points, one at least."""
    across, down = zip(*places, strict=True)
    x, y = min(across), min(down)
    return Box(x, y, max(across) - x, max(down) - y)


@dataclass(frozen=True)
class Frame:
    """Width and height in points, and the margins: more than 5 % of each, the title-safe area of EBU R 95."""

    width: float
    height: float
    margin_x: float
    margin_y: float

    @property
    def wide(self) -> bool:
        """Whether there is room for two columns."""
        return self.width > self.height

    @property
    def bottom(self) -> float:
        """Where content ends and captions may begin."""
        return self.height * (1 - CAPTIONS)


FRAMES = {
    Aspect.WIDE: Frame(1280, 720, 72, 40),
    Aspect.TALL: Frame(720, 1280, 44, 72),
    Aspect.SQUARE: Frame(720, 720, 44, 40),
}


def pixels(output: Output) -> tuple[int, int]:
    """Width and height of the picture; both even, as 4:2:0 asks for."""
    frame, scale = FRAMES[output.aspect_ratio], output.short_side / SHORT_SIDE
    return _even(frame.width * scale), _even(frame.height * scale)


def _even(length: float) -> int:
    return 2 * math.ceil(round(length, 3) / 2)
