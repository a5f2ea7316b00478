"""A video to be watched by HLS players while its scenes are rendered."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Response

from videojob import hls
from videojob.digest import DIGEST_LENGTH
from videotutor_api import live
from videotutor_api.dependencies import UsesParts
from videotutor_api.media import MEDIA_TYPES, PlaylistResponse
from videotutor_api.problems import responses
from videotutor_api.routers.videos import IfNoneMatch, VideoName, file_responses, video_responses

Digest = Annotated[str, Path(pattern=f"^[0-9a-f]{{{DIGEST_LENGTH}}}$", description="As a playlist has it.")]
SceneFile = Annotated[str, Path(pattern=hls.FILE_PATTERN, description="As a playlist has it.")]

router = APIRouter(prefix="/videos/{name}", tags=["videos"], responses=video_responses)


@router.head("/live.m3u8", include_in_schema=False)
@router.get("/live.m3u8", response_class=PlaylistResponse, summary="Watch while it is made")
async def get_live(parts: UsesParts, name: VideoName) -> Response:
    """What an HLS player opens, once the first scene is ready; the playlists that it names grow scene by scene."""
    return PlaylistResponse(await live.master(parts.settings, await parts.videojobs.get(name)))


@router.head("/live/{key}/{playlist}", include_in_schema=False)
@router.get(
    "/live/{key}/{playlist}",
    response_class=PlaylistResponse,
    summary="The scenes that are ready",
    responses=responses(HTTPStatus.GONE),
)
async def get_live_playlist(parts: UsesParts, name: VideoName, key: Digest, playlist: live.Playlist) -> Response:
    """What an HLS player loads again and again; after an edit it is gone, and `live.m3u8` names its successor."""
    return PlaylistResponse(await live.playlist(parts.settings, await parts.videojobs.get(name), key, playlist))


@router.head("/scenes/{digest}/{file}", include_in_schema=False)
@router.get(
    "/scenes/{digest}/{file}",
    response_class=Response,
    summary="A file of a scene",
    responses=file_responses(MEDIA_TYPES[".mp4"], MEDIA_TYPES[".vtt"]),
)
async def get_scene_file(
    parts: UsesParts, name: VideoName, digest: Digest, file: SceneFile, if_none_match: IfNoneMatch = None
) -> Response:
    """Picture and sound, or captions, of a scene that is ready. It never changes."""
    return await live.scene_file(parts.settings, await parts.videojobs.get(name), digest, file, if_none_match)
