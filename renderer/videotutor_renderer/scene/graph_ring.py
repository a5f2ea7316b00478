"""A cycle of nodes laid out on an ellipse, clockwise from the top: layers would hide that it has no beginning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

from videotutor_renderer.scene.frame import Box, Place
from videotutor_renderer.scene.graph_layout import LAYER_GAP, LaidOut, Link, Route, at_origin

LEAST = 3
"""Nodes of a ring; two look better side by side."""
GROWTH = 1.05
"""Factor by which the ellipse grows until there is room on it."""
LOOKED_AT, CORNERS = 200, 24
"""Places on the way of an arrow at which it may leave one box and reach the next; corners that it is drawn with."""
CLEARANCE = 0.25
"""Between a box and the ends of its arrows, as a part of the size of text."""


def ring(sizes: Sequence[Place], links: Sequence[Link], text: float, aspect: float) -> LaidOut | None:
    """The nodes on an ellipse so wide for its height, with arrows along it; None: they are not one cycle."""
    order = _cycle(len(sizes), links)
    if order is None:
        return None
    gap = LAYER_GAP * text + max((link.label[0] for link in links if link.label), default=0.0)
    height = text
    while True:
        ellipse = height * aspect, height
        boxes = _boxes(sizes, order, ellipse)
        if not any(_meet(a, b, gap) for a, b in combinations(boxes, 2)):
            break
        height *= GROWTH
    routes = [_route(order, link, boxes, ellipse, CLEARANCE * text) for link in links]
    return at_origin(boxes, routes, links)


def _cycle(count: int, links: Sequence[Link]) -> list[int] | None:
    """The nodes in the order of the one cycle that has all of them, and all of the links."""
    following = {link.start: link.end for link in links}
    if count < LEAST or len(links) != count or len(following) != count:
        return None
    order = [0]
    while following[order[-1]] not in order:
        order.append(following[order[-1]])
    return order if len(order) == count and following[order[-1]] == 0 else None


def _boxes(sizes: Sequence[Place], order: Sequence[int], ellipse: Place) -> list[Box]:
    found = {}
    for turn, node in enumerate(order):
        (x, y), (width, height) = _on(ellipse, turn / len(order)), sizes[node]
        found[node] = Box(x - width / 2, y - height / 2, width, height)
    return [found[node] for node in range(len(order))]


def _on(ellipse: Place, turn: float) -> Place:
    """The point after a part of a turn from the top."""
    angle = 2 * math.pi * turn
    return ellipse[0] * math.sin(angle), -ellipse[1] * math.cos(angle)


def _meet(a: Box, b: Box, gap: float) -> bool:
    return a.x < b.right + gap and b.x < a.right + gap and a.y < b.bottom + gap and b.y < a.bottom + gap


def _route(order: list[int], link: Link, boxes: Sequence[Box], ellipse: Place, clearance: float) -> Route:
    """Along the ellipse from box to box."""
    first = order.index(link.start)
    ends = [boxes[node].inset(-clearance, -clearance) for node in (link.start, link.end)]
    turns = [(first + step / LOOKED_AT) / len(order) for step in range(LOOKED_AT + 1)]
    free = [turn for turn in turns if not any(_holds(box, _on(ellipse, turn)) for box in ends)]
    start, length = free[0], free[-1] - free[0]
    corners = tuple(_on(ellipse, start + length * corner / (CORNERS - 1)) for corner in range(CORNERS))
    return Route(corners, _on(ellipse, start + length / 2) if link.label else None)


def _holds(box: Box, place: Place) -> bool:
    return box.x <= place[0] <= box.right and box.y <= place[1] <= box.bottom
