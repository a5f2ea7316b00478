"""The task `stitch`: the scenes of a video in the store become one video there, with all that lies beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from videojob import hls
from videojob.base import canonical_json
from videojob.hls import Stream
from videojob.results import StitchResult
from videojob.status import FailureClass
from videojob.tasks import StitchTask
from videotutor_renderer.errors import TaskError, fields_at_fault
from videotutor_renderer.join import Label, Part, join
from videotutor_renderer.log import log
from videotutor_renderer.outputs import Source, write_outputs
from videotutor_renderer.probe import probe
from videotutor_renderer.scene.captions import Caption, read_web_vtt
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
    sources = [_source(store, f"{task.namespace}/scenes/{digest}") for digest in task.scenes]
    parts = [
        Part(source.folder / "scene.mp4", source.record.result.title, source.record.result.frames) for source in sources
    ]
    captions = _captions(sources)
    log("joining", scenes=len(parts), captions=len(captions))
    with store.publishing(key) as directory:
        video = directory / "video.mp4"
        label = Label(task.title, sources[0].record.language, (sources[0].folder / "poster.jpg").read_bytes())
        join(parts, captions, label, video)
        narrated = any(source.record.narrated for source in sources)
        probe(video, pixels(task.output), sum(part.frames for part in parts), narrated=narrated)
        write_outputs(directory, task.title, sources, captions)
        result = _result(task, key, parts, video)
        (directory / "video.json").write_text(canonical_json(result.to_json_object()), encoding="utf-8")
    return result


def _source(store: Store, folder: str) -> Source:
    """A scene as it was published.

    Raises:
        TaskError: its description is missing or was written by another version.
    """
    try:
        record = SceneRecord.model_validate_json(store.read(f"{folder}/scene.json"))
        stream = Stream.model_validate_json(store.read(f"{folder}/{hls.INDEX}"))
    except ValidationError as error:
        raise TaskError(
            FailureClass.STORE, f"The description of {folder} cannot be read: wrong fields: {fields_at_fault(error)}"
        ) from error
    return Source(store.path(folder), record, stream)


def _captions(sources: Sequence[Source]) -> list[Caption]:
    """The captions of all scenes on the clock of the video."""
    found: list[Caption] = []
    offset = 0.0
    for source in sources:
        cues = read_web_vtt((source.folder / "captions.vtt").read_text(encoding="utf-8"))
        found += [Caption(cue.start + offset, cue.end + offset, cue.text) for cue in cues]
        offset += source.record.result.frames / FRAMES_PER_SECOND
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
