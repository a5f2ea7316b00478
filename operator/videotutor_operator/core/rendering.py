"""The second stage: one Job for each scene whose digest has not been rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from videojob.digest import scene_digests, versions_before
from videojob.phases import ScenePhase
from videojob.status import FailureClass, SceneStatus, VideoJobStatus
from videojob.tasks import SceneTask
from videotutor_operator.core import scenes
from videotutor_operator.core.model import Action, CreateJob
from videotutor_operator.core.step import NO_ROOM, Slots, Snapshot, soonest
from videotutor_operator.core.task import Progress
from videotutor_operator.times import stamp

ENDED = frozenset({ScenePhase.SUCCEEDED, ScenePhase.FAILED})
"""Terminal phases of a scene in this generation."""


MOST_TROUBLES = 2
"""At most this many reasons of waiting scenes are in the message."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """Every scene after this pass, and the actions.

    `trouble`: why some scenes wait; `reason`: the first cause in one word, where the wait is unusual.
    """

    scenes: tuple[SceneStatus, ...]
    actions: tuple[Action, ...] = ()
    requeue_after: float | None = None
    trouble: str = ""
    reason: str = ""
    denied: int = 0

    def outstanding(self) -> int:
        """How many scenes have not ended."""
        return sum(scene.phase not in ENDED for scene in self.scenes)

    def failed_scenes(self) -> tuple[SceneStatus, ...]:
        """The scenes that failed for good."""
        return tuple(scene for scene in self.scenes if scene.phase is ScenePhase.FAILED)


def retarget(snapshot: Snapshot, status: VideoJobStatus) -> tuple[SceneStatus, ...]:
    """The scenes with the digests of the current spec.

    A finished scene keeps its digest where only the renderer's version differs: a video gets another renderer where
    the image of its own is gone or was not recorded.
    """
    wanted = {scene.id: scene.content for scene in status.scenes}
    language = status.plan.language if status.plan else None
    version = snapshot.renderer.version
    digests = scene_digests(snapshot.spec, language, wanted, version)
    differing = {
        s.id: s.content for s in status.scenes if s.digest != digests[s.id] and s.phase is ScenePhase.SUCCEEDED
    }
    for earlier in versions_before(version) if differing else ():
        former = scene_digests(snapshot.spec, language, differing, earlier)
        digests |= {scene.id: former[scene.id] for scene in status.scenes if former.get(scene.id) == scene.digest}
    return tuple(scenes.retarget(scene, digests[scene.id]) for scene in status.scenes)


def advance(snapshot: Snapshot, status: VideoJobStatus) -> Rendering:
    """Advance every scene, as many at once as `spec.parallelism` and the installation allow."""
    present = retarget(snapshot, status)
    standing = {scene.id: snapshot.scene(scene) for scene in present if scene.phase not in ENDED}
    taken = [scene.digest for scene in present if scene.id in standing and _takes_a_place(standing[scene.id])]
    slots = Slots(0 if snapshot.is_held else snapshot.spec.parallelism, snapshot.site.room, taken)
    for scene in present:
        if scene.id in standing:
            standing[scene.id] = _start(snapshot, status, scene, standing[scene.id], slots)
    now = stamp(snapshot.now)
    troubles = _troubles({scene.id: standing[scene.id] for scene in present if scene.id in standing})
    return Rendering(
        scenes=tuple(scenes.follow(scene, standing.get(scene.id), now) for scene in present),
        actions=tuple(action for progress in standing.values() for action in progress.actions),
        requeue_after=soonest(*(progress.requeue_after for progress in standing.values())),
        trouble="; ".join(list(troubles.values())[:MOST_TROUBLES]),
        reason=next(iter(troubles), ""),
        denied=slots.denied,
    )


def _takes_a_place(progress: Progress) -> bool:
    return progress.active or progress.phase is ScenePhase.RUNNING


def _troubles(standing: Mapping[str, Progress]) -> dict[str, str]:
    """Why scenes wait, by reason: one scene for each, those without a reason last."""
    found: dict[str, str] = {}
    for scene, progress in standing.items():
        if progress.phase not in ENDED and progress.words():
            found.setdefault(progress.wait.reason if progress.wait else "", f"{scene} {progress.words()}")
    return dict(sorted(found.items(), key=lambda trouble: not trouble[0]))


def _start(
    snapshot: Snapshot, status: VideoJobStatus, scene: SceneStatus, progress: Progress, slots: Slots
) -> Progress:
    start = progress.start
    if start is None:
        return progress
    denied = slots.denied
    if not slots.take(scene.digest, has_place=start.has_place):
        return replace(progress, wait=NO_ROOM) if slots.denied > denied else progress
    task = scene_task(snapshot, status, scene)
    # The Job that ran out of memory may be gone: its time to live ended while the next one waited for a place
    ran_out = scene.failure is not None and scene.failure.class_ is FailureClass.OUT_OF_MEMORY
    create = CreateJob(task, scene.digest, start.attempt, start.more_memory or ran_out, snapshot.renderer.image)
    return replace(
        progress, phase=ScenePhase.RUNNING, attempt=start.attempt, failed=start.attempt - 1, actions=(create,)
    )


def scene_task(snapshot: Snapshot, status: VideoJobStatus, scene: SceneStatus) -> SceneTask:
    """The task of a scene's container."""
    storyboard = status.plan.storyboard if status.plan else ""
    return SceneTask.of(
        snapshot.spec,
        scene.id,
        version=snapshot.renderer.version,
        namespace=snapshot.job.namespace,
        storyboard=storyboard,
        digest=scene.digest,
    )
