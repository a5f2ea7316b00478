"""Requests to the API server and their answers: here the client's exceptions end and the operator's begin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from kubernetes.aio import client, config
from pydantic_core import from_json, to_json

from videotutor_operator import VERSION
from videotutor_operator.errors import ClusterError, Conflict, Expired, Forbidden, Missing, Refused
from videotutor_operator.metrics import API_REQUESTS

MANAGER = "videotutor-operator"
"""Field manager of every write: the name in `managedFields`."""
USER_AGENT = f"{MANAGER}/{VERSION}"
"""Name and version in the API server's audit log."""
ANSWER_SECONDS = 15
"""Longest wait for one answer."""
CONNECT_SECONDS = 10
"""Longest wait for the connection of a stream."""
LONGEST_RETRY_AFTER = 60.0
"""Seconds; a longer Retry-After is not respected."""

_ERRORS: dict[int, type[ClusterError]] = {
    400: Refused,
    403: Forbidden,
    404: Missing,
    409: Conflict,
    410: Expired,
    422: Refused,
}
Query = list[tuple[str, str]]


async def connect() -> Wire:
    """With the pod's service account, or else with KUBECONFIG.

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
    return Wire(configuration)


class Wire:
    """A connection to the API server.

    Credentials and TLS are the Kubernetes client's, requests are aiohttp's: the client's generated way of a request,
    which looks for models, dates and files in it, cost half as much again as sending it.
    """

    def __init__(self, configuration: client.Configuration) -> None:
        self.configuration = configuration
        tls = client.rest.RESTClientObject(configuration).ssl_context
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=configuration.connection_pool_maxsize, ssl=tls),
            proxy=configuration.proxy,
            trust_env=False,  # else aiohttp looks for ~/.netrc and for proxies at each request
        )

    async def call(self, method: str, path: str, query: Query | None = None, body: Any = None) -> dict[str, Any]:
        """One request and its answer, both JSON.

        Raises:
            ClusterError: of the kind that the answer is, or because there was none.
        """
        try:
            response = await self._send(method, path, query, body, aiohttp.ClientTimeout(ANSWER_SECONDS))
            data = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unanswered(method, path, error) from error
        return _parse(method, path, response, data)

    async def stream(self, path: str, query: Query, silence: float) -> AsyncIterator[bytes]:
        """The lines of an endless answer, until its end or until nothing has come for `silence` seconds.

        Raises:
            ClusterError: the request was refused, or the connection broke or fell silent.
        """
        patience = aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, sock_read=silence)
        try:
            async with await self._send("GET", path, query, None, patience) as response:
                if not response.ok:
                    _parse("GET", path, response, await response.read())
                rest = b""
                async for part in response.content.iter_any():
                    *lines, rest = (rest + part).split(b"\n")
                    for line in lines:
                        yield line
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unanswered("GET", path, error) from error

    async def close(self) -> None:
        """Give up the connections."""
        await self._session.close()

    async def _send(
        self, method: str, path: str, query: Query | None, body: Any, patience: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        sent = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "Content-Type": sent}
        headers["User-Agent"] = USER_AGENT
        for credential in (await self.configuration.auth_settings()).values():
            headers[credential["key"]] = credential["value"]
        code = "error"
        try:
            response = await self._session.request(
                method,
                self.configuration.host + path,
                params=_parameters(method, query or []),
                headers=headers,
                data=None if body is None else to_json(body),
                timeout=patience,
                proxy_headers=self.configuration.proxy_headers,
                server_hostname=self.configuration.tls_server_name,
            )
            code = str(response.status)
        finally:
            verb = "WATCH" if ("watch", "true") in (query or []) else method
            API_REQUESTS.labels(verb, resource_of(path), code).inc()
        return response


def _parameters(method: str, query: Query) -> Query:
    """Add the field manager to a request that writes fields."""
    return [*query, ("fieldManager", MANAGER)] if method in {"POST", "PUT", "PATCH"} else query


def _unanswered(method: str, path: str, error: Exception) -> ClusterError:
    return ClusterError(f"{method} {path}: {type(error).__name__}: {error}")


def _parse(method: str, path: str, response: aiohttp.ClientResponse, data: bytes) -> dict[str, Any]:
    """Parse a response; one that reports a failure is raised as the error of its kind."""
    try:
        parsed = from_json(data)
    except ValueError:
        parsed = {}
    if response.ok and isinstance(parsed, dict):
        return parsed
    message = parsed.get("message", "") if isinstance(parsed, dict) else ""
    kind = _ERRORS.get(response.status, ClusterError)
    raise kind(message or f"{method} {path} answered {response.status}", _retry_after(response))


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
