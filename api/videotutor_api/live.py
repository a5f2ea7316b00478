"""A video that is watched while its scenes are rendered: playlists from the status and what lies in the store.

A playlist only ever grows (RFC 8216, section 6.2.1), but an edit changes scenes that a player has already. So the
playlists' addresses hold the digest of the video that the scenes will make; after an edit the old ones are gone (410).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path

import anyio.to_thread
from starlette.responses import Response

from videojob import hls
from videojob.digest import video_key
from videojob.hls import Stream
from videojob.phases import TERMINAL, ScenePhase
from videojob.spec import Output
from videotutor_api import media
from videotutor_api.problems import Problem
from videotutor_api.settings import Settings
from videotutor_api.videojobs import VideoJob

LIVE_SCENES = "../../scenes"
"""From the folder of a live playlist, `/videos/{name}/live/{key}`, to that of the video's scenes."""

JOINED_SCENES = "../scenes"
"""The same from the folder of the finished video's playlists, `/videos/{name}/files`."""

IMMUTABLE = "private, max-age=31536000, immutable"
"""A year: what a digest names never changes (RFC 8246). Shared caches would keep it from who must sign in."""

NOT_CACHED = "no-store"
"""For what is read in ranges: a private window of Chromium 156 at times returns only those bytes of a range that it had
to fetch, without the cached ones and without an error; the player stalls. Seen in `make browser`, once in 30 runs.
"""


class Playlist(StrEnum):
    """The playlists that a live master playlist names."""

    VIDEO = hls.VIDEO_PLAYLIST
    CAPTIONS = hls.CAPTIONS_PLAYLIST


async def master(settings: Settings, job: VideoJob) -> str:
    """The playlist that a player opens.

    Raises:
        Problem: 404 until the first scene is ready.
    """
    streams = await anyio.to_thread.run_sync(_streams, settings, _ready(job))
    return hls.master_playlist(streams, _language(job), f"live/{video_key(job.status)}/")


async def playlist(settings: Settings, job: VideoJob, key: str, which: Playlist) -> str:
    """One of the two playlists of the video that `key` names, with the scenes that are ready by now.

    Raises:
        Problem: 410 where an edit made it another video.
    """
    if key != video_key(job.status):
        raise Problem(HTTPStatus.GONE, f"{job.name} has changed since; load /videos/{job.name}/live.m3u8 again")
    ready = _ready(job)
    streams = await anyio.to_thread.run_sync(_streams, settings, ready)
    parts = [hls.Part(f"{LIVE_SCENES}/{digest}", stream) for digest, stream in zip(ready, streams, strict=True)]
    ended = len(parts) == len(job.status.scenes) or job.status.phase in TERMINAL
    if which is Playlist.VIDEO:
        return hls.video_playlist(parts, ended=ended)
    return hls.captions_playlist(parts, ended=ended)


async def joined_playlist(settings: Settings, job: VideoJob, file: media.File) -> str:
    """A playlist of the finished video, its scenes' addresses as this API has them.

    Raises:
        Problem: 404 where there is no video yet, or its playlist is gone.
    """
    path, _ = media.beside_video(job, file)
    text = await anyio.to_thread.run_sync(_read, settings, path)
    return text.replace(f"{hls.SCENES}/", f"{JOINED_SCENES}/")


async def scene_file(settings: Settings, job: VideoJob, digest: str, file: str, if_none_match: str | None) -> Response:
    """The response that serves a file of a scene of this video, as it is or, while an edit is rendered, as it was.

    Raises:
        Problem: 404 where the video has no such scene, or its file is gone.
    """
    if not (_is_ready(job, digest) or await _is_joined(settings, job, digest)):
        raise Problem(HTTPStatus.NOT_FOUND, f"{job.name} has no scene {digest} that is ready")
    caching = NOT_CACHED if file == hls.MEDIA else IMMUTABLE
    headers = {"ETag": f'"{digest}-{file}"', "Cache-Control": caching}
    return await media.stored(settings.store_root, _scene(settings, digest) / file, headers, if_none_match)


def _ready(job: VideoJob) -> list[str]:
    """Digests of the scenes that can be watched: the first ones, up to one that is not ready.

    Raises:
        Problem: 404 where there is none.
    """
    scenes = itertools.takewhile(lambda scene: scene.phase is ScenePhase.SUCCEEDED, job.status.scenes)
    if ready := [scene.digest for scene in scenes]:
        return ready
    raise media.not_yet(job, "has nothing to watch until its first scene is ready")


def _is_ready(job: VideoJob, digest: str) -> bool:
    return any(scene.digest == digest and scene.phase is ScenePhase.SUCCEEDED for scene in job.status.scenes)


async def _is_joined(settings: Settings, job: VideoJob, digest: str) -> bool:
    """Whether the finished video was made from this scene; the status may speak of an edit's scenes by now."""
    if not job.status.video:
        return False
    return f"/{digest}/" in await joined_playlist(settings, job, media.File.VIDEO_PLAYLIST)


def _language(job: VideoJob) -> str:
    planned = job.status.plan.language if job.status.plan else None
    return planned or job.spec.get("output", {}).get("language") or Output().language


def _scene(settings: Settings, digest: str) -> Path:
    """Folder of a scene in the artifact store."""
    return Path(settings.namespace, "scenes", digest)


def _streams(settings: Settings, digests: Sequence[str]) -> list[Stream]:
    paths = (_scene(settings, digest) / hls.INDEX for digest in digests)
    return [Stream.model_validate_json(_read(settings, path)) for path in paths]


def _read(settings: Settings, path: Path) -> str:
    found, _ = media.find(settings.store_root, path)
    return found.read_text(encoding="utf-8")
