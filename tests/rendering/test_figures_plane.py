"""Figures in the plane: constructions to scale, labels beside lines, vectors and the maps that move them."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from tests.rendering.painting import Paint, outside
from tests.unit.renderer.test_theme import contrast
from videojob.spec import Theme
from videojob.visuals import AnyVisual, GeometryVisual, PlaneVisual
from videotutor_renderer.scene.figures import KINDS
from videotutor_renderer.scene.figures.geometry import FILL
from videotutor_renderer.scene.figures.geometry_parts import Part, parts
from videotutor_renderer.scene.figures.view import View
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.theme import TOKENS, colour

BOXES = [Box(40, 40, *size) for size in ((300, 250), (1040, 250), (620, 620))]
WIDEST = "W" * 24


def points(**places: tuple[float, float]) -> list[dict[str, Any]]:
    return [{"name": name, "at": place} for name, place in places.items()]


def geometry(named: list[dict[str, Any]], *shapes: dict[str, Any], angles: tuple[dict[str, Any], ...] = ()) -> Any:
    return GeometryVisual.model_validate({"namedPoints": named, "shapes": shapes, "angles": angles})


TRIANGLE = points(A=(0, 0), B=(4, 0), C=(0, 3))
FIGURES: dict[str, AnyVisual] = {
    "one point": geometry(points(A=(1000, -1000))),
    "a right triangle": geometry(
        TRIANGLE,
        {"shape": "polygon", "points": "ABC", "label": WIDEST},
        {"shape": "segment", "points": "AB", "label": WIDEST, "marks": 3},
        {"shape": "segment", "points": "AC", "dashed": True},
        angles=({"points": "BAC"}, {"points": "ABC", "label": "β", "marks": 3}),
    ),
    "lines to the edge": geometry(
        points(A=(-1000, 0), B=(1000, 1), C=(0, 0.01)),
        {"shape": "line", "points": "AB", "label": "g"},
        {"shape": "ray", "points": "CA"},
        angles=({"points": "ACB", "label": WIDEST[:12]},),
    ),
    "all that is round": geometry(
        points(O=(0, 0), P=(1, 0), Q=(0, -2)),
        {"shape": "circle", "points": "OP", "label": WIDEST},
        {"shape": "circle", "points": "O", "radius": 1000, "label": "k"},
        {"shape": "arc", "points": "QOP", "label": "القوس"},
    ),
    "an empty plane": PlaneVisual(),
    "a full plane": PlaneVisual.model_validate(
        {
            "vectors": [{"by": [900, -1], "tail": [100, 0], "label": WIDEST}, {"by": [0, 0.001], "label": "ناقل"}] * 3,
            "namedPoints": points(**{f"P{i}": (1000, i) for i in range(12)}),
            "matrix": [[20, -20], [19.999, 20]],
        }
    ),
    "a plane that collapses": PlaneVisual.model_validate({"vectors": [{"by": [1, 0]}], "matrix": [[0, 1], [0, 2]]}),
}
MOST = Box(0, 0, 600, 600)


@pytest.mark.parametrize("box", BOXES, ids=lambda box: f"{box.width}x{box.height}")
@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_painted_outside_the_box(paint: Paint, name: str, box: Box) -> None:
    visual = FIGURES[name]
    count = KINDS[type(visual)].parts(visual)
    for shown in (count - 0.5, count):
        picture = paint(visual, box, shown)
        assert picture.any()
        assert not outside(picture, box).any()


@pytest.mark.parametrize("name", FIGURES)
def test_it_appears_from_nothing_and_each_part_changes_the_picture(paint: Paint, name: str) -> None:
    visual = FIGURES[name]
    pictures = [paint(visual, BOXES[2], shown) for shown in range(KINDS[type(visual)].parts(visual) + 1)]
    assert not pictures[0].any()
    assert not any(np.array_equal(a, b) for a, b in itertools.pairwise(pictures))


@pytest.mark.parametrize("name", FIGURES)
def test_equal_arguments_paint_equal_pictures(paint: Paint, name: str) -> None:
    assert np.array_equal(paint(FIGURES[name], BOXES[0], 0.6), paint(FIGURES[name], BOXES[0], 0.6))


def drawn(visual: GeometryVisual) -> list[Part]:
    return parts(visual, View(MOST, 2 + 2j, 100), TOKENS[Theme.CHALK])


def test_points_of_nothing_come_first_and_others_with_the_first_shape_or_angle_that_names_them() -> None:
    visual = geometry(
        points(A=(0, 0), B=(4, 0), C=(0, 3), Z=(1, 1)),
        {"shape": "segment", "points": "AB"},
        {"shape": "segment", "points": "BC"},
        angles=({"points": "ABC"},),
    )
    assert [list(part.points) for part in drawn(visual)] == [["Z"], ["A", "B"], ["C"], []]


def test_names_may_have_digits_and_primes() -> None:
    visual = geometry(points(**{"A1": (0, 0), "A'": (1, 0), "Σ2'": (0, 1)}), {"shape": "polygon", "points": "A1A'Σ2'"})
    assert visual.places("Σ2'A1A'") == [1j, 0, 1]


def test_equal_labels_have_one_colour_and_plain_lines_that_of_text() -> None:
    sides = [{"shape": "segment", "points": pair, "label": label} for pair, label in (("AB", "a"), ("BC", "b"))]
    ab, bc, plain, alpha = drawn(
        geometry(TRIANGLE, *sides, {"shape": "segment", "points": "CA"}, angles=({"points": "ABC", "label": "a"},))
    )
    assert ab.ink == alpha.ink != bc.ink
    assert plain.ink == TOKENS[Theme.CHALK].ink


def test_a_line_goes_to_both_edges_and_a_ray_to_the_one_beyond_its_second_point() -> None:
    line, ray = drawn(geometry(TRIANGLE[:2], {"shape": "line", "points": "AB"}, {"shape": "ray", "points": "BA"}))
    assert list(line.path) == [500j, 600 + 500j]
    assert list(ray.path) == [500 + 500j, 500j]


@pytest.mark.parametrize("theme", Theme)
def test_labels_can_be_read_on_every_area(theme: Theme) -> None:
    tokens = TOKENS[theme]
    panel, inks = np.array(colour(tokens.panel)), (tokens.ink, *tokens.series)
    for area in tokens.series:
        ground = np.round(255 * (panel + FILL * (np.array(colour(area)) - panel))).astype(np.uint8).tobytes().hex()
        assert min(contrast(ink, ground) for ink in inks) >= 4.5


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"namedPoints": points(AB=(0, 0))}, "namedPoints: name must be a letter"),
        ({"namedPoints": TRIANGLE[:1] * 2}, "namedPoints: name must be there once: 'A' is there twice"),
        ({"shapes": [{"shape": "segment", "points": "AX"}]}, "shapes: points 'AX' must be .*: 'X' is none"),
        ({"shapes": [{"shape": "segment", "points": "A B"}]}, "shapes: points 'A B' must be .*: ' ' is none"),
        ({"shapes": [{"shape": "polygon", "points": "AB"}]}, "shapes: points of the polygon 'AB' must be 3 to 8"),
        ({"shapes": [{"shape": "segment", "points": "AA"}]}, "shapes: points 'AA' must be 0.001 or more apart"),
        ({"shapes": [{"shape": "circle", "points": "A"}]}, "shapes: a circle of one point needs a radius"),
        ({"shapes": [{"shape": "ray", "points": "AB", "radius": 1}]}, "needs a radius, no other has one: 'AB'"),
        ({"shapes": [{"shape": "polygon", "points": "ABC", "marks": 1}]}, "shapes: marks go with segments only"),
        ({"angles": [{"points": "AB"}]}, "angles: points of the angle 'AB' must be 3"),
        ({"namedPoints": points(A=(1, 1), B=(0, 0), C=(2, 2)), "angles": [{"points": "ABC"}]}, "make an angle of 0"),
        (
            {"namedPoints": points(A=(1, 1), B=(0, 0), C=(2, 2)), "shapes": [{"shape": "arc", "points": "ABC"}]},
            "shapes: points 'ABC' make an angle of 0",
        ),
        ({"namedPoints": points(A=(math.nan, 1))}, "namedPoints.0.at.0"),
        ({"namedPoints": []}, "namedPoints"),
    ],
)
def test_a_construction_that_cannot_be_drawn_is_refused_with_its_field(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        GeometryVisual.model_validate({"namedPoints": TRIANGLE} | fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"vectors": [{"by": [0, 0]}]}, "vectors: by must not be"),
        ({"matrix": [[1, 2]]}, "matrix"),
        ({"matrix": [[1, 2], [3]]}, "matrix.1"),
        ({"matrix": [[1, 2], [3, 1e9]]}, "matrix.1.1"),
    ],
)
def test_a_plane_that_cannot_be_drawn_is_refused_with_its_field(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        PlaneVisual.model_validate(fields)
