"""Pictures of a scene: decoded strictly, the right way up, no larger than the frame, and told where they cannot be."""

from __future__ import annotations

import contextlib
import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.pictures import ENCODERS, Rows, encoded, png_of, quarters, turned
from videojob.images import BadImageError, image_id, image_key
from videojob.spec import Narration, Output, Resolution, SceneOverride, Theme
from videojob.status import FailureClass
from videojob.storyboard import Beat, SceneContent, Storyboard
from videojob.tasks import SceneTask
from videojob.visuals import ImageVisual
from videotutor_renderer.errors import TaskError
from videotutor_renderer.scene.images import MOST, Images, Look, decoded, images_of, on_ground
from videotutor_renderer.scene.orientation import orientation
from videotutor_renderer.scene.render import still
from videotutor_renderer.scene.task import run_scene
from videotutor_renderer.scene.theme import TOKENS
from videotutor_renderer.store import Store

SMALL = Output(resolution=Resolution.P480)
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
AS_STORED = [[RED, GREEN], [BLUE, WHITE]]
HOW_SEEN = {
    1: AS_STORED,
    2: [[GREEN, RED], [WHITE, BLUE]],
    3: [[WHITE, BLUE], [GREEN, RED]],
    4: [[BLUE, WHITE], [RED, GREEN]],
    5: [[RED, BLUE], [GREEN, WHITE]],
    6: [[BLUE, RED], [WHITE, GREEN]],
    7: [[WHITE, GREEN], [BLUE, RED]],
    8: [[GREEN, WHITE], [RED, BLUE]],
}
"""Orientation -> the quarters as a viewer sees them (Exif 3.0, section 4.6.4)."""


def corners(pixels: npt.NDArray[np.uint8]) -> list[list[tuple[int, ...]]]:
    """Red, green and blue in the middle of each quarter, rounded to all or nothing."""
    height, width = pixels.shape[:2]
    rows, columns = (height // 4, 3 * height // 4), (width // 4, 3 * width // 4)
    return [[tuple(255 if part > 127 else 0 for part in pixels[y, x, 2::-1].tolist()) for x in columns] for y in rows]


def a_scene(*images: str) -> SceneContent:
    return SceneContent(
        title="Cells", beats=tuple(Beat(show=ImageVisual(image=image, alt="A cell")) for image in images)
    )


def stored(store: Store, content: bytes, image: str = "") -> str:
    name = image or image_id(content)
    store.write(image_key("ns", name), content)
    return name


def refusal(content: SceneContent, store: Store) -> str:
    with pytest.raises(TaskError) as caught:
        images_of(content, SMALL, store, "ns")
    assert caught.value.failure_class is FailureClass.BAD_SCENE
    return str(caught.value)


@pytest.mark.parametrize("format_", ENCODERS)
def test_each_format_is_decoded(format_: str) -> None:
    pixels = decoded(encoded(quarters(64, 48), format_), (854, 480))
    assert pixels.shape == (48, 64, 4)
    assert corners(pixels) == AS_STORED


@pytest.mark.parametrize(("how", "order", "format_"), [*itertools.product(HOW_SEEN, "<>", ["PNG", "JPEG"])])
def test_a_picture_is_seen_as_the_camera_was_held(how: int, order: str, format_: str) -> None:
    pixels = decoded(turned(encoded(quarters(64, 48), format_), how, order), (854, 480))
    assert pixels.shape[:2] == ((48, 64) if how < 5 else (64, 48))
    assert corners(pixels) == HOW_SEEN[how]


@given(st.binary(max_size=40))
def test_exif_data_that_makes_no_sense_turns_nothing(rest: bytes) -> None:
    assert orientation(b"\xff\xd8Exif\0\0MM\0*\0\0\0\x08" + b"\0" * 2 + rest) == 1
    assert isinstance(orientation(b"\xff\xd8Exif\0\0II*\0" + rest), int)


def test_a_large_picture_is_no_larger_than_the_frame_and_keeps_its_shape() -> None:
    assert decoded(encoded(quarters(2000, 1000)), (854, 480)).shape == (427, 854, 4)
    assert decoded(encoded(quarters(1000, 2000)), (854, 480)).shape == (854, 427, 4)
    assert decoded(encoded(quarters(4000, 2)), (854, 480)).shape == (1, 854, 4)


@pytest.mark.parametrize("format_", ENCODERS)
def test_equal_files_are_equal_pictures(format_: str) -> None:
    content = encoded(quarters(601, 403), format_)
    first = decoded(content, (854, 480))
    assert all(np.array_equal(first, decoded(content, (854, 480))) for _ in range(3))


@pytest.mark.parametrize("format_", ENCODERS)
@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9])
def test_a_file_that_is_cut_off_is_refused(format_: str, kept: float) -> None:
    content = encoded(quarters(640, 480), format_)
    with pytest.raises(BadImageError, match=r"is cut off|header has no size"):
        decoded(content[: int(len(content) * kept)], (854, 480))


