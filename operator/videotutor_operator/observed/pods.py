"""Read the fields of a pod that matter for its attempt."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from videojob.base import ellipsize, plain
from videojob.names import CONTAINER
from videojob.results import AnyResult, BadResultError, FailureResult, decode_result
from videojob.secret import redact
from videojob.status import FailureClass
from videotutor_operator.core.model import Wait
from videotutor_operator.observed.observe import LONGEST_WORD, owner_uid, read_text
from videotutor_operator.times import CLOCKS_APART, parse

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
"""The kubelet alternates between some of these."""
HARMLESS = frozenset({"ContainerCreating", "PodInitializing", ""})
"""Reasons of waiting that every pod has."""
LONGEST_WAITING = 300
"""Characters kept of why a pod waits."""
LONGEST_READ = 4096
"""Characters that are read of a message of Kubernetes; who may write a pod's status may write a megabyte."""
_NODES = re.compile(
    r"(?<!\d)\d+/\d+ nodes are available: (?P<why>.*?)(?:\.? preemption:|, preemption:|\. |\.?$)", re.DOTALL
)
_BACK_OFF = re.compile(r"^Back-off pulling image \"[^\"]*\"(?:: ErrImagePull: )?")
_COUNT = re.compile(r"^\d+ ")
LONGEST_GRACE = 86_400
"""Seconds of a pod's grace at most; a longer one is ignored."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod as observed. `gone`: it was deleted; its last state stays valid.

    `disruption`: the reason of its condition DisruptionTarget, which `message` then explains; empty without one.
    `ends_by`: when its grace ends, if its deletion was requested. `failed_before`: it failed before anything ended it
    from outside, so that a deletion afterwards, such as a cleanup of failed pods, is not the cause.
    `waiting_since`: when the scheduler first found no node for it.
    `running`: the renderer's container runs; `ran`: it runs or has ended. `started_at`: since when it runs, or is held
    up on its node by something unusual. `lingering`: it has ended, and an injected container has not.
    `unstarted_since`: when it got a node, on which its container has not started.
    `unreadable`: why its result is invalid. Times of the node are never later than their first observation; no
    container starts before its pod got the node, or ends before its pod was created: the node's clock may be wrong.
    """

    name: str
    uid: str
    job_uid: str
    namespace: str
    resource_version: str
    phase: str
    created_at: str = ""
    node: str = ""
    disruption: str = ""
    ends_by: datetime | None = None
    failed_before: bool = False
    gone: bool = False
    reason: str = ""
    message: str = ""
    container_reason: str = ""
    exit_code: int | None = None
    running: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None
    lingering: bool = False
    wait: Wait | None = None
    waiting_since: datetime | None = None
    unstarted_since: datetime | None = None
    result: AnyResult | None = None
    unreadable: str = ""

    @property
    def ended(self) -> bool:
        """Whether the renderer's container has ended for good."""
        return self.phase in {"Succeeded", "Failed"} or self.has_result or self.lingering

    @property
    def has_failed(self) -> bool:
        """Whether it failed and all details are observed: the pod's phase changes last, except with a sidecar."""
        return self.phase == "Failed" or (self.lingering and not self.has_result)

    @property
    def ran(self) -> bool:
        """Whether the renderer's container runs, or has ended."""
        return self.running or self.exit_code is not None

    @property
    def has_result(self) -> bool:
        """Whether its container succeeded with a result.

        The kubelet reports that at once; it changes the pod's phase when nothing of the pod is left, two of its rounds
        of a second later.
        """
        return self.exit_code == 0 and self.result is not None and not isinstance(self.result, FailureResult)

    def merge(self, before: Pod | None) -> Pod:
        """This pod with its wait before the deletion, which the kubelet drops, earlier times and its own failure."""
        if before is None:
            return self
        same = self.running is before.running
        started_at = _earliest(self.started_at, before.started_at) if same and self.started_at else self.started_at
        ended_at = _earliest(self.ended_at, before.ended_at)
        wait = self.wait or (before.wait if self.deleting else None)
        if wait and before.wait and before.wait.message.startswith(f"{wait.message}: "):  # a kubelet that backs off
            wait = before.wait
        failed_before = self.failed_before or before.failed_before
        known = (self.started_at, self.ended_at, self.wait, self.failed_before)
        if (started_at, ended_at, wait, failed_before) == known:
            return self
        return replace(self, started_at=started_at, ended_at=ended_at, wait=wait, failed_before=failed_before)

    @property
    def deleting(self) -> bool:
        """Whether its deletion was requested: by its Job's controller, the node, or a person."""
        return self.ends_by is not None


