"""Scenes joined by copying their packets; nothing is encoded again.

Every scene lasts a multiple of 16 frames, which is a whole number of AAC frames, and starts and ends in silence, so
packets only need new time stamps. The encoder's priming packet (before time zero) is kept of the first scene only.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Disposition, Stream

from videojob.digest import RENDERER_VERSION
from videotutor_renderer.languages import iso_639_2
from videotutor_renderer.scene.captions import Caption
from videotutor_renderer.scene.timeline import FRAMES_PER_SECOND

MILLISECOND = Fraction(1, 1000)


@dataclass(frozen=True)
class Part:
    """A scene to join: its file, the title of its chapter, its length in frames."""

    path: Path
    title: str
    frames: int


@dataclass(frozen=True)
class Label:
    """What a player shows of the video: its title, its language as BCP 47 tag, a JPEG as large as the picture."""

    title: str
    language: str
    poster: bytes


def join(parts: Sequence[Part], captions: Sequence[Caption], label: Label, target: Path) -> None:
    """Write the joined video: a chapter for each part, captions as a track, title, languages and cover picture.

    Nothing in it depends on when or where it is written: the same scenes give the same bytes.
    """
    options = {"fflags": "+bitexact", "movflags": "+faststart"}
    with av.open(str(target), "w", options=options) as output, av.open(str(parts[0].path)) as first:
        video = output.add_stream_from_template(first.streams.video[0])
        audio = output.add_stream_from_template(first.streams.audio[0])
        text = output.add_mux_stream("mov_text", time_base=MILLISECOND) if captions else None
        for stream in filter(None, (video, audio, text)):
            stream.metadata["language"] = iso_639_2(label.language)
        output.metadata["title"] = _plain(label.title)
        output.metadata["encoding_tool"] = f"videotutor renderer {RENDERER_VERSION}"
        output.set_chapters(list(_chapters(parts)))
        _add_cover(label.poster, (video.width, video.height), output)
        offset = 0
        for part in parts:
            _copy(part, offset, output, video, audio)
            offset += part.frames
        if text is not None:
            for packet in _texts(captions, text):
                output.mux(packet)


def _add_cover(poster: bytes, size: tuple[int, int], output: OutputContainer) -> None:
    """The poster as cover picture (`covr`), which file managers show and players do not take for a video track."""
    cover = output.add_mux_stream("mjpeg", width=size[0], height=size[1])
    cover.disposition = Disposition.attached_pic
    packet = Packet(poster)
    packet.pts = packet.dts = 0
    packet.stream = cover
    output.mux(packet)


def _chapters(parts: Sequence[Part]) -> Iterator[av.container.core.Chapter]:
    start = 0
    for number, part in enumerate(parts):
        end = start + part.frames
        yield {
            "id": number,
            "start": start,
            "end": end,
            "time_base": Fraction(1, FRAMES_PER_SECOND),
            "metadata": {"title": _plain(part.title)},
        }
        start = end


def _plain(title: str) -> str:
    """One line without control characters: the first null byte would end a title, and players show the others."""
    return " ".join("".join(c for c in title if c.isspace() or unicodedata.category(c) != "Cc").split())


def _copy(part: Part, offset: int, output: OutputContainer, video: Stream, audio: Stream) -> None:
    """Copy one part's packets to where it starts; `offset` is in frames."""
    with av.open(str(part.path)) as source:
        for packet in source.demux(source.streams.video[0], source.streams.audio[0]):
            if packet.dts is None or packet.pts is None:  # the empty packet that ends a stream
                continue
            sounds = packet.stream.type == "audio"
            if sounds and offset and packet.pts < 0:
                continue
            shift = int(Fraction(offset, FRAMES_PER_SECOND) / packet.time_base)
            packet.pts += shift
            packet.dts += shift
            packet.stream = audio if sounds else video
            output.mux(packet)


def _texts(captions: Sequence[Caption], stream: Stream) -> Iterator[Packet[Stream]]:
    """3GPP timed text (ETSI TS 126 245): a 16-bit length and UTF-8; an empty text ends the one before it."""
    previous_end = 0
    for caption in captions:
        start, end = round(caption.start * 1000), round(caption.end * 1000)
        if start > previous_end:
            yield _text("", previous_end, start, stream)
        yield _text(caption.text, start, end, stream)
        previous_end = end


def _text(words: str, start: int, end: int, stream: Stream) -> Packet[Stream]:
    data = words.encode()
    packet = Packet(struct.pack(">H", len(data)) + data)
    packet.pts = packet.dts = start
    packet.duration = end - start
    packet.time_base = MILLISECOND
    packet.stream = stream
    return packet
