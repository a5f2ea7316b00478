"""A fake kubelet whose containers run the code of their image's release, and may be held while versions change."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from kubernetes.aio.client import ApiException

from tests.integration.operator.kubernetes import Namespace
from tests.upgrade.audit import Task
from tests.upgrade.releases import ROOT, Release
from videojob import names

POLL_SECONDS = 0.2
PLACELESS = frozenset({"scene-3"})
"""Held tasks that wait for a place, as in a queue: an operator may replace Jobs that do not run yet."""
AT_ONCE = 8
"""Pods whose status is written side by side."""
GONE = {404, 409}
"""Answers for a pod that was deleted, or changed, between list and patch."""
UNFINISHED = "status.phase!=Succeeded,status.phase!=Failed"


class Renderer:
    """One release's renderer, as a process that answers task after task."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._turn = asyncio.Lock()

    async def run(self, environment: dict[str, str]) -> dict[str, Any]:
        """Exit code and termination message of a container with this environment."""
        assert self._process.stdin
        assert self._process.stdout
        async with self._turn:
            self._process.stdin.write(json.dumps(environment).encode() + b"\n")
            await self._process.stdin.drain()
            line = await self._process.stdout.readline()
        answer: dict[str, Any] = json.loads(line)
        return answer


@asynccontextmanager
async def renderers(releases: Iterable[Release]) -> AsyncIterator[dict[str, Renderer]]:
    """The releases' renderers by image, while the body runs."""
    async with AsyncExitStack() as stack:
        yield {release.image: await stack.enter_async_context(_renderer(release)) for release in releases}


@asynccontextmanager
async def _renderer(release: Release) -> AsyncIterator[Renderer]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.upgrade.renderer",
        stdin=PIPE,
        stdout=PIPE,
        cwd=ROOT,
        env={**os.environ, **release.environment},
    )
    try:
        yield Renderer(process)
    finally:
        process.kill()
        await process.wait()


class Kubelet:
    """Runs the pods of one namespace. `held`: tasks, or ids of scenes, by VideoJob, whose containers do not end.

    `runs` counts the containers that ended well; `failures` has what the others said.
    """

    def __init__(self, namespace: Namespace, renderers: dict[str, Renderer]) -> None:
        self._namespace = namespace
        self._renderers = renderers
        self.held: dict[str, frozenset[str]] = {}
        self.runs: Counter[Task] = Counter()
        self.failures: list[str] = []

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            space, core = self._namespace.name, self._namespace.core
            pods = (await core.list_namespaced_pod(space, field_selector=UNFINISHED)).items
            due = [pod for pod in pods if not pod.metadata.deletion_timestamp and pod.metadata.labels]
            for start in range(0, len(due), AT_ONCE):
                await asyncio.gather(*(self._advance(pod) for pod in due[start : start + AT_ONCE]))
            await asyncio.sleep(POLL_SECONDS)

    async def _advance(self, pod: Any) -> None:
        labels = pod.metadata.labels
        held = self.held.get(labels[names.LABEL_VIDEOJOB], frozenset())
        scene = labels.get(names.LABEL_SCENE, "")
        if labels[names.LABEL_TASK] in held or scene in held:
            if pod.status.phase == "Pending" and scene not in PLACELESS:
                await self._write(pod, "Running", {"running": {"startedAt": _now()}})
            return
        (container,) = pod.spec.containers
        environment = {entry.name: entry.value for entry in container.env if entry.value is not None}
        answer = await self._renderers[container.image].run(environment)
        code, message = answer["exitCode"], answer["message"]
        terminated = {**answer, "reason": "Error" if code else "Completed", "startedAt": _now(), "finishedAt": _now()}
        if not await self._write(pod, "Failed" if code else "Succeeded", {"terminated": terminated}):
            return
        task = Task.of(labels)
        if code:
            self.failures.append(f"{task}: {message}")
        else:
            self.runs[task] += 1

    async def _write(self, pod: Any, phase: str, state: dict[str, Any]) -> bool:
        """Write a pod's status; whether it was still there."""
        (container,) = pod.spec.containers
        found = {"name": container.name, "image": container.image, "imageID": "", "restartCount": 0}
        status = {
            "phase": phase,
            "startTime": _now(),
            "containerStatuses": [{**found, "ready": "running" in state, "state": state}],
        }
        try:
            await self._namespace.core.patch_namespaced_pod_status(
                pod.metadata.name, self._namespace.name, {"status": status}
            )
        except ApiException as error:
            if error.status not in GONE:
                raise
            return False
        return True


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
