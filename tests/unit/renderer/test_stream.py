"""A scene as it is streamed: demuxed again from the pieces that a player loads."""

from __future__ import annotations

import io
import itertools
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from videojob.hls import TARGET_SECONDS, Stream
from videojob.spec import Narration, Output, Resolution
from videojob.storyboard import Beat, SceneContent
from videojob.visuals import BulletsVisual
from videotutor_renderer.scene.captions import read_web_vtt
from videotutor_renderer.scene.images import Look
from videotutor_renderer.scene.render import render
from videotutor_renderer.stream import write_stream


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scene of some nine seconds, so of two segments, with speech and its stream."""
    directory = tmp_path_factory.mktemp("scene")
    says = ("Numbers are things that we count with, and letters are not.", "So it is. " * 4)
    content = SceneContent(title="T", beats=tuple(Beat(say=say, show=BulletsVisual(items=("a",))) for say in says))
    render(content, Look(Output(resolution=Resolution.P480)), Narration(voice="espeak"), "en", directory)
    write_stream(directory)
    return directory


def index(scene: Path) -> Stream:
    return Stream.model_validate_json((scene / "stream.json").read_text())


def known(time: int | None) -> int:
    assert time is not None
    return time


def packets(file: Path | io.BytesIO, kind: str) -> list[tuple[int, int, int, bytes]]:
    """Decoding and presentation time, duration and data of every packet of a stream."""
    with av.open(file if isinstance(file, io.BytesIO) else str(file), mode="r") as container:
        (stream,) = (stream for stream in container.streams if stream.type == kind)
        return [
            (packet.dts, packet.pts, known(packet.duration), bytes(packet))
            for packet in container.demux(stream)
            if packet.dts is not None and packet.pts is not None
        ]


def test_the_pieces_are_the_whole_file(scene: Path) -> None:
    stream = index(scene)
    total = stream.header_bytes + sum(segment.bytes for segment in stream.segments)
    assert total == (scene / "stream.mp4").stat().st_size


def test_every_packet_of_the_scene_is_in_the_stream_but_the_priming_one(scene: Path) -> None:
    for kind in ("video", "audio"):
        original = [data for _, pts, _, data in packets(scene / "scene.mp4", kind) if pts >= 0]
        assert [data for *_, data in packets(scene / "stream.mp4", kind)] == original


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_time_starts_at_zero_and_has_no_gap(scene: Path, kind: str) -> None:
    found = packets(scene / "stream.mp4", kind)
    assert found[0][:2] == (0, 0)
    assert all(dts == pts for dts, pts, *_ in found)
    assert all(after[0] == before[0] + before[2] for before, after in itertools.pairwise(found))


def test_picture_and_sound_last_equally_long(scene: Path) -> None:
    with av.open(str(scene / "stream.mp4")) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert video.time_base
        assert audio.time_base
        bases = {"video": video.time_base, "audio": audio.time_base}
    ends = {
        kind: (last[0] + last[2]) * bases[kind] for kind in bases for last in packets(scene / "stream.mp4", kind)[-1:]
    }
    assert ends["video"] == ends["audio"]


def test_each_segment_plays_on_its_own_after_the_initialization_section(scene: Path) -> None:
    stream, data = index(scene), (scene / "stream.mp4").read_bytes()
    start = stream.header_bytes
    assert len(stream.segments) > 1
    for segment in stream.segments:
        piece = io.BytesIO(data[: stream.header_bytes] + data[start : start + segment.bytes])
        with av.open(piece, mode="r") as container:
            assert sum(1 for _ in container.decode(video=0)) == segment.frames
        assert segment.frames <= TARGET_SECONDS * 30
        start += segment.bytes


def test_the_file_is_fragmented_as_rfc_8216_wants_it(scene: Path) -> None:
    data, header_bytes = (scene / "stream.mp4").read_bytes(), index(scene).header_bytes
    header = data[:header_bytes]
    fragments = [data[at : at + size] for at, kind, size in boxes(data) if kind == b"moof"]

    assert [kind for _, kind, _ in boxes(header)] == [b"ftyp", b"moov"]
    assert b"iso6" in header[8:28]
    assert b"mvex" in header
    assert b"edts" not in header
    assert len(fragments) > 1
    for fragment in fragments:
        assert [fragment.count(kind) for kind in (b"traf", b"tfdt", b"trun")] == [2, 2, 2]
        flags = [fragment[at.end() + 1 : at.end() + 4] for at in re.finditer(b"tfhd", fragment)]
        assert all(flag[0] & 0x02 for flag in flags)  # default-base-is-moof


def boxes(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Start, kind and size of the outermost boxes."""
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        yield at, kind, size
        at += size


def test_the_codecs_are_named_as_the_header_has_them(scene: Path) -> None:
    stream = index(scene)
    assert stream.codecs == "avc1.64001f,mp4a.40.2"  # High profile, level 3.1
    assert (stream.width, stream.height, stream.frames_per_second) == (854, 480, 30)


def test_the_captions_of_a_segment_are_those_that_are_shown_during_it(scene: Path) -> None:
    everything = read_web_vtt((scene / "captions.vtt").read_text())
    start = 0.0
    for number, segment in enumerate(index(scene).segments, 1):
        text, end = (scene / f"stream-{number}.vtt").read_text(), start + segment.frames / 30
        assert text.startswith("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n")
        assert read_web_vtt(text) == [cue for cue in everything if cue.start < end and start < cue.end] != []
        start = end
