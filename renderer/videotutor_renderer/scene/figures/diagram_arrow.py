"""An arrow of a diagram: a line with round corners that grows to its end, where its tip is."""

from __future__ import annotations

import math

import cairo
import numpy as np

from videotutor_renderer.scene.frame import Place
from videotutor_renderer.scene.paint import Context
from videotutor_renderer.scene.theme import colour

CORNER, STEPS = 14.0, 8
"""Radius of corners, and straight lines that each is drawn with."""
WIDTH = 3.0
TIP_LENGTH, TIP_WIDTH = 14.0, 13.0


class Arrow:
    """A route of corners from box to box, in points of the frame."""

    def __init__(self, corners: tuple[Place, ...], scale: float) -> None:
        """Line and tip are `scale` times as thick as usual."""
        self._scale = scale
        points = np.array(_rounded(corners, CORNER * scale))
        self._x, self._y = points.T
        steps = np.hypot(np.diff(self._x), np.diff(self._y))
        self._along = np.concatenate([[0.0], np.cumsum(steps)])

    def draw(self, context: Context, ink: str, come: float) -> None:
        """Paint it as far as it has grown, from 0 to 1; the tip is always at its front."""
        length, tip = float(self._along[-1]) * come, TIP_LENGTH * self._scale
        end, neck = self._at(length), self._at(max(0.0, length - tip))
        context.set_source_rgb(*colour(ink))
        context.set_line_width(WIDTH * self._scale)
        context.set_line_join(cairo.LINE_JOIN_ROUND)
        before = self._along < length - tip / 2
        for place in zip(self._x[before].tolist(), self._y[before].tolist(), strict=True):
            context.line_to(*place)
        context.line_to(*self._at(max(0.0, length - tip / 2)))
        context.stroke()
        angle = math.atan2(end[1] - neck[1], end[0] - neck[0])
        _tip(context, end, angle, min(1.0, length / tip) * self._scale)

    def _at(self, length: float) -> Place:
        """The point after so much of the way."""
        return float(np.interp(length, self._along, self._x)), float(np.interp(length, self._along, self._y))


def _tip(context: Context, end: Place, angle: float, scale: float) -> None:
    context.save()
    context.translate(*end)
    context.rotate(angle)
    context.move_to(0, 0)
    context.line_to(-TIP_LENGTH * scale, -TIP_WIDTH / 2 * scale)
    context.line_to(-TIP_LENGTH * scale, TIP_WIDTH / 2 * scale)
    context.close_path()
    context.fill()
    context.restore()


def _rounded(corners: tuple[Place, ...], radius: float) -> list[Place]:
    """The corners cut off by parabolas that touch both lines, as quadratic Bezier curves do."""
    points = [corners[0]]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        start, end = _towards(corner, before, radius), _towards(corner, after, radius)
        for t in np.linspace(0, 1, STEPS).tolist():
            weights = (1 - t) ** 2, 2 * t * (1 - t), t**2
            x, y = (sum(w * p[i] for w, p in zip(weights, (start, corner, end), strict=True)) for i in (0, 1))
            points.append((x, y))
    return [*points, corners[-1]]


def _towards(start: Place, end: Place, distance: float) -> Place:
    """The point so far on the way, or half-way when that is nearer."""
    length = math.dist(start, end)
    part = min(0.5, distance / length) if length else 0.0
    return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part
