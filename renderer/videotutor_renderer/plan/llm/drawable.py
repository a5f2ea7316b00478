"""Whether what a model wrote can be drawn: schemas say which fields there are, not whether a formula can be set.

`given` are the ids of the pictures that the user named: a model can show no others, whatever it has read of.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from videojob.base import Model
from videojob.storyboard import Beat, SceneContent
from videojob.visuals import PlotVisual
from videotutor_renderer.errors import TaskError, bad_scene
from videotutor_renderer.scene.equation import can_be_set
from videotutor_renderer.scene.formula_lines import in_lines
from videotutor_renderer.scene.plot import plotted


def _formula(latex: str) -> None:
    in_lines(latex)
    if not can_be_set(latex):
        raise bad_scene(f"The formula {latex[:80]!r} has letters that its font lacks; write words in bullets instead.")


Checks = Mapping[str, Callable[[str], object]]
CHECKS: Checks = {"latex": _formula}
"""Fields of visuals, by name, whose text has to be understood, not only shown."""


def problems(content: SceneContent, given: Collection[str] = (), place: str = "") -> list[str]:
    """What cannot be drawn, each with its field, for example `scenes[1].beats[0].show.latex: …`."""
    return [
        f"{place}beats[{i}].{trouble}"
        for i, beat in enumerate(content.beats)
        if beat.show
        for trouble in _troubles(beat.show, given)
    ]


def mended(content: SceneContent, given: Collection[str] = ()) -> SceneContent:
    """The scene without the visuals that cannot be drawn; its words stay, and its title is said where none are left."""
    kept = [beat for beat in content.beats if beat.say or not _is_broken(beat, given)]
    beats = tuple(Beat(say=beat.say) if _is_broken(beat, given) else beat for beat in kept)
    return SceneContent(title=content.title, beats=beats or (Beat(say=content.title),))


def _is_broken(beat: Beat, given: Collection[str]) -> bool:
    return beat.show is not None and any(_troubles(beat.show, given))


def _troubles(visual: Model, given: Collection[str]) -> Iterator[str]:
    def is_given(image: str) -> None:
        if image not in given:
            known = ", ".join(sorted(given)) or "there is none, so show something else"
            raise bad_scene(f"The user named no picture {image}; only these may be shown: {known}.")

    yield from _walk(visual.to_json_object(), "show", {**CHECKS, "image": is_given})
    if isinstance(visual, PlotVisual):
        try:
            plotted(visual)
        except TaskError as error:
            yield f"show.{error}"


def _walk(value: Any, place: str, checks: Checks, check: Callable[[str], object] | None = None) -> Iterator[str]:
    """The texts that fail their check, each with its place; a list's texts are checked like a single one."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, f"{place}.{name}", checks, checks.get(name))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _walk(inner, f"{place}[{i}]", checks, check)
    elif check and isinstance(value, str):
        try:
            check(value)
        except TaskError as error:
            yield f"{place}: {error}"
