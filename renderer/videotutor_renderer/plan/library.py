"""The lesson library: hand-written, versioned lessons, found by key words."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from pydantic import Field

from videojob.base import Model
from videojob.storyboard import Beat, Scene, Storyboard
from videojob.visuals import TitleVisual
from videotutor_renderer.plan.outline import Planned

SEARCHED = 600
"""Characters of a prompt that are searched: a topic is named at its start."""


class LessonScene(Model):
    """A scene of a lesson. `rank` 1 is the one to keep when only one is wanted, 2 the next, and so on."""

    rank: int
    title: str
    beats: tuple[Beat, ...]


class Lesson(Model):
    """A lesson file."""

    title: str
    version: int
    language: str
    keywords: tuple[str, ...] = Field(min_length=1)
    scenes: tuple[LessonScene, ...] = Field(min_length=1)

    def planned(self, scene_count: int | None) -> Planned:
        """The most important scenes, in the lesson's order."""
        wanted = sorted(self.scenes, key=lambda scene: scene.rank)[: scene_count or DEFAULT_SCENES]
        kept = [scene for scene in self.scenes if scene in wanted]
        note = ""
        if scene_count and scene_count > len(kept):
            note = f"{scene_count} scenes were asked for; the lesson {self.title!r} has {len(kept)}."
        scenes = tuple(
            Scene(id=f"scene-{i}", title=scene.title, beats=(*([self._opening()] if i == 1 else []), *scene.beats))
            for i, scene in enumerate(kept, 1)
        )
        return Planned(Storyboard(title=self.title, language=self.language, scenes=scenes), note)

    def _opening(self) -> Beat:
        """The title of the whole, before the first scene that was kept."""
        return Beat(say=f"{self.title}.", show=TitleVisual(text=self.title))


DEFAULT_SCENES = 4


def find(prompt: str, language: str) -> Lesson | None:
    """The lesson whose longest key phrase stands in the prompt, if there is one in this language."""
    text = " ".join(prompt[:SEARCHED].casefold().split())
    found = [
        ((len(word.split()), len(word)), lesson)
        for lesson in lessons()
        if lesson.language == language.split("-", maxsplit=1)[0]
        for word in lesson.keywords
        if re.search(rf"\b{re.escape(word)}\b", text)
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else None


@cache
def lessons() -> tuple[Lesson, ...]:
    """Every lesson, by file name."""
    folder = files("videotutor_renderer.plan") / "lessons"
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".toml")), key=lambda path: path.name)
    return tuple(Lesson.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))) for path in paths)
