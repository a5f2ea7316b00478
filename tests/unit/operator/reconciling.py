"""A reconciler on a fake cluster, for tests of single passes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

from tests.unit.operator.api_schema import Schema
from tests.unit.operator.fake_cluster import FakeCluster
from tests.unit.operator.test_manifests import RUNTIME
from tests.unit.operator.world import START, World
from videojob.digest import RENDERER_VERSION
from videojob.results import encode_result
from videojob.status import Renderer
from videotutor_operator.cluster.requests import Cluster
from videotutor_operator.core.allowance import Limits
from videotutor_operator.core.model import Delivery, Site, VideoJob
from videotutor_operator.observed.cache import Cache
from videotutor_operator.reconciler.reconciler import Installation, Reconciler
from videotutor_operator.reports.reporter import Reporter

SITE = Site(reports=True, renderer=Renderer(RUNTIME.image, RENDERER_VERSION))


class Outbox:
    """A reporter that notes what it is offered and confirms what it is told to."""

    def __init__(self) -> None:
        self.offered: list[int] = []
        self.confirmed = Delivery()
        self.left: list[VideoJob] = []

    def delivery(self, _uid: str) -> Delivery:
        return self.confirmed

    def offer(self, _job: VideoJob, status: Any, _now: Any) -> None:
        if status.report.sequence > max(self.offered, default=0):
            self.offered.append(status.report.sequence)

    def offer_final(self, job: VideoJob, _now: Any) -> None:
        self.left.append(job)


class Bench:
    """A reconciler on a fake cluster."""

    def __init__(self, schema: Schema | None = None, limits: Limits | None = None, **spec: Any) -> None:
        self.limits = limits or Limits()
        self.woken: list[str] = []
        self.cluster = FakeCluster(schema)
        self.cache = Cache()
        self.outbox = Outbox()
        self.spec = spec
        self.now = START
        self.cache.put_videojob(self.cluster.add_videojob(**spec))
        self.restart()

    def restart(self, *, pods: bool = True) -> None:
        """A new process with an empty memory that has listed the cluster; or all but its pods."""
        self.cache = Cache()
        for name in self.cluster.videojobs:
            self.cache.put_videojob(self.cluster.read(name))
        for raw in self.cluster.jobs.values():
            self.cache.put_job(raw)
        for raw in self.cluster.pods.values() if pods else ():
            self.cache.put_pod(raw)
        installation = Installation(SITE, RUNTIME, "test", clock=self._clock, limits=self.limits)
        self.reconciler = Reconciler(
            installation, cast("Cluster", self.cluster), self.cache, cast("Reporter", self.outbox), self.woken.append
        )

    def _clock(self) -> datetime:
        """A clock goes on within a pass."""
        self.now += timedelta(microseconds=1)
        return self.now

    async def look(self) -> float | None:
        self.cluster.writes.clear()
        return await self.reconciler.reconcile("lessons/calculus")

    def pods_succeed(self, scenes: int = 1, only: str = "") -> int:
        """Every Job without a pod, or that of one scene, gets one that has succeeded; how many did."""
        world, before = World(scenes), len(self.cluster.pods)
        for job in self.cluster.jobs.values():
            uid = job["metadata"]["uid"]
            if only not in {"", job["metadata"]["labels"].get("videotutor.dev/scene")}:
                continue
            child = next(c for c in self.cache.children("uid-of-calculus") if c.uid == uid)
            terminated = {"exitCode": 0, "message": encode_result(world.result_of(child))}
            pod = {
                "metadata": {
                    "namespace": "lessons",
                    "name": f"pod-of-{uid}",
                    "uid": f"pod-of-{uid}",
                    "resourceVersion": str(next(self.cluster.versions)),
                    "labels": job["metadata"]["labels"],
                    "ownerReferences": [{"uid": uid, "controller": True}],
                },
                "status": {
                    "phase": "Succeeded",
                    "containerStatuses": [{"name": "renderer", "state": {"terminated": terminated}}],
                },
            }
            self.cluster.pods[uid] = pod
            self.cache.put_pod(pod)
        return len(self.cluster.pods) - before

    def events(self) -> list[str]:
        """The reasons of all events, the oldest first."""
        return [event["reason"] for event in self.cluster.events]

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.cluster.videojobs["calculus"].get("status", {})
        return found


async def written(bench: Bench, kind: str, *, passes: int, seconds: float) -> list[str]:
    """The writes of a kind that so many passes make, so far apart."""
    found: list[str] = []
    for _ in range(passes):
        bench.now += timedelta(seconds=seconds)
        await bench.look()
        found += [write for write in bench.cluster.writes if write.startswith(kind)]
    return found


def condition(raw: dict[str, Any], type_: str) -> dict[str, Any]:
    found: dict[str, Any] = next(entry for entry in raw["status"]["conditions"] if entry["type"] == type_)
    return found


def rewrite(bench: Bench, change: Callable[[dict[str, Any]], object]) -> None:
    """Another version of the operator has written the status."""
    raw = copy.deepcopy(bench.cluster.videojobs["calculus"])
    change(raw["status"])
    raw["metadata"]["resourceVersion"] = str(next(bench.cluster.versions))
    bench.cluster.videojobs["calculus"] = raw
    bench.restart()
