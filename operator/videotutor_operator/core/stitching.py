"""The third stage: stitch the scenes into one video."""

from __future__ import annotations

from videojob.digest import LEGACY_VERSION, video_key
from videojob.phases import Phase, ScenePhase
from videojob.results import AnyResult, StitchResult
from videojob.status import Failure, FailureClass, VideoJobStatus, VideoStatus
from videojob.tasks import StitchTask
from videotutor_operator.core import single
from videotutor_operator.core.failures import UNKNOWN
from videotutor_operator.core.progress import count_of
from videotutor_operator.core.step import Snapshot, Step, fail


def advance(snapshot: Snapshot, status: VideoJobStatus) -> Step:
    """Advance the stage; every scene has succeeded."""
    key = video_key(status, snapshot.renderer.version)
    if status.video and status.video.key in {key, video_key(status, LEGACY_VERSION)}:
        return _succeed(status)
    work = single.Work("stitch", key, lambda: stitch_task(snapshot, status, key))
    stage = single.advance(snapshot, status, work)
    progress = stage.progress
    if progress.result:
        return _finish(snapshot, stage.status, key, progress.result)
    if progress.phase is ScenePhase.FAILED:
        return fail(stage.status, progress.failure or UNKNOWN, "Stitching the scenes failed: ")
    return stage.step(Phase.STITCHING, f"Stitching {count_of(len(status.scenes), 'scene')}")


def stitch_task(snapshot: Snapshot, status: VideoJobStatus, key: str) -> StitchTask:
    """The task of the stitch container."""
    return StitchTask(
        version=snapshot.renderer.version,
        namespace=snapshot.job.namespace,
        name=snapshot.job.name,
        key=key,
        title=status.plan.title if status.plan else "",
        scenes=tuple(scene.digest for scene in status.scenes),
        output=snapshot.spec.output,
    )


def _finish(snapshot: Snapshot, status: VideoJobStatus, key: str, result: AnyResult) -> Step:
    if not isinstance(result, StitchResult):
        message = f"The stitch task answered with the result of a {result.task} task."
        return fail(status, Failure(class_=FailureClass.INTERNAL, message=message))
    url = f"{snapshot.site.public_url}/videos/{snapshot.job.name}/video" if snapshot.site.public_url else ""
    video = VideoStatus(
        path=result.path,
        key=key,
        duration_seconds=result.duration_seconds,
        bytes=result.bytes,
        sha256=result.sha256,
        url=url,
    )
    return _succeed(status.model_copy(update={"video": video}))


def _succeed(status: VideoJobStatus) -> Step:
    seconds = f", {status.video.duration_seconds:.0f} s" if status.video else ""
    message = f"The video is ready: {count_of(len(status.scenes), 'scene')}{seconds}."
    return Step(status, Phase.SUCCEEDED, "Succeeded", message)
