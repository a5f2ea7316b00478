"""The Python part of lessons: for each one with blanks, what a prompt may set and what the blanks then hold."""

from __future__ import annotations

from videotutor_renderer.plan.values.base import Parameters
from videotutor_renderer.plan.values.chemistry import Acidity, Reaction
from videotutor_renderer.plan.values.derivative import Derivative
from videotutor_renderer.plan.values.equations import Linear, Quadratic
from videotutor_renderer.plan.values.geometry import Circle, Pythagoras
from videotutor_renderer.plan.values.integral import Integral
from videotutor_renderer.plan.values.physics import Fall, Newton, Ohm
from videotutor_renderer.plan.values.programming import BinarySearch, Factorial, Loop
from videotutor_renderer.plan.values.statistics import Normal, Sample
from videotutor_renderer.plan.values.system import System

PARAMETERS: dict[str, type[Parameters]] = {
    "acidity": Acidity,
    "binary-search": BinarySearch,
    "circle": Circle,
    "derivative": Derivative,
    "factorial": Factorial,
    "fall": Fall,
    "integral": Integral,
    "linear": Linear,
    "loop": Loop,
    "newton": Newton,
    "normal": Normal,
    "ohm": Ohm,
    "pythagoras": Pythagoras,
    "quadratic": Quadratic,
    "reaction": Reaction,
    "sample": Sample,
    "system": System,
}
"""By the name that a lesson file gives in `parameters`."""
