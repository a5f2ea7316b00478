"""Creates a VideoJob, once for each request, however often it arrives."""

from __future__ import annotations

from videojob.names import videojob_name
from videojob.spec import VideoJobSpec
from videotutor_api.errors import ConflictError, NotFoundError, UnavailableError, field_error
from videotutor_api.schemas.requests import GenerateRequest
from videotutor_api.storage.convex_client import ConvexClient
from videotutor_api.storage.videojob import VideoJob
from videotutor_api.storage.videojobs import AlreadyExistsError, VideoJobs

OWNER = ("projectId", "sessionId")
REQUESTED = ("prompt", "sceneCount", "planner", "output", "narration")
"""The fields of a spec that a generate request decides; the others change later, by edits for example."""

USED = "was used for another video; send a new one, or the same content again"


async def generate(
    videojobs: VideoJobs, convex: ConvexClient | None, request: GenerateRequest, text: str
) -> tuple[str, bool]:
    """Create the VideoJob of a request. `text`: the request as it was signed.

    Where another session used the same requestId, the name depends on the session too.

    Returns:
        Its name, and whether this call created it.

    Raises:
        NotFoundError: the session is unknown.
        ConflictError: the requestId was used for something else, or for a video that was deleted since.
    """
    if convex:
        await convex.check_session(request.project_id, request.session_id)
    identity, spec = request.request_id or text, request.spec()
    owner = request.project_id, request.session_id
    common, scoped = videojob_name(identity), videojob_name(identity, *owner)
    for name in (common, scoped):
        if videojobs.was_deleted(name, owner):
            message = f"was used for {name}, which was deleted; send a new one to make the video again"
            raise field_error(ConflictError, "requestId", message)
    for name in [scoped] if videojobs.exists(scoped) else [common, scoped]:
        try:
            await videojobs.create(name, spec)
        except AlreadyExistsError:
            if _is_same(await _existing(videojobs, name), spec):
                return name, False
        else:
            return name, True
    raise field_error(ConflictError, "requestId", USED)


async def _existing(videojobs: VideoJobs, name: str) -> VideoJob:
    try:
        return await videojobs.get_current(name)
    except NotFoundError as error:  # deleted since
        raise UnavailableError(f"{name} is being deleted", 1) from error


def _is_same(found: VideoJob, spec: VideoJobSpec) -> bool:
    """Whether a VideoJob is the one that a request made.

    Raises:
        ConflictError: the same session used the requestId for something else.
    """
    wanted = spec.to_json_object()
    if any(found.spec.get(field) != wanted.get(field) for field in OWNER):
        return False
    if any(found.spec.get(field) != wanted.get(field) for field in REQUESTED):
        raise field_error(ConflictError, "requestId", USED)
    return True
