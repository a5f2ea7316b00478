"""The artifact store on a volume: results appear whole or not at all, and the first one published stays.

A directory is written beside its final place and renamed to it, which POSIX makes atomic on one file system, so
neither a crash nor a second writer can leave half a scene where others would reuse it.
"""

from __future__ import annotations

import errno
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from videojob.status import FailureClass
from videotutor_renderer.errors import TaskError

_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_TAKEN = {errno.ENOTEMPTY, errno.EEXIST}


class Store:
    """Files under one directory, named by keys such as `team-a/scenes/0123abcd/scene.mp4`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @classmethod
    def from_url(cls, url: str) -> Store:
        """The store at a `file:///…` address.

        Raises:
            TaskError: another scheme, or no such directory.
        """
        parts = urlsplit(url)
        if parts.scheme != "file" or parts.netloc or not parts.path.startswith("/"):
            raise TaskError(FailureClass.STORE, "VIDEOTUTOR_STORE must look like file:///artifacts")
        root = Path(unquote(parts.path))
        if not root.is_dir():
            raise TaskError(FailureClass.STORE, f"The artifact store {root} is not there; is the volume mounted?")
        return cls(root)

    def path(self, key: str) -> Path:
        """Where a key lies. Each part must be a plain name, so no key leads out of the store.

        Raises:
            TaskError: the key has an empty part, `..`, or other characters than letters, digits, dot, dash, underscore.
        """
        segments = key.split("/")
        if not all(_SEGMENT.fullmatch(segment) for segment in segments):
            raise TaskError(FailureClass.STORE, f"{key!r} is no valid key of the artifact store")
        return self._root.joinpath(*segments)

    def read(self, key: str) -> bytes:
        """The content of a file.

        Raises:
            TaskError: it is not there or cannot be read.
        """
        try:
            return self.path(key).read_bytes()
        except OSError as error:
            raise TaskError(FailureClass.STORE, f"Cannot read {key} from the store: {error.strerror}") from error

    def write(self, key: str, content: bytes) -> None:
        """Put one file, replacing it whole.

        Raises:
            TaskError: the store cannot be written.
        """
        target = self.path(key)
        with _store_errors(key):
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".new-", delete=False) as file:
                file.write(content)
            Path(file.name).chmod(0o644)
            Path(file.name).rename(target)

    @contextmanager
    def publishing(self, key: str) -> Iterator[Path]:
        """A temporary directory that becomes the directory `key` when the block ends without an error.

        When another writer was first, theirs stays and this one is thrown away.

        Raises:
            TaskError: the store cannot be written.
        """
        target = self.path(key)
        with _store_errors(key):
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
        try:
            yield temporary
            with _store_errors(key):
                _rename(temporary, target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _rename(temporary: Path, target: Path) -> None:
    temporary.chmod(0o755)
    try:
        temporary.rename(target)
    except OSError as error:
        if error.errno not in _TAKEN:
            raise


@contextmanager
def _store_errors(key: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TaskError(FailureClass.STORE, f"Cannot write {key} to the store: {error.strerror}") from error
