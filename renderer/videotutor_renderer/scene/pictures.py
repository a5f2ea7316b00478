"""From frames to packets: x264 encodes what moves and the key frames, what is held is written without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from av.packet import Packet
from av.stream import Stream
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from videotutor_renderer.scene.held import HeldPictures
from videotutor_renderer.scene.timeline import FRAMES_PER_SECOND

KEYFRAME_EVERY = 60
"""Frames; a viewer seeks to the nearest two seconds."""
SETTLING = 2
"""Held frames that are encoded all the same, to make good what was coarse in the last that moved."""
_TICK = Fraction(1, FRAMES_PER_SECOND)


def packets(video: VideoStream, frames: Iterable[VideoFrame | None]) -> Iterator[Packet[Stream]]:
    """One packet for each frame, in order; None is a frame like the one before it.

    Raises:
        ValueError: the first frame is None.
    """
    pictures, written = HeldPictures(video.width, video.height), 0
    for number, packet in _encoded(video, frames):
        for held in range(written, number):
            yield _packet(pictures.held(), held, video)
        if packet:
            yield _packet(pictures.encoded(bytes(packet)), number, video, key=packet.is_keyframe)
        written = number + 1


def _encoded(video: VideoStream, frames: Iterable[VideoFrame | None]) -> Iterator[tuple[int, Packet[Stream] | None]]:
    """What the encoder makes of the frames that it is given, with their numbers; last how many frames there were."""
    shown: VideoFrame | None = None
    count = settling = 0
    for frame in frames:
        key = count % KEYFRAME_EVERY == 0
        shown, settling = frame or shown, SETTLING if key or frame else settling - 1
        if shown is None:
            raise ValueError("a video cannot begin with a frame like the one before it")
        if settling >= 0:
            shown.pts, shown.time_base = count, _TICK
            shown.pict_type = PictureType.I if key else PictureType.NONE
            yield from _numbered(video.encode(shown))
        count += 1
    yield from _numbered(video.encode())
    yield count, None


def _numbered(encoded: Iterable[Packet[Stream]]) -> Iterator[tuple[int, Packet[Stream]]]:
    return ((packet.pts or 0, packet) for packet in encoded)


def _packet(unit: bytes, number: int, video: VideoStream, *, key: bool = False) -> Packet[Stream]:
    packet = Packet(unit)
    packet.pts = packet.dts = number
    packet.duration, packet.time_base = 1, _TICK
    packet.stream, packet.is_keyframe = video, key
    return packet
