"""The values that `decide` takes and returns. Nothing here does anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from videojob.results import AnyResult, FailureResult
from videojob.spec import VideoJobSpec
from videojob.status import VideoJobStatus
from videojob.tasks import PlanTask, SceneTask, StitchTask

QUEUED = "Queued"
"""What a suspended Job waits for, in one word: Kueue suspends a Job until its turn has come."""


@dataclass(frozen=True, slots=True)
class VideoJob:
    """A VideoJob as observed.

    `problem` names what is wrong with a spec that the CRD let through; `spec` then holds nothing but the identity.
    `queueing`: the labels that Kueue reads on its Jobs.
    """

    namespace: str
    name: str
    uid: str
    generation: int
    spec: VideoJobSpec
    status: VideoJobStatus
    resource_version: str = ""
    problem: str = ""
    deleting: bool = False
    queueing: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """What the queue and the cache call it."""
        return key_of(self.namespace, self.name)


def key_of(namespace: str, name: str) -> str:
    """What the queue and the cache call the VideoJob of that name."""
    return f"{namespace}/{name}"


class State(StrEnum):
    """What became of one attempt."""

    ACTIVE = "active"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a failed attempt ended, as far as it is known; the rules of `failures` read it.

    `disruption`: the reason of the pod's condition DisruptionTarget, whose message is `pod_message`.
    """

    job_reason: str = ""
    pod_reason: str = ""
    pod_message: str = ""
    pod_deleted: bool = False
    container_reason: str = ""
    exit_code: int | None = None
    result: FailureResult | None = None
    completed: bool = False
    refusal: str = ""
    waiting: str = ""
    waiting_reason: str = ""
    disruption: str = ""
    pod: str = ""
    node: str = ""


@dataclass(frozen=True, slots=True)
class Child:
    """One attempt at one task: a Job and its pods, read together.

    `waiting`: what holds an unfinished one up, and `waiting_reason` the same in one word for machines.
    `waiting_since`: when that began, where it is usual for a while.
    `deadline`: what was asked for its Job, in seconds from its start.
    `disruption`: how its last pod was lost through no fault of its own, while the Job makes another one.
    `lost_at`: from then on a pod that will not end is given up, and its Job with it.
    `settles_at`: until then the view may be incomplete, since Jobs and pods are watched separately.
    `retry_at`: there is no such Job yet, since the API server did not take it; then it is offered again.
    """

    name: str
    uid: str
    task: str
    digest: str
    attempt: int
    scene: str = ""
    generation: int = 0
    template: str = ""
    state: State = State.ACTIVE
    running: bool = False
    waiting: str = ""
    waiting_reason: str = ""
    waiting_since: datetime | None = None
    deadline: int = 0
    disruption: Ending | None = None
    lost_at: datetime | None = None
    result: AnyResult | None = None
    ending: Ending = field(default_factory=Ending)
    ended_at: datetime | None = None
    settles_at: datetime | None = None
    retry_at: datetime | None = None
    deleting: bool = False

    @property
    def identity(self) -> tuple[str, str, str, int]:
        """What it is an attempt at, and which: task, scene, digest and number."""
        return self.task, self.scene, self.digest, self.attempt


@dataclass(frozen=True, slots=True)
class CreateJob:
    """Run a task."""

    task: PlanTask | SceneTask | StitchTask
    digest: str
    attempt: int
    more_memory: bool = False

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
        """What it is an attempt at, and which: task, scene, digest and number, as of its `Child`."""
        return self.task.task, self.scene, self.digest, self.attempt


@dataclass(frozen=True, slots=True)
class DeleteJob:
    """End a Job and its pods."""

    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class SetDeadline:
    """Give a Job that is under way another deadline, in seconds from its start."""

    name: str
    uid: str
    seconds: int


@dataclass(frozen=True, slots=True)
class DeleteVideoJob:
    """The finished VideoJob has outlived its time."""


Action = CreateJob | DeleteJob | SetDeadline | DeleteVideoJob


@dataclass(frozen=True, slots=True)
class Site:
    """What `decide` has to know of the installation: where the API serves videos, and whether Convex is told."""

    public_url: str = ""
    reports: bool = False

    def tells(self, spec: VideoJobSpec) -> bool:
        """Whether Convex is told of a VideoJob with this spec."""
        return self.reports and spec.session_id is not None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far the reports of a VideoJob got since this process started; in memory, folded into the status."""

    acknowledged: int = 0
    reason: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The status to write, what to do after that, and when to look again without being asked (seconds)."""

    status: VideoJobStatus
    actions: tuple[Action, ...] = ()
    recheck_after: float | None = None
