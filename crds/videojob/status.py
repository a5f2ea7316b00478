"""The status of a VideoJob: what the operator observed. Only the operator writes it, once per pass.

A status may come from an operator of another version. So texts are cut to their bounds and numbers moved into them,
unknown enum values have fallbacks, and no field is added, since version 092fef3 refuses unknown fields: new facts are
conditions, a list of free types in every version.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from videojob.base import LARGEST_INT, Count, Model, clamp, fall_back, keyed_by, objects_in, read, truncate
from videojob.phases import Phase, ScenePhase
from videojob.storyboard import MAX_SCENES


def _is_moment(value: Any) -> bool:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return moment.tzinfo is not None and YEARS[0] <= moment.year <= YEARS[1]


def _moment_or(fallback: str | None) -> BeforeValidator:
    """A validator that replaces invalid times.

    Kubernetes' check of `date-time` accepts some, such as an offset of 99 hours.
    """
    return BeforeValidator(lambda value: value if value is None or _is_moment(value) else fallback)


YEARS = 1970, 9000
"""Years of times in a status: the first and last of the calendar cannot be converted between offsets."""
_DateTime = Annotated[str, Field(json_schema_extra={"format": "date-time"}, max_length=40)]
Timestamp = Annotated[_DateTime | None, _moment_or(None)]
"""RFC 3339 in UTC with whole seconds, as Kubernetes writes times; none where it is invalid."""
Since = Annotated[_DateTime, _moment_or("1970-01-01T00:00:00Z")]
"""The same for a required time."""

LONGEST_MESSAGE = 1024
"""Limit of a message in the CRD, in characters."""
MAX_CONDITIONS = 16
LONGEST_VIDEO_SECONDS = 1e9
"""Bound of a length in seconds; no video is 30 years long."""

Name = Annotated[str, Field(max_length=253), truncate(253)]
"""An id, a digest or a word for machines; as long as the longest name of a Kubernetes object."""
Title = Annotated[str, Field(max_length=200), truncate(200)]
StorePath = Annotated[str, Field(max_length=1024), truncate(1024)]
Message = Annotated[str, Field(max_length=LONGEST_MESSAGE), truncate(LONGEST_MESSAGE)]
Note = Annotated[str, Field(max_length=4096), truncate(4096)]
"""As long as a termination message, its source."""
Seconds = Annotated[float, Field(ge=0, le=LONGEST_VIDEO_SECONDS, allow_inf_nan=False)]
Size = Annotated[int, clamp(0, LARGEST_INT)]
"""Bytes."""
Percent = Annotated[int, Field(ge=0, le=100), clamp(0, 100)]


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
    """A failed task, in words for users. An unknown class is `Internal`."""

    class_: Annotated[FailureClass, fall_back(FailureClass, FailureClass.INTERNAL)] = Field(
        alias="class", description="Why it failed."
    )
    message: Annotated[str, Field(min_length=1, max_length=LONGEST_MESSAGE), truncate(LONGEST_MESSAGE)] = Field(
        description="What happened and what to do."
    )


class Condition(Model):
    """A Kubernetes condition (metav1.Condition)."""

    type: Name = Field(description="What it is about.")
    status: Literal["True", "False", "Unknown"] = Field(description="Whether it holds.")
    reason: Name = Field(description="Why, in one word for machines.")
    message: Message = Field(default="", description="Why, for people.")
    last_transition_time: Since = Field(description="When its status last changed.")
    observed_generation: int = Field(description="The generation of the spec that it is about.")


class SceneStatus(Model):
    """One scene."""

    id: Name = Field(description="Id of the scene, the name that sceneOverrides use.")
    title: Title = Field(default="", description="Its title.")
    phase: Annotated[ScenePhase, fall_back(ScenePhase, ScenePhase.PENDING)] = Field(
        default=ScenePhase.PENDING, description="Where it is."
    )
    content: Name = Field(default="", description="Digest of its content as planned.")
    digest: Name = Field(default="", description="Digest of everything that its picture and sound depend on.")
    progress: Percent = Field(
        default=0, description="Percent done: 10 when its Job is made, 30 when its container runs, 100 when it is done."
    )
    attempts: Count = Field(default=0, description="How many Jobs were made for this digest.")
    failed: Count = Field(default=0, description="The newest of them that is known to have failed.")
    forgiven: Count = Field(
        default=0, description="How many of them were made before the newest edit: they do not count as retries."
    )
    reused: bool = Field(default=False, description="True: it was rendered before, by this or another VideoJob.")
    duration_seconds: Seconds | None = Field(default=None, description="Its length.")
    failure: Failure | None = Field(default=None, description="Why it failed.")
    started_at: Timestamp = Field(default=None, description="When its newest attempt began.")
    finished_at: Timestamp = Field(default=None, description="When it ended, one way or the other.")
    estimated_completion: Timestamp = Field(
        default=None, description="When it will be done, judged by the scenes rendered so far; while it runs."
    )


class TaskAttempts(Model):
    """Attempts of plan or stitch, kept here so that a deleted Job still counts."""

    key: Name = Field(description="Digest of the task's input.")
    attempts: Count = Field(description="How many Jobs were made for it.")
    failed: Count = Field(default=0, description="The newest of them that is known to have failed.")
    forgiven: Count = Field(
        default=0, description="How many of them were made before the newest edit: they do not count as retries."
    )


class AttemptsStatus(Model):
    """Attempts of plan and stitch; scenes have their own numbers."""

    plan: TaskAttempts | None = Field(default=None, description="Attempts of the plan.")
    stitch: TaskAttempts | None = Field(default=None, description="Attempts of stitching.")

    def forgive(self) -> AttemptsStatus:
        """The counts after an edit: earlier attempts do not count as retries."""
        return AttemptsStatus(plan=_forgive(self.plan), stitch=_forgive(self.stitch))


def _forgive(counts: TaskAttempts | None) -> TaskAttempts | None:
    return counts and counts.model_copy(update={"forgiven": counts.attempts})


class PlanStatus(Model):
    """The storyboard that this video is made from."""

    key: Name = Field(description="Digest of the plan's input.")
    storyboard: StorePath = Field(description="Path of the storyboard in the artifact store.")
    title: Title = Field(description="Title of the video.")
    language: Name | None = Field(default=None, description="Its language; the output's when absent.")
    note: Note = Field(default="", description="Note of the planner, for example why sceneCount differs.")


class VideoStatus(Model):
    """The finished video, as probed."""

    path: StorePath = Field(description="Path in the artifact store.")
    key: Name = Field(description="Digest of the scenes it was stitched from.")
    duration_seconds: Seconds = Field(description="Its length.")
    bytes: Size = Field(description="Size of the file.")
    sha256: Name = Field(description="SHA-256 of the file, in hex digits.")
    url: Annotated[str, Field(max_length=2048), truncate(2048)] = Field(default="", description="Address at the API.")


class ReportStatus(Model):
    """The outbox of reports to Convex."""

    sequence: Count = Field(
        default=0, description="Number of the newest change worth reporting; written before it is sent."
    )
    acknowledged: Count = Field(default=0, description="Number of the newest change that Convex has confirmed.")
    last_error: Annotated[str, Field(max_length=512), truncate(512)] = Field(
        default="", description="Why the last try failed; empty when it did not."
    )


PINNED = "RendererPinned"
"""Type of the condition with the renderer of a video: version in its reason, image in its message."""
_VERSION = re.compile(r"Version([A-Za-z0-9]{1,32})")


def is_version(text: str) -> bool:
    """Whether a text can be a renderer's version: letters and digits, which the reason of a condition can hold."""
    return _VERSION.fullmatch(f"Version{text}") is not None


