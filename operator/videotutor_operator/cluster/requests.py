"""The operator's requests to the API server: lists, watches of Jobs and pods, and every write."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NamedTuple

from pydantic_core import from_json

from videojob import API_GROUP, API_VERSION, KIND, names
from videojob.status import Failure, VideoJobStatus
from videotutor_operator.cluster.resources import CORE_EVENTS, EVENTS, JOBS, LEASES, PODS, VIDEOJOBS, Resource
from videotutor_operator.cluster.wire import JSON, METADATA_LIST, Request, Response, Wire
from videotutor_operator.core.model import VideoJob
from videotutor_operator.errors import ClusterError, Conflict, Expired, Forbidden, Missing, Refused, TooLarge
from videotutor_operator.rate import TokenBucket
from videotutor_operator.times import parse, stamp_micro

FIRST_PAGE = 10
"""Objects in the first page of a list, before their size is known."""
PAGE_BYTES = 4 * 2**20
"""Target size of the next pages."""
LARGEST_PAGE_BYTES = 2 * PAGE_BYTES
"""A page of more objects than one is read up to this size; a larger one is requested again with fewer objects."""
NO_POD_EVENTS = "involvedObject.kind=Job,reason=FailedCreate"
NOT_STARTED_EVENTS = "involvedObject.kind=Pod,type=Warning,reason!=FailedScheduling,reason!=Failed"
"""Field selectors of the events that say why a Job has no pod, and why a pod that has a node does not start.

