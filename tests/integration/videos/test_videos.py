"""A sample of the prompts through the stand-alone command (`make prompts` has all): right videos or clear refusals."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from tests.videos.check import Made, problems
from tests.videos.run import Case, Outcome, made, make, prompts, storyboards
from videojob.spec import Resolution, Theme

SAMPLE = (
    "German",
    "Arabic",
    "Chinese",
    "hostile: Typst",
    "almost empty: one emoji",
    "white space",
    "fractions in fractions",
)
CASES = {case.name: case for case in (*prompts(), *storyboards()) if case.name in SAMPLE}


@pytest.mark.parametrize("name", SAMPLE)
def test_a_prompt_becomes_a_right_video_or_is_refused_clearly(name: str, tmp_path: Path) -> None:
    assert make(CASES[name], tmp_path / "case").faults == []


@pytest.fixture(scope="module")
def a_video(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A right one."""
    case = Case("short", "# Short\n- One point.", CASES["Arabic"].output)
    folder = tmp_path_factory.mktemp("video") / "case"
    outcome: Outcome = make(case, folder)
    assert outcome.faults == []
    return made(case, folder)


@pytest.fixture
def copied(a_video: Made, tmp_path: Path) -> Made:
    """The same, to be spoiled."""
    return dataclasses.replace(a_video, folder=Path(shutil.copytree(a_video.folder, tmp_path / "copy")))


def test_the_checker_sees_a_picture_of_another_theme_and_size(copied: Made) -> None:
    output = copied.output.model_copy(update={"theme": Theme.PAPER, "resolution": Resolution.P720})
    found = " ".join(problems(dataclasses.replace(copied, output=output)))
    assert "the picture is ('h264', 'yuv420p', (854, 480), 30.0)" in found
    assert "nothing of the background is seen" in found


def test_the_checker_sees_labels_that_are_not_the_storyboards(copied: Made) -> None:
    path = copied.folder / "storyboard.json"
    other = {**json.loads(path.read_text()), "title": "Other", "language": "fr"}
    path.write_text(json.dumps(other))
    assert [problem.split(" is ")[0] for problem in problems(copied)] == [
        "the title",
        "the language of the audio",
        "the language of the subtitle",
    ]


def test_the_checker_sees_lengths_that_differ(copied: Made) -> None:
    path = copied.folder / "video.m3u8"
    path.write_text(path.read_text() + "#EXTINF:1.000000,\n")
    (found,) = problems(copied)
    assert found.startswith("playlist lasts ")


def test_the_checker_sees_captions_that_are_missing(copied: Made) -> None:
    (copied.folder / "captions.vtt").write_text("WEBVTT\n")
    assert problems(copied) == ["its track of captions ['mov_text'] has 1 of 0"]


def test_the_checker_hears_what_is_too_quiet(copied: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.videos.check.TARGET", -23.0)
    (found,) = problems(copied)
    assert found.startswith("its loudness is -1")