class Renderer(NamedTuple):
    """The renderer: its image, and its version (`digest.RENDERER_VERSION`)."""

    image: str
    version: str


class VideoJobStatus(Model):
    """Everything observed about a VideoJob."""

    observed_generation: Annotated[int, clamp(-1, LARGEST_INT)] = Field(
        default=0, description="The generation of the spec that this status is about."
    )
    phase: Phase = Field(default=Phase.PENDING, description="Current phase, for people.")
    progress: Percent = Field(default=0, description="Percent done.")
    scenes_ready: Name = Field(default="", description="Finished scenes / total, for example 2/3.")
    message: Message = Field(default="", description="One line: the current state, or why it failed.")
    conditions: Annotated[tuple[Condition, ...], Field(max_length=MAX_CONDITIONS), truncate(MAX_CONDITIONS)] = Field(
        default=(),
        description="For machines: Planned, ScenesRendered, Ready, Stalled, Reported, RendererPinned, Readable.",
        json_schema_extra=keyed_by("type"),
    )
    planner: Name = Field(
        default="", description="The planner that made the storyboard: outline, template, skeleton, llm or storyboard."
    )
    plan: PlanStatus | None = Field(
        default=None, description="The plan of the video; absent while it is planned again."
    )
    attempts: AttemptsStatus = Field(default_factory=AttemptsStatus, description="Attempts of plan and stitch.")
    scenes: Annotated[tuple[SceneStatus, ...], Field(max_length=MAX_SCENES), truncate(MAX_SCENES)] = Field(
        default=(), description="The scenes, in order."
    )
    video: VideoStatus | None = Field(default=None, description="The newest finished video.")
    report: ReportStatus = Field(default_factory=ReportStatus, description="State of the reports to Convex.")
    work: Name = Field(
        default="", description="Digest of the requested work; an edit that does not change it retries nothing."
    )
    started_at: Timestamp = Field(default=None, description="When work began, last after an edit.")
    finished_at: Timestamp = Field(default=None, description="When it ended, one way or the other.")
    estimated_completion: Timestamp = Field(
        default=None, description="When it will be done, judged by the scenes rendered so far."
    )

    @model_validator(mode="before")
    @classmethod
    def _phase_of_another_version(cls, raw: Any) -> Any:
        """Replace an unknown phase by the one that the conditions imply."""
        if not isinstance(raw, dict) or raw.get("phase") is None or raw["phase"] in [*Phase]:
            return raw
        return {**raw, "phase": _phase_of(raw.get("conditions"))}

    @property
    def renderer(self) -> Renderer | None:
        """The renderer that this video is made with; None where an older operator wrote the status."""
        pin = self.condition(PINNED)
        found = _VERSION.fullmatch(pin.reason) if pin else None
        return Renderer(pin.message, found[1]) if pin and found and pin.message else None

    def condition(self, type_: str) -> Condition | None:
        """The condition of this type, if there is one."""
        return next((condition for condition in self.conditions if condition.type == type_), None)


