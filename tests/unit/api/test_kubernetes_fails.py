"""Responses while Kubernetes refuses, falters or is away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import httpx
import pytest

from tests.unit.api.conftest import FINISHED, generate_body, post_signed, problem_fields, running
from tests.unit.api.fake_kubernetes import FakeKubernetes
from videotutor_api.storage import collection


@pytest.mark.parametrize(
    ("refusal", "status", "told"),
    [
        (400, 400, "so it goes"),
        (401, 503, "the installation needs repair"),
        (403, 503, "the installation needs repair"),
        (409, 503, "another writer changes this video now: so it goes"),
        (413, 413, "larger than Kubernetes stores"),
        (422, 422, "so it goes"),
        (429, 503, "cannot answer now"),
        (500, 503, "cannot answer now"),
        (504, 503, "cannot answer now"),
    ],
)
async def test_a_refusal_of_kubernetes_is_a_problem_document(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, refusal: int, status: int, told: str
) -> None:
    kubernetes.refuse(refusal, {"kind": "Status", "message": "so it goes"})
    answer = await api.get("/videos/video-1")

    assert answer.status_code == status
    assert problem_fields(answer) == []
    assert told in answer.json()["detail"]


@pytest.mark.parametrize("body", ["", "<html>Bad Gateway</html>", "[]", "null", "[" * 60_000])
async def test_a_refusal_without_a_status_object_is_unavailable(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, body: str
) -> None:
    kubernetes.refuse(502, body)
    answer = await api.get("/videos/video-1")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"


@pytest.mark.parametrize("body", ["", "<html>Sign in</html>", "[]", "null", '{"kind": "Status"}', '{"metadata": 1}'])
async def test_a_success_without_a_videojob_is_unavailable(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, body: str
) -> None:
    for _ in range(2):
        kubernetes.refuse(200, body)
    answers = [await api.get("/videos/video-1"), await post_signed(api, "/jobs/generate", generate_body())]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert all(answer.json()["type"] == "/problems#unavailable" for answer in answers)


@pytest.mark.parametrize(("given", "passed_on"), [("17", "17"), ("86400", "300"), ("soon", "5")])
async def test_kubernetes_own_retry_after_is_passed_on(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, given: str, passed_on: str
) -> None:
    kubernetes.refuse(429, headers={"Retry-After": given})
    answer = await api.get("/videos/video-1")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == passed_on


async def test_a_video_that_etcd_refuses_is_too_large(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    kubernetes.refuse(500, {"kind": "Status", "message": "etcdserver: request is too large"})
    answer = await post_signed(api, "/jobs/generate", generate_body())

    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems#video-too-large"


async def test_a_missing_namespace_or_crd_is_not_told_as_a_missing_video(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    kubernetes.refuse(404, {"kind": "Status", "message": 'namespaces "videos" not found'})

    assert (await post_signed(api, "/jobs/generate", generate_body())).status_code == 503


async def test_a_lost_permission_is_an_error_in_the_log_not_in_the_answer(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, caplog: pytest.LogCaptureFixture
) -> None:
    message = 'User "system:serviceaccount:videos:api" cannot list videojobs'
    kubernetes.refuse(403, {"kind": "Status", "message": message})
    answer = await api.get("/videos/video-1")

    assert "serviceaccount" not in answer.text
    assert [record.levelno for record in caplog.records if message in record.getMessage()] == [logging.ERROR]


async def test_an_api_server_that_is_away_is_unavailable(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    await kubernetes.stop()
    answers = [await api.get("/videos/video-1"), await post_signed(api, "/jobs/generate", generate_body())]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert [answer.headers["retry-after"] for answer in answers] == ["5", "5"]
    assert "does not answer; try again" in answers[0].json()["detail"]


async def test_an_api_server_that_hangs_is_given_up(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collection, "TIMEOUT_SECONDS", 0.05)
    kubernetes.hang = True

    assert (await api.get("/videos/video-1")).status_code == 503


async def test_health_says_what_is_reachable_and_stays_200(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    well = await api.get("/health")
    ready = await api.get("/ready")
    await kubernetes.stop()
    alone = await until(api, "/health", lambda answer: answer.json()["kubernetes"] == "unreachable")
    unready = await api.get("/ready")

    assert (well.status_code, well.json()["status"], well.json()["kubernetes"]) == (200, "ok", "ok")
    assert well.json()["staleSeconds"] == 0
    assert ready.status_code == 200
    assert alone.status_code == 200
    assert unready.status_code == 503


async def test_an_api_server_that_refuses_lists_is_not_ready(
    environment: dict[str, str], kubernetes: FakeKubernetes
) -> None:
    kubernetes.refuse_lists(403, {"kind": "Status", "message": "no"})
    async with running(environment, kubernetes) as api:
        answers = [await api.get("/ready"), await api.get("/videos")]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert [answer.headers["retry-after"] for answer in answers] == ["5", "2"]


async def test_videos_are_served_from_memory_while_kubernetes_is_away(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    kubernetes.add("video-1", {"prompt": "Calculus"}, FINISHED)
    current = await api.get("/videos/video-1")
    await kubernetes.stop()
    await until(api, "/health", lambda answer: answer.json()["staleSeconds"] >= 1.2)
    video, page = await api.get("/videos/video-1"), await api.get("/videos")

    assert "age" not in current.headers
    assert (video.status_code, page.status_code) == (200, 200)
    assert [item["name"] for item in page.json()["items"]] == ["video-1"]
    assert int(video.headers["age"]) >= 1


async def until(api: httpx.AsyncClient, path: str, fits: Callable[[httpx.Response], bool]) -> httpx.Response:
    """The first response that fits."""
    async with asyncio.timeout(20):
        while not fits(answer := await api.get(path)):  # noqa: ASYNC110 -- polled with a deadline
            await asyncio.sleep(0.01)
    return answer


async def test_a_quota_that_is_being_counted_is_no_video_that_exists(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    message = 'Operation cannot be fulfilled on resourcequotas "videos": the object has been modified'
    kubernetes.refuse(409, {"kind": "Status", "reason": "Conflict", "message": message})
    answer = await post_signed(api, "/jobs/generate", generate_body())

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert message in answer.json()["detail"]


async def test_a_quota_that_is_not_counted_yet_is_waited_for(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    message = 'videojobs "video-1" is forbidden: status unknown for quota: videos, resources: count/videojobs'
    kubernetes.refuse(403, {"kind": "Status", "reason": "Forbidden", "message": message})
    answer = await post_signed(api, "/jobs/generate", generate_body())

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "a new quota of the namespace is being counted" in answer.json()["detail"]


async def test_a_full_namespace_is_told_as_that(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, caplog: pytest.LogCaptureFixture
) -> None:
    message = 'videojobs "video-1" is forbidden: exceeded quota: videos, requested: count/videojobs.videotutor.dev=1'
    kubernetes.refuse(403, {"kind": "Status", "reason": "Forbidden", "message": message})
    answer = await post_signed(api, "/jobs/generate", generate_body())

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "the quota of the namespace is used up" in answer.json()["detail"]
    assert message in caplog.text
