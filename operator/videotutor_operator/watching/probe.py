"""Requests that check whether the API server serves what the watches follow."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from videotutor_operator.cluster.requests import Cluster
from videotutor_operator.errors import ClusterError
from videotutor_operator.watching.watch import Watch

INTERVAL = 30.0
"""Seconds between two checks of a kind."""

log = logging.getLogger(__name__)


class Probe:
    """Lists one object of each watched kind from time to time, its metadata only."""

    def __init__(self, cluster: Cluster, namespace: str | None, watches: Iterable[Watch]) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._watches = tuple(watches)

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            for watch in self._watches:
                await self.check(watch)
            await asyncio.sleep(INTERVAL)

    async def check(self, watch: Watch) -> None:
        """Check one kind now. A change is logged, a problem that persists is not repeated."""
        try:
            await self._cluster.probe(watch.resource, self._namespace)
        except ClusterError as error:
            if str(error) != watch.problem:
                log.warning("the API server does not serve %s: %s", watch.resource.plural, error)
            watch.note_unserved(str(error))
        else:
            watch.note_served()
