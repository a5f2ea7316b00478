"""Videos, to read and to watch."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response

from videojob.names import MAX_VIDEOJOB_NAME
from videotutor_api import media
from videotutor_api.answers import VideoList, VideoView
from videotutor_api.dependencies import Parts, UsesParts
from videotutor_api.problems import responses
from videotutor_api.requests import NAME_PATTERN, ListQuery
from videotutor_api.views import summary_of, view_of

VideoName = Annotated[
    str,
    Path(
        pattern=NAME_PATTERN,
        max_length=MAX_VIDEOJOB_NAME,
        description="The jobId that generating answered.",
        examples=["video-3f6a1c0b9d2e"],
    ),
]
IfNoneMatch = Annotated[str | None, Header(description="ETag of a copy: 304 where it is still the same.")]

video_responses = responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE)
"""The problems of every address of a video."""

router = APIRouter(prefix="/videos", tags=["videos"], responses=video_responses)


def base_of(request: Request, parts: Parts) -> str:
    """The address that callers reach this API by: as set, else as this one did."""
    return (parts.settings.public_url or str(request.base_url)).rstrip("/")


@router.get(
    "",
    response_model_exclude_none=True,
    summary="List videos",
    responses=responses(HTTPStatus.BAD_REQUEST, HTTPStatus.GONE),
)
async def list_videos(
    request: Request,
    parts: UsesParts,
    query: Annotated[ListQuery, Query()],
) -> VideoList:
    """The videos in the order of their names, a page at a time; Kubernetes filters, so every page is full."""
    wanted = {"status.phase": query.phase, "spec.sessionId": query.session_id}
    selector = {path: value for path, value in wanted.items() if value}
    page = await parts.videojobs.page(query.limit, query.continue_, selector)
    base = base_of(request, parts)
    items = tuple(summary_of(job, base) for job in page.items)
    return VideoList(items=items, continue_=page.continue_token or None)


@router.get("/{name}", response_model_exclude_none=True, summary="One video")
async def get_video(request: Request, parts: UsesParts, name: VideoName) -> VideoView:
    """Where the video is, scene by scene, and where it can be watched."""
    return view_of(await parts.videojobs.get(name), base_of(request, parts))


def file_responses(*media_types: str) -> dict[int | str, dict[str, object]]:
    """The responses of an endpoint that serves files of these types, for its OpenAPI description."""
    content: dict[str, object] = {media_type: {} for media_type in media_types}
    return {
        200: {"description": "The file.", "content": content},
        206: {"description": "The part that Range asks for.", "content": content},
        304: {"description": "The copy named by If-None-Match is the same."},
        **responses(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE),
    }


async def serve(parts: Parts, name: str, file: str, if_none_match: str | None) -> Response:
    """The response that serves a file beside a video."""
    job = await parts.videojobs.get(name)
    return await media.artifact(parts.settings.store_root, job, file, if_none_match)


@router.head("/{name}/video", include_in_schema=False)
@router.get("/{name}/video", response_class=Response, summary="Watch a video", responses=file_responses("video/mp4"))
async def get_video_file(parts: UsesParts, name: VideoName, if_none_match: IfNoneMatch = None) -> Response:
    """The MP4 file, in parts where Range asks for them. While an edit is rendered, it is the video before."""
    return await serve(parts, name, media.File.VIDEO, if_none_match)


@router.head("/{name}/captions", include_in_schema=False)
@router.get("/{name}/captions", response_class=Response, summary="Captions", responses=file_responses("text/vtt"))
async def get_captions(parts: UsesParts, name: VideoName, if_none_match: IfNoneMatch = None) -> Response:
    """The captions as WebVTT."""
    return await serve(parts, name, media.File.CAPTIONS, if_none_match)


@router.head("/{name}/poster", include_in_schema=False)
@router.get("/{name}/poster", response_class=Response, summary="Poster", responses=file_responses("image/jpeg"))
async def get_poster(parts: UsesParts, name: VideoName, if_none_match: IfNoneMatch = None) -> Response:
    """A picture of the video, as JPEG."""
    return await serve(parts, name, media.File.POSTER, if_none_match)
