"""Every visual, in every theme and ratio, looks as on its sheet in the docs (`make stills` draws them anew)."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from dev.stills import examples, sheet
from tests.visual.perceived import differences, read_png
from videojob.storyboard import SceneContent
from videojob.visuals import AnyVisual

SEEN = 8.0
"""Colour difference that is seen at once."""
MOST_OF_IT = 0.001
"""Part of a sheet that may look different: fonts are drawn a little otherwise by another version of their library."""
EXAMPLES = examples()


@pytest.mark.parametrize(("path", "content"), EXAMPLES.items(), ids=[path.stem for path in EXAMPLES])
def test_a_visual_looks_as_on_its_sheet(path: Path, content: SceneContent) -> None:
    drawn, kept = sheet(content), read_png(path)
    assert drawn.shape == kept.shape, "run make stills, and look at what changed"
    seen = float((differences(drawn, kept) > SEEN).mean())
    assert seen <= MOST_OF_IT, f"{seen:.2%} looks different: run make stills, and look at what changed"


def test_every_visual_has_its_sheet() -> None:
    shown = {beat.show.kind for content in EXAMPLES.values() for beat in content.beats if beat.show}
    assert shown == {kind.model_fields["kind"].default for kind in get_args(AnyVisual)}


def test_a_moved_word_and_another_colour_are_seen_and_grain_is_not() -> None:
    picture = np.full((240, 320, 4), 40, dtype=np.uint8)
    picture[100:120, 50:150] = 230
    grain = picture + np.random.default_rng(1).integers(-6, 7, picture.shape, dtype=np.int8).astype(np.uint8)
    tinted = picture.copy()
    tinted[100:120, 50:150, 0] = 190
    assert (differences(picture, grain) > SEEN).mean() == 0
    assert (differences(picture, np.roll(picture, 4, axis=1)) > SEEN).mean() > MOST_OF_IT
    assert (differences(picture, tinted) > SEEN).mean() > MOST_OF_IT
