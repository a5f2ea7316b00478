"""A plot on the picture: panel, grid, axes with labels, a legend, and curves drawn from left to right."""

from __future__ import annotations

import math

import cairo
import numpy as np

from videojob.visuals.plot import PlotVisual
from videotutor_renderer.scene.equation import SET_SIZE, can_be_set, equation_svg, svg_size
from videotutor_renderer.scene.expression_latex import to_latex
from videotutor_renderer.scene.figures.figure import Kind, part
from videotutor_renderer.scene.frame import Box, around
from videotutor_renderer.scene.paint import Context, faded, panel, put
from videotutor_renderer.scene.plot import Curve, plotted, tick_label, ticks
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour
from videotutor_renderer.scene.typeset import Drawing, Picture, Text

PADDING = 22.0
LABEL_SIZE = 20.0
CAPTION_SIZE = 24.0
LEGEND_SIZE = 30.0
LEGEND_GAP = 60.0
"""Points for the line before each name and the space after it."""
CURVE_WIDTH = 4.0
TICK_DISTANCE = 95.0
"""Points between labels of the x axis, about."""
PEN = 7.0
"""Points from the middle of the dot that draws to its edge."""
NAME_PART = 0.25
"""Part of a curve's time in which its name appears."""
AXES_PART = 0.2
"""Part of the first curve's time in which the axes appear, before it is drawn."""


