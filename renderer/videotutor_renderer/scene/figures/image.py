"""A picture with round corners, as large as its place allows, and a line of text below it."""

from __future__ import annotations

from videojob.visuals.image import ImageVisual
from videotutor_renderer.scene.figures.figure import Kind, ease
from videotutor_renderer.scene.figures.words import Label, fitted
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import BORDER, Context, faded, put, rounded
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour

CAPTION_GAP, CAPTION_SHARE = 12.0, 0.2
"""Points above the text; part of the height that it may always take."""
PICTURE_PART = 0.7
"""Part of the time in which the picture appears; the text does in the rest."""
SETTLE = 0.03
"""How much smaller the picture is at first: it comes a little nearer while it fades in."""


class Image:
    """A picture in a box, drawn at any moment."""

    def __init__(self, visual: ImageVisual, box: Box, style: Style) -> None:
        """Lengths are points of the frame."""
        self._box, self._tokens, self._caption, room = box, style.tokens, None, box.height
        self._picture = style.images.fitted(visual.image, box.width, room)
        if visual.caption:
            free = max(box.height * CAPTION_SHARE, box.height - self._picture.height - CAPTION_GAP)
            label = Label(visual.caption, box.width, style.tokens.muted, centred=True)
            (self._caption,) = fitted(style, [label], free)
            room -= self._caption.height + CAPTION_GAP
            self._picture = style.images.fitted(visual.image, box.width, room)
        width, height = self._picture.width, self._picture.height
        self._place = Box(box.x + (box.width - width) / 2, box.y + (room - height) / 2, width, height)

    def draw(self, context: Context, shown: float, opacity: float) -> None:
        """Draw the picture, and then its text, as far as they have come."""
        if shown <= 0:
            return
        with faded(context, self._box, opacity):
            come = ease(min(1.0, shown / PICTURE_PART))
            with faded(context, self._place, come):
                self._draw_picture(context, 1 - SETTLE * (1 - come))
            if self._caption:
                x = self._box.x + (self._box.width - self._caption.width) / 2
                alpha = ease(max(0.0, (shown - PICTURE_PART) / (1 - PICTURE_PART)))
                put(context, self._caption, (x, self._place.bottom + CAPTION_GAP), alpha)

    def _draw_picture(self, context: Context, scale: float) -> None:
        place, margin = self._place, (1 - scale) / 2
        now = place.inset(place.width * margin, place.height * margin)
        context.save()
        rounded(context, now)
        context.clip()
        put(context, self._picture, (now.x, now.y), scale=scale)
        context.restore()
        rounded(context, now)
        context.set_source_rgb(*colour(self._tokens.border))
        context.set_line_width(BORDER)
        context.stroke()


KIND = Kind(make=Image, parts=lambda _: 1, each=1.2)
