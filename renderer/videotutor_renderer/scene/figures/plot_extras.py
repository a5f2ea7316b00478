"""What appears on the curves of a plot: a tangent with its slope, and a shaded area."""

from __future__ import annotations

import math
from itertools import groupby
from operator import itemgetter

import numpy as np

from videojob.visuals.plot_extras import PlotArea, PlotTangent
from videotutor_renderer.scene.equation import SET_SIZE, equation_svg, svg_size
from videotutor_renderer.scene.figures.figure import ease
from videotutor_renderer.scene.figures.plot_axes import Axes
from videotutor_renderer.scene.figures.plot_place import BACKING, WIDEST, Drawn, beside
from videotutor_renderer.scene.frame import Place
from videotutor_renderer.scene.paint import Context, put
from videotutor_renderer.scene.plot import SAMPLES, Plotted
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour
from videotutor_renderer.scene.typeset import Drawing

LABEL_SIZE = 30.0
DOT, LINE_WIDTH, EDGE_WIDTH = 8.0, 4.0, 2.0
SHADE = 0.3
"""Opacity of an area: grid and axes are seen through it."""
GROWN = 0.6
"""Part of its time in which a tangent grows; then its slope appears."""
NEARLY = 1e-6
"""From this relative difference on a slope is only about what is written."""


class Tangent:
    """A line that grows from the point where it touches; then its slope is written beside it."""

    def __init__(self, tangent: PlotTangent, numbers: Plotted, axes: Axes, style: Style, drawn: Drawn) -> None:
        """Its colour is the one that follows the curves'."""
        self._axes, self._panel, self._ink = axes, style.tokens.panel, style.tokens.series[len(numbers.curves)]
        slope = numbers.slope(tangent)
        height = float(numbers.function(tangent.curve)(np.array([tangent.at]))[0])
        self._touch = axes.at(tangent.at, height)
        (x, y), (next_x, next_y) = axes.at(0, 0), axes.at(1, slope)
        self._ends = [self._edge(next_x - x, next_y - y), self._edge(x - next_x, y - next_y)]
        svg = equation_svg(f"y'({_number(tangent.at)}){_equals(slope)}", self._ink)
        width = min(WIDEST * axes.inner.width, svg_size(svg)[0] * LABEL_SIZE / SET_SIZE)
        self._label = style.setter.picture(Drawing(svg, width))
        size = self._label.width, self._label.height
        drawn.add(np.linspace(np.array(self._ends[0]), np.array(self._ends[1]), SAMPLES).tolist())
        self._corner = beside(self._touch, drawn.free_side(size, [self._touch], axes.inner), size, axes.inner)
        drawn.add_box(self._corner, size)

    def draw(self, context: Context, come: float) -> None:
        """Paint the line as far as it has grown, the point, and the slope."""
        grown = ease(min(1.0, come / GROWN))
        x, y = self._touch
        with self._axes.clipped(context):
            context.set_source_rgb(*colour(self._ink))
            context.set_line_width(LINE_WIDTH)
            for end_x, end_y in self._ends:
                context.move_to(x, y)
                context.line_to(x + (end_x - x) * grown, y + (end_y - y) * grown)
            context.stroke()
            context.arc(x, y, DOT * min(1.0, grown * 4), 0, 2 * math.pi)
            context.fill()
        alpha = ease(max(0.0, come - GROWN) / (1 - GROWN))
        context.set_source_rgba(*colour(self._panel), BACKING * alpha)
        context.rectangle(*self._corner, self._label.width, self._label.height)
        context.fill()
        put(context, self._label, self._corner, alpha)

    def _edge(self, dx: float, dy: float) -> Place:
        """Where the line leaves the axes in this direction."""
        (x, y), inner = self._touch, self._axes.inner
        across = ((inner.right if dx > 0 else inner.x) - x) / dx
        upright = ((inner.bottom if dy > 0 else inner.y) - y) / dy if dy else math.inf
        reach = max(0.0, min(across, upright))
        return x + dx * reach, y + dy * reach


class Area:
    """What lies between a curve and the x axis or another curve, filled from left to right."""

    def __init__(self, area: PlotArea, numbers: Plotted, axes: Axes, style: Style) -> None:
        """Its colour is its curve's."""
        self._axes, self._ink = axes, style.tokens.series[area.curve - 1]
        x = np.linspace(area.start, area.end, SAMPLES)
        above = numbers.function(area.curve)(x)
        below = numbers.function(area.other)(x) if area.other else np.zeros_like(x)
        pairs = zip(axes.places(x, above), axes.places(x, below), strict=True)
        self._edges = list(zip(pairs, (np.isfinite(above) & np.isfinite(below)).tolist(), strict=True))

    def draw(self, context: Context, come: float) -> None:
        """Paint as much of it as has been filled, and its upright edges."""
        shown = self._edges[: max(2, round(ease(come) * len(self._edges)))]
        stretches = [[pair for pair, _ in run] for whole, run in groupby(shown, key=itemgetter(1)) if whole]
        red, green, blue = colour(self._ink)
        with self._axes.clipped(context):
            for stretch in stretches:
                above, below = zip(*stretch, strict=True)
                for place in (*above, *reversed(below)):
                    context.line_to(*place)
                context.close_path()
            context.set_source_rgba(red, green, blue, SHADE)
            context.fill()
            for top, bottom in (edge for stretch in stretches for edge in (stretch[0], stretch[-1])):
                context.move_to(*top)
                context.line_to(*bottom)
            context.set_source_rgb(red, green, blue)
            context.set_line_width(EDGE_WIDTH)
            context.stroke()


def _number(value: float) -> str:
    """LaTeX of a number with four digits at most; in braces, so that a minus sign stands close to it."""
    digits, _, exponent = f"{value:.4g}".partition("e")
    return rf"{{{digits}}}\cdot 10^{{{int(exponent)}}}" if exponent else f"{{{digits}}}"


def _equals(value: float) -> str:
    """LaTeX that says what a number is, or about is."""
    written = float(f"{value:.4g}")
    sign = "=" if abs(written - value) <= NEARLY * abs(value) else r"\approx "
    return sign + _number(value)
