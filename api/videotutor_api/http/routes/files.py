"""Files of a finished video, by the names that its own files call one another."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from videojob.storyboard import MAX_SCENES
from videotutor_api.http.dependencies import ServicesDep
from videotutor_api.http.files import MEDIA_TYPES, PlaylistResponse
from videotutor_api.http.routes.common import CONDITIONAL, VIDEO_RESPONSES, Route, VideoName, file_responses
from videotutor_api.http.routes.videos import serve_beside
from videotutor_api.services.videos import File

PLAYLISTS = frozenset({File.MASTER_PLAYLIST, File.VIDEO_PLAYLIST, File.CAPTIONS_PLAYLIST})

SceneNumber = Annotated[int, Path(ge=1, le=MAX_SCENES, description="Of the scene, in the order of the video.")]

router = APIRouter(prefix="/videos/{name}/files", tags=["videos"], responses=VIDEO_RESPONSES, route_class=Route)


@router.get(
    "/{file}",
    response_class=Response,
    summary="A file of a video",
    responses=file_responses(*MEDIA_TYPES.values()),
    openapi_extra=CONDITIONAL,
)
async def get_file(request: Request, services: ServicesDep, name: VideoName, file: File) -> Response:
    """The video, captions, poster, transcript, storyboard, list of thumbnails, or a playlist for HLS players."""
    job = await services.videojobs.get(name)
    if file in PLAYLISTS:
        return PlaylistResponse(await services.live.finished_playlist(job, file))
    return await serve_beside(request, services, job, file)


@router.get(
    "/thumbnails/scene-{number}.jpg",
    response_class=Response,
    summary="Thumbnail of a scene",
    responses=file_responses("image/jpeg"),
    openapi_extra=CONDITIONAL,
)
async def get_thumbnail(request: Request, services: ServicesDep, name: VideoName, number: SceneNumber) -> Response:
    """A small picture of the scene with this number, as JPEG; `thumbnails.vtt` says when to show which."""
    job = await services.videojobs.get(name)
    return await serve_beside(request, services, job, f"thumbnails/scene-{number}.jpg")
