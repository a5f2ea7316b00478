"""What a pod says about the attempt it runs, in the few fields that matter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from videojob.results import AnyResult, FailureResult, decode_result
from videotutor_operator.observed.observe import owner_uid, videojob_of
from videotutor_operator.times import parse

CANNOT_PULL = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "ErrImageNeverPull",
        "ImageInspectError",
        "InvalidImageName",
        "RegistryUnavailable",
    }
)
"""The kubelet flips between some of these; one message for all keeps the status still."""
HARMLESS = frozenset({"ContainerCreating", "PodInitializing", ""})
"""Reasons of waiting that every pod goes through."""
LONGEST_WAITING = 300
"""Characters kept of why a pod waits."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod as observed. `gone`: it was deleted since; what it said last stays valid.

    `disruption`: the reason of its condition DisruptionTarget, which `message` then explains; empty without one.
    `ends_by`: when its grace ends, if it was told to end.
    `waiting_since`: when the scheduler first found no place for it; a place may come free any moment.
    """

    name: str
    uid: str
    job_uid: str
    videojob: str
    resource_version: str
    phase: str
    created_at: str = ""
    node: str = ""
    disruption: str = ""
    ends_by: datetime | None = None
    gone: bool = False
    reason: str = ""
    message: str = ""
    container_reason: str = ""
    exit_code: int | None = None
    ended_at: datetime | None = None
    waiting: str = ""
    waiting_reason: str = ""
    waiting_since: datetime | None = None
    result: AnyResult | None = None

    @property
    def ended(self) -> bool:
        """Whether its container has ended for good."""
        return self.phase in {"Succeeded", "Failed"} or self.answered

    @property
    def answered(self) -> bool:
        """Whether its container ended well and said what it made.

        The kubelet tells so as soon as it sees it; the phase it changes when nothing of the pod is left, two of its
        rounds of a second later.
        """
        return self.exit_code == 0 and self.result is not None and not isinstance(self.result, FailureResult)

    def after(self, before: Pod | None) -> Pod:
        """This pod with what it waited for before it was told to end: the kubelet forgets that then."""
        if before is None or not self.deleting or self.waiting:
            return self
        return replace(self, waiting=before.waiting, waiting_reason=before.waiting_reason)

    @property
    def deleting(self) -> bool:
        """Whether somebody told it to end: its Job's controller, the node, or a person."""
        return self.ends_by is not None


def read_pod(raw: dict[str, Any]) -> Pod:
    """A pod from the API server's JSON."""
    metadata, status = raw["metadata"], raw.get("status") or {}
    containers: list[dict[str, Any]] = status.get("containerStatuses") or [{}]
    container = containers[0]
    state = container.get("state") or {}
    ended = state.get("terminated") or {}
    disruption = _holding(status, "DisruptionTarget")
    reason, waiting = _waiting(status, state.get("waiting") or {}, container.get("image", ""))
    return Pod(
        name=metadata["name"],
        uid=metadata["uid"],
        job_uid=owner_uid(metadata),
        videojob=videojob_of(metadata),
        resource_version=metadata.get("resourceVersion", ""),
        phase=status.get("phase", "Pending"),
        created_at=metadata.get("creationTimestamp", ""),
        node=(raw.get("spec") or {}).get("nodeName", ""),
        disruption=(disruption.get("reason") or "Unnamed") if disruption else "",
        ends_by=parse(metadata.get("deletionTimestamp")),
        reason=status.get("reason", ""),
        message=(disruption or status).get("message", ""),
        container_reason=ended.get("reason", ""),
        exit_code=ended.get("exitCode"),
        ended_at=parse(ended.get("finishedAt")),
        waiting=waiting[:LONGEST_WAITING],
        waiting_reason=reason,
        waiting_since=parse((_holding(status, "PodScheduled", "False") or {}).get("lastTransitionTime")),
        result=decode_result(ended.get("message") or ""),
    )


def _holding(status: dict[str, Any], kind: str, value: str = "True") -> dict[str, Any] | None:
    """The condition of this type, if it has this value."""
    found = (c for c in status.get("conditions") or [] if (c.get("type"), c.get("status")) == (kind, value))
    return next(found, None)


def _waiting(status: dict[str, Any], waiting: dict[str, Any], image: str) -> tuple[str, str]:
    """Why the container does not run yet, in one word and in one line; both empty when nothing is unusual."""
    reason = waiting.get("reason", "")
    if reason in CANNOT_PULL:
        return "ImagePull", f"the image {image} cannot be pulled"
    if reason not in HARMLESS:
        return reason, f"{reason}: {waiting.get('message', '')}".rstrip(": ")
    if unscheduled := _holding(status, "PodScheduled", "False"):
        why = unscheduled.get("reason") or "Unschedulable"
        gated = why == "SchedulingGated"
        return "SchedulingGated" if gated else "Unschedulable", f"{why}: {unscheduled.get('message', '')}".rstrip(": ")
    return "", ""
