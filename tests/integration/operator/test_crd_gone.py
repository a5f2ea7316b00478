"""The CRD is deleted and created again while the operator works.

The CRD of the shared cluster stays: a proxy answers as an API server without it, so that the operator sees what it
would see. Everything else goes to the real API server.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from dev.cluster import Cluster
from tests.chaos.api_proxy import ApiProxy
from tests.chaos.faults import Mode
from tests.chaos.injector import Injector
from tests.chaos.upstream import Upstream, write_kubeconfig
from tests.integration.operator.fake_kubelet import FakeKubelet
from tests.integration.operator.kubernetes import Namespace, eventually
from tests.integration.operator.process import OperatorProcess, settings
from videojob import API_GROUP


class WithoutCrd(ApiProxy):
    """A proxy that can hide the CRD: 404 for its objects, no group in discovery, open watches end."""

    def __init__(self, upstream: Upstream) -> None:
        super().__init__(upstream, Injector(), lambda _: None)
        self.hidden = False
        self.refusals = 0

    async def take(self, incoming: web.Request) -> web.StreamResponse:
        path = incoming.match_info["path"]
        if self.hidden and path == "apis":
            return web.json_response({"kind": "APIGroupList", "apiVersion": "v1", "groups": []})
        if self.hidden and path.startswith(f"apis/{API_GROUP}"):
            self.refusals += 1
            return web.Response(status=HTTPStatus.NOT_FOUND, text="404 page not found\n")
        return await super().take(incoming)

    def hide(self) -> None:
        """Delete the CRD, as far as the operator can see."""
        self.hidden = True
        self.disturb_watches(Mode.EXPIRE)


@pytest.fixture
async def proxy(cluster: Cluster) -> AsyncIterator[tuple[WithoutCrd, str]]:
    found = WithoutCrd(Upstream.of(cluster.kubeconfig))
    async with found.served() as address:
        yield found, address


@pytest.fixture
def health() -> str:
    """Address of the operator's health endpoints; the port was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def operator(
    namespace: Namespace, proxy: tuple[WithoutCrd, str], health: str, tmp_path: Path
) -> Iterator[OperatorProcess]:
    config = write_kubeconfig(tmp_path / "kubeconfig", f"{proxy[1]}/operator", namespace.name)
    environment = settings(config, namespace.name) | {"VIDEOTUTOR_HEALTH_PORT": health.rpartition(":")[2]}
    process = OperatorProcess(environment, tmp_path / "operator.log")
    process.start()
    yield process
    process.terminate()


async def problems(health: str, path: str) -> dict[str, Any]:
    async with httpx.AsyncClient() as http:
        found: dict[str, Any] = (await http.get(f"{health}{path}")).json()["problems"]
    return found


async def test_an_operator_stays_healthy_without_its_crd_and_works_when_it_is_back(
    namespace: Namespace,
    proxy: tuple[WithoutCrd, str],
    operator: OperatorProcess,
    health: str,
    kubelet: FakeKubelet,
) -> None:
    server, _ = proxy
    await namespace.create_video("before", sceneCount=1)
    await namespace.phase("before", "Succeeded")

    server.hide()

    async def is_unready() -> bool:
        return "videojobs" in await problems(health, "/readyz")

    await eventually(is_unready)
    await namespace.create_video("meanwhile", sceneCount=1)
    before = server.refusals

    async def has_tried_again() -> bool:
        return server.refusals >= before + 3

    await eventually(has_tried_again)
    assert await problems(health, "/healthz") == {}
    assert operator.ended() is None

    server.hidden = False
    await asyncio.gather(namespace.create_video("after", sceneCount=1), namespace.phase("meanwhile", "Succeeded"))
    await namespace.phase("after", "Succeeded")

    assert await problems(health, "/healthz") == {}
    assert await problems(health, "/readyz") == {}
    assert operator.ended() is None
    assert "Traceback" not in operator.log()
