"""Two operators and one Lease: one works at a time, whatever becomes of it."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from kubernetes.aio import client
from prometheus_client.parser import text_string_to_metric_families

from dev.cluster import Cluster
from tests.integration.operator.fake_kubelet import FakeKubelet
from tests.integration.operator.kubernetes import Namespace, eventually
from tests.integration.operator.process import OperatorProcess
from tests.integration.operator.tunnel import Tunnel, tunnelled
from tests.unit.operator.convex_receiver import SECRET, Receiver

pytestmark = pytest.mark.alone

LEASE = "videotutor-operator"
SHORT = {"VIDEOTUTOR_LEASE_SECONDS": "9"}
BEGINNING = datetime.min.replace(tzinfo=UTC)


class Pair:
    """Two operators, started one after the other, so that the first leads."""

    def __init__(self, namespace: Namespace, environment: dict[str, str], folder: Path) -> None:
        self._namespace = namespace
        self._environment = {**environment, "VIDEOTUTOR_LEASE": LEASE}
        self._folder = folder
        self.ports: dict[str, int] = {}
        self.processes: dict[str, OperatorProcess] = {}

    async def start(self, both: dict[str, str] | None = None, **first: str) -> tuple[OperatorProcess, OperatorProcess]:
        """The leader and the standby, with settings of both and of the leader alone."""
        leader = self._started("first", {**(both or {}), **first})
        await self.led_by("first")
        standby = self._started("second", both or {})
        await self.standing_by("second")
        return leader, standby

    def _started(self, name: str, more: dict[str, str]) -> OperatorProcess:
        self.ports[name] = free_port()
        own = {"POD_NAME": name, "VIDEOTUTOR_HEALTH_PORT": str(self.ports[name])}
        process = OperatorProcess({**self._environment, **own, **more}, self._folder / f"{name}.log")
        process.start()
        self.processes[name] = process
        return process

    async def lease(self) -> Any:
        api = client.CoordinationV1Api(self._namespace.api)
        found = await api.list_namespaced_lease(self._namespace.name)
        return next((lease.spec for lease in found.items), None)

    async def led_by(self, name: str) -> Any:
        """The Lease, once an operator holds it."""

        async def held() -> Any:
            spec = await self.lease()
            return spec if spec and spec.holder_identity == name else None

        return await eventually(held)

    async def standing_by(self, name: str) -> None:
        async def ready() -> bool:
            try:
                answer = await self.get(name, "/readyz")
            except httpx.TransportError:
                return False
            return answer.status_code == 200

        await eventually(ready)

    async def get(self, name: str, path: str) -> httpx.Response:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.ports[name]}") as http:
            return await http.get(path)

    async def authors(self, since: datetime = BEGINNING) -> set[str]:
        """Which operators announced something, by the API server's clock, which tells whole seconds."""
        found = await self._namespace.core.list_namespaced_event(
            self._namespace.name, field_selector="involvedObject.kind=VideoJob"
        )
        begin = since.replace(microsecond=0)
        return {event.reporting_instance for event in found.items if event.metadata.creation_timestamp >= begin}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def pair(namespace: Namespace, environment: dict[str, str], tmp_path: Path) -> Iterator[Pair]:
    operators = Pair(namespace, environment, tmp_path)
    yield operators
    for process in operators.processes.values():
        process.kill()


@pytest.fixture
async def tunnel(cluster: Cluster, tmp_path: Path) -> AsyncIterator[tuple[Tunnel, str]]:
    """A way to the API server, and the kubeconfig that takes it."""
    copy = tmp_path / "through-the-tunnel"
    async with tunnelled(cluster.kubeconfig, copy) as way:
        yield way, str(copy)


async def finished_once(namespace: Namespace, kubelet: FakeKubelet) -> None:
    status = await namespace.phase("calculus", "Succeeded", "Failed")
    assert status["phase"] == "Succeeded", status
    assert set(kubelet.runs.values()) == {1}
    assert len(await namespace.jobs()) == 5


async def ended(process: OperatorProcess) -> int:
    """The exit code of a process that ends by itself."""
    codes: list[int] = []

    async def has_ended() -> bool:
        code = process.ended()
        codes.extend([] if code is None else [code])
        return bool(codes)

    await eventually(has_ended)
    return codes[0]


def said(process: OperatorProcess, message: str) -> datetime:
    """When a process said something for the first time."""
    entries = [json.loads(line) for line in process.log().splitlines() if line.startswith("{")]
    return next(datetime.fromisoformat(entry["time"]) for entry in entries if entry["message"] == message)


async def test_one_works_and_the_other_is_ready_to(namespace: Namespace, kubelet: FakeKubelet, pair: Pair) -> None:
    _, standby = await pair.start()

    await namespace.create_video("calculus")
    await finished_once(namespace, kubelet)

    assert await pair.authors() == {"first"}
    assert "waiting for leadership" in standby.log()
    assert (await pair.get("first", "/readyz")).json()["role"] == "leader"
    assert (await pair.get("second", "/readyz")).json() == {
        "status": "ok",
        "role": "standby",
        "leader": "first",
        "problems": {},
    }
    assert await shown(pair, "first") == (1, {"Succeeded": 1})
    assert await shown(pair, "second") == (0, {})


