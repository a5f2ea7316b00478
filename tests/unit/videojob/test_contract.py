from __future__ import annotations

import base64
import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.unit.videojob.strategies import storyboards, words
from videojob.digest import RENDERER_VERSION, content_digest, plan_key, scene_digests, stitch_key, work_key
from videojob.events import Source, event_id, event_of
from videojob.names import MAX_NAME, job_name, videojob_name
from videojob.phases import NEXT, TERMINAL, Phase, ScenePhase, is_allowed
from videojob.results import (
    LIMIT,
    BadResultError,
    FailureResult,
    PlannedScene,
    PlanResult,
    decode_result,
    encode_result,
)
from videojob.signatures import body_signature, body_signature_fits, timestamp_fits, webhook_headers
from videojob.spec import Output, SceneOverride, VideoJobSpec, merge_override
from videojob.status import Failure, FailureClass, ReportStatus, SceneStatus, VideoJobStatus, VideoStatus
from videojob.storyboard import Beat, SceneContent, Storyboard
from videojob.tasks import CHUNK, PlanTask, decode_env, encode_env


@given(storyboards())
def test_a_storyboard_survives_the_way_into_a_container(storyboard: Storyboard) -> None:
    task = PlanTask(namespace="videos", key="k", storyboard=storyboard)
    assert decode_env(encode_env(task), RENDERER_VERSION) == task


def test_a_task_is_split_over_variables_that_linux_accepts() -> None:
    prompt = "".join(hashlib.sha256(str(i).encode()).hexdigest() for i in range(5000))
    task = PlanTask(namespace="videos", key="k", prompt=prompt)
    environment = encode_env(task)
    assert len(environment) > 1
    assert all(len(value) <= CHUNK for value in environment.values())
    assert decode_env({**environment, "PATH": "/bin"}, RENDERER_VERSION) == task


def test_a_task_with_a_kubernetes_variable_reference_stays_as_it_is() -> None:
    environment = encode_env(PlanTask(namespace="videos", key="k", prompt="$(rm -rf /) $(HOME) $$"))
    assert not any("$" in value for value in environment.values())


def test_a_container_without_a_task_says_which_variable_is_missing() -> None:
    with pytest.raises(KeyError, match="VIDEOTUTOR_TASK_0"):
        decode_env({"PATH": "/bin"}, RENDERER_VERSION)


@given(st.lists(st.text(max_size=200), min_size=1, max_size=100))
def test_a_plan_of_any_titles_fits_into_a_termination_message(titles: list[str]) -> None:
    scenes = tuple(
        PlannedScene(id=f"scene-{i}", title=title, digest=hashlib.sha256(str(i).encode()).hexdigest()[:16])
        for i, title in enumerate(titles)
    )
    message = encode_result(PlanResult(planner="outline", title="t" * 200, storyboard="videos/x.json", scenes=scenes))
    decoded = decode_result(message)
    assert len(message.encode()) <= LIMIT
    assert isinstance(decoded, PlanResult)
    assert [(scene.id, scene.digest) for scene in decoded.scenes] == [(scene.id, scene.digest) for scene in scenes]


