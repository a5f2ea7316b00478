"""What a pod says about the attempt it runs, in the few fields that matter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from videojob.results import AnyResult, decode_result
from videotutor_operator.observe import owner_uid, videojob_of
from videotutor_operator.times import parse

CANNOT_PULL = frozenset({"ErrImagePull", "ImagePullBackOff"})
"""The kubelet flips between these two; one message for both keeps the status still."""
HARMLESS = frozenset({"ContainerCreating", "PodInitializing", ""})
"""Reasons of waiting that every pod goes through."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod as observed. `gone`: it was deleted since; what it said last stays valid."""

    name: str
    uid: str
    job_uid: str
    videojob: str
    resource_version: str
    phase: str
    disrupted: bool = False
    deleting: bool = False
    gone: bool = False
    reason: str = ""
    message: str = ""
    container_reason: str = ""
    exit_code: int | None = None
    ended_at: datetime | None = None
    waiting: str = ""
    result: AnyResult | None = None

    @property
    def ended(self) -> bool:
        """Whether its container has ended for good."""
        return self.phase in {"Succeeded", "Failed"}


def read_pod(raw: dict[str, Any]) -> Pod:
    """A pod from the API server's JSON."""
    metadata, status = raw["metadata"], raw.get("status") or {}
    containers: list[dict[str, Any]] = status.get("containerStatuses") or [{}]
    container = containers[0]
    state = container.get("state") or {}
    ended = state.get("terminated") or {}
    return Pod(
        name=metadata["name"],
        uid=metadata["uid"],
        job_uid=owner_uid(metadata),
        videojob=videojob_of(metadata),
        resource_version=metadata.get("resourceVersion", ""),
        phase=status.get("phase", "Pending"),
        disrupted=_condition(status, "DisruptionTarget").get("status") == "True",
        deleting="deletionTimestamp" in metadata,
        reason=status.get("reason", ""),
        message=status.get("message", ""),
        container_reason=ended.get("reason", ""),
        exit_code=ended.get("exitCode"),
        ended_at=parse(ended.get("finishedAt")),
        waiting=_waiting(status, state.get("waiting") or {}, container.get("image", "")),
        result=decode_result(ended.get("message") or ""),
    )


def _condition(status: dict[str, Any], kind: str) -> dict[str, Any]:
    return next((c for c in status.get("conditions") or [] if c.get("type") == kind), {})


def _waiting(status: dict[str, Any], waiting: dict[str, Any], image: str) -> str:
    """Why the container does not run yet, in one line; empty when nothing is unusual."""
    reason = waiting.get("reason", "")
    if reason in CANNOT_PULL:
        return f"the image {image} cannot be pulled"
    if reason not in HARMLESS:
        return f"{reason}: {waiting.get('message', '')}".rstrip(": ")[:300]
    scheduled = _condition(status, "PodScheduled")
    if scheduled.get("status") == "False":
        return f"{scheduled.get('reason', 'Unschedulable')}: {scheduled.get('message', '')}".rstrip(": ")[:300]
    return ""
