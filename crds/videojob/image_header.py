"""Read the header of a picture, and check that its end exists, without decoding it.

Only `BadImageError` is raised, whatever the bytes: missing ones read as zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from videojob.images import MAX_BYTES, MAX_PIXELS, MAX_SIDE, BadImageError

MOST_SEGMENTS = 1000
"""Segments of a JPEG file that are read; metadata of a hundred megabytes has no more."""

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG file that begin a frame header (ITU-T T.81, table B.1)."""

_ANIMATED = 0x02
"""Flag of an extended WebP header (RFC 9649, section 2.7)."""

Size = tuple[int, int]


class ImageFormat(StrEnum):
    """The formats that are accepted."""

    PNG = "PNG"
    JPEG = "JPEG"
    WEBP = "WebP"


@dataclass(frozen=True)
class Header:
    """Format, and width and height in pixels as stored: a camera that was turned has them the other way round."""

    format: ImageFormat
    width: int
    height: int


def header(content: bytes) -> Header:
    """The header of a picture that may be shown, judged by its header.

    Raises:
        BadImageError: it is too large in bytes or pixels, animated, cut off, or of another format.
    """
    if len(content) > MAX_BYTES:
        raise BadImageError(f"has more than {MAX_BYTES} bytes; make it smaller")
    format_ = next((format_ for format_, fits in _MAGIC.items() if fits(content)), None)
    if format_ is None:
        raise BadImageError("is neither PNG, JPEG nor WebP; save it as one of these")
    width, height = _SIZES[format_](content)
    if not width or not height:
        raise BadImageError(f"is broken: its {format_} header has no size; save it again")
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        limits = f"{MAX_PIXELS // 1_000_000} megapixels and {MAX_SIDE} pixels a side"
        raise BadImageError(f"has {width} x {height} pixels; it may have {limits}, so make it smaller")
    if not _IS_WHOLE[format_](content):
        raise BadImageError(f"is cut off: the end of the {format_} file is missing; save it again")
    return Header(format_, width, height)


def _big(content: bytes, at: int, count: int) -> int:
    return int.from_bytes(content[at : at + count], "big")


def _little(content: bytes, at: int, count: int) -> int:
    return int.from_bytes(content[at : at + count], "little")


def _png(content: bytes) -> Size:
    """Width and height of the chunk IHDR, which comes first (PNG, third edition, section 11.2.1)."""
    return (_big(content, 16, 4), _big(content, 20, 4)) if content[12:16] == b"IHDR" else (0, 0)


def _jpeg(content: bytes) -> Size:
    """Width and height of the first frame header (ITU-T T.81, B.2.2)."""
    at = _frame(content)
    return (_big(content, at + 7, 2), _big(content, at + 5, 2)) if at else (0, 0)


def _frame(content: bytes) -> int:
    """Where the first frame header of a JPEG file is; segments before it are skipped by their lengths. 0: nowhere."""
    at = 2
    for _ in range(MOST_SEGMENTS):
        while content[at : at + 2] == b"\xff\xff":  # fill bytes may precede a marker
            at += 1
        if content[at : at + 1] != b"\xff":
            break
        if content[at + 1 : at + 2] and content[at + 1] in _FRAMES:
            return at
        at += 2 + _big(content, at + 2, 2)
    return 0


def _webp(content: bytes) -> Size:
    """Width and height of the first chunk (RFC 9649, sections 2.5 to 2.7): lossy, lossless, or with more to come."""
    match content[12:16]:
        case b"VP8X":
            if _little(content, 20, 1) & _ANIMATED:
                raise BadImageError("is animated; save one picture of it")
            return _little(content, 24, 3) + 1, _little(content, 27, 3) + 1
        case b"VP8L":
            bits = _little(content, 21, 4)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return _little(content, 26, 2) & 0x3FFF, _little(content, 28, 2) & 0x3FFF
    return 0, 0


_MAGIC: dict[ImageFormat, Callable[[bytes], bool]] = {
    ImageFormat.PNG: lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"),
    ImageFormat.JPEG: lambda content: content.startswith(b"\xff\xd8\xff"),
    ImageFormat.WEBP: lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP",
}
_SIZES: dict[ImageFormat, Callable[[bytes], Size]] = {
    ImageFormat.PNG: _png,
    ImageFormat.JPEG: _jpeg,
    ImageFormat.WEBP: _webp,
}
_IS_WHOLE: dict[ImageFormat, Callable[[bytes], bool]] = {
    # the chunk IEND is empty, so it always has this checksum
    ImageFormat.PNG: lambda content: b"IEND\xaeB`\x82" in content,
    # the marker EOI; small pictures in the metadata, before the frame header, end with one too
    ImageFormat.JPEG: lambda content: b"\xff\xd9" in content[_frame(content) :],
    ImageFormat.WEBP: lambda content: 8 + _little(content, 4, 4) <= len(content),
}
