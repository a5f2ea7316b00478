"""A pretended cluster for `decide`: it carries decisions out, ends attempts, and reads like the sentence it tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from videojob.digest import RENDERER_VERSION
from videojob.names import job_name
from videojob.phases import Phase, ScenePhase
from videojob.results import FailureResult, PlannedScene, PlanResult, SceneResult, StitchResult
from videojob.spec import VideoJobSpec
from videojob.status import Failure, FailureClass, Renderer, SceneStatus, VideoJobStatus
from videojob.storyboard import Beat, SceneContent
from videojob.tasks import PlanTask, SceneTask, StitchTask
from videotutor_operator.core.changes import RESTING, Change, classify
from videotutor_operator.core.decide import decide
from videotutor_operator.core.model import (
    Action,
    Child,
    CreateJob,
    Decision,
    DeleteJob,
    DeleteVideoJob,
    Delivery,
    Ending,
    EndJob,
    NudgeJob,
    Problem,
    Site,
    State,
    VideoJob,
    Wait,
)
from videotutor_operator.core.step import template_of

IMAGE = "videotutor/renderer:1"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)

OUT_OF_MEMORY = Ending(container_reason="OOMKilled", exit_code=137)
BROKEN = Ending(container_reason="Error", exit_code=70)
LATE = Ending(job_reason="DeadlineExceeded", ran=True)
LOST = Ending(completed=True)


def reported(class_: FailureClass, message: str = "it did not work") -> Ending:
    return Ending(exit_code=65, result=FailureResult(error=Failure(class_=class_, message=message)))


BAD_SCENE = reported(FailureClass.BAD_SCENE, "the formula \\frac{1} is not complete")


def is_written(before: VideoJobStatus, after: VideoJobStatus) -> bool:
    """Whether the reconciler would write a status sooner or later."""
    change = classify(before, after)
    return change > Change.CONFIRMATION or (change is Change.CONFIRMATION and after.phase in RESTING)


class World:
    """One VideoJob, its Jobs, and a clock; every decision is carried out unless it is cut short.

    `slow_ends`: a Job that the operator ended stays active until `end_jobs`, as until its controller sees the deadline.
    """

    def __init__(
        self, scenes: int = 3, site: Site | None = None, given: VideoJobSpec | None = None, **spec: Any
    ) -> None:
        self.planned_scenes = scenes
        self.contents: dict[str, str] = {}
        self.planned_language: str | None = None
        self.site = site or Site("http://videos.test", reports=True, renderer=Renderer(IMAGE, RENDERER_VERSION))
        self.now = self.began = START
        self.delivery = Delivery()
        self.gone = False
        self.slow_ends = False
        self.readable: VideoJobSpec | None = None
        self.children: dict[str, Child] = {}
        self.created: list[CreateJob] = []
        self.told: dict[str, PlanTask | SceneTask | StitchTask] = {}
        self.actions: list[Action] = []
        self.history: list[VideoJobStatus] = []
        self.job = VideoJob(
            namespace="lessons",
            name="calculus",
            uid="uid-1",
            generation=1,
            spec=given or VideoJobSpec(**{"prompt": "Explain the chain rule", "session_id": "s1", **spec}),
            status=VideoJobStatus(),
        )

    @property
    def status(self) -> VideoJobStatus:
        return self.job.status

    @property
    def phase(self) -> Phase:
        # mypy narrows a property until its object is assigned: after `assert video.phase is …`, compare the next phase
        # on the call that changes it, `assert video.settle().phase is …`.
        return self.status.phase

    def scene(self, name: str) -> SceneStatus:
        return next(scene for scene in self.status.scenes if scene.id == name)

    def look(self) -> Decision:
        """What would be decided now, without doing it."""
        return decide(self.job, tuple(self.children.values()), self.now, self.site, self.delivery)

    def step(self, *, cut_after: int = 1_000, hidden: frozenset[str] = frozenset()) -> Decision:
        """One pass; the operator dies after so many of its writes. `hidden`: Jobs it does not see."""
        seen = tuple(child for name, child in self.children.items() if name not in hidden)
        return self.follow(decide(self.job, seen, self.now, self.site, self.delivery), cut_after)

    def follow(self, decision: Decision, cut_after: int = 1_000, *, delayed: bool = False) -> Decision:
        """Carry a decision out, so many writes of it. `delayed`: the status is written by a later pass."""
        if cut_after == 0:
            return decision
        if not delayed and is_written(self.status, decision.status):
            self.history.append(decision.status)
            self.job = replace(self.job, status=decision.status)
        for action in decision.actions[: cut_after - 1]:
            self.carry_out(action)
        return decision

    def settle(self, passes: int = 20) -> World:
        """Passes until there is nothing to do."""
        for _ in range(passes):
            writes = len(self.history)
            decision = self.step()
            if len(self.history) == writes and not decision.actions:
                return self
        raise AssertionError(f"it never comes to rest: {self.status}")

    def carry_out(self, action: Action) -> None:
        self.actions.append(action)
        match action:
            case CreateJob():
                self._create(action)
            case DeleteJob(name, uid):
                if name in self.children and self.children[name].uid == uid:
                    del self.children[name]
            case EndJob(name, uid, failure):
                if name in self.children and self.children[name].uid == uid:
                    self.children[name] = replace(self.children[name], recorded=failure)
                    if not self.slow_ends:
                        self.end_jobs()
            case NudgeJob(name, uid):
                if name in self.children and self.children[name].uid == uid:
                    self.children[name] = replace(self.children[name], nudged_at=self.now)
            case DeleteVideoJob():
                self.gone = True

    def _create(self, action: CreateJob) -> None:
        name = job_name(self.job.name, action.label, action.attempt, action.digest)
        if name in self.children:
            return
        self.created.append(action)
        self.told[name] = action.task
        self.children[name] = Child(
            name=name,
            uid=f"uid-{len(self.created)}-of-{name}",
            task=action.task.task,
            digest=action.digest,
            attempt=action.attempt,
            scene=action.scene,
            generation=self.job.generation,
            template=template_of(self.job.spec),
            renderer=Renderer(action.image, action.task.version),
            podless_since=None,
        )

    def end_jobs(self) -> None:
        """The Job controller ends the Jobs that the operator gave a deadline in the past."""
        for name, child in self.children.items():
            if child.recorded and (child.state is State.ACTIVE or child.lingers_until):
                late = replace(LATE, recorded=child.recorded, ran=child.running)
                ending = child.ending if child.state is State.FAILED else late
                ended = replace(child, state=State.FAILED, ending=ending, ended_at=self.now, lingers_until=None)
                self.children[name] = ended

    def active(self) -> list[Child]:
        return [child for child in self.children.values() if child.state is State.ACTIVE]

    def attempt(self, label: str) -> Child:
        """The newest attempt at plan, stitch or a scene."""
        mine = [child for child in self.children.values() if label in {child.scene, child.task}]
        return max(mine, key=lambda child: child.attempt)

    def task(self, label: str) -> PlanTask | SceneTask | StitchTask:
        """What the newest Job for plan, stitch or a scene was told."""
        return next(create.task for create in reversed(self.created) if create.label == label)

    def task_of(self, child: Child) -> PlanTask | SceneTask | StitchTask:
        """What a Job was told."""
        return self.told[child.name]

    def succeed(self, *labels: str, reused: bool = False) -> World:
        """The newest attempts end well; the operator has not looked yet."""
        for label in labels:
            self.finish(self.attempt(label), reused=reused)
        return self

    def finish(self, child: Child, *, reused: bool = False) -> None:
        result = self.result_of(child, reused=reused)
        self.children[child.name] = replace(child, state=State.SUCCEEDED, result=result, ended_at=self.now)

    def result_of(self, child: Child, *, reused: bool = False) -> PlanResult | SceneResult | StitchResult:
        if child.task == "plan":
            task = self.told.get(child.name)
            count = (isinstance(task, PlanTask) and task.scene_count) or self.planned_scenes
            ids = [f"scene-{number}" for number in range(1, count + 1)]
            scenes = tuple(
                PlannedScene(id=id_, title=f"About {id_}", digest=self.contents.get(id_, f"content-of-{id_}"))
                for id_ in ids
            )
            return PlanResult(
                planner="template",
                title="Calculus",
                language=self.planned_language,
                storyboard="lessons/storyboards/k",
                scenes=scenes,
            )
        if child.task == "scene":
            return SceneResult(
                scene_id=child.scene,
                title=f"About {child.scene}",
                digest=child.digest,
                duration_seconds=12.5,
                frames=375,
                bytes=1000,
                sha256="ab" * 32,
                reused=reused,
            )
        return StitchResult(
            path=f"lessons/videos/calculus/{child.digest}/video.mp4",
            duration_seconds=37.5,
            bytes=3000,
            sha256="cd" * 32,
            width=1280,
            height=720,
            frames_per_second=30,
            chapters=self.planned_scenes,
        )

    def fail(self, label: str, ending: Ending = BROKEN) -> World:
        self.fail_child(self.attempt(label), ending)
        return self

    def fail_child(self, child: Child, ending: Ending) -> None:
        self.children[child.name] = replace(child, state=State.FAILED, ending=ending, ended_at=self.now)

    def waiting(self, label: str, why: str, reason: str = "", *, since: datetime | None = None) -> World:
        child = self.attempt(label)
        self.children[child.name] = replace(child, wait=Wait(reason, why), waiting_since=since)
        return self

    def disrupted(self, label: str, reason: str = "PreemptionByScheduler", pod: str = "pod-1") -> World:
        """Its pod was ended from outside, and its Job makes another one."""
        child = self.attempt(label)
        self.children[child.name] = replace(child, running=False, disruption=Ending(disruption=reason, pod=pod))
        return self

    def running(self, label: str) -> World:
        child = self.attempt(label)
        self.children[child.name] = replace(child, running=True, started_at=self.now, wait=None)
        return self

    def acknowledged(self) -> World:
        """Convex has everything that it was told."""
        self.delivery = Delivery(acknowledged=self.status.report.sequence)
        return self

    def later(self, seconds: float) -> World:
        self.now += timedelta(seconds=seconds)
        return self

    def edited(self, **spec: Any) -> World:
        """The spec changed, to one that can be read; the operator has not looked yet."""
        self.read_again()
        new = VideoJobSpec(**{**self.job.spec.model_dump(exclude_none=True), **spec})
        self.job = replace(self.job, spec=new, generation=self.job.generation + 1)
        return self

    def with_edit_of(self, scene: str, instruction: str = "a shorter example") -> World:
        return self.edited(scene_overrides=[{"scene": scene, "instruction": instruction}])

    def with_problem(self, problem: str, *, newer: bool = False) -> World:
        """An edit made the spec one that cannot be read; its identity is left, and whether it is held."""
        self.readable = self.readable or self.job.spec
        kept = self.readable.model_dump(include={"session_id", "suspend", "cancel"})
        identity, unread = VideoJobSpec.model_construct(**kept), Problem(problem, newer=newer)
        self.job = replace(self.job, spec=identity, problem=unread, generation=self.job.generation + 1)
        return self

    def read_again(self) -> World:
        """An operator that can read the spec takes over: nothing was edited."""
        if self.readable:
            self.job = replace(self.job, spec=self.readable, problem=None)
            self.readable = None
        return self

    def deleted(self, label: str) -> World:
        """Somebody deletes the newest Job of plan, stitch or a scene."""
        del self.children[self.attempt(label).name]
        return self

    def to_the_end(self, *endings: Ending) -> World:
        """Everything that is tried from now on works, or ends so, until nothing runs any more."""
        for _ in range(100):
            self.later(120).settle()
            if not self.active() and (self.phase in RESTING or self.look().requeue_after is None):
                return self
            for child in self.active():
                for ending in endings:
                    self.fail_child(child, ending)
                if not endings:
                    self.finish(child)
        raise AssertionError(f"it never ends: {self.status}")

    def being_deleted(self) -> World:
        self.job = replace(self.job, deleting=True)
        return self

    # the stages, as words for the start of a test

    def planning(self) -> World:
        return self.settle()

    def rendering(self) -> World:
        return self.planning().succeed("plan").settle()

    def stitching(self) -> World:
        self.rendering()
        while unfinished := [s.id for s in self.status.scenes if s.phase is ScenePhase.RUNNING]:
            self.later(10).succeed(*unfinished).settle()
        return self

    def succeeded(self) -> World:
        return self.stitching().later(5).succeed("stitch").settle()

    def with_failed(self, scene: str, attempt: int = 1, ending: Ending = BROKEN) -> World:
        """That scene has failed so many times, and the operator has seen the last of them."""
        for number in range(1, attempt + 1):
            self.later(120).settle()
            assert self.attempt(scene).attempt == number
            self.fail(scene, ending).settle()
        return self


def a_video(scenes: int = 3, **spec: Any) -> World:
    return World(scenes, **spec)


def some_content(title: str = "A new title") -> SceneContent:
    return SceneContent(title=title, beats=(Beat(say="Hello."),))
