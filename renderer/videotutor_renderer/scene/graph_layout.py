"""Where nodes and arrows of a diagram go: trees below their roots, all else in layers, by the library graphlay.

Only this module knows the library: sizes go in, boxes and routes come out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import graphlay

from videotutor_renderer.scene.frame import Box, Place

Direction = Literal["leftright", "topbottom"]

LAYER_GAP, NODE_GAP, PORT_GAP, LABEL_MARGIN, LOOP = 2.2, 1.5, 1.4, 1.1, 1.1
"""Parts of the size of text: distances of layers, of nodes in a layer, of arrows at a node, and of labels from what is
beside them; the size of an arrow from a node to itself."""
FORWARD = 5.0
"""Weight of arrows that follow the order of the nodes: in a cycle, those that lead back are drawn back."""


@dataclass(frozen=True)
class Link:
    """An arrow between two nodes, by their numbers; `label` is the width and height of what stands on it."""

    start: int
    end: int
    label: Place | None = None


@dataclass(frozen=True)
class Route:
    """The corners of an arrow, from box to box, and the middle of its label."""

    corners: tuple[Place, ...]
    label: Place | None

    def moved(self, right: float, down: float) -> Route:
        """The same arrow somewhere else."""
        corners = tuple((x + right, y + down) for x, y in self.corners)
        return Route(corners, (self.label[0] + right, self.label[1] + down) if self.label else None)

    def mirrored(self, width: float) -> Route:
        """The same arrow in a drawing from right to left."""
        corners = tuple((width - x, y) for x, y in self.corners)
        return Route(corners, (width - self.label[0], self.label[1]) if self.label else None)


@dataclass(frozen=True)
class LaidOut:
    """A laid out graph, its top left corner at the origin.

    `hits` counts arrows that run through a node and nodes that overlap, `crossings` where arrows cross one another.
    """

    width: float
    height: float
    nodes: tuple[Box, ...]
    routes: tuple[Route, ...]
    hits: int
    crossings: int

    def mirrored(self) -> LaidOut:
        """The same graph from right to left."""
        nodes = (replace(box, x=self.width - box.right) for box in self.nodes)
        return replace(self, nodes=tuple(nodes), routes=tuple(route.mirrored(self.width) for route in self.routes))


def laid_out(
    sizes: Sequence[Place], links: Sequence[Link], text: float, direction: Direction, aspect: float
) -> LaidOut:
    """The graph with nodes of these widths and heights; distances follow the size of text, all in the same unit.

    `aspect`: the layers are broken into rows that together are so wide for their height; 0: they are not broken.
    """
    graph = graphlay.Graph()
    for width, height in sizes:
        graph.node(width=width, height=height)
    for link in links:
        label: dict[str, Any] = {"label_size": {"width": link.label[0], "height": link.label[1]}} if link.label else {}
        graph.edge(link.start, link.end, weight=FORWARD if link.start < link.end else 1.0, **label)
    if aspect == 0 and not any(link.label for link in links):
        try:
            tree = graphlay.layout_tree(graph, options=_tree_options(text, direction))
            return at_origin([*map(_box, tree.nodes)], [*map(_route, tree.edges)], links)
        except graphlay.GraphlayError:
            pass  # it is no tree
    found = graphlay.layout(graph, options=_options(text, direction, aspect))
    measured = found.metrics()
    hits = measured["node_edge_hits"] + measured["node_overlaps"]
    return at_origin([*map(_box, found.nodes)], [*map(_route, found.edges)], links, hits, measured["crossings"])


def at_origin(
    nodes: Sequence[Box], routes: Sequence[Route], links: Sequence[Link], hits: int = 0, crossings: int = 0
) -> LaidOut:
    """Everything moved so that what is furthest left and up, labels too, touches the axes."""
    left, top, right, bottom = _bounds(nodes, routes, links)
    boxes = tuple(replace(box, x=box.x - left, y=box.y - top) for box in nodes)
    moved = tuple(route.moved(-left, -top) for route in routes)
    return LaidOut(right - left, bottom - top, boxes, moved, hits, crossings)


def _tree_options(text: float, direction: Direction) -> dict[str, Any]:
    return {
        "direction": direction,
        "sibling_gap": NODE_GAP * text,
        "subtree_gap": NODE_GAP * text,
        "row_gap": LAYER_GAP * text,
        "edge_style": "elbow",
    }


def _options(text: float, direction: Direction, aspect: float) -> dict[str, Any]:
    return {
        "direction": direction,
        "spacing": {
            "layer_gap": LAYER_GAP * text,
            "node_gap": NODE_GAP * text,
            "port_gap": PORT_GAP * text,
            "edge_label_margin": LABEL_MARGIN * text,
        },
        "self_loops": {"size": LOOP * text},
        "labels": {"reservation": "always"},
        "tuning": {"labels": {"side_steps": [1.0] * 4}},  # never further from their line than it takes
        "coords": {"branch_style": "symmetric"},
        "wrap": {"viewport_aspect": aspect},
    }


def _box(node: dict[str, Any]) -> Box:
    width, height = node["size"]["width"], node["size"]["height"]
    return Box(node["center"]["x"] - width / 2, node["center"]["y"] - height / 2, width, height)


def _route(edge: dict[str, Any]) -> Route:
    anchor = edge.get("label_anchor")
    corners = tuple((point["x"], point["y"]) for point in edge["points"])
    return Route(corners, (anchor["x"], anchor["y"]) if anchor else None)


def _bounds(nodes: Sequence[Box], routes: Sequence[Route], links: Sequence[Link]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom end of everything, labels too."""
    corners = [corner for route in routes for corner in route.corners]
    ends = [end for box in nodes for end in ((box.x, box.y), (box.right, box.bottom))]
    labels = [
        (route.label[0] + side * link.label[0] / 2, route.label[1] + side * link.label[1] / 2)
        for route, link in zip(routes, links, strict=True)
        if route.label and link.label
        for side in (-1, 1)
    ]
    xs, ys = zip(*corners, *ends, *labels, strict=True)
    return min(xs), min(ys), max(xs), max(ys)
