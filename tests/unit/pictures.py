"""Small pictures for tests, made here: no files, no other library than those that the renderer has."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

Rows = npt.NDArray[np.uint8]
"""Rows of pixels of four bytes: red, green, blue, opacity."""

ENCODERS = {"PNG": ("png", "rgba"), "JPEG": ("mjpeg", "yuvj444p"), "WebP": ("libwebp", "yuva420p")}


def quarters(width: int = 64, height: int = 48) -> Rows:
    """Red and green above, blue and white below: what is left and right, above and below can be told."""
    rows = np.full((height, width, 4), 255, dtype=np.uint8)
    rows[: height // 2, : width // 2, 1:3] = 0
    rows[: height // 2, width // 2 :, ::2] = 0
    rows[height // 2 :, : width // 2, :2] = 0
    return rows


def encoded(rows: Rows, format_: str = "PNG") -> bytes:
    """The picture as a file of this format."""
    name, pixels = ENCODERS[format_]
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.height, encoder.width = rows.shape[:2]
    encoder.pix_fmt, encoder.time_base = pixels, Fraction(1, 1)
    frame = VideoFrame.from_ndarray(rows, format="rgba").reformat(format=pixels, threads=1)
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def png_of(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG file that says it has this size in true colour, whatever its data."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(data)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def turned(content: bytes, orientation: int, order: str = ">") -> bytes:
    """The JPEG or PNG file with Exif data that says how the camera was held."""
    mark = b"MM\0*" if order == ">" else b"II*\0"
    tiff = mark + struct.pack(f"{order}IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    if content.startswith(b"\xff\xd8"):
        exif = b"Exif\0\0" + tiff
        return content[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + content[2:]
    after_header = content.index(b"IHDR") + 4 + 13 + 4
    return content[:after_header] + _chunk(b"eXIf", tiff) + content[after_header:]


def _chunk(name: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file (PNG, third edition, section 5.3)."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
