"""The values that `decide` takes and returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from videojob.digest import RENDERER_VERSION
from videojob.results import AnyResult, FailureResult
from videojob.spec import VideoJobSpec
from videojob.status import Failure, Renderer, VideoJobStatus
from videojob.tasks import PlanTask, SceneTask, StitchTask
from videotutor_operator.core.allowance import Allowance

QUEUED = "Queued"
"""Reason of waiting for admission: in Kueue, which suspends a Job until then, or under operator.maxActiveJobs."""
AWAITING_POD = "AwaitingPod"
"""Reason of waiting for a pod that Kubernetes has not created, without a reported cause."""
TERMINATING = "Terminating"
"""Reason of waiting for a Job that was deleted and still exists."""
NO_POD = "NoPod"
"""Reason of waiting where Kubernetes reports why it creates no pod: a policy, a webhook, a missing object."""
NOT_STARTED = "NotStarted"
"""Reason of waiting where the kubelet reports why it does not start a pod: its sandbox, a volume."""
QUOTA = "Quota"
"""Reason of waiting where a ResourceQuota forbids a Job or its pod."""
DENIED = "Denied"
"""Reason of waiting where an admission policy, a webhook or a missing right forbids a Job."""


UNLIMITED = 1_000_000
"""Room for Jobs where the installation sets no limit."""


class Problem(NamedTuple):
    """Why the spec cannot be read. `newer`: it has a value that only a newer CRD accepts."""

    message: str
    newer: bool = False


class Wait(NamedTuple):
    """Why an attempt waits: one word for machines and one line for people."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class VideoJob:
    """A VideoJob as observed.

    `problem`: why the spec cannot be read; `spec` then has the identity only, and whether it is suspended or cancelled.
    `unreadable`: why the status cannot be read; `status` then is that of a new VideoJob, except for the outbox, and
    `raw_status` is the stored JSON.
    `queueing`: the labels that Kueue reads on its Jobs. `created_at`: RFC 3339.
    """

    namespace: str
    name: str
    uid: str
    generation: int
    spec: VideoJobSpec
    status: VideoJobStatus
    resource_version: str = ""
    created_at: str = ""
    problem: Problem | None = None
    unreadable: str = ""
    raw_status: dict[str, Any] | None = None
    deleting: bool = False
    queueing: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """Its key in the work queue and in the cache."""
        return key_of(self.namespace, self.name)


def key_of(namespace: str, name: str) -> str:
    """The key of the VideoJob of that name in the work queue and in the cache."""
    return f"{namespace}/{name}"


