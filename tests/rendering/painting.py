"""What tests of figures share: how they are painted, and what is painted where it must not be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from videojob.visuals import AnyVisual
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import BORDER

Pixels = npt.NDArray[np.uint8]
Paint = Callable[[AnyVisual, Box, float], Pixels]
"""The fixture `paint`: a figure in a box when so many of its parts have appeared, one pixel for each point."""


def outside(picture: Pixels, box: Box) -> Pixels:
    """The picture without what is inside the box or on its border."""
    edge = int(BORDER)
    left, top, right, bottom = (round(length) for length in (box.x, box.y, box.right, box.bottom))
    rest = picture.copy()
    rest[top - edge : bottom + edge, left - edge : right + edge] = 0
    return rest
