"""Whether what a model wrote can be drawn: schemas say which fields there are, not whether a formula can be set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from videojob.base import Model
from videojob.storyboard import Beat, SceneContent
from videotutor_renderer.errors import TaskError, bad_scene
from videotutor_renderer.scene.equation import can_be_set
from videotutor_renderer.scene.expression import parse
from videotutor_renderer.scene.formula_lines import in_lines


def _formula(latex: str) -> None:
    in_lines(latex)
    if not can_be_set(latex):
        raise bad_scene(f"The formula {latex[:80]!r} has letters that its font lacks; write words in bullets instead.")


CHECKS: dict[str, Callable[[str], object]] = {"latex": _formula, "expressions": parse}
"""Fields of visuals, by name, whose text has to be understood, not only shown."""


def problems(content: SceneContent, place: str = "") -> list[str]:
    """What cannot be drawn, each with its field, for example `scenes[1].beats[0].show.latex: …`."""
    return [
        f"{place}beats[{i}].{trouble}"
        for i, beat in enumerate(content.beats)
        if beat.show
        for trouble in _troubles(beat.show)
    ]


def mended(content: SceneContent) -> SceneContent:
    """The scene without the visuals that cannot be drawn; its words stay, and its title is said where none are left."""
    kept = [beat for beat in content.beats if beat.say or not _is_broken(beat)]
    beats = tuple(Beat(say=beat.say) if _is_broken(beat) else beat for beat in kept)
    return SceneContent(title=content.title, beats=beats or (Beat(say=content.title),))


def _is_broken(beat: Beat) -> bool:
    return beat.show is not None and any(_troubles(beat.show))


def _troubles(visual: Model) -> Iterator[str]:
    return _walk(visual.to_json_object(), "show", None)


def _walk(value: Any, place: str, check: Callable[[str], object] | None) -> Iterator[str]:
    """The texts that fail their check, each with its place; a list's texts are checked like a single one."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, f"{place}.{name}", CHECKS.get(name))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _walk(inner, f"{place}[{i}]", check)
    elif check and isinstance(value, str):
        try:
            check(value)
        except TaskError as error:
            yield f"{place}: {error}"
