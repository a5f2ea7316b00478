"""The look: every theme can be read, and every picture has the pixels that were asked for."""

from __future__ import annotations

import pytest

from videojob.spec import Aspect, Output, Resolution, Theme
from videotutor_renderer.scene.frame import FRAMES, pixels
from videotutor_renderer.scene.theme import TOKENS, colour

TEXT = ("ink", "muted", "accent", "good", "bad", "keyword", "string", "number", "comment")
ON = ("top", "bottom", "panel")


def luminance(hex_digits: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour(hex_digits))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", Theme)
def test_every_colour_of_text_can_be_read_on_everything_it_stands_on(theme: Theme) -> None:
    tokens = TOKENS[theme]
    colours = {name: getattr(tokens, name) for name in TEXT} | {f"series {c}": c for c in tokens.series}
    poor = {
        (name, ground): round(contrast(value, getattr(tokens, ground)), 2)
        for name, value in colours.items()
        for ground in ON
        if contrast(value, getattr(tokens, ground)) < 4.5
    }
    assert poor == {}


def test_the_high_contrast_theme_keeps_its_promise() -> None:
    tokens = TOKENS[Theme.CONTRAST]
    assert min(contrast(getattr(tokens, name), tokens.panel) for name in TEXT) >= 7


@pytest.mark.parametrize("aspect", Aspect)
@pytest.mark.parametrize("resolution", Resolution)
def test_the_short_side_is_the_resolution_and_the_shape_is_kept(aspect: Aspect, resolution: Resolution) -> None:
    width, height = pixels(Output(resolution=resolution, aspect_ratio=aspect))
    frame = FRAMES[aspect]
    assert min(width, height) == resolution.pixels
    assert width % 2 == height % 2 == 0
    assert width / height == pytest.approx(frame.width / frame.height, rel=0.002)
    assert pixels(Output(draft=True, resolution=resolution, aspect_ratio=aspect)) == pixels(
        Output(resolution=Resolution.P480, aspect_ratio=aspect)
    )
