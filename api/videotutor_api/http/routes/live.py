"""Playlists and scenes for HLS players, while a video is rendered."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from videojob import hls
from videojob.digest import DIGEST_LENGTH
from videotutor_api.http.dependencies import ServicesDep
from videotutor_api.http.files import MEDIA_TYPES, PlaylistResponse, respond_file
from videotutor_api.http.problems import responses
from videotutor_api.http.routes.common import CONDITIONAL, VIDEO_RESPONSES, Route, VideoName, file_responses
from videotutor_api.services.live import KEY_PATTERN, Playlist

IMMUTABLE = "private, max-age=31536000, immutable"
"""A year: what a digest names never changes (RFC 8246). Not in shared caches, which would serve it without sign-in."""

NOT_CACHED = "no-store"
"""For what is read in ranges: a private window of Chromium 156 at times returns only those bytes of a range that it had
to fetch, without the cached ones and without an error; the player stalls. Seen in `make browser`, once in 30 runs.
"""

Key = Annotated[str, Path(pattern=KEY_PATTERN, description="As the master playlist has it.")]
Digest = Annotated[str, Path(pattern=f"^[0-9a-f]{{{DIGEST_LENGTH}}}$", description="As a playlist has it.")]
SceneFile = Annotated[str, Path(pattern=hls.FILE_PATTERN, description="As a playlist has it.")]

router = APIRouter(prefix="/videos/{name}", tags=["videos"], responses=VIDEO_RESPONSES, route_class=Route)


@router.get("/live.m3u8", response_class=PlaylistResponse, summary="Watch while it is made")
async def get_live(services: ServicesDep, name: VideoName) -> Response:
    """What an HLS player opens, once the first scene is ready; the playlists that it names grow scene by scene."""
    return PlaylistResponse(await services.live.master(await services.videojobs.get(name)))


@router.get(
    "/live/{key}/{playlist}",
    response_class=PlaylistResponse,
    summary="The scenes that are ready",
    responses=responses(HTTPStatus.GONE),
)
async def get_live_playlist(services: ServicesDep, name: VideoName, key: Key, playlist: Playlist) -> Response:
    """What an HLS player loads again and again; after an edit it is gone, and `live.m3u8` names its successor."""
    return PlaylistResponse(await services.live.playlist(await services.videojobs.get(name), key, playlist))


@router.get(
    "/scenes/{digest}/{file}",
    response_class=Response,
    summary="A file of a scene",
    responses=file_responses(MEDIA_TYPES[".mp4"], MEDIA_TYPES[".vtt"]),
    openapi_extra=CONDITIONAL,
)
async def get_scene_file(
    request: Request, services: ServicesDep, name: VideoName, digest: Digest, file: SceneFile
) -> Response:
    """Picture and sound, or captions, of a scene that is ready. It never changes."""
    await services.live.check_scene(await services.videojobs.get(name), digest)
    caching = NOT_CACHED if file == hls.MEDIA else IMMUTABLE
    headers = {"ETag": f'"{digest}-{file}"', "Cache-Control": caching}
    return await respond_file(request, services.artifacts, services.artifacts.scene(digest) / file, headers)
