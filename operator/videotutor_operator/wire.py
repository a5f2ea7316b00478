"""Requests to the API server and their answers: here the client's exceptions end and the operator's begin."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from kubernetes.aio import client, config

from videotutor_operator.counting import counted
from videotutor_operator.errors import ClusterError, Conflict, Expired, Forbidden, Missing, Refused

ANSWER_SECONDS = 15
"""Longest wait for one answer."""
CONNECT_SECONDS = 10
"""Longest wait for the connection of a stream."""

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
    configuration.trace_configs = [counted()]
    # Without this aiohttp looks for ~/.netrc and for proxies at each request: a tenth of the operator's time.
    configuration.client_session_kwargs = {"trust_env": False}
    return Wire(client.ApiClient(configuration))


class Wire:
    """A connection to the API server."""

    def __init__(self, api: client.ApiClient) -> None:
        self._api = api

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
        return _answer(method, path, response.status, data)

    async def stream(self, path: str, query: Query, silence: float) -> AsyncIterator[bytes]:
        """The lines of an endless answer, until its end or until nothing has come for `silence` seconds.

        Raises:
            ClusterError: the request was refused, or the connection broke or fell silent.
        """
        patience = aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, sock_read=silence)
        try:
            response = (await self._send("GET", path, query, None, patience)).response
            async with response:
                if not response.ok:
                    _answer("GET", path, response.status, await response.read())
                rest = b""
                async for part in response.content.iter_any():
                    *lines, rest = (rest + part).split(b"\n")
                    for line in lines:
                        yield line
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unanswered("GET", path, error) from error

    async def close(self) -> None:
        """Give up the connections."""
        await self._api.close()

    async def _send(
        self, method: str, path: str, query: Query | None, body: Any, patience: aiohttp.ClientTimeout
    ) -> client.rest.RESTResponse:
        sent = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "Content-Type": sent}
        _, url, headers, *_ = await self._api.param_serialize(
            method, path, query_params=query, header_params=headers, auth_settings=["BearerToken"]
        )
        # The body is JSON as it is: param_serialize would walk through it for models and dates.
        return await self._api.call_api(method, url, headers, body, _request_timeout=patience)


def _unanswered(method: str, path: str, error: Exception) -> ClusterError:
    return ClusterError(f"{method} {path}: {type(error).__name__}: {error}")


def _answer(method: str, path: str, status: int, data: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(data)
    except ValueError:
        answer = {}
    if status < 300 and isinstance(answer, dict):  # noqa: PLR2004 -- HTTP's own border of success
        return answer
    message = answer.get("message", "") if isinstance(answer, dict) else ""
    raise _ERRORS.get(status, ClusterError)(message or f"{method} {path} answered {status}")
