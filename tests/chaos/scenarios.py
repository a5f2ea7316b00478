"""The scenarios step by step, and how each must end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from tests.chaos.experiments import Scenario
from tests.chaos.stage import Stage
from tests.integration.operator.fake_kubelet import Task
from videojob.results import FailureResult
from videojob.status import Failure, FailureClass

SCENES = 3
BAD_SCENE = FailureResult(error=Failure(class_=FailureClass.BAD_SCENE, message="a formula cannot be drawn"))
ALL_ONCE = {"plan": 1, "scene-1": 1, "scene-2": 1, "scene-3": 1, "stitch": 1}

Step = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Script:
    """`prepare` leads to the moment from which faults count; `act` is the edit, and what the user does after it.

    `phase`: the one at the end. `runs`: how often tasks must run in the undisturbed run, those of `maybe` left out,
    which may have ended before the edit reached them.
    """

    prepare: Step
    act: Step
    phase: str = "Succeeded"
    runs: Mapping[str, int] = field(default_factory=lambda: ALL_ONCE)
    maybe: str = ""

    def explain_runs(self, runs: Mapping[str, int]) -> str:
        """Say what is wrong with the runs (by task and digest) of an undisturbed run; empty when nothing is."""
        found: dict[str, int] = {}
        for task, count in runs.items():
            name = task.partition("/")[0]
            found[name] = found.get(name, 0) + count
        possible = [dict(self.runs)]
        if self.maybe:
            possible.append({**self.runs, self.maybe: self.runs[self.maybe] + 1})
        return "" if found in possible else f"tasks ran {found} instead of {dict(self.runs)}"


async def _nothing(_stage: Stage) -> None:
    """Faults count from the start."""


async def _create(stage: Stage) -> None:
    await stage.create()


async def _render(stage: Stage) -> None:
    """Lead to three scenes that are being rendered, and stay so."""
    stage.kubelet.held = {"scene"}
    await stage.create()
    await stage.until_scenes_run(SCENES)
    await stage.until_received("Rendering")


async def _edit(stage: Stage) -> None:
    await stage.edit(sceneOverrides=[{"scene": "scene-2", "instruction": "shorter"}])
    stage.kubelet.held = set()


async def _suspend(stage: Stage) -> None:
    await stage.edit(suspend=True)
    await stage.until_phase("Suspended")
    await stage.until_scenes_run(0)
    stage.kubelet.held = set()
    await stage.edit(suspend=False)


async def _fail(stage: Stage) -> None:
    """Lead to a VideoJob that has failed by one scene."""

    def breaks_the_second_scene(task: Task, _attempt: int) -> FailureResult | None:
        return BAD_SCENE if task.task == "scene" and task.scene_id == "scene-2" else None

    stage.kubelet.script = breaks_the_second_scene
    await stage.create()
    await stage.until_ended()


async def _retry(stage: Stage) -> None:
    stage.kubelet.script = lambda _task, _attempt: None
    await stage.edit(retry=1)


async def _finish(stage: Stage) -> None:
    await stage.create()
    await stage.until_ended()


async def _rerun(stage: Stage) -> None:
    await stage.edit(rerun=1)


async def _cancel(stage: Stage) -> None:
    await stage.edit(cancel=True)


SCRIPTS = {
    Scenario.MAKE: Script(_nothing, _create),
    Scenario.EDIT: Script(_render, _edit, maybe="scene-2"),
    Scenario.SUSPEND: Script(_render, _suspend),
    Scenario.RETRY: Script(_fail, _retry, runs={**ALL_ONCE, "scene-2": 2}),
    Scenario.RERUN: Script(_finish, _rerun, runs=dict.fromkeys(ALL_ONCE, 2)),
    Scenario.CANCEL: Script(_render, _cancel, phase="Cancelled", runs={"plan": 1}),
}

MEANING = {
    Scenario.MAKE: "a video of three scenes is made",
    Scenario.EDIT: "one scene is edited while three are rendered",
    Scenario.SUSPEND: "suspended while three scenes are rendered, and resumed when no pod is left",
    Scenario.RETRY: "retried after one scene has failed",
    Scenario.RERUN: "rerun after its end",
    Scenario.CANCEL: "cancelled while three scenes are rendered",
}
