"""Describe how an attempt ended: one function for each way, which returns an empty text for the others."""

from __future__ import annotations

from collections.abc import Callable

from videojob.base import ellipsize
from videojob.status import FailureClass
from videotutor_operator.core.model import Ending

Describe = Callable[[Ending], str]
"""Returns what happened; empty where it was something else."""
LONGEST_DETAIL = 120
"""Characters kept of Kubernetes' message, so that the advice after it is not cut off."""

DISRUPTIONS = {
    "PreemptionByScheduler": FailureClass.PREEMPTED,
    "EvictionByEvictionAPI": FailureClass.EVICTED,
    "TerminationByKubelet": FailureClass.EVICTED,
    "DeletionByTaintManager": FailureClass.NODE_LOST,
    "DeletionByPodGC": FailureClass.NODE_LOST,
}
"""Reasons of the pod condition DisruptionTarget (kubernetes.io/docs/concepts/workloads/pods/disruptions)."""


def renderer_failure(_ending: Ending) -> str:
    """The renderer's own message, which `judge` reads."""
    return ""


def _detail(*parts: str) -> str:
    return ellipsize(": ".join(part for part in parts if part), LONGEST_DETAIL).rstrip(" .") or "no reason was given"


def _pod(ending: Ending) -> str:
    return f"The pod {ending.pod}".rstrip() + (f" on node {ending.node}" if ending.node else "")


def out_of_memory(ending: Ending) -> str:
    """The kernel killed the container for exceeding its memory limit."""
    return "The renderer ran out of memory." if ending.container_reason == "OOMKilled" else ""


def own_disk(ending: Ending) -> str:
    """The kubelet sets no DisruptionTarget where the pod itself went over a limit."""
    if ending.pod_reason != "Evicted" or ending.disruption:
        return ""
    return f"{_pod(ending)} was evicted for what it used ({_detail(ending.pod_message)})."


def _is_late(ending: Ending) -> bool:
    return "DeadlineExceeded" in (ending.job_reason, ending.pod_reason)


def image_not_pulled(ending: Ending) -> str:
    """The container did not start in time, since its image could not be pulled."""
    missing = ending.wait is not None and ending.wait.reason == FailureClass.IMAGE_PULL
    return _not_started(ending) if missing else ""


def not_started(ending: Ending) -> str:
    """The container did not start in time, for any other reason."""
    return "" if image_not_pulled(ending) else _not_started(ending)


def _not_started(ending: Ending) -> str:
    if not _is_late(ending) or ending.ran:
        return ""
    return f"The task was not started in time; it was waiting: {_detail(ending.wait.message if ending.wait else '')}."


def too_long(ending: Ending) -> str:
    """The container ran for longer than it may."""
    return "Not done within spec.activeDeadlineSeconds." if _is_late(ending) and not _not_started(ending) else ""


def disruption(class_: FailureClass, verb: str) -> Describe:
    """The cluster ended the pod for a reason of this class."""

    def describe(ending: Ending) -> str:
        known = DISRUPTIONS.get(ending.disruption, FailureClass.INFRASTRUCTURE)
        if not ending.disruption or known is not class_:
            return ""
        return f"{_pod(ending)} {verb} ({_detail(ending.pod_message or ending.disruption)})."

    return describe


def rejection(ending: Ending) -> str:
    """The node rejected a pod that was scheduled to it; other reasons have rules of their own."""
    if not ending.pod_reason or ending.pod_reason in {"DeadlineExceeded", "Evicted"}:
        return ""
    return f"The node rejected the pod ({_detail(ending.pod_reason, ending.pod_message)})."


def pod_deleted(ending: Ending) -> str:
    """A person or another controller deleted the pod."""
    return "The pod was deleted before its end was observed." if ending.pod_deleted and not ending.completed else ""


def unreadable(ending: Ending) -> str:
    """The renderer exited with 0 and an invalid result, or with none."""
    why = _detail(ending.unreadable or "it is empty")
    return f"The renderer's answer cannot be read ({why})." if ending.exit_code == 0 else ""


def result_lost(ending: Ending) -> str:
    """The Job is complete, and no pod with its result is left."""
    return "The task's result was lost with its pod." if ending.completed else ""


def refusal(ending: Ending) -> str:
    """The API server does not accept the Job."""
    return f"Kubernetes refused the Job: {ending.refusal.rstrip(' .')}." if ending.refusal else ""


def unknown(ending: Ending) -> str:
    """Always applies: it ended for an unknown reason."""
    code = "no exit code" if ending.exit_code is None else f"exit code {ending.exit_code}"
    reason = ending.container_reason or ending.job_reason or "no reason given"
    return f"The renderer ended without an answer ({code}, {reason})."
