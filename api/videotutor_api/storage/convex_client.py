"""Client of the Convex functions: whether a session exists."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

import httpx

from videojob.signatures import webhook_headers
from videotutor_api.errors import NotFoundError, field_error
from videotutor_api.settings import Settings

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 2.0
"""A webhook waits for the response; after this the request is accepted without it."""

CHECK_PATH = "/videotutor/check"

BELIEVED = "accepting the request without verifying the session"


class ConvexClient:
    """The Convex deployment of the web app."""

    def __init__(self, http: httpx.AsyncClient, site_url: str, secrets: Sequence[str]) -> None:
        self._http = http
        self._address = site_url.rstrip("/") + CHECK_PATH
        self._secrets = secrets

    async def check_session(self, project_id: str, session_id: str) -> None:
        """Refuse a project or a session that Convex does not know.

        Where Convex does not answer, the request is accepted: it is signed by Convex, and a video must not wait for
        an outage to end.

        Raises:
            NotFoundError: it names the field at fault.
        """
        body = json.dumps({"projectId": project_id, "sessionId": session_id}).encode()
        headers = webhook_headers(self._secrets, f"check-{uuid.uuid4().hex}", int(time.time()), body)
        try:
            response = await self._http.post(
                self._address, content=body, headers={**headers, "content-type": "application/json"}
            )
        except httpx.HTTPError as error:
            log.warning("Convex is unreachable; %s: %s", BELIEVED, error or type(error).__name__)
            return
        if response.status_code == HTTPStatus.NOT_FOUND and (reason := _reason(response)):
            field = "projectId" if reason == "unknown project" else "sessionId"
            raise field_error(NotFoundError, field, f"is not known to Convex: {reason}")
        if response.status_code != HTTPStatus.OK:
            log.warning("Convex answered %s; %s", response.status_code, BELIEVED)


def _reason(response: httpx.Response) -> str:
    """Convex's reason; empty where the 404 is not from the check itself, as before the functions are deployed."""
    try:
        document = response.json()
    except ValueError:
        return ""
    return str(document.get("error", "")) if isinstance(document, dict) else ""


@asynccontextmanager
async def convex_client(settings: Settings) -> AsyncIterator[ConvexClient | None]:
    """A client, or None where no Convex is configured."""
    if not settings.convex_site_url:
        yield None
        return
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as http:
        yield ConvexClient(http, settings.convex_site_url, settings.webhook_secrets)
