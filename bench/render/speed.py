"""How fast pictures become an encoded file: `python -m bench.render.speed ROUNDS` writes seconds as JSON.

The limit is the same encoder with the same settings, given the same pictures as they should be: in memory, in
yuv420p. Limit and renderer take turns. Processor time counts; there is one thread.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame

from bench.render.scenes import OUTPUT, laid_out
from videotutor_renderer.scene.encode import write_mp4
from videotutor_renderer.scene.frame import pixels
from videotutor_renderer.scene.render import frames
from videotutor_renderer.scene.timeline import FRAMES_PER_SECOND

FRAMES = 10 * FRAMES_PER_SECOND
SILENCE = np.zeros(0, dtype=np.float32)


def main(rounds: int) -> dict[str, dict[str, list[float]]]:
    """Seconds of each round, by content and by who made it."""
    found = {name: _measured(moments, rounds) for name, moments in contents().items()}
    return {name: {"floor": floor, "ours": ours} for name, (floor, ours) in found.items()}


def contents() -> dict[str, list[float]]:
    """Moments of the lesson: its end, at which nothing moves, and only those at which something does."""
    _, sprites, clock = laid_out()
    moments = [number / FRAMES_PER_SECOND for number in range(clock.frames)]
    states = [[sprite.state(moment) for sprite in sprites] for moment in moments]
    moving = [moments[i] for i in range(1, clock.frames) if states[i] != states[i - 1]]
    return {"held": [moments[-1]] * FRAMES, "motion": (moving * FRAMES)[:FRAMES]}


def _measured(moments: list[float], rounds: int) -> tuple[list[float], list[float]]:
    stage, sprites, _ = laid_out()
    size = pixels(OUTPUT)
    ready = list(_kept(frames(stage, sprites, moments, size)))
    limit, ours = [], []
    for _ in range(rounds):
        limit.append(_seconds(ready, size))
        ours.append(_seconds(frames(stage, sprites, moments, size), size))
    return limit, ours


def _kept(pictures: Iterable[VideoFrame | None]) -> Iterator[VideoFrame]:
    """Copies; where nothing has moved, the one before again, so that the encoder is given a picture each time."""
    for picture in pictures:
        if picture:
            kept = VideoFrame.from_ndarray(picture.to_ndarray(), format="yuv420p")
        yield kept


def _seconds(pictures: Iterable[VideoFrame | None], size: tuple[int, int]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        begun = time.process_time()
        write_mp4(Path(folder) / "video.mp4", size, iter(pictures), SILENCE)
        return time.process_time() - begun


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))))
