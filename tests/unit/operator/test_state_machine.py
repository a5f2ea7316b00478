"""`decide` against a world that crashes it anywhere, hides Jobs from it, and edits the spec at random."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.unit.operator.world import BAD_SCENE, BROKEN, LATE, LOST, OUT_OF_MEMORY, World
from videojob.phases import TERMINAL, Phase, allowed
from videotutor_operator.model import CreateJob, Ending, State

ENDINGS = st.sampled_from([BROKEN, BROKEN, OUT_OF_MEMORY, LATE, LOST, BAD_SCENE])


class Cluster(RuleBasedStateMachine):
    world: World

    @initialize(scenes=st.integers(1, 4), retries=st.integers(0, 2), parallelism=st.integers(1, 4))
    def begin(self, scenes: int, retries: int, parallelism: int) -> None:
        self.world = World(scenes, retries=retries, parallelism=parallelism)
        self.names: set[tuple[str, str, int]] = set()

    @rule(cut_after=st.integers(0, 6), data=st.data())
    def operator_passes_and_may_die(self, cut_after: int, data: st.DataObject) -> None:
        """It dies after so many writes; it may not see Jobs that were made a moment ago."""
        names = sorted(self.world.children)
        hidden = data.draw(st.frozensets(st.sampled_from(names), max_size=1)) if names else frozenset()
        before = self.world.status
        live = {name for name, child in self.world.children.items() if child.state is State.ACTIVE}
        made = len(self.world.created)
        self.world.step(cut_after=cut_after, hidden=hidden)
        after = self.world.status
        same = before.observed_generation == after.observed_generation
        assert allowed(before.phase, after.phase, same_generation=same), (before.phase, after.phase)
        assert after.report.sequence >= before.report.sequence
        assert after.observed_generation >= before.observed_generation
        assert same is False or after.progress >= before.progress or Phase.SUSPENDED in (before.phase, after.phase)
        for create in self.world.created[made:]:
            self.no_second_live_attempt(create, live)

    def no_second_live_attempt(self, create: CreateJob, live: set[str]) -> None:
        others = [
            child
            for name, child in self.world.children.items()
            if name in live
            and (child.task, child.scene, child.digest) == (create.task.task, create.scene, create.digest)
        ]
        assert all(child.attempt == create.attempt for child in others), (create, others)

    @precondition(lambda self: bool(self.world.active()))
    @rule(data=st.data())
    def an_attempt_succeeds(self, data: st.DataObject) -> None:
        self.world.finish(data.draw(st.sampled_from(sorted(self.world.active(), key=lambda child: child.name))))

    @precondition(lambda self: bool(self.world.active()))
    @rule(data=st.data(), ending=ENDINGS)
    def an_attempt_fails(self, data: st.DataObject, ending: Ending) -> None:
        child = data.draw(st.sampled_from(sorted(self.world.active(), key=lambda child: child.name)))
        self.world.fail_child(child, ending)

    @rule(seconds=st.integers(1, 100))
    def time_passes(self, seconds: int) -> None:
        self.world.later(seconds)

    @rule(scene=st.integers(1, 5), text=st.sampled_from(["shorter", "longer"]))
    def a_scene_is_edited(self, scene: int, text: str) -> None:
        self.world.with_edit_of(f"scene-{scene}", text)

    @rule(
        change=st.sampled_from([{"scene_overrides": []}, {"prompt": "Another"}, {"suspend": True}, {"suspend": False}])
    )
    def the_spec_is_edited(self, change: dict[str, object]) -> None:
        self.world.edited(**change)

    @precondition(lambda self: bool(self.world.children))
    @rule(data=st.data())
    def someone_deletes_an_ended_scene_job(self, data: st.DataObject) -> None:
        """A scene's attempts are counted in the status; those of plan and join in their Jobs alone."""
        jobs = self.world.children.items()
        ended = sorted(name for name, child in jobs if child.state is not State.ACTIVE and child.task == "scene")
        if ended:
            del self.world.children[data.draw(st.sampled_from(ended))]

    @invariant()
    def at_most_one_live_attempt_at_each_task(self) -> None:
        if hasattr(self, "world"):
            live = [(child.task, child.scene, child.digest) for child in self.world.active()]
            assert len(live) == len(set(live))

    @invariant()
    def a_pass_on_an_unchanged_world_is_final(self) -> None:
        if hasattr(self, "world"):
            decision = self.world.look()
            assert decision == self.world.look()
            assert decision.status.message

    def teardown(self) -> None:
        """Whatever happened, left alone with a cluster that works, every run ends."""
        if not hasattr(self, "world"):
            return
        world = self.world
        if world.job.spec.suspend:
            world.edited(suspend=False)
        for _ in range(60):
            world.later(120).settle()
            for child in world.active():
                world.finish(child)
        assert world.phase in TERMINAL, world.status
        assert world.active() == []


TestCluster = Cluster.TestCase
TestCluster.settings = settings(
    max_examples=80,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
