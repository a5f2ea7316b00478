"""The health check for Argo CD, run as Argo CD runs it: Lua 5.1 with the object as the global `obj`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from lupa.lua51 import LuaRuntime

from tests.unit.operator.world import BAD_SCENE, World, a_video

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = (ROOT / "charts" / "videotutor" / "files" / "argocd-health.lua").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
KEY = "resource.customizations.health.videotutor.dev_VideoJob"


def health(videojob: dict[str, Any]) -> tuple[str, str]:
    """Status and message of the health that the script returns."""
    lua = LuaRuntime()
    lua.globals().obj = lua.table_from(videojob, recursive=True)
    found = lua.execute(SCRIPT)
    return found["status"], found["message"]


def as_object(video: World) -> dict[str, Any]:
    return {"metadata": {"generation": video.job.generation}, "status": video.status.to_json_object()}


MOMENTS: dict[str, tuple[str, Callable[[], World]]] = {
    "planning": ("Progressing", lambda: a_video().planning()),
    "rendering": ("Progressing", lambda: a_video().rendering()),
    "backing off": ("Progressing", lambda: a_video().rendering().with_failed("scene-1")),
    "stitching": ("Progressing", lambda: a_video().stitching()),
    "succeeded": ("Healthy", lambda: a_video().succeeded()),
    "edited": ("Progressing", lambda: a_video().succeeded().with_edit_of("scene-1")),
    "failed": ("Degraded", lambda: a_video(scenes=1).rendering().with_failed("scene-1", ending=BAD_SCENE)),
    "cancelled": ("Suspended", lambda: a_video().rendering().edited(cancel=True).settle()),
    "suspended": ("Suspended", lambda: a_video().rendering().edited(suspend=True).settle()),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_every_moment_of_a_videojob_has_its_health(moment: str) -> None:
    expected, bring = MOMENTS[moment]

    assert health(as_object(bring()))[0] == expected


@pytest.mark.parametrize("status", [None, {}, {"observedGeneration": -1}, {"observedGeneration": 1}])
def test_a_videojob_that_the_operator_has_not_read_is_progressing(status: dict[str, Any] | None) -> None:
    videojob = {"metadata": {"generation": 2}} | ({} if status is None else {"status": status})

    assert health(videojob) == ("Progressing", "Waiting for the operator")


def test_a_degraded_videojob_has_the_reason_and_the_message_of_its_failure() -> None:
    video = a_video(scenes=1).rendering().with_failed("scene-1", ending=BAD_SCENE)

    assert health(as_object(video))[1] == f"BadScene: {video.status.message}"


def test_the_documentation_has_the_script_of_the_chart() -> None:
    (block,) = [text for text in OPERATIONS.split("```yaml\n")[1:] if KEY in text]

    assert yaml.safe_load(block.partition("```")[0])["data"][KEY] == SCRIPT
