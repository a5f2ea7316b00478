"""What plots show on their curves: it stays in the axes, appears in its own time, and copes with any function."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.rendering.painting import Paint, outside
from videojob.visuals import PlotArea, PlotMovingPoint, PlotSweep, PlotTangent, PlotVisual
from videotutor_renderer.errors import TaskError
from videotutor_renderer.scene.expression import parse
from videotutor_renderer.scene.figures.plot import KIND
from videotutor_renderer.scene.figures.plot_place import Drawn, beside
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.plot import decimals, fixed_label, plotted
from videotutor_renderer.scene.slope import slope

BOXES = [Box(40, 40, *size) for size in ((300, 280), (1040, 280))]
SQUARE = Box(40, 40, 620, 620)
PLOTS = {
    "everything": PlotVisual(
        expressions=("a*x^2", "x+1", "cos(a*x)"),
        sweep=PlotSweep(name="a", start=-1, end=2),
        tangent=PlotTangent(at=1, curve=3),
        area=PlotArea(start=-5, end=5, curve=1, other=2),
        moving_point=PlotMovingPoint(start=5, end=-5, curve=2),
        caption="long words " * 18,
    ),
    "poles everywhere": PlotVisual(
        expressions=("tan(x)", "1/x"),
        tangent=PlotTangent(at=1.4),
        area=PlotArea(start=-5, end=5, curve=2),
        moving_point=PlotMovingPoint(start=-5, end=5),
    ),
    "hardly defined": PlotVisual(
        expressions=("sqrt(x-4.99)", "ln(a*x)"),
        sweep=PlotSweep(name="a", start=-1e6, end=1e6),
        area=PlotArea(start=-5, end=5),
        moving_point=PlotMovingPoint(start=-5, end=5),
    ),
    "huge": PlotVisual(
        expressions=("exp(x)", "1e12*x"),
        x_min=-1e6,
        x_max=1e6,
        tangent=PlotTangent(at=-1e6, curve=2),
        area=PlotArea(start=-1e6, end=1e6, other=2),
        moving_point=PlotMovingPoint(start=-1e6, end=1e6, curve=2),
    ),
}


@pytest.mark.parametrize("box", BOXES, ids=lambda box: f"{box.width}x{box.height}")
@pytest.mark.parametrize("name", PLOTS)
def test_nothing_is_painted_outside_the_box(paint: Paint, name: str, box: Box) -> None:
    picture = paint(PLOTS[name], box, KIND.parts(PLOTS[name]) - 0.2)
    assert picture.any()
    assert not outside(picture, box).any()


@pytest.mark.parametrize(
    "extra",
    [
        {"tangent": PlotTangent(at=1)},
        {"area": PlotArea(start=-1, end=2)},
        {"moving_point": PlotMovingPoint(start=-1, end=2)},
        {"sweep": PlotSweep(name="a", start=1, end=2), "expressions": ("a*x^2",)},
    ],
    ids=lambda extra: next(iter(extra)),
)
def test_each_extra_has_a_part_of_its_own_after_the_curve(paint: Paint, extra: dict[str, Any]) -> None:
    visual = PlotVisual(**{"expressions": ("x^2",)} | extra)
    assert KIND.parts(visual) == 2
    pictures = [paint(visual, SQUARE, shown) for shown in (1, 1.3, 1.7, 2)]
    assert not any(np.array_equal(a, b) for a, b in itertools.pairwise(pictures))


def test_a_swept_plot_ends_as_the_plot_of_the_last_value_would() -> None:
    swept = plotted(PlotVisual(expressions=("a*x",), sweep=PlotSweep(name="a", start=-2, end=3)))
    plain = plotted(PlotVisual(expressions=("3x",)))
    assert np.array_equal(swept.moved(3)[0].y, plain.curves[0].y)
    assert np.array_equal(swept.curves[0].y, -2 * swept.curves[0].x)


def test_the_axes_have_room_for_every_value_of_the_parameter() -> None:
    drawn = plotted(PlotVisual(expressions=("a",), sweep=PlotSweep(name="a", start=-7, end=9)))
    assert drawn.y_min < -7
    assert drawn.y_max > 9


def test_an_area_down_to_the_axis_shows_the_axis() -> None:
    drawn = plotted(PlotVisual(expressions=("x+90",), x_min=0, x_max=1, area=PlotArea(start=0, end=1)))
    assert drawn.y_min <= 0


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"tangent": {"at": 6}}, "tangent.at must lie between xMin and xMax"),
        ({"area": {"start": -6, "end": 0}}, "area.start must lie between"),
        ({"area": {"start": 1, "end": 1}}, "start must be less than end"),
        ({"area": {"start": 0, "end": 1, "other": 1}}, "other must not be the same as curve"),
        ({"area": {"start": 0, "end": 1, "other": 2}}, "area.other must be the number of one of the expressions"),
        ({"moving_point": {"start": 0, "end": 9}}, "movingPoint.end must lie between"),
        ({"moving_point": {"start": 0, "end": 0}}, "start and end must differ"),
        ({"moving_point": {"start": 0, "end": 1, "curve": 3}}, "movingPoint.curve must be the number"),
        ({"sweep": {"name": "a", "start": 2, "end": 2}}, "start and end must differ"),
        ({"sweep": {"name": "x", "start": 1, "end": 2}}, "name"),
        ({"sweep": {"name": "e", "start": 1, "end": 2}}, "name"),
    ],
)
def test_an_extra_that_cannot_be_is_refused_with_its_field(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        PlotVisual(expressions=("x",), **fields)


@pytest.mark.parametrize(
    ("visual", "message"),
    [
        (PlotVisual(expressions=("abs(x)",), tangent=PlotTangent(at=0)), r"tangent\.at: 'abs\(x\)' has no slope at"),
        (PlotVisual(expressions=("x", "1/x"), tangent=PlotTangent(at=0, curve=2)), r"tangent\.at: '1/x' has no slope"),
        (PlotVisual(expressions=("ln(x)",), area=PlotArea(start=-2, end=-1)), "area: .* has no values from -2 to -1"),
        (
            PlotVisual(expressions=("sqrt(x)",), moving_point=PlotMovingPoint(start=-1, end=-3)),
            "movingPoint: .* has no values",
        ),
        (PlotVisual(expressions=("x",), sweep=PlotSweep(name="a", start=0, end=1)), r"sweep\.name: none of the"),
        (PlotVisual(expressions=("x", "a*x")), r"expressions\[1\]: 'a' in 'a\*x' is not known"),
    ],
)
def test_an_extra_that_would_show_nothing_is_a_bad_scene_that_names_the_field(visual: PlotVisual, message: str) -> None:
    with pytest.raises(TaskError, match=message):
        plotted(visual)


@pytest.mark.parametrize(
    ("source", "value", "at_two"),
    [("a*x", 3, 6), ("ax^2", 3, 12), ("a(x+1)", 2, 6), ("(2+a)(x-1)", 1, 3), ("sin(ax)", math.pi, 0), ("ae^x", 0, 0)],
)
def test_the_parameter_is_read_as_people_write_it(source: str, value: float, at_two: float) -> None:
    assert parse(source, "a")(np.array([2.0]), value)[0] == pytest.approx(at_two, abs=1e-12)


@given(st.floats(-3, 3), st.sampled_from(["x^3-x", "sin(5x)", "e^x", "x*abs(x)", "1/(x^2+1)", "7"]))
def test_a_slope_is_that_of_the_difference_quotient(at: float, source: str) -> None:
    f = parse(source)
    left, right = f(np.array([at - 1e-5, at + 1e-5]))
    assert slope(f, at, 10, 10) == pytest.approx((right - left) / 2e-5, abs=1e-4, rel=1e-4)


@pytest.mark.parametrize(
    ("source", "at"),
    [("abs(x)", 0), ("floor(x)", 1), ("1/x", 0), ("cbrt(x)", 0), ("sqrt(x)", 0), ("tan(x)", math.pi / 2)],
)
def test_corners_jumps_poles_and_upright_tangents_have_no_slope(source: str, at: float) -> None:
    assert slope(parse(source), at, 10, 10) is None


@given(st.floats(-1e9, 1e9), st.floats(1e-9, 1e9))
def test_a_number_that_runs_keeps_its_digits_after_the_point_and_is_never_minus_zero(value: float, span: float) -> None:
    label = fixed_label(value, decimals(span))
    assert len(label.partition(".")[2]) == decimals(span) <= 9
    assert label.strip("0.") != "\N{MINUS SIGN}"


@given(st.floats(0, 600), st.floats(0, 600))
def test_a_label_is_always_in_its_room_and_off_the_only_line(x: float, y: float) -> None:
    room, size, drawn = Box(0, 0, 600, 600), (90.0, 30.0), Drawn()
    drawn.add((at, y) for at in range(600))
    left, top = beside((x, y), drawn.free_side(size, [(x, y)], room), size, room)
    assert 0 <= left <= 510
    assert 0 <= top <= 570
    assert top > y or top + 30 < y