@given(at=st.integers(40, 400), value=st.integers(0, 255), format_=st.sampled_from(list(ENCODERS)))
def test_a_damaged_file_is_a_picture_or_refused(at: int, value: int, format_: str) -> None:
    content = bytearray(encoded(quarters(64, 48), format_))
    content[at % len(content)] = value
    with contextlib.suppress(BadImageError):
        assert decoded(bytes(content), (854, 480)).ndim == 3


def test_a_bomb_is_refused_by_its_header_whatever_it_holds() -> None:
    with pytest.raises(BadImageError, match="60000 x 60000 pixels"):
        decoded(png_of(60_000, 60_000, bytes(1 << 20)), (854, 480))


def test_a_file_that_is_smaller_than_its_header_says_is_refused() -> None:
    with pytest.raises(BadImageError, match="is broken: it cannot be decoded as PNG"):
        decoded(png_of(5000, 5000, bytes(1000)), (854, 480))


def ink_on_nothing(shade: int) -> Rows:
    rows = np.zeros((40, 40, 4), dtype=np.uint8)
    rows[10:30, 10:30] = (shade, shade, shade, 255)
    return rows


@pytest.mark.parametrize("theme", Theme)
@pytest.mark.parametrize("shade", [0, 255])
def test_what_is_transparent_becomes_a_ground_that_the_rest_stands_out_from(theme: Theme, shade: int) -> None:
    pixels = on_ground(decoded(encoded(ink_on_nothing(shade)), (854, 480)), TOKENS[theme])
    assert (pixels[..., 3] == 255).all()
    assert abs(int(pixels[0, 0, 1]) - int(pixels[20, 20, 1])) > 128


def test_a_small_picture_is_enlarged_only_so_much_and_at_every_resolution_alike() -> None:
    found = {"a": decoded(encoded(quarters(40, 30)), (854, 480))}
    sizes = {(p.width, p.height) for p in (Images(found, scale).fitted("a", 500, 500) for scale in (1.0, 2.0))}
    assert sizes == {(80, 60)}


@given(width=st.floats(1, 1000), height=st.floats(1, 1000), scale=st.sampled_from([0.67, 1.0, 3.0]))
def test_a_picture_fits_into_its_place_to_a_pixel(width: float, height: float, scale: float) -> None:
    found = {"a": np.zeros((48, 64, 4), dtype=np.uint8)}
    picture = Images(found, scale).fitted("a", width, height)
    assert picture.width <= width + 1 / scale
    assert picture.height <= height + 1 / scale


def test_a_scene_knows_its_pictures_each_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    image = stored(store, encoded(quarters()))
    assert images_of(a_scene(image, image), SMALL, store, "ns").fitted(image, 60, 60).height == pytest.approx(45, abs=1)


def test_a_picture_that_cannot_be_shown_is_told_with_its_field_and_the_fix(tmp_path: Path) -> None:
    store = Store(tmp_path)
    good = stored(store, encoded(quarters()))
    cut = stored(store, encoded(quarters())[:-20])
    damaged = stored(store, b"something else", "d" * 64)
    missing = "e" * 64
    place = "beats[1].show.image: the picture "
    upload = f"upload it (PUT /images/{missing})"
    assert refusal(a_scene(good, cut), store).startswith(f"{place}{cut} is cut off")
    assert (
        refusal(a_scene(good, damaged), store) == f"{place}{damaged} is damaged in the artifact store; upload it again"
    )
    assert refusal(a_scene(good, missing), store).startswith(f"{place}{missing} is not in the artifact store; {upload}")


def test_a_picture_of_another_namespace_is_not_there(tmp_path: Path) -> None:
    store = Store(tmp_path)
    image = stored(store, encoded(quarters()))
    with pytest.raises(TaskError, match="is not in the artifact store"):
        images_of(a_scene(image), SMALL, store, "other")


def test_a_scene_shows_only_so_many_different_pictures(tmp_path: Path) -> None:
    store = Store(tmp_path)
    images = [stored(store, encoded(quarters(20 + i, 20))) for i in range(MOST + 1)]
    assert refusal(a_scene(*images), store).startswith(
        f"beats[{MOST}].show.image: a scene shows {MOST} different pictures"
    )


def test_a_picture_is_seen_in_the_scene_that_shows_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    content = a_scene(stored(store, encoded(quarters(800, 600))))
    picture = still(content, Look(SMALL, images_of(content, SMALL, store, "ns")), "en")
    seen = {tuple(pixel) for pixel in picture[::20, ::20, 2::-1].reshape(-1, 3).tolist()}
    assert {RED, GREEN, BLUE, WHITE} <= seen


def test_a_scene_without_its_picture_is_not_published(tmp_path: Path, a_storyboard: Storyboard) -> None:
    store = Store(tmp_path)
    store.write("ns/k.json", a_storyboard.model_dump_json(by_alias=True).encode())
    override = SceneOverride(scene="one", content=a_scene("e" * 64))
    fields = {"namespace": "ns", "digest": "d", "storyboard": "ns/k.json", "scene_id": "one", "override": override}
    with pytest.raises(TaskError, match=r"beats\[0\]\.show\.image: the picture e+ is not in the artifact store"):
        run_scene(SceneTask.model_validate({**fields, "output": SMALL, "narration": Narration()}), store)
    assert not store.path("ns/scenes/d").exists()
