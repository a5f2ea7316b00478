"""Pictures in the artifact store: names, paths and limits.

A picture's id is the SHA-256 of its file. So the same picture is stored once, and only a client that has the file or
a storyboard with it can name it: an id cannot be guessed.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated

from pydantic import Field

MAX_BYTES = 8 << 20
MAX_PIXELS = 40_000_000
MAX_SIDE = 16_384
"""Pixels of the longer side; WebP ends one below (RFC 9649, section 2.4)."""

ID_LENGTH = 64
ID_PATTERN = r"^[0-9a-f]{64}$"
ImageId = Annotated[str, Field(pattern=ID_PATTERN, max_length=ID_LENGTH)]

REFERENCE = "image:"
"""Before an id in a prompt or an outline; also what an upload signs, see `text_to_sign`."""

_REFERENCE = re.compile(rf"\b{REFERENCE}([0-9a-f]{{{ID_LENGTH}}})\b")


class BadImageError(Exception):
    """A file cannot be shown as a picture; the message continues a sentence that names it."""


def image_id(content: bytes) -> str:
    """The id of a picture: the SHA-256 of its file in hex digits."""
    return hashlib.sha256(content).hexdigest()


def image_key(namespace: str, image: str) -> str:
    """Path of a picture in the artifact store."""
    return f"{namespace}/images/{image}"


def named_images(text: str) -> frozenset[str]:
    """The ids of the pictures that a text names, each as `image:` and its id."""
    return frozenset(_REFERENCE.findall(text))


def image_of(address: str) -> str | None:
    """The id of the picture in an address, or None for other addresses."""
    found = _REFERENCE.fullmatch(address)
    return found[1] if found else None


def text_to_sign(image: str) -> bytes:
    """The text that an upload signs.

    Not the file: users choose its bytes, and the signature of a file that is JSON would be that of a webhook.
    """
    return f"{REFERENCE}{image}".encode()
