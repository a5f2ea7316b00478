"""Figures of text: they stay in their box, appear from nothing, and look the same each time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cairo
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from videojob.spec import Theme
from videojob.visuals import AnyVisual, TableVisual
from videotutor_renderer.scene.figures import KINDS
from videotutor_renderer.scene.figures.table import shared
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import BORDER
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import TOKENS
from videotutor_renderer.scene.typeset import Typesetter

BOXES = [Box(40, 40, *size) for size in ((300, 250), (300, 900), (1040, 250), (1040, 900))]
FIGURES: dict[str, AnyVisual] = {
    "one cell": TableVisual(header=("",), rows=(("x",),)),
    "a full table": TableVisual(
        header=("W" * 60,) * 5, rows=(("W" * 15, "long words " * 5, "1", "ﷺ" * 60, "🦊" * 60),) * 6, highlight_column=5
    ),
    "a table from right to left": TableVisual(
        header=("المدينة", "السكان"), rows=(("القاهرة", "22"), ("دمشق", "3")), highlight_row=1
    ),
}
Paint = Callable[[AnyVisual, Box, float], npt.NDArray[np.uint8]]


@pytest.fixture(scope="module")
def paint(tmp_path_factory: pytest.TempPathFactory) -> Paint:
    """Paints a figure onto a transparent surface larger than its box, one pixel for each point."""
    root: Path = tmp_path_factory.mktemp("empty")
    style = Style(Typesetter(1.0, "en", root), TOKENS[Theme.CHALK])

    def painted(visual: AnyVisual, box: Box, shown: float) -> npt.NDArray[np.uint8]:
        surface = cairo.ImageSurface(cairo.FORMAT_ARGB32, int(box.right) + 40, int(box.bottom) + 40)
        KINDS[type(visual)].make(visual, box, style).draw(cairo.Context(surface), shown, 1.0)
        surface.flush()
        return np.array(surface.get_data()).reshape(surface.get_height(), -1, 4)

    return painted


@pytest.mark.parametrize("box", BOXES, ids=lambda box: f"{box.width}x{box.height}")
@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_painted_outside_the_box(paint: Paint, name: str, box: Box) -> None:
    visual = FIGURES[name]
    picture = paint(visual, box, KINDS[type(visual)].parts(visual))
    edge = int(BORDER)
    left, top, right, bottom = (round(length) for length in (box.x, box.y, box.right, box.bottom))
    assert picture[top:bottom, left:right].any()
    picture[top - edge : bottom + edge, left - edge : right + edge] = 0
    assert not picture.any()


@pytest.mark.parametrize("name", FIGURES)
def test_before_its_first_part_there_is_nothing(paint: Paint, name: str) -> None:
    assert not paint(FIGURES[name], BOXES[0], 0).any()


@pytest.mark.parametrize("name", FIGURES)
def test_equal_arguments_paint_equal_pictures(paint: Paint, name: str) -> None:
    assert np.array_equal(paint(FIGURES[name], BOXES[0], 0.6), paint(FIGURES[name], BOXES[0], 0.6))


@pytest.mark.parametrize("name", FIGURES)
def test_each_part_changes_the_picture(paint: Paint, name: str) -> None:
    visual = FIGURES[name]
    pictures = [paint(visual, BOXES[3], shown) for shown in range(KINDS[type(visual)].parts(visual) + 1)]
    assert not any(np.array_equal(a, b) for a, b in itertools.pairwise(pictures))


def test_a_long_table_is_split_into_even_pages_and_its_lit_row_stays_lit() -> None:
    rows = tuple((str(number),) for number in range(1, 14))
    pages = KINDS[TableVisual].split(TableVisual(header=("n",), rows=rows, highlight_row=6))
    assert [len(page.rows) for page in pages] == [4, 4, 5]
    assert tuple(row for page in pages for row in page.rows) == rows
    assert [page.highlight_row for page in pages] == [None, 2, None]


@given(st.floats(50, 2000), st.lists(st.floats(1, 3000), min_size=1, max_size=5))
def test_columns_fill_the_width_and_narrow_ones_are_not_narrowed(width: float, natural: list[float]) -> None:
    widths = shared(width, natural)
    assert sum(widths) == pytest.approx(width)
    even = width / len(natural)
    assert all(w >= min(n, even) - 1e-6 for w, n in zip(widths, natural, strict=True))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"rows": (("1",),)}, "rows must have one cell for each of the 2 in header: row 1 does not"),
        ({"rows": ()}, "rows"),
        ({"header": ()}, "header"),
        ({"highlight_row": 2}, "highlightRow must be one of the 1 rows"),
        ({"highlight_column": 3}, "highlightColumn must be one of the 2 columns"),
    ],
)
def test_a_table_that_cannot_be_drawn_is_refused_with_its_field(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TableVisual(**{"header": ("a", "b"), "rows": (("1", "2"),)} | fields)
