"""Pictures for scenes, kept in the artifact store under the SHA-256 of their files."""

from __future__ import annotations

import logging
import tempfile
from http import HTTPStatus
from pathlib import Path

from videojob.image_header import Header, header
from videojob.images import BadImageError, image_id, image_key
from videotutor_api.problems import field_problem, unavailable

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 60
"""What a caller is told to wait when the store cannot be written: until someone makes room."""


def keep(root: Path, namespace: str, image: str, content: bytes) -> tuple[Header, bool]:
    """Put a picture into the store, whole or not at all; what its header says, and whether it was not there before.

    One that is there is written again: that repairs it, and its time tells when it was last wanted.

    Raises:
        Problem: 422 where it is none that may be shown, or has another id; 503 where the store cannot be written.
    """
    found = _checked(image, content)
    target = root / image_key(namespace, image)
    try:
        is_new = not target.exists()
        _write(target, content)
    except OSError as error:
        log.warning("the artifact store cannot be written: %s", error)
        raise unavailable(f"the artifact store cannot be written: {error.strerror}", RETRY_AFTER_SECONDS) from error
    return found, is_new


def _checked(image: str, content: bytes) -> Header:
    if image_id(content) != image:
        message = f"is not the SHA-256 of the body, which is {image_id(content)}; send the file as it is"
        raise field_problem(HTTPStatus.UNPROCESSABLE_ENTITY, "image", message)
    try:
        return header(content)
    except BadImageError as error:
        raise field_problem(HTTPStatus.UNPROCESSABLE_ENTITY, "body", str(error)) from error


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".new-", delete=False) as file:
        new = Path(file.name)
    try:
        new.write_bytes(content)
        new.chmod(0o644)
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)
