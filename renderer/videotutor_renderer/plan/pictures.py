"""The pictures of an outline: those of the artifact store are shown, others are told in words."""

from __future__ import annotations

from collections.abc import Iterable

from videojob.images import REFERENCE, image_of
from videojob.storyboard import Beat
from videojob.visuals import BulletsVisual, ImageVisual
from videotutor_renderer.plan.items import Item, Picture
from videotutor_renderer.plan.words import LONGEST_POINT, clipped, points


def picture(item: Picture) -> list[Beat]:
    """A picture of the store, told by the words around it; of another one its description, as points."""
    image = image_of(item.src)
    if image is None:
        return [Beat(say=piece, show=BulletsVisual(items=(piece,))) for piece in points(item.alt)]
    if not item.alt:
        return []
    caption = clipped(item.caption, LONGEST_POINT) if item.caption else None
    return [Beat(show=ImageVisual(image=image, alt=clipped(item.alt, LONGEST_POINT), caption=caption))]


def described(beat: Beat) -> Beat:
    """The beat; one that shows a picture and says nothing now says the words that stand for the picture."""
    return beat if beat.say or not isinstance(beat.show, ImageVisual) else Beat(say=beat.show.alt, show=beat.show)


def not_shown(items: Iterable[Item]) -> list[str]:
    """A note about the pictures that could not be shown, and what to do; empty where there are none."""
    pictures = [item for item in items if isinstance(item, Picture)]
    notes = []
    if elsewhere := [item.src for item in pictures if not image_of(item.src)]:
        upload = f"upload them and write {REFERENCE} and their ids"
        notes.append(
            f"Pictures that are not in the artifact store are told in words; {upload}: {', '.join(elsewhere)}."
        )
    if not all(item.alt for item in pictures):
        notes.append(f"Pictures without a description are left out; write ![what it shows]({REFERENCE}…).")
    return [clipped(note, 2 * LONGEST_POINT) for note in notes]
