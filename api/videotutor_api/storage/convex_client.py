"""Client of the Convex functions: whether a session exists."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

import httpx

from videojob.base import object_in
from videojob.signatures import webhook_headers
from videotutor_api.errors import NotFoundError, field_error
from videotutor_api.settings import Settings

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 2.0
"""A webhook waits for the response; after this the request is accepted without it."""

CHECK_PATH = "/videotutor/check"

MAX_RESPONSE = 4096
"""Bytes of a response that are read: the check has some 50."""

UNVERIFIED = "accepting the request without verifying the session"


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
            status, text = await self._post(body, {**headers, "content-type": "application/json"})
        except (httpx.HTTPError, TimeoutError) as error:
            log.warning("Convex is unreachable; %s: %s", UNVERIFIED, str(error) or type(error).__name__)
            return
        # A 404 without a reason is not from the check itself, as before the functions are deployed.
        if status == HTTPStatus.NOT_FOUND and (reason := object_in(text).get("error")):
            field = "projectId" if reason == "unknown project" else "sessionId"
            raise field_error(NotFoundError, field, f"is not known to Convex: {reason}")
        if status != HTTPStatus.OK:
            log.warning("Convex answered %s; %s", status, UNVERIFIED)

    async def _post(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """The status of the response and the start of its body."""
        async with (
            asyncio.timeout(TIMEOUT_SECONDS),
            self._http.stream("POST", self._address, content=body, headers=headers) as response,
        ):
            text = bytearray()
            async for part in response.aiter_bytes():
                text += part
                if len(text) > MAX_RESPONSE:
                    break
            return response.status_code, bytes(text)


@asynccontextmanager
async def convex_client(settings: Settings) -> AsyncIterator[ConvexClient | None]:
    """A client, or None where no Convex is configured."""
    if not settings.convex_site_url:
        yield None
        return
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as http:
        yield ConvexClient(http, settings.convex_site_url, settings.webhook_secrets)
