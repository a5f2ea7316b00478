"""POST /test/hello and GET /test/task/{id}, as the first version of the backend had them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.unit.api.conftest import FINISHED, problem_fields, running
from tests.unit.api.fake_kubernetes import FakeKubernetes
from videojob.spec import VideoJobSpec
from videotutor_api.services.hello import MAX_PER_HOUR, MAX_UNFINISHED, TEST_LABEL


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "VIDEOTUTOR_TEST_ENDPOINTS": "true"}


async def test_hello_makes_a_video_of_one_scene_that_pauses_for_two_seconds(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    answer = await api.post("/test/hello", params={"name": "Ada"})

    assert answer.status_code == 202
    task = answer.json()
    assert task == {"taskId": task["taskId"], "status": "PENDING", "message": "Hello, Ada!"}
    spec = VideoJobSpec.model_validate(kubernetes.objects[task["taskId"]]["spec"])
    assert spec.storyboard
    [scene] = spec.storyboard.scenes
    [beat] = scene.beats
    assert beat.say == ""
    assert beat.show
    assert beat.show.to_json_object() == {"kind": "title", "text": "Hello, Ada!"}
    assert spec.ttl_seconds_after_finished == 86_400


async def test_hello_greets_the_world_where_no_name_is_given(api: httpx.AsyncClient) -> None:
    assert (await api.post("/test/hello")).json()["message"] == "Hello, World!"


async def test_each_hello_is_a_new_task(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    tasks = {(await api.post("/test/hello")).json()["taskId"] for _ in range(3)}

    assert set(kubernetes.objects) == tasks
    assert len(tasks) == 3


@pytest.mark.parametrize("name", ["$(rm -rf /)", "שלום", "🎬", "👩‍🚀", '"; --', "x" * 100])
async def test_any_name_is_greeted_as_it_is(api: httpx.AsyncClient, name: str) -> None:
    assert (await api.post("/test/hello", params={"name": name})).json()["message"] == f"Hello, {name}!"


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\0b", "a\nb"])
async def test_a_name_that_is_no_line_of_text_is_refused(api: httpx.AsyncClient, name: str) -> None:
    answer = await api.post("/test/hello", params={"name": name})

    assert answer.status_code == 422
    assert problem_fields(answer) == ["name"]
    assert "^" not in answer.json()["detail"]


async def test_only_so_many_test_videos_are_at_work_at_once(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    answers = await asyncio.gather(*(api.post("/test/hello") for _ in range(MAX_UNFINISHED + 5)))
    refused = [answer for answer in answers if answer.status_code == 429]

    assert len(kubernetes.objects) == MAX_UNFINISHED
    assert len(refused) == 5
    assert problem_fields(refused[0]) == []
    assert refused[0].headers["retry-after"] == "10"

    next(iter(kubernetes.objects.values()))["status"] = FINISHED
    assert [(await api.post("/test/hello")).status_code for _ in range(2)] == [202, 429]


async def test_only_so_many_test_videos_are_made_in_an_hour(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    now = datetime.now(UTC)
    for number in range(MAX_PER_HOUR):
        minutes = 20 + number % 30
        job = kubernetes.add(f"hello-{number}", {"prompt": "x"}, FINISHED)
        job["metadata"]["labels"] = {TEST_LABEL: "hello"}
        job["metadata"]["creationTimestamp"] = (now - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    refused = await api.post("/test/hello")
    kubernetes.objects["hello-0"]["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    permitted = await api.post("/test/hello")

    assert (refused.status_code, permitted.status_code) == (429, 202)
    assert refused.json()["type"] == "/problems#too-many-requests"
    assert 0 < 60 * 11 - int(refused.headers["retry-after"]) < 60  # the oldest is 49 minutes old


async def test_other_videos_at_work_do_not_keep_a_test_video_waiting(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    for number in range(MAX_UNFINISHED):
        kubernetes.add(f"video-{number}", {"prompt": "Calculus"}, {"phase": "Rendering"})

    assert (await api.post("/test/hello")).status_code == 202


@pytest.mark.parametrize(
    ("phase", "state"),
    [
        ("Pending", "PENDING"),
        ("Planning", "STARTED"),
        ("Rendering", "STARTED"),
        ("Stitching", "STARTED"),
        ("Suspended", "STARTED"),
        ("Succeeded", "SUCCESS"),
        ("Failed", "FAILURE"),
        ("Cancelled", "FAILURE"),
    ],
)
async def test_each_phase_is_a_state_of_the_task(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, phase: str, state: str
) -> None:
    kubernetes.add("hello-1", {"prompt": "x"}, {"observedGeneration": 1, "phase": phase, "progress": 7})
    document = (await api.get("/test/task/hello-1")).json()

    assert (document["taskId"], document["status"], document["progress"]) == ("hello-1", state, 7)
    assert ("error" in document) == (state == "FAILURE")


async def test_a_finished_task_has_its_video_as_the_result(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    kubernetes.add("hello-1", {"prompt": "x"}, FINISHED)
    result = (await api.get("/test/task/hello-1")).json()["result"]

    assert result["url"] == "/videos/hello-1/video"
    assert result["durationSeconds"] == 4.5


async def test_a_failed_task_says_why(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    kubernetes.add("hello-1", {"prompt": "x"}, {"observedGeneration": 1, "phase": "Failed", "message": "no disk"})

    assert (await api.get("/test/task/hello-1")).json()["error"] == "no disk"


async def test_a_task_whose_edit_was_not_seen_yet_is_pending(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    kubernetes.add("hello-1", {"prompt": "x"}, FINISHED)["metadata"]["generation"] = 2

    assert (await api.get("/test/task/hello-1")).json()["status"] == "PENDING"


async def test_an_unknown_task_is_not_found(api: httpx.AsyncClient) -> None:
    assert (await api.get("/test/task/hello-1")).status_code == 404


async def test_the_test_endpoints_are_off_by_default(environment: dict[str, str], kubernetes: FakeKubernetes) -> None:
    del environment["VIDEOTUTOR_TEST_ENDPOINTS"]
    async with running(environment, kubernetes) as api:
        answer = await api.post("/test/hello")

    assert answer.status_code == 404
    assert kubernetes.objects == {}
