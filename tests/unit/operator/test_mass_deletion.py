"""Over a thousand VideoJobs under way are deleted at once while the watch is broken; the next list finds them gone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import cast

import pytest

from tests.unit.operator.desk import running, shortened, until
from tests.unit.operator.fake_cluster import FakeCluster
from tests.unit.operator.test_manifests import RUNTIME
from videotutor_operator import metrics
from videotutor_operator.cluster.requests import Cluster
from videotutor_operator.core.model import Site
from videotutor_operator.observed.cache import Cache
from videotutor_operator.reconciler.reconciler import Installation, Reconciler
from videotutor_operator.reports import buffer, circuit, reporter
from videotutor_operator.reports.convex import Accepted, Failed, Receiver
from videotutor_operator.reports.report import Report
from videotutor_operator.reports.reporter import Reporter

COUNT = 1_200
"""More than what any part of the operator remembers of VideoJobs that are gone, but for tombstones."""


class Operator:
    """Cache, reconciler and reporter as `App` puts them together, and what Convex received."""

    def __init__(self) -> None:
        self.cluster, self.cache = FakeCluster(), Cache()
        self.reporter = Reporter(Receiver("http://convex.test", "secret"), self.cache.videojob, lambda _: None)
        installation = Installation(Site(reports=True), RUNTIME, "test")
        self.reconciler = Reconciler(installation, cast("Cluster", self.cluster), self.cache, self.reporter)
        self.received: list[Report] = []
        self.away = False

    async def send(self, _http: object, _receiver: object, report: Report, _now: float) -> Accepted | Failed:
        if self.away:
            return Failed("Retrying", "Convex answered 503")
        self.received.append(report)
        return Accepted()

    async def make(self, count: int) -> None:
        """Create VideoJobs, and make one pass over each."""
        added = [self.cluster.add_videojob(f"video-{number}") for number in range(count)]
        keys = [due.key for raw in added if (due := self.cache.put_videojob(raw))]
        for key in keys:
            await self.reconciler.reconcile(str(key))

    async def delete_all(self) -> None:
        """Delete them, and make one pass over each key that the list finds gone."""
        known = frozenset(self.cache.versions("videojobs", None))
        for key in self.cache.keep_only([], known_before=known):
            await self.reconciler.reconcile(key)

    async def reported_all(self) -> None:
        await until(lambda: self.reporter.count_held() == 0, within=60)

    def ends(self) -> set[str]:
        """Names of the VideoJobs whose end Convex received."""
        events = [json.loads(report.body) for report in self.received]
        return {event["name"] for event in events if event["phase"] == "Cancelled"}


@pytest.fixture
async def operator() -> AsyncIterator[Operator]:
    with shortened() as patch:
        patch.setattr(circuit, "RATE", 1e6)
        found = Operator()
        patch.setattr(reporter, "send", found.send)
        async with running(found.reporter):
            yield found


def lag() -> float | None:
    return metrics.REGISTRY.get_sample_value("videotutor_report_lag_seconds")


async def test_every_end_is_reported_and_nothing_is_left(operator: Operator) -> None:
    await operator.make(COUNT)
    await operator.delete_all()
    await operator.reported_all()

    assert operator.ends() == {f"video-{number}" for number in range(COUNT)}
    assert lag() == 0
    assert operator.reconciler._pace._written == {}
    assert len(operator.cache._awaiting_report) == 0


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffer, "ROOM_BYTES", 100 * 1024)


@pytest.mark.usefixtures("little_room")
async def test_an_end_without_room_is_dropped_in_the_log_and_nothing_is_left(
    operator: Operator, caplog: pytest.LogCaptureFixture
) -> None:
    operator.away = True
    await operator.make(500)
    await operator.delete_all()
    dropped = {record.getMessage().split()[3] for record in caplog.records if "is dropped" in record.getMessage()}
    assert 350 < len(dropped) < 500

    operator.away = False
    await operator.reported_all()

    everything = {f"lessons/video-{number}" for number in range(500)}
    assert {f"lessons/{name}" for name in operator.ends()} == everything - dropped
    assert lag() == 0
