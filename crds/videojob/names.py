"""Names and labels of everything made for a VideoJob. Deterministic: creating twice is a conflict, and harmless."""

from __future__ import annotations

import hashlib

MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "videotutor"
RECOMMENDED = {"app.kubernetes.io/name": "videotutor", "app.kubernetes.io/component": "renderer"}
"""Labels that many clusters require of every pod (kubernetes.io, "Recommended Labels"); nothing selects by them."""
LABEL_VIDEOJOB = "videotutor.dev/videojob"
LABEL_TASK = "videotutor.dev/task"
LABEL_SCENE = "videotutor.dev/scene"
LABEL_DIGEST = "videotutor.dev/digest"
LABEL_ATTEMPT = "videotutor.dev/attempt"
IDENTITY = (MANAGED_BY, LABEL_VIDEOJOB, LABEL_TASK, LABEL_SCENE, LABEL_DIGEST, LABEL_ATTEMPT)
"""Labels of Jobs and pods by which the operator finds them again."""
LABEL_NETWORK = "videotutor.dev/network"
NETWORK_LLM = "llm"
"""Value of that label on pods that may call the language model; the chart's NetworkPolicy selects by it."""
LABEL_SPEECH = "videotutor.dev/speech"
SPEECH_ENDPOINT = "endpoint"
"""Value of that label on pods that may call the speech endpoint; the chart's NetworkPolicy selects by it."""
LABEL_QUEUE = "kueue.x-k8s.io/queue-name"
PASSED_ON = (LABEL_QUEUE, "kueue.x-k8s.io/priority-class")
"""Labels of a VideoJob that its Jobs carry too: Kueue, where it is installed, queues Jobs by them."""

ANNOTATION_GENERATION = "videotutor.dev/generation"
"""On a Job: the generation of the VideoJob that it was made for; attempts of earlier ones do not count as retries."""
ANNOTATION_TEMPLATE = "videotutor.dev/pod-template"
"""On a Job: digest of spec.podTemplate; a waiting Job is replaced when that is edited."""
ANNOTATION_FAILURE = "videotutor.dev/failure"
"""On a Job that the operator ended: the class of its failure, since its pods are removed."""
ANNOTATION_MESSAGE = "videotutor.dev/failure-message"
"""On the same Job: what happened, in words."""
ANNOTATION_NUDGE = "videotutor.dev/nudged-at"
"""On a Job without a pod: changed from time to time, so that the Job controller retries earlier."""
ANNOTATION_RENDERER = "videotutor.dev/renderer-version"
"""On a Job: the version of the renderer that its image is; Jobs of 092fef3 have none."""
CONTAINER = "renderer"
"""Name of the container that runs the task; others in its pod were injected."""

MAX_ATTEMPT = 999_999_999
"""Largest number of an attempt that is read from a label."""
MAX_NAME = 63
"""Longest name of a Job: its pods carry it as a label value (RFC 1123 label)."""

MAX_VIDEOJOB_NAME = 52
"""Longest name of a VideoJob, enforced by the CRD."""


def shorten(name: str, limit: int = MAX_NAME) -> str:
    """The name itself, or its start and a digest of the whole when it is longer than the limit."""
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: limit - 9].rstrip('-')}-{digest}"


def job_name(videojob: str, task: str, attempt: int, *identity: object) -> str:
    """Name of the Job of one attempt at one task; `task` is plan, stitch or the scene's id.

    The hash covers the parts one by one: VideoJob `a` with scene `b-c` is not VideoJob `a-b` with scene `c`.
    `identity`: the rest of what distinguishes it from other Jobs.
    """
    parts = hashlib.sha256("/".join(map(str, (videojob, task, *identity))).encode()).hexdigest()[:8]
    return shorten(f"{videojob}-{task}-{parts}-{attempt}")


def videojob_name(request: str, *scope: str) -> str:
    """Name of the VideoJob that a request makes: the same request always names the same VideoJob.

    `scope`: who requests it, where others used the same request id; the caller's ids hold no slash.
    """
    if not scope:
        return f"video-{hashlib.sha256(request.encode()).hexdigest()[:12]}"
    return f"video-{hashlib.sha256('/'.join((*scope, request)).encode()).hexdigest()[:24]}"
