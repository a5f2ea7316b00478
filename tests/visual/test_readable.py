"""Every visual, in every theme and ratio, keeps clear of margins and captions, and can be read."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from dev.stills import examples, picture
from tests.videos.picture import faults
from videojob.spec import Aspect, Output, Resolution, Theme
from videojob.storyboard import SceneContent

EXAMPLES = examples()


@pytest.mark.parametrize(("path", "content"), EXAMPLES.items(), ids=[path.stem for path in EXAMPLES])
def test_a_visual_keeps_clear_of_the_edges_and_can_be_read(path: Path, content: SceneContent) -> None:
    found = {}
    for theme, aspect in product(Theme, Aspect):
        output = Output(resolution=Resolution.P480, theme=theme, aspect_ratio=aspect)
        found[theme, aspect] = list(faults(picture(content, output)[..., 2::-1], theme, finished=True))
    assert {place: wrong for place, wrong in found.items() if wrong} == {}
