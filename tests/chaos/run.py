"""One whole run of a VideoJob by real operator processes, with at most one fault."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.faults import Fault, Request
from tests.chaos.proxy import Proxy
from tests.chaos.upstream import Upstream, write_kubeconfig
from tests.chaos.verdict import Observed
from tests.integration.operator.fake_kubelet import FakeKubelet
from tests.integration.operator.kubernetes import POLL_SECONDS, Namespace, own_namespace
from tests.integration.operator.process import OperatorProcess, settings
from tests.unit.operator.convex_receiver import SECRET, Receiver, served
from videojob.phases import TERMINAL

VIDEO = "calculus"
OPERATOR = "operator"
PATIENCE_SECONDS = 90.0
"""Longest wait for the end of a run; a lane that is held up by its neighbours needs a third of it."""
MOST_RESTARTS = 10
"""An operator that ended by itself so often will not work again."""
QUIET_SECONDS = 0.7
"""No request but watches for so long, after the end: the operator has nothing more to do."""
SETTINGS = {"VIDEOTUTOR_WATCH_INACTIVITY_SECONDS": "5", "VIDEOTUTOR_LOG_LEVEL": "DEBUG"}


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


class Operators:
    """The operator processes of a run, and what a kubelet does for them: one that ends is started again.

    Their logs and kubeconfigs go to the folder, which is emptied first.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._processes: dict[str, OperatorProcess] = {}
        self.restarts = 0

    def start(self, name: str, environment: dict[str, str]) -> None:
        process = OperatorProcess(environment, self._folder / f"{name}.log")
        process.start()
        self._processes[name] = process

    def kill(self, name: str) -> None:
        """Kill a process and start it again."""
        self._processes[name].kill()
        self._processes[name].start()

    async def supervise(self) -> None:
        """Start again what ended by itself, until cancelled, or until it is plain that this does not help."""
        while self.restarts < MOST_RESTARTS:
            for process in self._processes.values():
                if process.ended() is not None:
                    self.restarts += 1
                    process.start()
            await asyncio.sleep(POLL_SECONDS)

    async def terminate(self) -> int:
        """End them all; the answer is the highest exit code."""
        codes = [await asyncio.to_thread(process.terminate) for process in self._processes.values()]
        return max(codes, default=0)


async def run(kubeconfig: Path, folder: Path, fault: Fault | None = None) -> Run:
    """Make a video of three scenes, disturbed by one fault; what the operator logs is in the folder."""
    receiver, operators = Receiver(), Operators(folder)
    proxy = Proxy(Upstream.of(kubeconfig), fault, operators.kill)
    async with (
        own_namespace(kubeconfig, "test-chaos") as namespace,
        served(receiver) as convex,
        proxy.served() as address,
    ):
        kubelet = FakeKubelet(namespace)
        await namespace.create_video(VIDEO, sessionId="session1", projectId="project1")
        config = write_kubeconfig(folder / "kubeconfig", f"{address}/{OPERATOR}", namespace.name)
        reports = {"CONVEX_SITE_URL": convex, "CALLBACK_SECRET": SECRET}
        try:
            async with _background(kubelet.run()), _background(operators.supervise()):
                started_at = asyncio.get_running_loop().time()
                operators.start(OPERATOR, {**settings(config, namespace.name), **reports, **SETTINGS})
                ended_at = await _end(namespace, proxy)
        finally:
            exit_code = await operators.terminate()
        observed = await _observe(namespace, kubelet, receiver, exit_code)
    seconds = ended_at - (proxy.hit_at if proxy.hit else started_at)
    return Run(observed, tuple(proxy.requests), proxy.hit, max(0.0, seconds), operators.restarts)


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
