"""A construction on its panel: shapes are drawn one after the other with their points, then angles open."""

from __future__ import annotations

import math

import cairo

from videojob.visuals.geometry import GeometryVisual
from videotutor_renderer.scene.figures.figure import Kind, OnPanel, after_panel, during
from videotutor_renderer.scene.figures.geometry_labels import DOT, placed_labels
from videotutor_renderer.scene.figures.geometry_parts import THIN, Part, count, parts
from videotutor_renderer.scene.figures.geometry_paths import outline
from videotutor_renderer.scene.figures.path import begun, trace
from videotutor_renderer.scene.figures.view import fitted, height_for
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import Context, put
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour

PADDING, MARGIN = 12.0, 48.0
"""Points kept free within the panel's edges, and within those by all but labels and the ends of lines."""
DASH = (12.0, 9.0)
FILL = 0.12
"""Opacity of areas: labels can still be read on them."""
LEAST_HEIGHT = 340.0
DOTS, PATH, MARKS = (0.0, 0.25), (0.1, 0.8), (0.7, 1.0)
"""When in a part its dots, its path, and its area and marks come."""


class Geometry(OnPanel):
    """A construction laid out in a box, drawn at any moment."""

    def __init__(self, visual: GeometryVisual, box: Box, style: Style) -> None:
        """Lengths are points of the frame."""
        self._box, self._tokens = box, style.tokens
        room = box.inset(PADDING, PADDING)
        view = fitted(_places(visual), room, MARGIN)
        self._at = {point.name: view.at(point.place) for point in visual.named_points}
        self._parts = parts(visual, view, style.tokens)
        self._labels = placed_labels(self._parts, self._at, room, style)

    def _draw_parts(self, context: Context, shown: float) -> None:
        come = [(one, after_panel(shown, i)) for i, one in enumerate(self._parts)]
        for draw in (self._draw_area, self._draw_lines, self._draw_dots):
            for one, progress in come:
                draw(context, one, progress)
        for label in self._labels:
            corner = label.middle - complex(label.picture.width, label.picture.height) / 2
            put(context, label.picture, (corner.real, corner.imag), during(come[label.part][1], *label.comes))

    def _draw_area(self, context: Context, one: Part, progress: float) -> None:
        if one.area:
            context.set_source_rgba(*colour(one.ink), FILL * during(progress, *MARKS))
            trace(context, one.area)
            context.fill()

    def _draw_lines(self, context: Context, one: Part, progress: float) -> None:
        """The path as far as it has come, then the marks on it."""
        come = during(progress, *PATH)
        if not one.path or come <= 0:
            return
        context.set_source_rgb(*colour(one.ink))
        context.set_line_width(one.width)
        context.set_line_join(cairo.LINE_JOIN_ROUND)
        context.set_dash(DASH if one.dashed else ())
        trace(context, begun(one.path, come))
        context.stroke()
        context.set_dash(())
        context.set_source_rgba(*colour(one.ink), during(progress, *MARKS))
        context.set_line_width(THIN)
        for path in one.marks:
            trace(context, path)
        context.stroke()

    def _draw_dots(self, context: Context, one: Part, progress: float) -> None:
        grown = DOT * during(progress, *DOTS)
        context.set_source_rgb(*colour(self._tokens.ink))
        for name in one.points if grown > 0 else ():
            at = self._at[name]
            context.arc(at.real, at.imag, grown, 0, 2 * math.pi)
            context.fill()


def _places(visual: GeometryVisual) -> list[complex]:
    """All that has to be seen."""
    points = [point.place for point in visual.named_points]
    return [*points, *(place for shape in visual.shapes for place in outline(visual, shape))]


def _height(visual: GeometryVisual, width: float) -> float:
    return max(LEAST_HEIGHT, height_for(_places(visual), width, PADDING + MARGIN))


KIND = Kind(make=Geometry, parts=count, each=1.2, share=0.5, height=_height)
