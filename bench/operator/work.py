"""What both sides are given: videos of scenes that render nothing, and the pods they run in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bench.operator.namespaces import CLAIM
from videojob import API_GROUP, API_VERSION, KIND
from videojob.spec import PodTemplate, VideoJobSpec
from videotutor_operator.manifests.job import Runtime
from videotutor_operator.manifests.pod_defaults import PodDefaults

REQUESTS = {"cpu": "1m", "memory": "4Mi"}
LIMITS = {"cpu": "1", "memory": "64Mi"}
"""So little that what limits is the number of pods, not the node's size; what must be set is set."""


@dataclass(frozen=True, slots=True)
class Load:
    """So many videos of so many scenes, made at once, on nodes that the template selects; named with the prefix.

    `deadline`: `activeDeadlineSeconds` of each.
    """

    videos: int
    scenes: int
    template: PodTemplate
    prefix: str = "video"
    deadline: int = 3600

    @property
    def pods(self) -> int:
        """How many pods that takes: a plan, the scenes and a stitch for each video."""
        return self.videos * (self.scenes + 2)

    def names(self) -> list[str]:
        """The videos' names."""
        return [f"{self.prefix}-{number:05}" for number in range(self.videos)]

    def spec(self, name: str) -> VideoJobSpec:
        """One video's spec. Each has a prompt of its own, so that no two share a scene."""
        return VideoJobSpec(
            prompt=f"Nothing ({name})",
            scene_count=self.scenes,
            pod_template=self.template,
            active_deadline_seconds=self.deadline,
        )


def videojob_manifest(name: str, spec: VideoJobSpec) -> dict[str, Any]:
    """A VideoJob as a user would apply it."""
    written = spec.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    return {"apiVersion": f"{API_GROUP}/{API_VERSION}", "kind": KIND, "metadata": {"name": name}, "spec": written}


def runtime(image: str) -> Runtime:
    """What the pods of the floor run with: the same as the operator's."""
    return Runtime(
        image=image,
        pull_policy="IfNotPresent",
        artifacts_claim=CLAIM,
        job_ttl=86_400,
        pod=PodDefaults(requests=REQUESTS, limits=LIMITS),
    )


def default_settings(namespace: str, image: str) -> dict[str, str]:
    """Environment of an operator that serves one namespace, with default limits, without reports and election."""
    return {
        "VIDEOTUTOR_NAMESPACE": namespace,
        "VIDEOTUTOR_RENDERER_IMAGE": image,
        "VIDEOTUTOR_ARTIFACTS_CLAIM": CLAIM,
        "VIDEOTUTOR_POD_DEFAULTS": json.dumps({"requests": REQUESTS, "limits": LIMITS}),
    }


def unlimited_settings(namespace: str, image: str) -> dict[str, str]:
    """The same without limits of its own, so that what is measured is the operator and not its settings."""
    return {
        **default_settings(namespace, image),
        "VIDEOTUTOR_WRITES_PER_SECOND": "500",  # as the raised limit of the Job controller
        "VIDEOTUTOR_MAX_ACTIVE_JOBS": "0",
    }
