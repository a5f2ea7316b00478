"""Whether a request may change a VideoJob."""

from __future__ import annotations

from videotutor_api.errors import InvalidError, field_error
from videotutor_api.schemas.requests import OrderedRequest
from videotutor_api.storage.videojob import VideoJob


def check_owner(job: VideoJob, request: OrderedRequest) -> None:
    """Refuse a request that names another project or session than the VideoJob's.

    Raises:
        InvalidError: it names the field.
    """
    for field, given in (("projectId", request.project_id), ("sessionId", request.session_id)):
        if given is not None and given != job.spec.get(field):
            raise field_error(InvalidError, field, f"is not the one that {job.name} was made for")
