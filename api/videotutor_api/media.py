"""Files of the artifact store over HTTP.

With Range, so that players can seek, and with validators, so that browsers need not load them twice.
"""

from __future__ import annotations

import errno
import os
import stat
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path

import anyio.to_thread
from starlette.responses import FileResponse, Response
from starlette.types import Message, Receive, Scope, Send

from videojob import hls
from videojob.status import VideoStatus
from videotutor_api.problems import Problem
from videotutor_api.videojobs import VideoJob


class File(StrEnum):
    """What lies beside a joined video, and the video itself; its thumbnails have numbers."""

    VIDEO = "video.mp4"
    CAPTIONS = "captions.vtt"
    POSTER = "poster.jpg"
    TRANSCRIPT = "transcript.txt"
    STORYBOARD = "storyboard.json"
    THUMBNAILS = "thumbnails.vtt"
    MASTER_PLAYLIST = hls.MASTER_PLAYLIST
    VIDEO_PLAYLIST = hls.VIDEO_PLAYLIST
    CAPTIONS_PLAYLIST = hls.CAPTIONS_PLAYLIST


PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
"""As RFC 8216, section 10 registers it."""

MEDIA_TYPES = {
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".m3u8": PLAYLIST_TYPE,
    ".mp4": "video/mp4",
    ".txt": "text/plain; charset=utf-8",
    ".vtt": "text/vtt; charset=utf-8",
}
"""Suffix of a file in the store -> its type."""

NO_SUCH_FILE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP})
"""Errors that say there is no such file; others say that the store is broken."""


class PlaylistResponse(Response):
    """A playlist, which players load again while it grows."""

    media_type = PLAYLIST_TYPE

    def __init__(self, text: str, status_code: int = 200) -> None:  # FastAPI describes the default as the status
        super().__init__(text, status_code, headers={"Cache-Control": "no-cache"})


class Artifact(FileResponse):
    """A file; Starlette answers Range, this class says what its refusals are in our form.

    A Range that makes no sense is ignored, as RFC 9110, section 14.2 wants it for units that are not known.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, a part of it, or a problem."""
        refused: int | None = None

        async def send_unless_refused(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] in {400, 416}:
                refused = message["status"]
            if refused is None:
                await send(message)

        await super().__call__(scope, receive, send_unless_refused)
        if refused == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            await self._unsatisfiable()(scope, receive, send)
        elif refused:
            headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
            await super().__call__({**scope, "headers": headers}, receive, send)

    def _unsatisfiable(self) -> Response:
        size = self.headers["content-length"]
        return Problem(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            f"the Range starts after the end: the file has {size} bytes",
            headers={"Content-Range": f"bytes */{size}"},
        ).response()


async def artifact(root: Path, job: VideoJob, file: str, if_none_match: str | None) -> Response:
    """The response that serves one file of a finished video: a `File`, or a thumbnail.

    Raises:
        Problem: 404 where there is no video yet, or its file is gone.
    """
    path, video = beside_video(job, file)
    etag = f'"{video.sha256}"' if file == File.VIDEO else f'"{video.key}-{file}"'
    return await stored(root, path, {"ETag": etag, "Cache-Control": "no-cache"}, if_none_match)


def beside_video(job: VideoJob, file: str) -> tuple[Path, VideoStatus]:
    """Where a file beside the finished video lies in the store, and the video.

    Raises:
        Problem: 404 where there is no video yet.
    """
    if not (video := job.status.video):
        raise not_yet(job, "has no video yet")
    return Path(video.path).parent / file, video


def not_yet(job: VideoJob, lack: str) -> Problem:
    """404 for what is still being made: it says how far that is."""
    status = job.status
    detail = f"{job.name} {lack}: {status.phase}, {status.progress} %"
    return Problem(HTTPStatus.NOT_FOUND, f"{detail}; {status.message}" if status.message else detail)


async def stored(root: Path, path: Path, headers: dict[str, str], if_none_match: str | None) -> Response:
    """The response that serves a file of the store; `headers` have its ETag.

    Raises:
        Problem: 404 where it is gone.
    """
    found, details = await anyio.to_thread.run_sync(find, root, path)
    if if_none_match and _matches(if_none_match, headers["ETag"]):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Artifact(found, headers=headers, media_type=MEDIA_TYPES[path.suffix], stat_result=details)


def find(root: Path, path: Path) -> tuple[Path, os.stat_result]:
    """A file of the store by its path there, never one outside of it, wherever links lead.

    Raises:
        Problem: 404 where there is no such file.
    """
    gone = Problem(HTTPStatus.NOT_FOUND, f"{path.name} of this video is not in the artifact store any more")
    base = root.resolve()
    try:
        found = (base / path).resolve(strict=True)
        details = found.stat()
    except (ValueError, RuntimeError):  # what is no path of a file, and a circle of links
        raise gone from None
    except OSError as error:
        if error.errno in NO_SUCH_FILE:
            raise gone from None
        raise
    if not found.is_relative_to(base) or not stat.S_ISREG(details.st_mode):
        raise gone
    return found, details


def _matches(if_none_match: str, etag: str) -> bool:
    """Weak comparison (RFC 9110, section 13.1.2)."""
    given = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return etag in given or "*" in given
