"""Reports to Convex: the state of a VideoJob, in words for the people who use the web app.

Details of the cluster (names of pods and nodes, quotas, the scheduler's message) are for administrators and stay in
the status; the web app gets whether the video continues by itself.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from pydantic import Field

from videojob.base import Model
from videojob.phases import TERMINAL, Phase, ScenePhase
from videojob.spec import VideoJobSpec
from videojob.status import Failure, FailureClass, SceneStatus, Timestamp, VideoJobStatus

PUBLIC = frozenset(
    {
        FailureClass.BAD_SCENE,
        FailureClass.BAD_STORYBOARD,
        FailureClass.PLANNER_REFUSAL,
        FailureClass.INVALID_OUTPUT,
        FailureClass.OUT_OF_MEMORY,
        FailureClass.TIMEOUT,
    }
)
"""Classes whose messages are about the video, not the cluster."""
PUBLIC_REASONS = frozenset({*PUBLIC, *Phase, "InvalidSpec"})
WAITS = "It waits for a free place or a repair, and then continues by itself."
FAILED = "It failed for a technical reason; try again later."


class SceneEvent(Model):
    """One scene, as the web app shows it."""

    id: str
    title: str
    phase: ScenePhase
    progress: int
    estimated_completion: Timestamp = None
    duration_seconds: float | None = None
    reused: bool = False
    message: str | None = None


class VideoEvent(Model):
    """The newest finished video: while an edit renders, or after it failed, still the one before the edit."""

    url: str
    poster_url: str | None = None
    generation: int | None = Field(
        default=None,
        description="Generation of the spec that it was made from; absent where the status does not say it.",
    )
    duration_seconds: float
    bytes: int
    sha256: str


class Event(Model):
    """The state of a VideoJob at one sequence number. The whole state: only the newest one matters."""

    event_id: str = Field(description="sha256 of uid/generation/sequence, so that a repeat is recognised.")
    namespace: str | None = Field(
        default=None, description="Namespace of the VideoJob; older operators do not send it."
    )
    name: str
    uid: str
    created_at: Timestamp = Field(default=None, description="creationTimestamp of the VideoJob: RFC 3339.")
    project_id: str | None = None
    session_id: str | None = None
    generation: int
    sequence: int
    phase: Phase
    progress: int
    estimated_completion: Timestamp = None
    message: str | None = None
    planner: str | None = None
    scenes: tuple[SceneEvent, ...] = ()
    video: VideoEvent | None = None
    at: str = Field(description="Time of observation: RFC 3339, UTC, with milliseconds; orders VideoJobs of one name.")


def event_id(uid: str, generation: int, sequence: int) -> str:
    """Id of a state, the same on every delivery."""
    return hashlib.sha256(f"{uid}/{generation}/{sequence}".encode()).hexdigest()


def _reported_scenes(status: VideoJobStatus) -> tuple[SceneStatus, ...]:
    """The scenes; none where `scenesReady` is empty, since they belong to an older plan."""
    return status.scenes if status.scenes_ready else ()


def _reported_video(status: VideoJobStatus) -> VideoEvent | None:
    video = status.video
    if video is None:
        return None
    return VideoEvent(
        url=video.url,
        poster_url=_poster_url(video.url),
        generation=status.observed_generation if status.phase is Phase.SUCCEEDED else None,
        duration_seconds=video.duration_seconds,
        bytes=video.bytes,
        sha256=video.sha256,
    )


def _poster_url(video_url: str) -> str | None:
    """Address of the poster, which every finished video has, next to the video's at the API."""
    address, slash, file = video_url.rpartition("/")
    return f"{address}/poster" if slash and file == "video" else None


def _reported_end(status: VideoJobStatus, end: Timestamp) -> Timestamp:
    """Estimated completion; not reported once nothing runs, as after a deletion halfway."""
    return None if status.phase in TERMINAL else end


def _public(status: VideoJobStatus) -> str:
    """The message without details of the cluster."""
    ready = status.condition("Ready")
    reason = ready.reason if ready else status.phase.value
    hidden = any(s.failure and s.failure.class_ not in PUBLIC for s in status.scenes)
    if reason in PUBLIC_REASONS and not (hidden and status.phase is Phase.RENDERING):
        return status.message
    if status.phase in TERMINAL:
        return FAILED
    head, _, rest = status.message.partition("; ")
    return f"{head.rstrip('.')}. {WAITS}" if rest else status.message


def _public_failure(failure: Failure | None, *, ended: bool) -> str | None:
    if failure is None:
        return None
    if failure.class_ in PUBLIC:
        return failure.message
    return FAILED if ended else WAITS


class Source(NamedTuple):
    """The VideoJob that an event is about. Convex identifies it by namespace and name."""

    name: str
    uid: str
    namespace: str | None = None
    created_at: str | None = None


def event_of(source: Source, spec: VideoJobSpec, status: VideoJobStatus, at: str) -> Event:
    """Build the event of a VideoJob's status."""
    return Event(
        event_id=event_id(source.uid, status.observed_generation, status.report.sequence),
        namespace=source.namespace,
        name=source.name,
        uid=source.uid,
        created_at=source.created_at,
        project_id=spec.project_id,
        session_id=spec.session_id,
        generation=status.observed_generation,
        sequence=status.report.sequence,
        phase=status.phase,
        progress=status.progress,
        estimated_completion=_reported_end(status, status.estimated_completion),
        message=_public(status) or None,
        planner=status.planner or None,
        scenes=tuple(
            SceneEvent(
                id=scene.id,
                title=scene.title,
                phase=scene.phase,
                progress=scene.progress,
                estimated_completion=_reported_end(status, scene.estimated_completion),
                duration_seconds=scene.duration_seconds,
                reused=scene.reused,
                message=_public_failure(scene.failure, ended=scene.phase is ScenePhase.FAILED),
            )
            for scene in _reported_scenes(status)
        ),
        video=_reported_video(status),
        at=at,
    )
