"""The conditions, as machines read them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.operator.world import BAD_SCENE, World, a_video
from videojob.crd import custom_resource_definition
from videojob.phases import Phase
from videojob.status import VideoJobStatus, read_status


def kstatus(generation: int, status: dict[str, Any]) -> str:
    """What kstatus computes of a custom resource that is as the API server stores it, as Flux and kapp use it.

    https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/status/generic.go, checkGenericProperties: an
    object without a status is Current, and so is one without a condition Ready.
    """
    if "observedGeneration" in status and status["observedGeneration"] != generation:
        return "InProgress"
    conditions = {condition["type"]: condition["status"] for condition in status.get("conditions", [])}
    if conditions.get("Reconciling") == "True":
        return "InProgress"
    if conditions.get("Stalled") == "True":
        return "Failed"
    return {"True": "Current", None: "Current"}.get(conditions.get("Ready"), "InProgress")


def test_a_videojob_that_no_operator_has_observed_is_in_progress() -> None:
    (version,) = custom_resource_definition()["spec"]["versions"]
    default = version["schema"]["openAPIV3Schema"]["properties"]["status"]["default"]

    assert kstatus(1, {}) == "Current", "the rule that makes the default necessary"
    assert kstatus(1, default) == "InProgress"
    assert read_status(default) == (VideoJobStatus(observed_generation=-1), "")


MOMENTS: dict[str, tuple[str, Callable[[], World]]] = {
    "planning": ("InProgress", lambda: a_video().planning()),
    "rendering": ("InProgress", lambda: a_video().rendering()),
    "backing off": ("InProgress", lambda: a_video().rendering().with_failed("scene-1")),
    "stitching": ("InProgress", lambda: a_video().stitching()),
    "succeeded": ("Current", lambda: a_video().succeeded()),
    "edited": ("InProgress", lambda: a_video().succeeded().with_edit_of("scene-1")),
    "edit seen": ("InProgress", lambda: a_video().succeeded().with_edit_of("scene-1").settle()),
    "failed": ("Failed", lambda: a_video(scenes=1).rendering().with_failed("scene-1", ending=BAD_SCENE)),
    "cancelled": ("Failed", lambda: a_video().rendering().edited(cancel=True).settle()),
    "suspended": ("InProgress", lambda: a_video().rendering().edited(suspend=True).settle()),
    "wrong spec": ("Failed", lambda: a_video().rendering().with_problem("spec.prompt: too long").settle()),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_kstatus_understands_every_moment(moment: str) -> None:
    expected, bring = MOMENTS[moment]
    video = bring()

    assert kstatus(video.job.generation, video.status.to_json_object()) == expected


@pytest.mark.parametrize("moment", MOMENTS)
def test_every_condition_says_why_for_which_generation_and_since_when(moment: str) -> None:
    _, bring = MOMENTS[moment]
    video = bring().settle()

    assert video.status.message.strip()
    for condition in video.status.conditions:
        assert condition.observed_generation == video.job.generation
        assert condition.reason.isidentifier()
        assert condition.message.strip()
        assert condition.last_transition_time.endswith("Z")


def test_a_failed_video_says_why_in_ready_and_in_stalled() -> None:
    video = a_video(scenes=1).rendering().with_failed("scene-1", ending=BAD_SCENE)
    conditions = {condition.type: condition for condition in video.status.conditions}

    assert video.phase is Phase.FAILED
    assert conditions["Ready"].reason == conditions["Stalled"].reason == "BadScene"
    assert conditions["Ready"].message == conditions["Stalled"].message == video.status.message


def test_a_condition_keeps_its_time_until_its_state_changes() -> None:
    video = a_video(scenes=2).rendering()
    since = {condition.type: condition.last_transition_time for condition in video.status.conditions}

    video.later(60).succeed("scene-1").settle()

    assert {condition.type: condition.last_transition_time for condition in video.status.conditions} == since