def an_id(number: int) -> str:
    """Thirty letters and digits that no compression makes much shorter."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(letters[byte % 36] for byte in hashlib.sha256(str(number).encode()).digest()[:30])


def test_scenes_that_the_spec_gives_are_left_out_of_a_message_that_is_too_long() -> None:
    scenes = tuple(
        PlannedScene(id=an_id(i), digest=hashlib.sha256(an_id(i).encode()).hexdigest()[:16]) for i in range(100)
    )
    plan = PlanResult(planner="storyboard", title="Calculus", storyboard="videos/x.json", scenes=scenes)
    decoded = decode_result(encode_result(plan))
    assert isinstance(decoded, PlanResult)
    assert decoded.scenes == ()


@pytest.mark.parametrize("message", ["", "Killed", "{}", "zlib:not base85 \x00", '{"task":"scene"}', "zlib:" + "0" * 9])
def test_a_termination_message_that_is_no_result_is_none(message: str) -> None:
    with pytest.raises(BadResultError):
        decode_result(message)


def test_a_failure_has_words() -> None:
    with pytest.raises(ValidationError, match="message"):
        Failure(class_=FailureClass.INTERNAL, message="")


def test_a_quantity_may_be_a_bare_number() -> None:
    spec = VideoJobSpec.model_validate({"prompt": "x", "podTemplate": {"resources": {"limits": {"cpu": 2}}}})
    assert spec.pod_template.resources is not None
    assert spec.pod_template.resources.limits == {"cpu": "2"}


def test_a_failure_keeps_its_class_on_the_way() -> None:
    failure = FailureResult(error=Failure(class_=FailureClass.BAD_SCENE, message="latex: unbalanced braces"))
    assert decode_result(encode_result(failure)) == failure
    assert failure.to_json_object()["error"]["class"] == "BadScene"


def scene_digest(
    content: str = "a", override: SceneOverride | None = None, language: str | None = None, rerun: int = 0
) -> str:
    """The digest of the one scene of a video."""
    spec = VideoJobSpec(prompt="x", rerun=rerun, scene_overrides=(override,) if override else ())
    return scene_digests(spec, language, {"scene-1": content})["scene-1"]


def test_editing_one_scene_changes_only_its_digest() -> None:
    edit = SceneOverride(scene="scene-2", instruction="shorter")
    contents = {"scene-1": "a", "scene-2": "b"}
    before = scene_digests(VideoJobSpec(prompt="x"), None, contents)
    after = scene_digests(VideoJobSpec(prompt="x", scene_overrides=(edit,)), None, contents)
    assert before["scene-1"] == after["scene-1"]
    assert before["scene-2"] != after["scene-2"]


CONTENT = st.text("0123456789abcdef", min_size=16, max_size=16)
EDITS = st.tuples(CONTENT, st.none() | words, st.integers(0, 3), st.integers(0, 3))
"""Content as planned, instruction, rerun of the scene, rerun of the video."""


@given(EDITS, EDITS)
def test_scenes_have_the_same_digest_if_and_only_if_the_same_is_asked_for(
    one: tuple[str, str | None, int, int], other: tuple[str, str | None, int, int]
) -> None:
    digests = [
        scene_digest(content, SceneOverride(scene="scene-1", instruction=instruction, rerun=again), rerun=rerun)
        for content, instruction, again, rerun in (one, other)
    ]

    assert (digests[0] == digests[1]) is (one == other)


def test_an_override_back_to_the_planned_content_finds_the_old_rendering() -> None:
    content = SceneContent(title="Slope", beats=(Beat(say="A slope."),))
    edit = SceneOverride(scene="scene-1", content=content)
    assert scene_digest("other", edit) == scene_digest(content_digest(content))


def test_another_language_is_another_digest() -> None:
    german, french, default = (scene_digest(language=name) for name in ("de", "fr", None))
    assert len({german, french, default}) == 3
    assert scene_digest(language="en") == default


def test_a_draft_is_planned_as_the_video_and_its_scenes_are_others() -> None:
    draft, final = (VideoJobSpec(prompt="x", output=Output(draft=draft)) for draft in (True, False))
    assert plan_key(draft) == plan_key(final)
    assert scene_digests(draft, None, {"scene-1": "a"}) != scene_digests(final, None, {"scene-1": "a"})


def test_rerun_is_another_digest_and_back_to_0_is_the_first_one() -> None:
    again, twice = (SceneOverride(scene="scene-1", rerun=number) for number in (1, 2))
    assert len({scene_digest(), scene_digest(rerun=1), scene_digest(override=again), scene_digest(override=twice)}) == 4
    assert scene_digest(rerun=0, override=SceneOverride(scene="scene-1", rerun=0)) == scene_digest()


@given(words, words)
def test_digests_are_sixteen_hex_digits(title: str, digest: str) -> None:
    assert re.fullmatch("[0-9a-f]{16}", stitch_key(title, [digest]))


def test_the_plan_depends_on_the_prompt_but_not_on_edits_of_scenes() -> None:
    spec = VideoJobSpec(prompt="Explain the chain rule")
    edited = spec.model_copy(update={"scene_overrides": (SceneOverride(scene="scene-1", instruction="shorter"),)})
    assert plan_key(spec) == plan_key(edited)
    assert plan_key(spec) != plan_key(spec.model_copy(update={"prompt": "Explain limits"}))
    assert plan_key(spec) != plan_key(spec.model_copy(update={"rerun": 1}))


def test_the_time_to_live_is_no_work() -> None:
    spec = VideoJobSpec(prompt="x")
    assert work_key(spec) == work_key(spec.model_copy(update={"ttl_seconds_after_finished": 60}))
    assert work_key(spec) != work_key(spec.model_copy(update={"retry": 1}))


@given(st.from_regex(r"[a-z]([a-z0-9-]{0,50}[a-z0-9])?", fullmatch=True), st.integers(1, 999))
def test_names_of_jobs_are_valid_labels_and_tell_attempts_apart(name: str, attempt: int) -> None:
    digest = "0123456789abcdef"
    first, second = (job_name(name, "a" * 30, n, digest) for n in (attempt, attempt + 1))
    assert len(first) <= MAX_NAME
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", first)
    assert first != second


def test_two_videos_never_share_the_name_of_a_job() -> None:
    digest = "0123456789abcdef"
    assert job_name("lesson", "a-intro", 1, digest) != job_name("lesson-a", "intro", 1, digest)


def test_a_video_made_again_under_its_name_shares_no_name_of_a_job_with_the_one_before() -> None:
    assert job_name("lesson", "intro", 1, "uid-1") != job_name("lesson", "intro", 1, "uid-2")


def test_the_same_request_names_the_same_video() -> None:
    assert videojob_name("r1") == videojob_name("r1") != videojob_name("r2")


def test_terminal_phases_are_sticky_within_a_generation() -> None:
    for end in TERMINAL:
        assert not NEXT[end]
        assert not is_allowed(end, Phase.RENDERING, same_generation=True)
        assert is_allowed(end, Phase.RENDERING, same_generation=False)


def test_every_phase_that_is_not_terminal_can_end() -> None:
    assert all(NEXT[phase] >= {Phase.FAILED, Phase.CANCELLED, Phase.SUCCEEDED} for phase in set(Phase) - TERMINAL)


def test_a_body_signature_is_the_hex_hmac_of_the_raw_body() -> None:
    expected = "sha256=" + hmac.digest(b"s3", b'{"a":1}', "sha256").hex()
    assert body_signature("s3", b'{"a":1}') == expected


@pytest.mark.parametrize(
    ("signature", "fits"),
    [
        (body_signature("new", b"body"), True),
        (body_signature("old", b"body"), True),
        (body_signature("other", b"body"), False),
        ("", False),
        ("sha256=é", False),
    ],
)
def test_the_current_and_the_previous_secret_count(signature: str, fits: bool) -> None:  # noqa: FBT001
    assert body_signature_fits(["new", "old"], b"body", signature) is fits


@pytest.mark.parametrize(("age", "fits"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_a_timestamp_counts_for_five_minutes(age: int, fits: bool) -> None:  # noqa: FBT001
    assert timestamp_fits(1_000_000 - age, now=1_000_000) is fits


def test_webhook_headers_follow_standard_webhooks() -> None:
    headers = webhook_headers(["s3"], "id", 17, b"{}")
    expected = base64.b64encode(hmac.digest(b"s3", b"id.17.{}", "sha256")).decode()
    assert headers == {"webhook-id": "id", "webhook-timestamp": "17", "webhook-signature": f"v1,{expected}"}


A_VIDEO = VideoStatus(path="p", key="k", duration_seconds=2.0, bytes=9, sha256="ff", url="http://a/videos/v/video")


@pytest.mark.parametrize("phase", list(Phase))
def test_an_event_carries_the_newest_finished_video_in_every_phase(phase: Phase) -> None:
    status = VideoJobStatus(observed_generation=2, report=ReportStatus(sequence=7), video=A_VIDEO, phase=phase)
    event = event_of(Source("v", "u"), VideoJobSpec(prompt="x", session_id="s1"), status, "2026-01-01T00:00:00Z")
    of_this_generation = {"generation": 2} if phase is Phase.SUCCEEDED else {}
    assert event.to_json_object()["video"] == {
        "url": "http://a/videos/v/video",
        "posterUrl": "http://a/videos/v/poster",
        "durationSeconds": 2.0,
        "bytes": 9,
        "sha256": "ff",
        **of_this_generation,
    }
    assert event.event_id == event_id("u", 2, 7)


def test_an_event_carries_no_video_before_the_first_is_finished() -> None:
    event = event_of(Source("v", "u"), VideoJobSpec(prompt="x"), VideoJobStatus(phase=Phase.RENDERING), "")
    assert "video" not in event.to_json_object()


@pytest.mark.parametrize("url", ["", "video", "http://v", "http://a/videos/v/other"])
def test_an_event_carries_no_poster_where_its_address_cannot_be_known(url: str) -> None:
    status = VideoJobStatus(video=A_VIDEO.model_copy(update={"url": url}))
    video = event_of(Source("v", "u"), VideoJobSpec(prompt="x"), status, "").to_json_object()["video"]
    assert "posterUrl" not in video


A_SCENE = {"title": "t", "beats": [{"say": "Hello."}]}
A_STATUS = VideoJobStatus(
    scenes=(SceneStatus(id="a", title="A", attempts=1),), scenes_ready="0/1", planner="outline", message="m"
)


def test_an_event_says_how_far_scenes_are_and_the_estimated_completion_only_while_it_runs() -> None:
    end = "2026-01-01T00:00:20Z"
    scene = SceneStatus(id="a", title="A", phase=ScenePhase.RUNNING, progress=30, estimated_completion=end)
    going = A_STATUS.model_copy(update={"phase": Phase.RENDERING, "scenes": (scene,), "estimated_completion": end})
    deleted = going.model_copy(update={"phase": Phase.CANCELLED})
    spec = VideoJobSpec(prompt="x")
    running, deleted_event = (
        event_of(Source("v", "u"), spec, status, "").to_json_object() for status in (going, deleted)
    )

    assert (running["estimatedCompletion"], running["scenes"][0]["estimatedCompletion"]) == (end, end)
    assert (running["scenes"][0]["progress"], deleted_event["scenes"][0]["progress"]) == (30, 30)
    assert "estimatedCompletion" not in deleted_event
    assert "estimatedCompletion" not in deleted_event["scenes"][0]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, "exactly one of prompt and storyboard"),
        ({"prompt": " "}, "prompt must contain text"),
        ({"prompt": "\u00a0\u2003"}, "prompt must contain text"),
        ({"prompt": "x", "sceneCount": 0}, "sceneCount"),
        ({"prompt": "x", "colour": "red"}, "colour"),
        ({"prompt": "x", "rerun": -1}, "rerun"),
        ({"prompt": "x", "retry": 2**31}, "retry"),
        ({"prompt": "x", "sceneOverrides": [{"scene": "scene-1"}]}, "at least one of instruction, content and rerun"),
        (
            {"prompt": "x", "sceneOverrides": [{"scene": "a", "instruction": "i", "content": A_SCENE}]},
            "instruction or content, not both",
        ),
        ({"prompt": "x", "sceneOverrides": [{"scene": "a", "instruction": "b"}] * 2}, "one override for each scene"),
        ({"storyboard": {"title": "t", "scenes": [{"id": "a", "title": "t", "beats": [{}]}]}}, "a beat needs"),
    ],
)
def test_a_bad_spec_is_refused_by_the_name_of_its_field(spec: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        VideoJobSpec.model_validate(spec)


def test_editing_a_scene_again_replaces_its_entry_and_keeps_the_others() -> None:
    before = [{"scene": "a", "instruction": "1"}, {"scene": "b", "instruction": "2"}]
    after = merge_override(before, SceneOverride(scene="a", instruction="3"))
    assert after == [{"scene": "b", "instruction": "2"}, {"scene": "a", "instruction": "3"}]


def test_editing_a_scene_that_was_rendered_again_does_not_bring_the_first_rendering_back() -> None:
    after = merge_override([{"scene": "a", "rerun": 2}], SceneOverride(scene="a", instruction="3"))
    assert after == [{"scene": "a", "rerun": 2, "instruction": "3"}]
