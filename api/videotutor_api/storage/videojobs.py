"""VideoJobs: read from the cache, written to the Kubernetes API."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import Any

from kubernetes.aio.utils.retry import DEFAULT_RETRY, on_error

from videojob import API_GROUP, API_VERSION, KIND
from videojob.names import MANAGED_BY, MANAGER
from videojob.spec import VideoJobSpec
from videotutor_api.errors import NotFoundError, UnavailableError
from videotutor_api.storage.cache import Owner, VideoJobCache
from videotutor_api.storage.collection import Collection
from videotutor_api.storage.kubernetes_errors import KubernetesError, service_error
from videotutor_api.storage.videojob import VideoJob, read_videojob
from videotutor_api.storage.watcher import Watcher

MISSES_PER_SECOND = 20
"""Names that are not in the cache and are read from Kubernetes: those that another replica created just now. Beyond
that, the cache decides."""

READS_PER_SECOND = 50
"""VideoJobs whose details do not fit in memory and are read from Kubernetes."""

STARTING_SECONDS = 2
"""Retry-After until the first list is complete."""


class AlreadyExistsError(Exception):
    """A VideoJob of this name exists."""


@dataclass(frozen=True)
class Change:
    """What is to be different: fields of the spec, and annotations."""

    spec: dict[str, Any]
    annotations: dict[str, str]


class VideoJobs:
    """The VideoJobs of one namespace. Methods raise `ServiceError` where Kubernetes refuses or does not answer."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._cache = VideoJobCache()
        self._misses, self._reads = _PerSecond(MISSES_PER_SECOND), _PerSecond(READS_PER_SECOND)
        self.watcher = Watcher(collection, self._cache)

    async def create(self, name: str, spec: VideoJobSpec, labels: dict[str, str] | None = None) -> None:
        """Create a VideoJob; `labels` are added to the manager's.

        Raises:
            AlreadyExistsError: there is one of this name.
        """
        body = {
            "apiVersion": f"{API_GROUP}/{API_VERSION}",
            "kind": KIND,
            "metadata": {"name": name, "labels": {MANAGED_BY: MANAGER, **(labels or {})}},
            "spec": spec.to_json_object(),
        }
        try:
            self._cache.put(await self._collection.create(body))
        except KubernetesError as error:
            # A conflict may also be about a quota's count.
            if error.status == HTTPStatus.CONFLICT and error.reason == "AlreadyExists":
                raise AlreadyExistsError(name) from error
            raise service_error(error) from error

    async def get(self, name: str) -> VideoJob:
        """One VideoJob as the cache has it; Kubernetes is requested where it has none.

        Raises:
            NotFoundError: there is none.
        """
        if job := self._cache.get(name):
            return job
        if self._cache.summary(name):
            if not self._reads.take():
                raise UnavailableError(f"too many videos are being read; {name} is one of them", 1)
            return await self.get_current(name)
        if self.watcher.is_connected and self._cache.was_deleted(name):
            raise _not_found(name)
        if not self._misses.take():
            if self.watcher.is_connected:
                raise _not_found(name)
            raise UnavailableError("Kubernetes sends no changes of videos", STARTING_SECONDS)
        return await self.get_current(name)

    async def get_current(self, name: str) -> VideoJob:
        """One VideoJob as Kubernetes has it.

        Raises:
            NotFoundError: there is none.
        """
        try:
            found = await self._collection.get(name)
        except KubernetesError as error:
            raise _error(error, name) from error
        self._cache.put(found)
        return read_videojob(found)

    def exists(self, name: str) -> bool:
        """Whether there is a VideoJob of this name, as far as this process has seen."""
        return self._cache.summary(name) is not None

    def was_deleted(self, name: str, owner: Owner) -> bool:
        """Whether an owner's VideoJob was deleted within the last minutes, as far as this process has seen."""
        return self._cache.was_deleted(name, owner)

    def page(self, limit: int, after: str, accept: Callable[[VideoJob], bool]) -> tuple[tuple[VideoJob, ...], str]:
        """At most `limit` summaries behind the name `after`, and the name after which more come, or an empty one.

        Raises:
            UnavailableError: the first list is not complete.
        """
        if not self.watcher.synced.is_set():
            raise UnavailableError("the list of videos is being loaded", STARTING_SECONDS)
        found = list(islice((job for job in self._cache.summaries(after) if accept(job)), limit + 1))
        items = tuple(found[:limit])
        return items, items[-1].name if len(found) > limit else ""

    async def change(self, name: str, change: Callable[[VideoJob], Change | None]) -> None:
        """Merge into the VideoJob what `change` makes of it as it is; None: nothing is written.

        The patch holds for the version that was read only; after a conflict with another writer it is read and decided
        again, five times at most, as client-go does.

        Raises:
            NotFoundError: there is none.
        """

        async def attempt() -> None:
            found = await self._collection.get(name)
            if wanted := change(read_videojob(found)):
                version = found["metadata"]["resourceVersion"]
                metadata = {"resourceVersion": version, "annotations": wanted.annotations}
                self._cache.put(await self._collection.patch(name, {"metadata": metadata, "spec": wanted.spec}))

        await self._retry(name, attempt)

    async def _retry(self, name: str, attempt: Callable[[], Awaitable[None]]) -> None:
        try:
            await on_error(DEFAULT_RETRY, _is_conflict, attempt)
        except KubernetesError as error:
            if _is_conflict(error):
                raise UnavailableError(f"{name} is being changed by another request", 1) from error
            raise _error(error, name) from error

    async def delete(self, name: str, decide: Callable[[VideoJob], bool]) -> None:
        """Delete a VideoJob where `decide` says so of it as it is.

        Raises:
            NotFoundError: there is none.
        """

        async def attempt() -> None:
            job = read_videojob(await self._collection.get(name))
            if decide(job):
                await self._collection.delete(name, job.version)
                self._cache.delete(name, job.version)

        await self._retry(name, attempt)


class _PerSecond:
    """Permits so many calls a second."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._second = 0
        self._taken = 0

    def take(self) -> bool:
        """Whether one more is permitted now."""
        second = int(time.monotonic())
        self._taken = self._taken + 1 if second == self._second else 1
        self._second = second
        return self._taken <= self._most


def _is_conflict(error: Exception) -> bool:
    return isinstance(error, KubernetesError) and error.status == HTTPStatus.CONFLICT


def _not_found(name: str) -> NotFoundError:
    return NotFoundError(f"there is no video named {name}")


def _error(error: KubernetesError, name: str) -> Exception:
    return _not_found(name) if error.is_missing(name) else service_error(error)
