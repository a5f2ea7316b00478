"""Editing one scene: an entry of spec.sceneOverrides, which the operator carries out."""

from __future__ import annotations

import hashlib
from http import HTTPStatus

from videojob.spec import merge_override
from videotutor_api.problems import Problem, field_problem
from videotutor_api.requests import EditRequest
from videotutor_api.videojobs import Change, VideoJob, VideoJobs

APPLIED = "videotutor.dev/applied-edits"
"""Annotation with digests of the newest edits' requestIds, or of their bodies where they have none.

An edit that is sent again, by its caller or by one who overheard it, must not undo a later one.
"""

REMEMBERED = 100
"""Edits remembered; a caller repeats one for minutes, not for a hundred edits."""


async def edit(videojobs: VideoJobs, request: EditRequest, text: str) -> None:
    """Put the scene's change into the VideoJob, in the place of an earlier one; the same request again changes nothing.

    `text` is the request as it was signed.

    Raises:
        Problem: there is no such video (404) or scene (422), or the video cannot change any more (409).
    """
    await videojobs.change(request.job_id, lambda job: change_for(job, request, text))


def change_for(job: VideoJob, request: EditRequest, text: str) -> Change | None:
    """What the request makes of the VideoJob as it is; None where it was carried out before."""
    _check(job, request)
    applied = job.annotations.get(APPLIED, "").split()
    digest = hashlib.sha256((request.request_id or text).encode()).hexdigest()[:16]
    if digest in applied:
        return None
    present = job.spec.get("sceneOverrides", [])
    merged = merge_override(present, request.override())
    # What is there already stays in its place: another order would be a new generation.
    spec = {} if merged[-1] in present else {"sceneOverrides": merged}
    return Change(spec, {APPLIED: " ".join([*applied, digest][-REMEMBERED:])})


def _check(job: VideoJob, request: EditRequest) -> None:
    _check_owner(job, request)
    if job.spec.get("cancel"):
        raise Problem(HTTPStatus.CONFLICT, f"{job.name} is cancelled and cannot be edited; generate a new video")
    known = [scene.id for scene in job.status.scenes]
    if known and request.scene_id not in known:
        message = f"names no scene of {job.name}; its scenes are {', '.join(known)}"
        raise field_problem(HTTPStatus.UNPROCESSABLE_ENTITY, "sceneId", message)


def _check_owner(job: VideoJob, request: EditRequest) -> None:
    for field, asked in (
        ("projectId", request.project_id),
        ("sessionId", request.session_id),
    ):
        if asked is not None and asked != job.spec.get(field):
            raise field_problem(HTTPStatus.UNPROCESSABLE_ENTITY, field, f"is not the one that {job.name} was made for")
