"""Making a VideoJob, once for each request, however often it arrives."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from videojob.names import videojob_name
from videotutor_api.problems import field_problem
from videotutor_api.requests import GenerateRequest
from videotutor_api.sessions import Sessions
from videotutor_api.videojobs import AlreadyExistsError, VideoJobs

ASKED = ("prompt", "sceneCount", "projectId", "sessionId", "planner", "output", "narration")
"""The fields of a spec that a generate request decides; the others change later, by edits for example."""


async def generate(
    videojobs: VideoJobs, sessions: Sessions | None, request: GenerateRequest, text: str
) -> tuple[str, bool]:
    """The VideoJob's name, and whether this call made it; `text` is the request as it was signed.

    Raises:
        Problem: the session is unknown (404), or the requestId was used for something else (409).
    """
    if sessions:
        await sessions.check(request.project_id, request.session_id)
    name, spec = videojob_name(request.request_id or text), request.spec()
    try:
        await videojobs.create(name, spec)
    except AlreadyExistsError:
        found = await videojobs.get(name)
        if _asked(found.spec) != _asked(spec.to_json_object()):
            message = "was used for another video; send a new one, or the same content again"
            raise field_problem(HTTPStatus.CONFLICT, "requestId", message) from None
        return name, False
    return name, True


def _asked(spec: dict[str, Any]) -> dict[str, Any]:
    return {field: spec.get(field) for field in ASKED}
