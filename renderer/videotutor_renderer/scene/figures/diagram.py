"""A diagram on its panel: nodes in boxes that appear one after the other, with the arrows between them."""

from __future__ import annotations

from videojob.visuals.diagram import DiagramVisual
from videotutor_renderer.scene.figures.diagram_arrow import Arrow
from videotutor_renderer.scene.figures.diagram_fit import ARROW_PADDING, fitted
from videotutor_renderer.scene.figures.figure import Kind, OnPanel, after_panel, ease, part
from videotutor_renderer.scene.frame import Box, Place
from videotutor_renderer.scene.paint import Context, faded, put, rounded
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour

PADDING = 20.0
LEAST_HEIGHT, TALLEST_ROW = 280.0, 150.0
NODE_CORNER, NODE_BORDER = 12.0, 2.5
NODE_PART, ARROW_PART = 0.5, 0.4
"""Until when in its time a node appears, and from when on its arrows grow."""
GROWS_FROM = 0.9
"""Size of a node when it begins to appear."""


class Diagram(OnPanel):
    """A diagram laid out in a box, drawn at any moment."""

    def __init__(self, visual: DiagramVisual, box: Box, style: Style) -> None:
        """Lengths are points of the frame."""
        self._box, self._tokens = box, style.tokens
        room = box.inset(PADDING, PADDING)
        self._fit = fit = fitted(visual, room, style)
        left = room.x + (room.width - fit.graph.width * fit.scale) / 2
        top = room.y + (room.height - fit.graph.height * fit.scale) / 2
        self._corner = left, top
        self._arrows = [Arrow(tuple(map(self._at, route.corners)), fit.scale) for route in fit.graph.routes]
        numbers = {node.id: i for i, node in enumerate(visual.nodes)}
        self._appears = [max(numbers[edge.from_], numbers[edge.to]) for edge in visual.edges]

    def _draw_parts(self, context: Context, shown: float) -> None:
        for i in range(len(self._arrows)):
            come = ease(max(0.0, part(shown, self._appears[i]) - ARROW_PART) / (1 - ARROW_PART))
            if come > 0:
                self._draw_arrow(context, i, come)
        for i in range(len(self._fit.names)):
            come = ease(min(1.0, after_panel(shown, i) / NODE_PART))
            if come > 0:
                self._draw_node(context, i, come)

    def _at(self, place: Place) -> Place:
        """A point of the drawing in the frame."""
        return self._corner[0] + place[0] * self._fit.scale, self._corner[1] + place[1] * self._fit.scale

    def _draw_arrow(self, context: Context, i: int, come: float) -> None:
        self._arrows[i].draw(context, self._tokens.muted, come)
        label, middle = self._fit.labels[i], self._fit.graph.routes[i].label
        if label is None or middle is None:
            return
        pad, scale, (x, y) = ARROW_PADDING * self._fit.size / 2, self._fit.scale, self._at(middle)
        width, height = label.width * scale, label.height * scale
        context.set_source_rgba(*colour(self._tokens.panel), come)
        rounded(context, Box(x - width / 2, y - height / 2, width, height).inset(-pad * scale, 0), pad * scale)
        context.fill()
        put(context, label, (x - width / 2, y - height / 2), come, scale)

    def _draw_node(self, context: Context, i: int, come: float) -> None:
        """The box grows a little while it fades in."""
        node, name = self._fit.graph.nodes[i], self._fit.names[i]
        x, y = self._at(node.middle)
        scale = self._fit.scale * (GROWS_FROM + (1 - GROWS_FROM) * come)
        width, height = node.width * scale, node.height * scale
        box = Box(x - width / 2, y - height / 2, width, height)
        with faded(context, box.inset(-NODE_BORDER, -NODE_BORDER), come):
            rounded(context, box, NODE_CORNER * scale)
            context.set_source_rgb(*colour(self._tokens.bottom))
            context.fill_preserve()
            context.set_source_rgb(*colour(self._tokens.series[0]))
            context.set_line_width(NODE_BORDER)
            context.stroke()
            put(context, name, (x - name.width * scale / 2, y - name.height * scale / 2), 1.0, scale)


def _height(visual: DiagramVisual, _width: float) -> float:
    return max(LEAST_HEIGHT, TALLEST_ROW * len(visual.nodes))


KIND = Kind(make=Diagram, parts=lambda visual: len(visual.nodes), each=1.2, height=_height)
