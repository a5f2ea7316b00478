"""The watch of VideoJobs, which is Kopf's: every event goes into the cache and enqueues the VideoJob's key.

Kopf contributes the watch, its reconnects and its credentials. Its handlers, finalizers, annotations, events and
peering are off: a pass reads the cache, and optimistic concurrency decides between two writers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import kopf

from videojob import API_GROUP, API_VERSION, PLURAL
from videotutor_operator.cluster.requests import FIRST_PAGE, WATCH_SECONDS
from videotutor_operator.cluster.wire import USER_AGENT
from videotutor_operator.errors import ClusterError
from videotutor_operator.observed.cache import Cache
from videotutor_operator.queue import Enqueue
from videotutor_operator.watching.watch import Watch

IDLE_SECONDS = 0.1
"""How long Kopf keeps the last event of an object and a task that waits for the next one; a list creates both."""

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
    """Configure Kopf to write nothing: no events, no peering, no scan of the cluster's kinds."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.watching.server_timeout = WATCH_SECONDS
    settings.watching.client_timeout = WATCH_SECONDS + 30
    settings.watching.inactivity_timeout = inactivity
    settings.watching.connect_timeout = 10
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 10
    settings.watching.chunk_size = FIRST_PAGE
    settings.queueing.idle_timeout = IDLE_SECONDS
    settings.persistence.diffbase_storage = _NoDiffs()
    settings.persistence.progress_storage = _NoProgress()
    return settings


def registry(cache: Cache, enqueue: Enqueue, watch: Watch) -> kopf.OperatorRegistry:
    """Register the handlers. Only `on.event`: no finalizer, no annotation, no dependence on the order of changes."""
    handlers = kopf.OperatorRegistry()

    async def on_event(event: kopf.RawEvent, **_: Any) -> None:
        watch.note_sign_of_life()
        raw = cast("dict[str, Any]", event["object"])
        due = cache.drop_videojob(raw) if event["type"] == "DELETED" else cache.put_videojob(raw)
        for part in ("spec", "status"):  # Kopf keeps the event for a while: a storyboard of 1 MB is 10 MB as a dict
            raw.pop(part, None)
        if due:
            enqueue(*due)

    async def on_login(**kwargs: Any) -> kopf.AiohttpSession | None:
        return await login(watch, **kwargs)

    kopf.on.event(API_GROUP, API_VERSION, PLURAL, id="videojob", registry=handlers)(on_event)
    kopf.on.login(id="login", registry=handlers)(on_login)
    return handlers


async def login(watch: Watch, **kwargs: Any) -> kopf.AiohttpSession | None:
    """Return Kopf's credentials with a session that notes responses as signs of life; Kopf reports none."""
    found = kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)
    if found is None:
        return None

    async def note(_s: aiohttp.ClientSession, _c: SimpleNamespace, request: aiohttp.TraceRequestEndParams) -> None:
        if request.response.status == HTTPStatus.OK and request.url.path.endswith(f"/{PLURAL}"):
            watch.note_sign_of_life()

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(note)
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=found.as_ssl_context()),
        headers={**found.as_http_headers(), "User-Agent": USER_AGENT},
        proxy=found.proxy_url,
        trust_env=found.trust_env,
        trace_configs=[trace],
    )
    return kopf.AiohttpSession(
        aiohttp_session=session,
        server=found.server,
        priority=found.priority,
        default_namespace=found.default_namespace,
        expiration=found.expiration,
    )


async def follow(
    namespace: str | None, handlers: kopf.OperatorRegistry, on_signals: Callable[[], None], inactivity: float
) -> None:
    """Run Kopf for one namespace, or all (None), until cancelled.

    Kopf installs its own signal handlers; `on_signals` replaces them. A watch that is silent for `inactivity`
    seconds, bookmarks included, is requested again. `kopf.run_tasks` is not used: when a watch fails it cancels every
    task of the process that is younger than Kopf, and then waits forever for a watch that ignores cancellation.

    Raises:
        ClusterError: Kopf gave up, such as after a 4xx or repeated 5xx.
    """
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)
    for name in ("orchestration", "running"):  # they log a traceback of what is raised here
        logging.getLogger(f"kopf._core.reactor.{name}").setLevel(logging.CRITICAL)
    scope: dict[str, Any] = {"namespaces": [namespace]} if namespace else {"clusterwide": True}
    tasks = await kopf.spawn_tasks(registry=handlers, settings=kopf_settings(inactivity), standalone=True, **scope)
    on_signals()
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=STOP_SECONDS)
    why = "; ".join("cancelled" if task.cancelled() else str(task.exception()) for task in done)
    raise ClusterError(f"Kopf ended: {why}")
