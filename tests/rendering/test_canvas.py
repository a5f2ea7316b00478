"""What is drawn and converted again is enough: the picture is the one that drawing and converting all of it gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from videojob.spec import Output, Resolution, Theme
from videojob.storyboard import Beat, SceneContent
from videojob.visuals import BulletsVisual, EquationVisual, PlotVisual
from videotutor_renderer.scene.blocks import seconds_needed, steps
from videotutor_renderer.scene.canvas import Canvas
from videotutor_renderer.scene.convert import Area, Converted, Pixels
from videotutor_renderer.scene.draw import Stage
from videotutor_renderer.scene.frame import pixels
from videotutor_renderer.scene.images import Look
from videotutor_renderer.scene.layout import COLUMN_GAP
from videotutor_renderer.scene.render import AHEAD, frames, staged
from videotutor_renderer.scene.sprite import SLIDE, Sprite, State
from videotutor_renderer.scene.timeline import timeline

SMALL = Output(resolution=Resolution.P480, theme=Theme.PAPER)
SIZE = pixels(SMALL)
CONTENT = SceneContent(
    title="A lesson",
    beats=(
        Beat(show=BulletsVisual(items=("Slope", "Secant: two points"))),
        Beat(show=PlotVisual(expressions=("x^2", "1/x"))),
        Beat(show=EquationVisual(latex=r"f'(x)=\frac{1}{x}")),
    ),
)
SECONDS = 14.0


@pytest.fixture(scope="module")
def scene() -> tuple[Stage, list[Sprite]]:
    return laid_out(CONTENT)


def laid_out(content: SceneContent) -> tuple[Stage, list[Sprite]]:
    shown, count = steps(content), len(content.beats)
    clock = timeline(content.beats, [0.0] * count, seconds_needed(shown, count))
    return staged(content.title, shown, Look(SMALL), "en", clock)


def states(sprites: Sequence[Sprite], moment: float) -> list[State]:
    return [sprite.state(moment) for sprite in sprites]


def planes(converted: Converted) -> NDArray[np.uint8]:
    return converted.frame.to_ndarray().astype(np.uint8)


@st.composite
def pictures_and_areas(draw: st.DrawFn) -> tuple[Pixels, Area]:
    half_height, half_width, seed = draw(st.integers(1, 40)), draw(st.integers(1, 40)), draw(st.integers(0, 2**32))
    left, top = draw(st.integers(0, half_width - 1)), draw(st.integers(0, half_height - 1))
    right, bottom = draw(st.integers(left + 1, half_width)), draw(st.integers(top + 1, half_height))
    shape = (2 * half_height, 2 * half_width, 4)
    noise = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    return noise, Area(2 * left, 2 * top, 2 * right, 2 * bottom)


@settings(max_examples=60)
@given(pictures_and_areas())
def test_converting_what_changed_gives_what_converting_everything_does(given_: tuple[Pixels, Area]) -> None:
    picture, area = given_
    converted = Converted(picture)
    picture[area.top : area.bottom, area.left : area.right] ^= 0xFF
    converted.put(converted.changed(area))
    assert np.array_equal(planes(converted), planes(Converted(picture)))


@settings(max_examples=25)
@given(st.lists(st.floats(0, SECONDS), min_size=1, max_size=4), st.floats(0, 0.2))
def test_after_any_moments_the_picture_is_as_if_drawn_at_once(
    scene: tuple[Stage, list[Sprite]], moments: list[float], later: float
) -> None:
    stage, sprites = scene
    followed, fresh = Canvas(stage, sprites, SIZE), Canvas(stage, sprites, SIZE)
    for moment in (*moments, moments[-1] + later):
        followed.show(states(sprites, moment))
    fresh.show(states(sprites, moments[-1] + later))
    apart = np.abs(followed.pixels[..., :3].astype(np.int16) - fresh.pixels[..., :3])
    assert apart.max() <= 1  # a group's edge lies elsewhere, and its colours are rounded there


def test_where_nothing_has_moved_nothing_is_drawn(scene: tuple[Stage, list[Sprite]]) -> None:
    stage, sprites = scene
    canvas = Canvas(stage, sprites, SIZE)
    assert canvas.show(states(sprites, 1.0)) is not None
    assert canvas.show(states(sprites, 1.0)) is None


def test_while_a_curve_is_drawn_only_its_end_changes(scene: tuple[Stage, list[Sprite]]) -> None:
    stage, sprites = scene
    plot = next(sprite for sprite in sprites if sprite.changes)
    start, length = plot.parts[0]
    canvas = Canvas(stage, sprites, SIZE)
    canvas.show(states(sprites, start + 0.8 * length))
    area = canvas.show(states(sprites, start + 0.8 * length + 1 / 30))
    assert area is not None
    assert (area.right - area.left) * (area.bottom - area.top) < 0.01 * SIZE[0] * SIZE[1]


def test_the_frames_of_a_scene_are_those_of_its_canvas_however_many_are_drawn_ahead(
    scene: tuple[Stage, list[Sprite]],
) -> None:
    stage, sprites = scene
    moments = [number / 10 for number in range(5 * AHEAD)]
    canvas = Canvas(stage, sprites, SIZE)
    shown = canvas.show(states(sprites, 0.0))
    for moment, frame in zip(moments, frames(stage, sprites, moments, SIZE), strict=True):
        shown = canvas.show(states(sprites, moment)) if moment else shown
        assert (frame is None) == (shown is None)
        assert frame is None or np.array_equal(frame.to_ndarray(), planes(Converted(canvas.pixels)))


def test_words_stand_in_the_middle_until_the_figure_beside_them_comes(scene: tuple[Stage, list[Sprite]]) -> None:
    stage, (_, first, second, plot, later) = scene
    comes = plot.parts[0][0]
    column = [sprite.place(sprite.state(comes - SLIDE)) for sprite in (first, second)]
    assert min(box.x for box in column) > stage.area.x
    assert all(box.middle[0] == pytest.approx(stage.area.middle[0], abs=COLUMN_GAP) for box in column)
    assert all(sprite.state(comes).aside == 0 for sprite in (first, second, plot))
    assert later.state(later.parts[0][0]).aside == 0


def test_a_formula_is_uncovered_where_it_stands_also_in_the_middle_and_on_its_way_aside() -> None:
    first, plot, formula = CONTENT.beats
    stage, sprites = laid_out(SceneContent(title="A lesson", beats=(formula, plot, first)))
    followed = Canvas(stage, sprites, SIZE)
    for number in range(int(SECONDS * 10)):
        followed.show(states(sprites, number / 10))
        fresh = Canvas(stage, sprites, SIZE)
        fresh.show(states(sprites, number / 10))
        assert np.abs(followed.pixels[..., :3].astype(np.int16) - fresh.pixels[..., :3]).max() <= 1
