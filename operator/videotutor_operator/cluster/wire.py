"""HTTP requests to the API server; client exceptions become `ClusterError` here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, NamedTuple

import aiohttp
from kubernetes.aio import client, config
from pydantic_core import from_json, to_json

from videojob.base import objects_in
from videojob.secret import redact
from videotutor_operator import VERSION
from videotutor_operator.errors import (
    ClusterError,
    Conflict,
    Expired,
    Forbidden,
    Missing,
    Refused,
    Terminating,
    TooLarge,
    Unanswered,
)
from videotutor_operator.metrics import API_REQUESTS

MANAGER = "videotutor-operator"
"""Field manager of every write: the name in `managedFields`."""
USER_AGENT = f"{MANAGER}/{VERSION}"
"""Name and version in the API server's audit log."""
JSON = "application/json"
METADATA_LIST = f"{JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Media types: objects in full, and a list of their metadata only."""
ANSWER_SECONDS = 15
"""Longest wait for a response."""
GATHER_SECONDS = 0.2
"""How long the lines of a stream that follow others are gathered."""
BACKLOG_BYTES = 64 * 2**10
"""A part of a stream of this size leaves more behind it, as does one that ends within a line: the next is read at once.
"""
CONNECT_SECONDS = 10
"""Longest wait for the connection of a stream."""
UNKNOWN_EFFECT = {HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}
"""Responses to a request that may have taken effect, such as after a timeout of etcd."""
WEBHOOK_FAILED = "failed calling webhook"
"""In the message of a 500 where an admission webhook did not answer: nothing was stored
(apiserver/pkg/admission/plugin/webhook)."""
LONGEST_RETRY_AFTER = 60.0
"""Seconds; a longer Retry-After is not respected."""

_ERRORS: dict[int, type[ClusterError]] = {
    400: Refused,
    403: Forbidden,
    404: Missing,
    409: Conflict,
    410: Expired,
    413: Refused,
    422: Refused,
}
Query = list[tuple[str, str]]


class Request(NamedTuple):
    """A request. `body`: JSON; `accept`: media type of the response; `largest`: its limit in bytes, if any."""

    method: str
    path: str
    query: Query
    body: Any = None
    accept: str = JSON
    largest: int | None = None

    @property
    def parameters(self) -> Query:
        """The query; with the field manager where the request writes fields."""
        writes = self.method in {"POST", "PUT", "PATCH"}
        return [*self.query, ("fieldManager", MANAGER)] if writes else self.query

    @property
    def headers(self) -> dict[str, str]:
        """All headers but the credentials."""
        sent = "application/merge-patch+json" if self.method == "PATCH" else JSON
        headers = {"Accept": self.accept, "Accept-Encoding": "identity", "Content-Type": sent}
        return {**headers, "User-Agent": USER_AGENT}


async def connect() -> Wire:
    """Connect with the pod's service account, or else with KUBECONFIG.

    Raises:
        ClusterError: there is neither.
    """
    configuration = client.Configuration()
    try:
        config.load_incluster_config(configuration)
    except config.ConfigException:
        try:
            await config.load_kube_config(client_configuration=configuration)
        except Exception as error:  # the loader raises any type for a broken file, and may quote it
            raise ClusterError(f"no service account and no usable KUBECONFIG: {type(error).__name__}") from error
    return Wire(configuration)


class Response(NamedTuple):
    """A parsed response and its size in bytes."""

    parsed: dict[str, Any]
    size: int


