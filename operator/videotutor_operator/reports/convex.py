"""Send one report to Convex: signed, once; and judge the response."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum

import httpx

from videojob.base import object_in
from videojob.secret import redact
from videojob.signatures import webhook_headers
from videotutor_operator.reports.report import Report

PATH = "/videotutor/events"
CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 10.0
"""From the start of a try to the status of the response, however slow: a hanging receiver costs one try."""
BODY_SECONDS = 1.0
BODY_BYTES = 4096
"""How much of a response's body is read, and for how long: it only explains the status."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Address of the receiver, and the secret that signs reports."""

    site_url: str
    secret: str = field(repr=False)


class Scope(StrEnum):
    """What a failure affects."""

    CONNECTION = "connection"
    """Nothing: no report was sent."""
    RECEIVER = "receiver"
    """Probably all reports, possibly this one only."""
    REPORT = "report"
    """This report only: the receiver works and refuses it."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Convex acknowledged the report."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Convex did not acknowledge it. `reason`: of the condition `Reported`; `error`: for people."""

    reason: str
    error: str
    scope: Scope = Scope.RECEIVER


Outcome = Accepted | Failed


def client(connections: int) -> httpx.AsyncClient:
    """A client for reports. It follows no redirect: signed reports go to the configured address only."""
    timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
    limits = httpx.Limits(max_connections=connections)
    return httpx.AsyncClient(timeout=timeout, limits=limits, follow_redirects=False)


async def send(http: httpx.AsyncClient, receiver: Receiver, report: Report, now: float) -> Outcome:
    """Try once to deliver a report. `now`: seconds since 1970. Raises nothing, whatever the receiver does."""
    headers = webhook_headers([receiver.secret], report.event_id, int(now), report.body)
    headers |= {"content-type": "application/json", "accept-encoding": "identity"}
    request = http.build_request("POST", f"{receiver.site_url}{PATH}", content=report.body, headers=headers)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            response = await http.send(request, stream=True)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL) as error:
        return _unreachable(error, Scope.CONNECTION)
    except (httpx.HTTPError, TimeoutError) as error:
        return _unreachable(error, Scope.RECEIVER)
    return judge(response.status_code, await _read_text(response))


def _unreachable(error: Exception, scope: Scope) -> Failed:
    return Failed("Unreachable", f"Convex cannot be reached: {type(error).__name__}", scope)


async def _read_text(response: httpx.Response) -> str:
    """Read the redacted start of a response's body, as much as arrives in time; close a connection with more."""
    body, broken = bytearray(), ""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in response.aiter_raw(BODY_BYTES):
                body += part
                if len(body) >= BODY_BYTES:
                    break
    except (httpx.HTTPError, TimeoutError):
        broken = " (the answer broke off)"
    finally:
        await response.aclose()
    return redact(body.decode(errors="replace")) + broken


def judge(status: int, text: str) -> Outcome:
    """Judge a response. Only a 2xx with an outcome is a confirmation: a proxy's sign-in page may have a 200, too."""
    if httpx.codes.is_success(status) and isinstance(object_in(text).get("outcome"), str):
        return Accepted()
    reason, scope = _meaning(status, text)
    return Failed(reason, f"Convex answered {status}: {' '.join(text.split())[:200]}", scope)


def _meaning(status: int, text: str) -> tuple[str, Scope]:
    match status:
        case 404 if "unknown session" in text:
            return "UnknownSession", Scope.REPORT
        case 404:  # there are no functions at this address
            return "NotFound", Scope.RECEIVER
        case 401 | 403:  # the secret or the clock is wrong, for every report alike
            return "Rejected", Scope.RECEIVER
        case 408 | 429:
            return "Retrying", Scope.RECEIVER
        case _ if httpx.codes.is_client_error(status):
            return "Rejected", Scope.REPORT
    return "Retrying", Scope.RECEIVER
