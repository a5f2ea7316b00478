"""What every stage is given and what it hands back: the vocabulary of `decide` and its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal, assert_never

from videojob.digest import digest_of, plan_key
from videojob.phases import Phase
from videojob.spec import VideoJobSpec
from videojob.status import Failure, SceneStatus, Tries, VideoJobStatus
from videotutor_operator.core.attempts import Aim, Course, Due, Known, Replace, Running, follow
from videotutor_operator.core.model import Action, Child, CreateJob, DeleteJob, Site, VideoJob

Key = tuple[str, str, str]
"""Task, scene (empty for plan and stitch) and digest: attempts that share them are tries of the same thing."""


@dataclass(frozen=True)
class Look:
    """Everything that one pass sees. `attempts`: the children by task, scene and digest, oldest first."""

    job: VideoJob
    children: tuple[Child, ...]
    now: datetime
    site: Site
    attempts: Mapping[Key, Sequence[Child]]

    @classmethod
    def at(cls, job: VideoJob, children: tuple[Child, ...], now: datetime, site: Site) -> Look:
        """Sort what is there into what belongs together."""
        attempts: dict[Key, list[Child]] = {}
        for child in sorted(children, key=lambda child: child.attempt):
            attempts.setdefault((child.task, child.scene, child.digest), []).append(child)
        return cls(job, children, now, site, attempts)

    @property
    def spec(self) -> VideoJobSpec:
        """What is asked for."""
        return self.job.spec

    @property
    def hold(self) -> bool:
        """Whether nothing new may start, because the video is suspended or cancelled."""
        return self.spec.suspend or self.spec.cancel

    @cached_property
    def plan_key(self) -> str:
        """Digest of everything that the plan depends on; worked out when it is asked for, since specs may be long."""
        return plan_key(self.spec)

    @cached_property
    def aim(self) -> Aim:
        """What counts for every task."""
        return Aim(self.job.generation, self.spec.retries, template_of(self.spec))

    def follow_scene(self, scene: SceneStatus) -> Course:
        """Where a scene stands."""
        attempts = self.attempts.get(("scene", scene.id, scene.digest), ())
        return follow(self.aim, Known(scene.attempts, scene.failed, scene.forgiven), attempts, self.now)

    def follow(self, task: str, tries: Tries) -> Course:
        """Where the plan or the join stands."""
        attempts = self.attempts.get((task, "", tries.key), ())
        return follow(self.aim, Known(tries.attempts, tries.failed, tries.forgiven), attempts, self.now)


@dataclass(frozen=True, slots=True)
class Step:
    """Where a pass leads: a phase with its reason and message, and what to do."""

    status: VideoJobStatus
    phase: Phase
    reason: str
    message: str
    actions: tuple[Action, ...] = ()
    recheck_after: float | None = None


def template_of(spec: VideoJobSpec) -> str:
    """Digest of what a VideoJob sets on its pods, so that an edit of it is noticed."""
    return digest_of(spec.pod_template)


def failed(status: VideoJobStatus, failure: Failure, about: str = "") -> Step:
    """The end for a reason that has a class; `about` names the scene or the stage."""
    return Step(status, Phase.FAILED, failure.class_.value, f"{about}{failure.message}")


def tries_of(tries: Tries | None, key: str) -> Tries:
    """What the status says of the tries at a plan or join, which are none where it speaks of another one."""
    return tries if tries and tries.key == key else Tries(key=key, attempts=0)


def tried(tries: Tries, made: int, failed: int) -> Tries:
    """The tries with the newest attempt that was made and that failed."""
    if made <= tries.attempts and failed <= tries.failed:
        return tries
    return tries.model_copy(update={"attempts": max(made, tries.attempts), "failed": max(failed, tries.failed)})


def with_tries(status: VideoJobStatus, task: Literal["plan", "stitch"], tries: Tries) -> VideoJobStatus:
    """The status with the tries of one task."""
    return status.model_copy(update={"attempts": status.attempts.model_copy(update={task: tries})})


def soonest(*moments: float | None) -> float | None:
    """The least of some waiting times in seconds, None where there is none."""
    return min((moment for moment in moments if moment is not None), default=None)


@dataclass(frozen=True, slots=True)
class Wait:
    """A stage of one task that is not over: what to say of it, why in one word if it is unusual, and what to do.

    `attempt` is the newest one that was made, or is to be; `failed` the newest that failed.
    """

    detail: str = ""
    reason: str = ""
    actions: tuple[Action, ...] = ()
    recheck_after: float | None = None
    attempt: int = 0
    failed: int = 0


def awaited(look: Look, course: Running | Replace | Due, create: Callable[[Due], CreateJob]) -> Wait:
    """How a stage of one task goes on; `create` makes the action that starts an attempt."""
    match course:
        case Running(disruption=failure, recheck_after=after) if failure and not course.runs and not course.waiting:
            return Wait(_again(failure), failure.class_.value, (), after, course.attempt)
        case Running(waiting=waiting, waiting_reason=reason, recheck_after=after):
            return Wait(_waits(waiting), reason, (), after, course.attempt)
        case Replace(child, why, reason):
            return Wait(why, reason, (DeleteJob(child.name, child.uid),), attempt=child.attempt)
        case Due(failure=failure, after=after):
            detail = _again(failure) if failure else _waits(course.waiting)
            reason = failure.class_.value if failure else course.waiting_reason
            if after > 0 or look.hold:
                return Wait(detail, reason, (), after or None, failed=course.failed)
            return Wait(detail, reason, (create(course),), attempt=course.attempt, failed=course.failed)
        case _:
            assert_never(course)


def _again(failure: Failure) -> str:
    return f"trying again after {failure.class_}: {failure.message}"


def _waits(why: str) -> str:
    return f"it waits: {why}" if why else ""
