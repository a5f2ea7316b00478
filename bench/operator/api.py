"""A light client of the API server: JSON in, JSON out.

It shares the machine with what it measures, so it parses no more than it must.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from kubernetes.aio import client, config

from bench.common.errors import BenchError

VIDEOJOBS = "apis/videotutor.dev/v1alpha1"
BATCH = "apis/batch/v1"
CORE = "api/v1"

_CONNECTIONS = 32
_GONE = 404


class Api:
    """One API server, as the administrator of its kubeconfig."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        missing: bool = False,
    ) -> dict[str, Any]:
        """One request and its answer, empty when `missing` allows that there is no such object.

        Raises:
            BenchError: the API server refuses it.
        """
        async with self._session.request(method, f"/{path}", json=body, params=query) as answer:
            content = await answer.read()
            if answer.status == _GONE and missing:
                return {}
            if not answer.ok:
                raise BenchError(f"{method} {path}: {answer.status} {content.decode(errors='replace')[:300]}")
            found: dict[str, Any] = json.loads(content)
            return found

    async def text(self, path: str) -> str:
        """A response as it is, such as the metrics."""
        async with self._session.get(f"/{path}") as answer:
            answer.raise_for_status()
            return await answer.text()

    async def items(self, path: str, query: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """The objects of a collection."""
        return list((await self.call("GET", path, query=query))["items"])

    async def count(self, path: str, query: Mapping[str, str] | None = None) -> int:
        """How many objects a collection has, without reading them. A label selector would make it a guess."""
        first = await self.call("GET", path, query={**(query or {}), "limit": "1"})
        return len(first["items"]) + int(first["metadata"].get("remainingItemCount", 0))

    async def version_of(self, path: str) -> str:
        """The resource version of a collection now, to watch from."""
        return str((await self.call("GET", path, query={"limit": "1"}))["metadata"]["resourceVersion"])

    async def watch(self, path: str, since: str) -> AsyncIterator[dict[str, Any]]:
        """Every change of a collection since a resource version.

        The API server ends a watch that reads too slowly, as in a burst; it continues from the last change.

        Raises:
            BenchError: the watch ended without a change, or with an error.
        """
        while True:
            started = since
            query = {"watch": "true", "resourceVersion": since, "timeoutSeconds": "3600"}
            async with self._session.get(f"/{path}", params=query) as answer:
                answer.raise_for_status()
                rest = b""
                async for chunk in answer.content.iter_any():
                    *lines, rest = (rest + chunk).split(b"\n")
                    for event in map(json.loads, lines):
                        if event["type"] == "ERROR":
                            raise BenchError(f"the watch of {path} failed: {event['object']}")
                        since = event["object"]["metadata"]["resourceVersion"]
                        yield event
            if since == started:
                raise BenchError(f"the watch of {path} ended")


@asynccontextmanager
async def connected(kubeconfig: Path) -> AsyncIterator[Api]:
    """The API server that is the current context of a kubeconfig."""
    configuration = client.Configuration()
    await config.load_kube_config(str(kubeconfig), client_configuration=configuration)
    trust = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
    if configuration.cert_file:
        trust.load_cert_chain(configuration.cert_file, configuration.key_file)
    token = configuration.api_key.get("BearerToken")
    async with aiohttp.ClientSession(
        configuration.host,
        connector=aiohttp.TCPConnector(ssl=trust, limit=_CONNECTIONS),
        headers={"Authorization": token} if token else {},
        timeout=aiohttp.ClientTimeout(total=None, connect=10),
    ) as session:
        yield Api(session)
