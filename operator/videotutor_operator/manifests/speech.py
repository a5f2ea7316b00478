"""What the pods of scenes get to speak with: mounted voices, and the speech endpoint where its voice is asked for."""

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
    """The means of this installation; nothing by itself."""

    voices_claim: str = ""
    """Claim of the volume with Piper voices; empty: none are mounted."""
    url: str = ""
    """The endpoint; empty: there is none."""
    model: str = ""
    secret: str = ""
    """Name of the Secret with the endpoint's key; empty: it needs none."""

    def of(self, task: PlanTask | SceneTask | StitchTask) -> Speech:
        """What of it a task needs: only scenes speak, and only some of them with a voice of the endpoint."""
        if not isinstance(task, SceneTask) or not task.narration.enabled:
            return SILENT
        return self if task.narration.voice.startswith(REMOTE_VOICE) else replace(self, url="")

    def labels(self) -> dict[str, str]:
        """The label by which the chart's NetworkPolicy lets a pod out to the endpoint."""
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
        """Where the container finds them."""
        return [{"name": "voices", "mountPath": VOICES, "readOnly": True}] if self.voices_claim else []


SILENT = Speech()
