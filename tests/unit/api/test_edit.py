"""POST /jobs/edit."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from tests.unit.api.conftest import post_signed, problem_fields
from tests.unit.api.fake_kubernetes import FakeKubernetes
from videotutor_api.services.order import APPLIED, REMEMBERED

CONTENT = {"title": "Shorter", "beats": [{"say": "Now", "show": {"kind": "equation", "latex": "x^2"}}]}


def edit_body(**changes: Any) -> dict[str, Any]:
    body = {
        "jobId": "video-1",
        "sceneId": "scene-2",
        "instruction": "shorter",
        "timestamp": int(time.time()),
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def overrides(kubernetes: FakeKubernetes) -> Any:
    return kubernetes.objects["video-1"]["spec"].get("sceneOverrides")


@pytest.fixture
def planned(kubernetes: FakeKubernetes) -> FakeKubernetes:
    """A video whose scenes are known."""
    scenes = [{"id": "scene-1"}, {"id": "scene-2"}]
    spec = {"prompt": "Calculus", "projectId": "project1", "sessionId": "session1"}
    kubernetes.add("video-1", spec, {"observedGeneration": 1, "phase": "Rendering", "scenes": scenes})
    return kubernetes


async def test_an_instruction_becomes_the_scenes_override(api: httpx.AsyncClient, planned: FakeKubernetes) -> None:
    answer = await post_signed(api, "/jobs/edit", edit_body())

    assert answer.status_code == 202
    assert answer.json() == {"jobId": "video-1", "status": "accepted", "name": "video-1", "namespace": "videos"}
    assert overrides(planned) == [{"scene": "scene-2", "instruction": "shorter"}]


async def test_prompt_is_another_name_of_instruction(api: httpx.AsyncClient, planned: FakeKubernetes) -> None:
    answer = await post_signed(api, "/jobs/edit", edit_body(instruction=None, prompt="shorter"))

    assert answer.status_code == 202
    assert overrides(planned) == [{"scene": "scene-2", "instruction": "shorter"}]


async def test_content_replaces_the_scene(api: httpx.AsyncClient, planned: FakeKubernetes) -> None:
    answer = await post_signed(api, "/jobs/edit", edit_body(instruction=None, content=CONTENT))

    assert answer.status_code == 202
    assert overrides(planned)[0]["content"]["beats"][0]["show"] == {"kind": "equation", "latex": "x^2"}


async def test_a_second_edit_replaces_the_first_and_leaves_other_scenes_alone(
    api: httpx.AsyncClient, planned: FakeKubernetes
) -> None:
    await post_signed(api, "/jobs/edit", edit_body(sceneId="scene-1", instruction="a"))
    await post_signed(api, "/jobs/edit", edit_body(instruction="b"))
    await post_signed(api, "/jobs/edit", edit_body(instruction="c"))

    assert overrides(planned) == [
        {"scene": "scene-1", "instruction": "a"},
        {"scene": "scene-2", "instruction": "c"},
    ]


async def test_an_edit_leaves_what_was_asked_to_be_made_again(api: httpx.AsyncClient, planned: FakeKubernetes) -> None:
    spec = planned.objects["video-1"]["spec"]
    spec |= {"retry": 1, "rerun": 2, "sceneOverrides": [{"scene": "scene-2", "rerun": 3}]}
    answer = await post_signed(api, "/jobs/edit", edit_body())

    assert answer.status_code == 202
    after = planned.objects["video-1"]["spec"]
    assert (after["retry"], after["rerun"]) == (1, 2)
    assert overrides(planned) == [{"scene": "scene-2", "rerun": 3, "instruction": "shorter"}]


async def test_the_same_edit_again_writes_nothing(api: httpx.AsyncClient, planned: FakeKubernetes) -> None:
    body = edit_body()
    await post_signed(api, "/jobs/edit", body)
    again = await post_signed(api, "/jobs/edit", body)

    assert (again.status_code, again.json()["status"]) == (200, "accepted")
    assert planned.writes == 1


async def test_another_edit_of_the_same_content_is_remembered_without_a_new_generation(
    api: httpx.AsyncClient, planned: FakeKubernetes
) -> None:
    first, other = edit_body(requestId="1"), edit_body(requestId="2")
    for body in [first, edit_body(sceneId="scene-1"), other]:
        await post_signed(api, "/jobs/edit", body)
    assert planned.objects["video-1"]["metadata"]["generation"] == 3

    for body in [edit_body(requestId="3", instruction="later"), other]:
        await post_signed(api, "/jobs/edit", body)
    assert overrides(planned)[-1] == {"scene": "scene-2", "instruction": "later"}


async def test_an_overheard_edit_without_a_request_id_cannot_undo_a_later_one(
    api: httpx.AsyncClient, planned: FakeKubernetes
) -> None:
    overheard = edit_body(instruction="first")
    bodies = [overheard, edit_body(instruction="second"), overheard]
    assert [(await post_signed(api, "/jobs/edit", body)).status_code for body in bodies] == [202, 202, 200]

    assert overrides(planned) == [{"scene": "scene-2", "instruction": "second"}]


async def test_an_edit_sent_again_does_not_undo_a_later_one(api: httpx.AsyncClient, planned: FakeKubernetes) -> None:
    for request, instruction, status in [
        ("1", "first", 202),
        ("2", "second", 202),
        ("1", "first", 200),
        ("2", "second", 200),
    ]:
        answer = await post_signed(api, "/jobs/edit", edit_body(requestId=request, instruction=instruction))
        assert answer.status_code == status

    assert overrides(planned) == [{"scene": "scene-2", "instruction": "second"}]
    assert planned.writes == 2


async def test_the_memory_of_edits_is_bounded(api: httpx.AsyncClient, planned: FakeKubernetes) -> None:
    for number in range(REMEMBERED + 5):
        await post_signed(api, "/jobs/edit", edit_body(requestId=str(number), instruction=str(number)))

    annotation = planned.objects["video-1"]["metadata"]["annotations"][APPLIED]
    assert len(annotation.split()) == REMEMBERED


async def test_an_edit_that_meets_another_writer_is_decided_again(
    api: httpx.AsyncClient, planned: FakeKubernetes
) -> None:
    def other_edit() -> None:
        planned.objects["video-1"]["spec"]["sceneOverrides"] = [{"scene": "scene-1", "instruction": "theirs"}]
        planned.touch("video-1")

    planned.before_patch.append(other_edit)
    answer = await post_signed(api, "/jobs/edit", edit_body())

    assert answer.status_code == 202
    assert overrides(planned) == [
        {"scene": "scene-1", "instruction": "theirs"},
        {"scene": "scene-2", "instruction": "shorter"},
    ]


async def test_an_edit_that_never_wins_may_be_sent_again(api: httpx.AsyncClient, planned: FakeKubernetes) -> None:
    planned.before_patch.extend([lambda: planned.touch("video-1")] * 5)
    answer = await post_signed(api, "/jobs/edit", edit_body())

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert planned.before_patch == []
    assert overrides(planned) is None


async def test_a_scene_that_is_not_planned_yet_may_be_edited(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    kubernetes.add("video-1", {"prompt": "Calculus"})

    assert (await post_signed(api, "/jobs/edit", edit_body())).status_code == 202


async def test_an_unknown_scene_is_refused_with_those_there_are(
    api: httpx.AsyncClient, planned: FakeKubernetes
) -> None:
    answer = await post_signed(api, "/jobs/edit", edit_body(sceneId="scene-9"))

    assert answer.status_code == 422
    assert problem_fields(answer) == ["sceneId"]
    assert "its scenes are scene-1, scene-2" in answer.json()["detail"]
    assert planned.writes == 0


async def test_an_unknown_video_is_not_found(api: httpx.AsyncClient) -> None:
    answer = await post_signed(api, "/jobs/edit", edit_body(jobId="video-2"))

    assert answer.status_code == 404
    assert "there is no video named video-2" in answer.json()["detail"]


async def test_a_cancelled_video_cannot_be_edited(api: httpx.AsyncClient, planned: FakeKubernetes) -> None:
    planned.objects["video-1"]["spec"]["cancel"] = True
    answer = await post_signed(api, "/jobs/edit", edit_body())

    assert answer.status_code == 409
    assert "cancelled" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"content": CONTENT}, "instruction"),
        ({"instruction": None}, "instruction"),
        ({"prompt": "longer"}, "prompt"),
        ({"instruction": "  "}, "instruction"),
        ({"instruction": "x" * 4001}, "instruction"),
        ({"instruction": None, "content": {"title": "No beats", "beats": []}}, "content.beats"),
        ({"instruction": None, "content": {"title": "T", "beats": [{"say": "a\0"}]}}, "content.beats[0].say"),
        ({"jobId": "../secrets"}, "jobId"),
        ({"jobId": "x" * 53}, "jobId"),
        ({"sceneId": "Scene 2"}, "sceneId"),
        ({"sceneId": None}, "sceneId"),
        ({"projectId": "another"}, "projectId"),
        ({"sessionId": "another"}, "sessionId"),
        ({"scene": "scene-2"}, "scene"),
    ],
)
async def test_a_bad_field_of_an_edit_is_refused_by_its_name(
    api: httpx.AsyncClient, planned: FakeKubernetes, change: dict[str, Any], field: str
) -> None:
    answer = await post_signed(api, "/jobs/edit", edit_body(**change))

    assert answer.status_code == 422
    assert problem_fields(answer) == [field]
    assert planned.writes == 0


async def test_an_unsigned_edit_is_unauthorized(api: httpx.AsyncClient, planned: FakeKubernetes) -> None:
    answer = await api.post("/jobs/edit", json=edit_body())

    assert answer.status_code == 401
    assert planned.writes == 0
