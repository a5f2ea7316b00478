"""From cairo's pixels to what the encoder takes: YUV 4:2:0 in the colours of BT.709, converted where they changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import Colorspace, VideoReformatter
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Height x width x 4 bytes in cairo's order: blue, green, red, unused."""

REACH = 2
"""Rows above and below that a row's colour has a part in: 4:2:0 has half as many rows of colour as of light."""
MARGIN = 8
"""Rows around what is converted that are converted with it and not used: at its edges the converter has to guess."""


@dataclass(frozen=True)
class Area:
    """A rectangle of pixels with even edges; `right` and `bottom` are those after its last."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Patch:
    """What has changed in a picture, as the encoder takes it: samples of each plane, and where they go."""

    parts: Sequence[tuple[NDArray[np.uint8], slice, slice]]

    @property
    def pixels(self) -> int:
        """How many it changes."""
        return self.parts[0][0].size


class Converted:
    """A frame for the encoder that follows a picture in memory."""

    def __init__(self, pixels: Pixels) -> None:
        """Convert the whole picture, whose width and height are even."""
        self._pixels = pixels
        self._reformatter = VideoReformatter()
        self.frame = self._yuv(pixels)
        self._planes = [_samples(plane) for plane in self.frame.planes]

    def changed(self, area: Area) -> Patch:
        """Convert again what has changed in this area, which gives what converting the whole picture would."""
        height = len(self._pixels)
        top, bottom = max(0, area.top - REACH), min(height, area.bottom + REACH)
        above = max(0, top - MARGIN)
        part = self._yuv(self._pixels[above : bottom + MARGIN, area.left : area.right])
        return Patch(
            [
                (
                    _samples(plane)[(top - above) // step : (bottom - above) // step],
                    slice(top // step, bottom // step),
                    slice(area.left // step, area.right // step),
                )
                for plane, step in zip(part.planes, (1, 2, 2), strict=True)
            ]
        )

    def put(self, patch: Patch) -> None:
        """Bring the frame up to date; patches are put in the order in which the picture changed."""
        for plane, (samples, rows, columns) in zip(self._planes, patch.parts, strict=True):
            plane[rows, columns] = samples

    def _yuv(self, pixels: Pixels) -> VideoFrame:
        frame = VideoFrame.from_numpy_buffer(pixels, format="bgra")
        return self._reformatter.reformat(frame, format="yuv420p", dst_colorspace=Colorspace.ITU709, threads=1)


def _samples(plane: VideoPlane) -> NDArray[np.uint8]:
    """The plane's memory, height x width; its rows may have more bytes than are shown."""
    rows: NDArray[np.uint8] = np.frombuffer(memoryview(plane), dtype=np.uint8)
    return rows.reshape(plane.height, plane.line_size)[:, : plane.width]
