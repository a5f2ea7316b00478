"""Figures of text and of data: they stay in their box, appear from nothing part by part, and are the same each time."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.rendering.extremes import BOXES, FIGURES, LARGE, SMALL
from tests.rendering.painting import Paint, outside
from videotutor_renderer.scene.figures import KINDS
from videotutor_renderer.scene.frame import Box


@pytest.mark.parametrize("box", BOXES, ids=lambda box: f"{box.width}x{box.height}")
@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_painted_outside_the_box(paint: Paint, name: str, box: Box) -> None:
    visual = FIGURES[name]
    picture = paint(visual, box, KINDS[type(visual)].parts(visual))
    assert picture.any()
    assert not outside(picture, box).any()


@pytest.mark.parametrize("name", FIGURES)
def test_before_its_first_part_there_is_nothing(paint: Paint, name: str) -> None:
    assert not paint(FIGURES[name], SMALL, 0).any()


@pytest.mark.parametrize("name", FIGURES)
def test_equal_arguments_paint_equal_pictures(paint: Paint, name: str) -> None:
    assert np.array_equal(paint(FIGURES[name], SMALL, 0.6), paint(FIGURES[name], SMALL, 0.6))


@pytest.mark.parametrize("name", FIGURES)
def test_each_part_changes_the_picture(paint: Paint, name: str) -> None:
    visual = FIGURES[name]
    pictures = [paint(visual, LARGE, shown) for shown in range(KINDS[type(visual)].parts(visual) + 1)]
    assert not any(np.array_equal(a, b) for a, b in itertools.pairwise(pictures))
