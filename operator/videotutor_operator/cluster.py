"""The only module that talks to the API server on the operator's own account: lists, and every write."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from kubernetes.aio import client, config

from videojob import API_GROUP, API_VERSION, KIND, PLURAL, names
from videojob.status import VideoJobStatus
from videotutor_operator.counting import counted
from videotutor_operator.errors import ClusterError, Conflict, Forbidden, Missing, Refused
from videotutor_operator.model import VideoJob

TIMEOUT_SECONDS = 15
"""Longest wait for one answer."""

PAGE = 250
"""Objects asked for at once: a list of many is never in memory as a whole, nor is anything held up by reading it."""

MANAGED = f"{names.MANAGED_BY}={names.MANAGER}"
"""Label selector of the Jobs and pods that are ours."""

_ERRORS: dict[int, type[ClusterError]] = {400: Refused, 403: Forbidden, 404: Missing, 409: Conflict, 422: Refused}


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of object, as the API server's paths name it, and which of its objects are ours."""

    api: str
    plural: str
    selector: str = ""

    def path(self, namespace: str | None, name: str = "") -> str:
        """Where the objects of a namespace are, or those of all, or one of them."""
        within = f"namespaces/{namespace}/" if namespace else ""
        return f"/{self.api}/{within}{self.plural}" + (f"/{name}" if name else "")


VIDEOJOBS = Resource(f"apis/{API_GROUP}/{API_VERSION}", PLURAL)
JOBS = Resource("apis/batch/v1", "jobs", MANAGED)
PODS = Resource("api/v1", "pods", MANAGED)
EVENTS = Resource("apis/events.k8s.io/v1", "events")
LEASES = Resource("apis/coordination.k8s.io/v1", "leases")


async def connect() -> client.ApiClient:
    """A client with the pod's service account, or else with KUBECONFIG.

    Raises:
        ClusterError: there is neither.
    """
    configuration = client.Configuration()
    try:
        config.load_incluster_config(configuration)
    except config.ConfigException:
        try:
            await config.load_kube_config(client_configuration=configuration)
        except config.ConfigException as error:
            raise ClusterError(f"no service account and no usable KUBECONFIG: {error}") from error
    configuration.trace_configs = [counted()]
    # Without this aiohttp looks for ~/.netrc and for proxies at each request: a tenth of the operator's time.
    configuration.client_session_kwargs = {"trust_env": False}
    return client.ApiClient(configuration)


class Cluster:
    """A cluster, or the part of it that is served: one namespace, or all where `served` is None."""

    def __init__(self, api: client.ApiClient, served: str | None) -> None:
        self._api = api
        self._served = served
        self.may_write: Callable[[], bool] = lambda: True
        """Asked right before each write that only a leader makes."""

    async def pages(self, resource: Resource) -> AsyncIterator[list[dict[str, Any]]]:
        """Every object of ours of one kind, some at a time, as they were when the first page was asked for.

        Raises:
            ClusterError: a page failed, or came so late that the API server has forgotten where to go on.
        """
        query = [("limit", str(PAGE)), *([("labelSelector", resource.selector)] if resource.selector else [])]
        position: str | None = None
        while position != "":
            following = [("continue", position)] if position is not None else []
            answer = await self._call("GET", resource.path(self._served), query=query + following)
            position = answer.get("metadata", {}).get("continue", "")
            yield answer.get("items") or []

    async def put_status(self, job: VideoJob, status: VideoJobStatus) -> dict[str, Any]:
        """Replace the whole status, if the VideoJob is still the one that was looked at.

        Raises:
            Conflict: it changed meanwhile.
        """
        body = {
            "apiVersion": f"{API_GROUP}/{API_VERSION}",
            "kind": KIND,
            "metadata": {"name": job.name, "uid": job.uid, "resourceVersion": job.resource_version},
            "status": status.to_json_object(),
        }
        return await self._write("PUT", f"{VIDEOJOBS.path(job.namespace, job.name)}/status", body)

    async def create_job(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """Create a Job, or find the one of that name that the same VideoJob owns already.

        Raises:
            Conflict: a Job of that name is another's or is being removed, such as that of a deleted VideoJob.
            Refused: the API server would never take it.
        """
        namespace, name = manifest["metadata"]["namespace"], manifest["metadata"]["name"]
        try:
            return await self._write("POST", JOBS.path(namespace), manifest)
        except Conflict:
            existing = await self._call("GET", JOBS.path(namespace, name))
        (owner,) = manifest["metadata"]["ownerReferences"]
        metadata = existing["metadata"]
        ours = any(found["uid"] == owner["uid"] for found in metadata.get("ownerReferences") or [])
        if not ours or "deletionTimestamp" in metadata:
            state = "is still being removed" if "deletionTimestamp" in metadata else "belongs to another owner"
            raise Conflict(f"there is a Job {name} already, which {state}")
        return existing

    async def delete_job(self, namespace: str, name: str, uid: str) -> None:
        """End a Job and its pods; it is fine when there is no such Job."""
        await self._delete(JOBS.path(namespace, name), {"uid": uid})

    async def set_deadline(self, namespace: str, name: str, uid: str, seconds: int) -> dict[str, Any]:
        """Change the deadline of a Job, in seconds from its start; the answer is the Job.

        Raises:
            Conflict: the Job of that name is another one by now.
            Missing: there is none.
        """
        body = {"metadata": {"uid": uid}, "spec": {"activeDeadlineSeconds": seconds}}
        return await self._write("PATCH", JOBS.path(namespace, name), body)

    async def delete_videojob(self, job: VideoJob) -> None:
        """Delete a VideoJob as it was looked at, so that an edit made meanwhile is not lost."""
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
        """A Lease.

        Raises:
            Missing: there is none.
        """
        return await self._call("GET", LEASES.path(namespace, name))

    async def write_lease(self, lease: dict[str, Any]) -> dict[str, Any]:
        """Create a Lease, or replace it as it was read. Whoever wants to lead may.

        Raises:
            Conflict: it was created or changed meanwhile.
        """
        namespace, name = lease["metadata"]["namespace"], lease["metadata"]["name"]
        if "resourceVersion" in lease["metadata"]:
            return await self._call("PUT", LEASES.path(namespace, name), body=lease)
        return await self._call("POST", LEASES.path(namespace), body=lease)

    async def _write(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if not self.may_write():
            raise ClusterError(f"{method} {path}: not sent, since this process does not lead")
        return await self._call(method, path, body=body)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: list[tuple[str, str]] | None = None,
        body: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        sent = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "Content-Type": sent}
        _, url, headers, *_ = await self._api.param_serialize(
            method, path, query_params=query, header_params=headers, auth_settings=["BearerToken"]
        )
        try:  # the body is JSON as it is: the client would walk through it for models and dates
            response = await self._api.call_api(method, url, headers, body, _request_timeout=TIMEOUT_SECONDS)
            data = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ClusterError(f"{method} {path}: {type(error).__name__}: {error}") from error
        return _answer(method, path, response.status, data)


def _answer(method: str, path: str, status: int, data: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(data)
    except ValueError:
        answer = {}
    if status < 300 and isinstance(answer, dict):  # noqa: PLR2004 -- HTTP's own border of success
        return answer
    message = answer.get("message", "") if isinstance(answer, dict) else ""
    raise _ERRORS.get(status, ClusterError)(message or f"{method} {path} answered {status}")
