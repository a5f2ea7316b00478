"""The task `scene`: one scene of a storyboard, rendered into the store unless it is there already."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import ValidationError

from videojob.base import canonical_json
from videojob.llm import LlmSettings
from videojob.results import SceneResult
from videojob.status import FailureClass
from videojob.storyboard import Scene, SceneContent, Storyboard
from videojob.tasks import SceneTask
from videotutor_renderer.errors import TaskError, fields_at_fault
from videotutor_renderer.log import log
from videotutor_renderer.plan.markdown import is_outline
from videotutor_renderer.plan.outline import revised
from videotutor_renderer.scene.images import Look, images_of
from videotutor_renderer.scene.record import SceneRecord
from videotutor_renderer.scene.render import Rendered, render
from videotutor_renderer.store import Store
from videotutor_renderer.stream import write_stream


def run_scene(task: SceneTask, store: Store, settings: LlmSettings | None = None) -> SceneResult:
    """Render and publish; a scene that is published already is returned as it is.

    Raises:
        TaskError: no such scene, it cannot be edited, drawn or spoken, or the store failed.
    """
    key = f"{task.namespace}/scenes/{task.digest}"
    published = _published(task, store, key)
    if published:
        log("the scene is in the store already", scene=task.scene_id, digest=task.digest)
        return published
    storyboard = _storyboard(store, task.storyboard)
    content = _content(task, storyboard, store, settings)
    language = storyboard.language or task.output.language
    log("rendering", scene=task.scene_id, digest=task.digest, beats=len(content.beats))
    look = Look(task.output, images_of(content, task.output, store, task.namespace))
    with store.publishing(key) as directory:
        rendered = render(content, look, task.narration, language, directory)
        write_stream(directory)
        result = _result(task, content, rendered, directory / "scene.mp4")
        record = SceneRecord(result=result, narrated=rendered.narrated, language=language, content=content)
        (directory / "scene.json").write_text(canonical_json(record.to_json_object()), encoding="utf-8")
    return result


def _published(task: SceneTask, store: Store, key: str) -> SceneResult | None:
    if not store.path(f"{key}/scene.json").exists():
        return None
    record = SceneRecord.model_validate_json(store.read(f"{key}/scene.json"))
    return record.result.model_copy(update={"reused": True, "scene_id": task.scene_id})


def _storyboard(store: Store, key: str) -> Storyboard:
    try:
        return Storyboard.model_validate_json(store.read(key))
    except ValidationError as error:
        raise TaskError(
            FailureClass.BAD_STORYBOARD, f"The storyboard {key} cannot be read: wrong fields: {fields_at_fault(error)}"
        ) from error


def _scene(storyboard: Storyboard, scene_id: str) -> Scene:
    for scene in storyboard.scenes:
        if scene.id == scene_id:
            return scene
    ids = ", ".join(scene.id for scene in storyboard.scenes)
    raise TaskError(FailureClass.BAD_SCENE, f"The storyboard has no scene {scene_id!r}; it has {ids}")


def _content(task: SceneTask, storyboard: Storyboard, store: Store, settings: LlmSettings | None) -> SceneContent:
    """The scene as planned, or as its override has it. Words need a model; without one they are read as an outline."""
    scene, override = _scene(storyboard, task.scene_id), task.override
    if override and override.content:
        return override.content
    if override is None or not override.instruction:
        return scene.content()
    if settings is None or is_outline(override.instruction):
        return revised(scene.title, override.instruction)
    # imported here: it takes seconds, and no other scene needs a model
    from videotutor_renderer.plan.llm.edit import Edit, kept_edit  # noqa: PLC0415

    language = storyboard.language or task.output.language
    edit = Edit(scene.content(), override.instruction, storyboard.title, language)
    return kept_edit(edit, settings, store, f"{task.namespace}/answers/{task.digest}")


def _result(task: SceneTask, content: SceneContent, rendered: Rendered, video: Path) -> SceneResult:
    data = video.read_bytes()
    return SceneResult(
        scene_id=task.scene_id,
        title=content.title,
        digest=task.digest,
        duration_seconds=round(rendered.seconds, 3),
        frames=rendered.frames,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
