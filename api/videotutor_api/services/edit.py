"""Edits one scene: an entry of spec.sceneOverrides, which the operator carries out."""

from __future__ import annotations

from videojob.spec import merge_override
from videotutor_api.errors import ConflictError, InvalidError, field_error
from videotutor_api.schemas.requests import EditRequest
from videotutor_api.services.order import Outcome, RequestLog
from videotutor_api.services.ownership import check_owner
from videotutor_api.storage.videojob import VideoJob
from videotutor_api.storage.videojobs import Change, VideoJobs


async def edit(videojobs: VideoJobs, request: EditRequest, text: str) -> Outcome:
    """Replace the scene's entry in the VideoJob. `text`: the request as it was signed.

    A repeat, and a request older than the newest about this scene, change nothing.

    Raises:
        NotFoundError: there is no such video.
        InvalidError: there is no such scene, or the video is of another session.
        ConflictError: the video is cancelled.
    """
    outcome = Outcome.ACCEPTED

    def decide(job: VideoJob) -> Change | None:
        nonlocal outcome
        outcome, change = decide_edit(job, request, text)
        return change

    await videojobs.change(request.job_id, decide)
    return outcome


def decide_edit(job: VideoJob, request: EditRequest, text: str) -> tuple[Outcome, Change | None]:
    """What becomes of an edit, and the change that carries it out."""
    check_owner(job, request)
    log = RequestLog(job.annotations)
    outcome = log.judge(request.scene_id, request, text)
    if outcome is not Outcome.ACCEPTED:
        return outcome, None
    if job.spec.get("cancel"):
        raise ConflictError(f"{job.name} is cancelled and cannot be edited; retry it first, or generate a new video")
    _check_scene(job, request.scene_id)
    present = job.spec.get("sceneOverrides", [])
    merged = merge_override(present, request.override())
    # What is there already stays in its place: another order would be a new generation.
    spec = {} if merged[-1] in present else {"sceneOverrides": merged}
    return outcome, Change(spec, log.annotations(request.scene_id, request, text))


def _check_scene(job: VideoJob, scene_id: str) -> None:
    known = [scene.id for scene in job.status.scenes]
    if known and scene_id not in known:
        message = f"names no scene of {job.name}; its scenes are {', '.join(known)}"
        raise field_error(InvalidError, "sceneId", message)
