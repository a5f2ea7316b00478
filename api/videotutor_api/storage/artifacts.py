"""Files of the artifact store, by their paths there."""

from __future__ import annotations

import errno
import logging
import os
import stat
import tempfile
from functools import lru_cache
from pathlib import Path

import anyio.to_thread

from videojob.hls import INDEX, Stream
from videojob.images import image_key
from videotutor_api.errors import NotFoundError, UnavailableError

log = logging.getLogger(__name__)

NO_SUCH_FILE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP})
"""Errors that say there is no such file; others say that the store is broken."""

RETRY_AFTER_SECONDS = 60
"""Retry-After while the store cannot be written: until an administrator makes room."""

MAX_STREAMS = 4096
"""Layouts of scenes in memory, some 2 kB each. A scene's layout never changes."""

INCOMPLETE = ".new-"
"""Prefix of a file that is being written."""

ABANDONED_SECONDS = 3600
"""Age of an incomplete file that no process writes any more: an upload takes a minute at most."""


class ArtifactStore:
    """The artifact store below a directory; scenes and pictures of one namespace."""

    def __init__(self, root: Path, namespace: str) -> None:
        self._root = root
        self._namespace = namespace
        self._stream = lru_cache(MAX_STREAMS)(self._read_stream)

    async def find(self, path: Path) -> tuple[Path, os.stat_result]:
        """A file by its path in the store, never one outside of it, wherever links lead.

        Raises:
            NotFoundError: there is no such file.
        """
        return await anyio.to_thread.run_sync(self._find, path)

    async def read_text(self, path: Path) -> str:
        """The text of a file.

        Raises:
            NotFoundError: there is no such file.
        """
        return await anyio.to_thread.run_sync(self._read_text, path)

    async def streams(self, digests: tuple[str, ...]) -> list[Stream]:
        """The layouts of scenes, from memory where they were read before.

        Raises:
            NotFoundError: one is missing.
        """
        return await anyio.to_thread.run_sync(lambda: [self._stream(digest) for digest in digests])

    def scene(self, digest: str) -> Path:
        """Path of a scene's folder."""
        return Path(self._namespace, "scenes", digest)

    async def write_image(self, image: str, content: bytes) -> bool:
        """Write a picture, whole or not at all. Returns whether it is new.

        An existing one is written again: that repairs it, and its time is that of the newest upload.

        Raises:
            UnavailableError: the store cannot be written.
        """
        return await anyio.to_thread.run_sync(self._write_image, image, content)

    async def remove_abandoned(self, now: float) -> None:
        """Remove what uploads left that were killed. `now`: seconds since 1970."""
        await anyio.to_thread.run_sync(self._remove_abandoned, now)

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

    def _read_stream(self, digest: str) -> Stream:
        return Stream.model_validate_json(self._read_text(self.scene(digest) / INDEX))

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
