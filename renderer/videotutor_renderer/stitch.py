"""The task `stitch`: the scenes of a video in the store become one video there, with chapters and captions."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from videojob.base import canonical_json
from videojob.results import StitchResult
from videojob.status import FailureClass
from videojob.tasks import StitchTask
from videotutor_renderer.errors import TaskError
from videotutor_renderer.join import Part, join
from videotutor_renderer.log import log
from videotutor_renderer.probe import probe
from videotutor_renderer.scene.captions import Caption, read_web_vtt, web_vtt
from videotutor_renderer.scene.frame import pixels
from videotutor_renderer.scene.record import SceneRecord
from videotutor_renderer.scene.timeline import FRAMES_PER_SECOND
from videotutor_renderer.store import Store


def run_stitch(task: StitchTask, store: Store) -> StitchResult:
    """Join, check, publish; a video that is published already is returned as it is.

    Raises:
        TaskError: a scene is missing, the joined video is not what it should be, or the store failed.
    """
    key = f"{task.namespace}/videos/{task.name}/{task.key}"
    if store.path(f"{key}/video.json").exists():
        log("the video is in the store already", key=task.key)
        return StitchResult.model_validate_json(store.read(f"{key}/video.json"))
    folders = [f"{task.namespace}/scenes/{digest}" for digest in task.scenes]
    records = [_record(store, folder) for folder in folders]
    paths = [store.path(folder) for folder in folders]
    parts = [
        Part(path / "scene.mp4", record.result.title, record.result.frames)
        for path, record in zip(paths, records, strict=True)
    ]
    cues = _captions(paths, parts)
    log("joining", scenes=len(parts), captions=len(cues))
    with store.publishing(key) as directory:
        video = directory / "video.mp4"
        join(parts, cues, task.title, video)
        narrated = any(record.narrated for record in records)
        probe(video, pixels(task.output), sum(part.frames for part in parts), narrated=narrated)
        (directory / "captions.vtt").write_text(web_vtt(cues), encoding="utf-8")
        shutil.copyfile(paths[0] / "poster.jpg", directory / "poster.jpg")
        result = _result(task, key, parts, video)
        (directory / "video.json").write_text(canonical_json(result.to_json_object()), encoding="utf-8")
    return result


def _record(store: Store, folder: str) -> SceneRecord:
    try:
        return SceneRecord.model_validate_json(store.read(f"{folder}/scene.json"))
    except ValidationError as error:
        raise TaskError(FailureClass.STORE, f"{folder}/scene.json cannot be understood: {error}") from error


def _captions(paths: Sequence[Path], parts: Sequence[Part]) -> list[Caption]:
    found: list[Caption] = []
    offset = 0.0
    for path, part in zip(paths, parts, strict=True):
        cues = read_web_vtt((path / "captions.vtt").read_text(encoding="utf-8"))
        found += [Caption(cue.start + offset, cue.end + offset, cue.text) for cue in cues]
        offset += part.frames / FRAMES_PER_SECOND
    return found


def _result(task: StitchTask, key: str, parts: Sequence[Part], video: Path) -> StitchResult:
    data = video.read_bytes()
    width, height = pixels(task.output)
    return StitchResult(
        path=f"{key}/video.mp4",
        duration_seconds=round(sum(part.frames for part in parts) / FRAMES_PER_SECOND, 3),
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        width=width,
        height=height,
        frames_per_second=FRAMES_PER_SECOND,
        chapters=len(parts),
    )