class State(StrEnum):
    """State of one attempt."""

    ACTIVE = "active"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a failed attempt ended, as far as it is known; the rules of `failures` read it.

    `disruption`: the reason of the pod's condition DisruptionTarget, whose message is `pod_message`.
    `unreadable`: what is wrong with the renderer's answer. `recorded`: the failure that the operator noted on the
    Job when it ended it. `ran`: the container was seen running or ended. `wait`: what held it up last.
    """

    job_reason: str = ""
    pod_reason: str = ""
    pod_message: str = ""
    pod_deleted: bool = False
    container_reason: str = ""
    exit_code: int | None = None
    result: FailureResult | None = None
    unreadable: str = ""
    completed: bool = False
    refusal: str = ""
    recorded: Failure | None = None
    ran: bool = False
    wait: Wait | None = None
    disruption: str = ""
    pod: str = ""
    node: str = ""


@dataclass(frozen=True, slots=True)
class Child:
    """One attempt at one task: a Job and its pods, read together. All times are UTC.

    `renderer`: what its container runs. `queued_at`: when its Job was created. `started_at`: since when its container
    runs, or is held up on its node by something unusual; see `running`. `wait`: why an unfinished one
    waits; `waiting_since`: since when, where a short wait is usual. `podless_since`: since when its Job is active
    without a pod. `unstarted_since`: since when its pod has a node on which no container runs.
    `disruption`: how its last pod was lost through no fault of its own, while the Job makes another one.
    `lost_at`: from then on a pod that does not end is given up, with its Job.
    `settles_at`: until then the view may be incomplete, since Jobs and pods are watched separately.
    `lingers_until`: its container has ended and an injected one still runs; from then on its Job is ended.
    `nudged_at`: when its Job was last nudged. `recorded`: the operator has ended its Job for this failure.
    `retry_at`: the API server did not accept the Job; then it is created again. `may_exist`: whether it accepted the
    Job is not known, so that the attempt keeps its place under `operator.maxActiveJobs`.
    """

    name: str
    uid: str
    task: str
    digest: str
    attempt: int
    scene: str = ""
    generation: int = 0
    template: str = ""
    renderer: Renderer | None = None
    queued_at: datetime | None = None
    state: State = State.ACTIVE
    running: bool = False
    started_at: datetime | None = None
    wait: Wait | None = None
    waiting_since: datetime | None = None
    podless_since: datetime | None = None
    unstarted_since: datetime | None = None
    pod_uid: str = ""
    disruption: Ending | None = None
    lost_at: datetime | None = None
    result: AnyResult | None = None
    ending: Ending = field(default_factory=Ending)
    ended_at: datetime | None = None
    settles_at: datetime | None = None
    lingers_until: datetime | None = None
    nudged_at: datetime | None = None
    recorded: Failure | None = None
    retry_at: datetime | None = None
    may_exist: bool = False
    deleting: bool = False

    @property
    def identity(self) -> tuple[str, str, str, int]:
        """Task, scene, digest and number of the attempt."""
        return self.task, self.scene, self.digest, self.attempt


@dataclass(frozen=True, slots=True)
class CreateJob:
    """Run a task with this image, or with the installation's where it is empty."""

    task: PlanTask | SceneTask | StitchTask
    digest: str
    attempt: int
    more_memory: bool = False
    image: str = ""

    @property
    def scene(self) -> str:
        """The scene's id, empty for plan and stitch."""
        return self.task.scene_id if isinstance(self.task, SceneTask) else ""

    @property
    def label(self) -> str:
        """What the Job is named after: plan, stitch or the scene's id."""
        return self.scene or self.task.task

    @property
    def identity(self) -> tuple[str, str, str, int]:
        """Task, scene, digest and number of the attempt, as in its `Child`."""
        return self.task.task, self.scene, self.digest, self.attempt


@dataclass(frozen=True, slots=True)
class DeleteJob:
    """Delete a Job and its pods."""

    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class EndJob:
    """End a Job and its pods for this failure; the Job stays, so that its attempt counts."""

    name: str
    uid: str
    failure: Failure


@dataclass(frozen=True, slots=True)
class NudgeJob:
    """Make the Job controller retry the creation of a pod now."""

    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class DeleteVideoJob:
    """Delete a finished VideoJob after its time to live."""


Action = CreateJob | DeleteJob | EndJob | NudgeJob | DeleteVideoJob


@dataclass(frozen=True, slots=True)
class Site:
    """Settings of the installation: where the API serves videos, and whether Convex gets reports.

    `renderer`: for videos that begin now. `allowance`: the administrator's bounds on `podTemplate`. `room`: how
    many Jobs may start now.
    """

    public_url: str = ""
    reports: bool = False
    renderer: Renderer = field(default_factory=lambda: Renderer("", RENDERER_VERSION))
    allowance: Allowance = Allowance()  # noqa: RUF009 -- a frozen value
    room: int = UNLIMITED

    def reports_on(self, spec: VideoJobSpec) -> bool:
        """Whether Convex gets reports on a VideoJob with this spec."""
        return self.reports and spec.session_id is not None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far the reports of a VideoJob got since this process started; in memory, folded into the status."""

    acknowledged: int = 0
    reason: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The status to write, what to do after that, and after how many seconds to reconcile again at the latest.

    `denied`: how many Jobs were not started for want of room in the installation.
    """

    status: VideoJobStatus
    actions: tuple[Action, ...] = ()
    requeue_after: float | None = None
    denied: int = 0
