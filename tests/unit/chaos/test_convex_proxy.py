"""The proxy before Convex does to a report what its fault says."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.chaos import proxy as proxy_module
from tests.chaos.convex_proxy import ConvexProxy
from tests.chaos.experiments import Experiment
from tests.chaos.injector import Injector
from tests.chaos.upstream import Upstream
from tests.unit.operator.convex_receiver import SECRET, Receiver, served
from videojob.signatures import webhook_headers
from videotutor_operator.reports.convex import judge

EVENT = json.dumps({"eventId": "one", "sequence": 1, "phase": "Planning"}).encode()


@dataclass
class Scene:
    """A sender behind the proxy, and the names of the processes that were killed."""

    receiver: Receiver
    injector: Injector
    session: ClientSession
    address: str
    killed: list[str] = field(default_factory=list)

    async def report(self) -> tuple[int, str]:
        """Send one report; return the answer."""
        headers = webhook_headers([SECRET], "one", int(time.time()), EVENT)
        url = f"{self.address}/operator/videotutor/events"
        async with self.session.post(url, data=EVENT, headers=headers) as answer:
            return answer.status, await answer.text()


@asynccontextmanager
async def scene(fault: str) -> AsyncIterator[Scene]:
    receiver, injector, killed = Receiver(), Injector(Experiment.parse(fault).faults), list[str]()
    injector.counted = {"operator"}
    async with served(receiver) as convex, ClientSession(timeout=ClientTimeout(total=2)) as session:
        proxy = ConvexProxy(Upstream(convex), injector, killed.append)
        async with proxy.served() as address:
            yield Scene(receiver, injector, session, address, killed)


async def test_a_report_passes_with_its_signature_and_is_counted_by_its_phase() -> None:
    async with scene("convex-500:2") as it:
        assert await it.report() == (200, '{"outcome": "applied"}')

        assert [event["eventId"] for event in it.receiver.events] == ["one"]
        assert it.receiver.unsigned == 0
        assert [str(report) for report in it.injector.reports] == ["report Planning (1)"]


@pytest.mark.parametrize("mode", ["convex-drop-before", "convex-kill-before"])
async def test_before_it_arrives_it_is_lost(mode: str) -> None:
    async with scene(f"{mode}:1") as it:
        with pytest.raises(ClientError):
            await it.report()

        assert it.receiver.tries == []
        assert it.killed == (["operator"] if "kill" in mode else [])


@pytest.mark.parametrize("mode", ["convex-drop-after", "convex-cut", "convex-kill-after"])
async def test_after_convex_accepted_it_the_answer_is_lost(mode: str) -> None:
    async with scene(f"{mode}:1") as it:
        with pytest.raises(ClientError):
            await it.report()

        assert len(it.receiver.events) == 1
        assert it.killed == (["operator"] if "kill" in mode else [])


@pytest.mark.parametrize(
    ("mode", "status", "reason"),
    [
        ("convex-500", 500, "Retrying"),
        ("convex-429", 429, "Retrying"),
        ("convex-401", 401, "Rejected"),
        ("convex-404", 404, "NotFound"),
        ("convex-unknown-session", 404, "UnknownSession"),
    ],
)
async def test_answered_in_convex_place_it_means_what_the_operator_reads(mode: str, status: int, reason: str) -> None:
    async with scene(f"{mode}:1") as it:
        answer = await it.report()

        assert answer[0] == status
        assert judge(*answer).reason == reason  # type: ignore[union-attr]
        assert it.receiver.tries == []


async def test_delayed_it_arrives_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy_module, "DELAY_SECONDS", 0.2)
    async with scene("convex-delay:1") as it:
        begun = time.monotonic()

        assert (await it.report())[0] == 200
        assert time.monotonic() - begun >= 0.2


async def test_a_report_that_hangs_never_arrives_and_gets_no_answer() -> None:
    async with scene("convex-hang:1") as it:
        with pytest.raises(httpx.ReadTimeout):
            async with httpx.AsyncClient(timeout=0.3) as client:
                await client.post(f"{it.address}/operator/videotutor/events", content=EVENT)

        assert it.receiver.tries == []
        assert [str(hit) for hit in it.injector.hits] == ["report Planning (1)"]
