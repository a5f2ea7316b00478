"""Files of the artifact store over HTTP.

With Range, so that players can seek, and with validators, so that browsers need not load them twice.
"""

from __future__ import annotations

import errno
import os
import stat
from http import HTTPStatus
from pathlib import Path

import anyio.to_thread
from starlette.responses import FileResponse, Response
from starlette.types import Message, Receive, Scope, Send

from videotutor_api.problems import Problem
from videotutor_api.videojobs import VideoJob

VIDEO = "video.mp4"
CAPTIONS = "captions.vtt"
POSTER = "poster.jpg"

MEDIA_TYPES = {VIDEO: "video/mp4", CAPTIONS: "text/vtt; charset=utf-8", POSTER: "image/jpeg"}

NO_SUCH_FILE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP})
"""Errors that say there is no such file; others say that the store is broken."""


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
    """The response that serves one file of a finished video.

    Raises:
        Problem: 404 where there is no video yet, or its file is gone.
    """
    video = job.status.video
    if not video:
        status = job.status
        detail = f"{job.name} has no video yet: {status.phase}, {status.progress} %"
        raise Problem(HTTPStatus.NOT_FOUND, f"{detail}; {status.message}" if status.message else detail)
    path, found = await anyio.to_thread.run_sync(_find, root, video.path, file)
    etag = f'"{video.sha256}"' if file == VIDEO else f'"{video.key}-{file}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if if_none_match and _matches(if_none_match, etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Artifact(path, headers=headers, media_type=MEDIA_TYPES[file], stat_result=found)


def _find(root: Path, video: str, file: str) -> tuple[Path, os.stat_result]:
    """The file beside the video, never one outside of the store, wherever links lead."""
    gone = Problem(HTTPStatus.NOT_FOUND, f"{file} of this video is not in the artifact store any more")
    base = root.resolve()
    try:
        path = (base / video).with_name(file).resolve(strict=True)
        found = path.stat()
    except (ValueError, RuntimeError):  # what is no path of a file, and a circle of links
        raise gone from None
    except OSError as error:
        if error.errno in NO_SUCH_FILE:
            raise gone from None
        raise
    if not path.is_relative_to(base) or not stat.S_ISREG(found.st_mode):
        raise gone
    return path, found


def _matches(if_none_match: str, etag: str) -> bool:
    """Weak comparison (RFC 9110, section 13.1.2)."""
    given = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return etag in given or "*" in given
