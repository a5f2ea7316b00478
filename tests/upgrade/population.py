"""The videos of a matrix: some finished, some held in each stage, made by whichever operator runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any

from tests.integration.operator.kubernetes import Namespace
from tests.upgrade.kubelet import Kubelet
from videojob import names

HOLDS: Mapping[str, frozenset[str]] = {
    "planning": frozenset({"plan"}),
    "rendering": frozenset({"scene-2", "scene-3"}),
    "stitching": frozenset({"stitch"}),
    "suspended": frozenset({"scene-2", "scene-3"}),
}
"""Stages of running videos of three scenes, and which of their containers do not end."""
PHASES = {"planning": "Planning", "rendering": "Rendering", "stitching": "Stitching", "suspended": "Suspended"}
PATIENCE_SECONDS = 90.0
POLL_SECONDS = 0.3

Status = dict[str, Any]
Predicate = Callable[[Status], bool]


class ImpatientError(Exception):
    """Videos did not get as far as they had to; the message says where they are."""


class Population:
    """The videos of one namespace."""

    def __init__(self, namespace: Namespace, kubelet: Kubelet) -> None:
        self._namespace = namespace
        self._kubelet = kubelet
        self.suspended: set[str] = set()

    async def create(self, videos: Iterable[str], holds: frozenset[str] = frozenset()) -> None:
        """Create videos of three scenes, whose containers are held; every second one has `output` and `narration`."""
        for number, name in enumerate(videos):
            if holds:
                self._kubelet.held[name] = holds
            given = {"output": {"theme": "paper"}, "narration": {"voice": "espeak"}} if number % 2 else {}
            await self._namespace.create_video(name, sessionId=f"session-{name}", **given)

    async def begin(self, running: int, finished: int) -> None:
        """Create so many running ones of each stage, and finished ones, and wait until each is where it shall be."""
        stages = {stage: [f"{stage}-{n}" for n in range(running)] for stage in HOLDS}
        done = [f"finished-{n}" for n in range(finished)]
        for stage, videos in stages.items():
            await self.create(videos, HOLDS[stage])
        await self.create(done)
        await self.wait(stages["suspended"], lambda status: status.get("scenesReady") == "1/3")
        for name in stages["suspended"]:
            await self.suspend(name)
        await self.succeed(done)
        for stage, videos in stages.items():
            await self.reach(stage, videos)

    async def suspend(self, name: str) -> None:
        """Suspend one: its running Jobs end."""
        await self._namespace.edit(name, suspend=True)
        self.suspended.add(name)

    async def expire(self, name: str) -> None:
        """Remove the Jobs of a finished video, as Kubernetes does after their time to live."""
        batch, space = self._namespace.batch, self._namespace.name
        await batch.delete_collection_namespaced_job(
            space, label_selector=f"{names.LABEL_VIDEOJOB}={name}", propagation_policy="Background"
        )

        async def left() -> list[str]:
            found = await batch.list_namespaced_job(space, label_selector=f"{names.LABEL_VIDEOJOB}={name}")
            return [job.metadata.name for job in found.items]

        if jobs := await poll(left, PATIENCE_SECONDS):
            raise ImpatientError(f"these Jobs are not deleted: {', '.join(jobs)}")

    async def release(self, videos: Iterable[str]) -> None:
        """Let videos go on to their end."""
        for name in videos:
            self._kubelet.held.pop(name, None)
            if name in self.suspended:
                await self._namespace.edit(name, suspend=False)

    async def succeed(self, videos: Iterable[str]) -> None:
        """Wait until these videos are finished."""
        await self.wait(videos, lambda status: status.get("phase") == "Succeeded")

    async def statuses(self) -> dict[str, Status]:
        """The status of every video by name; `{}` where it is of an older generation than the spec."""
        videos = await self._namespace.videos()
        return {video["metadata"]["name"]: _current(video) for video in videos}

    async def reach(self, stage: str, videos: Iterable[str]) -> None:
        """Wait until these videos are held in a stage."""
        await self.wait(videos, partial(_is_at, stage))

    async def wait(self, videos: Iterable[str], has: Predicate, within: float = PATIENCE_SECONDS) -> None:
        """Wait until the status of all these videos is so.

        Raises:
            ImpatientError: it is not in time.
        """

        async def behind() -> list[str]:
            statuses = await self.statuses()
            return [_line(name, statuses[name]) for name in videos if not has(statuses[name])]

        if late := await poll(behind, within):
            raise ImpatientError(f"after {within:.0f} s: {'; '.join(late)}")

    async def touch(self) -> None:
        """Change an annotation of every video, so that every watch delivers it as the API server has it now."""
        for name in await self.statuses():
            body = {
                "metadata": {"annotations": {"test.videotutor.dev/touched": str(asyncio.get_running_loop().time())}}
            }
            await self._namespace.custom.patch_namespaced_custom_object(
                "videotutor.dev",
                "v1alpha1",
                self._namespace.name,
                "videojobs",
                name,
                body,
                _content_type="application/merge-patch+json",
            )


async def poll(problems: Callable[[], Awaitable[list[str]]], within: float) -> list[str]:
    """The problems that are left when there are none any more, or the time (seconds) is over."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while True:
        found = await problems()
        if not found or loop.time() > deadline:
            return found
        await asyncio.sleep(POLL_SECONDS)


def _current(video: dict[str, Any]) -> Status:
    status: Status = video.get("status") or {}
    return status if status.get("observedGeneration") == video["metadata"]["generation"] else {}


def _is_at(stage: str, status: Status) -> bool:
    if status.get("phase") != PHASES[stage]:
        return False
    return stage != "rendering" or status.get("scenesReady") == "1/3"


def _line(name: str, status: Status) -> str:
    return f"{name} is {status.get('phase', 'not observed')}: {status.get('message', '')}"
