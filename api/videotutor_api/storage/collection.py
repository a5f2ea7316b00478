"""HTTP requests for the VideoJobs of one namespace: JSON in, JSON out, bounded in time; client exceptions end here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, NamedTuple

import aiohttp
from kubernetes.aio import client
from pydantic_core import from_json

from videojob import API_GROUP, API_VERSION, PLURAL
from videotutor_api.storage.kubernetes_errors import KubernetesError, malformed, unreachable

TIMEOUT_SECONDS = 5.0
"""For one call: creating and reading take milliseconds; a later response is of no use to a waiting webhook."""

WATCH_SECONDS = 240
"""Duration of one watch request."""

SILENCE_SECONDS = 100.0
"""Longest silence of a watch: the API server sends a bookmark about every minute (KEP-956)."""

LONGEST_LINE = 8 * 2**20
"""Bytes of an event of a watch: five times what etcd stores of one object."""

ERROR_BYTES = 64 * 2**10
"""How much of a refusal is read."""


LARGEST_PAGE = 4 * 2**20
"""Bytes of a page of more than one VideoJob; parsed it takes about seven times as much memory."""


class PageTooLargeError(Exception):
    """A response has more bytes than are read; a smaller page may have fewer."""


class Listed(NamedTuple):
    """A page of a list. `size`: in bytes; `version`: of the whole list; `following`: token of the next page."""

    items: list[dict[str, Any]]
    size: int
    version: str
    following: str


class Collection:
    """The VideoJobs of one namespace.

    Methods raise `KubernetesError` for a refusal, and `UnavailableError` without a usable response.
    """

    def __init__(self, api: client.ApiClient, namespace: str) -> None:
        self._objects = client.CustomObjectsApi(api)
        self._where = {"group": API_GROUP, "version": API_VERSION, "namespace": namespace, "plural": PLURAL}

    async def get(self, name: str) -> dict[str, Any]:
        """Read one VideoJob."""
        call = self._objects.get_namespaced_custom_object_without_preload_content(**self._where, name=name)
        return await _object(call)

    async def create(self, body: dict[str, Any]) -> dict[str, Any]:
        """Create a VideoJob; unknown fields are refused."""
        call = self._objects.create_namespaced_custom_object_without_preload_content(
            **self._where, body=body, field_validation="Strict"
        )
        return await _object(call)

    async def patch(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Merge `body` into a VideoJob."""
        call = self._objects.patch_namespaced_custom_object_without_preload_content(**self._where, name=name, body=body)
        return await _object(call)

    async def delete(self, name: str, version: str) -> None:
        """Delete a VideoJob if it has this version still; the garbage collector deletes what it owns."""
        options = client.V1DeleteOptions(preconditions=client.V1Preconditions(resource_version=version))
        call = self._objects.delete_namespaced_custom_object_without_preload_content(
            **self._where, name=name, body=options
        )
        await _read(call)

    async def list(self, limit: int, following: str = "") -> Listed:
        """Read a page of all VideoJobs, ordered by name.

        Raises:
            PageTooLargeError: it has more than `LARGEST_PAGE` bytes, and more than one VideoJob.
        """
        page = {"limit": limit, **({"_continue": following} if following else {})}
        call = self._objects.list_namespaced_custom_object_without_preload_content(**self._where, **page)
        data = await _read(call, LARGEST_PAGE if limit > 1 else LONGEST_LINE)
        document = _parse(data)
        items, metadata = document.get("items"), document.get("metadata")
        if not isinstance(items, list) or not isinstance(metadata, dict):
            raise malformed()
        version, token = metadata.get("resourceVersion"), metadata.get("continue")
        return Listed(items, len(data), str(version or ""), str(token or ""))

    @asynccontextmanager
    async def watch(self, version: str) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """Open a watch from `version`; its events come one at a time, until the API server ends it.

        Raises:
            KubernetesError: refused, or ended by an event of the type ERROR; 410: `version` is too old.
        """
        response = await _respond(
            self._objects.list_namespaced_custom_object_without_preload_content(
                **self._where,
                watch=True,
                allow_watch_bookmarks=True,
                resource_version=version,
                timeout_seconds=WATCH_SECONDS,
                _request_timeout=WATCH_SECONDS + SILENCE_SECONDS,
            )
        )
        async with response:
            yield _events(response)


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    async for line in _lines(response):
        event = _parse(line)
        if event.get("type") == "ERROR":
            status = event.get("object")
            code = status.get("code") if isinstance(status, dict) else None
            raise KubernetesError(code if isinstance(code, int) else HTTPStatus.INTERNAL_SERVER_ERROR)
        yield event


async def _respond(call: Awaitable[Any]) -> aiohttp.ClientResponse:
    """Wait for the head of a response; a refusal is raised."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            response: aiohttp.ClientResponse = await call
            if response.ok:
                return response
            async with response:
                body = await response.content.read(ERROR_BYTES)
                raise KubernetesError(response.status, body, response.headers.get("Retry-After"))
    except (aiohttp.ClientError, OSError) as error:  # a timeout is an OSError
        raise unreachable(error) from error


async def _read(call: Awaitable[Any], largest: int = LONGEST_LINE) -> bytes:
    data = bytearray()
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS), await _respond(call) as response:
            async for part in response.content.iter_any():
                data += part
                if len(data) > largest:
                    raise PageTooLargeError
    except (aiohttp.ClientError, OSError) as error:
        raise unreachable(error) from error
    return bytes(data)


async def _object(call: Awaitable[Any]) -> dict[str, Any]:
    """A VideoJob, with the members that every stored one has."""
    try:
        document = _parse(await _read(call))
    except PageTooLargeError:
        raise malformed() from None
    if not is_videojob(document):
        raise malformed()
    return document


def is_videojob(document: Any) -> bool:
    """Whether this is an object with the members that every stored VideoJob has."""
    if not isinstance(document, dict):
        return False
    metadata, spec = document.get("metadata"), document.get("spec")
    return isinstance(spec, dict) and isinstance(metadata, dict) and {"name", "resourceVersion"} <= metadata.keys()


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    rest = bytearray()
    try:
        while True:
            async with asyncio.timeout(SILENCE_SECONDS):
                part = await response.content.readany()
            if not part:
                return
            rest += part
            *lines, last = rest.split(b"\n")
            for line in lines:
                yield bytes(line)
            rest = last
            if len(rest) > LONGEST_LINE:
                raise malformed()
    except (aiohttp.ClientError, OSError) as error:
        raise unreachable(error) from error


def _parse(data: bytes) -> dict[str, Any]:
    try:
        document = from_json(data)
    except ValueError:
        raise malformed() from None
    if not isinstance(document, dict):
        raise malformed()
    return document
