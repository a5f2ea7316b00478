"""The slope of a curve at a point, from values near it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from videotutor_renderer.scene.expression import Array

STEP = 1e-4
"""Of the first differences, as a part of the picture's width."""
FINER = 16.0
"""The steps of the second ones are this many times smaller."""
AGREE = 0.01
"""How far slopes may be apart that count as the same: a part of them and of the picture's diagonal. More is seen."""


def slope(f: Callable[[Array], Array], at: float, width: float, height: float) -> float | None:
    """The derivative at a point of a curve, in a picture of so much x and y.

    None at a pole, a jump, a corner and a vertical tangent: there the differences do not settle as their step shrinks.
    Otherwise central differences with two steps, extrapolated to none (Richardson, 1911).
    """
    step = max(width, abs(at)) * STEP
    rough, fine = _sides(f, at, step), _sides(f, at, step / FINER)
    if not np.isfinite([*rough, *fine]).all():
        return None
    same = AGREE * (max(map(abs, (*rough, *fine))) + height / width)
    bends, kink = abs(rough[1] - rough[0]), abs(fine[1] - fine[0])
    far, near = sum(rough) / 2, sum(fine) / 2
    if abs(near - far) > same or (kink > same and kink > bends / 2):
        return None
    return near + (near - far) / (FINER**2 - 1)


def _sides(f: Callable[[Array], Array], at: float, step: float) -> tuple[float, float]:
    """The slopes to the left and to the right."""
    left, here, right = f(np.array([at - step, at, at + step])).tolist()
    return (here - left) / step, (right - here) / step
