"""The lesson library: hand-written, versioned lessons, found by key phrases and filled with what the prompt names."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby, zip_longest
from string import Template
from typing import Any

from pydantic import Field

from videojob.base import Model
from videojob.storyboard import Beat, Scene, Storyboard
from videojob.visuals import DerivationStep, TitleVisual
from videotutor_renderer.plan.asked import SEARCHED
from videotutor_renderer.plan.outline import Planned
from videotutor_renderer.plan.values import PARAMETERS
from videotutor_renderer.plan.values.base import Parameters, Values

DEFAULT_SCENES = 4


class LessonBeat(Model):
    """A beat with blanks: `$name` in any of its texts is a value that the lesson's parameters compute.

    With `when`, it is told only if that value is true. `step` is a line of a derivation; beats with steps that follow
    one another are one derivation.
    """

    when: str = ""
    say: str = ""
    show: dict[str, Any] | None = None
    step: DerivationStep | None = None


class LessonScene(Model):
    """A scene of a lesson. `rank` 1 is the one to keep when only one is wanted, 2 the next, and so on."""

    rank: int
    title: str
    when: str = ""
    beats: tuple[LessonBeat, ...] = Field(min_length=1)


class Lesson(Model):
    """A lesson file. `parameters` names the class in `plan/values` that fills its blanks."""

    title: str
    named: str = ""
    """The video's title when the prompt sets parameters, with blanks."""
    version: int
    language: str
    parameters: str = ""
    keywords: tuple[str, ...] = Field(min_length=1)
    patterns: tuple[str, ...] = ()
    """Regular expressions that claim a prompt as a key phrase does, such as `mean of \\d`."""
    unless: tuple[str, ...] = ()
    """Phrases that show that the prompt is about something else."""
    scenes: tuple[LessonScene, ...] = Field(min_length=1)

    def planned(self, scene_count: int | None, prompt: str = "") -> Planned:
        """The lesson with what the prompt names in its blanks."""
        return self.taught(
            PARAMETERS[self.parameters].read(prompt[:SEARCHED]) if self.parameters else None, scene_count
        )

    def taught(self, parameters: Parameters | None, scene_count: int | None) -> Planned:
        """The most important scenes, in the lesson's order, with these parameters in their blanks."""
        values = parameters.values() if parameters else {}
        told = [scene for scene in self.scenes if _is_told(scene, values)]
        wanted = sorted(told, key=lambda scene: scene.rank)[: scene_count or DEFAULT_SCENES]
        kept = [scene for scene in told if scene in wanted]
        title = _filled(self.named, values) if self.named and parameters and parameters.given else self.title
        scenes = tuple(_scene(i, scene, title, values) for i, scene in enumerate(kept, 1))
        storyboard = Storyboard(title=title, language=self.language, scenes=scenes)
        return Planned(storyboard, " ".join(self._notes(scene_count, len(kept), parameters)))

    def _notes(self, scene_count: int | None, made: int, parameters: Parameters | None) -> Iterator[str]:
        if parameters and parameters.note:
            yield parameters.note
        if scene_count and scene_count > made:
            yield f"{scene_count} scenes were asked for; the lesson {self.title!r} has {made}."

    def fit(self, text: str) -> tuple[int, int] | None:
        """How well a prompt, in lower case, names this lesson: words and letters of the longest phrase in it."""
        if any(_phrase(word).search(text) for word in self.unless):
            return None
        sought = [*map(_phrase, self.keywords), *map(re.compile, self.patterns)]
        found = [match[0] for match in (pattern.search(text) for pattern in sought) if match]
        return max(((len(part.split()), len(part)) for part in found), default=None)


def find(prompt: str, language: str) -> Lesson | None:
    """The lesson whose longest key phrase stands in the prompt, if there is one in this language."""
    text = " ".join(prompt[:SEARCHED].casefold().split())
    spoken = language.split("-", maxsplit=1)[0]
    fits = [(lesson.fit(text), lesson) for lesson in lessons() if lesson.language == spoken]
    found = [(fit, lesson) for fit, lesson in fits if fit]
    return max(found, key=lambda pair: pair[0])[1] if found else None


@cache
def lessons() -> tuple[Lesson, ...]:
    """Every lesson, by file name."""
    folder = files("videotutor_renderer.plan") / "lessons"
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".toml")), key=lambda path: path.name)
    return tuple(Lesson.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))) for path in paths)


def _scene(i: int, scene: LessonScene, title: str, values: Values) -> Scene:
    """A scene of the video; the first one opens with the title of the whole."""
    opening = [Beat(say=f"{title}.", show=TitleVisual(text=title))] if i == 1 else []
    beats = [beat for beat in scene.beats if _is_told(beat, values)]
    return Scene(id=f"scene-{i}", title=_filled(scene.title, values), beats=(*opening, *_told(beats, values)))


def _told(beats: Sequence[LessonBeat], values: Values) -> Iterator[Beat]:
    """The beats with their blanks filled; the first of a derivation shows it, the others tell its lines."""
    for is_step, run in groupby(beats, key=lambda beat: beat.step is not None):
        group = list(run)
        shows = [_derivation(group, values)] if is_step else [_filled(beat.show, values) for beat in group]
        for beat, show in zip_longest(group, shows):
            yield Beat.model_validate({"say": _filled(beat.say, values), "show": show})


def _derivation(beats: Sequence[LessonBeat], values: Values) -> dict[str, Any]:
    """The steps of these beats as a visual; a single one is an equation."""
    steps = [_filled(beat.step.to_json_object(), values) for beat in beats if beat.step]
    if len(steps) == 1:
        return {"kind": "equation", "latex": steps[0]["latex"]}
    return {"kind": "derivation", "steps": steps}


def _is_told(part: LessonScene | LessonBeat, values: Values) -> bool:
    return not part.when or bool(values[part.when])


def _filled(part: Any, values: Values) -> Any:
    """Every text in it with its blanks filled; a blank that no value has is a mistake in the lesson."""
    if isinstance(part, dict):
        return {name: _filled(inner, values) for name, inner in part.items()}
    if isinstance(part, list):
        return [_filled(inner, values) for inner in part]
    return Template(part).substitute(values) if isinstance(part, str) else part


@cache
def _phrase(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(words)}\b")
