"""A plot on the picture: axes, curves that are drawn from left to right, then what is shown on them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from videojob.visuals.plot import PlotVisual
from videotutor_renderer.scene.figures.figure import Kind, after_panel, ease, part
from videotutor_renderer.scene.figures.plot_axes import PADDING, Axes
from videotutor_renderer.scene.figures.plot_curves import changed, draw_curve
from videotutor_renderer.scene.figures.plot_extras import Area, Tangent
from videotutor_renderer.scene.figures.plot_legend import Legend
from videotutor_renderer.scene.figures.plot_place import Drawn
from videotutor_renderer.scene.figures.plot_point import MovingPoint
from videotutor_renderer.scene.frame import Box, around
from videotutor_renderer.scene.paint import Context, Kept, faded
from videotutor_renderer.scene.plot import plotted
from videotutor_renderer.scene.style import Style

AXES_PART = 0.2
"""Part of the first curve's time in which the axes appear, before it is drawn."""
NAME_PART = 0.25
"""Part of a curve's time in which its name appears."""

Layer = list[tuple[int, Callable[[Context, float], None]]]
"""Things that are painted one over the other: which part each one is, and what paints it as far as it has come."""


class Graph:
    """A plot laid out in a box, drawn at any moment of its animation."""

    def __init__(self, visual: PlotVisual, box: Box, style: Style) -> None:
        """Raises TaskError when an expression is not on the whitelist, or an extra shows nothing."""
        self._box, self._tokens, self._sweep = box, style.tokens, visual.sweep
        self._plotted = plotted(visual)
        self._legend = Legend(visual, self._plotted, box.width - 2 * PADDING, style)
        self._corner = box.x + PADDING, box.y + PADDING
        self._axes = Axes(self._plotted, box, style, visual.caption, self._legend.height)
        self._frame = Kept(box, self._axes.draw)
        self._under, self._over = self._layers(visual, style)

    def _layers(self, visual: PlotVisual, style: Style) -> tuple[Layer, Layer]:
        """What is painted under the curves and over them; the extras appear in this order."""
        place, drawn = (self._plotted, self._axes, style), self._drawn()
        numbers = count(len(visual.expressions) + (visual.sweep is not None))
        under, over = Layer(), Layer()
        if visual.tangent:
            over.append((next(numbers), Tangent(visual.tangent, *place, drawn).draw))
        if visual.area:
            under.append((next(numbers), Area(visual.area, *place).draw))
        if visual.moving_point:
            number, point = next(numbers), MovingPoint(visual.moving_point, *place, drawn)
            under.append((number, point.draw_guides))
            over.append((number, point.draw))
        return under, over

    def _drawn(self) -> Drawn:
        """What labels keep off: the axes, and the curves as they are when the parameter has run."""
        drawn = Drawn()
        drawn.add(self._axes.cross())
        for curve in self._plotted.moved(self._plotted.last):
            drawn.add(self._axes.places(curve.x, curve.y))
        return drawn

    def draw(self, context: Context, shown: float, opacity: float) -> None:
        """Draw the axes, each curve as far as it has come, and the extras that have appeared."""
        with faded(context, self._box, opacity):
            self._frame.paint(context, min(1.0, shown / AXES_PART))
            _draw_layer(context, self._under, shown)
            self._draw_curves(context, shown)
            _draw_layer(context, self._over, shown)

    def changes(self, before: float, after: float) -> Box:
        """Only around the end of the curve that is being drawn, and its name while that appears."""
        number, first = int(before), min(before, after)
        if self._sweep or number >= len(self._plotted.curves) or int(after) != number:
            return self._box
        drawn, more = (after_panel(come, number, AXES_PART) for come in (first, max(before, after)))
        if drawn <= 0:
            return self._box
        line = changed(self._axes, self._plotted.curves[number], drawn, more)
        name = self._legend.place(number, self._corner) if drawn < NAME_PART else None
        changes = [box for box in (line, name) if box]
        return around(changes) if changes else self._box

    def _draw_curves(self, context: Context, shown: float) -> None:
        curves = self._plotted.curves
        if self._sweep:
            run = ease(part(shown, len(curves)))
            value = self._sweep.start + (self._sweep.end - self._sweep.start) * run
            curves = self._plotted.moved(value)
            self._legend.draw_value(context, value, self._corner, min(1.0, shown))
        for i, curve in enumerate(curves):
            drawn = after_panel(shown, i, AXES_PART)
            if drawn > 0:
                draw_curve(context, self._axes, curve, self._tokens.series[i], drawn)
                self._legend.draw_name(context, i, self._corner, min(1.0, drawn / NAME_PART))


def _draw_layer(context: Context, layer: Layer, shown: float) -> None:
    for number, draw in layer:
        come = part(shown, number)
        if come > 0:
            draw(context, come)


def _parts(visual: PlotVisual) -> int:
    extras = (visual.sweep, visual.tangent, visual.area, visual.moving_point)
    return len(visual.expressions) + sum(extra is not None for extra in extras)


KIND = Kind(make=Graph, parts=_parts, each=2.2, share=0.7)
