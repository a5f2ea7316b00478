"""Painting with cairo: pictures, panels, and how they fade or are uncovered."""

from __future__ import annotations

import math
from collections.abc import Iterator
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


def rounded(context: Context, box: Box) -> None:
    """The outline of a box with round corners as the path."""
    radius = min(CORNER, box.width / 2, box.height / 2)
    context.new_sub_path()
    for x, y, quarter in (
        (box.right - radius, box.y + radius, -1),
        (box.right - radius, box.bottom - radius, 0),
        (box.x + radius, box.bottom - radius, 1),
        (box.x + radius, box.y + radius, 2),
    ):
        context.arc(x, y, radius, quarter * math.pi / 2, (quarter + 1) * math.pi / 2)
    context.close_path()


def panel(context: Context, box: Box, tokens: Tokens) -> None:
    """A card with round corners."""
    rounded(context, box)
    context.set_source_rgb(*colour(tokens.panel))
    context.fill_preserve()
    context.set_source_rgb(*colour(tokens.border))
    context.set_line_width(BORDER)
    context.stroke()


def put(
    context: Context,
    picture: Picture,
    at: tuple[float, float],
    alpha: float = 1.0,
    scale: float = 1.0,
) -> None:
    """Paint a picture with its top left corner at a point, larger or smaller by a factor."""
    width, height = picture.width * scale, picture.height * scale
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
    edge = x + (picture.width + SOFT_EDGE) * part
    mask = cairo.LinearGradient(edge - SOFT_EDGE, 0, edge, 0)
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
