"""One run of a scenario by real operator processes, with the faults of an experiment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.api_proxy import ApiProxy
from tests.chaos.convex_proxy import ConvexProxy
from tests.chaos.experiments import Experiment, Scenario
from tests.chaos.injector import Injector, Request
from tests.chaos.operators import Operators
from tests.chaos.scenarios import SCRIPTS, Script
from tests.chaos.stage import OPERATOR, VIDEO, Stage
from tests.chaos.upstream import Upstream
from tests.chaos.verdict import Observed
from tests.integration.operator.fake_kubelet import FakeKubelet
from tests.integration.operator.kubernetes import own_namespace
from tests.unit.operator.convex_receiver import Receiver, served


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is over. `hits`: the requests that faults hit, in order.

    `seconds`: from the first fault to the end; from the edit (or the operator's start) when there was none.
    `timeout`: what did not happen in time; empty when everything did.
    """

    observed: Observed
    requests: tuple[Request, ...]
    reports: tuple[Request, ...]
    hits: tuple[Request, ...]
    seconds: float
    restarts: int
    timeout: str = ""


async def run(kubeconfig: Path, folder: Path, experiment: Experiment, *, standby: bool = False) -> Run:
    """Play a scenario under faults; `standby`: with two operators also without a fault that needs them.

    What the operators log is in the folder.

    A run that is not over in time is observed as it is then.
    """
    operators, receiver, injector = Operators(folder), Receiver(), Injector(experiment.faults)
    async with (
        own_namespace(kubeconfig, "test-chaos") as namespace,
        served(receiver) as convex,
        ApiProxy(Upstream.of(kubeconfig), injector, operators.kill).served() as to_api,
        ConvexProxy(Upstream(convex), injector, operators.kill).served() as to_convex,
    ):
        stage = Stage(namespace, FakeKubelet(namespace), operators, receiver, injector)
        operators.serve(namespace.name, to_api, to_convex)
        timeouts, exit_code = list[str](), 0
        started_at = ended_at = time.monotonic()
        try:
            async with _background(stage.kubelet.run()), _background(operators.supervise()):
                started_at = await _begin(stage, experiment.scenario, standby=standby or experiment.has_standby)
                ended_at = await stage.until_over()
        except TimeoutError as error:
            timeouts.append(str(error))
            ended_at = time.monotonic()
        finally:
            try:
                exit_code = await operators.terminate()
            except TimeoutError as error:
                timeouts.append(str(error))
        observed = await _observe(stage, exit_code)
    seconds = max(0.0, ended_at - (injector.hit_at or started_at))
    hits, timeout = tuple(injector.hits), "; ".join(timeouts)
    return Run(observed, injector.requests, injector.reports, hits, seconds, operators.restarts, timeout)


async def _begin(stage: Stage, scenario: Scenario, *, standby: bool) -> float:
    """Lead up to the moment from which faults count, and act; return that moment (`time.monotonic`)."""
    script: Script = SCRIPTS[scenario]
    starts_late = scenario is Scenario.MAKE and not standby
    if standby:
        await stage.start_with_standby()
    elif not starts_late:
        stage.operators.start(OPERATOR)
    await script.prepare(stage)
    stage.injector.counted = {OPERATOR}
    started_at = time.monotonic()
    await script.act(stage)
    if starts_late:
        stage.operators.start(OPERATOR)
    return started_at


@asynccontextmanager
async def _background(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Do something else meanwhile; what goes wrong in it is raised at the end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _observe(stage: Stage, exit_code: int) -> Observed:
    return Observed(
        namespace=stage.namespace.name,
        status=await stage.namespace.status(VIDEO),
        jobs=tuple(dict(job.metadata.labels) for job in await stage.namespace.jobs()),
        active=await stage.active_jobs(),
        runs=dict(stage.kubelet.runs),
        received=tuple(stage.receiver.events),
        unsigned=stage.receiver.unsigned,
        exit_code=exit_code,
    )
