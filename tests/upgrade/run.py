"""Runs one sequence: makes videos, swaps CRD and operator under them, and judges each step."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.operator.kubernetes import Namespace, own_namespace
from tests.unit.operator.convex_receiver import Receiver, served
from tests.upgrade import definitions, verdict
from tests.upgrade.audit import Audit
from tests.upgrade.control_plane import ControlPlane
from tests.upgrade.kubelet import Kubelet, Renderer
from tests.upgrade.operators import Operator
from tests.upgrade.population import HOLDS, ImpatientError, Population, poll
from tests.upgrade.releases import Definition, Release
from tests.upgrade.sequences import MINUTE, Sequence, Step
from tests.upgrade.verdict import Cell, Ledger

IDLE_SECONDS = 2.0
"""Without a Job and a write for so long, the operator has nothing more to do."""
SETTLING_SECONDS = 25.0
"""How long that is waited for; what still writes then is what the writes are counted for."""
SIGNALS = ("SIGTERM", "SIGKILL")


@dataclass(frozen=True, slots=True)
class Setting:
    """What all sequences have in common. `running`: videos of each stage; `finished`: those that are done."""

    plane: ControlPlane
    releases: Mapping[str, Release]
    definitions: Mapping[str, Definition]
    renderers: dict[str, Renderer]
    folder: Path
    running: int
    finished: int
    window: float


async def run(setting: Setting, sequence: Sequence, number: int) -> list[Cell]:
    """The verdict of each step. `number`: even sequences end their first operator by SIGTERM, odd ones by SIGKILL."""
    receiver = Receiver()
    async with own_namespace(setting.plane.kubeconfig, f"upgrade-{number}") as namespace, served(receiver) as convex:
        machine = _Run(setting, sequence, namespace, receiver, convex)
        async with _background(machine.kubelet.run()):
            try:
                return await machine.all_steps(number)
            finally:
                machine.operator.stop("SIGTERM")


@asynccontextmanager
async def _background(work: Any) -> AsyncIterator[None]:
    """Do something else meanwhile; what goes wrong in it is raised at the end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class _Run:
    """One sequence in a namespace of its own."""

    def __init__(
        self, setting: Setting, sequence: Sequence, namespace: Namespace, receiver: Receiver, convex: str
    ) -> None:
        self._setting = setting
        self._sequence = sequence
        self._namespace = namespace
        self.kubelet = Kubelet(namespace, setting.renderers)
        log = setting.folder / f"{namespace.name}.log"
        self.operator = Operator(setting.plane.kubeconfig, namespace.name, convex, log)
        self._receiver = receiver
        self._population = Population(namespace, self.kubelet)
        self._audit = Audit(setting.plane.audit, namespace.name)
        self._ledger = Ledger()
        self._crd = ""
        self._newer: list[str] = []
        self._begun: list[str] = []
        self._stuck: list[str] = []
        self._running = 1 if sequence.small else setting.running
        self._finished = min(setting.finished, 4) if sequence.small else setting.finished

    async def all_steps(self, number: int) -> list[Cell]:
        """Make the videos, then take one step after the other."""
        start = Step("made", self._sequence.crd, self._sequence.operator)
        await self._switch(start, "")
        await self._population.begin(self._running, self._finished)
        cells = [await self._judged(start, Cell(self._sequence.name, start.name, ""), {})]
        for index, step in enumerate(self._sequence.steps):
            signal = SIGNALS[(number + index) % len(SIGNALS)]
            cell = await self._step(step, index, signal)
            print(f"  {step.name}: {'; '.join(cell.problems()) or 'as it should be'}", flush=True)
            cells.append(cell)
        return cells

    async def _step(self, step: Step, index: int, signal: str) -> Cell:
        cell = Cell(self._sequence.name, step.name, signal, impossible=step.impossible)
        await self._switch(step, signal)
        if step.newer:
            await self._create_newer()
        expected = await self._edit() if step.edits else {}
        if step.begin:
            await self._begin(index)
        fresh = f"fresh-{index}"
        await self._population.create([fresh])
        due = [] if step.stuck else self._due(index)
        await self._population.release(due)
        try:
            await self._population.succeed([*due, *expected, *([] if step.stuck else [fresh])])
            if step.stuck:
                self._stuck.append(fresh)
                await self._population.wait([fresh], lambda status: _reason(status) == "StatusRefused")
        except ImpatientError as error:
            cell.unfinished.append(str(error))
        return await self._judged(step, cell, expected)

    async def _begin(self, index: int) -> None:
        """Create one video that stays in planning and one that stays in rendering, until the last step."""
        begun = {stage: f"begun-{stage}-{index}" for stage in ("planning", "rendering")}
        for stage, name in begun.items():
            await self._population.create([name], HOLDS[stage])
            await self._population.reach(stage, [name])
        self._begun += begun.values()

    def _due(self, index: int) -> list[str]:
        """The running videos that end in this step: spread over all steps, and the last ones, and all else, at last."""
        steps = len(self._sequence.steps)
        due = [n for n in range(self._running) if steps * (n + 1) // self._running - 1 == index]
        ending = [f"{stage}-{n}" for stage in HOLDS for n in due]
        return [*ending, *self._begun, *self._stuck] if index == steps - 1 else ending

    async def _switch(self, step: Step, signal: str) -> None:
        """The CRD first, seen by the operator before on every video; then the operator."""
        if step.crd != self._crd:
            self._crd = step.crd
            await definitions.apply(self._setting.plane, self._namespace.api, self._setting.definitions[step.crd])
            await self._population.touch()
            await self._settle()
        self.operator.stop(signal)
        await self.operator.start(self._setting.releases[step.operator])
        await self._settle()

    async def _settle(self) -> None:
        """Wait until the operator writes nothing more and Convex has every report, or patience ends."""
        loop = asyncio.get_running_loop()
        size, since = -1, loop.time()

        async def unsettled() -> list[str]:
            nonlocal size, since
            if (now := self._audit.size()) != size:
                size, since = now, loop.time()
            if loop.time() - since < IDLE_SECONDS:
                return ["it works"]
            return await self._lost_reports()

        await poll(unsettled, SETTLING_SECONDS)

    async def _lost_reports(self) -> list[str]:
        statuses = await self._population.statuses()
        reported = {name: status for name, status in statuses.items() if name not in (*self._newer, *self._stuck)}
        return verdict.lost_reports(reported, self._receiver.events)

    async def _create_newer(self) -> None:
        """Videos that the CRD admits, and that only a newer operator can read."""
        self._newer = ["newer-0", "newer-1"]
        for name in self._newer:
            await self._namespace.create_video(name, sessionId=f"session-{name}", output={"theme": "neon"})

    async def _edit(self) -> dict[str, list[str]]:
        """Edit four finished videos, one of which has no Jobs any more, and one that renders.

        The answer is the Jobs that each finished one needs.
        """
        await self._population.expire("finished-3")
        self._ledger.expired("finished-3")
        for name in ("finished-0", "finished-3"):
            await self._namespace.edit(name, sceneOverrides=[{"scene": "scene-2", "instruction": "Slower."}])
            self._ledger.edited[name] = "scene-2"
        await self._namespace.edit("finished-1", parallelism=1)
        await self._namespace.edit("finished-2", ttlSecondsAfterFinished=86_400)
        await self._namespace.edit(f"rendering-{self._running - 1}", parallelism=1)
        made = ["scene-2", "stitch"]
        return {"finished-0": made, "finished-1": [], "finished-2": [], "finished-3": made}

    async def _judged(self, step: Step, cell: Cell, expected: dict[str, list[str]]) -> Cell:
        """The cell once the operator rests and its writes were counted."""
        await self._settle()
        events = self._audit.read()
        self._ledger.judge(cell, events, self.kubelet.runs, held=self._population.suspended)
        cell.wrong_edits = verdict.wrong_edits(events, expected)
        cell.window = step.window if step.window == MINUTE else self._setting.window
        await asyncio.sleep(cell.window)
        later = self._audit.read()
        self._ledger.judge(cell, later, self.kubelet.runs, held=self._population.suspended)
        cell.writes = verdict.most_writes(later)
        statuses = await self._population.statuses()
        cell.failed = [_described(name, status) for name, status in statuses.items() if status.get("phase") == "Failed"]
        newer = [await self._namespace.video(name) for name in self._newer]
        touched = [video["metadata"]["name"] for video in newer if not _is_left_alone(video)]
        cell.failed += [f"{name} is not left alone" for name in touched]
        cell.failed += self.kubelet.failures
        self.kubelet.failures.clear()
        cell.lost_reports = await self._lost_reports()
        return cell


def _reason(status: Mapping[str, Any], type_: str = "Ready") -> str:
    return next((str(found["reason"]) for found in status.get("conditions", []) if found["type"] == type_), "")


def _is_left_alone(video: Mapping[str, Any]) -> bool:
    """Whether the operator says so, and has not begun it: the status speaks of no generation then."""
    status = video.get("status", {})
    return _reason(status, "Readable") == "NewerVersion" and not status.get("scenes")


def _described(name: str, status: Mapping[str, Any]) -> str:
    return f"{name}: {_reason(status)}: {status.get('message', '')}"
