"""Many runs, a few side by side, each under an experiment of its own."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientError
from kubernetes.aio.client import ApiException

from tests.chaos.case import Case, Outcome, case_of
from tests.chaos.experiments import EDITS, Experiment, Group, Scenario
from tests.chaos.run import Run, run
from tests.chaos.sampling import (
    convex_experiments,
    convex_pair_experiments,
    edit_experiments,
    pair_experiments,
    single_experiments,
)
from tests.chaos.scenarios import SCRIPTS
from tests.chaos.verdict import Expected, expectation, judge

TRIES = 3
"""How often an experiment is run whose first fault hits no request, because that run made fewer than the longest."""
UNDISTURBED = 2
"""Runs of `make` without a fault; they must end alike."""


class BadBaselineError(Exception):
    """Even the undisturbed run does not end well."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The undisturbed runs of a scenario: kinds of the requests and reports of the longest, seconds of the slowest."""

    expected: Expected
    kinds: list[str]
    reports: list[str]
    seconds: float


class Matrix:
    """Runs against one cluster; the operators' logs go to a folder."""

    def __init__(self, kubeconfig: Path, folder: Path, lanes: int) -> None:
        self._kubeconfig = kubeconfig
        self._folder = folder
        self._lanes = lanes
        self.baselines: dict[Scenario, Baseline] = {}

    async def measure(self, scenario: Scenario, count: int = 1) -> Baseline:
        """Make undisturbed runs of a scenario, unless there are some.

        Raises:
            BadBaselineError: they do not end well, or not alike.
        """
        for number in range(count if scenario not in self.baselines else 0):
            done = await self._undisturbed(scenario, f"undisturbed-{scenario}-{number + 1}")
            kinds, reports = [r.kind for r in done.requests], [r.kind for r in done.reports]
            before = self.baselines.get(scenario) or Baseline(expectation(done.observed), [], [], 0.0)
            self.baselines[scenario] = Baseline(
                before.expected,
                max(before.kinds, kinds, key=len),
                max(before.reports, reports, key=len),
                max(before.seconds, done.seconds),
            )
        return self.baselines[scenario]

    async def measure_all(self, scenarios: Iterable[Scenario]) -> None:
        """Measure scenarios side by side; raise as `measure`, the first failure only."""
        free = asyncio.Semaphore(self._lanes)

        async def one(scenario: Scenario) -> None:
            async with free:
                await self.measure(scenario)

        await asyncio.gather(*map(one, scenarios))

    async def _undisturbed(self, scenario: Scenario, name: str, *, standby: bool = False) -> Run:
        done = await run(self._kubeconfig, self._folder / name, Experiment((), scenario), standby=standby)
        script, before = SCRIPTS[scenario], self.baselines.get(scenario)
        verdict = judge(done.observed, before.expected if before else expectation(done.observed))
        phase = done.observed.status.get("phase")
        wrong = [
            done.timeout,
            "" if verdict.good else str(verdict),
            "" if phase == script.phase else f"phase is {phase}: {done.observed.status.get('message')}",
            script.explain_runs(done.observed.runs),
            f"the operator ended by itself {done.restarts} times" if done.restarts else "",
        ]
        if any(wrong):
            raise BadBaselineError(f"an undisturbed run of {scenario}: {'; '.join(filter(None, wrong))}")
        return done

    async def experiments(self, groups: Iterable[Group], budget: int, seed: int) -> list[Experiment]:
        """Return the experiments of these groups; make the undisturbed runs that this needs.

        Raises:
            BadBaselineError: one of them does not end well.
        """
        make = await self.measure(Scenario.MAKE, UNDISTURBED)
        chosen = set(groups)
        standby: list[str] = []
        if chosen & {Group.SINGLE, Group.PAIRS}:
            with_standby = await self._undisturbed(Scenario.MAKE, "undisturbed-with-standby", standby=True)
            standby = [request.kind for request in with_standby.requests]
        scenarios = EDITS if Group.EDITS in chosen else ()
        await self.measure_all(scenarios)
        after_edits: dict[Scenario, tuple[Sequence[str], Sequence[str]]] = {
            edit: (self.baselines[edit].kinds, self.baselines[edit].reports) for edit in scenarios
        }
        every = {
            Group.SINGLE: single_experiments(make.kinds, standby),
            Group.PAIRS: pair_experiments(make.kinds, standby, budget, seed),
            Group.EDITS: edit_experiments(after_edits, budget, seed),
            Group.CONVEX: convex_experiments(make.reports),
            Group.CONVEX_PAIRS: convex_pair_experiments(make.kinds, make.reports, budget, seed),
        }
        return [experiment for group in Group if group in chosen for experiment in every[group]]

    async def run(self, experiments: Iterable[Experiment], seconds: float) -> list[Case]:
        """Run each experiment; what has not begun after so many seconds is left out.

        In a shuffled order, so that what time allows is a fair sample; the cases have the order of the experiments.
        """
        order = list(experiments)
        await self.measure_all({experiment.scenario for experiment in order})
        shuffled = random.Random(0).sample(order, len(order))  # noqa: S311 -- an order, not a secret
        waiting, cases = deque(shuffled), dict[Experiment, Case]()
        deadline = asyncio.get_running_loop().time() + seconds

        async def lane() -> None:
            while waiting and asyncio.get_running_loop().time() < deadline:
                experiment = waiting.popleft()
                cases[experiment] = case = await self._case(experiment)
                print(f"[{len(cases):3}/{len(order)}] {case}", flush=True)

        async with asyncio.TaskGroup() as group:
            for _ in range(self._lanes):
                group.create_task(lane())
        return [cases[experiment] for experiment in order if experiment in cases]

    async def _case(self, experiment: Experiment) -> Case:
        expected = self.baselines[experiment.scenario].expected
        for _ in range(TRIES):
            try:
                done = await run(self._kubeconfig, self._folder / experiment.folder, experiment)
            except (ApiException, ClientError) as error:
                return Case(str(experiment), error=f"the harness failed: {error!r}")
            case = case_of(experiment, done, expected)
            if case.outcome is not Outcome.MISSED or case.hits:
                break
        return case
