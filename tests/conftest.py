"""What tests of several directories need."""

from __future__ import annotations

import pytest
from hypothesis import settings

from videojob.storyboard import Beat, Scene, Storyboard
from videojob.visuals import BulletsVisual, EquationVisual, PlotVisual

settings.register_profile("busy machine", deadline=None)
settings.load_profile("busy machine")


@pytest.fixture
def a_storyboard() -> Storyboard:
    """Two short scenes with every kind of thing on them."""
    return Storyboard(
        title="Short",
        scenes=(
            Scene(
                id="one",
                title="One",
                beats=(
                    Beat(say="Hi.", show=BulletsVisual(items=("Hello <there> & 导数",))),
                    Beat(show=EquationVisual(latex=r"f'(x)=\frac{1}{x}")),
                ),
            ),
            Scene(id="two", title="Two", beats=(Beat(say="A plot.", show=PlotVisual(expressions=("x^2",))),)),
        ),
    )
