"""The pictures that a scene shows, from the artifact store: decoded, and at once made no larger than the frame.

FFmpeg's decoders are called by name, without its demuxers and protocols: nothing in a file can lead to another file or
an address, and no other format is tried. They are told to be strict, so a file that is broken is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

import av
import cairo
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from videojob.image_header import ImageFormat, header
from videojob.images import MAX_PIXELS, BadImageError, image_id, image_key
from videojob.spec import Output
from videojob.storyboard import SceneContent
from videojob.visuals import ImageVisual
from videotutor_renderer.errors import bad_scene
from videotutor_renderer.limits import working_on
from videotutor_renderer.scene.frame import SHORT_SIDE, pixels
from videotutor_renderer.scene.orientation import upright
from videotutor_renderer.scene.theme import TOKENS, Tokens, colour
from videotutor_renderer.scene.typeset import Picture
from videotutor_renderer.store import Store

Pixels = NDArray[np.uint8]
"""Rows of pixels of four bytes in cairo's order: blue, green, red, opacity."""

MOST = 8
"""Different pictures in one scene: all of them are in memory at once, each up to the size of the frame."""
MOST_ENLARGED = 2.0
"""Points that a pixel of a small picture may become; with more it looks coarse."""

_DECODERS = {ImageFormat.PNG: "png", ImageFormat.JPEG: "mjpeg", ImageFormat.WEBP: "webp"}
_STRICT = {"err_detect": "crccheck+bitstream+buffer+explode", "max_pixels": str(MAX_PIXELS)}
"""Options of FFmpeg's decoders: damage ends the decoding, and so do more pixels than a header may tell."""
_LUMA = (0.0722, 0.7152, 0.2126)
"""Weights of blue, green and red in how light a colour looks (Rec. ITU-R BT.709, item 3.2)."""


class Images:
    """The pictures of a scene by their ids; `scale` is pixels of the output for each point."""

    def __init__(self, found: Mapping[str, Pixels], scale: float) -> None:
        self._found = found
        self._scale = scale

    def fitted(self, image: str, width: float, height: float) -> Picture:
        """A picture as large as it can be within so many points, its sides in proportion."""
        found = self._found[image]
        natural = (found.shape[1], found.shape[0])
        room = (min(width, natural[0] * MOST_ENLARGED), min(height, natural[1] * MOST_ENLARGED))
        size = _within(natural, (room[0] * self._scale, room[1] * self._scale))
        frame = VideoFrame.from_ndarray(found, format="bgra")
        scaled = _scaled(frame, size, Interpolation.BICUBIC)
        surface = cairo.ImageSurface.create_for_data(scaled.data, cairo.FORMAT_RGB24, *size)
        return Picture(surface, size[0] / self._scale, size[1] / self._scale)


NO_IMAGES = Images(MappingProxyType({}), 1.0)


@dataclass(frozen=True)
class Look:
    """How a scene looks: the settings of its output, and the pictures that it shows."""

    output: Output
    images: Images = NO_IMAGES


def images_of(scene: SceneContent, output: Output, store: Store, namespace: str) -> Images:
    """Every picture that a scene shows.

    Raises:
        TaskError: one is missing or cannot be shown, or there are too many; it names the field. Or the store failed.
    """
    size, tokens = pixels(output), TOKENS[output.theme]
    found: dict[str, Pixels] = {}
    for i, beat in enumerate(scene.beats):
        if isinstance(beat.show, ImageVisual) and beat.show.image not in found:
            with working_on(f"beats[{i}].show.image"):
                if len(found) == MOST:
                    raise bad_scene(f"a scene shows {MOST} different pictures at most; divide it")
                try:
                    content = _stored(beat.show.image, store, namespace)
                    found[beat.show.image] = on_ground(decoded(content, size), tokens)
                except BadImageError as error:
                    raise bad_scene(f"the picture {beat.show.image} {error}") from error
    return Images(found, min(size) / SHORT_SIDE)


def _stored(image: str, store: Store, namespace: str) -> bytes:
    key = image_key(namespace, image)
    if not store.path(key).exists():
        upload = f"upload it (PUT /images/{image}), or give videotutor-render the outline that it stands in"
        raise BadImageError(f"is not in the artifact store; {upload}")
    content = store.read(key)
    if image_id(content) != image:
        raise BadImageError("is damaged in the artifact store; upload it again")
    return content


def decoded(content: bytes, most: tuple[int, int]) -> Pixels:
    """A picture as it was meant to be looked at, within so many pixels; colours are not multiplied by opacity.

    Raises:
        BadImageError: the file is no picture that can be shown.
    """
    format_ = header(content).format
    try:
        frames = _frames(content, _DECODERS[format_])
        if not frames:
            raise BadImageError(f"has no picture in it, although it begins as {format_}; save it again")
        natural = (frames[0].width, frames[0].height)
        side = min(max(most), max(natural))
        return upright(_scaled(frames[0], _within(natural, (side, side)), Interpolation.AREA), content)
    except av.FFmpegError as error:
        if isinstance(error, MemoryError):
            raise
        raise BadImageError(f"is broken: it cannot be decoded as {format_}; save it again") from error


def _frames(content: bytes, codec: str) -> list[VideoFrame]:
    decoder = cast("VideoCodecContext", av.CodecContext.create(codec, "r"))
    decoder.options = _STRICT
    decoder.thread_count = 1  # each thread would hold pictures of its own
    return [*decoder.decode(av.Packet(content)), *decoder.decode(None)]


def _scaled(frame: VideoFrame, size: tuple[int, int], how: Interpolation) -> Pixels:
    """In one thread: several write past the ends of their rows into each other's, a little differently each time."""
    found = frame.reformat(*size, "bgra", interpolation=how, threads=1).to_ndarray()
    return np.ascontiguousarray(found, dtype=np.uint8)


def on_ground(found: Pixels, tokens: Tokens) -> Pixels:
    """The picture without transparency, on the colour of the theme, panel or ink, that it stands out from more."""
    opacity = found[..., 3:].astype(np.uint16)
    if opacity.min() == 255:  # noqa: PLR2004 - opaque
        return found
    light = np.average(found[..., :3] @ np.array(_LUMA), weights=opacity[..., 0] + 1) / 255
    ground = max((tokens.panel, tokens.ink), key=lambda ink: abs(_lightness(ink) - light))
    behind = np.array([round(255 * part) for part in (*reversed(colour(ground)), 1.0)], dtype=np.uint16)
    return ((found * opacity + behind * (255 - opacity) + 127) // 255).astype(np.uint8)


def _lightness(ink: str) -> float:
    return float(np.dot(colour(ink)[::-1], _LUMA))


def _within(size: tuple[int, int], most: tuple[float, float]) -> tuple[int, int]:
    """Width and height in pixels, in proportion, as large as they can be there."""
    factor = min(most[0] / size[0], most[1] / size[1])
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))
