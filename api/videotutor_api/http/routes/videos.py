"""Videos, to read and to watch."""

from __future__ import annotations

import base64
import binascii
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from videotutor_api import VERSION
from videotutor_api.errors import GoneError
from videotutor_api.http.dependencies import Services, ServicesDep
from videotutor_api.http.files import file_name, is_not_modified, respond_file
from videotutor_api.http.problems import responses
from videotutor_api.http.routes.common import (
    CONDITIONAL,
    CURRENT,
    VIDEO_RESPONSES,
    Route,
    VideoName,
    file_responses,
)
from videotutor_api.http.views import summary_of, view_of
from videotutor_api.schemas.requests import ListQuery
from videotutor_api.schemas.responses import VideoList, VideoView
from videotutor_api.services.videos import File, finished_video, path_beside
from videotutor_api.storage.videojob import VideoJob

TOKEN_PREFIX = "after:"  # noqa: S105 -- not a secret: a position in the list

router = APIRouter(prefix="/videos", tags=["videos"], responses=VIDEO_RESPONSES, route_class=Route)


@router.get("", response_model_exclude_none=True, summary="List videos", responses=responses(HTTPStatus.GONE))
async def list_videos(services: ServicesDep, query: Annotated[ListQuery, Query()], response: Response) -> VideoList:
    """The videos in the order of their names, a page at a time."""

    def is_requested(job: VideoJob) -> bool:
        return query.phase in {None, job.status.phase} and query.session_id in {None, job.spec.get("sessionId")}

    after = _name_in(query.continue_) if query.continue_ else ""
    page, following = services.videojobs.page(query.limit, after, is_requested)
    response.headers.update(CURRENT)
    _set_age(response, services)
    items = tuple(summary_of(job, services.base) for job in page)
    return VideoList(items=items, continue_=_token_of(following) if following else None)


@router.get(
    "/{name}",
    response_model=VideoView,
    response_model_exclude_none=True,
    summary="One video",
    responses={304: {"description": "The client's copy is current."}},
    openapi_extra=CONDITIONAL,
)
async def get_video(
    request: Request, services: ServicesDep, name: VideoName, response: Response
) -> VideoView | Response:
    """The state of the video, scene by scene, and where it can be watched."""
    job = await services.videojobs.get(name)
    headers = {**CURRENT, "ETag": f'W/"{VERSION}-{job.uid}-{job.version}"'}
    if is_not_modified(request.headers, headers["ETag"]):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    response.headers.update(headers)
    _set_age(response, services)
    return view_of(job, services.base)


async def serve_beside(request: Request, services: Services, job: VideoJob, file: str) -> Response:
    """The response that serves a file beside a finished video: a `File`, or a thumbnail."""
    video = finished_video(job)
    etag = f'"{video.sha256}"' if file == File.VIDEO else f'"{video.key}-{file}"'
    path = path_beside(video, file)
    title = job.status.plan.title if job.status.plan else job.name
    name = file_name(title if path.stem in {"video", "captions"} else f"{title} {path.stem}", path.suffix)
    return await respond_file(request, services.artifacts, path, {"ETag": etag, **CURRENT}, name)


@router.get(
    "/{name}/video",
    response_class=Response,
    summary="Watch a video",
    responses=file_responses("video/mp4"),
    openapi_extra=CONDITIONAL,
)
async def get_video_file(request: Request, services: ServicesDep, name: VideoName) -> Response:
    """The MP4 file, in parts where Range requests them. While an edit is rendered, it is the video before."""
    return await serve_beside(request, services, await services.videojobs.get(name), File.VIDEO)


@router.get(
    "/{name}/captions",
    response_class=Response,
    summary="Captions",
    responses=file_responses("text/vtt"),
    openapi_extra=CONDITIONAL,
)
async def get_captions(request: Request, services: ServicesDep, name: VideoName) -> Response:
    """The captions as WebVTT."""
    return await serve_beside(request, services, await services.videojobs.get(name), File.CAPTIONS)


@router.get(
    "/{name}/poster",
    response_class=Response,
    summary="Poster",
    responses=file_responses("image/jpeg"),
    openapi_extra=CONDITIONAL,
)
async def get_poster(request: Request, services: ServicesDep, name: VideoName) -> Response:
    """A picture of the video, as JPEG."""
    return await serve_beside(request, services, await services.videojobs.get(name), File.POSTER)


def _set_age(response: Response, services: Services) -> None:
    """Say how old the content may be (RFC 9111, section 5.1), while Kubernetes sends no changes."""
    if stale := int(services.videojobs.watcher.stale_seconds):
        response.headers["Age"] = str(stale)


def _token_of(name: str) -> str:
    return base64.urlsafe_b64encode(f"{TOKEN_PREFIX}{name}".encode()).decode()


def _name_in(token: str) -> str:
    """The name in a token of `_token_of`.

    Raises:
        GoneError: it is none, such as one of an earlier version of the API.
    """
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not text.startswith(TOKEN_PREFIX):
        raise GoneError("the continue token is too old; start the list again without it")
    return text.removeprefix(TOKEN_PREFIX)
