"""The thin layer of Kopf: every event of a VideoJob goes into the cache and puts its key on the queue."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, cast

import kopf

from videojob import API_GROUP, API_VERSION, PLURAL
from videotutor_operator.cluster.requests import PAGE, WATCH_SECONDS
from videotutor_operator.errors import ClusterError
from videotutor_operator.observed.cache import Cache
from videotutor_operator.queue import WorkQueue
from videotutor_operator.watching.freshness import Freshness

IDLE_SECONDS = 0.1
"""How long Kopf keeps the last event of an object, and a task that waits for the next one; a list makes one of each."""

STOP_SECONDS = 1.0
"""How long Kopf's tasks may take to end."""


class _NoDiffs(kopf.DiffBaseStorage):
    """Kopf copies every object of every event to compare it later; there are no handlers that compare."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        return cast("kopf.BodyEssence", {})

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        """Nothing is stored."""


class _NoProgress(kopf.ProgressStorage):
    """There are no handlers whose progress would be kept in annotations."""

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        """Nothing is stored."""

    def purge(self, **_: Any) -> None:
        """Nothing is stored."""

    def touch(self, **_: Any) -> None:
        """Nothing is stored."""

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        return essence


def kopf_settings(inactivity: float) -> kopf.OperatorSettings:
    """Kopf with everything off that writes: no events, no peering, no scan of the cluster's kinds."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.watching.server_timeout = WATCH_SECONDS
    settings.watching.client_timeout = WATCH_SECONDS + 30
    settings.watching.inactivity_timeout = inactivity
    settings.watching.connect_timeout = 10
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 10
    settings.watching.chunk_size = PAGE
    settings.queueing.idle_timeout = IDLE_SECONDS
    settings.persistence.diffbase_storage = _NoDiffs()
    settings.persistence.progress_storage = _NoProgress()
    return settings


def registry(cache: Cache, queue: WorkQueue, freshness: Freshness) -> kopf.OperatorRegistry:
    """The handlers. Only `on.event`: no finalizer, no annotation, nothing that depends on the order of changes."""
    handlers = kopf.OperatorRegistry()

    async def on_event(event: kopf.RawEvent, **_: Any) -> None:
        freshness.note(PLURAL)
        raw: dict[str, Any] = dict(event["object"])
        key = cache.drop_videojob(raw) if event["type"] == "DELETED" else cache.put_videojob(raw)
        if key is not None:
            queue.add(key)

    freshness.note(PLURAL)
    kopf.on.event(API_GROUP, API_VERSION, PLURAL, id="videojob", registry=handlers)(on_event)
    kopf.on.login(id="login", registry=handlers)(freshness.login)
    return handlers


async def watch(
    served: str | None, handlers: kopf.OperatorRegistry, on_signals: Callable[[], None], inactivity: float
) -> None:
    """Follow one namespace, or all (None), until cancelled.

    Kopf takes the process's signals for itself; `on_signals` takes them back. A watch that is silent for `inactivity`
    seconds, bookmarks included, is made anew. `kopf.run_tasks` is not used: when a watch fails it cancels every task of
    the process that is younger than Kopf, and then waits without end for a watch that takes no cancellation.

    Raises:
        ClusterError: watching is impossible, such as when the API server answers 4xx.
    """
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)
    scope: dict[str, Any] = {"namespaces": [served]} if served else {"clusterwide": True}
    tasks = await kopf.spawn_tasks(registry=handlers, settings=kopf_settings(inactivity), standalone=True, **scope)
    on_signals()
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=STOP_SECONDS)
    why = "; ".join("cancelled" if task.cancelled() else str(task.exception()) for task in done)
    raise ClusterError(f"the watches ended: {why}")
