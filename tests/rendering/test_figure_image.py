"""The figure of a picture: in its box, from nothing, with its text after it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import cairo
import numpy as np
import numpy.typing as npt
import pytest

from tests.unit.pictures import quarters
from videojob.spec import Theme
from videojob.visuals import ImageVisual
from videotutor_renderer.scene.figures import KINDS
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.images import Images
from videotutor_renderer.scene.paint import BORDER
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import TOKENS
from videotutor_renderer.scene.typeset import Typesetter

BOXES = [Box(40, 40, *size) for size in ((300, 280), (300, 900), (1040, 280), (620, 620))]
IDS = {"wide": "a" * 64, "tall": "b" * 64, "a line": "c" * 64, "tiny": "d" * 64}
SHAPES = {"wide": quarters(400, 300), "tall": quarters(60, 700), "a line": quarters(900, 1), "tiny": quarters(2, 2)}
CAPTIONS = {"no text": None, "a line": "A cell", "long words": "W" * 200, "right to left": "خلية حيوانية " * 15}
Paint = Callable[[ImageVisual, Box, float], npt.NDArray[np.uint8]]


def an_image(shape: str = "wide", caption: str | None = "A cell") -> ImageVisual:
    return ImageVisual(image=IDS[shape], alt="A cell", caption=caption)


@pytest.fixture(scope="module")
def paint(tmp_path_factory: pytest.TempPathFactory) -> Paint:
    """Paints a figure onto a transparent surface larger than its box, one pixel for each point."""
    root: Path = tmp_path_factory.mktemp("empty")
    images = Images({IDS[shape]: rows for shape, rows in SHAPES.items()}, 1.0)
    style = Style(Typesetter(1.0, "en", root), TOKENS[Theme.CHALK], images)

    def painted(visual: ImageVisual, box: Box, shown: float) -> npt.NDArray[np.uint8]:
        surface = cairo.ImageSurface(cairo.FORMAT_ARGB32, int(box.right) + 40, int(box.bottom) + 40)
        KINDS[ImageVisual].make(visual, box, style).draw(cairo.Context(surface), shown, 1.0)
        surface.flush()
        return np.array(surface.get_data()).reshape(surface.get_height(), -1, 4)

    return painted


def ink(picture: npt.NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Left, top, right and lower end of what is painted."""
    rows, columns = (np.flatnonzero(picture[..., 3].any(axis=axis)) for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


@pytest.mark.parametrize("box", BOXES, ids=lambda box: f"{box.width}x{box.height}")
@pytest.mark.parametrize(("shape", "caption"), [*itertools.product(IDS, CAPTIONS)])
def test_nothing_is_painted_outside_the_box(paint: Paint, shape: str, caption: str, box: Box) -> None:
    left, top, right, bottom = ink(paint(an_image(shape, CAPTIONS[caption]), box, 1))
    edge = int(BORDER)
    assert left >= box.x - edge
    assert top >= box.y - edge
    assert right <= box.right + edge
    assert bottom <= box.bottom + edge


@pytest.mark.parametrize("box", BOXES, ids=lambda box: f"{box.width}x{box.height}")
def test_a_picture_is_as_large_as_its_box_allows_in_its_own_proportions_and_in_the_middle(
    paint: Paint, box: Box
) -> None:
    left, top, right, bottom = ink(paint(an_image(caption=None), box, 1))
    scale = min(box.width / 400, box.height / 300, 2.0)
    assert (right - left, bottom - top) == pytest.approx((400 * scale, 300 * scale), abs=4)
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx(box.middle, abs=2)


def test_it_comes_from_nothing_then_its_text_does(paint: Paint) -> None:
    box = BOXES[-1]
    assert not paint(an_image(), box, 0).any()
    pictures = [paint(an_image(), box, shown) for shown in (0.2, 0.5, 0.7, 0.85, 1)]
    assert not any(np.array_equal(a, b) for a, b in itertools.pairwise(pictures))
    without_text, whole = ink(paint(an_image(), box, 0.7)), ink(paint(an_image(), box, 1))
    assert without_text[:3] == whole[:3]
    assert without_text[3] < whole[3]


def test_equal_arguments_paint_equal_pictures(paint: Paint) -> None:
    assert np.array_equal(paint(an_image(), BOXES[0], 0.4), paint(an_image(), BOXES[0], 0.4))
