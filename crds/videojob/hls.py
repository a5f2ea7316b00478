"""Playlists of HTTP Live Streaming (RFC 8216), for a video that is watched while its scenes are still rendered.

Each scene is one fragmented MP4 whose clock starts at zero, so a scene begins with a discontinuity and an
initialization section of its own. The playlist only ever grows at its end, scene by scene.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from videojob.base import Model

MEDIA = "stream.mp4"
INDEX = "stream.json"
"""Files of a scene in the artifact store: picture and sound, and the `Stream` that describes them."""

FILE_PATTERN = r"^stream(\.mp4|-[1-9][0-9]{0,4}\.vtt)$"
"""Files of a scene that playlists name: `MEDIA`, and those of `captions_file`."""

MASTER_PLAYLIST = "playlist.m3u8"
VIDEO_PLAYLIST = "video.m3u8"
CAPTIONS_PLAYLIST = "captions.m3u8"

SCENES = "../../../scenes"
"""From the folder of a joined video in the artifact store to the folder of all scenes; its playlists use it."""

TARGET_SECONDS = 6
"""Longest segment; what Apple's authoring specification for HLS recommends. It must not change during playback."""

_OPENING = ("#EXTM3U", "#EXT-X-VERSION:7")
_GROWING = (
    *_OPENING,
    f"#EXT-X-TARGETDURATION:{TARGET_SECONDS}",
    "#EXT-X-PLAYLIST-TYPE:EVENT",
    "#EXT-X-MEDIA-SEQUENCE:0",
    "#EXT-X-START:TIME-OFFSET=0",  # start at the beginning: live players start near the growing end
)


class Segment(Model):
    """Some frames of a scene that a player loads at once; the first one is a key frame."""

    frames: int
    bytes: int


class Stream(Model):
    """Layout of a scene's `stream.mp4`: the initialization section, then the segments."""

    codecs: str
    """As in RFC 6381, for example `avc1.64001f,mp4a.40.2`."""
    width: int
    height: int
    frames_per_second: int
    header_bytes: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Part:
    """A scene of a playlist; `folder` is where its files are, as an address relative to the playlist."""

    folder: str
    stream: Stream


def master_playlist(streams: Sequence[Stream], language: str, folder: str = "") -> str:
    """The playlist that a player opens; the two it names are in `folder`, which is empty or ends with a slash.

    `streams` are the scenes that are ready, at least one. They determine the bandwidth.
    """
    first = streams[0]
    captions = {
        "TYPE": "SUBTITLES",
        "GROUP-ID": '"captions"',
        "NAME": '"Captions"',
        "LANGUAGE": f'"{language}"',
        "AUTOSELECT": "YES",
        "URI": f'"{folder}{CAPTIONS_PLAYLIST}"',
    }
    video = {
        "BANDWIDTH": max(map(_bandwidth, streams)),
        "CODECS": f'"{first.codecs}"',
        "RESOLUTION": f"{first.width}x{first.height}",
        "FRAME-RATE": f"{first.frames_per_second:.3f}",
        "SUBTITLES": '"captions"',
        "CLOSED-CAPTIONS": "NONE",
    }
    return _text(
        [
            *_OPENING,
            "#EXT-X-INDEPENDENT-SEGMENTS",
            f"#EXT-X-MEDIA:{_attributes(captions)}",
            f"#EXT-X-STREAM-INF:{_attributes(video)}",
            f"{folder}{VIDEO_PLAYLIST}",
        ]
    )


def video_playlist(parts: Sequence[Part], *, ended: bool) -> str:
    """Picture and sound of the scenes that are ready; `ended`: no more will come."""
    lines = [*_GROWING]
    for i, part in enumerate(parts):
        address = f"{part.folder}/{MEDIA}"
        lines += _discontinuity(i)
        lines.append(f'#EXT-X-MAP:URI="{address}",BYTERANGE="{part.stream.header_bytes}@0"')
        lines += _ranges(part.stream, address)
    return _text(lines + _ending(ended=ended))


def captions_playlist(parts: Sequence[Part], *, ended: bool) -> str:
    """Captions of the scenes that are ready, in segments of the same lengths.

    Segments as long as a scene would need another target duration, which RFC 8216, section 6.2.4 forbids.
    """
    lines = [*_GROWING]
    for i, part in enumerate(parts):
        lines += _discontinuity(i)
        for number, segment in enumerate(part.stream.segments, 1):
            lines += [_duration(segment, part.stream), f"{part.folder}/{captions_file(number)}"]
    return _text(lines + _ending(ended=ended))


def captions_file(number: int) -> str:
    """File of the captions of a scene's segment, counted from 1, in the folder of its `MEDIA`."""
    return f"stream-{number}.vtt"


def _attributes(values: Mapping[str, object]) -> str:
    return ",".join(f"{name}={value}" for name, value in values.items())


def _discontinuity(index: int) -> list[str]:
    return ["#EXT-X-DISCONTINUITY"] if index else []


def _ranges(stream: Stream, address: str) -> Iterator[str]:
    start = stream.header_bytes
    for segment in stream.segments:
        yield _duration(segment, stream)
        yield f"#EXT-X-BYTERANGE:{segment.bytes}@{start}"
        yield address
        start += segment.bytes


def _duration(segment: Segment, stream: Stream) -> str:
    return f"#EXTINF:{segment.frames / stream.frames_per_second:.6f},"


def _ending(*, ended: bool) -> list[str]:
    return ["#EXT-X-ENDLIST"] if ended else []


def _bandwidth(stream: Stream) -> int:
    """Bits a second of the segment that has the most."""
    return max(math.ceil(segment.bytes * 8 * stream.frames_per_second / segment.frames) for segment in stream.segments)


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"
