"""The first stage: from the spec to a storyboard."""

from __future__ import annotations

from videojob.digest import content_digest
from videojob.phases import Phase, ScenePhase
from videojob.results import AnyResult, PlannedScene, PlanResult
from videojob.spec import VideoJobSpec
from videojob.status import LONGEST_MESSAGE, Failure, FailureClass, PlanStatus, SceneStatus, VideoJobStatus
from videojob.storyboard import MAX_SCENES, Storyboard
from videojob.tasks import PlanTask
from videotutor_operator.core import single
from videotutor_operator.core.failures import UNKNOWN
from videotutor_operator.core.step import Snapshot, Step, fail


def advance(snapshot: Snapshot, status: VideoJobStatus) -> VideoJobStatus | Step:
    """The status with the plan in it, or the step that waits for the plan or ends without one."""
    if status.plan and status.scenes:  # scenes may be missing where the CRD does not store them
        return status
    work = single.Work("plan", snapshot.plan_key, lambda: plan_task(snapshot))
    stage = single.advance(snapshot, status, work)
    progress = stage.progress
    if progress.result:
        return _adopt(snapshot, stage.status, progress.result)
    if progress.phase is ScenePhase.FAILED:
        return fail(stage.status, progress.failure or UNKNOWN, "The plan failed: ")
    return stage.step(Phase.PLANNING, "Planning the scenes")


def plan_task(snapshot: Snapshot) -> PlanTask:
    """The task of the plan container."""
    version = snapshot.renderer.version
    return PlanTask.of(snapshot.spec, snapshot.job.namespace, key=snapshot.plan_key, version=version)


def _adopt(snapshot: Snapshot, status: VideoJobStatus, result: AnyResult) -> VideoJobStatus | Step:
    if isinstance(result, PlanResult) and snapshot.spec.storyboard:
        result = result.model_copy(update={"scenes": _scenes_of(snapshot.spec.storyboard)})
    problem = _problem(result)
    if problem or not isinstance(result, PlanResult):
        return fail(status, Failure(class_=FailureClass.BAD_STORYBOARD, message=problem), "The plan failed: ")
    before = {scene.id: scene for scene in status.scenes}
    scenes = tuple(
        before.get(planned.id, SceneStatus(id=planned.id)).model_copy(
            update={"title": planned.title, "content": planned.digest}
        )
        for planned in result.scenes
    )
    plan = PlanStatus(
        key=snapshot.plan_key,
        storyboard=result.storyboard,
        title=result.title,
        language=result.language,
        note=result.note,
    )
    return status.model_copy(update={"plan": plan, "scenes": scenes, "planner": result.planner})


def _scenes_of(storyboard: Storyboard) -> tuple[PlannedScene, ...]:
    """The scenes of a storyboard in the spec; a hundred long ids may not fit into the plan task's answer."""
    return tuple(
        PlannedScene(id=scene.id, title=scene.title, digest=content_digest(scene)) for scene in storyboard.scenes
    )


def _problem(result: AnyResult) -> str:
    if not isinstance(result, PlanResult):
        return f"the plan task answered with the result of a {result.task} task"
    if not 1 <= len(result.scenes) <= MAX_SCENES:
        return f"the storyboard has {len(result.scenes)} scenes; 1 to {MAX_SCENES} are possible"
    if len({scene.id for scene in result.scenes}) < len(result.scenes):
        return "the storyboard has two scenes with the same id"
    return ""


def unknown_scenes(spec: VideoJobSpec, status: VideoJobStatus) -> str:
    """Error about unknown scenes in `sceneOverrides`; empty when all exist."""
    known = dict.fromkeys(scene.id for scene in status.scenes)
    unknown = [override.scene for override in spec.scene_overrides if override.scene not in known]
    if not unknown:
        return ""
    return f"spec.sceneOverrides names {', '.join(unknown)}, but this video has: {', '.join(known)}"[:LONGEST_MESSAGE]