`Failed` is about a container, whose state says more.
"""
LONGEST_EVENT = 1024
"""Characters that are read of an event's message: Kubernetes' own limit, for events of events.k8s.io."""
MOST_PER_PAGE = 500
"""Objects in a page at most."""

WRITES_PER_SECOND = 50.0
"""Writes of the leader on average; twice as many may be sent at once. Leases are exempt."""

DENIED = re.compile(r"\bdenied (the )?request\b")
"""In the message of an admission webhook or policy that refuses an object. A policy's own code is 422 unless it names
another, as if the object were invalid (kubernetes.io, ValidatingAdmissionPolicy, `reason`)."""

WATCH_SECONDS = 300
"""Duration of one watch request. A dead connection is noticed earlier, since no bookmarks arrive."""


class Page(NamedTuple):
    """A part of a list, and the version of the whole list, from which a watch may start."""

    items: list[dict[str, Any]]
    version: str


class Change(NamedTuple):
    """An event of a watch: ADDED, MODIFIED or DELETED; or BOOKMARK, whose object has only a version."""

    kind: str
    raw: dict[str, Any]


class Message(NamedTuple):
    """The text of an event, not redacted, and when it was seen last; empty and None where there is none."""

    text: str = ""
    at: datetime | None = None


class Messages(NamedTuple):
    """The latest message about each object, by its uid; whether these are all."""

    by_uid: Mapping[str, Message] = MappingProxyType({})
    complete: bool = True


class Cluster:
    """The API server. `namespace` is None in requests for the objects of all namespaces."""

    def __init__(self, wire: Wire, writes_per_second: float = WRITES_PER_SECOND) -> None:
        self._wire = wire
        self._writes = TokenBucket(writes_per_second, burst=2 * writes_per_second)
        self.may_write: Callable[[], bool] = lambda: True
        """Called before each write that needs leadership."""
        self.progress: Callable[[], None] = lambda: None
        """Called at the end of each request, in the task that made it."""

    async def _exchange(self, request: Request) -> Response:
        try:
            return await self._wire.exchange(request)
        finally:
            self.progress()

    async def _call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        return (await self._exchange(Request(method, path, [], body))).parsed

    async def probe(self, resource: Resource, namespace: str | None) -> None:
        """Request the metadata of one object of a kind.

        Raises:
            ClusterError: the API server does not answer, or does not serve the kind.
        """
        query = [("limit", "1"), *resource.query]
        await self._exchange(Request("GET", resource.path(namespace), query, accept=METADATA_LIST))

    async def is_discoverable(self, resource: Resource) -> bool:
        """Whether the API server lists a kind in its discovery documents, which may lag behind serving it.

        Raises:
            ClusterError: the API server does not answer.
        """
        _, group, _ = resource.api.split("/")
        groups = await self._call("GET", "/apis")
        if group not in {found["name"] for found in groups.get("groups", [])}:
            return False
        kinds = await self._call("GET", f"/{resource.api}")
        return resource.plural in {found["name"] for found in kinds.get("resources", [])}

    async def pages(self, resource: Resource, namespace: str | None, accept: str = JSON) -> AsyncIterator[Page]:
        """List every object of ours of one kind, as they were when the first page was requested.

        Pages adapt to the size of the objects, so that few large ones are in memory at once.

        Raises:
            ClusterError: a page failed, or came so late that the API server has forgotten the rest (Expired).
        """
        limit, objects, size = FIRST_PAGE, 0, 0
        position: str | None = None
        while position != "":
            following = [("continue", position)] if position is not None else []
            query = [("limit", str(limit)), *following, *resource.query]
            largest = LARGEST_PAGE_BYTES if limit > 1 else None
            request = Request("GET", resource.path(namespace), query, accept=accept, largest=largest)
            try:
                response = await self._exchange(request)
            except TooLarge:
                limit = max(limit // 4, 1)
                continue
            page, position = _page(response.parsed)
            if page.items:
                objects, size = objects + len(page.items), size + response.size
                mean = max(size / objects, response.size / len(page.items))
                limit = min(max(int(PAGE_BYTES / mean), 1), MOST_PER_PAGE)
            yield page

    def metadata(self, resource: Resource, namespace: str | None) -> AsyncIterator[Page]:
        """List the metadata of every object of ours of one kind.

        Raises:
            ClusterError: as `pages`.
        """
        return self.pages(resource, namespace, METADATA_LIST)

    async def fetch(self, resource: Resource, namespace: str, name: str) -> dict[str, Any] | None:
        """Request one object by a list of it, since the operator may list but not get pods; None where there is none.

        Raises:
            ClusterError: the list failed.
        """
        query = [("fieldSelector", f"metadata.name={name}"), *resource.query]
        page, _ = _page((await self._exchange(Request("GET", resource.path(namespace), query))).parsed)
        return page.items[0] if page.items else None

    async def changes(
        self, resource: Resource, namespace: str | None, since: str, silence: float
    ) -> AsyncIterator[Change]:
        """Watch the objects of ours of one kind from a version on, for `WATCH_SECONDS`.

        Raises:
            ClusterError: the watch broke, or sent nothing, not even a bookmark, for `silence` seconds.
            Expired: the version is too old: list again.
        """
        timing = [("watch", "true"), ("allowWatchBookmarks", "true"), ("timeoutSeconds", str(WATCH_SECONDS))]
        query = [*timing, ("resourceVersion", since), *resource.query]
        async for line in self._wire.stream(resource.path(namespace), query, silence):
            try:
                event = from_json(line, cache_strings="keys")  # values are read once, keys in each event
                kind, raw = event["type"], event["object"]
            except (ValueError, TypeError, KeyError) as error:
                raise ClusterError(
                    f"the watch of {resource.plural} sent a line that is not an event: {error!r}"
                ) from error
            if kind == "ERROR":
                wrong = Expired if raw.get("code") == HTTPStatus.GONE else ClusterError
                raise wrong(f"the watch of {resource.plural} failed: {raw.get('message')}")
            yield Change(kind, raw)

    async def put_status(self, job: VideoJob, status: VideoJobStatus) -> dict[str, Any]:
        """Replace the whole status, if the VideoJob has not changed since it was observed.

        Raises:
            Conflict: it changed.
        """
        return await self.put_raw_status(job, status.to_json_object())

    async def put_raw_status(self, job: VideoJob, status: dict[str, Any]) -> dict[str, Any]:
        """As `put_status`, with a status as JSON."""
        body = {
            "apiVersion": f"{API_GROUP}/{API_VERSION}",
            "kind": KIND,
            "metadata": {"name": job.name, "uid": job.uid, "resourceVersion": job.resource_version},
            "status": status,
        }
        return await self._write("PUT", f"{VIDEOJOBS.path(job.namespace, job.name)}/status", body)

    async def create_job(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """Create a Job, or return the one of that name that the same VideoJob owns already.

        Raises:
            Conflict: another Job has that name.
            Forbidden: a quota or an admission policy is against it, which may change.
            Refused: the API server never accepts it, or an admission webhook changes its labels, owner or template.
        """
        namespace, name = manifest["metadata"]["namespace"], manifest["metadata"]["name"]
        try:
            made = await self._write("POST", JOBS.path(namespace), manifest)
        except Conflict as error:
            try:
                return await self._existing_job(manifest)
            except Missing:  # a quota that others change answers 409 too (kubernetes#67761)
                raise ClusterError(str(error), error.retry_after) from error
        except Refused as error:
            if DENIED.search(str(error)):
                raise Forbidden(str(error), error.retry_after) from error
            raise
        if changed := changed_identity(manifest, made) or changed_template(manifest, made):
            await self.delete_job(namespace, name, made["metadata"]["uid"])
            raise Refused(
                f"an admission webhook changes {changed} of the Job: exclude Jobs with the label "
                f"{names.MANAGED_BY}={names.MANAGER} from it"
            )
        return made

    async def _existing_job(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """Return the Job of that name, if it is the same one.

        Raises:
            Conflict: it is not.
        """
        namespace, name = manifest["metadata"]["namespace"], manifest["metadata"]["name"]
        existing = await self._call("GET", JOBS.path(namespace, name))
        if "deletionTimestamp" in existing["metadata"]:
            raise Conflict(f"there is a Job {name} already, which is still being removed")
        if changed := changed_identity(manifest, existing):
            raise Conflict(f"there is a Job {name} already, which has other {changed}: delete it")
        return existing

    async def delete_job(self, namespace: str, name: str, uid: str) -> None:
        """Delete a Job and its pods, if they exist."""
        await self._delete(JOBS.path(namespace, name), {"uid": uid})

    async def end_job(self, namespace: str, name: str, uid: str, failure: Failure) -> dict[str, Any]:
        """Fail a Job now, for this failure: end its pods and keep the Job. Returns the Job.

        It sets a deadline that has passed, and records the failure on the Job, since its pods are removed.

        Raises:
            Conflict: the Job of that name is another one.
            Missing: there is none.
        """
        notes = {names.ANNOTATION_FAILURE: failure.class_.value, names.ANNOTATION_MESSAGE: failure.message}
        body = {
            "metadata": {"uid": uid, "annotations": notes},
            "spec": {"activeDeadlineSeconds": 1},
        }
        return await self._write("PATCH", JOBS.path(namespace, name), body)

    async def nudge_job(self, namespace: str, name: str, uid: str, now: datetime) -> dict[str, Any]:
        """Change an annotation, so that the Job controller, which backs off for up to a minute, retries now.

        Raises:
            Conflict, Missing: as `end_job`.
        """
        body = {"metadata": {"uid": uid, "annotations": {names.ANNOTATION_NUDGE: stamp_micro(now)}}}
        return await self._write("PATCH", JOBS.path(namespace, name), body)

    async def pods_of(self, namespace: str, job: str) -> list[dict[str, Any]]:
        """The pods of a Job, as they are now; none where they are larger than pods are.

        A tenant that may create pods can label them like those of a Job.
        """
        query = [("labelSelector", f"batch.kubernetes.io/job-name={job}"), ("limit", "50")]
        request = Request("GET", PODS.path(namespace), query, largest=LARGEST_PAGE_BYTES)
        try:
            found = (await self._exchange(request)).parsed
        except TooLarge:
            return []
        return list(found.get("items") or [])

    async def messages(self, namespace: str, events: str, uids: Collection[str]) -> Messages:
        """The latest message about each of these objects, from at most `MOST_PER_PAGE` events.

        Raises:
            ClusterError: events cannot be read.
        """
        query = [("fieldSelector", events), ("limit", str(MOST_PER_PAGE))]
        request = Request("GET", CORE_EVENTS.path(namespace), query, largest=LARGEST_PAGE_BYTES)
        try:
            found = (await self._exchange(request)).parsed
        except TooLarge:  # anyone who may write events decides how long they are
            return Messages(complete=False)
        items: list[dict[str, Any]] = sorted(found.get("items") or [], key=_order)
        latest = {str(event["involvedObject"].get("uid")): event for event in items}
        by_uid = {uid: _message(latest[uid]) for uid in uids if uid in latest}
        return Messages(by_uid, not (found.get("metadata") or {}).get("continue"))

    async def message(self, namespace: str, events: str, uid: str) -> Message:
        """The latest message about an object.

        Raises:
            TooLarge: its events are longer than what is read.
            ClusterError: events cannot be read.
        """
        query = [("fieldSelector", f"involvedObject.uid={uid},{events}"), ("limit", "50")]
        request = Request("GET", CORE_EVENTS.path(namespace), query, largest=LARGEST_PAGE_BYTES)
        items: list[dict[str, Any]] = (await self._exchange(request)).parsed.get("items") or []
        return _message(max(reversed(items), key=_order)) if items else Message()

    async def delete_videojob(self, job: VideoJob) -> None:
        """Delete a VideoJob, if it has not changed since it was observed, so that no edit is lost."""
        preconditions = {"uid": job.uid, "resourceVersion": job.resource_version}
        await self._delete(VIDEOJOBS.path(job.namespace, job.name), preconditions)

    async def create_event(self, manifest: dict[str, Any]) -> None:
        """Create a Kubernetes event."""
        await self._write("POST", EVENTS.path(manifest["metadata"]["namespace"]), manifest)

    async def _delete(self, path: str, preconditions: dict[str, str]) -> None:
        body = {"propagationPolicy": "Background", "preconditions": preconditions}
        try:
            await self._write("DELETE", path, body)
        except Missing:
            return

    async def read_lease(self, namespace: str, name: str) -> dict[str, Any]:
        """Return a Lease.

        Raises:
            Missing: there is none.
        """
        return await self._call("GET", LEASES.path(namespace, name))

    async def write_lease(self, lease: dict[str, Any]) -> dict[str, Any]:
        """Create a Lease, or replace the one that was read. Needs no leadership.

        Raises:
            Conflict: it was created or changed since.
        """
        namespace, name = lease["metadata"]["namespace"], lease["metadata"]["name"]
        if "resourceVersion" in lease["metadata"]:
            return await self._call("PUT", LEASES.path(namespace, name), lease)
        return await self._call("POST", LEASES.path(namespace), lease)

    async def _write(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        await self._writes.acquire()
        if not self.may_write():
            raise ClusterError(f"{method} {path}: not sent, since this process does not lead")
        return await self._call(method, path, body)


def changed_identity(manifest: dict[str, Any], stored: dict[str, Any]) -> str:
    """Name the first part of a stored Job's identity (labels, owner) that differs from its manifest.

    A label that it should not have is another identity, too.
    """
    owners = {owner["uid"] for owner in stored["metadata"].get("ownerReferences") or []}
    if any(owner["uid"] not in owners for owner in manifest["metadata"]["ownerReferences"]):
        return "metadata.ownerReferences"
    pairs = {
        "metadata.labels": (manifest, stored),
        "spec.template.metadata.labels": (manifest["spec"]["template"], stored["spec"]["template"]),
    }
    for field, (wanted, found) in pairs.items():
        labels, kept = wanted["metadata"]["labels"], (found.get("metadata") or {}).get("labels") or {}
        for label in names.IDENTITY:
            if kept.get(label) != labels.get(label):
                return f"{field}[{label}]"
    return ""


def changed_template(manifest: dict[str, Any], made: dict[str, Any]) -> str:
    """Name the annotation with the digest of the podTemplate, where a Job was made with another value.

    Such a Job would be replaced at once, and the next one again.
    """
    wanted, found = (job["metadata"].get("annotations") or {} for job in (manifest, made))
    note = names.ANNOTATION_TEMPLATE
    return f"metadata.annotations[{note}]" if note in found and found[note] != wanted.get(note) else ""


def _page(parsed: dict[str, Any]) -> tuple[Page, str]:
    """Return a page and where the next one begins, empty after the last.

    Raises:
        ClusterError: not a list; as an empty one it would delete everything from the cache.
    """
    metadata, items = parsed.get("metadata"), parsed.get("items", "absent")
    if not isinstance(metadata, dict) or not metadata.get("resourceVersion") or not isinstance(items, list | None):
        raise ClusterError("the API server returned a list without items or without a version")
    return Page(items or [], metadata["resourceVersion"]), metadata.get("continue", "")


def _message(event: dict[str, Any]) -> Message:
    return Message(str(event.get("message") or "")[:LONGEST_EVENT], _moment(event))


def _moment(event: dict[str, Any]) -> datetime | None:
    """When an event was seen last."""
    series = event.get("series") or {}
    return parse(str(series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime") or ""))


def _order(event: dict[str, Any]) -> datetime:
    return _moment(event) or datetime.min.replace(tzinfo=UTC)
