"""Responses from VideoJobs."""

from __future__ import annotations

from videojob.phases import Phase
from videotutor_api.schemas.responses import SceneView, TaskState, TaskView, VideoFile, VideoSummary, VideoView
from videotutor_api.storage.videojob import VideoJob

STATES = {
    Phase.PENDING: TaskState.PENDING,
    Phase.SUCCEEDED: TaskState.SUCCESS,
    Phase.FAILED: TaskState.FAILURE,
    Phase.CANCELLED: TaskState.FAILURE,
}
"""Phase -> state; every other phase is STARTED."""


def video_file(job: VideoJob, base: str) -> VideoFile | None:
    """The finished video; `base`: prefix of its addresses."""
    if not (video := job.status.video):
        return None
    address = f"{base}/videos/{job.name}"
    return VideoFile(
        url=f"{address}/video",
        captions_url=f"{address}/captions",
        poster_url=f"{address}/poster",
        duration_seconds=video.duration_seconds,
        bytes=video.bytes,
        sha256=video.sha256,
    )


def summary_of(job: VideoJob, base: str) -> VideoSummary:
    """A VideoJob in a list."""
    status, plan = job.status, job.status.plan
    return VideoSummary(
        name=job.name,
        created_at=job.created_at,
        phase=status.phase,
        progress=status.progress,
        message=status.message,
        title=plan.title if plan else "",
        planner=status.planner,
        project_id=job.spec.get("projectId"),
        session_id=job.spec.get("sessionId"),
        generation=job.generation,
        observed_generation=status.observed_generation,
        started_at=status.started_at,
        finished_at=status.finished_at,
        estimated_completion=status.estimated_completion,
        video=video_file(job, base),
    )


def view_of(job: VideoJob, base: str) -> VideoView:
    """A VideoJob in full."""
    summary = summary_of(job, base)
    scenes = (
        SceneView(
            id=scene.id,
            title=scene.title,
            phase=scene.phase,
            progress=scene.progress,
            reused=scene.reused,
            attempts=scene.attempts,
            duration_seconds=scene.duration_seconds,
            estimated_completion=scene.estimated_completion,
            failure=scene.failure,
        )
        for scene in job.status.scenes
    )
    return VideoView(
        **dict(summary),
        prompt=job.spec.get("prompt"),
        scene_count=job.spec.get("sceneCount"),
        note=job.status.plan.note if job.status.plan else "",
        scenes=tuple(scenes),
        conditions=job.status.conditions,
    )


def task_of(job: VideoJob, base: str) -> TaskView:
    """A VideoJob as a task."""
    state = STATES.get(job.status.phase, TaskState.STARTED) if job.is_observed else TaskState.PENDING
    failed = state is TaskState.FAILURE
    return TaskView(
        task_id=job.name,
        status=state,
        progress=job.status.progress,
        result=video_file(job, base) if state is TaskState.SUCCESS else None,
        error=(job.status.message or f"the video was {job.status.phase.lower()}") if failed else None,
    )
