"""One scene from its content to files: speech first, for its length is the clock; then pictures, then both encoded."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from videojob.spec import Narration
from videojob.storyboard import SceneContent
from videotutor_renderer.limits import working_on
from videotutor_renderer.log import log
from videotutor_renderer.scene.blocks import Step, seconds_needed, steps
from videotutor_renderer.scene.canvas import Canvas
from videotutor_renderer.scene.captions import captions, reading, web_vtt
from videotutor_renderer.scene.convert import Converted, Patch
from videotutor_renderer.scene.draw import Stage
from videotutor_renderer.scene.encode import write_jpeg, write_mp4
from videotutor_renderer.scene.frame import FRAMES, SHORT_SIDE, pixels
from videotutor_renderer.scene.images import Look
from videotutor_renderer.scene.layout import mirrored, pages
from videotutor_renderer.scene.sprite import Sprite
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import TOKENS
from videotutor_renderer.scene.timeline import FRAMES_PER_SECOND, Timeline, timeline
from videotutor_renderer.scene.typeset import Typesetter, reads_right_to_left
from videotutor_renderer.speech.loudness import normalised
from videotutor_renderer.speech.narrate import narrate
from videotutor_renderer.speech.sound import mixed

AHEAD = 16
"""Frames that are drawn before the first of them is encoded, at most; fewer where they change more than a picture."""


@dataclass(frozen=True)
class Rendered:
    """What was made."""

    frames: int
    seconds: float
    narrated: bool


def render(content: SceneContent, look: Look, narration: Narration, language: str, directory: Path) -> Rendered:
    """Write scene.mp4, captions.vtt and poster.jpg into the directory.

    Raises:
        TaskError: the scene cannot be drawn or spoken.
    """
    says = [beat.say for beat in content.beats]
    passages = narrate(says, language, narration)
    shown = steps(content)
    appearing = seconds_needed(shown, len(content.beats))
    needed = [replace(need, told=max(need.told, reading(say))) for need, say in zip(appearing, says, strict=True)]
    clock = timeline(content.beats, [passage.seconds for passage in passages], needed)
    log("narration is ready", seconds=round(clock.seconds, 2), frames=clock.frames)
    sound = normalised(
        mixed([(cue.start, p.sound) for cue, p in zip(clock.cues, passages, strict=True)], clock.samples)
    )
    size = pixels(look.output)
    stage, sprites = staged(content.title, shown, look, language, clock)
    pictures = frames(stage, sprites, _moments(clock), size)
    count = write_mp4(directory / "scene.mp4", size, pictures, sound, draft=look.output.draft)
    (directory / "captions.vtt").write_text(web_vtt(captions(says, clock.cues)), encoding="utf-8")
    write_jpeg(directory / "poster.jpg", _last_picture(stage, sprites, clock, size))
    return Rendered(count, clock.seconds, any(passage.sound.size for passage in passages))


def still(content: SceneContent, look: Look, language: str) -> npt.NDArray[np.uint8]:
    """The last picture of a scene as rows of pixels in BGRA, without speaking or encoding it.

    Raises:
        TaskError: the scene cannot be drawn.
    """
    shown = steps(content)
    count = len(content.beats)
    clock = timeline(content.beats, [0.0] * count, seconds_needed(shown, count))
    stage, sprites = staged(content.title, shown, look, language, clock)
    return _last_picture(stage, sprites, clock, pixels(look.output))


def staged(title: str, shown: Sequence[Step], look: Look, language: str, clock: Timeline) -> tuple[Stage, list[Sprite]]:
    """What is shown, typeset and laid out."""
    output = look.output
    with tempfile.TemporaryDirectory(prefix="typst-") as empty:
        setter = Typesetter(min(pixels(output)) / SHORT_SIDE, language, Path(empty))
        with working_on("title"):
            stage = Stage(FRAMES[output.aspect_ratio], Style(setter, TOKENS[output.theme], look.images), title)
        laid_out = pages(shown, stage.area, stage.setting.measure)
        if reads_right_to_left(title):
            laid_out = mirrored(laid_out, stage.frame)
        return stage, stage.sprites(laid_out, clock)


def frames(
    stage: Stage, sprites: Sequence[Sprite], moments: Iterable[float], size: tuple[int, int]
) -> Iterator[VideoFrame | None]:
    """The pictures at these moments in seconds: one frame, changed where anything has moved; None where nothing has."""
    canvas = Canvas(stage, sprites, size)
    converted = Converted(canvas.pixels)
    areas = (canvas.show([sprite.state(moment) for sprite in sprites]) for moment in moments)
    patches = (converted.changed(area) if area else None for area in areas)
    for number, patch in enumerate(_ahead(patches, size[0] * size[1])):
        if patch:
            converted.put(patch)
        yield converted.frame if patch or number == 0 else None


def _ahead(patches: Iterable[Patch | None], most: int) -> Iterator[Patch | None]:
    """The same, made several at once, until they have changed `most` pixels.

    Drawing is nearly twice as fast where the encoder has not emptied the processor's caches meanwhile.
    """
    made: list[Patch | None] = []
    changed = 0
    for patch in patches:
        made.append(patch)
        changed += patch.pixels if patch else 0
        if len(made) == AHEAD or changed >= most:
            yield from made
            made, changed = [], 0
    yield from made


def _moments(clock: Timeline) -> Iterator[float]:
    """When each frame is shown; the log says now and then how far it is."""
    for number in range(clock.frames):
        if number and number % (10 * FRAMES_PER_SECOND) == 0:
            log("drawing", frame=number, frames=clock.frames)
        yield number / FRAMES_PER_SECOND


def _last_picture(
    stage: Stage, sprites: Sequence[Sprite], clock: Timeline, size: tuple[int, int]
) -> npt.NDArray[np.uint8]:
    """Everything of the last page is there."""
    canvas = Canvas(stage, sprites, size)
    canvas.show([sprite.state(clock.seconds - 1 / FRAMES_PER_SECOND) for sprite in sprites])
    return canvas.pixels