class Graph:
    """A plot laid out in a box, drawn at any moment of its animation."""

    def __init__(self, visual: PlotVisual, box: Box, style: Style) -> None:
        """Raises TaskError when an expression is not on the whitelist."""
        self._plotted = plotted(visual)
        self._box = box
        self._style = style
        self._tokens = style.tokens
        self._legend = self._names()
        width = box.width - 2 * PADDING
        self._caption = style.text(visual.caption, CAPTION_SIZE, style.tokens.muted, width) if visual.caption else None
        self._x_ticks = ticks(self._plotted.x_min, self._plotted.x_max, round(box.width / TICK_DISTANCE))
        self._y_ticks = ticks(self._plotted.y_min, self._plotted.y_max)
        labels = [tick_label(value) for value in (*self._x_ticks, *self._y_ticks)]
        pictures = style.texts(labels, LABEL_SIZE, style.tokens.muted)
        self._x_labels, self._y_labels = pictures[: len(self._x_ticks)], pictures[len(self._x_ticks) :]
        self._inner = self._inner_box()

    def draw(self, context: Context, shown: float, opacity: float) -> None:
        """Draw the axes, and each curve as far as it has come."""
        with faded(context, self._box, opacity):
            with faded(context, self._box, min(1.0, shown / AXES_PART)):
                self._draw_frame(context)
            for i, curve in enumerate(self._plotted.curves):
                drawn = _drawn(shown, i)
                if drawn > 0:
                    self._draw_curve(context, curve, colour(self._tokens.series[i]), drawn)
                    self._draw_name(context, i, min(1.0, drawn / NAME_PART))

    def changes(self, before: float, after: float) -> Box:
        """Only around the end of the curve that is being drawn, once its name has appeared."""
        number, first = int(before), min(before, after)
        if number >= len(self._plotted.curves) or int(after) != number or _drawn(first, number) < NAME_PART:
            return self._box
        curve, limit = self._plotted.curves[number], self._plotted.y_max
        begin, end = (_count(curve, _drawn(shown, number)) for shown in (first, max(before, after)))
        new = slice(begin - 1, end)
        drawn = zip(curve.x[new].tolist(), curve.y[new].tolist(), strict=True)
        places = [self._at(x, _bounded(y, limit)) for x, y in drawn if math.isfinite(y)]
        if not places:
            return self._box
        reach = PEN + CURVE_WIDTH
        return around([Box(*place, 0, 0) for place in places]).inset(-reach, -reach)

    def _names(self) -> list[Picture]:
        """What each curve is, typeset, all at the size at which all fit."""
        curves, colours, setter = self._plotted.curves, self._tokens.series, self._style.setter
        room = self._box.width - 2 * PADDING - LEGEND_GAP * len(curves)
        formulas = [f"y={to_latex(curve.expression)}" for curve in curves]
        if not all(map(can_be_set, formulas)):
            sources = [(curve.expression.source, colours[i]) for i, curve in enumerate(curves)]
            return setter.pictures([Text(source, LABEL_SIZE, ink, width=room / len(curves)) for source, ink in sources])
        drawn = [equation_svg(latex, colours[i]) for i, latex in enumerate(formulas)]
        widths = [svg_size(svg)[0] for svg in drawn]
        scale = min(LEGEND_SIZE / SET_SIZE, room / sum(widths))
        return setter.pictures([Drawing(svg, width * scale) for svg, width in zip(drawn, widths, strict=True)])

    def _inner_box(self) -> Box:
        left = PADDING + max((p.width for p in self._y_labels), default=20.0) + 8
        top = PADDING + max(p.height for p in self._legend) + 14
        caption = self._caption.height + 6 if self._caption else 0.0
        bottom = PADDING + max((p.height for p in self._x_labels), default=20.0) + 4 + caption
        right = max([PADDING, *(p.width / 2 + 8 for p in self._x_labels[-1:])])
        box = self._box
        return Box(box.x + left, box.y + top, box.width - left - right, box.height - top - bottom)

    def _at(self, x: float, y: float) -> tuple[float, float]:
        f, inner = self._plotted, self._inner
        return (
            inner.x + (x - f.x_min) / (f.x_max - f.x_min) * inner.width,
            inner.y + (f.y_max - y) / (f.y_max - f.y_min) * inner.height,
        )

    def _draw_frame(self, context: Context) -> None:
        panel(context, self._box, self._tokens)
        self._draw_grid(context)
        self._draw_axes(context)
        for value, picture in zip(self._x_ticks, self._x_labels, strict=True):
            x, _ = self._at(value, 0)
            put(context, picture, (x - picture.width / 2, self._inner.y + self._inner.height + 2))
        for value, picture in zip(self._y_ticks, self._y_labels, strict=True):
            _, y = self._at(0, value)
            put(context, picture, (self._inner.x - picture.width - 6, y - picture.height / 2))
        if self._caption:
            bottom = self._box.y + self._box.height - self._caption.height - PADDING + 8
            put(context, self._caption, (self._box.x + PADDING, bottom))

    def _draw_grid(self, context: Context) -> None:
        context.set_source_rgba(*colour(self._tokens.muted), 0.22)
        context.set_line_width(1)
        inner = self._inner
        for value in self._x_ticks:
            x, _ = self._at(value, 0)
            context.move_to(x, inner.y)
            context.line_to(x, inner.y + inner.height)
        for value in self._y_ticks:
            _, y = self._at(0, value)
            context.move_to(inner.x, y)
            context.line_to(inner.x + inner.width, y)
        context.stroke()

    def _draw_axes(self, context: Context) -> None:
        """The axes go through zero, or along the edge when zero is not in the picture."""
        f, inner = self._plotted, self._inner
        x, _ = self._at(min(max(0.0, f.x_min), f.x_max), 0)
        _, y = self._at(0, min(max(0.0, f.y_min), f.y_max))
        context.set_source_rgb(*colour(self._tokens.muted))
        context.set_line_width(2)
        context.move_to(inner.x, y)
        context.line_to(inner.x + inner.width, y)
        context.move_to(x, inner.y + inner.height)
        context.line_to(x, inner.y)
        context.stroke()
        for tip_x, tip_y, angle in ((inner.x + inner.width, y, 0.0), (x, inner.y, -math.pi / 2)):
            context.save()
            context.translate(tip_x, tip_y)
            context.rotate(angle)
            context.move_to(7, 0)
            context.line_to(-5, -5)
            context.line_to(-5, 5)
            context.close_path()
            context.fill()
            context.restore()

    def _draw_curve(
        self,
        context: Context,
        curve: Curve,
        rgb: tuple[float, float, float],
        part: float,
    ) -> None:
        inner = self._inner
        count = _count(curve, part)
        context.save()
        context.rectangle(inner.x, inner.y - 2, inner.width, inner.height + 4)
        context.clip()
        context.set_source_rgb(*rgb)
        context.set_line_width(CURVE_WIDTH)
        context.set_line_join(cairo.LINE_JOIN_ROUND)
        pen_down = False
        for x, y in zip(curve.x[:count].tolist(), curve.y[:count].tolist(), strict=True):
            if math.isnan(y):
                pen_down = False
                continue
            (context.line_to if pen_down else context.move_to)(*self._at(x, _bounded(y, self._plotted.y_max)))
            pen_down = True
        context.stroke()
        self._draw_pen(context, curve, count, part)
        context.restore()

    def _draw_pen(self, context: Context, curve: Curve, count: int, part: float) -> None:
        """The dot that draws: only while it moves, and only where there is something to draw."""
        y = float(curve.y[count - 1])
        if part >= 1 or not np.isfinite(y):
            return
        context.arc(*self._at(float(curve.x[count - 1]), _bounded(y, self._plotted.y_max)), PEN, 0, 2 * math.pi)
        context.fill()

    def _draw_name(self, context: Context, i: int, alpha: float) -> None:
        x = self._inner.x + sum(p.width + LEGEND_GAP for p in self._legend[:i])
        middle = self._box.y + PADDING + max(p.height for p in self._legend) / 2
        context.set_source_rgba(*colour(self._tokens.series[i]), alpha)
        context.set_line_width(CURVE_WIDTH)
        context.move_to(x, middle)
        context.line_to(x + 26, middle)
        context.stroke()
        put(context, self._legend[i], (x + 34, middle - self._legend[i].height / 2), alpha)


def _drawn(shown: float, number: int) -> float:
    """How much of a curve there is, from 0 to 1; the axes come before the first."""
    return part(shown, number) if number else max(0.0, (part(shown, 0) - AXES_PART) / (1 - AXES_PART))


def _count(curve: Curve, drawn: float) -> int:
    """How many of a curve's points are joined."""
    return max(2, round(len(curve.x) * drawn))


def _bounded(y: float, top: float) -> float:
    """Cairo's fixed-point coordinates end at 2^23: far above the clip is far enough."""
    limit = 1e3 * (1 + abs(top))
    return min(limit, max(-limit, y))


KIND = Kind(make=Graph, parts=lambda visual: len(visual.expressions), each=2.2, share=0.7)
