"""What every stage is given and what it hands back: the vocabulary of `decide` and its parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from videojob.digest import digest_of
from videojob.phases import Phase
from videojob.spec import VideoJobSpec
from videojob.status import Failure, VideoJobStatus
from videotutor_operator.attempts import Aim, Due, Replace, Running
from videotutor_operator.model import Action, Child, CreateJob, DeleteJob, Site, VideoJob


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that one pass sees. `hold`: nothing new may start (suspended or cancelled)."""

    job: VideoJob
    children: tuple[Child, ...]
    now: datetime
    site: Site

    @property
    def spec(self) -> VideoJobSpec:
        """What is asked for."""
        return self.job.spec

    @property
    def hold(self) -> bool:
        """Whether nothing new may start."""
        return self.spec.suspend or self.spec.cancel

    def aim(self, task: str, digest: str, *, scene: str = "", floor: int = 0) -> Aim:
        """A task wanted in this generation."""
        return Aim(
            task=task,
            digest=digest,
            generation=self.job.generation,
            retries=self.spec.retries,
            template=template_of(self.spec),
            scene=scene,
            floor=floor,
        )


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


def soonest(*moments: float | None) -> float | None:
    """The least of some waiting times in seconds, None where there is none."""
    return min((moment for moment in moments if moment is not None), default=None)


@dataclass(frozen=True, slots=True)
class Wait:
    """A stage of one task that is not over: what to say of it, and what to do."""

    detail: str = ""
    actions: tuple[Action, ...] = ()
    recheck_after: float | None = None


def awaited(look: Look, course: Running | Replace | Due, create: Callable[[Due], CreateJob]) -> Wait:
    """How a stage of one task goes on; `create` makes the action that starts an attempt."""
    match course:
        case Running(waiting=waiting, recheck_after=after):
            return Wait(f"it waits: {waiting}" if waiting else "", (), after)
        case Replace(child):
            return Wait("starting again with the new podTemplate", (DeleteJob(child.name, child.uid),))
        case Due(failure=failure, after=after):
            detail = f"trying again after {failure.class_}: {failure.message}" if failure else ""
            if after > 0 or look.hold:
                return Wait(detail, (), after or None)
            return Wait(detail, (create(course),))
        case _:
            assert_never(course)
