"""Passes of `decide` over a `World`, and everything that holds after each of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from tests.unit.operator.strategies import MOST_SCENES
from tests.unit.operator.world import World
from videojob.phases import TERMINAL, Phase, ScenePhase, is_allowed
from videojob.status import FailureClass, SceneStatus, TaskAttempts, VideoJobStatus
from videotutor_operator.core.changes import RESTING, Change, classify
from videotutor_operator.core.conditions import INVALID_SPEC, reason_of
from videotutor_operator.core.decide import decide
from videotutor_operator.core.model import Child, CreateJob, Decision, DeleteJob, EndJob, NudgeJob, State
from videotutor_operator.core.task import LONGEST_BACKOFF

DELAYED = frozenset({Change.WORDS, Change.CAUSE, Change.PROGRESS})
"""Changes whose status the reconciler may write later than it acts."""

Key = tuple[str, str, str]


def key_of(child: Child) -> Key:
    return child.task, child.scene, child.digest


class Checked:
    """A World, and how much happened to it: `news` bounds what the operator writes. `reached` counts what was seen."""

    def __init__(self, world: World, reached: Counter[str]) -> None:
        self.world = world
        self.reached = reached
        self.news = 0
        self.edits = 0
        self.wrong_views = 0
        self.adopted = len(world.children)
        self.planned_from = plan_inputs(world)

    def one_pass(self, seen: dict[str, Child] | None = None, cut_after: int = 1_000, *, delayed: bool = False) -> bool:
        """A pass with what it sees; whether it wrote anything."""
        world = self.world
        before, there = world.status, dict(world.children)
        made, written = len(world.created), len(world.history) + len(world.actions)
        children = tuple((there if seen is None else seen).values())
        decision = decide(world.job, children, world.now, world.site, world.delivery)
        self._check_decision(before, decision)
        self._check_starts(decision, children)
        delayed = delayed and may_be_delayed(before, decision)
        world.follow(decision, cut_after, delayed=delayed)
        only_forward(before, world.status)
        self._check_plan(before, world.status)
        for create in world.created[made:]:
            self._nothing_is_made_twice(create, there)
        self._count(before)
        return len(world.history) + len(world.actions) > written

    def rest(self) -> None:
        """Passes until there is nothing to do."""
        for _ in range(20):
            if not self.one_pass():
                self._only_what_is_wanted_runs()
                self._it_continues()
                return
        raise AssertionError(f"it never comes to rest: {self.world.status}")

    def happens(self, child: Child, after: Child | None) -> None:
        """A Job changed, or is gone."""
        self.news += 1
        if after:
            self.world.children[child.name] = after
        else:
            del self.world.children[child.name]

    def succeeds(self, child: Child, **update: Any) -> None:
        world = self.world
        result = world.result_of(child)
        ended = replace(child, state=State.SUCCEEDED, running=False, result=result, ended_at=world.now, wait=None)
        self.happens(child, replace(ended, **update))

    def edit(self, **spec: Any) -> None:
        self.news += 1
        self.edits += 1
        self.world.edited(**spec)

    def _count(self, before: VideoJobStatus) -> None:
        world = self.world
        self.reached[world.phase.value] += 1
        self.reached["finished scenes"] += len(finished(world.status) - finished(before))
        self.reached["stitched"] += world.status.video is not None and world.status.video != before.video

    def _check_decision(self, before: VideoJobStatus, decision: Decision) -> None:
        after = decision.status
        lost = finished(before) - finished(after)
        assert not lost & {(scene.id, scene.digest) for scene in after.scenes}, f"it forgets {lost}"
        for action in decision.actions:
            child = self.world.children.get(action.name) if isinstance(action, DeleteJob) else None
            if child and child.state is State.SUCCEEDED and key_of(child) in results_of(after):
                assert key_of(child) in results_of(before), f"{child.name} is deleted, and its result is not stored"

    def _check_starts(self, decision: Decision, seen: tuple[Child, ...]) -> None:
        """What starts: within the room, with the pinned renderer, nothing that is finished, equal scenes one by one."""
        world, after = self.world, decision.status
        creates = [action for action in decision.actions if isinstance(action, CreateJob)]
        assert len(creates) <= world.site.room
        assert all((create.image, create.task.version) == after.renderer for create in creates), (creates, after)
        assert not finished(world.status) & {(create.scene, create.digest) for create in creates}
        scenes = {(scene.id, scene.digest) for scene in after.scenes}
        live = {(child.scene, child.digest) for child in seen if child.state is State.ACTIVE} & scenes
        live |= {(create.scene, create.digest) for create in creates}
        assert not creates or len({digest for _, digest in live}) == len(live), "equal scenes are rendered at once"
        if world.job.problem and not (world.job.spec.suspend or world.job.spec.cancel):
            running = {child.name for child in world.active()}
            touched = {action.name for action in decision.actions if isinstance(action, DeleteJob | EndJob)}
            assert not creates, "it begins a spec that it cannot read"
            assert not touched & running, "it ends work for a spec that it cannot read"

    def _check_plan(self, before: VideoJobStatus, after: VideoJobStatus) -> None:
        """A video is planned again only after an edit of what its plan depends on, and keeps its renderer until then.

        One whose image could not be pulled is made with the renderer of today.
        """
        wanted = plan_inputs(self.world)
        if before.plan and after.plan is None:
            assert wanted != self.planned_from, f"it is planned again though nothing asks for it: {wanted}"
        if after.plan and before.plan is None:
            self.planned_from = wanted
        if before.plan == after.plan is not None and reason_of(before) != FailureClass.IMAGE_PULL:
            assert after.renderer == before.renderer or before.renderer is None

    def _nothing_is_made_twice(self, create: CreateJob, there: dict[str, Child]) -> None:
        """A new Job is made only where every Job there was for the same digest has failed, or is gone."""
        rivals = [child for child in there.values() if key_of(child) == (create.task.task, create.scene, create.digest)]
        gone = {child.name for child in rivals} - set(self.world.children)
        assert all(child.state is State.FAILED or child.name in gone for child in rivals), (create, rivals)

    def _only_what_is_wanted_runs(self) -> None:
        if reason_of(self.world.status) != INVALID_SPEC and not self.world.job.problem:
            assert {key_of(child) for child in self.world.active()} <= wanted(self.world.status)

    def _it_continues(self) -> None:
        """An unfinished video is looked at again within a backoff, or within the deadline of what runs.

        Unless it waits for room, or for a spec that can be read.
        """
        world = self.world
        decision, running = world.look(), bool(world.active())
        if decision.status.phase in RESTING or decision.denied or world.job.problem:
            return
        after = decision.requeue_after
        assert running or after is not None, "nothing runs, and nothing is due"
        longest = max(LONGEST_BACKOFF, world.job.spec.active_deadline_seconds if running else 0.0)
        assert after is None or after <= longest, f"it waits for {after} s"

    def check(self) -> None:
        """What holds at any time."""
        live = [key_of(child) for child in self.world.active()]
        assert len(live) == len(set(live)), "two live attempts at one task"
        decision = self.world.look()
        assert decision == self.world.look()
        assert decision.status.message.strip()
        assert all(scene.failure is None or scene.failure.message.strip() for scene in decision.status.scenes)
        self._check_writes()

    def _check_writes(self) -> None:
        """Each piece of news costs at most three statuses: it is seen, what follows is begun, and that is under way.

        A view that was wrong costs one more when it is right again. In each generation a task is begun once, and once
        more after each piece of news; each Job that was made is deleted once, and ended once.
        """
        world, unforeseen = self.world, self.news + self.wrong_views
        kinds = Counter(type(action) for action in world.actions)
        jobs = self.adopted + len(world.created)
        assert len(world.history) <= 2 + 3 * unforeseen
        assert kinds[CreateJob] <= (1 + self.edits) * (MOST_SCENES + 2) + unforeseen
        assert kinds[DeleteJob] <= jobs + self.wrong_views
        assert kinds[EndJob] <= jobs + self.wrong_views
        assert kinds[NudgeJob] <= self.news + (world.now - world.began).total_seconds() / 8


def plan_inputs(world: World) -> tuple[object, ...]:
    spec = world.readable or world.job.spec
    return spec.prompt, spec.storyboard, spec.scene_count, spec.planner, spec.output.language, spec.rerun


def may_be_delayed(before: VideoJobStatus, decision: Decision) -> bool:
    starts = any(isinstance(action, CreateJob) for action in decision.actions)
    return not starts and classify(before, decision.status) in DELAYED


def finished(status: VideoJobStatus) -> set[tuple[str, str]]:
    """Scene and digest of what is rendered."""
    return {(scene.id, scene.digest) for scene in status.scenes if scene.phase is ScenePhase.SUCCEEDED}


def results_of(status: VideoJobStatus) -> set[Key]:
    """The tasks whose results a status has."""
    plan = {("plan", "", status.plan.key)} if status.plan else set()
    video = {("stitch", "", status.video.key)} if status.video else set()
    return plan | video | {("scene", scene, digest) for scene, digest in finished(status)}


def wanted(status: VideoJobStatus) -> set[Key]:
    """What may run while a status says so."""
    if status.phase in TERMINAL | {Phase.SUSPENDED}:
        return set()
    plan, stitch = status.attempts.plan, status.attempts.stitch
    keys = {("plan", "", plan.key)} if plan else set()
    keys |= {("stitch", "", stitch.key)} if stitch else set()
    return keys | {("scene", scene.id, scene.digest) for scene in status.scenes if scene.phase is ScenePhase.RUNNING}


def only_forward(before: VideoJobStatus, after: VideoJobStatus) -> None:
    """A status follows another one: nothing that was reached is lost within a generation."""
    unread = INVALID_SPEC in {reason_of(before), reason_of(after)}
    same = before.observed_generation == after.observed_generation and reason_of(before) != INVALID_SPEC
    assert is_allowed(before.phase, after.phase, same_generation=same), (before.phase, after.phase)
    assert after.report.sequence >= before.report.sequence
    assert after.report.acknowledged >= before.report.acknowledged
    assert after.observed_generation >= before.observed_generation
    assert after.video or not before.video
    if same and not unread and Phase.SUSPENDED not in {before.phase, after.phase}:
        assert after.progress >= before.progress
    earlier = {(scene.id, scene.digest): scene for scene in before.scenes}
    for scene in after.scenes:
        forward(earlier.get((scene.id, scene.digest)), scene)
    for one, other in (
        (before.attempts.plan, after.attempts.plan),
        (before.attempts.stitch, after.attempts.stitch),
    ):
        assert one is None or other is not None
        if one and other and one.key == other.key:
            forward(one, other)


def forward(before: TaskAttempts | SceneStatus | None, after: TaskAttempts | SceneStatus) -> None:
    assert before is None or (after.attempts >= before.attempts and after.failed >= before.failed)
