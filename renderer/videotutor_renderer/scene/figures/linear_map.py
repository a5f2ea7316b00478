"""Linear maps of the plane, and how the plane moves from where it is to its image."""

from __future__ import annotations

import cmath
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class LinearMap:
    """z → turn·z + flip·z̄, which every linear map of the plane is, with points as complex numbers."""

    turn: complex
    flip: complex

    @classmethod
    def of(cls, matrix: Sequence[Sequence[float]]) -> LinearMap:
        """The map of a matrix, given by its two rows."""
        (a, b), (c, d) = matrix
        return cls(complex(a + d, c - b) / 2, complex(a - d, c + b) / 2)

    def __call__(self, place: complex) -> complex:
        """The image of a point."""
        return self.turn * place + self.flip * place.conjugate()

    def after(self, share: float) -> LinearMap:
        """How far the plane has moved after a share of the way, from 0, where it is, to 1, its image.

        Every point moves straight, so that directions which the map keeps are kept on the way. A map that keeps none,
        or reverses them, would collapse there: it turns and stretches at once (the polar decomposition, after
        Shoemake and Duff, Matrix Animation and Polar Decomposition, 1992).
        """
        if not self._turns():
            return LinearMap(1 + (self.turn - 1) * share, self.flip * share)
        angle = cmath.phase(self.turn)
        stretch, shear = abs(self.turn), self.flip * cmath.exp(-1j * angle)
        turned = cmath.exp(1j * angle * share)
        return LinearMap(turned * (1 + (stretch - 1) * share), turned * shear * share)

    def _turns(self) -> bool:
        """Whether its eigenvalues, Re turn ± √(|flip|² - (Im turn)²), are not real or both negative."""
        keeps_sides = abs(self.turn) > abs(self.flip)
        return abs(self.turn.imag) > abs(self.flip) or (keeps_sides and self.turn.real < 0)
