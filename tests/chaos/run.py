"""One whole run of a VideoJob by real operator processes, with at most one fault."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.faults import Fault, Request
from tests.chaos.operators import Operators
from tests.chaos.proxy import Proxy
from tests.chaos.upstream import Upstream
from tests.chaos.verdict import Observed
from tests.integration.operator.fake_kubelet import FakeKubelet
from tests.integration.operator.kubernetes import POLL_SECONDS, Namespace, eventually, own_namespace
from tests.unit.operator.convex_receiver import SECRET, Receiver, served
from videojob.phases import TERMINAL

VIDEO = "calculus"
OPERATOR = "operator"
STANDBY = "standby"
PATIENCE_SECONDS = 90.0
"""Longest wait for the end of a run; a lane that is held up by its neighbours needs a third of it."""
QUIET_SECONDS = 0.7
"""No request but watches for so long, after the end: the operator has nothing more to do."""
LEASE = {"VIDEOTUTOR_LEASE": "videotutor-operator", "VIDEOTUTOR_LEASE_SECONDS": "10"}
WATCHED = ("videojobs", "jobs", "pods")


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is over. `hit`: the request that the fault happened to, None when it happened to none.

    `seconds`: from the fault to the end; from the operator's start when there was no fault.
    """

    observed: Observed
    requests: tuple[Request, ...]
    hit: Request | None
    seconds: float
    restarts: int

    @property
    def kinds(self) -> list[str]:
        """The kinds of its requests, in order."""
        return [request.kind for request in self.requests]


async def run(kubeconfig: Path, folder: Path, fault: Fault | None = None, *, standby: bool = False) -> Run:
    """Make a video of three scenes, disturbed by one fault; what the operators log is in the folder."""
    operators, receiver = Operators(folder), Receiver()
    proxy = Proxy(Upstream.of(kubeconfig), fault, operators.kill)
    async with (
        own_namespace(kubeconfig, "test-chaos") as namespace,
        served(receiver) as convex,
        proxy.served() as address,
    ):
        kubelet = FakeKubelet(namespace)
        operators.serve(namespace.name, address, {"CONVEX_SITE_URL": convex, "CALLBACK_SECRET": SECRET})
        try:
            async with _background(kubelet.run()), _background(operators.supervise()):
                if standby:
                    await _with_standby(operators, proxy)
                proxy.counted = OPERATOR
                await namespace.create_video(VIDEO, sessionId="session1", projectId="project1")
                started_at = asyncio.get_running_loop().time()
                if not standby:
                    operators.start(OPERATOR)
                ended_at = await _end(namespace, proxy)
        finally:
            exit_code = await operators.terminate()
        observed = await _observe(namespace, kubelet, receiver, exit_code)
    seconds = ended_at - (proxy.hit_at if proxy.hit else started_at)
    return Run(observed, proxy.requests, proxy.hit, max(0.0, seconds), operators.restarts)


async def _with_standby(operators: Operators, proxy: Proxy) -> None:
    """Start the leader, and when it leads the standby; both are warm then."""
    for name, kind, count in ((OPERATOR, "create leases", 1), (STANDBY, "watch ", len(WATCHED))):

        async def is_there(name: str = name, kind: str = kind, count: int = count) -> bool:
            return sum(seen.who == name and seen.kind.startswith(kind) for seen in proxy.seen) >= count

        operators.start(name, LEASE)
        await eventually(is_there, PATIENCE_SECONDS)


@asynccontextmanager
async def _background(work: Any) -> AsyncIterator[None]:
    """Do something else meanwhile; what goes wrong in it is raised at the end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _end(namespace: Namespace, proxy: Proxy) -> float:
    """When the VideoJob ended and was reported, once nothing more happens; now, where patience ends first."""
    loop = asyncio.get_running_loop()
    ended_at: float | None = None
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while ended_at is None or loop.time() - max(ended_at, proxy.last_at) < QUIET_SECONDS:
                ended = is_over(await namespace.status(VIDEO))
                ended_at = (ended_at or loop.time()) if ended else None
                await asyncio.sleep(POLL_SECONDS)
    return ended_at or loop.time()


def is_over(status: dict[str, Any]) -> bool:
    """Whether a VideoJob has ended, Convex knows, and the status says so."""
    report = status.get("report", {})
    told = {"type": "Reported", "status": "True"}
    return (
        status.get("phase") in TERMINAL
        and report.get("acknowledged") == report.get("sequence")
        and any(told.items() <= condition.items() for condition in status.get("conditions", []))
    )


async def _observe(namespace: Namespace, kubelet: FakeKubelet, receiver: Receiver, exit_code: int) -> Observed:
    return Observed(
        namespace=namespace.name,
        status=await namespace.status(VIDEO),
        jobs=tuple(dict(job.metadata.labels) for job in await namespace.jobs()),
        runs=dict(kubelet.runs),
        heard=tuple(receiver.events),
        unsigned=receiver.unsigned,
        exit_code=exit_code,
    )
