"""Pictures and sound into one MP4: settings that let scenes be joined by copying.

No B-frames and whole AAC frames: joints then have neither holes nor overlaps. One thread and the bit-exact flag:
the same scene gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from videotutor_renderer.scene.pictures import KEYFRAME_EVERY, packets
from videotutor_renderer.scene.timeline import AAC_FRAME, FRAMES_PER_SECOND, SAMPLE_RATE

BITRATE = 128_000
X264 = {
    "preset": "veryfast",
    "crf": "23",
    "mbtree": "0",
    "bf": "0",
    "g": str(KEYFRAME_EVERY),
    "sc_threshold": "0",
    "threads": "1",
    "tune": "animation",
    "coder": "0",
    "refs": "1",
    "weightp": "1",
    "forced-idr": "1",
}
"""Without `mbtree`, whose code reads memory before writing it where a row has not a multiple of 16 macroblocks (854 or
720 pixels): the same frames then became other bytes about once in ten renderings (glibc.malloc.perturb=1 shows it).
Its crf is that of equal quality in the worst picture; that takes 16 % more bytes and 10 % less time.

CAVLC, one reference and weights are what `held.py` reckons with; CAVLC takes a tenth more bytes than CABAC."""
DRAFT_PRESET = "ultrafast"
_AAC = {"aac_coder": "fast"}
"""A third of the time of FFmpeg's other search for quantisers, and on speech at this rate 15 dB less noise."""
BT709 = 1
"""AVCOL_SPC_BT709, AVCOL_PRI_BT709 and AVCOL_TRC_BT709 of libavutil/pixfmt.h."""


def write_mp4(
    path: Path,
    size: tuple[int, int],
    frames: Iterable[VideoFrame | None],
    sound: NDArray[np.float32],
    *,
    draft: bool = False,
) -> int:
    """Encode a scene; None is a frame like the one before it. Returns the number of frames.

    `sound` is mono at 48 kHz, a whole number of AAC frames. A `draft` is encoded faster, into more bytes.
    """
    options = X264 | ({"preset": DRAFT_PRESET} if draft else {})
    with av.open(str(path), "w", options={"fflags": "+bitexact", "movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options=options)
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.codec_context.flags |= av.codec.context.Flags.bitexact
        video.codec_context.colorspace = BT709
        video.codec_context.color_primaries = BT709
        video.codec_context.color_trc = BT709
        audio = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo", options=_AAC)
        audio.bit_rate = BITRATE
        audio.codec_context.flags |= av.codec.context.Flags.bitexact
        count = 0
        for packet in packets(video, frames):
            container.mux(packet)
            count += 1
        for sound_frame in _sound_frames(sound):
            container.mux(audio.encode(sound_frame))
        container.mux(audio.encode())
    return count


def write_jpeg(path: Path, pixels: NDArray[np.uint8]) -> None:
    """A picture of bytes in cairo's order as a JPEG file."""
    height, width = pixels.shape[:2]
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base, encoder.options = Fraction(1, 1), {"qmin": "3", "qmax": "3"}
    frame = VideoFrame.from_ndarray(pixels, format="bgra").reformat(format="yuvj420p", threads=1)
    path.write_bytes(b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)]))


def _sound_frames(sound: NDArray[np.float32]) -> Iterator[av.AudioFrame]:
    for start in range(0, len(sound), AAC_FRAME):
        part = sound[start : start + AAC_FRAME]
        frame = av.AudioFrame.from_ndarray(np.stack([part, part]), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
        yield frame
