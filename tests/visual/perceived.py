"""How different two pictures look: colour difference of small areas, as an eye at arm's length would see them."""

from __future__ import annotations

from pathlib import Path

import cairo
import numpy as np
import numpy.typing as npt

AREA = 4
"""Pixels of an area's side: what is smaller is the grain of a glyph's edge."""

_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
"""Linear sRGB to CIE XYZ (IEC 61966-2-1), and the white it is seen against (D65)."""
_WHITE = _TO_XYZ.sum(axis=1)
_TO_LAB = np.array([[0, 116, 0], [500, -500, 0], [0, 200, -200]])


def read_png(path: Path) -> npt.NDArray[np.uint8]:
    """Rows of pixels in BGRA."""
    surface = cairo.ImageSurface.create_from_png(str(path))
    rows = np.frombuffer(surface.get_data(), dtype=np.uint8)
    return rows.reshape(surface.get_height(), surface.get_width(), 4)


def differences(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """For each area the distance of the two in CIE L*a*b* (1976): 2.3 is just seen (Mahy and others, 1994)."""
    return np.asarray(np.linalg.norm(_lab(one) - _lab(other), axis=2))


def _lab(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    height, width = (length // AREA * AREA for length in pixels.shape[:2])
    areas = pixels[:height, :width, 2::-1].reshape(height // AREA, AREA, width // AREA, AREA, 3)
    encoded = areas.mean(axis=(1, 3)) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    ratio = linear @ _TO_XYZ.T / _WHITE
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.asarray(root @ _TO_LAB.T - np.array([16, 0, 0]))
