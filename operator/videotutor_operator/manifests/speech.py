"""Voices of scene pods: mounted Piper voices, and the speech endpoint where the scene uses its voice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from videojob import names
from videojob.spec import REMOTE_VOICE
from videojob.speech import KEY_VARIABLE, MODEL_VARIABLE, URL_VARIABLE, VOICES_VARIABLE
from videojob.tasks import PlanTask, SceneTask, StitchTask
from videotutor_operator.manifests.environment import by_reference, variables

VOICES = "/voices"


@dataclass(frozen=True, slots=True)
class Speech:
    """The voices of this installation; none by default."""

    voices_claim: str = ""
    """Claim of the volume with Piper voices; empty: none."""
    url: str = ""
    """The endpoint; empty: none."""
    model: str = ""
    secret: str = ""
    """Name of the Secret with the endpoint's key; empty: no key."""

    def of(self, task: PlanTask | SceneTask | StitchTask) -> Speech:
        """The part that a task needs: mounted voices for scenes, the endpoint for scenes with its voice."""
        if not isinstance(task, SceneTask) or not task.narration.enabled:
            return SILENT
        return self if task.narration.voice.startswith(REMOTE_VOICE) else replace(self, url="")

    def labels(self) -> dict[str, str]:
        """The label of pods to which the chart's NetworkPolicy allows connections to the endpoint."""
        return {names.LABEL_SPEECH: names.SPEECH_ENDPOINT} if self.url else {}

    def variables(self) -> list[dict[str, Any]]:
        """Variables of the container; the key by reference only."""
        mounted = variables({VOICES_VARIABLE: VOICES} if self.voices_claim else {})
        if not self.url:
            return mounted
        endpoint = variables({URL_VARIABLE: self.url, MODEL_VARIABLE: self.model})
        return [*mounted, *endpoint, *by_reference(KEY_VARIABLE, self.secret)]

    def volumes(self) -> list[dict[str, Any]]:
        """Volumes of the pod."""
        claim = {"claimName": self.voices_claim, "readOnly": True}
        return [{"name": "voices", "persistentVolumeClaim": claim}] if self.voices_claim else []

    def mounts(self) -> list[dict[str, Any]]:
        """Mounts of these volumes in the container."""
        return [{"name": "voices", "mountPath": VOICES, "readOnly": True}] if self.voices_claim else []


SILENT = Speech()
