"""What is rendered: a lesson of ten seconds, the same described for other libraries, and shorter scenes to join."""

from __future__ import annotations

from typing import Any

from videojob.spec import Output, Theme
from videojob.storyboard import Beat, SceneContent
from videojob.visuals import BulletsVisual, EquationVisual, PlotVisual
from videotutor_renderer.scene.blocks import seconds_needed, steps
from videotutor_renderer.scene.draw import Stage
from videotutor_renderer.scene.encode import X264
from videotutor_renderer.scene.frame import pixels
from videotutor_renderer.scene.images import Look
from videotutor_renderer.scene.render import staged
from videotutor_renderer.scene.sprite import Sprite
from videotutor_renderer.scene.theme import TOKENS
from videotutor_renderer.scene.timeline import FRAMES_PER_SECOND, Timeline, reading_time, timeline

OUTPUT = Output(theme=Theme.CHALK)
LANGUAGE = "en"
POINTS = ("Slope = rate of change", "Secant: two points")
LATEX = r"f'(x)=\lim_{h\to 0}\frac{f(x+h)-f(x)}{h}"
LESSON = SceneContent(
    title="The derivative as a limit",
    beats=(
        Beat(say="The slope says how fast a function changes.", show=BulletsVisual(items=POINTS)),
        Beat(say="Here is the parabola, x squared, being drawn.", show=PlotVisual(expressions=("x^2",))),
        Beat(
            say="Now let the step h shrink to zero.",
            show=EquationVisual(latex=r"f'(x)=\lim_{h\to 0}\frac{f(x+h)-f(x)}{h}"),
        ),
    ),
)
FORMULA_AS_TEXT = "f'(x) = lim (f(x+h) - f(x)) / h"
"""For libraries that set formulas with LaTeX or not at all."""


def laid_out(content: SceneContent = LESSON, output: Output = OUTPUT) -> tuple[Stage, list[Sprite], Timeline]:
    """A silent scene, ready to be drawn."""
    shown = steps(content)
    spoken = [reading_time(beat.say) for beat in content.beats]
    clock = timeline(content.beats, spoken, seconds_needed(shown, len(content.beats)))
    return *staged(content.title, shown, Look(output), LANGUAGE, clock), clock


def described() -> dict[str, Any]:
    """The lesson for a library that is no typesetter: texts with sizes in pixels, places from 0 to 1, times in seconds.

    Everything appears when it does in ours. `texts` are (text, size, place of the top left corner, start and length of
    its fading in); `curve` is when the parabola is drawn; `axes` are left, bottom, width and height.
    """
    _, sprites, clock = laid_out()
    title, first, second, plot, formula = (sprite.parts[0] for sprite in sprites)
    width, height = pixels(OUTPUT)
    tokens = TOKENS[OUTPUT.theme]
    return {
        "width": width,
        "height": height,
        "rate": FRAMES_PER_SECOND,
        "frames": clock.frames,
        **{name: f"#{getattr(tokens, name)}" for name in ("panel", "ink", "border", "accent")},
        "background": f"#{tokens.top}",
        "axes": (0.53, 0.16, 0.41, 0.55),
        "curve": plot,
        "texts": [
            (LESSON.title, 50, (0.056, 0.055), title),
            (POINTS[0], 38, (0.056, 0.33), first),
            (POINTS[1], 38, (0.056, 0.43), second),
            (FORMULA_AS_TEXT, 40, (0.056, 0.56), formula),
        ],
        "latex": LATEX,
        "x264": X264,
    }
