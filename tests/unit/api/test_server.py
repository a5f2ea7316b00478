"""The process as it is started: two listeners, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.unit.api.conftest import FINISHED
from tests.unit.api.fake_kubernetes import FakeKubernetes
from videotutor_api.http import limits
from videotutor_api.http.limits import Kind, kind_of

KUBECONFIG = """\
{{"apiVersion": "v1", "kind": "Config", "current-context": "x",
 "clusters": [{{"name": "x", "cluster": {{"server": "http://127.0.0.1:{port}"}}}}],
 "contexts": [{{"name": "x", "context": {{"cluster": "x", "user": "x"}}}}], "users": [{{"name": "x", "user": {{}}}}]}}
"""


def free_port() -> int:
    """A port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        number: int = probe.getsockname()[1]
        return number


@asynccontextmanager
async def started(
    environment: dict[str, str], kubernetes: FakeKubernetes, folder: Path
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str, str]]:
    """The process, the address of the API and that of its probes."""
    (folder / "kubeconfig").write_text(KUBECONFIG.format(port=kubernetes.port))
    port, probe_port = free_port(), free_port()
    variables = {"HOST": "127.0.0.1", "PORT": str(port), "PROBE_PORT": str(probe_port)}
    inherited = {name: value for name, value in os.environ.items() if name != "KUBERNETES_SERVICE_HOST"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "videotutor_api",
        env={**inherited, **environment, **variables, "KUBECONFIG": str(folder / "kubeconfig")},
    )
    probes = f"http://127.0.0.1:{probe_port}"
    try:
        await until_ready(probes)
        yield process, f"http://127.0.0.1:{port}", probes
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def until_ready(probes: str) -> None:
    async with asyncio.timeout(30), httpx.AsyncClient() as client:
        while True:
            try:
                if (await client.get(f"{probes}/ready")).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.02)


async def test_probes_and_webhooks_are_answered_under_idle_connections_and_it_ends_with_0(
    environment: dict[str, str], kubernetes: FakeKubernetes, tmp_path: Path
) -> None:
    kubernetes.add("video-1", {"prompt": "x"}, FINISHED)
    async with started(environment, kubernetes, tmp_path) as (process, url, probes), AsyncExitStack() as stack:
        for _ in range(600):
            address = ("127.0.0.1", httpx.URL(url).port or 80)
            stack.enter_context(await asyncio.to_thread(socket.create_connection, address))
        async with httpx.AsyncClient() as client:
            health, video = await client.get(f"{probes}/health"), await client.get(f"{url}/videos/video-1")
            elsewhere = await client.get(f"{probes}/videos/video-1")
        process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(process.wait(), 20)

    assert (health.status_code, video.status_code, elsewhere.status_code) == (200, 200, 404)
    assert code == 0


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/jobs/generate", Kind.WEBHOOK),
        ("/images/x", Kind.WEBHOOK),
        ("/videos", Kind.READ),
        ("/videos/x", Kind.READ),
        ("/videos/x/video", Kind.STREAM),
        ("/videos/x/live/k/video.m3u8", Kind.STREAM),
        ("/health", Kind.READ),
        ("/docs", Kind.READ),
    ],
)
def test_the_kind_of_a_request(path: str, kind: Kind) -> None:
    assert kind_of(path) is kind


async def test_one_kind_of_requests_does_not_take_the_places_of_another(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubernetes.add("video-1", {"prompt": "x"}, FINISHED)
    monkeypatch.setitem(limits.PLACES, Kind.STREAM, 0)
    stream, read = await api.get("/videos/video-1/video"), await api.get("/videos/video-1")

    assert (stream.status_code, stream.headers["retry-after"]) == (503, "1")
    assert stream.json()["type"] == "/problems#unavailable"
    assert read.status_code == 200


async def test_a_place_is_free_again_after_each_response(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.PLACES, Kind.READ, 1)
    statuses = [(await api.get(path)).status_code for path in ("/videos", "/videos/x", "/docs", "/videos")]

    assert statuses == [200, 404, 200, 200]


@pytest.mark.parametrize("variable", ["PORT", "PROBE_PORT"])
async def test_a_taken_port_stops_the_process_with_the_name_of_its_variable(
    environment: dict[str, str], kubernetes: FakeKubernetes, tmp_path: Path, variable: str
) -> None:
    (tmp_path / "kubeconfig").write_text(KUBECONFIG.format(port=kubernetes.port))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {"PORT": "0", "PROBE_PORT": "0", variable: str(taken.getsockname()[1])}
        inherited = {name: value for name, value in os.environ.items() if name != "KUBERNETES_SERVICE_HOST"}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "videotutor_api",
            env={**inherited, **environment, **ports, "HOST": "127.0.0.1", "KUBECONFIG": str(tmp_path / "kubeconfig")},
            stderr=asyncio.subprocess.PIPE,
        )
        _, error = await asyncio.wait_for(process.communicate(), 30)

    assert process.returncode == os.EX_CONFIG
    assert f"\n{variable}: cannot listen on 127.0.0.1 port" in error.decode()
