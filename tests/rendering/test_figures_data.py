"""Figures of data: what appears in them when, and what is refused."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from tests.rendering.extremes import SQUARE
from tests.rendering.painting import Paint
from videojob.visuals import (
    ChartVisual,
    NumberlineVisual,
    TimelineEvent,
    TimelineVisual,
)
from videotutor_renderer.scene.figures import KINDS


@pytest.mark.parametrize("style", ["bar", "line", "pie"])
def test_each_value_appears_in_its_own_part(paint: Paint, style: Any) -> None:
    visual = ChartVisual(style=style, labels=("a", "b", "c"), values=(3, 1, 2))
    pictures = [paint(visual, SQUARE, shown) for shown in (0.5, 1, 1.5, 2, 2.5, 3)]
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
