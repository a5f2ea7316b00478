"""An API server in memory for `Reconciler`: resource versions, conflicts, names taken, and faults on demand."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator
from datetime import datetime
from itertools import count
from typing import Any

from videojob import names
from videojob.status import FailureClass, VideoJobStatus
from videotutor_operator.cluster.requests import Change, Page
from videotutor_operator.cluster.resources import JOBS, PODS, VIDEOJOBS, Resource
from videotutor_operator.core.model import VideoJob
from videotutor_operator.errors import ClusterError, Conflict, Forbidden, Missing


class FakeCluster:
    """The writes that the operator makes, noted in `writes`; `faults` are raised in their order, one a write.

    `absent`: kinds (plural) that are not served, such as when their CRD is deleted. `forbidden`: namespaces that the
    operator has no rights in.
    """

    def __init__(self) -> None:
        self.versions = count(100)
        self.videojobs: dict[str, dict[str, Any]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.pods: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.writes: list[str] = []
        self.faults: dict[str, list[ClusterError]] = {}
        self.absent: set[str] = set()
        self.forbidden: set[str] = set()

    def add_videojob(self, name: str = "calculus", **spec: Any) -> dict[str, Any]:
        identity = {"name": name, "namespace": "lessons", "uid": f"uid-of-{name}", "generation": 1}
        raw = {"metadata": identity, "spec": {"prompt": "Hi", "sessionId": "s1", **spec}}
        self.videojobs[name] = self._stamped(raw)
        return self.videojobs[name]

    def _stamped(self, raw: dict[str, Any]) -> dict[str, Any]:
        stamped = copy.deepcopy(raw)
        stamped["metadata"]["resourceVersion"] = str(next(self.versions))
        return stamped

    def _note(self, write: str) -> None:
        self.writes.append(write)
        if faults := self.faults.get(write.partition(" ")[0]):
            raise faults.pop(0)
        if write.partition(" ")[2] in self.absent:
            raise Missing("404 page not found")

    def _found(self, resource: Resource, namespace: str | None) -> list[dict[str, Any]]:
        if namespace in self.forbidden:
            raise Forbidden("forbidden")
        found = {VIDEOJOBS: self.videojobs, JOBS: self.jobs, PODS: self.pods}[resource]
        return [raw for raw in found.values() if namespace in {None, raw["metadata"]["namespace"]}]

    async def pages(self, resource: Resource, namespace: str | None) -> AsyncIterator[Page]:
        self._note(f"list {resource.plural}")
        version = str(next(self.versions))
        for raw in self._found(resource, namespace):
            yield Page([copy.deepcopy(raw)], version)
        yield Page([], version)

    async def metadata(self, resource: Resource, namespace: str | None) -> AsyncIterator[Page]:
        self._note(f"metadata {resource.plural}")
        version = str(next(self.versions))
        yield Page([{"metadata": copy.deepcopy(raw["metadata"])} for raw in self._found(resource, namespace)], version)

    async def fetch(self, resource: Resource, namespace: str, name: str) -> dict[str, Any] | None:
        self._note(f"fetch {resource.plural}")
        found = (raw for raw in self._found(resource, namespace) if raw["metadata"]["name"] == name)
        return copy.deepcopy(next(found, None))

    async def probe(self, resource: Resource, _namespace: str | None) -> None:
        self._note(f"probe {resource.plural}")

    async def is_discoverable(self, resource: Resource) -> bool:
        self._note(f"discover {resource.plural}")
        return True

    async def changes(
        self, _resource: Resource, _namespace: str | None, _since: str, _silence: float
    ) -> AsyncIterator[Change]:
        """Nothing changes."""
        await asyncio.Event().wait()
        yield Change("BOOKMARK", {})

    async def put_status(self, job: VideoJob, status: VideoJobStatus) -> dict[str, Any]:
        return await self.put_raw_status(job, status.to_json_object())

    async def put_raw_status(self, job: VideoJob, status: dict[str, Any]) -> dict[str, Any]:
        self._note(f"status {status.get('phase')}")
        raw = self.videojobs.get(job.name)
        if raw is None:
            raise Missing("no such VideoJob")
        if raw["metadata"]["resourceVersion"] != job.resource_version:
            raise Conflict("the object has been modified")
        self.videojobs[job.name] = self._stamped({**raw, "status": status})
        return copy.deepcopy(self.videojobs[job.name])

    async def create_job(self, manifest: dict[str, Any]) -> dict[str, Any]:
        name = manifest["metadata"]["name"]
        self._note(f"create {name}")
        if name not in self.jobs:
            manifest = {**manifest, "metadata": {**manifest["metadata"], "uid": f"uid-of-{name}"}}
            self.jobs[name] = self._stamped(manifest)
        return copy.deepcopy(self.jobs[name])

    async def pods_of(self, _namespace: str, job: str) -> list[dict[str, Any]]:
        self._note(f"pods {job}")
        uid = self.jobs.get(job, {"metadata": {"uid": ""}})["metadata"]["uid"]
        return [copy.deepcopy(pod) for pod in self.pods.values() if pod["metadata"]["ownerReferences"][0]["uid"] == uid]

    async def why_no_pod(self, _namespace: str, _job_uid: str) -> str:
        return ""

    async def delete_job(self, _namespace: str, name: str, uid: str) -> None:
        self._note(f"delete {name}")
        assert self.jobs.get(name, {"metadata": {"uid": uid}})["metadata"]["uid"] == uid
        self.jobs.pop(name, None)

    async def end_job(self, _namespace: str, name: str, _uid: str, failure: FailureClass) -> dict[str, Any]:
        self._note(f"end {name}")
        return self._changed(name, names.ANNOTATION_FAILURE, failure.value)

    async def nudge_job(self, _namespace: str, name: str, _uid: str, now: datetime) -> dict[str, Any]:
        self._note(f"nudge {name}")
        return self._changed(name, names.ANNOTATION_NUDGE, now.isoformat())

    def _changed(self, name: str, annotation: str, value: str) -> dict[str, Any]:
        job = self.jobs[name]
        metadata = {**job["metadata"], "annotations": {**job["metadata"].get("annotations", {}), annotation: value}}
        self.jobs[name] = self._stamped({**job, "metadata": metadata})
        return copy.deepcopy(self.jobs[name])

    async def delete_videojob(self, job: VideoJob) -> None:
        self._note(f"delete-videojob {job.name}")
        self.videojobs.pop(job.name, None)

    async def create_event(self, manifest: dict[str, Any]) -> None:
        self._note(f"event {manifest['reason']}")
        self.events.append(manifest)
