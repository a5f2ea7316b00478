"""The smallest video: one silent scene through the whole pipeline, to see that everything works."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from videojob.phases import TERMINAL
from videojob.spec import VideoJobSpec
from videojob.storyboard import Beat, Scene, Storyboard
from videojob.visuals import TitleVisual
from videotutor_api.errors import LimitError
from videotutor_api.storage.videojob import VideoJob
from videotutor_api.storage.videojobs import VideoJobs

KEPT_SECONDS = 24 * 3600
"""After which a finished test video deletes itself."""

TEST_LABEL = "videotutor.dev/test"
"""Label of test videos, to count them."""

MAX_UNFINISHED = 10
"""Test videos at work at once: the call is not signed, and each takes the place of a real video."""

MAX_PER_HOUR = 30
"""Test videos that were created within the last hour and still exist."""

UNFINISHED_RETRY_SECONDS = 10
"""About what a test video takes."""

HOUR = timedelta(hours=1)


class HelloService:
    """Starts test videos, a bounded number of them."""

    def __init__(self, videojobs: VideoJobs) -> None:
        self._videojobs = videojobs
        self._starting = 0

    async def start(self, greeting: str) -> str:
        """Start a video that shows the greeting. Returns the VideoJob's name.

        Raises:
            LimitError: too many are not finished, or were made within the last hour.
        """
        self._check_limits(datetime.now(UTC))
        name = f"hello-{secrets.token_hex(6)}"
        self._starting += 1
        try:
            await self._videojobs.create(name, hello_spec(greeting), {TEST_LABEL: "hello"})
        finally:
            self._starting -= 1
        return name

    def _check_limits(self, now: datetime) -> None:
        tests, _ = self._videojobs.page(MAX_UNFINISHED + MAX_PER_HOUR, "", lambda job: _counts(job, now))
        unfinished = sum(job.status.phase not in TERMINAL for job in tests) + self._starting
        if unfinished >= MAX_UNFINISHED:
            detail = f"{MAX_UNFINISHED} test videos are not finished yet; wait for one of them"
            raise LimitError(detail, retry_after=UNFINISHED_RETRY_SECONDS)
        recent = sorted(age for job in tests if (age := now - _created(job)) < HOUR)
        if len(recent) + self._starting >= MAX_PER_HOUR:
            wait = HOUR - recent[-1] if recent else HOUR
            detail = f"{MAX_PER_HOUR} test videos were made within an hour; wait until the oldest is older"
            raise LimitError(detail, retry_after=max(1, int(wait.total_seconds())))


def hello_spec(greeting: str) -> VideoJobSpec:
    """One scene whose only beat says nothing: a pause of two seconds."""
    scene = Scene(id="hello", title="Hello", beats=(Beat(show=TitleVisual(text=greeting)),))
    storyboard = Storyboard(title=greeting, scenes=(scene,))
    return VideoJobSpec(storyboard=storyboard, ttl_seconds_after_finished=KEPT_SECONDS)


def _counts(job: VideoJob, now: datetime) -> bool:
    return TEST_LABEL in job.labels and (job.status.phase not in TERMINAL or now - _created(job) < HOUR)


def _created(job: VideoJob) -> datetime:
    return datetime.fromisoformat(job.created_at)
