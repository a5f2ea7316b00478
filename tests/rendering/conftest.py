"""What draws a figure for a test."""

from __future__ import annotations

import cairo
import numpy as np
import pytest

from tests.rendering.painting import Paint, Pixels
from videojob.spec import Theme
from videojob.visuals import AnyVisual
from videotutor_renderer.scene.figures import KINDS
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import TOKENS
from videotutor_renderer.scene.typeset import Typesetter


@pytest.fixture(scope="session")
def paint(tmp_path_factory: pytest.TempPathFactory) -> Paint:
    """Paints a figure onto a transparent surface larger than its box, one pixel for each point."""
    style = Style(Typesetter(1.0, "en", tmp_path_factory.mktemp("empty")), TOKENS[Theme.CHALK])

    def painted(visual: AnyVisual, box: Box, shown: float) -> Pixels:
        surface = cairo.ImageSurface(cairo.FORMAT_ARGB32, int(box.right) + 40, int(box.bottom) + 40)
        KINDS[type(visual)].make(visual, box, style).draw(cairo.Context(surface), shown, 1.0)
        surface.flush()
        return np.array(surface.get_data()).reshape(surface.get_height(), -1, 4)

    return painted
