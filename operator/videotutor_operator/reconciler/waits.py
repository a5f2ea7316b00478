"""Waits for what Kubernetes refuses for now, in its own words."""

from __future__ import annotations

import re

from videojob.base import ellipsize
from videojob.secret import redact
from videotutor_operator.core.model import DENIED, NO_POD, NOT_STARTED, QUOTA, Wait
from videotutor_operator.errors import ClusterError, Conflict, Forbidden
from videotutor_operator.observed.pods import LONGEST_WAITING

CREATE_FAILED = "CreateFailed"
"""Reason of waiting where the API server did not create a Job, for no lasting reason."""
NAME_TAKEN = "NameTaken"
"""Reason of waiting where another owner's Job has the name, or one that is being deleted."""

_OF_A_QUOTA = re.compile(
    r"(?:[a-z.]+ \"[^\"]*\" is forbidden: )?(?:exceeded|failed|insufficient|status unknown for) quota\b"
)
"""How the message of a ResourceQuota begins (apiserver/pkg/admission/plugin/resourcequota/controller.go); those of
policies and webhooks begin with their names."""
_PREAMBLE = re.compile(r"^(\(combined from similar events\): )?(Error creating: )?(pods \"[^\"]*\" is forbidden: )?")


def wait_for_pod(message: str) -> Wait:
    """The wait for the message of a FailedCreate event, without the pod's name, which changes each time."""
    words = ellipsize(_PREAMBLE.sub("", redact(message)), LONGEST_WAITING)
    return Wait(QUOTA if _OF_A_QUOTA.match(words) else NO_POD, f"Kubernetes makes no pod: {words}")


def wait_for_start(message: str) -> Wait:
    """The wait for the message of a pod that has a node and does not start."""
    return Wait(NOT_STARTED, ellipsize(f"the node does not start its pod: {redact(message)}", LONGEST_WAITING))


def wait_for_job(error: ClusterError) -> Wait:
    """Why a Job that the API server did not accept waits."""
    words = ellipsize(str(error), LONGEST_WAITING)
    if isinstance(error, Conflict):
        return Wait(NAME_TAKEN, words)
    if isinstance(error, Forbidden):
        return Wait(QUOTA if _OF_A_QUOTA.match(words) else DENIED, f"Kubernetes forbids the Job: {words}")
    return Wait(CREATE_FAILED, f"Kubernetes did not create the Job: {words}")
