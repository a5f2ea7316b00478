"""One report on its way to Convex: signed, sent once, and what the answer means."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from videojob.base import canonical_json
from videojob.events import Event
from videojob.signatures import webhook_headers

PATH = "/videotutor/events"
TIMEOUT = httpx.Timeout(10.0, connect=3.0)
"""Seconds; a receiver that hangs costs one try."""
REJECTED_SECONDS = 300.0
"""Seconds between two tries of a report that Convex calls wrong (4xx)."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where reports go and the secret that signs them."""

    site_url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Convex knows it now."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It does not; `reason` is the condition's, `error` for people. `wait`: seconds, None for the usual backoff."""

    reason: str
    error: str
    wait: float | None = None


Outcome = Accepted | Failed


def client() -> httpx.AsyncClient:
    """A client for reports. It follows no redirect: signed reports go to the configured address only."""
    return httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False)


async def send(http: httpx.AsyncClient, receiver: Receiver, event: Event, now: float) -> Outcome:
    """One try to deliver one event. `now` is in seconds since 1970. Never raises for what a receiver may do."""
    body = canonical_json(event.to_json_object()).encode()
    headers = webhook_headers(receiver.secret, event.event_id, int(now), body)
    headers["content-type"] = "application/json"
    try:
        response = await http.post(f"{receiver.site_url}{PATH}", content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Failed("Unreachable", f"Convex cannot be reached: {type(error).__name__}")
    return judge(response.status_code, response.text)


def judge(status: int, text: str) -> Outcome:
    """What an answer means."""
    detail = f"Convex answered {status}: {' '.join(text.split())[:200]}"
    if httpx.codes.is_success(status):
        return Accepted()
    if status == httpx.codes.NOT_FOUND:
        return Failed("UnknownSession", detail)
    if status in {httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS}:
        return Failed("Retrying", detail)
    if httpx.codes.is_client_error(status):
        return Failed("Rejected", detail, REJECTED_SECONDS)
    return Failed("Retrying", detail)
