"""What Convex calls: signed webhooks."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from videotutor_api.answers import Accepted
from videotutor_api.dependencies import UsesParts
from videotutor_api.problems import responses
from videotutor_api.requests import EditRequest, GenerateRequest, WebhookRequest
from videotutor_api.services.edit import edit
from videotutor_api.services.generate import generate
from videotutor_api.signed import Signed, signature_header, signed

router = APIRouter(
    prefix="/jobs",
    tags=["webhooks"],
    responses=responses(
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
)


def _signed_request(model: type[WebhookRequest], example: dict[str, Any]) -> dict[str, Any]:
    """The description of a request that is read by hand, since its signature counts before its content."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    body = {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}
    return {"parameters": [signature_header("the raw body")], "requestBody": body}


@router.post(
    "/generate",
    status_code=HTTPStatus.ACCEPTED,
    response_model=Accepted,
    summary="Make a video",
    responses={200: {"model": Accepted, "description": "This request was accepted before."}},
    openapi_extra=_signed_request(
        GenerateRequest,
        {
            "projectId": "project_id",
            "sessionId": "session_id",
            "sceneCount": 3,
            "prompt": "Create a video about calculus",
            "timestamp": 1234567890,
        },
    ),
)
async def post_generate(
    call: Annotated[Signed[GenerateRequest], Depends(signed(GenerateRequest))],
    parts: UsesParts,
    response: Response,
) -> Accepted:
    """Create the VideoJob that makes the video, once for each `requestId` (or each body, where there is none)."""
    name, made = await generate(parts.videojobs, parts.sessions, call.request, call.text)
    response.status_code = HTTPStatus.ACCEPTED if made else HTTPStatus.OK
    response.headers["Location"] = f"/videos/{name}"
    return Accepted(job_id=name, name=name)


@router.post(
    "/edit",
    status_code=HTTPStatus.ACCEPTED,
    response_model=Accepted,
    summary="Change one scene",
    openapi_extra=_signed_request(
        EditRequest,
        {
            "jobId": "video-3f6a1c0b9d2e",
            "sceneId": "scene-2",
            "instruction": "Use a shorter example",
            "timestamp": 1234567890,
        },
    ),
)
async def post_edit(
    call: Annotated[Signed[EditRequest], Depends(signed(EditRequest))],
    parts: UsesParts,
) -> Accepted:
    """Change one scene of a video; only that scene and the join are made again."""
    await edit(parts.videojobs, call.request, call.text)
    return Accepted(job_id=call.request.job_id, name=call.request.job_id)
