"""Responses."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from videojob.base import Model
from videojob.image_header import ImageFormat
from videojob.images import ImageId
from videojob.phases import Phase, ScenePhase
from videojob.status import Condition, Failure


class Accepted(Model):
    """A request that is stored in Kubernetes; the operator carries it out."""

    job_id: str = Field(description="Name of the VideoJob.", examples=["video-3f6a1c0b9d2e"])
    status: Literal["accepted", "superseded"] = Field(
        default="accepted", description="superseded: a newer request about the same was carried out; nothing changes."
    )
    name: str = Field(description="The same, as in GET /videos/{name}.", examples=["video-3f6a1c0b9d2e"])
    namespace: str = Field(description="Namespace of the VideoJob.", examples=["videotutor"])


class StoredImage(Model):
    """A picture that scenes can show."""

    image: ImageId = Field(description="Its id: a visual's `image`; in a prompt, `image:` and this.")
    format: ImageFormat
    width: int = Field(description="Pixels, as stored.")
    height: int = Field(description="Pixels, as stored.")


class Health(Model):
    """Health of the API."""

    status: Literal["ok"] = "ok"
    kubernetes: Literal["ok", "unreachable"] = Field(description="Whether it sends changes of VideoJobs.")
    stale_seconds: float = Field(description="How long videos in responses may lack changes; 0: they are current.")
    version: str = Field(description="Version of the API.")


class SceneView(Model):
    """One scene of a video."""

    id: str = Field(description="Its id, for edits.", examples=["scene-2"])
    title: str
    phase: ScenePhase
    progress: int = Field(description="Percent done: 10 when its Job is made, 30 when it renders, 100 when it is done.")
    reused: bool = Field(description="True: it was rendered before.")
    attempts: int
    duration_seconds: float | None = None
    estimated_completion: str | None = Field(default=None, description="While it runs, once another one was measured.")
    failure: Failure | None = None


class VideoFile(Model):
    """The finished video and its files. Without VIDEOTUTOR_PUBLIC_URL addresses are relative to this API."""

    url: str
    captions_url: str = Field(description="WebVTT.")
    poster_url: str = Field(description="JPEG.")
    duration_seconds: float
    bytes: int
    sha256: str = Field(description="Of the file; also its ETag.")


class VideoSummary(Model):
    """A video in a list."""

    name: str
    created_at: str = Field(description="RFC 3339.")
    phase: Phase
    progress: int = Field(description="Percent done.")
    message: str = Field(description="Current state, or why it failed.")
    title: str = Field(description="Empty until it is planned.")
    planner: str = Field(description="Planner of the storyboard; empty until it is planned.")
    project_id: str | None = None
    session_id: str | None = None
    generation: int = Field(description="Counts the changes of the spec.")
    observed_generation: int = Field(description="The generation that the rest is about.")
    started_at: str | None = None
    finished_at: str | None = None
    estimated_completion: str | None = None
    video: VideoFile | None = Field(default=None, description="Absent until there is one.")


class VideoView(VideoSummary):
    """One video with its scenes."""

    prompt: str | None = Field(default=None, description="Absent where the video was given as a storyboard.")
    scene_count: int | None = Field(default=None, description="Requested number of scenes.")
    note: str = Field(default="", description="Note of the planner.")
    scenes: tuple[SceneView, ...] = Field(description="In order; empty until it is planned.")
    conditions: tuple[Condition, ...] = Field(description="Kubernetes conditions.")


class VideoList(Model):
    """A page of the videos, in the order of their names."""

    items: tuple[VideoSummary, ...]
    continue_: str | None = Field(
        default=None,
        alias="continue",
        description="`continue` of the next page; absent: this is the last one.",
    )


class TaskState(StrEnum):
    """States of a task, as the first version of the backend named them."""

    PENDING = "PENDING"
    STARTED = "STARTED"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"


class TaskStarted(Model):
    """A test task that was accepted."""

    task_id: str = Field(examples=["hello-3f6a1c0b9d2e"])
    status: TaskState = TaskState.PENDING
    message: str = Field(examples=["Hello, World!"])


class TaskView(Model):
    """A task's state, with its result once there is one."""

    task_id: str
    status: TaskState
    progress: int = Field(description="Percent done.")
    result: VideoFile | None = Field(default=None, description="Present at SUCCESS.")
    error: str | None = Field(default=None, description="Present at FAILURE.")
