"""One scene from its content to files: speech first, for its length is the clock; then pictures, then both encoded."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cairo
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from videojob.spec import Narration, Output
from videojob.storyboard import SceneContent
from videotutor_renderer.limits import working_on
from videotutor_renderer.log import log
from videotutor_renderer.scene.blocks import Step, seconds_needed, steps
from videotutor_renderer.scene.captions import captions, reading, web_vtt
from videotutor_renderer.scene.draw import Sprite, Stage
from videotutor_renderer.scene.encode import video_frame, write_jpeg, write_mp4
from videotutor_renderer.scene.frame import FRAMES, SHORT_SIDE, pixels
from videotutor_renderer.scene.layout import mirrored, pages
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import TOKENS
from videotutor_renderer.scene.timeline import FRAMES_PER_SECOND, Timeline, timeline
from videotutor_renderer.scene.typeset import Typesetter, reads_right_to_left
from videotutor_renderer.speech.loudness import normalised
from videotutor_renderer.speech.narrate import narrate
from videotutor_renderer.speech.sound import mixed


@dataclass(frozen=True)
class Rendered:
    """What was made."""

    frames: int
    seconds: float
    narrated: bool


def render(content: SceneContent, output: Output, narration: Narration, language: str, directory: Path) -> Rendered:
    """Write scene.mp4, captions.vtt and poster.jpg into the directory.

    Raises:
        TaskError: the scene cannot be drawn or spoken.
    """
    says = [beat.say for beat in content.beats]
    passages = narrate(says, language, narration)
    shown = steps(content)
    appearing = seconds_needed(shown, len(content.beats))
    needed = [max(seconds, reading(say)) for seconds, say in zip(appearing, says, strict=True)]
    clock = timeline(content.beats, [passage.seconds for passage in passages], needed)
    log("narration is ready", seconds=round(clock.seconds, 2), frames=clock.frames)
    sound = normalised(
        mixed([(cue.start, p.sound) for cue, p in zip(clock.cues, passages, strict=True)], clock.samples)
    )
    size = pixels(output)
    stage, sprites = _staged(content.title, shown, output, language, clock)
    frames = write_mp4(directory / "scene.mp4", size, _frames(stage, sprites, clock, size), sound)
    (directory / "captions.vtt").write_text(web_vtt(captions(says, clock.cues)), encoding="utf-8")
    write_jpeg(directory / "poster.jpg", _last_picture(stage, sprites, clock, size))
    return Rendered(frames, clock.seconds, any(passage.sound.size for passage in passages))


def still(content: SceneContent, output: Output, language: str) -> npt.NDArray[np.uint8]:
    """The last picture of a scene as rows of pixels in BGRA, without speaking or encoding it.

    Raises:
        TaskError: the scene cannot be drawn.
    """
    shown = steps(content)
    count = len(content.beats)
    clock = timeline(content.beats, [0.0] * count, seconds_needed(shown, count))
    stage, sprites = _staged(content.title, shown, output, language, clock)
    return _last_picture(stage, sprites, clock, pixels(output))


def _staged(
    title: str, shown: Sequence[Step], output: Output, language: str, clock: Timeline
) -> tuple[Stage, list[Sprite]]:
    """What is shown, typeset and laid out."""
    with tempfile.TemporaryDirectory(prefix="typst-") as empty:
        setter = Typesetter(min(pixels(output)) / SHORT_SIDE, language, Path(empty))
        with working_on("title"):
            stage = Stage(FRAMES[output.aspect_ratio], Style(setter, TOKENS[output.theme]), title)
        laid_out = pages(shown, stage.area, stage.setting.measure)
        if reads_right_to_left(title):
            laid_out = mirrored(laid_out, stage.frame)
        return stage, stage.sprites(laid_out, clock)


class Canvas:
    """A picture in memory that cairo draws on and the encoder reads."""

    def __init__(self, size: tuple[int, int]) -> None:
        width, height = size
        self.pixels = np.zeros((height, width, 4), dtype=np.uint8)
        self.surface = cairo.ImageSurface.create_for_data(
            self.pixels.data, cairo.FORMAT_RGB24, width, height, width * 4
        )
        self.context = cairo.Context(self.surface)
        scale = min(size) / SHORT_SIDE
        self.context.scale(scale, scale)

    def paint(self, stage: Stage, sprites: Sequence[Sprite], states: Sequence[tuple[float, float]]) -> None:
        """Draw every sprite as far as it has come."""
        stage.background(self.context)
        for sprite, (progress, opacity) in zip(sprites, states, strict=True):
            if opacity > 0:
                sprite.draw(self.context, progress, opacity)
        self.surface.flush()


def _frames(stage: Stage, sprites: Sequence[Sprite], clock: Timeline, size: tuple[int, int]) -> Iterator[VideoFrame]:
    """The pictures of the scene; one in which nothing moves is the one before, drawn and converted once."""
    canvas = Canvas(size)
    before: list[tuple[float, float]] = []
    frame: VideoFrame | None = None
    for number in range(clock.frames):
        states = [sprite.state(number / FRAMES_PER_SECOND) for sprite in sprites]
        if frame is None or states != before:
            canvas.paint(stage, sprites, states)
            frame = video_frame(canvas.pixels)
            before = states
        if number and number % (10 * FRAMES_PER_SECOND) == 0:
            log("drawing", frame=number, frames=clock.frames)
        yield frame


def _last_picture(
    stage: Stage, sprites: Sequence[Sprite], clock: Timeline, size: tuple[int, int]
) -> npt.NDArray[np.uint8]:
    """Everything of the last page is there."""
    canvas = Canvas(size)
    canvas.paint(stage, sprites, [sprite.state(clock.seconds - 1 / FRAMES_PER_SECOND) for sprite in sprites])
    return canvas.pixels
