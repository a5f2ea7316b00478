"""`decide` in a world that crashes it anywhere, hides and ages what it sees, edits the spec and upgrades the operator.

Each run begins at another stage; the test asserts how often each phase was checked.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.unit.operator.checked import Checked
from tests.unit.operator.legacy import GOLDEN, adopt
from tests.unit.operator.strategies import (
    COIN,
    DISRUPTIONS,
    EDITS,
    ENDINGS,
    HELD_UP,
    LINGERS,
    MOST_SCENES,
    SKEWS,
    VIDEOS,
)
from tests.unit.operator.world import BAD_SCENE, BROKEN, LOST, World
from videojob.digest import LEGACY_VERSION, video_key
from videojob.phases import TERMINAL, Phase
from videojob.status import Renderer
from videotutor_operator.core.changes import RESTING
from videotutor_operator.core.conditions import INVALID_SPEC, reason_of
from videotutor_operator.core.model import UNLIMITED, Child, Ending, State, Wait
from videotutor_operator.observed.jobs import PODLESS

REACHED: Counter[str] = Counter()


class Legacy(NamedTuple):
    """A stage as 092fef3 wrote its status."""

    phase: str


STAGES = [*Phase, *(Legacy(name) for name in sorted(GOLDEN))]


class Cluster(RuleBasedStateMachine):
    """`run`: the video, whose passes are all checked. `earlier`: Jobs as they were before."""

    run: Checked

    @initialize(stage=st.sampled_from(STAGES), video=VIDEOS, slow=st.booleans(), alike=st.booleans())
    def begin(self, stage: Phase | Legacy, video: dict[str, Any], slow: bool, alike: bool) -> None:  # noqa: FBT001 -- drawn
        """At a phase, or with a status of 092fef3, with or without its Jobs."""
        if isinstance(stage, Phase):
            world = World(**video)
            world.contents = {"scene-1": "content-of-both", "scene-2": "content-of-both"} if alike else {}
            self._start(world, slow=slow)
            self._proceed_to(stage)
        else:
            world = World(3)
            adopt(world, stage.phase, jobs=alike)
            self._start(world, slow=slow)

    def _start(self, world: World, *, slow: bool) -> None:
        world.slow_ends = slow
        self.run = Checked(world, REACHED)
        self.upgrades = 0
        self.legacy = world.status.renderer is None and world.status.phase is not Phase.PENDING
        self.earlier: dict[str, Child] = {}

    def _proceed_to(self, stage: Phase) -> None:
        run, world = self.run, self.run.world
        hold = {Phase.SUSPENDED: {"suspend": True}, Phase.CANCELLED: {"cancel": True}}.get(stage)
        while stage is not Phase.PENDING and world.phase is not stage:
            run.rest()
            if hold and world.phase is Phase.RENDERING:
                run.edit(**hold)
            elif stage is Phase.FAILED and world.phase is Phase.RENDERING:
                world.fail("scene-1", BAD_SCENE)
                run.news += 1
            for child in world.active() if world.phase is not stage else ():
                run.succeeds(child)
            world.later(10)

    # what the operator does

    @rule(cut_after=st.integers(0, 6), delayed=st.booleans(), data=st.data())
    def the_operator_passes_and_may_die(self, cut_after: int, delayed: bool, data: st.DataObject) -> None:  # noqa: FBT001
        """It dies after so many writes; of the Jobs it may not see one, and see another as it was before.

        A Job that was deleted and made again is never seen as it was before: the operator made the new one since it
        saw that the old one is gone, and the cache does not go back in time.
        """
        seen: dict[str, Child] = dict(self.run.world.children)
        if data.draw(COIN) and seen:
            seen.pop(data.draw(st.sampled_from(sorted(seen))))
            self.run.wrong_views += 1
        if data.draw(COIN) and self.earlier:
            name = data.draw(st.sampled_from(sorted(self.earlier)))
            if self.run.world.children.get(name, self.earlier[name]).uid == self.earlier[name].uid:
                seen[name] = self.earlier[name]
            self.run.wrong_views += 1
        self.run.one_pass(seen, cut_after, delayed=delayed)

    @rule()
    def the_operator_passes_until_it_rests(self) -> None:
        self.run.rest()

    # what happens to the Jobs

    def some(self, data: st.DataObject, state: State | None = None) -> Child:
        children = [child for child in self.run.world.children.values() if state in {None, child.state}]
        child: Child = data.draw(st.sampled_from(sorted(children, key=lambda child: child.name)))
        self.earlier[child.name] = child
        return child

    def is_active(self) -> bool:
        return bool(self.run.world.active())

    @precondition(is_active)
    @rule(data=st.data(), number=st.integers(1, MOST_SCENES))
    def some_attempts_succeed_and_the_operator_rests(self, data: st.DataObject, number: int) -> None:
        for child in self.run.world.active()[:number]:
            if child in self.run.world.active():
                self.earlier[child.name] = child
                self.run.succeeds(child)
            self.run.one_pass(delayed=data.draw(st.booleans()))
        self.run.world.later(10)
        self.run.rest()

    @precondition(is_active)
    @rule(data=st.data(), skew=SKEWS, lingers=LINGERS)
    def an_attempt_succeeds(self, data: st.DataObject, skew: timedelta, lingers: timedelta | None) -> None:
        now = self.run.world.now
        until = None if lingers is None else now + lingers
        self.run.succeeds(self.some(data, State.ACTIVE), ended_at=now + skew, lingers_until=until)

    @precondition(is_active)
    @rule(data=st.data(), ending=ENDINGS, skew=SKEWS, lingers=LINGERS)
    def an_attempt_fails(self, data: st.DataObject, ending: Ending, skew: timedelta, lingers: timedelta | None) -> None:
        now, child = self.run.world.now, self.some(data, State.ACTIVE)
        until = None if lingers is None else now + lingers
        failed = replace(child, state=State.FAILED, ending=ending, ended_at=now + skew, lingers_until=until)
        self.run.happens(child, replace(failed, running=False))

    @precondition(is_active)
    @rule(data=st.data(), skew=SKEWS)
    def a_container_starts(self, data: st.DataObject, skew: timedelta) -> None:
        """What a node says of the future is read as now."""
        child, started_at = self.some(data, State.ACTIVE), self.run.world.now + min(skew, timedelta())
        started = replace(child, running=True, started_at=started_at, wait=None, podless_since=None)
        self.run.happens(child, started)

    @precondition(is_active)
    @rule(data=st.data(), wait=HELD_UP)
    def a_container_is_over_its_deadline(self, data: st.DataObject, wait: Wait | None) -> None:
        """It runs, or is held up on its node, for longer than it may."""
        world, child = self.run.world, self.some(data, State.ACTIVE)
        started = replace(child, running=wait is None, started_at=world.now, wait=wait, podless_since=None)
        self.run.happens(child, started)
        world.later(world.job.spec.active_deadline_seconds)

    @precondition(is_active)
    @rule(data=st.data(), reason=DISRUPTIONS, stuck=st.booleans())
    def a_pod_is_disrupted(self, data: st.DataObject, reason: str, stuck: bool) -> None:  # noqa: FBT001 -- drawn
        """Its Job makes another one, which waits for a place; or it hangs on a node that does not answer."""
        child = self.some(data, State.ACTIVE)
        lost_at = self.run.world.now + timedelta(seconds=60) if stuck else None
        disrupted = replace(child, running=False, disruption=Ending(disruption=reason, pod="p"), lost_at=lost_at)
        self.run.happens(child, replace(disrupted, wait=Wait("Unschedulable", "no node has room")))

    @precondition(is_active)
    @rule(data=st.data())
    def kubernetes_makes_no_pod(self, data: st.DataObject) -> None:
        child = self.some(data, State.ACTIVE)
        podless = replace(child, running=False, started_at=None, podless_since=self.run.world.now, wait=PODLESS)
        self.run.happens(child, podless)

    @precondition(lambda self: any(child.recorded for child in self.run.world.children.values()))
    @rule()
    def the_job_controller_ends_what_the_operator_ended(self) -> None:
        self.run.news += 1
        self.run.world.end_jobs()

    @precondition(lambda self: bool(self.run.world.children))
    @rule(data=st.data())
    def a_job_is_deleted(self, data: st.DataObject) -> None:
        self.run.happens(self.some(data), None)

    @rule(seconds=st.integers(1, 100), confirms=st.booleans())
    def time_passes_and_convex_may_confirm(self, seconds: int, confirms: bool) -> None:  # noqa: FBT001 -- drawn
        self.run.world.later(seconds)
        if confirms:
            self.run.news += 1
            self.run.world.acknowledged()

    # what happens to the VideoJob

    @rule(edit=EDITS)
    def the_spec_is_edited(self, edit: dict[str, Any]) -> None:
        self.run.edit(**edit)

    @rule(held=st.sampled_from(["suspend", "cancel"]), let_go=st.sampled_from([True, True, False]))
    def the_video_is_held(self, held: str, let_go: bool) -> None:  # noqa: FBT001 -- drawn
        self.run.edit(**{held: True})
        self.run.rest()
        assert self.run.world.active() == []
        if let_go:
            self.the_video_is_let_go()
            self.run.rest()

    @precondition(lambda self: self.run.world.job.spec.suspend or self.run.world.job.spec.cancel)
    @rule()
    def the_video_is_let_go(self) -> None:
        self.run.edit(suspend=False, cancel=False)

    @rule(newer=st.booleans(), rests=st.booleans())
    def the_spec_cannot_be_read(self, newer: bool, rests: bool) -> None:  # noqa: FBT001 -- drawn
        self.run.news += 1
        self.run.world.with_problem("spec.output.language: too long", newer=newer)
        if rests:
            self.run.rest()

    @precondition(lambda self: self.run.world.job.problem)
    @rule()
    def the_spec_can_be_read_in_the_same_generation(self) -> None:
        self.run.news += 1
        self.run.world.read_again()

    # what happens to the installation

    @rule(room=st.sampled_from([0, 1, 2, UNLIMITED, UNLIMITED]))
    def room_runs_out_or_returns(self, room: int) -> None:
        self.run.news += 1
        self.run.world.site = replace(self.run.world.site, room=room)

    @rule(rests=st.booleans())
    def the_renderer_changes(self, rests: bool) -> None:  # noqa: FBT001 -- drawn
        """By itself it changes nothing for a video that was begun and waits for no edit to be seen."""
        world = self.run.world
        if rests:
            self.run.rest()
        before, self.upgrades = world.look(), self.upgrades + 1
        version = Renderer(f"videotutor/renderer:{1 + self.upgrades}", str(int(LEGACY_VERSION) + self.upgrades))
        world.site = replace(world.site, renderer=version)
        begun = world.status.observed_generation == world.job.generation and world.status.renderer
        if rests or (begun and reason_of(world.status) != INVALID_SPEC):
            assert world.look() == before
            REACHED["upgrades"] += 1

    @invariant()
    def what_holds_at_any_time(self) -> None:
        self.run.check()

    def teardown(self) -> None:
        """Whatever happened, left alone it ends: as a video made with this spec does, or where nothing works, at all.

        A third of the time each: everything works, everything breaks, every Job loses its result.
        """
        if not hasattr(self, "run"):
            return
        run, world = self.run, self.run.world
        world.read_again()
        world.site = replace(world.site, room=UNLIMITED)
        if world.job.spec.suspend:
            world.edited(suspend=False)
        before = world.status
        self._proceed_to_the_end((None, BROKEN, LOST)[run.news % 3])
        assert world.phase in TERMINAL, world.status
        if before.observed_generation == world.job.generation and before.phase in TERMINAL:
            assert world.phase is before.phase or reason_of(before) == INVALID_SPEC
        if world.phase is Phase.SUCCEEDED:
            self._check_video()

    def _proceed_to_the_end(self, ending: Ending | None) -> None:
        run, world = self.run, self.run.world
        for _ in range(100):
            world.later(120)
            run.news += 1
            world.end_jobs()
            run.rest()
            run.check()
            if not world.active() and (world.phase in RESTING or world.look().requeue_after is None):
                return
            for child in world.active():
                if ending is None:
                    run.succeeds(child)
                else:
                    run.happens(child, replace(child, state=State.FAILED, ending=ending, ended_at=world.now))
        raise AssertionError(f"it never ends: {world.status}")

    def _check_video(self) -> None:
        """It is that of its scenes; and where one renderer made them all, that of a new VideoJob with this spec."""
        world = self.run.world
        assert world.status.video
        assert world.status.video.key in {video_key(world.status), video_key(world.status, LEGACY_VERSION)}
        if not self.upgrades and not self.legacy:
            fresh = World(world.planned_scenes, given=world.job.spec.model_copy(update={"cancel": False}))
            fresh.contents = world.contents
            assert world.status.video == fresh.succeeded().status.video


SETTINGS = settings(
    max_examples=150,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
LEAST = {
    **{phase.value: 100 for phase in Phase if phase is not Phase.PENDING},
    "stitched": 50,
    "finished scenes": 200,
    "upgrades": 50,
}


def test_the_checks_hold_and_reach_every_phase() -> None:
    REACHED.clear()

    run_state_machine_as_test(Cluster, settings=SETTINGS)

    assert {name: REACHED[name] for name, least in LEAST.items() if REACHED[name] < least} == {}, REACHED
