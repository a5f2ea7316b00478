"""What a scenario acts on: one VideoJob in a namespace, its operators and its kubelet, and how to wait for them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.chaos.injector import Injector
from tests.chaos.operators import Operators
from tests.integration.operator.fake_kubelet import FakeKubelet
from tests.integration.operator.kubernetes import Namespace, eventually
from tests.unit.operator.convex_receiver import Receiver
from videojob import names
from videojob.phases import TERMINAL

VIDEO = "calculus"
OPERATOR = "operator"
STANDBY = "standby"
PATIENCE_SECONDS = 90.0
"""Longest wait for anything; a lane that is held up by its neighbours needs a third of it."""
QUIET_SECONDS = 0.7
"""Without a request, but for watches and Leases, for so long the operator has nothing more to do."""
LEASE = {"VIDEOTUTOR_LEASE": "videotutor-operator", "VIDEOTUTOR_LEASE_SECONDS": "10"}
WATCHED = ("videojobs", "jobs", "pods")


@dataclass(frozen=True, slots=True)
class Stage:
    """The parts of one run."""

    namespace: Namespace
    kubelet: FakeKubelet
    operators: Operators
    receiver: Receiver
    injector: Injector

    async def until(self, check: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait until a check holds.

        Raises:
            TimeoutError: it did not within `PATIENCE_SECONDS`; `what` says what was waited for.
        """
        try:
            await eventually(check, PATIENCE_SECONDS)
        except TimeoutError:
            raise TimeoutError(f"not within {PATIENCE_SECONDS:.0f} s: {what}") from None

    async def create(self) -> None:
        """Create the VideoJob, of three scenes."""
        await self.namespace.create_video(VIDEO, sessionId="session1", projectId="project1")

    async def edit(self, **spec: Any) -> None:
        """Change its spec."""
        await self.namespace.edit(VIDEO, **spec)

    async def until_phase(self, phase: str) -> None:
        """Wait until the VideoJob is in a phase, for its newest generation."""

        async def is_there() -> bool:
            return bool((await self.namespace.status(VIDEO)).get("phase") == phase)

        await self.until(is_there, f"the phase {phase}")

    async def until_scenes_run(self, count: int) -> None:
        """Wait until so many pods of scenes exist."""

        async def has_pods() -> bool:
            tasks = [(pod.metadata.labels or {}).get(names.LABEL_TASK) for pod in await self.namespace.pods()]
            return tasks.count("scene") == count

        await self.until(has_pods, f"{count} pods of scenes")

    async def until_received(self, phase: str) -> None:
        """Wait until Convex has received the newest state, of this phase, and the operator is quiet.

        The status confirms states in between only with its next change.
        """

        def is_received(status: dict[str, Any]) -> bool:
            newest = self.receiver.events[-1]["sequence"] if self.receiver.events else 0
            return bool(status.get("phase") == phase and status["report"]["sequence"] == newest)

        await self._until_quiet(is_received, f"{phase}, received by Convex")

    async def until_ended(self) -> float:
        """Wait until the VideoJob has ended, the status says that Convex knows it, and the operator is quiet.

        Returns:
            The time (`time.monotonic`) at which this was first seen.

        Raises:
            TimeoutError: not within `PATIENCE_SECONDS`.
        """
        return await self._until_quiet(is_confirmed, "an end that Convex has confirmed")

    async def _until_quiet(self, check: Callable[[dict[str, Any]], bool], what: str) -> float:
        since: float | None = None

        async def is_quiet() -> bool:
            nonlocal since
            holds = check(await self.namespace.status(VIDEO))
            since = (since or time.monotonic()) if holds else None
            return since is not None and self._is_quiet(since)

        await self.until(is_quiet, f"{what}, and the operator quiet")
        assert since is not None
        return since

    def _is_quiet(self, since: float) -> bool:
        """Whether there was no request for a while; a process that was just started has made its first before."""
        last = self.injector.last_at
        return last > self.operators.started_at and time.monotonic() - max(since, last) >= QUIET_SECONDS

    async def until_over(self) -> float:
        """Wait as `until_ended`, and until every Job has ended; return and raise as it does."""
        ended_at = await self.until_ended()

        async def all_ended() -> bool:
            return not await self.active_jobs()

        await self.until(all_ended, "the end of every Job")
        return ended_at

    async def active_jobs(self) -> tuple[str, ...]:
        """Return the names of the Jobs that have not ended."""
        return tuple(
            job.metadata.name
            for job in await self.namespace.jobs()
            if not any(
                one.type in {"Complete", "Failed"} and one.status == "True" for one in job.status.conditions or []
            )
        )

    async def start_with_standby(self) -> None:
        """Start the leader and, when it leads, the standby; wait until both watch."""
        for name, kind, count in ((OPERATOR, "create leases", 1), (STANDBY, "watch ", len(WATCHED))):

            async def is_there(name: str = name, kind: str = kind, count: int = count) -> bool:
                seen = self.injector.seen
                return sum(request.who == name and request.kind.startswith(kind) for request in seen) >= count

            self.operators.start(name, LEASE)
            await self.until(is_there, f"the start of the {name}")


def is_confirmed(status: dict[str, Any]) -> bool:
    """Whether a VideoJob has ended, Convex has confirmed its end, and the status says so."""
    report = status.get("report", {})
    reported = {"type": "Reported", "status": "True"}
    return (
        status.get("phase") in TERMINAL
        and report.get("acknowledged") == report.get("sequence")
        and any(reported.items() <= condition.items() for condition in status.get("conditions", []))
    )
