"""The numbers of plots: ranges that show the curve, poles that are not joined, round ticks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from videojob.visuals import PlotVisual
from videotutor_renderer.scene.plot import plotted, tick_label, ticks


def test_a_pole_neither_flattens_the_curve_nor_is_joined_across() -> None:
    drawn = plotted(PlotVisual(expressions=("1/x",)))
    assert drawn.y_max < 10
    assert np.isnan(drawn.curves[0].y).any()


def test_a_constant_lies_in_the_middle() -> None:
    drawn = plotted(PlotVisual(expressions=("3",)))
    assert drawn.y_min < 3 < drawn.y_max


def test_given_ends_of_the_axes_are_kept() -> None:
    drawn = plotted(PlotVisual(expressions=("x",), x_min=0, x_max=2, y_min=-1, y_max=7))
    assert (drawn.x_min, drawn.x_max, drawn.y_min, drawn.y_max) == (0, 2, -1, 7)


@pytest.mark.parametrize(("y_min", "y_max"), [(100, None), (None, -100)])
def test_one_given_end_beyond_the_curve_still_makes_a_range(y_min: float | None, y_max: float | None) -> None:
    drawn = plotted(PlotVisual(expressions=("x",), y_min=y_min, y_max=y_max))
    assert drawn.y_min < drawn.y_max


def test_a_function_that_is_nowhere_defined_still_has_axes() -> None:
    drawn = plotted(PlotVisual(expressions=("sqrt(-1-x^2)",)))
    assert (drawn.y_min, drawn.y_max) == (-1, 1)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_round_and_inside(low: float, span: float) -> None:
    high = low + span
    assume(high > low)
    found = ticks(low, high)
    assert 2 <= len(found) <= 13
    assert all(low - span * 1e-6 <= value <= high + span * 1e-6 for value in found)


@pytest.mark.parametrize(
    ("value", "label"),
    [(0.0, "0"), (-0.0, "0"), (-2.5, "\u22122.5"), (5e8, "5·10⁸"), (1e-7, "1·10⁻⁷"), (0.1 + 0.2, "0.3")],
)
def test_labels_are_short(value: float, label: str) -> None:
    assert tick_label(value) == label
