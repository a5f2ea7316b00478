"""A VideoJob as read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from videojob.status import VideoJobStatus, read_status

KEPT = ("prompt", "sceneCount", "projectId", "sessionId", "cancel", "retry", "output")
"""Fields of the spec that responses and playlists need. Storyboards and edits, up to a megabyte, are not kept."""


@dataclass(frozen=True)
class VideoJob:
    """A VideoJob as read.

    The spec is as Kubernetes stores it: JSON that the CRD has checked. A status that cannot be read says so in its
    message, so that one VideoJob of another version does not spoil a list.
    """

    name: str
    uid: str
    version: str
    generation: int
    created_at: str
    labels: dict[str, str]
    annotations: dict[str, str]
    spec: dict[str, Any]
    status: VideoJobStatus

    @property
    def is_observed(self) -> bool:
        """Whether the status is about the present spec."""
        return self.status.observed_generation >= self.generation


def read_videojob(found: dict[str, Any]) -> VideoJob:
    """Read a VideoJob that `collection.is_videojob` accepts."""
    metadata = found["metadata"]
    status, unreadable = read_status(found.get("status") or {})
    if unreadable:
        message = f"This version of the API cannot read the status: {unreadable}"
        status = status.model_copy(update={"message": message})
    return VideoJob(
        name=metadata["name"],
        uid=metadata.get("uid", ""),
        version=metadata["resourceVersion"],
        generation=metadata.get("generation", 1),
        created_at=metadata.get("creationTimestamp", ""),
        labels=metadata.get("labels") or {},
        annotations=metadata.get("annotations") or {},
        spec=found["spec"],
        status=status,
    )
