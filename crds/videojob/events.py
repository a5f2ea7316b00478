"""What Convex is told about a VideoJob."""

from __future__ import annotations

import hashlib

from pydantic import Field

from videojob.base import Model
from videojob.phases import TERMINAL, Phase, ScenePhase
from videojob.spec import VideoJobSpec
from videojob.status import SceneStatus, Timestamp, VideoJobStatus, VideoStatus


class SceneEvent(Model):
    """One scene, as the web app shows it."""

    id: str
    title: str
    phase: ScenePhase
    progress: int
    estimated_completion: Timestamp | None = None
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
    estimated_completion: Timestamp | None = None
    message: str | None = None
    planner: str | None = None
    scenes: tuple[SceneEvent, ...] = ()
    video: VideoEvent | None = None
    at: str = Field(description="When this was seen: RFC 3339, UTC, with milliseconds; orders VideoJobs of one name.")


def event_id(uid: str, generation: int, sequence: int) -> str:
    """The same state has the same id on every delivery."""
    return hashlib.sha256(f"{uid}/{generation}/{sequence}".encode()).hexdigest()


def worth_telling(before: VideoJobStatus, after: VideoJobStatus) -> bool:
    """Whether two statuses differ in anything that is worth an event.

    Ends in sight and the progress of single scenes are not: they travel with the next event that is.
    """
    return _told(before) != _told(after)


def _told(status: VideoJobStatus) -> tuple[object, ...]:
    """What makes an event of a status, without making one: this is compared on every look at a VideoJob."""
    scenes = tuple((s.id, s.title, s.phase, s.duration_seconds, s.reused, s.failure) for s in _scenes_told(status))
    head = (status.observed_generation, status.phase, status.progress, status.message, status.planner)
    return (*head, _video_told(status), scenes)


def _scenes_told(status: VideoJobStatus) -> tuple[SceneStatus, ...]:
    """The scenes; where `scenesReady` is empty, they are those of an older plan, and nobody is told of them."""
    return status.scenes if status.scenes_ready else ()


def _video_told(status: VideoJobStatus) -> VideoStatus | None:
    return status.video if status.phase is Phase.SUCCEEDED else None


def _end_told(status: VideoJobStatus, end: Timestamp | None) -> Timestamp | None:
    """When something will be done; nobody is told of it once nothing goes on, as after a deletion in the midst."""
    return None if status.phase in TERMINAL else end


def event_of(name: str, uid: str, spec: VideoJobSpec, status: VideoJobStatus, at: str) -> Event:
    """The event for a VideoJob's status as it is."""
    video = _video_told(status)
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
        estimated_completion=_end_told(status, status.estimated_completion),
        message=status.message or None,
        planner=status.planner or None,
        scenes=tuple(
            SceneEvent(
                id=scene.id,
                title=scene.title,
                phase=scene.phase,
                progress=scene.progress,
                estimated_completion=_end_told(status, scene.estimated_completion),
                duration_seconds=scene.duration_seconds,
                reused=scene.reused,
                message=scene.failure.message if scene.failure else None,
            )
            for scene in _scenes_told(status)
        ),
        video=VideoEvent.model_validate(video.model_dump(include=set(VideoEvent.model_fields))) if video else None,
        at=at,
    )
