"""Painting with cairo: pictures, panels, and how they fade or are uncovered."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import cairo

from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.theme import Tokens, colour
from videotutor_renderer.scene.typeset import Picture

Context: TypeAlias = "cairo.Context[cairo.ImageSurface]"

BORDER = 1.5
SOFT_EDGE = 80.0
CORNER = 14.0


@contextmanager
def faded(context: Context, box: Box, opacity: float) -> Iterator[None]:
    """What is drawn in the block inside the box appears with this opacity as a whole."""
    if opacity >= 1:
        yield
        return
    context.save()
    context.rectangle(box.x - BORDER, box.y - BORDER, box.width + 2 * BORDER, box.height + 2 * BORDER)
    context.clip()  # a group is as large as the clip, and its cost grows with its size
    context.push_group()
    yield
    context.pop_group_to_source()
    context.paint_with_alpha(opacity)
    context.restore()


class Kept:
    """What is painted again and again and always the same: drawn once, and from then on copied."""

    def __init__(self, box: Box, draw: Callable[[Context], None]) -> None:
        """What is drawn inside the box, or is the line around it."""
        self._box, self._draw = box.inset(-BORDER, -BORDER), draw
        self._drawn: cairo.ImageSurface | None = None

    def paint(self, context: Context, opacity: float = 1.0) -> None:
        """Paint it as a whole with this opacity."""
        matrix = context.get_matrix()
        left, top = math.floor(self._box.x * matrix.xx), math.floor(self._box.y * matrix.yy)
        if not self._drawn:
            right, bottom = math.ceil(self._box.right * matrix.xx), math.ceil(self._box.bottom * matrix.yy)
            self._drawn = cairo.ImageSurface(cairo.FORMAT_ARGB32, right - left, bottom - top)
            inside = cairo.Context(self._drawn)
            inside.set_matrix(cairo.Matrix(matrix.xx, 0, 0, matrix.yy, -left, -top))
            self._draw(inside)
        context.save()
        context.set_matrix(cairo.Matrix(x0=matrix.x0, y0=matrix.y0))  # pixel by pixel, whatever the scale
        context.set_source_surface(self._drawn, left, top)
        context.paint_with_alpha(opacity)
        context.restore()


def panel(context: Context, box: Box, tokens: Tokens) -> None:
    """A card with round corners."""
    rounded(context, box)
    context.set_source_rgb(*colour(tokens.panel))
    context.fill_preserve()
    context.set_source_rgb(*colour(tokens.border))
    context.set_line_width(BORDER)
    context.stroke()


def rounded(context: Context, box: Box, corner: float = CORNER) -> None:
    """The path around a box with round corners of this radius, or of less where the box is small."""
    corner = min(corner, box.width / 2, box.height / 2)
    context.new_sub_path()
    for x, y, quarter in (
        (box.right - corner, box.y + corner, -1),
        (box.right - corner, box.bottom - corner, 0),
        (box.x + corner, box.bottom - corner, 1),
        (box.x + corner, box.y + corner, 2),
    ):
        context.arc(x, y, corner, quarter * math.pi / 2, (quarter + 1) * math.pi / 2)
    context.close_path()


def put(
    context: Context,
    picture: Picture,
    at: tuple[float, float],
    alpha: float = 1.0,
    scale: float = 1.0,
) -> None:
    """Paint a picture with its top left corner at a point, larger or smaller by a factor."""
    width, height = picture.width * scale, picture.height * scale
    left, top, right, bottom = context.clip_extents()
    if not (left - width < at[0] < right and top - height < at[1] < bottom):
        return  # most labels, while little else of a figure is drawn again
    surface = picture.surface
    context.save()
    context.translate(*at)
    context.scale(width / surface.get_width(), height / surface.get_height())
    context.set_source_surface(surface, 0, 0)
    context.get_source().set_filter(cairo.FILTER_GOOD)
    context.paint_with_alpha(alpha)
    context.restore()


def wiped(context: Context, picture: Picture, at: tuple[float, float], part: float) -> None:
    """Paint the left part of a picture, from 0 to 1 of its width, with a soft edge."""
    x, y = at
    left, right = soft_edge(picture, x, part)
    mask = cairo.LinearGradient(left, 0, right, 0)
    mask.add_color_stop_rgba(0, 0, 0, 0, 1)
    mask.add_color_stop_rgba(1, 0, 0, 0, 0)
    context.save()
    context.rectangle(x, y, picture.width, picture.height)
    context.clip()
    context.push_group()
    put(context, picture, at)
    context.pop_group_to_source()
    context.mask(mask)
    context.restore()


def soft_edge(picture: Picture, x: float, part: float) -> tuple[float, float]:
    """Where a picture that begins at x ends to be opaque, and where to be there, when this part of it is uncovered."""
    edge = x + (picture.width + SOFT_EDGE) * part
    return edge - SOFT_EDGE, edge
