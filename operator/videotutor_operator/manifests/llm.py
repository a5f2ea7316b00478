"""Which tasks may call the language model, and what only their pods get: settings, key and network access."""

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
    """What the pod of a task gets; nothing by default."""

    settings: LlmSettings | None = None
    secret: str = ""
    """Name of the Secret with the model's key; empty: no key."""

    def of(self, spec: VideoJobSpec, task: PlanTask | SceneTask | StitchTask) -> Access:
        """This access for a task that may call the model, otherwise none."""
        return self if calls_llm(spec, task) else NO_ACCESS

    def labels(self) -> dict[str, str]:
        """The label of pods to which the chart's NetworkPolicy allows connections; others have none."""
        return {names.LABEL_NETWORK: names.NETWORK_LLM} if self.settings else {}

    def variables(self) -> list[dict[str, Any]]:
        """Variables of the container; the key by reference only."""
        if self.settings is None:
            return []
        return [*variables(self.settings.variables()), *by_reference(KEY_VARIABLE, self.secret)]


NO_ACCESS = Access()


def calls_llm(spec: VideoJobSpec, task: PlanTask | SceneTask | StitchTask) -> bool:
    """Whether a task may call a model: to plan a prompt or to edit in words, unless the planner needs no model."""
    if spec.planner not in {Planner.AUTO, Planner.LLM}:
        return False
    match task:
        case PlanTask(storyboard=None) | SceneTask(override=SceneOverride(instruction=str())):
            return True
    return False
