"""The third stage: from the scenes to one video."""

from __future__ import annotations

from typing import assert_never

from videojob.digest import video_key
from videojob.phases import Phase
from videojob.results import AnyResult, StitchResult
from videojob.status import Failure, FailureClass, VideoJobStatus, VideoStatus
from videojob.tasks import StitchTask
from videotutor_operator.core.attempts import Done, Due, Over, Replace, Running
from videotutor_operator.core.model import CreateJob
from videotutor_operator.core.progress import counted
from videotutor_operator.core.step import Look, Step, awaited, failed, tried, tries_of, with_tries


def advance(look: Look, status: VideoJobStatus) -> Step:
    """One step towards the joined video; every scene has succeeded."""
    key = video_key(status)
    if status.video and status.video.key == key:
        return _succeeded(status)
    tries = tries_of(status.attempts.stitch, key)
    course = look.follow("stitch", tries)
    match course:
        case Done(result):
            return _joined(look, status, key, result)
        case Over(failure, attempt):
            status = with_tries(status, "stitch", tried(tries, attempt, attempt))
            return failed(status, failure, "Joining the scenes failed: ")
        case Running() | Replace() | Due():
            task = stitch_task(look, status, key)
            wait = awaited(look, course, lambda due: CreateJob(task, key, due.attempt, due.more_memory))
            status = with_tries(status, "stitch", tried(tries, wait.attempt, wait.failed))
            message = f"Joining {counted(len(status.scenes), 'scene')}" + (f"; {wait.detail}" if wait.detail else ".")
            return Step(status, Phase.STITCHING, wait.reason or "Stitching", message, wait.actions, wait.recheck_after)
        case _:
            assert_never(course)


def stitch_task(look: Look, status: VideoJobStatus, key: str) -> StitchTask:
    """What the stitch container is told."""
    return StitchTask(
        namespace=look.job.namespace,
        name=look.job.name,
        key=key,
        title=status.plan.title if status.plan else "",
        scenes=tuple(scene.digest for scene in status.scenes),
        output=look.spec.output,
    )


def _joined(look: Look, status: VideoJobStatus, key: str, result: AnyResult) -> Step:
    if not isinstance(result, StitchResult):
        message = f"The stitch task answered with the result of a {result.task} task."
        return failed(status, Failure(class_=FailureClass.INTERNAL, message=message))
    video = VideoStatus(
        path=result.path,
        key=key,
        duration_seconds=result.duration_seconds,
        bytes=result.bytes,
        sha256=result.sha256,
        url=f"{look.site.public_url}/videos/{look.job.name}/video" if look.site.public_url else "",
    )
    return _succeeded(status.model_copy(update={"video": video}))


def _succeeded(status: VideoJobStatus) -> Step:
    seconds = f", {status.video.duration_seconds:.0f} s" if status.video else ""
    message = f"The video is ready: {counted(len(status.scenes), 'scene')}{seconds}."
    return Step(status, Phase.SUCCEEDED, "Succeeded", message)
