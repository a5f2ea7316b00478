"""Lines with corners, in points of the frame, that are drawn from their start to their end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from videotutor_renderer.scene.paint import Context

Path = Sequence[complex]
"""The corners of a line: x + iy, y downwards."""


def begun(path: Path, share: float) -> list[complex]:
    """The beginning of a path, up to this share of its length; two places at least."""
    left = share * sum(abs(b - a) for a, b in pairwise(path))
    reached = [path[0]]
    for a, b in pairwise(path):
        step = abs(b - a)
        if left <= step:
            return [*reached, a + (b - a) * (left / step if step else 0.0)]
        reached.append(b)
        left -= step
    return reached


def trace(context: Context, path: Iterable[complex]) -> None:
    """Add a line of its own to what cairo strokes or fills next."""
    context.new_sub_path()
    for place in path:
        context.line_to(place.real, place.imag)
