"""VideoJobs in the Kubernetes API: the module that owns the client. Its exceptions end here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException, ConflictException
from kubernetes.aio.utils.retry import DEFAULT_RETRY, on_error

from videojob import API_GROUP, API_VERSION, KIND, PLURAL
from videojob.names import MANAGED_BY, MANAGER
from videojob.phases import TERMINAL
from videojob.spec import VideoJobSpec
from videojob.status import VideoJobStatus, read_status
from videotutor_api.kubernetes_errors import already_exists, problem_of, unreachable
from videotutor_api.problems import Problem, unavailable

TIMEOUT_SECONDS = 5.0
"""For one call: creating and reading take milliseconds; an answer after this is of no use to a waiting webhook."""

HEALTH_TIMEOUT_SECONDS = 1.0
"""For the question whether Kubernetes answers at all: below any sensible timeout of a probe."""


class AlreadyExistsError(Exception):
    """A VideoJob of this name exists."""


@dataclass(frozen=True)
class VideoJob:
    """A VideoJob as read.

    The spec is as Kubernetes keeps it, JSON that the CRD has checked, and a status that cannot be read says so in its
    message: one VideoJob of another version does not make a list of all of them impossible.
    """

    name: str
    generation: int
    created_at: str
    annotations: dict[str, str]
    spec: dict[str, Any]
    status: VideoJobStatus

    @property
    def observed(self) -> bool:
        """Whether the status speaks about the spec as it is now."""
        return self.status.observed_generation >= self.generation


@dataclass(frozen=True)
class Change:
    """What is to be different: fields of the spec, and annotations."""

    spec: dict[str, Any]
    annotations: dict[str, str]


@dataclass(frozen=True)
class Page:
    """Some of the VideoJobs, and where the next ones start; an empty token: there are no more."""

    items: tuple[VideoJob, ...]
    continue_token: str


class VideoJobs:
    """The VideoJobs of one namespace. Every method raises `Problem` when Kubernetes refuses or does not answer."""

    def __init__(self, api: client.ApiClient, namespace: str) -> None:
        self._objects = client.CustomObjectsApi(api)
        self._where = {"group": API_GROUP, "version": API_VERSION, "namespace": namespace, "plural": PLURAL}

    async def create(self, name: str, spec: VideoJobSpec, labels: dict[str, str] | None = None) -> None:
        """Create a VideoJob; `labels` are some beside our own.

        Raises:
            AlreadyExistsError: there is one of this name.
        """
        body = {
            "apiVersion": f"{API_GROUP}/{API_VERSION}",
            "kind": KIND,
            "metadata": {"name": name, "labels": {MANAGED_BY: MANAGER, **(labels or {})}},
            "spec": spec.to_json_object(),
        }
        async with _answered():
            try:
                await self._objects.create_namespaced_custom_object(**self._where, body=body, field_validation="Strict")
            except ConflictException as error:
                if already_exists(error):
                    raise AlreadyExistsError(name) from error
                raise

    async def get(self, name: str) -> VideoJob:
        """One VideoJob."""
        async with _answered(f"there is no video named {name}"):
            return _read(await self._objects.get_namespaced_custom_object(**self._where, name=name))

    async def page(self, limit: int, token: str | None, selector: dict[str, str]) -> Page:
        """At most `limit` VideoJobs in the order of their names; `selector`: field path -> value it must have."""
        wanted = {"limit": limit, "_continue": token, "field_selector": _field_selector(selector)}
        async with _answered():
            answer = await self._objects.list_namespaced_custom_object(
                **self._where, **{key: value for key, value in wanted.items() if value}
            )
        items = tuple(_read(item) for item in answer["items"])
        return Page(items=items, continue_token=answer["metadata"].get("continue") or "")

    async def unfinished(self, label: str, at_most: int) -> int:
        """How many VideoJobs with this label have not ended; counting stops at `at_most`."""
        unended = ",".join(f"status.phase!={phase}" for phase in sorted(TERMINAL))
        async with _answered():
            answer = await self._objects.list_namespaced_custom_object(
                **self._where, label_selector=label, field_selector=unended, limit=at_most
            )
        return len(answer["items"])

    async def change(self, name: str, change: Callable[[VideoJob], Change | None]) -> None:
        """Merge into the VideoJob what `change` makes of it as it is; None: nothing is written.

        The patch holds for the version that was read only; when another writer was faster, it is read and decided
        again, five times at most, as client-go does.
        """

        async def attempt() -> None:
            found = await self._objects.get_namespaced_custom_object(**self._where, name=name)
            if wanted := change(_read(found)):
                version = found["metadata"]["resourceVersion"]
                metadata = {"resourceVersion": version, "annotations": wanted.annotations}
                body = {"metadata": metadata, "spec": wanted.spec}
                await self._objects.patch_namespaced_custom_object(**self._where, name=name, body=body)

        async with _answered(f"there is no video named {name}"):
            try:
                await on_error(DEFAULT_RETRY, lambda error: isinstance(error, ConflictException), attempt)
            except ConflictException as error:
                raise unavailable(f"others change {name} at this moment", 1) from error

    async def reachable(self) -> bool:
        """Whether Kubernetes answers, and lets this API read VideoJobs."""
        try:
            async with asyncio.timeout(HEALTH_TIMEOUT_SECONDS):
                await self._objects.list_namespaced_custom_object(**self._where, limit=1)
        except (ApiException, aiohttp.ClientError, OSError):
            return False
        return True


@asynccontextmanager
async def _answered(not_found: str = "") -> AsyncIterator[None]:
    """Bounds the time of a call and turns every way it can fail into a problem."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            yield
    except ApiException as error:
        if not_found and error.status == HTTPStatus.NOT_FOUND:
            raise Problem(HTTPStatus.NOT_FOUND, not_found) from error
        raise problem_of(error) from error
    except (aiohttp.ClientError, OSError) as error:  # a timeout is an OSError
        raise unreachable(error) from error


def _read(found: dict[str, Any]) -> VideoJob:
    metadata = found["metadata"]
    status, unreadable = read_status(found.get("status") or {})
    if unreadable:
        message = f"This version of the API cannot read the status: {unreadable}"
        status = status.model_copy(update={"message": message})
    return VideoJob(
        name=metadata["name"],
        generation=metadata["generation"],
        created_at=metadata["creationTimestamp"],
        annotations=metadata.get("annotations") or {},
        spec=found["spec"],
        status=status,
    )


def _field_selector(selector: dict[str, str]) -> str:
    """Kubernetes' syntax: the values are ids and phases, which hold none of its special characters."""
    return ",".join(f"{path}={value}" for path, value in selector.items())
