"""An API server in memory for `Reconciler`: the CRD's schema, resource versions, conflicts, and faults on demand."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Collection
from datetime import datetime
from itertools import count
from typing import Any

from tests.unit.operator.api_schema import Schema, defaulted, faults_of, pruned, todays_schema
from videojob import names
from videojob.status import Failure, VideoJobStatus
from videotutor_operator.cluster.requests import Change, Message, Messages, Page
from videotutor_operator.cluster.resources import JOBS, PODS, VIDEOJOBS, Resource
from videotutor_operator.core.model import VideoJob
from videotutor_operator.errors import ClusterError, Conflict, Forbidden, Missing, Refused
from videotutor_operator.times import stamp_micro


class FakeCluster:
    """The writes that the operator makes, noted in `writes`; `faults` are raised in their order, one a write.

    `absent`: kinds (plural) that are not served, such as when their CRD is deleted. `forbidden`: namespaces that the
    operator has no rights in.

    `warnings`: the latest warning of a pod by its uid.

    `made`: the tasks of all Jobs that were ever created. `schema`: that of the CRD. VideoJobs are pruned and validated
    by it when they are written, and have its defaults whenever they are read.
    """

    def __init__(self, schema: Schema | None = None) -> None:
        self.schema = schema or todays_schema()
        self.versions = count(100)
        self.videojobs: dict[str, dict[str, Any]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.pods: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.writes: list[str] = []
        self.made: list[str] = []
        self.faults: dict[str, list[ClusterError]] = {}
        self.absent: set[str] = set()
        self.forbidden: set[str] = set()
        self.warnings: dict[str, str] = {}

    def add_videojob(self, name: str = "calculus", **spec: Any) -> dict[str, Any]:
        identity = {"name": name, "namespace": "lessons", "uid": f"uid-of-{name}", "generation": 1}
        wanted = {"prompt": "Hi", "sessionId": "s1", **spec}
        self.videojobs[name] = self._stamped({"metadata": identity, "spec": self._accepted("spec", wanted, name)})
        return self.videojobs[name]

    def edit(self, name: str = "calculus", **spec: Any) -> dict[str, Any]:
        """A user changes fields of the spec; None removes one."""
        before = self.videojobs[name]
        metadata = {**before["metadata"], "generation": before["metadata"]["generation"] + 1}
        edited = {**before, "metadata": metadata, "spec": self._accepted("spec", {**before["spec"], **spec}, name)}
        self.videojobs[name] = self._stamped(edited)
        return self.read(name)

    def read(self, name: str) -> dict[str, Any]:
        """A VideoJob as the API server answers with it."""
        raw = copy.deepcopy(self.videojobs[name])
        for part in ("spec", "status"):
            if part in raw:
                raw[part] = defaulted(raw[part], self._schema_of(part))
        return raw

    def _schema_of(self, part: str) -> Schema:
        found: Schema = self.schema["properties"][part]
        return found

    def _accepted(self, part: str, value: dict[str, Any], name: str) -> dict[str, Any]:
        """The spec or the status as it is stored.

        Raises:
            Refused: the schema does not allow it.
        """
        schema = self._schema_of(part)
        stored: dict[str, Any] = defaulted(pruned(copy.deepcopy(value), schema), schema)
        if faults := list(faults_of(stored, schema, part)):
            raise Refused(f'VideoJob.videotutor.dev "{name}" is invalid: {", ".join(faults)}')
        return stored

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
            name = raw["metadata"]["name"]
            yield Page([self.read(name) if resource is VIDEOJOBS else copy.deepcopy(raw)], version)
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
        return self._put_status(job, status.to_json_object(), status.phase)

    async def put_raw_status(self, job: VideoJob, status: dict[str, Any]) -> dict[str, Any]:
        return self._put_status(job, status, "raw")

    def _put_status(self, job: VideoJob, status: dict[str, Any], about: str) -> dict[str, Any]:
        """The answer has the resource version of before where nothing changed."""
        self._note(f"status {about}")
        raw = self.videojobs.get(job.name)
        if raw is None:
            raise Missing("no such VideoJob")
        if raw["metadata"]["resourceVersion"] != job.resource_version:
            raise Conflict("the object has been modified")
        stored = {**raw, "status": self._accepted("status", status, job.name)}
        if stored != raw:
            self.videojobs[job.name] = self._stamped(stored)
        return self.read(job.name)

    async def create_job(self, manifest: dict[str, Any]) -> dict[str, Any]:
        name = manifest["metadata"]["name"]
        self._note(f"create {name}")
        if name not in self.jobs:
            self.made.append(manifest["metadata"]["labels"][names.LABEL_TASK])
            manifest = {**manifest, "metadata": {**manifest["metadata"], "uid": f"uid-of-{name}"}}
            self.jobs[name] = self._stamped(manifest)
        return copy.deepcopy(self.jobs[name])

    async def pods_of(self, _namespace: str, job: str) -> list[dict[str, Any]]:
        self._note(f"pods {job}")
        uid = self.jobs.get(job, {"metadata": {"uid": ""}})["metadata"]["uid"]
        return [copy.deepcopy(pod) for pod in self.pods.values() if pod["metadata"]["ownerReferences"][0]["uid"] == uid]

    async def delete_job(self, _namespace: str, name: str, uid: str) -> None:
        self._note(f"delete {name}")
        assert self.jobs.get(name, {"metadata": {"uid": uid}})["metadata"]["uid"] == uid
        self.jobs.pop(name, None)

    async def end_job(self, _namespace: str, name: str, _uid: str, failure: Failure) -> dict[str, Any]:
        self._note(f"end {name}")
        self._annotated(name, names.ANNOTATION_MESSAGE, failure.message)
        return self._annotated(name, names.ANNOTATION_FAILURE, failure.class_.value)

    async def nudge_job(self, _namespace: str, name: str, _uid: str, now: datetime) -> dict[str, Any]:
        self._note(f"nudge {name}")
        return self._annotated(name, names.ANNOTATION_NUDGE, stamp_micro(now))

    def _annotated(self, name: str, annotation: str, value: str) -> dict[str, Any]:
        if name not in self.jobs:
            raise Missing("no such Job")
        job = copy.deepcopy(self.jobs[name])
        job["metadata"].setdefault("annotations", {})[annotation] = value
        self.jobs[name] = self._stamped(job)
        return copy.deepcopy(self.jobs[name])

    async def messages(self, _namespace: str, _events: str, uids: Collection[str]) -> Messages:
        return Messages({uid: Message(self.warnings[uid]) for uid in uids if uid in self.warnings})

    async def delete_videojob(self, job: VideoJob) -> None:
        self._note(f"delete-videojob {job.name}")
        self.videojobs.pop(job.name, None)

    async def create_event(self, manifest: dict[str, Any]) -> None:
        self._note(f"event {manifest['reason']}")
        self.events.append(manifest)
