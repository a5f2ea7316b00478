"""Counts the requests of a client by verb, resource and answer, wherever in the operator they are made."""

from __future__ import annotations

from types import SimpleNamespace

import aiohttp

from videotutor_operator.metrics import API_REQUESTS


def counted() -> aiohttp.TraceConfig:
    """What makes a session of aiohttp count its requests."""
    config = aiohttp.TraceConfig()

    async def answered(_: aiohttp.ClientSession, __: SimpleNamespace, end: aiohttp.TraceRequestEndParams) -> None:
        API_REQUESTS.labels(verb_of(end), resource_of(end.url.path), str(end.response.status)).inc()

    async def failed(_: aiohttp.ClientSession, __: SimpleNamespace, end: aiohttp.TraceRequestExceptionParams) -> None:
        API_REQUESTS.labels(verb_of(end), resource_of(end.url.path), "error").inc()

    config.on_request_end.append(answered)
    config.on_request_exception.append(failed)
    return config


def verb_of(request: aiohttp.TraceRequestEndParams | aiohttp.TraceRequestExceptionParams) -> str:
    """The method of a request, or WATCH."""
    return "WATCH" if "watch" in request.url.query else request.method


def resource_of(path: str) -> str:
    """The resource in a path of the API server, with its subresource and without names: `videojobs/status`."""
    group, *parts = path.strip("/").split("/")
    parts = parts[2 if group == "apis" else 1 :]
    if len(parts) > 2 and parts[0] == "namespaces":  # noqa: PLR2004 -- namespaces/NAME comes before the resource
        parts = parts[2:]
    return "/".join(parts[:1] + parts[2:])
