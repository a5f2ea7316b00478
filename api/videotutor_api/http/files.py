"""Files of the artifact store over HTTP.

With Range, so that players can seek, and with validators, so that browsers need not load them twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path

from fastapi import Request
from starlette.responses import FileResponse, Response
from starlette.types import Message, Receive, Scope, Send

from videotutor_api.http.problems import Problem
from videotutor_api.storage.artifacts import ArtifactStore

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

LONGEST_FILE_NAME = 200
"""Bytes of a title in the name of a download: file systems allow 255 for all of it."""

_NOT_IN_FILE_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069<>:"/\\|?*]+')
"""What file systems refuse, and what turns the direction of text."""


class PlaylistResponse(Response):
    """A playlist, which players load again while it grows."""

    media_type = PLAYLIST_TYPE

    def __init__(self, text: str, status_code: int = 200) -> None:  # FastAPI describes the default as the status
        super().__init__(text, status_code, headers={"Cache-Control": "no-cache"})


class Artifact(FileResponse):
    """A file; Starlette implements Range, this class sends its refusals as problem documents.

    An invalid Range is ignored, as RFC 9110, section 14.2 says for unknown units.
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
            kind="range",
        ).response()


async def respond_file(
    request: Request, artifacts: ArtifactStore, path: Path, headers: dict[str, str], name: str | None = None
) -> Response:
    """The response that serves a file of the store. `headers` have its ETag; `name`: of a download.

    Raises:
        NotFoundError: there is no such file.
    """
    found, details = await artifacts.find(path)
    if is_not_modified(request.headers, headers["ETag"], details.st_mtime):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Artifact(
        found,
        headers=headers,
        media_type=MEDIA_TYPES[path.suffix],
        stat_result=details,
        filename=name,
        content_disposition_type="inline",
    )


def is_not_modified(given: Mapping[str, str], etag: str, modified_at: float | None = None) -> bool:
    """Whether the client's copy is current (RFC 9110, section 13.2.2). `modified_at`: seconds since 1970."""
    if (if_none_match := given.get("if-none-match")) is not None:
        tags = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
        return etag.removeprefix("W/") in tags or "*" in tags
    since = given.get("if-modified-since")
    if since is None or modified_at is None:
        return False
    try:
        return int(modified_at) <= parsedate_to_datetime(since).timestamp()
    except (ValueError, OverflowError):
        return False


def file_name(title: str, suffix: str) -> str:
    """The name of a download, from a title that users write."""
    stem = " ".join(_NOT_IN_FILE_NAMES.sub(" ", title).split())
    stem = stem.encode()[:LONGEST_FILE_NAME].decode(errors="ignore").strip(". ")
    return f"{stem or 'video'}{suffix}"
