"""A reporter at work, the receiver it reports to, and the VideoJobs it reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace

import pytest

from tests.unit.operator.convex_receiver import SECRET, served
from tests.unit.operator.convex_receiver import Receiver as Convex
from tests.unit.operator.world import START, World
from videojob.phases import Phase
from videojob.status import ReportStatus, VideoJobStatus
from videotutor_operator.core.model import VideoJob
from videotutor_operator.reports import circuit, convex, reporter
from videotutor_operator.reports.convex import Receiver
from videotutor_operator.reports.reporter import Reporter


@dataclass
class Desk:
    """What a test says of reports. `jobs` are the VideoJobs as they are stored, by key."""

    convex: Convex
    url: str
    jobs: dict[str, VideoJob] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reporter = Reporter(Receiver(self.url, SECRET), self.jobs.get, self.changed.append)

    def store(self, job: VideoJob, status: VideoJobStatus) -> None:
        """A pass changes a VideoJob's status."""
        before = self.jobs.get(job.key, replace(job, status=VideoJobStatus()))
        self.jobs[job.key] = replace(job, status=status)
        self.reporter.offer(before, status, START)

    def offer(self, video: World) -> None:
        self.store(video.job, video.status)

    def find(self, job: VideoJob) -> None:
        """The VideoJob was there before the operator was."""
        self.jobs[job.key] = job
        self.reporter.offer(job, job.status, START)

    def delete(self, job: VideoJob) -> None:
        self.jobs.pop(job.key, None)
        self.reporter.offer_final(job, START)

    async def acknowledged(self, video: World, number: int) -> None:
        await until(lambda: self.reporter.delivery(video.job.uid).acknowledged >= number)

    async def failed(self, video: World, reason: str) -> None:
        await until(lambda: self.reporter.delivery(video.job.uid).reason == reason)


async def until(holds: Callable[[], bool], within: float = 10) -> None:
    """Wait for something that happens in another task."""
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110 -- polled with a deadline
            await asyncio.sleep(0.005)


@asynccontextmanager
async def a_desk(receiver: Convex | None = None, url: str = "") -> AsyncIterator[Desk]:
    """A reporter that runs, and a receiver unless `url` says that it is elsewhere."""
    receiver = receiver or Convex()
    if not url:
        async with served(receiver) as here, a_desk(receiver, here) as desk:
            yield desk
        return
    desk = Desk(receiver, url)
    async with running(desk.reporter):
        yield desk


@asynccontextmanager
async def running(sender: Reporter) -> AsyncIterator[None]:
    task = asyncio.create_task(sender.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await sender.close()


@contextmanager
def shortened() -> Iterator[pytest.MonkeyPatch]:
    """Backoffs and deadlines of a test's length."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reporter, "backoff", lambda _failures, first=0.0, **_: 3600.0 if first else 0.01)
        patch.setattr(circuit, "backoff", lambda _failures, **_: 0.01)
        patch.setattr(convex, "BODY_SECONDS", 0.1)
        yield patch


def at(video: World, sequence: int, phase: Phase = Phase.RENDERING) -> VideoJobStatus:
    """A status with that number and phase."""
    report = ReportStatus(sequence=sequence)
    return video.status.model_copy(update={"report": report, "phase": phase})


def a_named_video(name: str) -> World:
    """A video that is not the only one."""
    video = World()
    video.job = replace(video.job, name=name, uid=f"uid-of-{name}")
    return video
