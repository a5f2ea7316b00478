"""What the operator says about a VideoJob: its status. Only the operator writes it, once per pass."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from videojob.base import Model, keyed_by
from videojob.phases import Phase, ScenePhase
from videojob.storyboard import MAX_SCENES

Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""RFC 3339 in UTC with whole seconds, as Kubernetes writes times."""


LONGEST_MESSAGE = 1024
"""Characters that the CRD lets a message have."""


class FailureClass(StrEnum):
    """Why a task failed; decides whether it is tried again."""

    BAD_SCENE = "BadScene"
    BAD_STORYBOARD = "BadStoryboard"
    PLANNER_REFUSAL = "PlannerRefusal"
    PLANNER_UNAVAILABLE = "PlannerUnavailable"
    INVALID_OUTPUT = "InvalidOutput"
    OUT_OF_MEMORY = "OutOfMemory"
    TIMEOUT = "Timeout"
    EVICTED = "Evicted"
    PREEMPTED = "Preempted"
    NODE_LOST = "NodeLost"
    IMAGE_PULL = "ImagePull"
    UNSCHEDULABLE = "Unschedulable"
    INFRASTRUCTURE = "Infrastructure"
    STORE = "Store"
    INTERNAL = "Internal"


class Failure(Model):
    """A failed task, in words a user understands."""

    class_: FailureClass = Field(alias="class", description="Why it failed.")
    message: str = Field(min_length=1, max_length=LONGEST_MESSAGE, description="What happened and what to do.")


class Condition(Model):
    """A Kubernetes condition (metav1.Condition)."""

    type: str = Field(description="What it is about.")
    status: Literal["True", "False", "Unknown"] = Field(description="Whether it holds.")
    reason: str = Field(description="Why, in one word for machines.")
    message: str = Field(default="", max_length=LONGEST_MESSAGE, description="Why, for people.")
    last_transition_time: Timestamp = Field(description="When its status last changed.")
    observed_generation: int = Field(description="The generation of the spec that it speaks about.")


class SceneStatus(Model):
    """One scene."""

    id: str = Field(description="Id of the scene, the name that sceneOverrides use.")
    title: str = Field(default="", description="Its title.")
    phase: ScenePhase = Field(default=ScenePhase.PENDING, description="Where it is.")
    content: str = Field(default="", description="Digest of its content as planned.")
    digest: str = Field(default="", description="Digest of everything that its picture and sound depend on.")
    progress: Annotated[int, Field(ge=0, le=100)] = Field(
        default=0, description="Percent done: 10 when its Job is made, 30 when its container runs, 100 when it is done."
    )
    attempts: int = Field(default=0, description="How many Jobs were made for this digest.")
    failed: int = Field(default=0, description="The newest of them that is known to have failed.")
    forgiven: int = Field(
        default=0, description="How many of them were made before the newest edit: they do not count as retries."
    )
    reused: bool = Field(default=False, description="True: it was rendered before, by this or another VideoJob.")
    duration_seconds: float | None = Field(default=None, description="Its length.")
    failure: Failure | None = Field(default=None, description="Why it failed.")
    started_at: Timestamp | None = Field(default=None, description="When its newest attempt began.")
    finished_at: Timestamp | None = Field(default=None, description="When it ended, one way or the other.")
    estimated_completion: Timestamp | None = Field(
        default=None, description="When it will be done, judged by the scenes rendered so far; while it runs."
    )


class Tries(Model):
    """How often the plan or the join was tried. Kept here, so that a deleted Job is not forgotten."""

    key: str = Field(description="Digest of what is tried.")
    attempts: int = Field(description="How many Jobs were made for it.")
    failed: int = Field(default=0, description="The newest of them that is known to have failed.")
    forgiven: int = Field(
        default=0, description="How many of them were made before the newest edit: they do not count as retries."
    )


class AttemptsStatus(Model):
    """How often what is no scene was tried; scenes have their own numbers."""

    plan: Tries | None = Field(default=None, description="Tries of the plan.")
    stitch: Tries | None = Field(default=None, description="Tries of the join.")

    def forgiven(self) -> AttemptsStatus:
        """The same after an edit, which grants a fresh start."""
        return AttemptsStatus(plan=_forgiven(self.plan), stitch=_forgiven(self.stitch))


def _forgiven(tries: Tries | None) -> Tries | None:
    return tries and tries.model_copy(update={"forgiven": tries.attempts})


class PlanStatus(Model):
    """The storyboard that this video is made from."""

    key: str = Field(description="Digest of what was planned from.")
    storyboard: str = Field(description="Where the storyboard lies in the artifact store.")
    title: str = Field(description="Title of the video.")
    language: str | None = Field(default=None, description="Its language; the output's when absent.")
    note: str = Field(default="", description="What the planner wants known, for example why sceneCount differs.")


class VideoStatus(Model):
    """The finished video, as probed."""

    path: str = Field(description="Where it lies in the artifact store.")
    key: str = Field(description="Digest of the scenes it was joined from.")
    duration_seconds: float = Field(description="Its length.")
    bytes: int = Field(description="Size of the file.")
    sha256: str = Field(description="SHA-256 of the file, in hex digits.")
    url: str = Field(default="", description="Where the API serves it.")


class ReportStatus(Model):
    """The outbox of reports to Convex."""

    sequence: int = Field(
        default=0, description="Number of the newest change worth reporting; written before it is sent."
    )
    acknowledged: int = Field(default=0, description="Number of the newest change that Convex has confirmed.")
    last_error: str = Field(default="", max_length=512, description="Why the last try failed; empty when it did not.")


class VideoJobStatus(Model):
    """Everything observed about a VideoJob."""

    observed_generation: int = Field(default=0, description="The generation of the spec that this status speaks about.")
    phase: Phase = Field(default=Phase.PENDING, description="Where the video is, for people.")
    progress: Annotated[int, Field(ge=0, le=100)] = Field(default=0, description="Percent done.")
    scenes_ready: str = Field(default="", description="Finished scenes of all, for example 2/3.")
    message: str = Field(
        default="", max_length=LONGEST_MESSAGE, description="One line: what is going on, or why it failed."
    )
    conditions: tuple[Condition, ...] = Field(
        default=(),
        description="The truth for machines: Planned, ScenesRendered, Ready, Stalled, Reported.",
        json_schema_extra=keyed_by("type"),
    )
    planner: str = Field(
        default="", description="Who really made the storyboard: outline, template, skeleton, llm or storyboard."
    )
    plan: PlanStatus | None = Field(
        default=None, description="What the video is made from; absent while it is planned anew."
    )
    attempts: AttemptsStatus = Field(default_factory=AttemptsStatus, description="How often plan and join were tried.")
    scenes: tuple[SceneStatus, ...] = Field(default=(), max_length=MAX_SCENES, description="The scenes, in order.")
    video: VideoStatus | None = Field(default=None, description="The newest finished video.")
    report: ReportStatus = Field(default_factory=ReportStatus, description="How far Convex has been told.")
    work: str = Field(
        default="", description="Digest of what was asked for; an edit that leaves it tries nothing again that failed."
    )
    started_at: Timestamp | None = Field(default=None, description="When work began, last after an edit.")
    finished_at: Timestamp | None = Field(default=None, description="When it ended, one way or the other.")
    estimated_completion: Timestamp | None = Field(
        default=None, description="When it will be done, judged by the scenes rendered so far."
    )
