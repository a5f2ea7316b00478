"""What lies beside a finished video, by the names that its own files call one another."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from videojob.storyboard import MAX_SCENES
from videotutor_api import media
from videotutor_api.dependencies import UsesParts
from videotutor_api.live import joined_playlist
from videotutor_api.media import File
from videotutor_api.routers.videos import IfNoneMatch, VideoName, file_responses, serve, video_responses

PLAYLISTS = frozenset({File.MASTER_PLAYLIST, File.VIDEO_PLAYLIST, File.CAPTIONS_PLAYLIST})

SceneNumber = Annotated[int, Path(ge=1, le=MAX_SCENES, description="Of the scene, in the order of the video.")]

router = APIRouter(prefix="/videos/{name}/files", tags=["videos"], responses=video_responses)


@router.head("/{file}", include_in_schema=False)
@router.get(
    "/{file}",
    response_class=Response,
    summary="A file of a video",
    responses=file_responses(*media.MEDIA_TYPES.values()),
)
async def get_file(parts: UsesParts, name: VideoName, file: File, if_none_match: IfNoneMatch = None) -> Response:
    """The video, captions, poster, transcript, storyboard, list of thumbnails, or a playlist for HLS players."""
    job = await parts.videojobs.get(name)
    if file in PLAYLISTS:
        return media.PlaylistResponse(await joined_playlist(parts.settings, job, file))
    return await media.artifact(parts.settings.store_root, job, file, if_none_match)


@router.head("/thumbnails/scene-{number}.jpg", include_in_schema=False)
@router.get(
    "/thumbnails/scene-{number}.jpg",
    response_class=Response,
    summary="Thumbnail of a scene",
    responses=file_responses("image/jpeg"),
)
async def get_thumbnail(
    parts: UsesParts, name: VideoName, number: SceneNumber, if_none_match: IfNoneMatch = None
) -> Response:
    """A small picture of the scene with this number, as JPEG; `thumbnails.vtt` says when to show which."""
    return await serve(parts, name, f"thumbnails/scene-{number}.jpg", if_none_match)
