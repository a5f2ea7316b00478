"""Many runs, a few side by side, each with a fault of its own."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.faults import WITH_STANDBY, Fault, Mode, plan
from tests.chaos.run import Run, run
from tests.chaos.verdict import end_of, judge

TRIES = 3
"""How often a fault is tried that finds no request, because that run made fewer than the longest one."""


@dataclass(frozen=True, slots=True)
class Case:
    """What became of one fault. `request` is empty where it happened to none; each list says what is wrong."""

    mode: str
    at: int
    request: str = ""
    seconds: float = 0.0
    restarts: int = 0
    wrong_end: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def recovered(self) -> bool:
        """Whether the fault happened and nothing is wrong."""
        return bool(self.request) and not (self.wrong_end or self.duplicated or self.lost)

    def __str__(self) -> str:
        name = f"{self.mode}:{self.at}"
        if not self.request:
            return f"{name} happened to no request"
        wrong = "; ".join((*self.wrong_end, *self.duplicated, *self.lost))
        restarts = f", ended by itself {self.restarts} times" if self.restarts else ""
        return f"{name} {self.request}: {wrong or f'recovered in {self.seconds:.1f} s'}{restarts}"


class BadBaselineError(Exception):
    """Even the undisturbed run does not end well."""


class Matrix:
    """Runs against one cluster; the operators' logs go to a folder.

    `kinds` are the requests of the longest undisturbed run, `seconds` is how long the slowest took.
    """

    def __init__(self, kubeconfig: Path, folder: Path, lanes: int) -> None:
        self._kubeconfig = kubeconfig
        self._folder = folder
        self._lanes = lanes
        self._expected: dict[str, Any] = {}
        self.kinds: list[str] = []
        self.seconds = 0.0

    async def baseline(self, count: int = 2) -> None:
        """Make undisturbed runs: where all others must end, and the requests of the longest.

        Raises:
            BadBaselineError: they do not end well, or not alike.
        """
        for number in range(1, count + 1):
            undisturbed = await self._undisturbed(f"undisturbed-{number}")
            self.kinds = max(self.kinds, undisturbed.kinds, key=len)
            self.seconds = max(self.seconds, undisturbed.seconds)

    async def _undisturbed(self, name: str, *, standby: bool = False) -> Run:
        done = await run(self._kubeconfig, self._folder / name, standby=standby)
        self._expected = self._expected or end_of(done.observed)
        verdict = judge(done.observed, self._expected)
        if not verdict.good or done.observed.status.get("phase") != "Succeeded" or done.restarts:
            raise BadBaselineError(f"an undisturbed run: {verdict}; {done.observed.status.get('message')}")
        return done

    async def faults(self, modes: Iterable[Mode] = tuple(Mode)) -> list[Fault]:
        """Every fault of these modes for the longest undisturbed run; with a standby, for one with a standby.

        Raises:
            BadBaselineError: that with a standby does not end well.
        """
        chosen = set(modes)
        faults = plan(self.kinds, [mode for mode in Mode if mode in chosen - WITH_STANDBY])
        if chosen & WITH_STANDBY:
            kinds = (await self._undisturbed("undisturbed-with-standby", standby=True)).kinds
            faults += plan(kinds, [mode for mode in Mode if mode in chosen & WITH_STANDBY])
        return faults

    async def run(self, faults: Iterable[Fault], seconds: float) -> list[Case]:
        """Inject each fault in a run of its own; what has not begun after so many seconds is left out.

        In a shuffled order, so that what time allows is a fair sample.
        """
        shuffled = list(faults)
        random.Random(0).shuffle(shuffled)  # noqa: S311 -- an order, not a secret
        waiting, cases = deque(shuffled), list[Case]()
        total, deadline = len(waiting), asyncio.get_running_loop().time() + seconds

        async def lane() -> None:
            while waiting and asyncio.get_running_loop().time() < deadline:
                case = await self._case(waiting.popleft())
                cases.append(case)
                print(f"[{len(cases):3}/{total}] {case}", flush=True)

        async with asyncio.TaskGroup() as group:
            for _ in range(self._lanes):
                group.create_task(lane())
        order = list(Mode)
        return sorted(cases, key=lambda case: (order.index(Mode(case.mode)), case.at))

    async def _case(self, fault: Fault) -> Case:
        for _ in range(TRIES):
            folder = self._folder / f"{fault.mode}-{fault.at}"
            try:
                done = await run(self._kubeconfig, folder, fault, standby=fault.mode in WITH_STANDBY)
            except TimeoutError:  # two operators were not up in time, on a machine that has other things to do
                continue
            case = self._judged(fault, done)
            if case.request or case.wrong_end or case.duplicated or case.lost:
                return case
        return Case(fault.mode, fault.at)

    def _judged(self, fault: Fault, done: Run) -> Case:
        verdict = judge(done.observed, self._expected)
        return Case(
            mode=fault.mode,
            at=fault.at,
            request=done.hit.kind if done.hit else "",
            seconds=round(done.seconds, 1),
            restarts=done.restarts,
            wrong_end=verdict.wrong_end,
            duplicated=verdict.duplicated,
            lost=verdict.lost,
        )
