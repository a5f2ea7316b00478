"""The contract from version to version: what 092fef3 wrote stays valid, and what a newer version writes can be read.

`golden/092fef3.json` was written by the code of commit 092fef3: digests of specs and of one scene of each visual, and
statuses at each phase. It is never written again.
"""

from __future__ import annotations

import base64
import contextlib
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videojob.base import ExtendedModel, added_field, read
from videojob.digest import LEGACY_VERSION, content_digest, digest_of, plan_key, scene_digests, stitch_key, work_key
from videojob.phases import Phase, ScenePhase
from videojob.results import COMPRESSED, LARGEST_TEXT, BadResultError, PlanResult, SceneResult, decode_result
from videojob.spec import VideoJobSpec
from videojob.status import Failure, FailureClass, Renderer, VideoJobStatus
from videojob.storyboard import SceneContent
from videojob.tasks import OtherVersionError, PlanTask, decode_env, encode_env

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "092fef3.json").read_text())
CONTENTS = {"scene-1": "0123456789abcdef", "scene-2": "fedcba9876543210"}


@pytest.mark.parametrize("visual", GOLDEN["contents"])
def test_the_digest_of_what_a_scene_shows_is_what_it_was(visual: str) -> None:
    golden = GOLDEN["contents"][visual]

    assert content_digest(SceneContent.model_validate(golden["content"])) == golden["digest"]


@pytest.mark.parametrize("name", GOLDEN["specs"])
def test_digests_of_a_spec_are_what_they_were(name: str) -> None:
    golden = GOLDEN["specs"][name]
    spec = VideoJobSpec.model_validate(golden["spec"])

    assert plan_key(spec) == golden["plan"]
    assert work_key(spec) == golden["work"]
    assert digest_of(spec.pod_template) == golden["template"]
    assert scene_digests(spec, None, CONTENTS, LEGACY_VERSION) == golden["scenes"]
    assert stitch_key("Calculus", list(CONTENTS.values()), LEGACY_VERSION) == golden["join"]


class Shape(ExtendedModel):
    """A model that got a field."""

    sides: int = 4
    rounded: bool = added_field(default=False, description="Whether its corners are round.")


def test_a_field_that_was_added_changes_nothing_where_it_has_its_default() -> None:
    class Before(ExtendedModel):
        sides: int = 4

    assert digest_of(Shape()) == digest_of(Before())
    assert Shape().to_json_object() == {"sides": 4}
    assert Shape(rounded=True).to_json_object() == {"sides": 4, "rounded": True}
    assert digest_of(Shape(rounded=True)) != digest_of(Before())


def test_a_new_field_of_the_spec_is_in_no_object_that_does_not_use_it() -> None:
    assert "failFast" not in VideoJobSpec(prompt="x").to_json_object()
    assert VideoJobSpec(prompt="x", fail_fast=True).to_json_object()["failFast"] is True


@pytest.mark.parametrize("phase", GOLDEN["statuses"])
def test_a_status_of_092fef3_is_read_and_written_as_it_was(phase: str) -> None:
    raw = GOLDEN["statuses"][phase]

    assert read(VideoJobStatus, raw).to_json_object() == raw


def a_status(**change: Any) -> dict[str, Any]:
    return {**GOLDEN["statuses"]["Rendering"], **change}


def a_scene(**change: Any) -> dict[str, Any]:
    scenes: list[dict[str, Any]] = GOLDEN["statuses"]["Rendering"]["scenes"]
    return a_status(scenes=[{**scenes[0], **change}, *scenes[1:]])


@pytest.mark.parametrize(
    "raw",
    [
        a_status(quality="good"),
        a_status(plan={**GOLDEN["statuses"]["Rendering"]["plan"], "reviewedBy": "Ada"}),
        a_scene(loudness=-16),
        a_status(conditions=[{**c, "severity": "Info"} for c in GOLDEN["statuses"]["Rendering"]["conditions"]]),
    ],
    ids=["status", "plan", "scene", "condition"],
)
def test_fields_of_a_newer_version_are_ignored(raw: dict[str, Any]) -> None:
    assert read(VideoJobStatus, raw) == read(VideoJobStatus, a_status())


