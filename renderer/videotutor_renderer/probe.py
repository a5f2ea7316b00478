"""A joined video is decoded whole before anyone sees it: what is published plays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from videojob.status import FailureClass
from videotutor_renderer.errors import TaskError
from videotutor_renderer.scene.timeline import FRAMES_PER_SECOND, SAMPLE_RATE

QUIETEST = 0.003
"""Root mean square of narrated sound, at least (-50 dB); real narration is above -25 dB."""


@dataclass(frozen=True)
class Seen:
    """What decoding found."""

    video_codec: str
    audio_codec: str
    size: tuple[int, int]
    rate: float
    frames: int
    samples: int
    rms: float


def probe(path: Path, size: tuple[int, int], frames: int, *, narrated: bool) -> Seen:
    """Decode every frame and compare with what should be there.

    Raises:
        TaskError: it is not a valid H.264/AAC video of this size, length and rate, or it is silent and should not be.
    """
    try:
        seen = _decode(path)
    except (av.FFmpegError, IndexError, OSError) as error:
        raise TaskError(
            FailureClass.INVALID_OUTPUT, f"The joined video cannot be decoded: {type(error).__name__}"
        ) from error
    problems = [
        problem
        for wrong, problem in (
            (seen.video_codec != "h264", f"video codec {seen.video_codec} instead of h264"),
            (seen.audio_codec != "aac", f"audio codec {seen.audio_codec} instead of aac"),
            (seen.size != size, f"{seen.size[0]}x{seen.size[1]} instead of {size[0]}x{size[1]}"),
            (seen.rate != FRAMES_PER_SECOND, f"{seen.rate:g} frames per second instead of {FRAMES_PER_SECOND}"),
            (seen.frames != frames, f"{seen.frames} frames instead of {frames}"),
            (_apart(seen) > 1 / FRAMES_PER_SECOND, f"sound and picture differ by {_apart(seen):.3f} s in length"),
            (narrated and seen.rms < QUIETEST, "the narration cannot be heard"),
        )
        if wrong
    ]
    if problems:
        raise TaskError(FailureClass.INVALID_OUTPUT, f"The joined video is not right: {'; '.join(problems)}.")
    return seen


def _apart(seen: Seen) -> float:
    return abs(seen.samples / SAMPLE_RATE - seen.frames / FRAMES_PER_SECOND)


def _decode(path: Path) -> Seen:
    frames = samples = 0
    power = 0.0
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        for packet in container.demux(video, audio):
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    frames += 1
                elif isinstance(frame, av.AudioFrame):
                    sound = frame.to_ndarray()
                    samples += frame.samples
                    power += float(np.square(sound).mean()) * frame.samples
        return Seen(
            video_codec=video.codec_context.name,
            audio_codec=audio.codec_context.name,
            size=(video.width, video.height),
            rate=float(video.average_rate or 0),
            frames=frames,
            samples=samples,
            rms=float(np.sqrt(power / samples)) if samples else 0.0,
        )
