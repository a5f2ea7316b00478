"""The API as in production, but for its two neighbours: fakes of Kubernetes and Convex over real HTTP."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.unit.api.fake_kubernetes import NAMESPACE, FakeKubernetes
from videojob.signatures import body_signature
from videotutor_api.http.app import create_app
from videotutor_api.settings import Settings

SECRET = "the-secret-of-these-tests"

FINISHED: dict[str, Any] = {
    "observedGeneration": 1,
    "phase": "Succeeded",
    "progress": 100,
    "scenesReady": "1/1",
    "message": "done",
    "planner": "template",
    "plan": {"key": "k", "storyboard": "videos/storyboards/k.json", "title": "The chain rule", "note": "one scene"},
    "scenes": [{"id": "scene-1", "title": "Start", "phase": "Succeeded", "durationSeconds": 4.5, "attempts": 1}],
    "video": {
        "path": "videos/videos/video-1/abc/video.mp4",
        "key": "abc",
        "durationSeconds": 4.5,
        "bytes": 10,
        "sha256": "f" * 64,
    },
    "startedAt": "2026-01-01T00:00:00Z",
    "finishedAt": "2026-01-01T00:01:00Z",
}
"""Status of a video that is done."""


@pytest.fixture
async def kubernetes() -> AsyncIterator[FakeKubernetes]:
    fake = FakeKubernetes()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    directory = tmp_path / "artifacts"
    directory.mkdir()
    return directory


@pytest.fixture
def environment(store: Path) -> dict[str, str]:
    """Variables of the API."""
    return {"VIDEOTUTOR_NAMESPACE": NAMESPACE, "WEBHOOK_SECRET": SECRET, "VIDEOTUTOR_STORE": f"file://{store}"}


@asynccontextmanager
async def running(environment: dict[str, str], kubernetes: FakeKubernetes) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API with these variables; each request finds what tests changed before in the API's cache."""
    app = create_app(Settings.model_validate(environment), kubernetes.access)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    async def catch_up(_: httpx.Request) -> None:
        await caught_up(app, kubernetes)

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=transport, base_url="http://api.test", event_hooks={"request": [catch_up]}
        ) as client,
    ):
        yield client


async def caught_up(app: FastAPI, kubernetes: FakeKubernetes) -> None:
    """Wait until the API has seen all changes, unless its watch is refused or the API server is away."""
    watcher = app.state.services.videojobs.watcher
    if kubernetes.list_refusal or kubernetes.end_watches or kubernetes.silent:
        return
    version = kubernetes.bookmark()
    async with asyncio.timeout(10):
        while not watcher.is_connected or int(watcher.version) < version:  # noqa: ASYNC110 -- polled with a deadline
            await asyncio.sleep(0.001)


@pytest.fixture
async def api(environment: dict[str, str], kubernetes: FakeKubernetes) -> AsyncIterator[httpx.AsyncClient]:
    async with running(environment, kubernetes) as client:
        yield client


def generate_body(**changes: Any) -> dict[str, Any]:
    """A good generate request; a change to None leaves the field out."""
    body = {
        "projectId": "project1",
        "sessionId": "session1",
        "sceneCount": 3,
        "prompt": "Create a video about calculus",
        "timestamp": int(time.time()),
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


async def post_signed(
    api: httpx.AsyncClient, path: str, body: dict[str, Any] | bytes, secret: str = SECRET
) -> httpx.Response:
    """Post a body with a good signature of it."""
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return await api.post(path, content=raw, headers={"X-Webhook-Signature": body_signature(secret, raw)})


def problem_fields(answer: httpx.Response) -> list[str]:
    """The fields that a problem document names."""
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    return [error["field"] for error in document["errors"]]