def _phase_of(conditions: Any) -> Phase:
    facts = {str(c.get("type")): c.get("status") for c in objects_in(conditions)}
    if facts.get("Ready") == "True":
        return Phase.SUCCEEDED
    return Phase.FAILED if facts.get("Stalled") == "True" else Phase.PENDING


def read_status(raw: Any) -> tuple[VideoJobStatus, str]:
    """A status, and why it cannot be read; then it has the outbox, generation and conditions only."""
    try:
        return read(VideoJobStatus, raw), ""
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(["status", *(str(part) for part in first["loc"])])
        known = VideoJobStatus(report=read_report(raw)).model_copy(update=_read_conditions(raw))
        return known, f"{field}: {first['msg']}"


def _read_conditions(raw: Any) -> dict[str, Any]:
    try:
        conditions = tuple(read(Condition, entry) for entry in raw["conditions"][:MAX_CONDITIONS])
        return {"conditions": conditions, "observed_generation": int(raw["observedGeneration"])}
    except (ValidationError, KeyError, TypeError, ValueError, OverflowError):
        return {}


def read_report(raw: Any) -> ReportStatus:
    """The outbox of a status, also of one that cannot be read; an empty one otherwise."""
    try:
        return read(ReportStatus, raw["report"])
    except (ValidationError, KeyError, TypeError):
        return ReportStatus()
