"""The first stage: from the spec to a storyboard."""

from __future__ import annotations

from typing import assert_never

from videojob.digest import content_digest
from videojob.phases import Phase
from videojob.results import AnyResult, PlannedScene, PlanResult
from videojob.spec import VideoJobSpec
from videojob.status import LONGEST_MESSAGE, Failure, FailureClass, PlanStatus, SceneStatus, VideoJobStatus
from videojob.storyboard import MAX_SCENES, Storyboard
from videojob.tasks import PlanTask
from videotutor_operator.core.attempts import Done, Due, Over, Replace, Running
from videotutor_operator.core.model import CreateJob
from videotutor_operator.core.step import Look, Step, awaited, failed, tried, tries_of, with_tries


def advance(look: Look, status: VideoJobStatus) -> VideoJobStatus | Step:
    """The status with the plan in it, or the step that waits for the plan or ends without one."""
    if status.plan:
        return status
    key = look.plan_key
    tries = tries_of(status.attempts.plan, key)
    course = look.follow("plan", tries)
    match course:
        case Done(result):
            return _adopted(look, status, result)
        case Over(failure, attempt):
            status = with_tries(status, "plan", tried(tries, attempt, attempt))
            return failed(status, failure, "The plan failed: ")
        case Running() | Replace() | Due():
            wait = awaited(look, course, lambda due: CreateJob(plan_task(look), key, due.attempt, due.more_memory))
            message = f"Planning the scenes; {wait.detail}" if wait.detail else "Planning the scenes."
            status = with_tries(status, "plan", tried(tries, wait.attempt, wait.failed))
            return Step(status, Phase.PLANNING, wait.reason or "Planning", message, wait.actions, wait.recheck_after)
        case _:
            assert_never(course)


def plan_task(look: Look) -> PlanTask:
    """What the plan container is told."""
    return PlanTask.of(look.spec, look.job.namespace, look.plan_key)


def _adopted(look: Look, status: VideoJobStatus, result: AnyResult) -> VideoJobStatus | Step:
    if isinstance(result, PlanResult) and look.spec.storyboard:
        result = result.model_copy(update={"scenes": _given(look.spec.storyboard)})
    problem = _problem(result)
    if problem or not isinstance(result, PlanResult):
        return failed(status, Failure(class_=FailureClass.BAD_STORYBOARD, message=problem), "The plan failed: ")
    before = {scene.id: scene for scene in status.scenes}
    scenes = tuple(
        before.get(planned.id, SceneStatus(id=planned.id)).model_copy(
            update={"title": planned.title, "content": planned.digest}
        )
        for planned in result.scenes
    )
    plan = PlanStatus(
        key=look.plan_key,
        storyboard=result.storyboard,
        title=result.title,
        language=result.language,
        note=result.note,
    )
    return status.model_copy(update={"plan": plan, "scenes": scenes, "planner": result.planner})


def _given(storyboard: Storyboard) -> tuple[PlannedScene, ...]:
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
    """What is wrong with the scenes that `sceneOverrides` names, empty when all exist."""
    known = dict.fromkeys(scene.id for scene in status.scenes)
    unknown = [override.scene for override in spec.scene_overrides if override.scene not in known]
    if not unknown:
        return ""
    return f"spec.sceneOverrides names {', '.join(unknown)}, but this video has: {', '.join(known)}"[:LONGEST_MESSAGE]
