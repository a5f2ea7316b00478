"""The container's entry: whatever happens, the operator finds an answer and an exit code it can act on."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from videojob.results import FailureResult, PlanResult, decode_result
from videojob.spec import Narration, Output
from videojob.status import FailureClass
from videojob.storyboard import Beat, SceneContent, Storyboard
from videojob.tasks import PlanTask, SceneTask, encode_env
from videotutor_renderer.__main__ import main
from videotutor_renderer.store import Store


def environment(tmp_path: Path, task: PlanTask | SceneTask) -> dict[str, str]:
    store = tmp_path / "store"
    store.mkdir(exist_ok=True)
    return {
        **encode_env(task),
        "VIDEOTUTOR_STORE": f"file://{store}",
        "VIDEOTUTOR_TERMINATION_LOG": str(tmp_path / "termination-log"),
    }


def answer(tmp_path: Path) -> object:
    return decode_result((tmp_path / "termination-log").read_text())


def a_plan(**fields: object) -> PlanTask:
    return PlanTask.model_validate({"namespace": "ns", "key": "k", "prompt": "# One\n- a", **fields})


def test_a_task_that_is_done_exits_with_zero_and_its_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(environment(tmp_path, a_plan())) == 0
    result = answer(tmp_path)
    assert isinstance(result, PlanResult)
    assert result.planner == "outline"
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["message"] for line in lines] == ["planned", "done"]


@pytest.mark.parametrize(
    ("change", "code", "failure_class"),
    [
        ({"VIDEOTUTOR_TASK_0": "not base64!"}, 70, FailureClass.INTERNAL),
        ({"VIDEOTUTOR_STORE": "file:///no/such/place"}, 75, FailureClass.STORE),
    ],
)
def test_a_failure_is_answered_with_its_class(
    tmp_path: Path, change: dict[str, str], code: int, failure_class: FailureClass
) -> None:
    assert main({**environment(tmp_path, a_plan()), **change}) == code
    result = answer(tmp_path)
    assert isinstance(result, FailureResult)
    assert result.error.class_ is failure_class


def test_a_refused_planner_exits_with_bad_input(tmp_path: Path) -> None:
    assert main(environment(tmp_path, a_plan(prompt="photosynthesis", planner="template"))) == 65
    result = answer(tmp_path)
    assert isinstance(result, FailureResult)
    assert result.error.class_ is FailureClass.PLANNER_REFUSAL


def test_without_a_task_the_answer_says_so(tmp_path: Path) -> None:
    assert main({"VIDEOTUTOR_TERMINATION_LOG": str(tmp_path / "termination-log")}) == 70
    result = answer(tmp_path)
    assert isinstance(result, FailureResult)
    assert "VIDEOTUTOR_TASK_0" in result.error.message


@pytest.mark.parametrize(
    ("error", "failure_class"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), FailureClass.STORE),
        (FileNotFoundError(errno.ENOENT, "No such file"), FailureClass.INTERNAL),
        (MemoryError(), FailureClass.OUT_OF_MEMORY),
        (KeyError("x"), FailureClass.INTERNAL),
    ],
)
def test_what_was_not_foreseen_still_has_a_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, failure_class: FailureClass
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("videotutor_renderer.plan.task.run_plan", fail)
    assert main(environment(tmp_path, a_plan())) in {70, 75}
    result = answer(tmp_path)
    assert isinstance(result, FailureResult)
    assert result.error.class_ is failure_class


def test_sigterm_ends_a_rendering_at_once_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    says = tuple(Beat(say="word " * 190) for _ in range(5))
    content = SceneContent(title="Long", beats=says)
    store = Store(tmp_path / "store")
    task = SceneTask(
        namespace="ns",
        digest="d1",
        storyboard="ns/storyboards/k.json",
        scene_id="long",
        output=Output(),
        narration=Narration(enabled=False),
    )
    variables = environment(tmp_path, task)
    board = {"title": "t", "scenes": [{"id": "long", **content.to_json_object()}]}
    store.write("ns/storyboards/k.json", Storyboard.model_validate(board).model_dump_json(by_alias=True).encode())
    process = subprocess.Popen(
        [sys.executable, "-m", "videotutor_renderer"],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            if "drawing" in line:
                process.send_signal(signal.SIGTERM)
                break
        process.stdout.read()
        assert process.wait(timeout=10) == 128 + signal.SIGTERM
    assert list(store.path("ns/scenes").iterdir()) == []
    assert not (tmp_path / "termination-log").exists()


def test_a_plan_of_a_hundred_scenes_fits_into_the_termination_message(tmp_path: Path) -> None:
    assert main(environment(tmp_path, a_plan(prompt="Explain photosynthesis", scene_count=100))) == 0
    assert (tmp_path / "termination-log").stat().st_size <= 4096
    result = answer(tmp_path)
    assert isinstance(result, PlanResult)
    assert len(result.scenes) == 100
