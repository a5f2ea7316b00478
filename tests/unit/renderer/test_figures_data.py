"""Figures of data: they stay in their box, appear from nothing, and look the same each time."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from tests.unit.renderer.painting import Paint, outside
from videojob.visuals import (
    ChartVisual,
    NumberInterval,
    NumberJump,
    NumberlineVisual,
    NumberPoint,
    TimelineEvent,
    TimelineVisual,
)
from videotutor_renderer.scene.figures import KINDS
from videotutor_renderer.scene.frame import Box

BOXES = [Box(40, 40, *size) for size in ((300, 250), (300, 900), (1040, 250), (1040, 900), (620, 620))]
LONGEST = ("Photosynthesis of the plants in the sun " * 9)[:40]
FIGURES = {
    "one bar": ChartVisual(style="bar", labels=("one",), values=(0,)),
    "most bars": ChartVisual(
        style="bar", labels=(LONGEST,) * 6, values=(-1.23456e11, 3, 1.23456e12 / 2, 0, 7, 1), unit="m" * 12
    ),
    "the least line": ChartVisual(style="line", labels=("a", "b"), values=(5, 5)),
    "the longest line": ChartVisual(
        style="line", labels=(LONGEST,) * 12, values=tuple(range(-5, 7)), unit="W" * 12, caption="long words " * 18
    ),
    "one slice": ChartVisual(style="pie", labels=("all",), values=(1,), caption="x"),
    "most slices": ChartVisual(
        style="pie", labels=("W" * 40,) * 6, values=(0, 1, 2, 3, 4, 1e12), unit="W" * 12, caption="W" * 200
    ),
    "right to left": ChartVisual(style="bar", labels=("القاهرة", "دمشق"), values=(9, -4), caption="عدد السكان"),
    "an empty line": NumberlineVisual(line_min=0, line_max=1),
    "a full line": NumberlineVisual(
        line_min=-1e6,
        line_max=1e6,
        points=tuple(NumberPoint(at=at, label="W" * 16) for at in (-1e6, 0, 1, 1e6)),
        intervals=(NumberInterval(start=-1e6, end=1e6, start_open=True),) * 3,
        jumps=(NumberJump(start=-1e6, end=1e6, label="W" * 8), NumberJump(start=5, end=-1e6, label="-5")),
    ),
    "one event": TimelineVisual(events=(TimelineEvent(date="1", text="x"),)),
    "a full timeline": TimelineVisual(events=(TimelineEvent(date="W" * 24, text="long words " * 9),) * 4),
}


@pytest.mark.parametrize("box", BOXES, ids=lambda box: f"{box.width}x{box.height}")
@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_painted_outside_the_box(paint: Paint, name: str, box: Box) -> None:
    visual = FIGURES[name]
    picture = paint(visual, box, KINDS[type(visual)].parts(visual))
    assert picture.any()
    assert not outside(picture, box).any()


@pytest.mark.parametrize("name", FIGURES)
def test_before_its_first_part_there_is_nothing(paint: Paint, name: str) -> None:
    assert not paint(FIGURES[name], BOXES[0], 0).any()


@pytest.mark.parametrize("name", FIGURES)
def test_equal_arguments_paint_equal_pictures(paint: Paint, name: str) -> None:
    assert np.array_equal(paint(FIGURES[name], BOXES[0], 0.6), paint(FIGURES[name], BOXES[0], 0.6))


@pytest.mark.parametrize("style", ["bar", "line", "pie"])
def test_each_value_appears_in_its_own_part(paint: Paint, style: Any) -> None:
    visual = ChartVisual(style=style, labels=("a", "b", "c"), values=(3, 1, 2))
    pictures = [paint(visual, BOXES[-1], shown) for shown in (0.5, 1, 1.5, 2, 2.5, 3)]
    assert not any(np.array_equal(a, b) for a, b in itertools.pairwise(pictures))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"style": "bar", "labels": ("a",), "values": (1, 2)}, "labels and values must have the same length"),
        ({"style": "bar", "labels": ("a",) * 7, "values": (1,) * 7}, "values must be at most 6"),
        ({"style": "pie", "labels": ("a", "b"), "values": (1, -1)}, "values of a pie must not be negative"),
        ({"style": "pie", "labels": ("a",), "values": (0,)}, "one must be more than 0"),
        ({"style": "line", "labels": ("a",), "values": (1,)}, "values must be two or more"),
    ],
)
def test_a_chart_that_cannot_be_drawn_is_refused_with_its_field(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ChartVisual(**fields)


def test_a_long_timeline_is_split_into_even_pages_in_order() -> None:
    events = tuple(TimelineEvent(date=str(year), text="it was") for year in range(9))
    pages = KINDS[TimelineVisual].split(TimelineVisual(events=events))
    assert [len(page.events) for page in pages] == [3, 3, 3]
    assert tuple(event for page in pages for event in page.events) == events


def test_a_timeline_without_events_is_refused_with_its_field() -> None:
    with pytest.raises(ValidationError, match="events"):
        TimelineVisual(events=())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"line_max": 0}, "lineMin must be less than lineMax"),
        ({"points": ({"at": 9, "label": "a"},)}, "points must lie between"),
        ({"intervals": ({"start": 2, "end": 1},)}, "intervals: start must be less"),
        ({"jumps": ({"start": 1, "end": 1, "label": "0"},)}, "jumps: start and end must differ"),
    ],
)
def test_a_number_line_that_cannot_be_drawn_is_refused_with_its_field(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        NumberlineVisual(**{"line_min": 0, "line_max": 5} | fields)
