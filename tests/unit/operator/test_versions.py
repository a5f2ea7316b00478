"""Videos that outlive the operator, the renderer or the CRD that they began with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.operator.objects import a_videojob
from tests.unit.operator.world import IMAGE, World, a_video
from videojob.base import read
from videojob.digest import LEGACY_VERSION
from videojob.phases import Phase, ScenePhase
from videojob.status import FailureClass, Renderer, VideoJobStatus
from videotutor_operator.core.model import DeleteJob, Site
from videotutor_operator.observed.cache import Cache
from videotutor_operator.observed.observe import read_videojob

GOLDEN = json.loads((Path(__file__).parents[1] / "videojob" / "golden" / "092fef3.json").read_text())
NEXT = Renderer("videotutor/renderer:2", "4")
STAGES: dict[str, Callable[[World], World]] = {
    "planning": World.planning,
    "rendering": lambda video: video.rendering().succeed("scene-1").settle(),
    "stitching": World.stitching,
    "suspended": lambda video: video.rendering().succeed("scene-1").settle().edited(suspend=True).settle(),
}


def upgraded(video: World) -> World:
    """The operator of a release with another renderer takes over."""
    video.created.clear()
    video.actions.clear()
    video.site = replace(video.site, renderer=NEXT)
    return video


@pytest.mark.parametrize("stage", STAGES)
def test_a_video_ends_with_the_renderer_that_it_began_with(stage: str) -> None:
    video = upgraded(STAGES[stage](a_video(scenes=3)))
    before = video.status

    video.settle()
    assert (video.status, video.actions) == (before, []), "an upgrade restarts nothing"
    video.edited(suspend=False).to_the_end()

    assert video.phase is Phase.SUCCEEDED
    assert {create.image for create in video.created} <= {IMAGE}
    assert {create.task.version for create in video.created} <= {LEGACY_VERSION}
    assert not any(isinstance(action, DeleteJob) for action in video.actions)
    assert [create.label for create in video.created].count("scene-1") == 0 or stage == "planning"
    assert video.status.renderer == Renderer(IMAGE, LEGACY_VERSION)


def test_after_an_upgrade_an_edit_makes_exactly_that_scene_and_the_join() -> None:
    video = upgraded(a_video(scenes=3).succeeded())

    video.with_edit_of("scene-2").to_the_end()

    assert video.phase is Phase.SUCCEEDED
    assert [(create.label, create.image) for create in video.created] == [("scene-2", IMAGE), ("stitch", IMAGE)]


@pytest.mark.parametrize("edit", [{"parallelism": 3}, {"retries": 1}, {"retry": 1}])
def test_after_an_upgrade_an_edit_of_nothing_that_is_seen_makes_nothing(edit: dict[str, Any]) -> None:
    video = upgraded(a_video(scenes=3).succeeded())
    made = video.status.video

    video.edited(**edit).settle()

    assert (video.phase, video.status.video, video.created) == (Phase.SUCCEEDED, made, [])


@pytest.mark.parametrize("edit", [{"rerun": 1}, {"prompt": "Explain limits"}])
def test_what_is_planned_again_is_made_with_the_renderer_of_today(edit: dict[str, Any]) -> None:
    video = upgraded(a_video(scenes=2).succeeded()).edited(**edit).to_the_end()

    assert {(create.image, create.task.version) for create in video.created} == {NEXT}
    assert video.status.renderer == NEXT


def test_a_video_whose_image_is_gone_is_made_with_the_renderer_of_today_when_it_is_retried() -> None:
    video = a_video(scenes=1).rendering()
    child = video.attempt("scene-1")
    video.waiting("scene-1", "the image cannot be pulled", FailureClass.IMAGE_PULL)
    video.children[child.name] = replace(video.children[child.name], started_at=video.now)
    video.later(3600).settle()
    failure = video.scene("scene-1").failure
    assert video.phase is Phase.FAILED
    assert failure is not None
    assert failure.class_ is FailureClass.IMAGE_PULL

    assert upgraded(video).edited(retry=1).to_the_end().phase is Phase.SUCCEEDED

    assert {create.image for create in video.created} == {NEXT.image}


@pytest.mark.parametrize("edit", [{"parallelism": 2}, {"ttl_seconds_after_finished": 60}, {"retry": 1}])
def test_a_scene_that_waits_for_its_image_changes_no_renderer_of_a_video_that_is_edited(edit: dict[str, Any]) -> None:
    video = a_video(scenes=3).rendering().running("scene-1").running("scene-2")
    video.waiting("scene-3", "the image cannot be pulled", FailureClass.IMAGE_PULL).settle()
    assert video.status.message.endswith("scene-3 waits: the image cannot be pulled")

    upgraded(video).edited(**edit).settle()

    assert (video.created, video.actions) == ([], [])
    assert video.status.renderer == Renderer(IMAGE, LEGACY_VERSION)


@pytest.mark.parametrize("pinned", ["3", "4", "11"])
def test_an_edit_whose_image_is_gone_is_made_with_the_renderer_of_today_and_no_other_scene_is(pinned: str) -> None:
    site = Site("http://videos.test", reports=True, renderer=Renderer("registry/renderer:gone", pinned))
    video = World(3, site).succeeded()
    video.children.clear()
    video.site = replace(site, renderer=Renderer("registry/renderer:today", "12"))
    video.with_edit_of("scene-2").settle()
    child = video.attempt("scene-2")
    video.waiting("scene-2", "the image cannot be pulled", FailureClass.IMAGE_PULL)
    video.children[child.name] = replace(video.children[child.name], started_at=video.now)
    video.later(3600).settle()
    video.created.clear()

    video.edited(retry=1).to_the_end()

    assert video.phase is Phase.SUCCEEDED
    assert [create.label for create in video.created] == ["scene-2", "stitch"]
    assert {create.task.version for create in video.created} == {"12"}


def adopted(phase: str, *, image: str = "") -> World:
    """A VideoJob as 092fef3 left it, with its Jobs where they have an image, and an operator with a newer renderer."""
    video = {
        "Planning": lambda: a_video(scenes=3).planning(),
        "Rendering": lambda: a_video(scenes=3).rendering().succeed("scene-1").settle(),
        "Stitching": lambda: a_video(scenes=3).stitching(),
        "Succeeded": lambda: a_video(scenes=3).succeeded(),
    }[phase]()
    kept = tuple(condition for condition in video.status.conditions if condition.type != "RendererPinned")
    video.job = replace(video.job, status=video.status.model_copy(update={"conditions": kept}))
    renderer = Renderer(image, LEGACY_VERSION)
    jobs = {name: replace(child, renderer=renderer) for name, child in video.children.items()}
    video.children = jobs if image else {}
    return upgraded(video)


@pytest.mark.parametrize("phase", ["Planning", "Rendering", "Stitching"])
def test_a_video_that_092fef3_began_ends_with_the_image_of_its_jobs(phase: str) -> None:
    video = adopted(phase, image="registry/renderer:old")

    video.settle()
    assert (video.created, video.actions) == ([], [])
    assert video.status.renderer == Renderer("registry/renderer:old", LEGACY_VERSION)
    video.to_the_end()

    assert video.phase is Phase.SUCCEEDED
    assert {(create.image, create.task.version) for create in video.created} <= {("registry/renderer:old", "3")}


@pytest.mark.parametrize("order", [1, -1])
def test_a_video_planned_under_a_release_that_was_rolled_back_keeps_the_image_of_its_scenes(order: int) -> None:
    video = adopted("Rendering", image="registry/renderer:old")
    plans = {name: replace(child, renderer=NEXT) for name, child in video.children.items() if child.task == "plan"}
    video.children = dict([*{**video.children, **plans}.items()][::order])

    video.to_the_end()

    assert video.status.renderer == Renderer("registry/renderer:old", LEGACY_VERSION)


def test_a_plan_of_a_release_that_was_rolled_back_is_followed_by_scenes_of_its_version() -> None:
    earlier = Renderer("registry/renderer:withdrawn", "7")
    video = adopted("Planning", image=earlier.image)
    video.children = {name: replace(child, renderer=earlier) for name, child in video.children.items()}

    video.to_the_end()

    assert video.phase is Phase.SUCCEEDED
    assert {(create.image, create.task.version) for create in video.created if create.label != "plan"} == {earlier}


def test_a_plan_that_the_renderer_of_today_makes_is_followed_by_scenes_of_its_version() -> None:
    video = adopted("Planning", image=NEXT.image).to_the_end()

    assert video.phase is Phase.SUCCEEDED
    assert {(create.image, create.task.version) for create in video.created} == {NEXT}


def test_a_video_that_092fef3_finished_is_left_as_it_is_and_edited_scene_by_scene() -> None:
    video = adopted("Succeeded").settle()
    assert (video.created, video.status.renderer) == ([], None)

    video.with_edit_of("scene-2").to_the_end()

    assert [(create.label, create.image) for create in video.created] == [
        ("scene-2", NEXT.image),
        ("stitch", NEXT.image),
    ]


@pytest.mark.parametrize("phase", GOLDEN["statuses"])
def test_every_status_that_092fef3_wrote_leads_on_without_planning_again(phase: str) -> None:
    video = a_video(scenes=3).rendering()
    planned = video.status.plan
    status = read(VideoJobStatus, GOLDEN["statuses"][phase])
    generation = status.observed_generation
    spec = video.job.spec.model_copy(update={"suspend": phase == "Suspended", "cancel": phase == "Cancelled"})
    video = a_video(scenes=3)
    video.job = replace(video.job, spec=spec, status=status, generation=generation)

    video.settle()

    assert video.status.plan == planned or phase == "Planning"
    assert [create.label for create in video.created].count("plan") == (phase == "Planning")
    assert video.phase is {"InvalidSpec": Phase.RENDERING}.get(phase, status.phase)


def test_what_092fef3_failed_for_a_field_that_it_did_not_know_continues() -> None:
    video = a_video(scenes=3)
    video.job = replace(video.job, status=read(VideoJobStatus, GOLDEN["statuses"]["InvalidSpec"]))
    assert video.phase is Phase.FAILED

    assert video.to_the_end().phase is Phase.SUCCEEDED

    assert [create.label for create in video.created] == ["scene-1", "scene-2", "scene-3", "stitch"]


def test_a_finished_cache_entry_that_could_not_be_read_is_reconciled_again() -> None:
    cache = Cache()
    raw = a_videojob({"prompt": "Hi"}, {**GOLDEN["statuses"]["InvalidSpec"], "observedGeneration": 4})
    raw["status"]["report"]["acknowledged"] = raw["status"]["report"]["sequence"]
    cache.put_videojob(raw)

    assert not cache.is_settled("lessons/calculus")


NEWER_SPECS: dict[str, dict[str, Any]] = {
    "theme": {"prompt": "Hi", "output": {"theme": "neon"}},
    "planner": {"prompt": "Hi", "planner": "oracle"},
    "visual": {
        "storyboard": {"title": "T", "scenes": [{"id": "a", "title": "A", "beats": [{"show": {"kind": "vr"}}]}]}
    },
}


@pytest.mark.parametrize("name", NEWER_SPECS)
@pytest.mark.parametrize("stage", ["new", "rendering", "succeeded"])
def test_a_spec_that_only_a_newer_version_reads_is_left_alone_with_a_condition(stage: str, name: str) -> None:
    video = {"new": lambda video: video, "rendering": World.rendering, "succeeded": World.succeeded}[stage](a_video())
    spec, before = video.job.spec, video.status
    unread = read_videojob(a_videojob(NEWER_SPECS[name]))
    assert unread.problem is not None
    assert unread.problem.newer
    video.actions.clear()
    video.job = replace(video.job, spec=unread.spec, problem=unread.problem)

    video.settle()
    writes = len(video.history)
    video.later(100_000).settle()

    assert (video.actions, len(video.history)) == ([], writes)
    assert (video.phase, video.status.scenes, video.status.plan) == (before.phase, before.scenes, before.plan)
    condition = video.status.condition("Readable")
    assert condition is not None
    assert (condition.status, condition.reason) == ("False", "NewerVersion")
    assert "A newer operator reads it" in condition.message

    video.job = replace(video.job, spec=spec, problem=None)
    assert video.to_the_end().phase is Phase.SUCCEEDED
    assert video.status.condition("Readable") is None
    assert [create.label for create in video.created].count("plan") == 1


def test_a_held_video_ends_though_the_rest_of_its_spec_cannot_be_read() -> None:
    video = a_video().rendering()
    unread = read_videojob(a_videojob({"prompt": "Hi", "planner": "oracle", "cancel": True}))
    video.job = replace(video.job, spec=unread.spec, problem=unread.problem)

    video.settle()

    assert video.active() == []


def test_unknown_fields_of_a_spec_change_nothing() -> None:
    plain, newer = (
        read_videojob(a_videojob({"prompt": "Hi", "output": {"theme": "paper", **extra}, **extra}))
        for extra in ({}, {"quality": "best"})
    )

    assert newer.problem is None
    assert newer.spec == plain.spec


def test_a_status_that_cannot_be_read_is_not_taken_for_none() -> None:
    raw = a_videojob({"prompt": "Hi"}, {"observedGeneration": 4, "phase": "Succeeded", "video": 5})

    job = read_videojob(raw)

    assert job.unreadable.startswith("status.video: ")
    assert job.raw_status == raw["status"]


@pytest.mark.parametrize(
    "change",
    [
        {"quality": "good"},
        {"scenes": [{"id": "scene-1", "phase": "Succeeded", "failure": {"class": "GpuLost", "message": "x"}}]},
        {"phase": "Archived"},
    ],
    ids=["field", "failure class", "phase"],
)
def test_after_a_rollback_a_finished_video_stays_finished(change: dict[str, Any]) -> None:
    video = a_video(scenes=1).succeeded().acknowledged().settle()
    made, raw = video.status.video, {**video.status.to_json_object(), **change}
    if "scenes" in change:
        raw["scenes"] = [{**video.status.to_json_object()["scenes"][0], **change["scenes"][0]}]
    video.created.clear()
    video.job = replace(video.job, status=read(VideoJobStatus, raw))

    video.settle().later(1_000_000).settle()

    assert (video.phase, video.status.video, video.created) == (Phase.SUCCEEDED, made, [])
    assert video.scene("scene-1").phase is ScenePhase.SUCCEEDED
