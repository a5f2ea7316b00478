"""Kubernetes events on changes of phase, for `kubectl describe videojob` and `kubectl events`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from videojob import API_GROUP, API_VERSION, KIND
from videojob.phases import Phase
from videojob.status import VideoJobStatus
from videotutor_operator.conditions import reason_of
from videotutor_operator.model import VideoJob

REPORTER = "videotutor.dev/operator"
LONGEST_NOTE = 1024
"""Bytes that Kubernetes lets the note of an event have."""


def worth_announcing(before: VideoJobStatus, after: VideoJobStatus) -> bool:
    """Whether the phase changed; a new generation that ends where it began is a change too."""
    again = before.observed_generation != after.observed_generation
    return before.phase != after.phase or (again and after.phase is Phase.SUCCEEDED)


def event_manifest(job: VideoJob, status: VideoJobStatus, instance: str, now: datetime) -> dict[str, Any]:
    """An event of the API group events.k8s.io that says where the VideoJob is now, and why."""
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": f"{job.name}.{uuid4().hex[:16]}", "namespace": job.namespace},
        "eventTime": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "reportingController": REPORTER,
        "reportingInstance": instance[:128],
        "action": "Reconcile",
        "reason": reason_of(status),
        "type": "Warning" if status.phase is Phase.FAILED else "Normal",
        "note": status.message.encode()[:LONGEST_NOTE].decode(errors="ignore"),
        "regarding": {
            "apiVersion": f"{API_GROUP}/{API_VERSION}",
            "kind": KIND,
            "name": job.name,
            "namespace": job.namespace,
            "uid": job.uid,
        },
    }