def test_enum_values_of_a_newer_version_have_fallbacks() -> None:
    status = read(VideoJobStatus, a_scene(phase="Verifying", failure={"class": "GpuLost", "message": "gone"}))

    assert status.scenes[0].phase is ScenePhase.PENDING
    assert status.scenes[0].failure == Failure(class_=FailureClass.INTERNAL, message="gone")
    assert status.plan is not None


@pytest.mark.parametrize(
    ("conditions", "phase"),
    [
        ({"Ready": "True"}, Phase.SUCCEEDED),
        ({"Ready": "False", "Stalled": "True"}, Phase.FAILED),
        ({"Ready": "False", "Stalled": "False"}, Phase.PENDING),
        ({}, Phase.PENDING),
    ],
)
def test_an_unknown_phase_is_what_the_conditions_say(conditions: dict[str, str], phase: Phase) -> None:
    facts = [
        {"type": type_, "status": status, "reason": "X", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        | {"observedGeneration": 1}
        for type_, status in conditions.items()
    ]

    assert read(VideoJobStatus, a_status(phase="Publishing", conditions=facts)).phase is phase


HUGE = 10**30


@pytest.mark.parametrize(
    "raw",
    [
        a_status(message="m" * 100_000, planner="p" * 100_000, scenesReady="9" * 100_000, progress=HUGE),
        a_status(observedGeneration=HUGE, report={"sequence": HUGE, "acknowledged": -1, "lastError": "e" * 100_000}),
        a_scene(title="t" * 100_000, attempts=HUGE, failed=-HUGE, failure={"class": "Internal", "message": "m" * 9999}),
        a_status(scenes=GOLDEN["statuses"]["Rendering"]["scenes"] * 100),
        a_status(conditions=GOLDEN["statuses"]["Rendering"]["conditions"] * 100),
    ],
)
def test_every_text_number_and_list_of_a_status_is_bounded(raw: dict[str, Any]) -> None:
    status = read(VideoJobStatus, raw)

    assert len(json.dumps(status.to_json_object())) < 110_000
    assert (len(status.scenes) <= 100, len(status.conditions) <= 16) == (True, True)
    assert status.observed_generation < 2**53
    assert 0 <= status.progress <= 100


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -1.0, 1e300])
def test_a_length_that_is_none_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="durationSeconds"):
        read(VideoJobStatus, a_scene(durationSeconds=number))


def test_the_renderer_of_a_video_is_in_a_condition() -> None:
    pin: dict[str, Any] = {
        "type": "RendererPinned",
        "status": "True",
        "reason": "Version4",
        "message": "videotutor/renderer:4",
    }
    pin |= {"lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": 1}

    assert read(VideoJobStatus, a_status(conditions=[pin])).renderer == Renderer("videotutor/renderer:4", "4")
    assert read(VideoJobStatus, a_status()).renderer is None
    assert read(VideoJobStatus, a_status(conditions=[{**pin, "reason": "Later"}])).renderer is None


SCENE = {"task": "scene", "sceneId": "scene-1", "title": "T", "digest": "d" * 16, "durationSeconds": 3.0, "frames": 90}
SCENE |= {"bytes": 9, "sha256": "ab" * 32}
STITCH = {"task": "stitch", "path": "lessons/v.mp4", "durationSeconds": 3.0, "bytes": 9, "sha256": "ab" * 32}
STITCH |= {"width": 1280, "height": 720, "framesPerSecond": 30, "chapters": 1}
PLAN: dict[str, Any] = {"task": "plan", "planner": "llm", "title": "T", "storyboard": "lessons/s.json"}
PLAN |= {"scenes": [{"id": "scene-1", "digest": "d" * 16}]}


