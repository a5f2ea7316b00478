"""`decide` against a world that crashes it anywhere, hides and ages what it sees, and edits the spec at random."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.unit.operator.world import BAD_SCENE, BROKEN, LATE, LOST, OUT_OF_MEMORY, World
from videojob.phases import TERMINAL, Phase, ScenePhase, allowed
from videojob.status import Tries, VideoJobStatus
from videotutor_operator.core.decide import decide
from videotutor_operator.core.model import Child, CreateJob, DeleteJob, Ending, EndJob, State, Wait

MOST_SCENES = 4
ENDINGS = st.sampled_from([BROKEN, BROKEN, OUT_OF_MEMORY, LATE, LOST, BAD_SCENE])
DISRUPTIONS = st.sampled_from(["PreemptionByScheduler", "EvictionByEvictionAPI", "DeletionByTaintManager"])

OVERRIDES = st.lists(
    st.fixed_dictionaries(
        {"scene": st.integers(1, MOST_SCENES + 1).map(lambda number: f"scene-{number}")},
        optional={"instruction": st.sampled_from(["shorter", "longer"]), "rerun": st.integers(0, 2)},
    ).filter(lambda override: len(override) > 1),
    max_size=2,
    unique_by=lambda override: override["scene"],
)
EDITS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(lambda value: {"suspend": value}, st.booleans()),
    st.builds(lambda value: {"cancel": value}, st.booleans()),
    st.builds(lambda value: {"parallelism": value}, st.integers(1, 4)),
    st.builds(lambda value: {"active_deadline_seconds": value}, st.sampled_from([60, 3600])),
    st.builds(lambda value: {"retries": value}, st.integers(0, 2)),
    st.builds(lambda value: {"scene_count": value}, st.integers(1, MOST_SCENES)),
    st.builds(lambda value: {"retry": value}, st.integers(0, 3)),
    st.builds(lambda value: {"rerun": value}, st.integers(0, 2)),
    st.builds(lambda value: {"scene_overrides": value}, OVERRIDES),
    st.builds(lambda value: {"prompt": value}, st.sampled_from(["Explain limits", "Explain integrals"])),
    st.builds(lambda value: {"output": {"resolution": value}}, st.sampled_from(["480p", "720p"])),
    st.builds(lambda value: {"pod_template": {"node_selector": {"disk": value}}}, st.sampled_from(["fast", "slow"])),
    st.just({"ttl_seconds_after_finished": 31_000_000}),
)

Key = tuple[str, str, str]


def key_of(child: Child) -> Key:
    return child.task, child.scene, child.digest


class Cluster(RuleBasedStateMachine):
    """`news` counts everything that happened to the VideoJob; what the operator writes is bounded by it."""

    world: World

    @initialize(scenes=st.integers(1, MOST_SCENES), retries=st.integers(0, 2), parallelism=st.integers(1, 4))
    def begin(self, scenes: int, retries: int, parallelism: int) -> None:
        self.world = World(scenes, retries=retries, parallelism=parallelism)
        self.news = 0
        self.edits = 0
        self.wrong_views = 0
        self.earlier: dict[str, Child] = {}

    # what the operator does

    @rule(cut_after=st.integers(0, 6), data=st.data())
    def the_operator_passes_and_may_die(self, cut_after: int, data: st.DataObject) -> None:
        """It dies after so many writes; of the Jobs it may not see one, and see another as it was before."""
        seen = dict(self.world.children)
        if seen and data.draw(st.booleans()):
            seen.pop(data.draw(st.sampled_from(sorted(seen))))
            self.wrong_views += 1
        if self.earlier and data.draw(st.booleans()):
            name = data.draw(st.sampled_from(sorted(self.earlier)))
            seen[name] = self.earlier[name]
            self.wrong_views += 1
        self.one_pass(seen, cut_after)

    @rule()
    def the_operator_passes_until_it_rests(self) -> None:
        for _ in range(20):
            if not self.one_pass(dict(self.world.children)):
                assert {key_of(child) for child in self.world.active()} <= wanted(self.world.status)
                return
        raise AssertionError(f"it never comes to rest: {self.world.status}")

    def one_pass(self, seen: dict[str, Child], cut_after: int = 1_000) -> bool:
        """A pass with what it sees; whether it wrote anything."""
        world = self.world
        before, there = world.status, dict(world.children)
        made, written = len(world.created), len(world.history) + len(world.actions)
        world.follow(decide(world.job, tuple(seen.values()), world.now, world.site, world.delivery), cut_after)
        only_forward(before, world.status)
        for create in world.created[made:]:
            self.nothing_is_made_twice(create, there)
        return len(world.history) + len(world.actions) > written

    def nothing_is_made_twice(self, create: CreateJob, there: dict[str, Child]) -> None:
        """A new Job is made only where every Job there was for the same digest has failed, or is gone."""
        rivals = [child for child in there.values() if key_of(child) == (create.task.task, create.scene, create.digest)]
        gone = {child.name for child in rivals} - set(self.world.children)
        assert all(child.state is State.FAILED or child.name in gone for child in rivals), (create, rivals)

    # what happens to it

    def happens(self, child: Child, after: Child | None) -> None:
        """A Job changed, or is gone."""
        self.news += 1
        self.earlier[child.name] = child
        if after:
            self.world.children[child.name] = after
        else:
            del self.world.children[child.name]

    def some(self, data: st.DataObject, state: State | None = None) -> Child:
        children = [child for child in self.world.children.values() if state in {None, child.state}]
        return data.draw(st.sampled_from(sorted(children, key=lambda child: child.name)))

    @precondition(lambda self: bool(self.world.active()))
    @rule(data=st.data())
    def an_attempt_succeeds(self, data: st.DataObject) -> None:
        child = self.some(data, State.ACTIVE)
        result = self.world.result_of(child)
        self.happens(child, replace(child, state=State.SUCCEEDED, result=result, ended_at=self.world.now))

    @precondition(lambda self: bool(self.world.active()))
    @rule(data=st.data(), ending=ENDINGS)
    def an_attempt_fails(self, data: st.DataObject, ending: Ending) -> None:
        child = self.some(data, State.ACTIVE)
        self.happens(child, replace(child, state=State.FAILED, ending=ending, ended_at=self.world.now))

    @precondition(lambda self: bool(self.world.active()))
    @rule(data=st.data())
    def a_container_starts(self, data: st.DataObject) -> None:
        child = self.some(data, State.ACTIVE)
        self.happens(child, replace(child, running=True, started_at=self.world.now, wait=None))

    @precondition(lambda self: bool(self.world.active()))
    @rule(data=st.data(), reason=DISRUPTIONS, stuck=st.booleans())
    def a_pod_is_disrupted(self, data: st.DataObject, reason: str, stuck: bool) -> None:  # noqa: FBT001 -- drawn
        """Its Job makes another one, which waits for a place; or it hangs on a node that does not answer."""
        child = self.some(data, State.ACTIVE)
        lost_at = self.world.now + timedelta(seconds=60) if stuck else None
        disrupted = replace(child, running=False, disruption=Ending(disruption=reason, pod="p"), lost_at=lost_at)
        self.happens(child, replace(disrupted, wait=Wait("Unschedulable", "no node has room")))

    @precondition(lambda self: bool(self.world.children))
    @rule(data=st.data())
    def somebody_deletes_a_job(self, data: st.DataObject) -> None:
        self.happens(self.some(data), None)

    @rule(seconds=st.integers(1, 100))
    def time_passes(self, seconds: int) -> None:
        self.world.later(seconds)

    @rule(edit=EDITS)
    def the_spec_is_edited(self, edit: dict[str, Any]) -> None:
        self.news += 1
        self.edits += 1
        self.world.edited(**edit)

    @rule(held=st.sampled_from(["suspend", "cancel"]))
    def the_video_is_held(self, held: str) -> None:
        self.the_spec_is_edited({held: True})
        self.the_operator_passes_until_it_rests()
        assert self.world.active() == []

    @rule()
    def convex_confirms(self) -> None:
        self.news += 1
        self.world.acknowledged()

    # what holds at any time

    @invariant()
    def at_most_one_live_attempt_at_each_task(self) -> None:
        live = [key_of(child) for child in self.world.active()]
        assert len(live) == len(set(live))

    @invariant()
    def a_look_is_a_function_of_what_is_there_and_says_something(self) -> None:
        decision = self.world.look()
        assert decision == self.world.look()
        assert decision.status.message.strip()
        assert all(scene.failure is None or scene.failure.message.strip() for scene in decision.status.scenes)

    @invariant()
    def what_was_written_is_bounded_by_what_happened(self) -> None:
        """Each piece of news costs at most three statuses: it is seen, what follows is begun, and that is under way.

        A view that was wrong costs one more when it is right again. In each generation a task is begun once, and once
        more after each piece of news; each Job that was made is deleted once.
        """
        world = self.world
        creates = sum(isinstance(action, CreateJob) for action in world.actions)
        deletes = sum(isinstance(action, DeleteJob) for action in world.actions)
        ends = sum(isinstance(action, EndJob) for action in world.actions)
        assert len(world.history) <= 2 + 3 * (self.news + self.wrong_views)
        assert creates <= (1 + self.edits) * (MOST_SCENES + 2) + self.news + self.wrong_views
        assert deletes <= len(world.created) + self.wrong_views
        assert ends <= len(world.created) + self.wrong_views

    def teardown(self) -> None:
        """Whatever happened, left alone it ends: as a video made with this spec does, or where nothing works, at all.

        A third of the time each: everything works, everything breaks, every Job loses its result.
        """
        if not hasattr(self, "world"):
            return
        world = self.world
        if world.job.spec.suspend:
            world.edited(suspend=False)
        before = world.status
        world.to_the_end(*[[], [BROKEN], [LOST]][self.news % 3])
        assert world.phase in TERMINAL, world.status
        if before.observed_generation == world.job.generation and before.phase in TERMINAL:
            assert world.phase is before.phase
        if world.phase is Phase.SUCCEEDED:
            fresh = World(world.planned_scenes, given=world.job.spec.model_copy(update={"cancel": False})).succeeded()
            assert world.status.video == fresh.status.video


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
    same = before.observed_generation == after.observed_generation
    assert allowed(before.phase, after.phase, same_generation=same), (before.phase, after.phase)
    assert after.report.sequence >= before.report.sequence
    assert after.report.acknowledged >= before.report.acknowledged
    assert after.observed_generation >= before.observed_generation
    if same and Phase.SUSPENDED not in {before.phase, after.phase}:
        assert after.progress >= before.progress
    earlier = {(scene.id, scene.digest): scene for scene in before.scenes}
    for scene in after.scenes:
        known = earlier.get((scene.id, scene.digest))
        assert known is None or (scene.attempts >= known.attempts and scene.failed >= known.failed)
    forward(before.attempts.plan, after.attempts.plan)
    forward(before.attempts.stitch, after.attempts.stitch)


def forward(before: Tries | None, after: Tries | None) -> None:
    assert before is None or after is not None
    if before and after and before.key == after.key:
        assert after.attempts >= before.attempts
        assert after.failed >= before.failed


TestCluster = Cluster.TestCase
TestCluster.settings = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
