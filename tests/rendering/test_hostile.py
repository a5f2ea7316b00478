"""Storyboards that mean harm are refused in words that name the scene and the field, or shown as the text they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.videos.picture import faults
from tests.videos.run import Case, storyboards
from videojob.spec import Output, Resolution
from videojob.storyboard import SceneContent, Storyboard
from videotutor_renderer.cli.command import main
from videotutor_renderer.errors import TaskError
from videotutor_renderer.scene.captions import captions
from videotutor_renderer.scene.images import Look
from videotutor_renderer.scene.render import still
from videotutor_renderer.scene.timeline import Cue
from videotutor_renderer.speech.spoken import spoken

DRAFT = Output(resolution=Resolution.P480)
ALL = {case.name: case for case in storyboards()}


@pytest.mark.parametrize("name", ALL)
def test_a_hostile_storyboard_is_refused_with_its_field_or_shown_as_text(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refusal(ALL[name], tmp_path, capsys)
    if ALL[name].refused is None:
        assert said == ""
    else:
        assert ALL[name].refused_with(said), said
        assert len(said.splitlines()) == 1


def refusal(case: Case, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command says instead of making a video; empty when it would make one.

    It does here what the command does, but for its processes, sound and encoder, which would take seconds each.
    """
    (folder / "source").write_text(case.text)
    if main((str(folder / "source"), "--plan-only")):
        return capsys.readouterr().err
    for scene in Storyboard.model_validate_json(capsys.readouterr().out).scenes:
        try:
            look_at(scene.content())
        except TaskError as error:
            return f"{scene.id}: {error}"
    return ""


def look_at(content: SceneContent) -> None:
    picture = still(content, Look(DRAFT), "en")
    assert list(faults(picture[..., 2::-1], DRAFT.theme, finished=True)) == []
    for beat in content.beats:
        assert "\0" not in spoken(beat.say, "en")
        assert all(caption.end > caption.start for caption in captions([beat.say], [Cue(0, 9, 9)]))
