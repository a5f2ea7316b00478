"""What callers are told when Kubernetes refuses, falters or is away."""

from __future__ import annotations

import logging

import httpx
import pytest

from tests.unit.api.conftest import generate_body, post_signed, problem_fields
from tests.unit.api.fake_kubernetes import FakeKubernetes
from videotutor_api import videojobs


@pytest.mark.parametrize(
    ("refusal", "status", "told"),
    [
        (400, 400, "so it goes"),
        (401, 503, "the installation needs repair"),
        (403, 503, "the installation needs repair"),
        (409, 503, "others write at this moment: so it goes"),
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


@pytest.mark.parametrize("body", ["", "<html>Bad Gateway</html>", "[]", "null"])
async def test_an_answer_that_is_no_status_object_is_told_too(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, body: str
) -> None:
    kubernetes.refuse(502, body)
    answer = await api.get("/videos")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"


async def test_kubernetes_own_retry_after_is_passed_on(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    kubernetes.refuse(429, headers={"Retry-After": "17"})
    answer = await api.get("/videos")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "17"


async def test_a_missing_namespace_or_crd_is_not_told_as_a_missing_video(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    for _ in range(2):
        kubernetes.refuse(404, {"kind": "Status", "message": 'namespaces "videos" not found'})
    answers = [await api.get("/videos"), await post_signed(api, "/jobs/generate", generate_body())]

    assert [answer.status_code for answer in answers] == [503, 503]


async def test_a_lost_permission_is_an_error_in_the_log_not_in_the_answer(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, caplog: pytest.LogCaptureFixture
) -> None:
    message = 'User "system:serviceaccount:videos:api" cannot list videojobs'
    kubernetes.refuse(403, {"kind": "Status", "message": message})
    answer = await api.get("/videos")

    assert "serviceaccount" not in answer.text
    assert [record.levelno for record in caplog.records if message in record.getMessage()] == [logging.ERROR]


async def test_an_api_server_that_is_away_is_unavailable(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    await kubernetes.stop()
    answers = [await api.get("/videos"), await post_signed(api, "/jobs/generate", generate_body())]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert [answer.headers["retry-after"] for answer in answers] == ["5", "5"]
    assert "does not answer; try again" in answers[0].json()["detail"]


async def test_an_api_server_that_hangs_is_given_up(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(videojobs, "TIMEOUT_SECONDS", 0.05)
    kubernetes.hang = True

    assert (await api.get("/videos/video-1")).status_code == 503


async def test_health_tells_what_is_reachable_and_stays_alive(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    well = await api.get("/health")
    ready = await api.get("/ready")
    await kubernetes.stop()
    alone = await api.get("/health")
    unready = await api.get("/ready")

    assert (well.status_code, well.json()["status"], well.json()["kubernetes"]) == (200, "ok", "ok")
    assert ready.status_code == 200
    assert (alone.status_code, alone.json()["kubernetes"]) == (200, "unreachable")
    assert unready.status_code == 503


async def test_an_api_server_that_refuses_is_not_ready(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    kubernetes.refuse(403, {"kind": "Status", "message": "no"})

    assert (await api.get("/ready")).status_code == 503


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
