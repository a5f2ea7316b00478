"""The checker of finished videos sees what is wrong with a picture or a caption, and nothing wrong with a right one."""

from __future__ import annotations

import numpy as np
import pytest

from tests.videos.check import captions_faults
from tests.videos.picture import Pixels, faults
from videojob.spec import Theme
from videotutor_renderer.scene.captions import Caption
from videotutor_renderer.scene.theme import TOKENS, colour

WORD = (slice(200, 220), slice(300, 400))
BACKGROUND = TOKENS[Theme.CHALK].top


def a_picture(place: tuple[slice, slice] = WORD, ink: str = "ffffff") -> Pixels:
    """480p of the chalk board, with a stroke of some colour."""
    picture = np.full((480, 854, 3), np.round(255 * np.array(colour(BACKGROUND))), np.uint8)
    picture[place] = np.round(255 * np.array(colour(ink)))
    return picture


@pytest.mark.parametrize(
    ("picture", "fault"),
    [
        (a_picture((slice(10, 20), slice(300, 400))), "ink in the upper margin"),
        (a_picture((slice(200, 220), slice(20, 60))), "ink in the left margin"),
        (a_picture((slice(200, 220), slice(800, 830))), "ink in the right margin"),
        (a_picture((slice(400, 420), slice(300, 400))), "ink in the band of the captions"),
        (a_picture(ink=BACKGROUND), "blank"),
        (a_picture(ink="5d6b2f"), "contrast of 2.5:1"),
    ],
)
def test_a_fault_of_a_picture_is_named(picture: Pixels, fault: str) -> None:
    assert list(faults(picture, Theme.CHALK, finished=True)) == [fault]


def test_a_black_picture_is_not_the_background_of_a_light_theme() -> None:
    black = np.zeros((480, 854, 3), np.uint8)
    assert "nothing of the background is seen" in faults(black, Theme.PAPER, finished=False)


def test_a_right_picture_has_no_fault() -> None:
    assert list(faults(a_picture(), Theme.CHALK, finished=True)) == []


def test_what_is_still_appearing_may_be_faint_or_missing() -> None:
    assert list(faults(a_picture(ink="5d6b2f"), Theme.CHALK, finished=False)) == []
    assert list(faults(a_picture(ink=BACKGROUND), Theme.CHALK, finished=False)) == []


@pytest.mark.parametrize(
    ("captions", "fault"),
    [
        ([Caption(0, 9, "one\ntwo\nthree")], "is too large"),
        ([Caption(0, 9, "a" * 43)], "is too large"),
        ([Caption(0, 1, "a" * 30)], "is read at 30.0 letters a second"),
        ([Caption(0, 2, "a"), Caption(1, 3, "b")], "overlap"),
        ([Caption(0, 11, "a")], "the last caption ends after the video"),
    ],
)
def test_a_fault_of_a_caption_is_named(captions: list[Caption], fault: str) -> None:
    (found,) = captions_faults(captions, seconds=10)
    assert fault in found


def test_captions_that_can_be_read_have_no_fault() -> None:
    right = [Caption(0, 2, "a" * 40), Caption(2, 6, "a" * 40 + "\n" + "e\u0301" * 39)]
    assert list(captions_faults(right, seconds=10)) == []
