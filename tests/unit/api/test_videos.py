"""GET /videos and GET /videos/{name}."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.unit.api.conftest import FINISHED, problem_fields, running
from tests.unit.api.fake_kubernetes import FakeKubernetes
from videotutor_api.storage import cache, videojobs


async def names(api: httpx.AsyncClient, **query: Any) -> tuple[list[str], str | None]:
    answer = await api.get("/videos", params=query)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    return [item["name"] for item in document["items"]], document.get("continue")


async def test_no_videos_are_an_empty_list(api: httpx.AsyncClient) -> None:
    assert (await api.get("/videos")).json() == {"items": []}


async def test_the_list_comes_in_pages(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    for number in range(5):
        kubernetes.add(f"video-{number}", {"prompt": "Calculus"})

    first, token = await names(api, limit=2)
    second, token = await names(api, **{"limit": 2, "continue": token})
    third, token = await names(api, **{"limit": 2, "continue": token})

    assert (first, second, third) == (["video-0", "video-1"], ["video-2", "video-3"], ["video-4"])
    assert token is None


async def test_the_list_is_filtered_by_phase_and_session(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    kubernetes.add("video-1", {"prompt": "a", "sessionId": "s1"}, {"phase": "Failed"})
    kubernetes.add("video-2", {"prompt": "a", "sessionId": "s2"}, {"phase": "Failed"})
    kubernetes.add("video-3", {"prompt": "a", "sessionId": "s2"}, {"phase": "Rendering"})

    assert (await names(api, phase="Failed"))[0] == ["video-1", "video-2"]
    assert (await names(api, sessionId="s2"))[0] == ["video-2", "video-3"]
    assert (await names(api, sessionId="s2", phase="Failed"))[0] == ["video-2"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"phase": "Sleeping"}, "phase"),
        ({"sessionId": "a,metadata.name=b"}, "sessionId"),
        ({"continue": "x" * 4097}, "continue"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_bad_query_is_refused_by_its_name(api: httpx.AsyncClient, query: dict[str, Any], field: str) -> None:
    answer = await api.get("/videos", params=query)

    assert answer.status_code == 422
    assert problem_fields(answer) == [field]


async def test_an_expired_continue_token_is_gone(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    kubernetes.refuse(410, {"kind": "Status", "reason": "Expired", "message": "too old resource version"})
    answer = await api.get("/videos", params={"continue": "old"})

    assert answer.status_code == 410
    assert "start the list again" in answer.json()["detail"]


async def test_a_new_video_is_pending(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    kubernetes.add("video-1", {"prompt": "Calculus", "sceneCount": 2})
    document = (await api.get("/videos/video-1")).json()

    assert document["phase"] == "Pending"
    assert document["progress"] == 0
    assert document["prompt"] == "Calculus"
    assert document["sceneCount"] == 2
    assert document["scenes"] == []
    assert (document["generation"], document["observedGeneration"]) == (1, 0)
    assert "video" not in document


async def test_a_finished_video_says_where_it_can_be_watched(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    kubernetes.add("video-1", {"prompt": "Calculus"}, FINISHED)
    document = (await api.get("/videos/video-1")).json()

    assert document["title"] == "The chain rule"
    assert document["note"] == "one scene"
    assert document["planner"] == "template"
    assert document["scenes"][0]["durationSeconds"] == 4.5
    assert document["video"] == {
        "url": "/videos/video-1/video",
        "captionsUrl": "/videos/video-1/captions",
        "posterUrl": "/videos/video-1/poster",
        "durationSeconds": 4.5,
        "bytes": 10,
        "sha256": "f" * 64,
    }


async def test_a_video_in_the_making_says_how_far_each_scene_is_and_when_it_will_be_done(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    end = "2026-01-01T00:00:20Z"
    scenes = [
        {"id": "scene-1", "phase": "Succeeded", "progress": 100},
        {"id": "scene-2", "phase": "Running", "progress": 30, "estimatedCompletion": end},
    ]
    kubernetes.add("video-1", {"prompt": "Calculus"}, {"phase": "Rendering", "scenes": scenes})
    first, second = (await api.get("/videos/video-1")).json()["scenes"]

    assert first["progress"] == 100
    assert "estimatedCompletion" not in first
    assert (second["progress"], second["estimatedCompletion"]) == (30, end)


async def test_a_failed_scene_says_why(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    failure = {"class": "BadScene", "message": "the formula has no end"}
    scenes = [{"id": "scene-1", "phase": "Failed", "failure": failure}]
    kubernetes.add(
        "video-1", {"prompt": "Calculus"}, {"phase": "Failed", "message": "scene-1 failed", "scenes": scenes}
    )
    document = (await api.get("/videos/video-1")).json()

    assert document["message"] == "scene-1 failed"
    assert document["scenes"][0]["failure"] == failure


async def test_addresses_begin_with_the_public_url(environment: dict[str, str], kubernetes: FakeKubernetes) -> None:
    kubernetes.add("video-1", {"prompt": "Calculus"}, FINISHED)
    async with running({**environment, "VIDEOTUTOR_PUBLIC_URL": "https://videos.example/api/"}, kubernetes) as api:
        document = (await api.get("/videos/video-1")).json()

    assert document["video"]["url"] == "https://videos.example/api/videos/video-1/video"


async def test_an_unknown_video_is_not_found(api: httpx.AsyncClient) -> None:
    answer = await api.get("/videos/video-1")

    assert answer.status_code == 404
    assert problem_fields(answer) == []
    assert answer.json()["detail"] == "there is no video named video-1"


@pytest.mark.parametrize("name", ["Video", "..", "%2e%2e", "a%20b", "x" * 53, "a%00"])
async def test_a_name_that_none_can_have_never_reaches_kubernetes(api: httpx.AsyncClient, name: str) -> None:
    answer = await api.get(f"/videos/{name}")

    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("status", "phase", "message"),
    [
        ({"phase": "Dreaming", "message": "m"}, "Pending", "m"),
        (
            {"scenes": [{"id": "a", "failure": {"class": "GpuLost", "message": "x"}}]},
            "Pending",
            "",
        ),
        (
            {"phase": "Succeeded", "video": 5},
            "Pending",
            "This version of the API cannot read the status: status.vid",
        ),
    ],
    ids=["phase", "failure class", "type"],
)
async def test_one_videojob_of_a_newer_operator_spoils_no_list(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, status: dict[str, Any], phase: str, message: str
) -> None:
    kubernetes.add("video-1", {"prompt": "Calculus"}, status)
    kubernetes.add("video-2", {"prompt": "Limits"}, {"phase": "Succeeded"})

    assert (await names(api))[0] == ["video-1", "video-2"]
    document = (await api.get("/videos/video-1")).json()
    assert document["phase"] == phase
    assert (document.get("message") or "").startswith(message)


async def test_videojobs_of_other_versions_do_not_break_the_list(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    kubernetes.add("video-1", {"prompt": "Calculus", "mood": "new"}, {"phase": "Rendering", "mood": "new"})
    kubernetes.add(
        "video-2", {"storyboard": {"title": "t", "scenes": [{"id": "a", "title": "t", "beats": [{"say": " "}]}]}}
    )

    assert (await names(api))[0] == ["video-1", "video-2"]
    assert (await api.get("/videos/video-2")).status_code == 200


async def test_videos_whose_details_are_not_in_memory_are_read(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "MAX_DETAIL_BYTES", 0)
    monkeypatch.setattr(videojobs, "READS_PER_SECOND", 1)
    kubernetes.add("video-1", {"prompt": "Calculus"}, FINISHED)
    answers = [await api.get("/videos/video-1") for _ in range(30)]

    assert answers[0].json()["prompt"] == "Calculus"
    assert {answer.status_code for answer in answers} <= {200, 503}


async def test_names_that_do_not_exist_cost_the_api_server_little(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    answers = [await api.get(f"/videos/video-{number}") for number in range(200)]

    assert {answer.status_code for answer in answers} == {404}
    assert kubernetes.requests["get"] < 150


async def test_a_list_of_large_videos_is_read_in_small_pages(
    environment: dict[str, str], kubernetes: FakeKubernetes
) -> None:
    for number in range(40):
        kubernetes.add(f"hello-{number:02}", {"prompt": "x"})
    for number in range(20):
        kubernetes.add(f"video-{number:02}", {"prompt": "x", "storyboard": {"title": "x" * 1_000_000}})
    async with running(environment, kubernetes) as api:
        page = (await api.get("/videos", params={"limit": 100})).json()

    assert len(page["items"]) == 60
    assert max(kubernetes.page_bytes) > 4 << 20  # such a page was requested, and not read to its end
    assert kubernetes.requests["list"] > 10