class Wire:
    """A connection to the API server.

    The Kubernetes client provides credentials and TLS, aiohttp sends: the client's generated code, which searches a
    request for models, dates and files, adds half of the time of sending it.
    """

    def __init__(self, configuration: client.Configuration) -> None:
        self.configuration = configuration
        tls = client.rest.RESTClientObject(configuration).ssl_context
        self._session = aiohttp.ClientSession(
            # No limit: each served namespace has watches, and the workers of the queue bound the other requests
            connector=aiohttp.TCPConnector(limit=0, ssl=tls),
            proxy=configuration.proxy,
            trust_env=False,  # else aiohttp looks for ~/.netrc and for proxies at each request
        )

    async def call(self, method: str, path: str, query: Query | None = None, body: Any = None) -> dict[str, Any]:
        """Send one request and return its response, both JSON.

        Raises:
            ClusterError: the subclass depends on the response; `Unanswered` without one.
        """
        return (await self.exchange(Request(method, path, query or [], body))).parsed

    async def exchange(self, request: Request) -> Response:
        """Send one request and return its response with its size.

        Raises:
            ClusterError: as `call`.
            TooLarge: the response is larger than the request allows.
        """
        try:
            response = await self._send(request, aiohttp.ClientTimeout(ANSWER_SECONDS))
            data = await _read(response, request.largest)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unanswered_error(request.method, request.path, error) from error
        return Response(_parse(request.method, request.path, response, data), len(data))

    async def stream(self, path: str, query: Query, silence: float) -> AsyncIterator[bytes]:
        """Yield the lines of an endless response, until its end or until nothing arrives for `silence` seconds.

        A line after a pause comes at once, those that follow it together, and a backlog without pauses: to be woken for
        a line costs as much as to read three (bench/operator, kwok-default).

        Raises:
            ClusterError: the request was refused, or the connection broke or became silent.
        """
        patience = aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, sock_read=silence)
        try:
            async with await self._send(Request("GET", path, query), patience) as response:
                if not response.ok:
                    _parse("GET", path, response, await response.read())
                rest = b""
                while part := await _read_part(response, silence):
                    *lines, rest = (rest + part).split(b"\n")
                    for line in lines:
                        yield line
                    if not rest and len(part) < BACKLOG_BYTES:
                        await _let_gather(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unanswered_error("GET", path, error) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def _send(self, request: Request, patience: aiohttp.ClientTimeout) -> aiohttp.ClientResponse:
        headers = request.headers
        for credential in (await self.configuration.auth_settings()).values():
            headers[credential["key"]] = credential["value"]
        code = "error"
        try:
            response = await self._session.request(
                request.method,
                self.configuration.host + request.path,
                params=request.parameters,
                headers=headers,
                data=None if request.body is None else to_json(request.body),
                timeout=patience,
                proxy_headers=self.configuration.proxy_headers,
                server_hostname=self.configuration.tls_server_name,
            )
            code = str(response.status)
        finally:
            verb = "WATCH" if ("watch", "true") in request.query else request.method
            API_REQUESTS.labels(verb, resource_of(request.path), code).inc()
        return response


async def _read_part(response: aiohttp.ClientResponse, silence: float) -> bytes:
    """Read what has arrived; nothing at the end.

    aiohttp's own limit ends with an error such as a wrong size of a chunk, which it does not raise in the reader.

    Raises:
        TimeoutError: nothing arrived for `silence` seconds.
    """
    async with asyncio.timeout(silence):
        return await response.content.readany()


async def _let_gather(response: aiohttp.ClientResponse) -> None:
    """Do not be woken for what arrives in the next moment."""
    transport = response.connection.transport if response.connection else None
    if transport is None or transport.is_closing():
        return
    transport.pause_reading()
    await asyncio.sleep(GATHER_SECONDS)
    if not transport.is_closing():
        transport.resume_reading()


async def _read(response: aiohttp.ClientResponse, largest: int | None) -> bytes:
    """Read a response, at most `largest` bytes of it."""
    if largest is None:
        return await response.read()
    data = bytearray()
    async for part in response.content.iter_any():
        data += part
        if len(data) > largest:
            response.close()
            raise TooLarge(f"{response.url.path}: the response has more than {largest} bytes")
    return bytes(data)


def _unanswered_error(method: str, path: str, error: Exception) -> ClusterError:
    """Build the error of a request without a response; the original text may hold credentials in addresses."""
    reason = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
    kind = ClusterError if isinstance(error, aiohttp.ClientConnectorError) else Unanswered
    return kind(f"{method} {path}: {type(error).__name__}{redact(reason)}")


def _parse(method: str, path: str, response: aiohttp.ClientResponse, data: bytes) -> dict[str, Any]:
    """Parse a response; one that reports a failure is raised as the error of its kind."""
    try:
        parsed = from_json(data)
    except ValueError:
        parsed = None
    if response.ok and isinstance(parsed, dict):
        return parsed
    if response.ok:  # from a proxy, not from the API server
        raise Unanswered(f"{method} {path} answered {response.status} without a JSON object")
    found = parsed.get("message") if isinstance(parsed, dict) else None
    message = found if isinstance(found, str) else ""
    unknown = response.status in UNKNOWN_EFFECT and WEBHOOK_FAILED not in message
    kind = _ERRORS.get(response.status, Unanswered if unknown else ClusterError)
    if kind is Forbidden and _is_terminating(parsed):
        kind = Terminating
    raise kind(redact(message) or f"{method} {path} answered {response.status}", _retry_after(response))


def _is_terminating(status: Any) -> bool:
    """Whether a Status names the deletion of the namespace as a cause (apiserver's `NamespaceTerminatingCause`)."""
    details = status.get("details") if isinstance(status, dict) else None
    causes = objects_in(details.get("causes")) if isinstance(details, dict) else []
    return any(cause.get("reason") == "NamespaceTerminating" for cause in causes)


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    """Read Retry-After in seconds, as Kubernetes sends it; an HTTP date, which a proxy may send, is ignored."""
    text = response.headers.get("Retry-After", "")
    return min(float(text), LONGEST_RETRY_AFTER) if text.isdecimal() else None


def resource_of(path: str) -> str:
    """The resource in a path of the API server, with its subresource and without names: `videojobs/status`."""
    group, *parts = path.strip("/").split("/")
    parts = parts[2 if group == "apis" else 1 :]
    if len(parts) > 2 and parts[0] == "namespaces":  # noqa: PLR2004 -- namespaces/NAME comes before the resource
        parts = parts[2:]
    return "/".join(parts[:1] + parts[2:])