def packed(answer: dict[str, Any]) -> str:
    return COMPRESSED + base64.b85encode(zlib.compress(json.dumps(answer).encode(), 9)).decode()


def test_an_answer_of_a_newer_renderer_is_read() -> None:
    answer = decode_result(json.dumps({**SCENE, "loudness": -16, "codec": {"name": "av1"}}))

    assert isinstance(answer, SceneResult)
    assert answer.duration_seconds == 3


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({**SCENE, "durationSeconds": float("nan")}, "durationSeconds"),
        ({**SCENE, "durationSeconds": float("inf")}, "durationSeconds"),
        ({**SCENE, "frames": HUGE}, "frames"),
        ({**SCENE, "bytes": -1}, "bytes"),
        ({**SCENE, "sceneId": "NOT A label/../"}, "sceneId"),
        ({**SCENE, "digest": "../../x"}, "digest"),
        ({**SCENE, "digest": "d" * 64}, "digest"),
        ({**SCENE, "sha256": "short"}, "sha256"),
        ({**STITCH, "path": "../../../etc/passwd"}, "path"),
        ({**STITCH, "path": "/etc/passwd"}, "path"),
        ({**STITCH, "path": "lessons/.hidden/v.mp4"}, "path"),
        ({**STITCH, "path": "p/" * 600}, "path"),
        ({**STITCH, "bytes": 99999999999999999999999}, "bytes"),
        ({**PLAN, "storyboard": "../../x"}, "storyboard"),
        ({**PLAN, "scenes": PLAN["scenes"] * 101}, "scenes"),
        ({**PLAN, "scenes": [{"id": "\ud800", "digest": "d"}]}, "answer"),
        ({"task": "brew"}, "answer"),
    ],
)
def test_an_answer_that_cannot_be_right_is_refused_by_its_field(answer: dict[str, Any], field: str) -> None:
    with pytest.raises(BadResultError, match=field):
        decode_result(json.dumps(answer))


def test_texts_of_an_answer_are_cut() -> None:
    plan = decode_result(json.dumps({**PLAN, "title": "T" * 9999, "note": "n" * 99_999, "planner": "p" * 999}))

    assert isinstance(plan, PlanResult)
    assert (len(plan.title), len(plan.note), len(plan.planner)) == (200, 4096, 64)


def test_an_answer_of_a_few_kilobytes_may_not_unpack_to_megabytes() -> None:
    bomb = packed({**PLAN, "note": "n" * 3_000_000})
    assert len(bomb) <= 4096

    with pytest.raises(BadResultError, match=f"unpacks to more than {LARGEST_TEXT} bytes"):
        decode_result(bomb)


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda raw: COMPRESSED + base64.b85encode(raw).decode()))
def test_any_termination_message_is_a_result_or_refused(message: str) -> None:
    with contextlib.suppress(BadResultError):
        assert decode_result(message).task in {"plan", "scene", "stitch", "failure"}


TASK = PlanTask(namespace="lessons", key="k", prompt="Explain limits", version="7")


def test_a_renderer_refuses_a_task_of_another_version() -> None:
    environment = encode_env(TASK)

    assert decode_env(environment, "7") == TASK
    with pytest.raises(OtherVersionError, match="version 7 of the renderer, but this image is version 8"):
        decode_env(environment, "8")


def test_a_task_of_the_first_version_is_what_092fef3_accepts_and_is_refused_by_later_ones() -> None:
    task = TASK.model_copy(update={"version": LEGACY_VERSION})

    assert set(task.to_json_object()) <= {"task", "namespace", "key", "prompt", "planner", "language"}
    with pytest.raises(OtherVersionError):
        decode_env(encode_env(task), "4")


def test_fields_of_a_task_that_this_renderer_does_not_know_are_ignored() -> None:
    raw = json.dumps({**TASK.to_json_object(), "audience": "ten-year-olds"}).encode()
    environment = {"VIDEOTUTOR_TASK_0": base64.b64encode(zlib.compress(raw)).decode()}

    assert decode_env(environment, "7") == TASK
