"""Storyboards that mean harm are refused in words that name the scene and the field, or shown as the text they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.videos.picture import Pixels, faults
from tests.videos.run import Case, storyboards
from videojob.spec import Aspect, Theme
from videojob.storyboard import SceneContent, Storyboard
from videotutor_renderer.cli.command import main
from videotutor_renderer.errors import TaskError
from videotutor_renderer.scene.blocks import seconds_needed, steps
from videotutor_renderer.scene.captions import captions
from videotutor_renderer.scene.draw import Stage
from videotutor_renderer.scene.frame import FRAMES, SHORT_SIDE
from videotutor_renderer.scene.layout import pages
from videotutor_renderer.scene.render import Canvas
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import TOKENS
from videotutor_renderer.scene.timeline import timeline
from videotutor_renderer.scene.typeset import Typesetter
from videotutor_renderer.speech.spoken import spoken

HEIGHT = 480
ALL = {case.name: case for case in storyboards()}


@pytest.fixture(scope="module")
def setter(tmp_path_factory: pytest.TempPathFactory) -> Typesetter:
    return Typesetter(HEIGHT / SHORT_SIDE, "en", tmp_path_factory.mktemp("empty"))


def refusal(case: Case, folder: Path, capsys: pytest.CaptureFixture[str], setter: Typesetter) -> str:
    """What the command says instead of making a video; empty when it would make one, whose last picture is right.

    Up to the encoder it does here what the command does, without its processes, which would take seconds each.
    """
    (folder / "source").write_text(case.text)
    if main((str(folder / "source"), "--plan-only")):
        return capsys.readouterr().err
    for scene in Storyboard.model_validate_json(capsys.readouterr().out).scenes:
        try:
            shown = last_picture(scene.content(), setter)
        except TaskError as error:
            return f"{scene.id}: {error}"
        assert list(faults(shown, Theme.CHALK, finished=True)) == []
    return ""


def last_picture(content: SceneContent, setter: Typesetter) -> Pixels:
    """Of the scene; what is said and written below it is made too."""
    frame = FRAMES[Aspect.WIDE]
    shown = steps(content)
    says = [beat.say for beat in content.beats]
    clock = timeline(content.beats, [len(spoken(say, "en")) / 15 for say in says], seconds_needed(shown, len(says)))
    stage = Stage(frame, Style(setter, TOKENS[Theme.CHALK]), content.title)
    sprites = stage.sprites(pages(shown, stage.area, stage.setting.measure), clock)
    assert all(caption.end > caption.start for caption in captions(says, clock.cues))
    canvas = Canvas((round(frame.width * HEIGHT / SHORT_SIDE), HEIGHT))
    canvas.paint(stage, sprites, [sprite.state(clock.seconds - 1 / 30) for sprite in sprites])
    return np.ascontiguousarray(canvas.pixels[..., 2::-1])


@pytest.mark.parametrize("name", ALL)
def test_a_hostile_storyboard_is_refused_with_its_field_or_shown_as_text(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], setter: Typesetter
) -> None:
    said = refusal(ALL[name], tmp_path, capsys, setter)
    if ALL[name].refused is None:
        assert said == ""
    else:
        assert ALL[name].refused in said
        assert len(said.splitlines()) == 1
