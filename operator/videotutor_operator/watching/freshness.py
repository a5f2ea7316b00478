"""When each watch last showed a sign of life; Kopf, which has the one of VideoJobs, tells nobody how that goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import aiohttp
import kopf

from videotutor_operator.cluster.wire import USER_AGENT


class Freshness:
    """Signs of life by kind (plural): a list or a watch that the API server accepted, and every event."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, float] = {}

    def note(self, plural: str) -> None:
        """A sign of life, or the moment from which on one is expected."""
        self._seen[plural] = self._clock()

    def ages(self) -> dict[str, float]:
        """Seconds since the last sign of life of each kind."""
        now = self._clock()
        return {plural: now - seen for plural, seen in self._seen.items()}

    async def login(self, **kwargs: Any) -> kopf.AiohttpSession | None:
        """Kopf's credentials, with a session whose requests are looked at; its rules of when to log in again stay."""
        found = kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)
        if found is None:
            return None
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=found.as_ssl_context()),
            headers={**found.as_http_headers(), "User-Agent": USER_AGENT},
            proxy=found.proxy_url,
            trust_env=found.trust_env,
            trace_configs=[self._trace()],
        )
        return kopf.AiohttpSession(
            aiohttp_session=session,
            server=found.server,
            priority=found.priority,
            default_namespace=found.default_namespace,
            expiration=found.expiration,
        )

    def _trace(self) -> aiohttp.TraceConfig:
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._answered)
        return trace

    async def _answered(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, request: aiohttp.TraceRequestEndParams
    ) -> None:
        plural = request.url.path.rpartition("/")[2]
        if request.response.status == HTTPStatus.OK and plural in self._seen:
            self.note(plural)
