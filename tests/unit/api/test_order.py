"""Requests about one video in any order, more than once, and late."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.api.conftest import generate_body, post_signed, problem_fields
from tests.unit.api.fake_kubernetes import FakeKubernetes
from videojob.status import VideoJobStatus
from videotutor_api.schemas.requests import EditRequest
from videotutor_api.services.edit import decide_edit
from videotutor_api.services.order import APPLIED, NEWEST, Outcome
from videotutor_api.storage.videojob import VideoJob

SCENES = ("scene-1", "scene-2", "scene-3")
EDIT = st.tuples(st.integers(0, 30), st.sampled_from(SCENES))


def status(**fields: Any) -> dict[str, Any]:
    """Status of a video whose scenes are known."""
    scenes = [{"id": scene, "title": "x"} for scene in SCENES]
    return {"observedGeneration": 1, "phase": "Rendering", "scenes": scenes, **fields}


def video(spec: dict[str, Any], annotations: dict[str, str]) -> VideoJob:
    """A VideoJob as it is stored."""
    known = VideoJobStatus.model_validate(status())
    return VideoJob("video-1", "uid", "1", 1, "2026-01-01T00:00:00Z", {}, annotations, spec, known)


def edit(number: int, scene: str, **fields: Any) -> EditRequest:
    """The edit with this number, which says so in its text."""
    body = {"jobId": "video-1", "sceneId": scene, "instruction": f"edit {number}", "requestId": str(number)}
    return EditRequest.model_validate({**body, "timestamp": 1000, **fields})


def applied(requests: list[EditRequest]) -> tuple[dict[str, str], list[Outcome]]:
    """The instruction of each scene after these requests, and what became of each request."""
    job, outcomes = video({}, {}), []
    for request in requests:
        outcome, change = decide_edit(job, request, request.model_dump_json())
        outcomes.append(outcome)
        if change:
            job = video(job.spec | change.spec, job.annotations | change.annotations)
    return {entry["scene"]: entry["instruction"] for entry in job.spec.get("sceneOverrides", [])}, outcomes


@settings(max_examples=1000)
@given(arrivals=st.lists(EDIT, max_size=40), by_time=st.booleans())
def test_the_newest_edit_of_each_scene_wins_and_each_is_told_apart(
    *, arrivals: list[tuple[int, str]], by_time: bool
) -> None:
    scene_of = dict(arrivals)
    numbers = [number for number, _ in arrivals]
    key = "timestamp" if by_time else "order"
    contents, outcomes = applied([edit(number, scene_of[number], **{key: 1000 + number}) for number in numbers])

    newest, seen = dict[str, int](), set[int]()
    for number, outcome in zip(numbers, outcomes, strict=True):
        scene = scene_of[number]
        if number in seen:
            assert outcome is Outcome.REPEATED
        elif number < newest.get(scene, -1):
            assert outcome is Outcome.SUPERSEDED
        else:
            assert outcome is Outcome.ACCEPTED
            newest[scene] = number
            seen.add(number)
    assert contents == {scene: f"edit {number}" for scene, number in newest.items()}


@pytest.mark.parametrize(
    "broken",
    ["", "{", "[]", "null", '{"scene-1": 3}', '{"scene-1": []}', '{"scene-1": [1]}', '{"scene-1": ["x", null]}'],
)
def test_an_annotation_that_another_writer_broke_refuses_nothing(broken: str) -> None:
    outcome, change = decide_edit(video({}, {NEWEST: broken}), edit(1, "scene-1", order=1), "text")

    assert outcome is Outcome.ACCEPTED
    assert change
    assert json.loads(change.annotations[NEWEST])["scene-1"] == [1, 1000]


def test_a_request_without_an_order_leaves_the_order_of_others() -> None:
    contents, outcomes = applied(
        [edit(1, "scene-1", order=5), edit(2, "scene-1", timestamp=1001), edit(3, "scene-1", order=4, timestamp=1002)]
    )

    assert outcomes == [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.SUPERSEDED]
    assert contents == {"scene-1": "edit 2"}


async def act(api: httpx.AsyncClient, action: str, path: str = "", **fields: Any) -> httpx.Response:
    """The response to a request to cancel, retry or delete the video."""
    body = {"jobId": "video-1", "action": action, "timestamp": int(time.time()), **fields}
    return await post_signed(api, f"/jobs/{path or action}", body)


@pytest.fixture
def planned(kubernetes: FakeKubernetes) -> FakeKubernetes:
    kubernetes.add("video-1", {"prompt": "x", "projectId": "p", "sessionId": "s"}, status())
    return kubernetes


async def test_cancel_and_retry(api: httpx.AsyncClient, planned: FakeKubernetes) -> None:
    steps = [("retry", 409), ("cancel", 202), ("cancel", 200), ("retry", 202), ("retry", 409), ("cancel", 202)]
    answers = [await act(api, action, requestId=str(number)) for number, (action, _) in enumerate(steps)]

    assert [answer.status_code for answer in answers] == [code for _, code in steps]
    assert planned.objects["video-1"]["spec"] == {
        "prompt": "x", "projectId": "p", "sessionId": "s", "cancel": True, "retry": 1,
    }  # fmt: skip


@pytest.mark.parametrize(("phase", "cancel", "retry"), [("Succeeded", 409, 409), ("Failed", 409, 202)])
async def test_a_video_that_ended(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, phase: str, cancel: int, retry: int
) -> None:
    kubernetes.add("video-1", {"prompt": "x", "retry": 6}, status(phase=phase))
    answers = [await act(api, "cancel"), await act(api, "retry", requestId="1")]

    assert [answer.status_code for answer in answers] == [cancel, retry]
    assert kubernetes.objects["video-1"]["spec"]["retry"] == (7 if retry == 202 else 6)
    assert "finished (" in answers[0].json()["detail"]


async def test_a_repeated_retry_is_one(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    kubernetes.add("video-1", {"prompt": "x"}, status(phase="Failed"))
    answers = [await act(api, "retry", requestId="1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 200]
    assert kubernetes.objects["video-1"]["spec"]["retry"] == 1


async def test_requests_of_different_kinds_may_have_the_same_id(
    api: httpx.AsyncClient, planned: FakeKubernetes
) -> None:
    body = {"jobId": "video-1", "sceneId": "scene-1", "instruction": "x", "timestamp": int(time.time())}
    answers = [await post_signed(api, "/jobs/edit", {**body, "requestId": "1"})]
    answers += [await act(api, action, requestId="1") for action in ("cancel", "retry")]

    assert [answer.status_code for answer in answers] == [202, 202, 202]
    spec = planned.objects["video-1"]["spec"]
    assert (spec["sceneOverrides"][0]["instruction"], spec["cancel"], spec["retry"]) == ("x", False, 1)


async def test_another_retry_before_the_operator_saw_the_first_is_accepted(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    kubernetes.add("video-1", {"prompt": "x"}, status(phase="Failed"))

    assert [(await act(api, "retry", requestId=str(number))).status_code for number in range(2)] == [202, 202]


async def test_one_request_id_serves_each_kind_and_scene_once(api: httpx.AsyncClient, planned: FakeKubernetes) -> None:
    def edit_of(scene: str, text: str) -> dict[str, Any]:
        body = {"jobId": "video-1", "sceneId": scene, "instruction": text, "requestId": "1"}
        return {**body, "timestamp": int(time.time())}

    answers = [await post_signed(api, "/jobs/edit", edit_of(scene, "x")) for scene in ("scene-1", "scene-2", "scene-1")]
    other = await post_signed(api, "/jobs/edit", edit_of("scene-1", "y"))
    answers += [await act(api, action, requestId="1") for action in ("cancel", "retry", "cancel")]

    assert [answer.status_code for answer in answers] == [202, 202, 200, 202, 202, 200]
    assert (other.status_code, problem_fields(other)) == (409, ["requestId"])
    spec = planned.objects["video-1"]["spec"]
    assert [entry["instruction"] for entry in spec["sceneOverrides"]] == ["x", "x"]
    assert (spec["cancel"], spec["retry"]) == (False, 1)


def test_an_edit_that_an_earlier_version_carried_out_is_known() -> None:
    request = edit(1, "scene-1")
    former = hashlib.sha256(b"1").hexdigest()[:16]
    outcome, _ = decide_edit(video({}, {APPLIED: former}), request, "text")

    assert outcome is Outcome.REPEATED


async def test_a_late_deletion_changes_nothing(api: httpx.AsyncClient, planned: FakeKubernetes) -> None:
    orders = [("cancel", 5), ("retry", 7), ("delete", 6)]
    answers = [await act(api, action, order=order, requestId=str(order)) for action, order in orders]

    assert [answer.json()["status"] for answer in answers] == ["accepted", "accepted", "superseded"]
    assert "video-1" in planned.objects


async def test_a_deletion_holds_for_the_version_that_was_read(api: httpx.AsyncClient, planned: FakeKubernetes) -> None:
    planned.before_delete.append(lambda: planned.touch("video-1"))
    answer = await act(api, "delete")

    assert (answer.status_code, planned.requests["delete"], planned.objects) == (202, 2, {})


async def test_a_deleted_video_is_not_made_again_before_the_watch_says_so(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    body = generate_body(requestId="again")
    name = (await post_signed(api, "/jobs/generate", body)).json()["jobId"]
    kubernetes.silent = True
    deleted = await post_signed(api, "/jobs/delete", {"jobId": name, "action": "delete", "timestamp": int(time.time())})
    again = await post_signed(api, "/jobs/generate", body)

    assert (deleted.status_code, again.status_code) == (202, 409)
    assert (await api.get(f"/videos/{name}")).status_code == 404


async def test_a_late_cancel_does_not_undo_a_retry(api: httpx.AsyncClient, planned: FakeKubernetes) -> None:
    orders = [("cancel", 1), ("retry", 3), ("cancel", 2)]
    answers = [await act(api, action, order=order, requestId=str(order)) for action, order in orders]

    assert [answer.json()["status"] for answer in answers] == ["accepted", "accepted", "superseded"]
    assert planned.objects["video-1"]["spec"]["cancel"] is False


@pytest.mark.parametrize("action", ["cancel", "retry", "delete"])
@pytest.mark.parametrize("field", ["projectId", "sessionId"])
async def test_a_video_of_another_session_is_left_alone(
    api: httpx.AsyncClient, planned: FakeKubernetes, action: str, field: str
) -> None:
    before = json.dumps(planned.objects)
    answer = await act(api, action, **{field: "another"})

    assert (answer.status_code, problem_fields(answer)) == (422, [field])
    assert json.dumps(planned.objects) == before


@pytest.mark.parametrize("body", ["404 page not found", '{"kind": "Status", "reason": "NotFound", "message": "x"}'])
@pytest.mark.parametrize("action", ["cancel", "retry", "delete"])
async def test_a_missing_crd_or_a_wrong_address_is_not_a_missing_video(
    api: httpx.AsyncClient, planned: FakeKubernetes, action: str, body: str
) -> None:
    planned.refuse(404, body)

    assert (await act(api, action)).status_code == 503


async def test_delete(api: httpx.AsyncClient, planned: FakeKubernetes) -> None:
    foreign = await act(api, "delete", sessionId="another")
    answers = [await act(api, "delete", sessionId="s", projectId="p") for _ in range(2)]

    assert (foreign.status_code, problem_fields(foreign)) == (422, ["sessionId"])
    assert [answer.status_code for answer in answers] == [202, 200]
    assert planned.objects == {}
    assert (await api.get("/videos/video-1")).status_code == 404


@pytest.mark.parametrize("path", ["cancel", "retry", "delete", "generate", "edit"])
@pytest.mark.parametrize("action", ["cancel", "retry", "delete", "generate", "edit", None, 1])
async def test_a_signature_is_good_for_one_purpose(
    api: httpx.AsyncClient, planned: FakeKubernetes, path: str, action: object
) -> None:
    body = {"jobId": "video-1", "timestamp": int(time.time()), "action": action}
    if path == "generate":
        body = generate_body(action=action)
    elif path == "edit":
        body |= {"sceneId": "scene-1", "instruction": "shorter"}
    answer = await post_signed(api, f"/jobs/{path}", {name: value for name, value in body.items() if value is not None})

    if action == path or (action is None and path in {"generate", "edit"}):
        assert answer.status_code in {202, 409}
    else:
        assert (answer.status_code, problem_fields(answer)) == (422, ["action"])
