"""Files of the artifact store, by their paths there."""

from __future__ import annotations

import errno
import logging
import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread
from pydantic_core import from_json

from videojob.base import read
from videojob.hls import INDEX, Stream
from videojob.images import image_key
from videotutor_api.errors import NotFoundError, UnavailableError

log = logging.getLogger(__name__)

NO_SUCH_FILE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP})
"""Errors that say there is no such file; others say that the store is broken."""

RETRY_AFTER_SECONDS = 60
"""Retry-After while the store cannot be written: until an administrator makes room."""

MAX_STREAMS = 4096
"""Layouts of scenes in memory, some 2 kB each."""

MAX_THREADS = 32
HANGS_SECONDS = 10.0
"""Files that are looked up at once, and for how long: a network volume may hang."""

HUNG_RETRY_SECONDS = 10
"""Retry-After while the store does not answer."""

T = TypeVar("T")

INCOMPLETE = ".new-"
"""Prefix of a file that is being written."""

ABANDONED_SECONDS = 3600
"""Age of an incomplete file that no process writes any more: an upload takes a minute at most."""


class ArtifactStore:
    """The artifact store below a directory; scenes and pictures of one namespace."""

    def __init__(self, root: Path, namespace: str) -> None:
        self._root = root
        self._namespace = namespace
        self._threads = anyio.CapacityLimiter(MAX_THREADS)

    async def find(self, path: Path) -> tuple[Path, os.stat_result]:
        """A file by its path in the store, never one outside of it, wherever links lead.

        Raises:
            NotFoundError: there is no such file.
        """
        return await self._run(lambda: self._find(path))

    async def read_text(self, path: Path) -> str:
        """The text of a file.

        Raises:
            NotFoundError: there is no such file.
        """
        return await self._run(lambda: self._read_text(path))

    async def streams(self, digests: tuple[str, ...]) -> list[Stream]:
        """The layouts of scenes, from memory where they were read before.

        Raises:
            NotFoundError: one is missing.
        """
        return await self._run(lambda: [self._stream(digest) for digest in digests])

    async def leading_streams(self, digests: tuple[str, ...]) -> list[Stream]:
        """The layouts of the first scenes, up to one that is missing.

        Raises:
            NotFoundError: the first one is missing.
        """
        return await self._run(lambda: self._leading_streams(digests))

    def _leading_streams(self, digests: tuple[str, ...]) -> list[Stream]:
        streams: list[Stream] = []
        try:
            for digest in digests:
                streams.append(self._stream(digest))  # noqa: PERF401 -- those before a missing one count
        except NotFoundError:
            if not streams:
                raise
        return streams

    def scene(self, digest: str) -> Path:
        """Path of a scene's folder."""
        return Path(self._namespace, "scenes", digest)

    async def write_image(self, image: str, content: bytes) -> bool:
        """Write a picture, whole or not at all. Returns whether it is new.

        An existing one is written again: that repairs it, and its time is that of the newest upload.

        Raises:
            UnavailableError: the store cannot be written.
        """
        return await self._run(lambda: self._write_image(image, content))

    async def remove_abandoned(self, now: float) -> None:
        """Remove what uploads left that were killed, unless the store does not answer. `now`: seconds since 1970."""
        with suppress(UnavailableError):  # which is logged
            await self._run(lambda: self._remove_abandoned(now))

    def _remove_abandoned(self, now: float) -> None:
        try:
            for file in (self._root / image_key(self._namespace, "")).glob(f"{INCOMPLETE}*"):
                if now - file.stat().st_mtime > ABANDONED_SECONDS:
                    file.unlink(missing_ok=True)
        except OSError as error:
            log.warning("incomplete uploads cannot be removed: %s", error)

    def _write_image(self, image: str, content: bytes) -> bool:
        target = self._root / image_key(self._namespace, image)
        try:
            is_new = not target.exists()
            _write(target, content)
        except OSError as error:
            log.warning("the artifact store cannot be written: %s", error)
            detail = f"the artifact store cannot be written: {error.strerror}"
            raise UnavailableError(detail, RETRY_AFTER_SECONDS) from error
        return is_new

    async def _run(self, work: Callable[[], T]) -> T:
        """Run in a thread of the store's own: one that hangs stops nothing else.

        Raises:
            UnavailableError: it takes too long, or fails otherwise than by a missing file.
        """
        try:
            with anyio.fail_after(HANGS_SECONDS):
                return await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._threads)
        except OSError as error:  # a timeout is one
            log.warning("the artifact store does not answer: %s", error or type(error).__name__)
            raise UnavailableError("the artifact store does not answer", HUNG_RETRY_SECONDS) from error

    def _stream(self, digest: str) -> Stream:
        found, details = self._find(self.scene(digest) / INDEX)
        return _read_stream(found, details.st_mtime_ns, details.st_size)

    def _read_text(self, path: Path) -> str:
        found, _ = self._find(path)
        return found.read_text(encoding="utf-8")

    def _find(self, path: Path) -> tuple[Path, os.stat_result]:
        gone = NotFoundError(f"{path.name} of this video is not in the artifact store any more")
        base = self._root.resolve()
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


@lru_cache(MAX_STREAMS)
def _read_stream(path: Path, _modified_at: int, _size: int) -> Stream:
    """The layout in a file, read again when the file is another one; a scene may have been rendered again.

    Raises:
        NotFoundError: the file is damaged.
    """
    try:
        layout = read(Stream, from_json(path.read_bytes()))
    except ValueError as error:  # of pydantic too
        raise NotFoundError(f"{path.name} of a scene is damaged; render it again") from error
    if not layout.segments or min(segment.frames for segment in layout.segments) < 1 or layout.frames_per_second < 1:
        raise NotFoundError(f"{path.name} of a scene is damaged; render it again")
    return layout


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=INCOMPLETE, delete=False) as file:
        new = Path(file.name)
    try:
        new.write_bytes(content)
        new.chmod(0o644)
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)
