"""The image of the benchmarks that does nothing, which is built with Go."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from videojob.results import EXIT_BAD_INPUT, StitchResult, decode_result
from videojob.spec import Narration, Output
from videojob.tasks import PlanTask, SceneTask, StitchTask, encode_env


@pytest.fixture(scope="module")
def noop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of the image that does nothing."""
    program = tmp_path_factory.mktemp("noop") / "noop"
    source = Path(__file__).parents[3] / "bench" / "noop"
    environment = {**os.environ, "GOWORK": "off", "GOFLAGS": "-mod=readonly"}
    subprocess.run(["go", "build", "-o", program, "."], cwd=source, env=environment, check=True, timeout=120)
    return program


def test_the_image_that_does_nothing_answers_every_task(noop: Path, tmp_path: Path) -> None:
    tasks = (
        PlanTask(namespace="n", key="k", prompt="Nothing", scene_count=2),
        SceneTask(
            namespace="n", digest="d", storyboard="s", scene_id="scene-2", output=Output(), narration=Narration()
        ),
        StitchTask(namespace="n", name="v", key="k", title="Nothing", scenes=("a", "b"), output=Output()),
    )
    for task in tasks:
        subprocess.run([noop, tmp_path / "answer"], env=encode_env(task), check=True, timeout=10)
        answer = decode_result((tmp_path / "answer").read_text())
        assert answer is not None
        assert answer.task == task.task
    assert isinstance(answer, StitchResult)
    assert answer.chapters == 2


def test_the_image_that_does_nothing_fails_without_a_task(noop: Path, tmp_path: Path) -> None:
    done = subprocess.run([noop, tmp_path / "answer"], env={}, check=False, capture_output=True, timeout=10)
    assert done.returncode == EXIT_BAD_INPUT
