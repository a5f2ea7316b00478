"""Playlists as RFC 8216 wants them, for any scenes."""

from __future__ import annotations

import re
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.videojob.hls_rules import growth_faults, media_faults, multivariant_faults
from videojob.hls import (
    FILE_PATTERN,
    TARGET_SECONDS,
    Part,
    Segment,
    Stream,
    captions_playlist,
    master_playlist,
    video_playlist,
)

segments = st.builds(Segment, frames=st.integers(1, TARGET_SECONDS * 30), bytes=st.integers(1, 10**7))


def a_stream(header_bytes: int, found: list[Segment]) -> Stream:
    return Stream(
        codecs="avc1.64001f,mp4a.40.2",
        width=1280,
        height=720,
        frames_per_second=30,
        header_bytes=header_bytes,
        segments=tuple(found),
    )


streams = st.builds(a_stream, st.integers(1, 5000), st.lists(segments, min_size=1, max_size=8))
scenes = st.lists(streams, min_size=1, max_size=6).map(
    lambda found: [Part(f"../../scenes/{i}", stream) for i, stream in enumerate(found)]
)


def durations(playlist: str) -> list[str]:
    return re.findall(r"^#EXTINF:(\d+\.\d{6}),$", playlist, re.MULTILINE)


def frames_of(parts: list[Part]) -> list[int]:
    return [segment.frames for part in parts for segment in part.stream.segments]


@given(scenes)
def test_every_playlist_keeps_the_rules(parts: list[Part]) -> None:
    assert [*multivariant_faults(master_playlist([part.stream for part in parts], "pt-BR"))] == []
    assert [*media_faults(video_playlist(parts, ended=True), fragmented=True)] == []
    assert [*media_faults(captions_playlist(parts, ended=True), fragmented=False)] == []


@given(scenes)
def test_every_duration_is_exact_to_the_frame_and_within_the_target(parts: list[Part]) -> None:
    playlist = video_playlist(parts, ended=False)
    assert f"#EXT-X-TARGETDURATION:{TARGET_SECONDS}\n" in playlist
    assert [round(Fraction(text) * 30) for text in durations(playlist)] == frames_of(parts)
    assert all(Fraction(text) <= TARGET_SECONDS for text in durations(playlist))


@given(scenes)
def test_the_ranges_of_a_scene_are_all_of_its_file_without_gap_or_overlap(parts: list[Part]) -> None:
    playlist = video_playlist(parts, ended=True)
    for part in parts:
        address = re.escape(f"{part.folder}/stream.mp4")
        header = re.search(rf'^#EXT-X-MAP:URI="{address}",BYTERANGE="(\d+)@0"$', playlist, re.MULTILINE)
        assert header
        end = int(header[1])
        for size, start in re.findall(rf"^#EXT-X-BYTERANGE:(\d+)@(\d+)\n{address}$", playlist, re.MULTILINE):
            assert int(start) == end
            end += int(size)
        assert end == part.stream.header_bytes + sum(segment.bytes for segment in part.stream.segments)


@given(scenes)
def test_each_scene_but_the_first_begins_with_a_discontinuity_in_both_playlists(parts: list[Part]) -> None:
    for playlist in (video_playlist(parts, ended=True), captions_playlist(parts, ended=True)):
        pieces = playlist.split("#EXT-X-DISCONTINUITY\n")
        assert [set(re.findall(r"scenes/(\d+)/", piece)) for piece in pieces] == [{str(i)} for i in range(len(parts))]


@given(scenes)
def test_captions_have_the_lengths_and_the_target_of_the_video(parts: list[Part]) -> None:
    captions, video = captions_playlist(parts, ended=True), video_playlist(parts, ended=True)
    assert durations(captions) == durations(video)
    assert captions.splitlines()[:6] == video.splitlines()[:6]


@given(scenes)
def test_each_segment_has_captions_of_its_own(parts: list[Part]) -> None:
    found = re.findall(r"^[^#].*$", captions_playlist(parts, ended=True), re.MULTILINE)
    assert found == [
        f"{part.folder}/stream-{number}.vtt" for part in parts for number in range(1, len(part.stream.segments) + 1)
    ]
    assert all(re.fullmatch(FILE_PATTERN, address.rpartition("/")[2]) for address in found)


@given(scenes, st.data())
def test_a_playlist_only_grows_at_its_end(parts: list[Part], data: st.DataObject) -> None:
    ready = parts[: data.draw(st.integers(1, len(parts)))]
    for build in (video_playlist, captions_playlist):
        assert [*growth_faults(build(ready, ended=False), build(parts, ended=True))] == []
        assert build(parts, ended=True) == build(parts, ended=False) + "#EXT-X-ENDLIST\n"


@given(st.lists(streams, min_size=1, max_size=5))
def test_the_promised_bandwidth_is_never_exceeded(found: list[Stream]) -> None:
    promised = re.search(r"BANDWIDTH=(\d+),", master_playlist(found, "en"))
    assert promised
    for stream in found:
        for segment in stream.segments:
            assert int(promised[1]) >= segment.bytes * 8 * 30 / segment.frames


def test_the_master_playlist_names_video_and_captions() -> None:
    stream = a_stream(800, [Segment(frames=180, bytes=60_000), Segment(frames=16, bytes=8000)])
    captions = 'TYPE=SUBTITLES,GROUP-ID="captions",NAME="Captions",LANGUAGE="pt-BR",AUTOSELECT=YES'
    video = (
        'CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=30.000,SUBTITLES="captions",CLOSED-CAPTIONS=NONE'
    )
    assert master_playlist([stream], "pt-BR", "live/abc/").splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MEDIA:{captions},URI="live/abc/captions.m3u8"',
        f"#EXT-X-STREAM-INF:BANDWIDTH=120000,{video}",
        "live/abc/video.m3u8",
    ]
