"""What Convex is told about a VideoJob."""

from __future__ import annotations

import hashlib

from pydantic import Field

from videojob.base import Model
from videojob.phases import Phase, ScenePhase
from videojob.spec import VideoJobSpec
from videojob.status import Timestamp, VideoJobStatus


class SceneEvent(Model):
    """One scene, as the web app shows it."""

    id: str
    title: str
    phase: ScenePhase
    duration_seconds: float | None = None
    reused: bool = False
    message: str | None = None


class VideoEvent(Model):
    """The finished video."""

    url: str
    duration_seconds: float
    bytes: int
    sha256: str


class Event(Model):
    """The state of a VideoJob at one sequence number. The whole state: only the newest one matters."""

    event_id: str = Field(description="sha256 of uid/generation/sequence, so that a repeat is recognised.")
    name: str
    uid: str
    project_id: str | None = None
    session_id: str | None = None
    generation: int
    sequence: int
    phase: Phase
    progress: int
    message: str | None = None
    planner: str | None = None
    scenes: tuple[SceneEvent, ...] = ()
    video: VideoEvent | None = None
    at: Timestamp


def event_id(uid: str, generation: int, sequence: int) -> str:
    """The same state has the same id on every delivery."""
    return hashlib.sha256(f"{uid}/{generation}/{sequence}".encode()).hexdigest()


def event_of(name: str, uid: str, spec: VideoJobSpec, status: VideoJobStatus, at: str) -> Event:
    """The event for a VideoJob's status as it is.

    Where `scenesReady` is empty, the scenes are those of an older plan: nobody is told of them.
    """
    video = status.video if status.phase is Phase.SUCCEEDED else None
    return Event(
        event_id=event_id(uid, status.observed_generation, status.report.sequence),
        name=name,
        uid=uid,
        project_id=spec.project_id,
        session_id=spec.session_id,
        generation=status.observed_generation,
        sequence=status.report.sequence,
        phase=status.phase,
        progress=status.progress,
        message=status.message or None,
        planner=status.planner or None,
        scenes=tuple(
            SceneEvent(
                id=scene.id,
                title=scene.title,
                phase=scene.phase,
                duration_seconds=scene.duration_seconds,
                reused=scene.reused,
                message=scene.failure.message if scene.failure else None,
            )
            for scene in (status.scenes if status.scenes_ready else ())
        ),
        video=VideoEvent.model_validate(video.model_dump(include=set(VideoEvent.model_fields))) if video else None,
        at=at,
    )
