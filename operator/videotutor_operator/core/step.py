"""What every stage of `decide` takes and returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

from videojob.digest import digest_of, plan_key
from videojob.phases import Phase
from videojob.spec import VideoJobSpec
from videojob.status import Failure, Renderer, SceneStatus, TaskAttempts, VideoJobStatus
from videotutor_operator.core.model import QUEUED, Action, Child, Site, VideoJob, Wait
from videotutor_operator.core.task import Policy, Progress, advance

Key = tuple[str, str, str]
"""Task, scene (empty for plan and stitch) and digest: attempts that share them belong to the same task."""

NO_ROOM = Wait(QUEUED, "there are as many active Jobs as operator.maxActiveJobs, or maxActiveJobsPerNamespace, allows")


@dataclass(frozen=True)
class Snapshot:
    """Input of one pass. `attempts`: the Jobs by task, scene and digest, oldest first. `now`: UTC."""

    job: VideoJob
    children: tuple[Child, ...]
    now: datetime
    site: Site
    attempts: Mapping[Key, Sequence[Child]]
    renderer: Renderer

    @classmethod
    def at(cls, job: VideoJob, children: tuple[Child, ...], now: datetime, site: Site) -> Snapshot:
        """Group the Jobs by task."""
        attempts: dict[Key, list[Child]] = {}
        for child in sorted(children, key=lambda child: child.attempt):
            attempts.setdefault((child.task, child.scene, child.digest), []).append(child)
        return cls(job, children, now, site, attempts, job.status.renderer or _renderer_of(children, site))

    @property
    def spec(self) -> VideoJobSpec:
        """The desired state."""
        return self.job.spec

    @property
    def is_held(self) -> bool:
        """Whether nothing new may start, because the video is suspended or cancelled."""
        return self.spec.suspend or self.spec.cancel

    @cached_property
    def plan_key(self) -> str:
        """Digest of everything that the plan depends on; computed on demand, since specs may be long."""
        return plan_key(self.spec)

    @cached_property
    def policy(self) -> Policy:
        """Policy of every task."""
        spec = self.spec
        return Policy(self.job.generation, spec.retries, template_of(spec), spec.active_deadline_seconds)

    def scene(self, scene: SceneStatus) -> Progress:
        """Progress of a scene."""
        return advance(self.policy, scene, self.attempts.get(("scene", scene.id, scene.digest), ()), self.now)

    def single(self, task: Literal["plan", "stitch"], counts: TaskAttempts) -> Progress:
        """Progress of plan or stitch."""
        return advance(self.policy, counts, self.attempts.get((task, "", counts.key), ()), self.now)


def _renderer_of(children: tuple[Child, ...], site: Site) -> Renderer:
    """The renderer of a video whose status records none: that of its Jobs, which an older operator created.

    That of its scenes counts: the plan may be of a release that was rolled back.
    """
    jobs = sorted(children, key=lambda child: (child.task != "plan", child.attempt))
    found = next((child.renderer for child in reversed(jobs) if child.renderer), site.renderer)
    return site.renderer if found.image == site.renderer.image else found


class Slots:
    """Places for starts: `most` at once, and equal scenes one at a time, since the others reuse its result.

    `room`: how many Jobs the installation still admits; `denied`: how many it refused.
    """

    def __init__(self, most: int, room: int, taken: Sequence[str] = ()) -> None:
        self._most = most
        self._room = room
        self._taken = list(taken)
        self.denied = 0

    def take(self, digest: str, *, has_place: bool = False) -> bool:
        """Whether a task with this digest may start now; `has_place`: it needs no room in the installation."""
        if len(self._taken) >= self._most or digest in self._taken:
            return False
        if self._room <= 0 and not has_place:
            self.denied += 1
            return False
        self._room -= not has_place
        self._taken.append(digest)
        return True


@dataclass(frozen=True, slots=True)
class Step:
    """Result of a stage: a phase with its reason and message, and actions."""

    status: VideoJobStatus
    phase: Phase
    reason: str
    message: str
    actions: tuple[Action, ...] = ()
    requeue_after: float | None = None
    denied: int = 0


def template_of(spec: VideoJobSpec) -> str:
    """Digest of what a VideoJob sets on its pods, so that an edit of it is noticed."""
    return digest_of(spec.pod_template)


def fail(status: VideoJobStatus, failure: Failure, about: str = "") -> Step:
    """The step of a failed video; `about` names the scene or the stage."""
    return Step(status, Phase.FAILED, failure.class_.value, f"{about}{failure.message}")


def soonest(*moments: float | None) -> float | None:
    """The least of some waiting times in seconds, None where there is none."""
    return min((moment for moment in moments if moment is not None), default=None)
