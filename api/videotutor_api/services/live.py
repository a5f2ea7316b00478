"""A video that is watched while its scenes are rendered: playlists from the status and the layouts of its scenes.

A playlist only ever grows, and once it has ended it stays so (RFC 8216, section 6.2.1); but an edit changes scenes that
a player has already, and a failed video may be tried again. So the addresses of playlists have a key that changes then,
and the former ones are gone (410).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from enum import StrEnum

from videojob import hls
from videojob.digest import DIGEST_LENGTH, video_key
from videojob.hls import Part
from videojob.phases import TERMINAL, ScenePhase
from videojob.spec import Output
from videotutor_api.errors import GoneError, NotFoundError
from videotutor_api.services.videos import File, finished_video, not_ready, path_beside
from videotutor_api.storage.artifacts import ArtifactStore
from videotutor_api.storage.videojob import VideoJob

LIVE_SCENES = "../../scenes"
"""From the folder of a live playlist, `/videos/{name}/live/{key}`, to that of the video's scenes."""

FINISHED_SCENES = "../scenes"
"""The same from the folder of the finished video's playlists, `/videos/{name}/files`."""

KEY_PATTERN = rf"^[0-9a-f]{{{DIGEST_LENGTH}}}(-[0-9]{{1,19}})?$"

MAX_FINISHED = 1024
"""Finished videos whose scenes' digests are in memory, some 7 kB each; a video's never change."""

_SCENE = re.compile(rf"{re.escape(hls.SCENES)}/([0-9a-f]{{{DIGEST_LENGTH}}})/")


class Playlist(StrEnum):
    """The playlists that a live master playlist names."""

    VIDEO = hls.VIDEO_PLAYLIST
    CAPTIONS = hls.CAPTIONS_PLAYLIST


class Live:
    """Playlists and scenes of videos, finished or not."""

    def __init__(self, artifacts: ArtifactStore) -> None:
        self._artifacts = artifacts
        self._finished: dict[str, tuple[str, ...]] = {}

    async def master(self, job: VideoJob) -> str:
        """The playlist that a player opens.

        Raises:
            NotReadyError: no scene is ready.
        """
        parts = await self._live_parts(job)
        return hls.master_playlist([part.stream for part in parts], _language(job), f"live/{live_key(job)}/")

    async def playlist(self, job: VideoJob, key: str, which: Playlist) -> str:
        """One of the two playlists of the video that `key` names, with the scenes that are ready by now.

        Raises:
            GoneError: an edit, a failure or a retry made it another playlist.
        """
        if key != live_key(job):
            raise GoneError(f"{job.name} has changed since; load /videos/{job.name}/live.m3u8 again")
        parts = await self._live_parts(job)
        ended = len(parts) == len(job.status.scenes) or _is_ended_early(job)
        return _playlist(which, parts, ended=ended)

    async def finished_playlist(self, job: VideoJob, file: File) -> str:
        """A playlist of the finished video.

        Raises:
            NotFoundError: there is no video yet, or its files are gone.
        """
        digests = await self._finished_scenes(job)
        streams = await self._artifacts.streams(digests)
        parts = [Part(f"{FINISHED_SCENES}/{digest}", stream) for digest, stream in zip(digests, streams, strict=True)]
        if file is File.MASTER_PLAYLIST:
            return hls.master_playlist([part.stream for part in parts], _language(job))
        return _playlist(Playlist(file), parts, ended=True)

    async def check_scene(self, job: VideoJob, digest: str) -> None:
        """Refuse a scene that is not of this video, as it is or, while an edit is rendered, as it was.

        Raises:
            NotFoundError: the video has no such scene that is ready.
        """
        if any(scene.digest == digest and scene.phase is ScenePhase.SUCCEEDED for scene in job.status.scenes):
            return
        if job.status.video and digest in await self._finished_scenes(job):
            return
        raise NotFoundError(f"{job.name} has no scene {digest} that is ready")

    async def _live_parts(self, job: VideoJob) -> list[Part]:
        """The scenes that can be watched: the first ones, up to one that is not ready or whose files are gone.

        Raises:
            NotFoundError: there is none.
        """
        digests = _ready(job)
        streams = await self._artifacts.leading_streams(digests)
        return [Part(f"{LIVE_SCENES}/{digest}", stream) for digest, stream in zip(digests, streams, strict=False)]

    async def _finished_scenes(self, job: VideoJob) -> tuple[str, ...]:
        """The digests of the finished video's scenes, in order; the status may be about an edit's scenes by now."""
        path = path_beside(finished_video(job), File.VIDEO_PLAYLIST)
        if (known := self._finished.get(str(path))) is None:
            text = await self._artifacts.read_text(path)
            known = tuple(dict.fromkeys(_SCENE.findall(text)))
            if not known:
                raise NotFoundError(f"{path.name} of this video names no scenes")
            if len(self._finished) >= MAX_FINISHED:
                self._finished.pop(next(iter(self._finished)))
            self._finished[str(path)] = known
        return known


def live_key(job: VideoJob) -> str:
    """The key in the addresses of live playlists.

    It is the digest of the video; where that ended without all of its scenes, the generation is added: a playlist with
    an end never loses it, and a retry makes another one.
    """
    key = video_key(job.status)
    return f"{key}-{job.status.observed_generation}" if _is_ended_early(job) else key


def _is_ended_early(job: VideoJob) -> bool:
    complete = all(scene.phase is ScenePhase.SUCCEEDED for scene in job.status.scenes)
    return job.status.phase in TERMINAL and not complete


def _playlist(which: Playlist, parts: Sequence[Part], *, ended: bool) -> str:
    if which is Playlist.VIDEO:
        return hls.video_playlist(parts, ended=ended)
    return hls.captions_playlist(parts, ended=ended)


def _ready(job: VideoJob) -> tuple[str, ...]:
    """Digests of the scenes that can be watched: the first ones, up to one that is not ready.

    All of them where the finished video is made of the very same ones: an edit that was taken back renders them again.

    Raises:
        NotReadyError: there is none.
    """
    if job.status.video and job.status.scenes and job.status.video.key == video_key(job.status):
        return tuple(scene.digest for scene in job.status.scenes)
    scenes = itertools.takewhile(lambda scene: scene.phase is ScenePhase.SUCCEEDED, job.status.scenes)
    if ready := tuple(scene.digest for scene in scenes):
        return ready
    raise not_ready(job, "has nothing to watch until its first scene is ready")


def _language(job: VideoJob) -> str:
    planned = job.status.plan.language if job.status.plan else None
    return planned or job.spec.get("output", {}).get("language") or Output().language
