"""Which tasks may call the language model, and what only their pods get: its settings, its key, the way to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from videojob import names
from videojob.llm import KEY_VARIABLE, LlmSettings
from videojob.spec import Planner, SceneOverride, VideoJobSpec
from videojob.tasks import PlanTask, SceneTask, StitchTask
from videotutor_operator.manifests.environment import by_reference, variables


@dataclass(frozen=True, slots=True)
class Access:
    """What the pod of a task gets; nothing by itself."""

    settings: LlmSettings | None = None
    secret: str = ""
    """Name of the Secret with the model's key; empty: it needs none."""

    def of(self, spec: VideoJobSpec, task: PlanTask | SceneTask | StitchTask) -> Access:
        """This access for a task that may call the model, else none."""
        return self if calls_llm(spec, task) else NO_ACCESS

    def labels(self) -> dict[str, str]:
        """The label by which the chart's NetworkPolicy lets a pod out; all others reach nothing."""
        return {names.LABEL_NETWORK: names.NETWORK_LLM} if self.settings else {}

    def variables(self) -> list[dict[str, Any]]:
        """Variables of the container; the key by reference only."""
        if self.settings is None:
            return []
        return [*variables(self.settings.variables()), *by_reference(KEY_VARIABLE, self.secret)]


NO_ACCESS = Access()


def calls_llm(spec: VideoJobSpec, task: PlanTask | SceneTask | StitchTask) -> bool:
    """Whether a task may call a model: to plan a prompt or to edit in words, and with no planner that does without."""
    if spec.planner not in {Planner.AUTO, Planner.LLM}:
        return False
    match task:
        case PlanTask(storyboard=None) | SceneTask(override=SceneOverride(instruction=str())):
            return True
    return False
