"""Held pictures are written without the encoder, and every decoder sees what it would have seen."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from videotutor_renderer.scene.convert import Converted
from videotutor_renderer.scene.encode import write_mp4
from videotutor_renderer.scene.held import HeldPictures
from videotutor_renderer.scene.pictures import KEYFRAME_EVERY

SIZE = (176, 100)
"""A height that is no whole number of macroblocks."""
SILENCE = np.zeros(0, dtype=np.float32)
Luma = NDArray[np.int16]


def pictures(moves: Iterable[bool]) -> list[VideoFrame | None]:
    """A square that goes on with each move; None where it stands."""
    found: list[VideoFrame | None] = []
    at = 0
    for moved in moves:
        at += moved
        pixels = np.zeros((SIZE[1], SIZE[0], 4), dtype=np.uint8)
        pixels[20:60, 3 * at % 130 :][:, :40] = (40, 200, 90, 0)
        found.append(Converted(pixels).frame if moved or not found else None)
    return found


def decoded(path: Path) -> list[Luma]:
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.options = {"err_detect": "explode"}
        return [frame.to_ndarray()[: SIZE[1]].astype(np.int16) for frame in container.decode(video=0)]


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 50)), min_size=1, max_size=6))
def test_what_is_decoded_is_what_was_shown_however_long_it_was_held(
    tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[int, int]]
) -> None:
    moves = [moved for moving, held in runs for moved in [True] * moving + [False] * held]
    path = tmp_path_factory.mktemp("held") / "video.mp4"
    shown = pictures(moves)
    assert write_mp4(path, SIZE, shown, SILENCE) == len(moves)
    last = shown[0]
    seen = decoded(path)
    assert len(seen) == len(moves)
    for frame, found in zip(shown, seen, strict=True):
        last = frame or last
        assert last is not None
        assert np.abs(last.to_ndarray()[: SIZE[1]] - found).mean() < 2


def test_a_long_hold_has_its_key_frames_and_hardly_a_byte_more(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    write_mp4(path, SIZE, [*pictures([True]), *[None] * 299], SILENCE)
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert [i for i, packet in enumerate(packets) if packet.is_keyframe] == [*range(0, 300, KEYFRAME_EVERY)]
    assert [packet.pts for packet in packets] == sorted(packet.pts or 0 for packet in packets)
    assert sorted(packet.size for packet in packets)[150] < 20


def test_pictures_are_numbered_on_and_begin_anew_with_a_key_frame() -> None:
    stream = HeldPictures(*SIZE)
    key, second = bytes.fromhex("00000165888082"), bytes.fromhex("00000001419a21b0")  # a P slice of number 1
    assert stream.encoded(key) == key
    inserted = [stream.held() for _ in range(17)]
    assert len(set(inserted[:16])) == 16
    assert inserted[16] == inserted[0]
    assert stream.encoded(second) == bytes.fromhex("00000001419a41b0"), "1, counted on by 17, of 16"
    assert stream.encoded(key) == key
    assert stream.encoded(second) == second


def test_a_video_cannot_begin_as_the_frame_before(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot begin"):
        write_mp4(tmp_path / "video.mp4", SIZE, [None], SILENCE)
