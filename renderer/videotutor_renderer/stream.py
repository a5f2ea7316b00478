"""A scene as HTTP Live Streaming wants it: its MP4 cut at key frames into pieces that play while others are made.

Packets are copied, nothing is encoded again. The encoder's priming packet (before time zero) is left out, so that
picture and sound both start at zero and no edit list is needed, which players of fragments do not all heed.
"""

from __future__ import annotations

import itertools
import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
from av.codec.context import CodecContext

from videojob import hls
from videojob.base import canonical_json
from videojob.hls import TARGET_SECONDS, Segment, Stream
from videotutor_renderer.scene.captions import Caption, read_web_vtt, web_vtt
from videotutor_renderer.scene.timeline import FRAMES_PER_SECOND

_FRAGMENTED = {
    "fflags": "+bitexact",
    "movflags": "+empty_moov+default_base_moof+frag_keyframe+skip_trailer",
    "use_editlist": "0",
}
_ORIGIN = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n"
"""Header of captions whose zero is the zero of the scene's own clock (RFC 8216, section 3.5)."""


def write_stream(directory: Path) -> None:
    """Put stream.mp4, stream.json and each segment's captions beside a scene's scene.mp4 and captions.vtt."""
    stream = _remuxed(directory / "scene.mp4", directory / hls.MEDIA)
    (directory / hls.INDEX).write_text(canonical_json(stream.to_json_object()), encoding="utf-8")
    captions = read_web_vtt((directory / "captions.vtt").read_text(encoding="utf-8"))
    for number, text in enumerate(_cut(captions, stream.segments), 1):
        (directory / hls.captions_file(number)).write_text(text, encoding="utf-8")


def _cut(captions: Sequence[Caption], segments: Sequence[Segment]) -> Iterator[str]:
    """What is shown during each segment, as WebVTT; a caption that goes on in the next one is in both.

    A player may join at any segment, so it is to find all of it there (RFC 8216, section 3.5), but no more: not every
    player sees that it has a caption already.
    """
    ends = itertools.accumulate(segment.frames for segment in segments)
    for start, end in itertools.pairwise(frames / FRAMES_PER_SECOND for frames in (0, *ends)):
        shown = [caption for caption in captions if caption.start < end and start < caption.end]
        yield _ORIGIN + web_vtt(shown).removeprefix("WEBVTT\n")


def _remuxed(scene: Path, target: Path) -> Stream:
    groups: list[int] = []
    """Frames from each key frame to the next."""
    with av.open(str(scene)) as source, av.open(str(target), "w", format="mp4", options=_FRAGMENTED) as output:
        video, audio = source.streams.video[0], source.streams.audio[0]
        copies = {stream.index: output.add_stream_from_template(stream) for stream in (video, audio)}
        for packet in source.demux(video, audio):
            if packet.pts is None or packet.pts < 0:  # the empty packet that ends a stream, and the priming packet
                continue
            if packet.stream is video:
                groups += [0] if packet.is_keyframe else []
                groups[-1] += 1
            packet.stream = copies[packet.stream.index]
            output.mux(packet)
        codecs, size = _codecs(video.codec_context), (video.width, video.height)
    header, fragments = _layout(target)
    return Stream(
        codecs=codecs,
        width=size[0],
        height=size[1],
        frames_per_second=FRAMES_PER_SECOND,
        header_bytes=header,
        segments=_segments(groups, fragments),
    )


def _codecs(video: CodecContext) -> str:
    """The codecs' names of RFC 6381: H.264 with the three profile bytes of its avcC box, AAC-LC."""
    profile = (video.extradata or b"")[1:4]
    return f"avc1.{profile.hex()},mp4a.40.2"


def _layout(path: Path) -> tuple[int, list[int]]:
    """Bytes of what stands before the first fragment (boxes ftyp and moov), and of each fragment (moof and mdat)."""
    header = 0
    fragments: list[int] = []
    for kind, size in _boxes(path):
        if kind == b"moof":
            fragments.append(size)
        elif fragments:
            fragments[-1] += size
        else:
            header += size
    return header, fragments


def _boxes(path: Path) -> Iterator[tuple[bytes, int]]:
    """Kind and size of the outermost boxes (ISO/IEC 14496-12)."""
    with path.open("rb") as file:
        while start := file.read(8):
            size, kind = struct.unpack(">I4s", start)
            yield kind, size
            file.seek(size - len(start), os.SEEK_CUR)


def _segments(groups: Sequence[int], fragments: Sequence[int]) -> tuple[Segment, ...]:
    """Fragments, each of which starts with a key frame, together as long as the target duration allows."""
    segments: list[Segment] = []
    for frames, size in zip(groups, fragments, strict=True):
        last = segments[-1] if segments else None
        if last and last.frames + frames <= TARGET_SECONDS * FRAMES_PER_SECOND:
            segments[-1] = Segment(frames=last.frames + frames, bytes=last.bytes + size)
        else:
            segments.append(Segment(frames=frames, bytes=size))
    return tuple(segments)
