"""Asks Convex whether a session exists before a video is made for it."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import httpx

from videojob.signatures import webhook_headers
from videotutor_api.problems import field_problem
from videotutor_api.settings import Settings

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 2.0
"""A webhook waits for the answer; longer, and Convex would rather be believed."""

CHECK_PATH = "/videotutor/check"


class Sessions:
    """The sessions of the web app, as Convex knows them."""

    def __init__(self, http: httpx.AsyncClient, site_url: str, secret: str) -> None:
        self._http = http
        self._address = site_url.rstrip("/") + CHECK_PATH
        self._secret = secret

    async def check(self, project_id: str, session_id: str) -> None:
        """Refuse a project or a session that Convex does not know.

        Where Convex does not answer, the session is believed: the request is signed by Convex, and a video must
        not wait for an outage to end.

        Raises:
            Problem: 404, with the field that names nothing.
        """
        body = json.dumps({"projectId": project_id, "sessionId": session_id}).encode()
        headers = webhook_headers(self._secret, f"check-{uuid.uuid4().hex}", int(time.time()), body)
        try:
            answer = await self._http.post(
                self._address, content=body, headers={**headers, "content-type": "application/json"}
            )
        except httpx.HTTPError as error:
            log.warning("Convex does not answer, so the session is believed: %s", error or type(error).__name__)
            return
        if answer.status_code == HTTPStatus.NOT_FOUND and (reason := _reason(answer)):
            field = "projectId" if reason == "unknown project" else "sessionId"
            raise field_problem(HTTPStatus.NOT_FOUND, field, f"is not known to Convex: {reason}")
        if answer.status_code != HTTPStatus.OK:
            log.warning("Convex answers %s, so the session is believed", answer.status_code)


def _reason(answer: httpx.Response) -> str:
    """Convex's reason; empty where the 404 is not from the check itself, as when it is not deployed yet."""
    try:
        document = answer.json()
    except ValueError:
        return ""
    return str(document.get("error", "")) if isinstance(document, dict) else ""


@asynccontextmanager
async def sessions_of(settings: Settings) -> AsyncIterator[Sessions | None]:
    """The check, or None where no Convex is set."""
    if not settings.convex_site_url or not settings.callback_secret:
        yield None
        return
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as http:
        yield Sessions(http, settings.convex_site_url, settings.callback_secret.get_secret_value())
