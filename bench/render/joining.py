"""Scenes joined: `python -m bench.render.joining FOLDER SCENES` says as JSON how long that takes."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.render.scenes import LANGUAGE, LESSON, OUTPUT
from videojob.spec import Narration
from videojob.storyboard import Beat, SceneContent
from videojob.visuals import TitleVisual
from videotutor_renderer.join import Label, Part, join
from videotutor_renderer.probe import probe
from videotutor_renderer.scene.frame import pixels
from videotutor_renderer.scene.images import Look
from videotutor_renderer.scene.render import render
from videotutor_renderer.scene.timeline import FRAMES_PER_SECOND, SAMPLE_RATE

SCENES = 10
ROUNDS = 5
SHORT = ("Now.", "A little later, and a little longer.", "In the end we have said what there was to say of it.")


def main(folder: Path, many: int) -> dict[str, float]:
    """Seconds of joining ten lessons and of copying the result, and samples between sound and picture of many scenes.

    The fastest of five rounds counts: what disturbs a round of a tenth of a second is the machine.
    """
    video, copy = folder / "video.mp4", folder / "copy.mp4"
    ten = [_part(LESSON, folder / "lesson")] * SCENES
    label = Label("Ten lessons", LANGUAGE, (folder / "lesson" / "poster.jpg").read_bytes())
    joined = min(_seconds(lambda: join(ten, [], label, video)) for _ in range(ROUNDS))
    copied = min(_seconds(lambda: shutil.copyfile(video, copy)) for _ in range(ROUNDS))
    return {"join": joined, "copy": copied, "apart": _apart(folder, many, label)}


def _apart(folder: Path, many: int, label: Label) -> int:
    """Samples that sound and picture of so many joined scenes, all decoded, differ by in length."""
    kinds = [_part(_short(say), folder / f"short-{number}") for number, say in enumerate(SHORT)]
    parts: Sequence[Part] = (kinds * many)[:many]
    join(parts, [], label, folder / "many.mp4")
    seen = probe(folder / "many.mp4", pixels(OUTPUT), sum(part.frames for part in parts), narrated=False)
    return abs(seen.samples - seen.frames * SAMPLE_RATE // FRAMES_PER_SECOND)


def _short(say: str) -> SceneContent:
    return SceneContent(title="Short", beats=(Beat(say=say, show=TitleVisual(text="Short")),))


def _part(content: SceneContent, folder: Path) -> Part:
    folder.mkdir(parents=True, exist_ok=True)
    rendered = render(content, Look(OUTPUT), Narration(enabled=False), LANGUAGE, folder)
    return Part(folder / "scene.mp4", content.title, rendered.frames)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
