"""Signed webhooks: requests of Convex to create and change videos."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response

from videotutor_api.http.dependencies import Services, ServicesDep
from videotutor_api.http.problems import responses
from videotutor_api.http.signed import Signed, signature_header, signed
from videotutor_api.schemas.requests import (
    CancelRequest,
    DeleteRequest,
    EditRequest,
    GenerateRequest,
    RetryRequest,
    WebhookRequest,
)
from videotutor_api.schemas.responses import Accepted
from videotutor_api.services import control
from videotutor_api.services.edit import edit
from videotutor_api.services.generate import generate
from videotutor_api.services.order import Outcome

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


def _signed_route(model: type[WebhookRequest], example: dict[str, Any], repeated: str) -> dict[str, Any]:
    """Options of a route whose request is read by hand, since its signature is checked before its content."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    body = {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}
    return {
        "status_code": HTTPStatus.ACCEPTED,
        "response_model": Accepted,
        "responses": {200: {"model": Accepted, "description": repeated}},
        "openapi_extra": {"parameters": [signature_header("the raw body")], "requestBody": body},
    }


def _example(action: str) -> dict[str, Any]:
    return {"jobId": "video-3f6a1c0b9d2e", "action": action, "timestamp": 1234567890}


@router.post(
    "/generate",
    summary="Make a video",
    **_signed_route(
        GenerateRequest,
        {
            "projectId": "project_id",
            "sessionId": "session_id",
            "sceneCount": 3,
            "prompt": "Create a video about calculus",
            "timestamp": 1234567890,
        },
        "This request was accepted before.",
    ),
)
async def post_generate(
    call: Annotated[Signed[GenerateRequest], Depends(signed(GenerateRequest))],
    services: ServicesDep,
    response: Response,
) -> Accepted:
    """Create the VideoJob that makes the video, once for each `requestId` (or each body, where there is none)."""
    name, is_new = await generate(services.videojobs, services.convex, call.request, call.text)
    return _accepted(services, response, name, Outcome.ACCEPTED if is_new else Outcome.REPEATED)


@router.post(
    "/edit",
    summary="Change one scene",
    **_signed_route(
        EditRequest,
        {
            "jobId": "video-3f6a1c0b9d2e",
            "sceneId": "scene-2",
            "instruction": "Use a shorter example",
            "timestamp": 1234567890,
        },
        "This edit was accepted before, or a newer edit of the scene was (`status`: superseded).",
    ),
)
async def post_edit(
    call: Annotated[Signed[EditRequest], Depends(signed(EditRequest))], services: ServicesDep, response: Response
) -> Accepted:
    """Change one scene of a video; only that scene and the stitching are made again."""
    outcome = await edit(services.videojobs, call.request, call.text)
    return _accepted(services, response, call.request.job_id, outcome)


@router.post(
    "/cancel",
    summary="End the work on a video",
    **_signed_route(CancelRequest, _example("cancel"), "It was cancelled before, or retried by a newer request."),
)
async def post_cancel(
    call: Annotated[Signed[CancelRequest], Depends(signed(CancelRequest))], services: ServicesDep, response: Response
) -> Accepted:
    """End all work on a video that is not finished. `POST /jobs/retry` continues it."""
    outcome = await control.cancel(services.videojobs, call.request, call.text)
    return _accepted(services, response, call.request.job_id, outcome)


@router.post(
    "/retry",
    summary="Try again",
    **_signed_route(RetryRequest, _example("retry"), "This request was accepted before, or a newer one was."),
)
async def post_retry(
    call: Annotated[Signed[RetryRequest], Depends(signed(RetryRequest))], services: ServicesDep, response: Response
) -> Accepted:
    """Try again what failed of a video, or continue a cancelled one; what is finished is kept."""
    outcome = await control.retry(services.videojobs, call.request, call.text)
    return _accepted(services, response, call.request.job_id, outcome)


@router.post(
    "/delete",
    summary="Delete a video",
    **_signed_route(DeleteRequest, _example("delete"), "There is no such video any more."),
)
async def post_delete(
    call: Annotated[Signed[DeleteRequest], Depends(signed(DeleteRequest))], services: ServicesDep, response: Response
) -> Accepted:
    """Delete a VideoJob, whatever works on it, and its addresses. Its files stay in the artifact store."""
    outcome = await control.delete(services.videojobs, call.request, call.text)
    return _accepted(services, response, call.request.job_id, outcome)


def _accepted(services: Services, response: Response, name: str, outcome: Outcome) -> Accepted:
    response.status_code = HTTPStatus.ACCEPTED if outcome is Outcome.ACCEPTED else HTTPStatus.OK
    response.headers["Location"] = f"{services.base}/videos/{name}"
    status: Literal["accepted", "superseded"] = "superseded" if outcome is Outcome.SUPERSEDED else "accepted"
    return Accepted(job_id=name, name=name, namespace=services.settings.namespace, status=status)
