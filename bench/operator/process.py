"""The operator as users run it, from its image, and what it costs by the kernel's own books."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from bench.common.errors import BenchError
from dev.cluster import Cluster, ClusterError, engine
from dev.cluster import process as cluster_process

_POLL_SECONDS = 0.1
_READY_SECONDS = 120
_END_SECONDS = 30
_TICKS = os.sysconf("SC_CLK_TCK")
_READS = frozenset({"GET", "LIST", "WATCH"})
MEBI = 1 << 20
MEGA = 1_000_000

MARKER = "VIDEOTUTOR_BENCH"
"""In the environment of every process that is started here, so that orphans can be found."""


class OperatorProcess:
    """A running operator."""

    def __init__(self, process: asyncio.subprocess.Process, pid: int, port: int, log: Path) -> None:
        self._process = process
        self._proc = Path("/proc", str(pid))
        self._address = f"http://127.0.0.1:{port}"
        self._log = log

    def check(self) -> None:
        """Raises BenchError when it has ended by itself."""
        if self._process.returncode is not None:
            raise BenchError(f"the operator ended by itself, with exit code {self._process.returncode}: {self._log}")

    async def ready(self) -> None:
        """Wait until it says that it works. Raises BenchError when it ends or takes too long."""
        async with aiohttp.ClientSession(self._address) as session:
            for _ in range(int(_READY_SECONDS / _POLL_SECONDS)):
                self.check()
                try:
                    async with session.get("/readyz") as answer:
                        if answer.ok:
                            return
                except aiohttp.ClientConnectionError:
                    pass  # it does not listen yet
                await asyncio.sleep(_POLL_SECONDS)
        raise BenchError(f"the operator is not ready after {_READY_SECONDS} s")

    def cpu_seconds(self) -> float:
        """Processor time so far, in user and kernel mode (proc(5), fields 14 and 15 of stat)."""
        fields = (self._proc / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self, field: str = "VmRSS") -> int:
        """Resident bytes: now (VmRSS), or at the most so far (VmHWM)."""
        lines = (self._proc / "status").read_text().splitlines()
        line = next(line for line in lines if line.startswith(f"{field}:"))
        return int(line.split()[1]) * 1024

    async def metrics(self) -> str:
        """Its page of metrics now."""
        async with aiohttp.ClientSession(self._address) as session, session.get("/metrics") as answer:
            return await answer.text()

    async def writes(self) -> Counter[str]:
        """How many requests that write it has made so far, whatever the answer, by resource."""
        return writes_in(await self.metrics())


def writes_in(metrics: str) -> Counter[str]:
    """The writes that a page of metrics counts, by resource."""
    found: Counter[str] = Counter()
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            if sample.name == "videotutor_api_requests_total" and sample.labels["verb"].upper() not in _READS:
                found[sample.labels["resource"].partition("/")[0]] += int(sample.value)
    return found


@asynccontextmanager
async def running(cluster: Cluster, settings: Mapping[str, str], log: Path) -> AsyncIterator[OperatorProcess]:
    """An operator that is ready, until the body ends."""
    async with started(cluster, settings, log) as operator:
        await operator.ready()
        yield operator


@asynccontextmanager
async def started(cluster: Cluster, settings: Mapping[str, str], log: Path) -> AsyncIterator[OperatorProcess]:
    """An operator that has just been started in a container, until the body ends. It shares the host's network.

    Raises:
        BenchError: it has ended by itself before.
        ClusterError: no Docker engine answers.
    """
    docker = engine.find(cluster.settings)
    if docker is None:
        raise ClusterError("no Docker engine answers: python3 -m dev.cluster up")
    port = _free_port()
    name = f"videotutor-bench-{port}"
    environment = {"KUBECONFIG": "/kubeconfig", "VIDEOTUTOR_HEALTH_PORT": str(port), **settings, MARKER: "1"}
    command = [
        *(str(docker.client), "run", "--rm", "--name", name, "--network", "host"),
        *("--user", f"{os.getuid()}:{os.getgid()}", "--volume", f"{cluster.kubeconfig}:/kubeconfig:ro"),
        *(argument for variable, value in environment.items() for argument in ("--env", f"{variable}={value}")),
        cluster.image("operator"),
    ]
    marked = {**docker.environment, MARKER: "1"}
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(*command, env=marked, stdout=output, stderr=output)
    try:
        operator = OperatorProcess(process, await _pid(docker, name, process, log), port, log)
        yield operator
        operator.check()
    finally:
        await end(process)
        with suppress(ClusterError):  # it is gone, unless its client was killed
            await asyncio.to_thread(docker.docker, "rm", "--force", name)


async def _pid(docker: engine.Engine, container: str, client: asyncio.subprocess.Process, log: Path) -> int:
    """The id of a container's process on this machine. Raises BenchError where it does not start."""
    for _ in range(int(_READY_SECONDS / _POLL_SECONDS)):
        with suppress(ClusterError):  # it does not exist yet
            if pid := int(await asyncio.to_thread(docker.docker, "inspect", "--format", "{{.State.Pid}}", container)):
                return pid
        if client.returncode is not None:
            break
        await asyncio.sleep(_POLL_SECONDS)
    raise BenchError(f"the container {container} did not start: {log}")


def end_orphans() -> None:
    """End what a run that was killed has left."""
    cluster_process.end(lambda: list(cluster_process.marked(MARKER, "1")))


async def end(process: asyncio.subprocess.Process) -> None:
    """End a process that this one has started: asked to, then made to."""
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _END_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