async def shown(pair: Pair, name: str) -> tuple[float, dict[str, float]]:
    """Whether an operator's metrics say that it leads, and the phases that they count VideoJobs in."""
    families = {
        family.name: family.samples
        for family in text_string_to_metric_families((await pair.get(name, "/metrics")).text)
    }
    (leader,) = families["videotutor_leader"]
    phases = {sample.labels["phase"]: sample.value for sample in families["videotutor_videojobs"] if sample.value}
    return leader.value, phases


async def test_the_leader_is_killed_and_the_standby_goes_on(
    namespace: Namespace, kubelet: FakeKubelet, pair: Pair
) -> None:
    leader, _ = await pair.start()
    kubelet.held = {"scene"}
    await namespace.create_video("calculus")
    await namespace.phase("calculus", "Rendering")

    leader.kill()
    killed = datetime.now(UTC)
    lease = await pair.led_by("second")
    kubelet.held.clear()
    await finished_once(namespace, kubelet)

    assert lease.acquire_time - killed < timedelta(seconds=20)
    assert lease.lease_transitions == 1


async def test_the_leader_is_asked_to_end_and_the_standby_leads_at_once(
    namespace: Namespace, kubelet: FakeKubelet, pair: Pair
) -> None:
    leader, _ = await pair.start()
    kubelet.held = {"scene"}
    await namespace.create_video("calculus")
    await namespace.phase("calculus", "Rendering")

    asked = datetime.now(UTC)
    code = leader.terminate()
    lease = await pair.led_by("second")
    kubelet.held.clear()
    await finished_once(namespace, kubelet)

    assert code == 0
    assert lease.acquire_time - asked < timedelta(seconds=5)  # promised is 2 s, of a machine that is not full


async def test_a_leader_that_is_cut_off_ends_before_the_standby_leads(
    namespace: Namespace, kubelet: FakeKubelet, pair: Pair, tunnel: tuple[Tunnel, str]
) -> None:
    way, kubeconfig = tunnel
    leader, _ = await pair.start(SHORT, KUBECONFIG=kubeconfig)
    kubelet.held = {"scene"}
    await namespace.create_video("calculus")
    await namespace.phase("calculus", "Rendering")

    way.open.clear()
    kubelet.held.clear()
    code = await ended(leader)
    lease = await pair.led_by("second")
    await finished_once(namespace, kubelet)

    assert code == 1
    assert said(leader, "stopping") < lease.acquire_time
    assert "leadership lost" in leader.log()


async def test_a_leader_that_stood_still_does_nothing_when_it_wakes_up(
    namespace: Namespace, kubelet: FakeKubelet, pair: Pair
) -> None:
    leader, _ = await pair.start(SHORT)
    kubelet.held = {"scene", "stitch"}
    await namespace.create_video("calculus")
    await namespace.phase("calculus", "Rendering")

    leader.pause()
    kubelet.held.discard("scene")
    lease = await pair.led_by("second")
    leader.resume()
    code = await ended(leader)
    kubelet.held.clear()
    await finished_once(namespace, kubelet)

    assert code == 1
    assert await pair.authors(since=lease.acquire_time) == {"second"}
    assert (await pair.lease()).holder_identity == "second"


async def test_an_operator_ends_when_asked_though_the_api_server_does_not_answer(
    namespace: Namespace, kubelet: FakeKubelet, pair: Pair, tunnel: tuple[Tunnel, str]
) -> None:
    way, kubeconfig = tunnel
    leader, _ = await pair.start(KUBECONFIG=kubeconfig)
    kubelet.held = {"plan"}
    await namespace.create_video("calculus")
    await namespace.phase("calculus", "Planning")

    way.open.clear()
    kubelet.held.clear()
    await namespace.no_pod_pending()
    asked = datetime.now(UTC)
    code = leader.terminate()

    assert code == 0
    assert datetime.now(UTC) - asked < timedelta(seconds=5), "2 s are promised, of a machine that is not full"
    assert "must expire" in leader.log()


async def test_an_operator_ends_when_asked_though_convex_does_not_answer(
    namespace: Namespace, kubelet: FakeKubelet, pair: Pair, convex: tuple[Receiver, str]
) -> None:
    receiver, url = convex
    receiver.answers = [None] * 100
    leader, _ = await pair.start({"CONVEX_SITE_URL": url, "CALLBACK_SECRET": SECRET})
    await namespace.create_video("calculus", sessionId="session1", projectId="project1")

    async def asked_of_convex() -> bool:
        return bool(receiver.tries)

    await eventually(asked_of_convex)
    asked = datetime.now(UTC)
    code = leader.terminate()
    lease = await pair.led_by("second")

    assert code == 0
    assert lease.acquire_time - asked < timedelta(seconds=5)  # promised is 2 s, of a machine that is not full
