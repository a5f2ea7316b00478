"""What the web app does, with the real Python client of Convex: request a video and follow it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from convex import ConvexClient

TERMINAL = {"Succeeded", "Failed", "Cancelled"}
ENDED = {"rejected", "superseded", "expired"}
"""States of a request that ended without effect."""


@dataclass(frozen=True)
class Snapshot:
    """What a subscriber sees at one moment."""

    session: dict[str, Any]
    scenes: list[dict[str, Any]]
    job: dict[str, Any] | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come without another request."""
        return self.session["status"] in TERMINAL

    @property
    def refusal(self) -> str:
        """Why the newest request ended without effect; empty while it is on its way, and if it was accepted."""
        request = (self.job or {}).get("lastRequest") or {}
        return str(request.get("message") or request["status"]) if request.get("status") in ENDED else ""


class WebApp:
    """One user with one project and one session."""

    def __init__(self, convex_url: str, prompt: str) -> None:
        self._client = ConvexClient(convex_url)
        self._client.mutation("users:ensure")
        self.project = self._client.mutation("projects:create", {"title": "Demo"})
        self.session = self._client.mutation("videoSessions:create", {"projectId": self.project, "title": prompt[:80]})

    def generate(self, prompt: str, scene_count: int) -> str:
        """Request a video; return the Convex id of the job."""
        arguments = {"sessionId": self.session, "prompt": prompt, "sceneCount": scene_count}
        return str(self._client.mutation("jobs:generate", arguments))

    def edit(self, scene: str, instruction: str) -> None:
        """Request that one scene is made again."""
        self._client.mutation("jobs:edit", {"sessionId": self.session, "sceneId": scene, "instruction": instruction})

    def job(self) -> dict[str, Any]:
        """The session's newest job."""
        return dict(self._client.query("jobs:latest", {"sessionId": self.session}))

    async def follow(self, silence: float = 300) -> AsyncGenerator[Snapshot, None]:
        """Yield the session whenever something in it changes, as Convex pushes it.

        Raises:
            TimeoutError: nothing changed for so many seconds.
        """
        arguments = {"sessionId": self.session}
        paths = ("videoSessions:get", "scenes:listBySession", "jobs:latest")
        subscriptions = [self._client.subscribe(path, arguments) for path in paths]
        changes = self._client.watch_all()
        while True:
            async with asyncio.timeout(silence):
                results = await anext(changes)
            session, scenes, job = (results.get(subscription.id) for subscription in subscriptions)
            if session is not None and scenes is not None:
                yield Snapshot(session=session, scenes=scenes, job=job)
