"""What lessons about functions share: how a function is asked for, and which can be shown."""

from __future__ import annotations

import numpy as np

from videotutor_renderer.scene.expression import Expression

LONGEST_SHOWN = 110
"""Characters of a function; a longer one cannot be read in a video."""
LARGEST = 1e4
"""Values above this are no good examples."""
NAMED = r"(?:the\s+)?(?:function\s+)?(?:[fgy](?:\(x\))?\s*=\s*)?"
"""What may stand between "derivative of" and the function itself, as a regular expression."""


def value_at(f: Expression, at: float) -> float:
    """One value of a function; nan or infinite where it has none."""
    return float(f(np.array([at]))[0])
