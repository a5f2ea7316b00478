"""What figures of the plane rest on: views to scale, paths, places for labels, and maps on their way."""

from __future__ import annotations

import cmath
import itertools
import math

import cairo
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from videotutor_renderer.scene.figures.geometry_paths import angle_marks
from videotutor_renderer.scene.figures.linear_map import LinearMap
from videotutor_renderer.scene.figures.path import begun
from videotutor_renderer.scene.figures.placing import Placing, around
from videotutor_renderer.scene.figures.plane_things import Thing
from videotutor_renderer.scene.figures.view import View, fitted
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.typeset import Picture

BOX = Box(0, 0, 600, 600)
NAME = Picture(cairo.ImageSurface(cairo.FORMAT_A8, 1, 1), 22, 36)
Matrix = tuple[tuple[float, float], tuple[float, float]]
places = st.builds(complex, st.floats(-1000, 1000), st.floats(-1000, 1000))
matrices = st.tuples(*[st.tuples(*[st.floats(-20, 20)] * 2)] * 2)


@given(st.lists(places, min_size=2, max_size=6))
def test_all_places_are_seen_to_scale_with_y_upwards(seen: list[complex]) -> None:
    view = fitted(seen, BOX, 50)
    for a, b in itertools.pairwise(seen):
        step = view.at(b) - view.at(a)
        assert step == pytest.approx((b - a).conjugate() * view.unit, abs=1e-6)
    for at in map(view.at, seen):
        assert 50 - 1e-6 <= at.real <= 550 + 1e-6
        assert 50 - 1e-6 <= at.imag <= 550 + 1e-6


@given(st.floats(0, 2 * math.pi), st.floats(0.02, 3.14), st.sampled_from((1, -1)))
def test_the_mark_of_an_angle_lies_between_its_sides(start: float, opening: float, way: int) -> None:
    a, c = 100 * cmath.exp(1j * start), 300 * cmath.exp(1j * (start + way * opening))
    (mark,) = angle_marks(a, 0j, c, 1)
    turns = [way * cmath.phase(place / a) for place in mark[1:-1]]
    assert all(0 < turn < opening for turn in turns)


def test_a_right_angle_is_recognised_in_rounded_coordinates() -> None:
    (square,) = angle_marks(100 + 0j, 0j, 0.4 + 100j, 3)
    assert len(square) == 3


@given(st.lists(places, min_size=2, max_size=6), st.floats(0, 1))
def test_the_beginning_of_a_path_is_as_long_as_its_share(path: list[complex], share: float) -> None:
    def length(path: list[complex]) -> float:
        return sum(abs(b - a) for a, b in itertools.pairwise(path))

    assert length(begun(path, share)) == pytest.approx(share * length(path), abs=1e-6)


@given(st.lists(st.integers(0, 359), max_size=3))
def test_a_label_covers_no_line_where_one_place_is_free(degrees: list[int]) -> None:
    rays = [(300 + 300j, 300 + 300j + 200 * cmath.exp(1j * math.radians(turn))) for turn in degrees]
    placing = Placing(BOX, rays)
    first, second = (placing.put(NAME, around(300 + 300j, 1 + 0j, NAME, 7)) for _ in range(2))
    assert placing._covered(first, complex(NAME.width, NAME.height) / 2) == 0
    assert abs((second - first).real) >= NAME.width or abs((second - first).imag) >= NAME.height


@given(matrices, places)
def test_a_map_begins_with_nothing_moved_and_ends_at_the_product_with_its_matrix(
    matrix: Matrix, place: complex
) -> None:
    (a, b), (c, d) = matrix
    image = complex(a * place.real + b * place.imag, c * place.real + d * place.imag)
    moved = LinearMap.of(matrix)
    assert moved.after(0)(place) == pytest.approx(place, abs=1e-6)
    assert moved.after(1)(place) == pytest.approx(image, abs=1e-6)


@given(matrices, st.floats(0, 1))
def test_on_its_way_the_plane_is_never_turned_over_by_a_map_that_does_not_turn_it_over(
    matrix: Matrix, share: float
) -> None:
    (a, b), (c, d) = matrix
    assume(a * d - b * c > 1e-3)
    moved = LinearMap.of(matrix).after(share)
    assert abs(moved.turn) > abs(moved.flip)


def test_a_shear_keeps_the_direction_that_it_keeps_all_the_way_and_a_rotation_keeps_lengths() -> None:
    shear, rotation = LinearMap.of([[1, 1], [0, 1]]), LinearMap.of([[-1, 0], [0, -1]])
    for share in (0.25, 0.5, 0.75):
        assert shear.after(share)(1) == pytest.approx(1)
        assert abs(rotation.after(share)(3 + 4j)) == pytest.approx(5)


def test_an_arrow_moves_to_its_image() -> None:
    arrow, view, quarter_turn = (
        Thing(1 + 0j, 2 + 0j, "ffffff", None),
        View(BOX, 0j, 100),
        LinearMap.of([[0, -1], [1, 0]]),
    )
    assert arrow.path(view, quarter_turn.after(0)) == (400 + 300j, 500 + 300j)
    assert arrow.path(view, quarter_turn.after(1)) == pytest.approx((300 + 200j, 300 + 100j))
