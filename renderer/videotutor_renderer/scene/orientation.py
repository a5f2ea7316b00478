"""Which way up a picture is: cameras store it as the sensor saw it, and say how they were held."""

from __future__ import annotations

import re
import struct

import numpy as np
from numpy.typing import NDArray

_TIFF = re.compile(rb"(?:Exif\0\0|eXIf|EXIF.{4})((?:II\*\0|MM\0\*).{4})", re.DOTALL)
"""How Exif data begins in a JPEG segment, a PNG chunk and a WebP chunk: a TIFF header, the place of its directory last.

The byte order is II or MM, for least and most significant byte first (TIFF 6.0, section 2).
"""
_ORIENTATION = 0x0112
"""Tag of the orientation, 1 to 8 (Exif 3.0, section 4.6.4)."""
_TURNED, _FROM_BELOW, _FROM_RIGHT = {5, 6, 7, 8}, {3, 4, 7, 8}, {2, 3, 6, 7}
"""Orientations in which rows are columns; and, with that undone, the first row is below, the first column right."""


def upright(pixels: NDArray[np.uint8], content: bytes) -> NDArray[np.uint8]:
    """The pixels of a picture turned as the Exif data in its file says; as they are where it says nothing."""
    how = orientation(content)
    if how in _TURNED:
        pixels = pixels.swapaxes(0, 1)
    if how in _FROM_BELOW:
        pixels = pixels[::-1]
    if how in _FROM_RIGHT:
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def orientation(content: bytes) -> int:
    """The orientation in a picture's file, 1 to 8; 1 where there is none."""
    found = _TIFF.search(content)
    if not found:
        return 1
    order = "<" if found[1].startswith(b"II") else ">"
    tiff = content[found.start(1) :]
    try:
        (at,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, at)
        for i in range(count):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, at + 2 + 12 * i)
            if tag == _ORIENTATION:
                return int(value)
    except struct.error:  # cut off
        pass
    return 1
