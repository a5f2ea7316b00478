"""Asking Convex for the session before a video is made."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from tests.unit.api.conftest import SECRET, generate_body, post_signed, problem_fields, running
from tests.unit.api.fake_kubernetes import FakeKubernetes
from videotutor_api.storage import convex_client

PREVIOUS = "the-secret-before-this-one"


class FakeConvex:
    """The check of the Convex site; keeps what it was asked."""

    def __init__(self) -> None:
        self.answer = web.json_response({"ok": True})
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self.drips = False

    async def check(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((dict(request.headers), await request.read()))
        if not self.drips:
            return self.answer
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b" ")
                await asyncio.sleep(0.05)
        return response


@pytest.fixture
async def convex(environment: dict[str, str]) -> AsyncIterator[FakeConvex]:
    fake = FakeConvex()
    app = web.Application()
    app.router.add_post("/videotutor/check", fake.check)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    environment["CONVEX_SITE_URL"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
    environment["WEBHOOK_SECRET_PREVIOUS"] = PREVIOUS
    yield fake
    await runner.cleanup()


async def test_a_known_session_is_asked_for_with_a_signature(
    environment: dict[str, str], kubernetes: FakeKubernetes, convex: FakeConvex
) -> None:
    async with running(environment, kubernetes) as api:
        answer = await post_signed(api, "/jobs/generate", generate_body())

    assert answer.status_code == 202
    [(headers, body)] = convex.asked
    assert body == b'{"projectId": "project1", "sessionId": "session1"}'
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    macs = [hmac.digest(secret.encode(), signed, hashlib.sha256) for secret in (SECRET, PREVIOUS)]
    assert headers["webhook-signature"] == " ".join(f"v1,{base64.b64encode(mac).decode()}" for mac in macs)


@pytest.mark.parametrize(
    ("reason", "field"),
    [
        ("unknown project", "projectId"),
        ("unknown session", "sessionId"),
        ("session is not of this project", "sessionId"),
    ],
)
async def test_what_convex_does_not_know_is_not_found(
    environment: dict[str, str], kubernetes: FakeKubernetes, convex: FakeConvex, reason: str, field: str
) -> None:
    convex.answer = web.json_response({"error": reason}, status=404)
    async with running(environment, kubernetes) as api:
        answer = await post_signed(api, "/jobs/generate", generate_body())

    assert answer.status_code == 404
    assert problem_fields(answer) == [field]
    assert reason in answer.json()["detail"]
    assert kubernetes.objects == {}


@pytest.mark.parametrize("status", [401, 404, 500])
async def test_where_convex_has_no_answer_the_session_is_believed(
    environment: dict[str, str],
    kubernetes: FakeKubernetes,
    convex: FakeConvex,
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    convex.answer = web.Response(status=status, text="No matching routes found")
    async with running(environment, kubernetes) as api:
        answer = await post_signed(api, "/jobs/generate", generate_body())

    assert answer.status_code == 202
    assert any(
        "without verifying the session" in record.message and record.levelno == logging.WARNING
        for record in caplog.records
    )


async def test_while_convex_is_away_the_session_is_believed(
    environment: dict[str, str], kubernetes: FakeKubernetes, caplog: pytest.LogCaptureFixture
) -> None:
    nobody = {"CONVEX_SITE_URL": "http://127.0.0.1:9"}
    async with running({**environment, **nobody}, kubernetes) as api:
        answer = await post_signed(api, "/jobs/generate", generate_body())

    assert answer.status_code == 202
    assert "Convex is unreachable; accepting the request without verifying the session" in caplog.text
    assert SECRET not in caplog.text


async def test_a_convex_that_drips_delays_no_video(
    environment: dict[str, str], kubernetes: FakeKubernetes, convex: FakeConvex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convex_client, "TIMEOUT_SECONDS", 0.2)
    convex.drips = True
    async with running(environment, kubernetes) as api:
        answer = await post_signed(api, "/jobs/generate", generate_body())

    assert answer.status_code == 202