def read_pod(raw: dict[str, Any]) -> Pod:
    """A pod from the API server's JSON."""
    metadata, status, now = raw["metadata"], raw.get("status") or {}, datetime.now(UTC)
    containers: list[dict[str, Any]] = status.get("containerStatuses") or []
    container = next((c for c in containers if c.get("name") == CONTAINER), {})
    others = [c for c in containers if c.get("name") != CONTAINER]
    state = container.get("state") or {}
    ended, running = state.get("terminated") or {}, state.get("running")
    disruption = _condition(status, "DisruptionTarget")
    injected = [*others, *(status.get("initContainerStatuses") or [])]
    wait = _wait(status, container, [] if ended or running is not None else injected)
    ended_at = _ended_at(status, ended, disruption)
    result, unreadable = _answer(ended.get("message") or "")
    if not container and status.get("phase") == "Running":  # a kubelet that reports no containers
        running = {}
    made = parse(metadata.get("creationTimestamp"))
    scheduled = parse((_condition(status, "PodScheduled") or {}).get("lastTransitionTime"))
    began = parse((running or {}).get("startedAt") or status.get("startTime"))
    began = _earliest(_latest(began, made, scheduled) if began else None, now)
    pod = Pod(
        name=metadata["name"],
        uid=metadata["uid"],
        job_uid=owner_uid(metadata),
        namespace=metadata["namespace"],
        resource_version=metadata.get("resourceVersion", ""),
        phase=read_text(status, "phase", LONGEST_WORD) or "Pending",
        created_at=metadata.get("creationTimestamp", ""),
        node=(raw.get("spec") or {}).get("nodeName", ""),
        disruption=(read_text(disruption, "reason", LONGEST_WORD) or "Unnamed") if disruption else "",
        ends_by=parse(metadata.get("deletionTimestamp")),
        reason=read_text(status, "reason", LONGEST_WORD),
        message=redact(read_text(disruption or status, "message", LONGEST_READ)),
        container_reason=read_text(ended, "reason", LONGEST_WORD),
        exit_code=ended.get("exitCode"),
        running=running is not None,
        started_at=began if running is not None or (wait and status.get("startTime") and not ended) else None,
        ended_at=min(max(ended_at, made or ended_at), now) if ended_at else None,
        lingering=bool(ended) and any("terminated" not in (other.get("state") or {}) for other in others),
        wait=wait,
        waiting_since=parse((_condition(status, "PodScheduled", "False") or {}).get("lastTransitionTime")),
        unstarted_since=_unstarted_since(status, state),
        result=result,
        unreadable=unreadable,
    )
    failed_before = pod.has_failed and not pod.disruption and not _was_ended_by_deletion(pod, metadata)
    return replace(pod, failed_before=True) if failed_before else pod


def _was_ended_by_deletion(pod: Pod, metadata: dict[str, Any]) -> bool:
    """Whether a deletion may have ended its container: not where that ended long before the request."""
    if pod.ends_by is None:
        return False
    grace = metadata.get("deletionGracePeriodSeconds")
    requested_at = pod.ends_by - timedelta(
        seconds=grace if isinstance(grace, int) and 0 <= grace <= LONGEST_GRACE else 0
    )
    return pod.ended_at is None or pod.ended_at > requested_at - CLOCKS_APART


def _ended_at(status: dict[str, Any], ended: dict[str, Any], disruption: dict[str, Any] | None) -> datetime | None:
    """When its container ended; of an ended pod whose container did not run, when it was disrupted."""
    if status.get("phase") == "Failed" and disruption and not ended:
        return parse(disruption.get("lastTransitionTime"))
    return parse(ended.get("finishedAt"))


def _unstarted_since(status: dict[str, Any], state: dict[str, Any]) -> datetime | None:
    started = status.get("phase", "Pending") != "Pending" or "running" in state or "terminated" in state
    ready = _condition(status, "PodReadyToStartContainers")  # then only its image is pulled
    scheduled = None if started or ready else _condition(status, "PodScheduled")
    return parse(scheduled.get("lastTransitionTime")) if scheduled else None


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment), default=None)


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment), default=None)


def _answer(message: str) -> tuple[AnyResult | None, str]:
    """The result in a termination message, or why there is none; both empty where there is no message."""
    if not message:
        return None, ""
    try:
        return decode_result(message), ""
    except BadResultError as error:
        return None, str(error)


def _condition(status: dict[str, Any], kind: str, value: str = "True") -> dict[str, Any] | None:
    """The condition of this type, if it has this value."""
    found = (c for c in status.get("conditions") or [] if (c.get("type"), c.get("status")) == (kind, value))
    return next(found, None)


def _wait(status: dict[str, Any], container: dict[str, Any], others: list[dict[str, Any]]) -> Wait | None:
    """Why the container does not run yet; None when nothing is unusual."""
    if unscheduled := _condition(status, "PodScheduled", "False"):
        why = read_text(unscheduled, "message", LONGEST_READ)
        if unscheduled.get("reason") == "SchedulingGated":
            return Wait("SchedulingGated", _shorten(f"SchedulingGated: {why}"))
        return Wait(FailureClass.UNSCHEDULABLE, _shorten(f"Unschedulable: {_stable_reasons(why)}"))
    for found in (container, *others):
        waiting = (found.get("state") or {}).get("waiting") or {}
        reason, why = read_text(waiting, "reason", LONGEST_WORD), read_text(waiting, "message", LONGEST_READ)
        if reason in CANNOT_PULL:
            what = f"the image {read_text(found, 'image', LONGEST_READ)} cannot be pulled"
            return Wait(FailureClass.IMAGE_PULL, _shorten(f"{what}: {_BACK_OFF.sub('', why)}"))  # the cause in both
        if reason not in HARMLESS:
            return Wait(plain(reason, LONGEST_WORD), _shorten(f"{reason}: {why}"))
    return None


def _stable_reasons(message: str) -> str:
    """The scheduler's reasons, sorted, without counts, which change with each node."""
    nodes = _NODES.search(message)
    if nodes is None:
        return message
    reasons = {_COUNT.sub("", reason).strip() for reason in nodes["why"].split(", ")}
    return "no node is available: " + ", ".join(sorted(reasons))


def _shorten(text: str) -> str:
    return ellipsize(redact(text).rstrip(": "), LONGEST_WAITING)
