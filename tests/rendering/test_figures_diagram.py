"""Diagrams: nodes find their places, arrows do not run through them, and all of it stays in the box."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.rendering.painting import Paint, outside
from videojob.spec import Theme
from videojob.visuals import DiagramEdge, DiagramNode, DiagramVisual
from videotutor_renderer.scene.figures.diagram import KIND, Diagram
from videotutor_renderer.scene.figures.diagram_arrow import Arrow
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.graph_layout import LaidOut, Link, laid_out
from videotutor_renderer.scene.graph_ring import ring
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import TOKENS
from videotutor_renderer.scene.typeset import Typesetter

BOXES = [Box(40, 40, *size) for size in ((300, 280), (400, 900))]
SIZE = (120.0, 50.0)
TEXT = 26.0


def a_diagram(labels: list[str], *edges: tuple[int, int] | tuple[int, int, str]) -> DiagramVisual:
    """Nodes named by their numbers, and arrows between them."""
    return DiagramVisual(
        nodes=tuple(DiagramNode(id=str(i), label=label) for i, label in enumerate(labels)),
        edges=tuple(DiagramEdge(from_=str(e[0]), to=str(e[1]), label=e[2] if len(e) > 2 else None) for e in edges),
    )


def links(*ends: tuple[int, int]) -> list[Link]:
    return [Link(*pair) for pair in ends]


DIAGRAMS = {
    "one node": a_diagram(["alone"], (0, 0, "again")),
    "a flow chart": a_diagram(
        ["read", "even?", "halve", "triple"], (0, 1), (1, 2, "yes"), (1, 3, "no"), (2, 1), (3, 1)
    ),
    "a cycle": a_diagram(["sea", "cloud", "rain"], (0, 1, "rises"), (1, 2), (2, 0)),
    "a tree from right to left": a_diagram(["كائنات", "نبات", "حيوان"], (0, 1), (0, 2)),
    "long words": a_diagram(["W" * 60, "Donaudampfschiff " * 3, "x"], (0, 1, "W" * 24), (1, 0), (2, 2, "W" * 24)),
    "the most": a_diagram(
        [f"node {i} of them" for i in range(12)],
        *((i, (5 * i + 3) % 12) for i in range(12)),
        *((i, (7 * i + 2) % 12, "x") for i in range(8)),
    ),
}


@pytest.mark.parametrize("box", BOXES, ids=lambda box: f"{box.width}x{box.height}")
@pytest.mark.parametrize("name", DIAGRAMS)
def test_nothing_is_painted_outside_the_box(paint: Paint, name: str, box: Box) -> None:
    picture = paint(DIAGRAMS[name], box, KIND.parts(DIAGRAMS[name]))
    assert picture.any()
    assert not outside(picture, box).any()


def test_each_node_appears_in_its_own_part_and_its_arrows_after_it(paint: Paint) -> None:
    visual = DIAGRAMS["a cycle"]
    pictures = [paint(visual, BOXES[-1], shown) for shown in (0, 0.4, 1, 1.4, 1.8, 2, 2.4, 2.8, 3)]
    assert not pictures[0].any()
    assert not any(np.array_equal(a, b) for a, b in itertools.pairwise(pictures))


def test_an_arrow_waits_for_both_of_its_nodes(tmp_path: Path) -> None:
    style = Style(Typesetter(1.0, "en", tmp_path), TOKENS[Theme.CHALK])
    visual = a_diagram(["a", "b", "c"], (2, 0), (0, 1), (0, 0))
    assert Diagram(visual, BOXES[0], style)._appears == [2, 1, 0]


def overlapping(a: Box, b: Box) -> bool:
    return a.x < b.right and b.x < a.right and a.y < b.bottom and b.y < a.bottom


def through(box: Box, graph: LaidOut) -> bool:
    """Whether an arrow runs through the inside of the box."""
    inside = box.inset(1, 1)
    points = (
        (ax + (bx - ax) * t, ay + (by - ay) * t)
        for route in graph.routes
        for (ax, ay), (bx, by) in itertools.pairwise(route.corners)
        for t in np.linspace(0, 1, 20).tolist()
    )
    return any(inside.x < x < inside.right and inside.y < y < inside.bottom for x, y in points)


graphs = st.integers(1, 8).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=10, unique=True),
    )
)


@settings(max_examples=30)
@given(graphs, st.sampled_from(["leftright", "topbottom"]))
def test_any_graph_is_laid_out_without_overlap_and_without_arrows_through_nodes(graph: Any, direction: Any) -> None:
    count, ends = graph
    found = laid_out([SIZE] * count, links(*ends), TEXT, direction, 0.0)
    assert (len(found.nodes), len(found.routes)) == (count, len(ends))
    assert not any(overlapping(a, b) for a, b in itertools.combinations(found.nodes, 2))
    assert not any(through(box, found) for box in found.nodes)
    assert all(0 <= box.x <= box.right <= found.width + 1e-6 for box in found.nodes)


def test_a_chain_leads_on_in_the_direction_asked_for() -> None:
    chain = links((0, 1), (1, 2))
    across, down = (laid_out([SIZE] * 3, chain, TEXT, way, 0.0) for way in ("leftright", "topbottom"))
    assert across.nodes[0].right < across.nodes[1].x < across.nodes[2].x
    assert down.nodes[0].bottom < down.nodes[1].y < down.nodes[2].y


def test_a_long_chain_is_broken_into_rows_where_it_would_be_too_long() -> None:
    chain = links(*itertools.pairwise(range(12)))
    whole, broken = (laid_out([SIZE] * 12, chain, TEXT, "leftright", aspect) for aspect in (0.0, 2.0))
    assert broken.width < whole.width / 2


def test_the_parent_of_a_tree_stands_in_the_middle_above_its_children() -> None:
    tree = laid_out([SIZE] * 4, links((0, 1), (0, 2), (0, 3)), TEXT, "topbottom", 0.0)
    middles = [box.middle[0] for box in tree.nodes]
    assert middles[0] == pytest.approx((middles[1] + middles[3]) / 2)


def test_in_a_loop_the_arrow_that_leads_back_is_the_one_against_the_order_told() -> None:
    loop = laid_out([SIZE] * 3, links((0, 1), (1, 2), (2, 0), (1, 0)), TEXT, "leftright", 0.0)
    assert loop.nodes[0].x < loop.nodes[1].x < loop.nodes[2].x


@settings(max_examples=15)
@given(st.permutations(range(7)), st.floats(0.4, 3))
def test_a_cycle_is_a_ring_whose_arrows_end_before_the_boxes(order: list[int], aspect: float) -> None:
    ends = [*itertools.pairwise(order), (order[-1], order[0])]
    found = ring([SIZE] * 7, links(*ends), TEXT, aspect)
    assert found is not None
    assert not any(overlapping(a, b) for a, b in itertools.combinations(found.nodes, 2))
    assert not any(through(box, found) for box in found.nodes)


@pytest.mark.parametrize(
    "ends", [[(0, 1), (1, 0)], [(0, 1), (1, 2)], [(0, 1), (1, 2), (2, 1)], [(0, 0), (1, 1), (2, 2)]]
)
def test_what_is_no_cycle_is_no_ring(ends: list[tuple[int, int]]) -> None:
    assert ring([SIZE] * (1 + max(max(pair) for pair in ends)), links(*ends), TEXT, 1.0) is None


def test_from_right_to_left_the_first_node_is_on_the_right() -> None:
    graph = laid_out([SIZE] * 2, links((0, 1)), TEXT, "leftright", 0.0)
    assert graph.mirrored().nodes[0].x > graph.mirrored().nodes[1].x
    assert graph.mirrored().mirrored() == graph


def test_an_arrow_starts_and_ends_where_its_route_does() -> None:
    arrow = Arrow(((0, 0), (100, 0), (100, 80)), 1.0)
    assert arrow._at(0) == (0, 0)
    assert arrow._at(1e9) == (100, 80)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"nodes": ()}, "nodes"),
        ({"nodes": ({"id": "a", "label": "x"},) * 2}, "nodes: ids must be unique; repeated: 'a'"),
        ({"edges": ({"from": "a", "to": "b"},)}, r"edges\[0\]\.to: there is no node with the id 'b'"),
        ({"edges": ({"from": "", "to": "a"},)}, "from"),
        ({"edges": ({"from": "a", "to": "a"},) * 2}, r"edges\[1\]: there is an edge from 'a' to 'a' already"),
    ],
)
def test_a_diagram_that_cannot_be_drawn_is_refused_with_its_field(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        DiagramVisual(**{"nodes": ({"id": "a", "label": "x"},)} | fields)


def test_a_diagram_is_the_same_after_a_round_trip_as_json() -> None:
    visual = DIAGRAMS["a flow chart"]
    assert visual.to_json_object()["edges"][0] == {"from": "0", "to": "1"}
    assert DiagramVisual.model_validate(visual.to_json_object()) == visual
