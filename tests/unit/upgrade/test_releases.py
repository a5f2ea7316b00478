"""The sides of the matrix are what they claim to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.upgrade.releases import (
    OLD_COMMIT,
    RAISED_VERSION,
    ROOT,
    Release,
    ReleaseError,
    _raised,
    checkout,
    definitions,
)
from tests.upgrade.renderer import answer
from tests.upgrade.sequences import ALL, MAIN
from videojob.digest import RENDERER_VERSION
from videojob.results import FailureResult, PlanResult
from videojob.tasks import PlanTask, encode_env

HERE = Release("new", ROOT, "renderer:new")


def test_a_clone_without_the_old_commit_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"commit ffffffff.*git fetch --unshallow"):
        checkout(tmp_path, "crds", commit="ffffffff")


def test_the_raised_release_differs_in_its_renderer_version_only(tmp_path: Path) -> None:
    raised = _raised(tmp_path / "raised")

    ours = (ROOT / "crds/videojob/digest.py").read_text()
    theirs = (raised / "crds/videojob/digest.py").read_text()
    assert RAISED_VERSION != RENDERER_VERSION
    assert theirs == ours.replace(f'RENDERER_VERSION = "{RENDERER_VERSION}"', f'RENDERER_VERSION = "{RAISED_VERSION}"')
    decide = "operator/videotutor_operator/core/decide.py"
    assert (raised / decide).read_text() == (ROOT / decide).read_text()


def test_the_third_crd_has_two_new_defaults_and_a_new_enum_value() -> None:
    found = definitions({"old": HERE, "new": HERE})["third"]

    spec = found["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    assert spec["quality"]["default"] == "standard"
    assert spec["output"]["properties"]["watermark"]["default"] is False
    assert "neon" in spec["output"]["properties"]["theme"]["enum"]
    assert "quality" not in str(HERE.crd())


def test_every_step_names_a_definition_and_a_release_that_there_are() -> None:
    steps = [step for sequence in ALL for step in sequence.steps]

    assert {*(step.crd for step in steps), MAIN.crd} == set(definitions({"old": HERE, "new": HERE}))
    assert {*(step.operator for step in steps), MAIN.operator} == {"old", "new", "raised"}
    assert all(OLD_COMMIT in step.impossible for sequence in ALL for step in sequence.steps if step.impossible)


def test_a_renderer_answers_tasks_of_its_version_and_refuses_others() -> None:
    task = PlanTask(namespace="ns", key="k", prompt="Hi")

    assert isinstance(answer(encode_env(task))[1], PlanResult)
    code, refused = answer(encode_env(task.model_copy(update={"version": RAISED_VERSION})))
    assert isinstance(refused, FailureResult)
    assert code == 1
    assert refused.error.message.startswith("OtherVersionError: The task is for version 4 of the renderer")
