"""How often a task is tried when somebody deletes its Jobs: the status keeps count."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.operator.world import BROKEN, LOST, OUT_OF_MEMORY, World, a_video
from videojob.phases import Phase, ScenePhase
from videotutor_operator.core.model import Ending
from videotutor_operator.core.task import FREE_RETRIES

STAGES = {"plan": World.planning, "scene-1": World.rendering, "stitch": World.stitching}


def attempts_of(video: World, label: str) -> int:
    tries = {"plan": video.status.attempts.plan, "stitch": video.status.attempts.stitch}.get(label)
    return tries.attempts if tries else video.scene(label).attempts


@pytest.mark.parametrize("label", STAGES)
def test_the_status_says_how_often_a_task_was_tried(label: str) -> None:
    video = STAGES[label](a_video(scenes=1))
    assert attempts_of(video, label) == 1

    video.fail(label).settle().later(120).settle()

    assert attempts_of(video, label) == 2


@pytest.mark.parametrize("label", STAGES)
@pytest.mark.parametrize(("ending", "most"), [(BROKEN, 3), (OUT_OF_MEMORY, 2), (LOST, FREE_RETRIES + 1)])
def test_deleting_every_failed_job_grants_no_more_tries(label: str, ending: Ending, most: int) -> None:
    video = STAGES[label](a_video(scenes=1, retries=2))
    for attempt in range(1, most + 1):
        assert video.attempt(label).attempt == attempt
        video.fail(label, ending).settle()
        video.deleted(label)
        if video.phase is not Phase.FAILED:
            video.later(120).settle()

    assert video.phase is Phase.FAILED


@pytest.mark.parametrize("label", STAGES)
def test_a_job_deleted_while_it_runs_is_made_again_under_its_number(label: str) -> None:
    video = STAGES[label](a_video(scenes=1)).fail(label).settle().later(120).settle()
    name = video.attempt(label).name

    video.deleted(label).settle()

    assert video.attempt(label).name == name


@pytest.mark.parametrize("label", STAGES)
def test_an_edit_forgives_what_failed_before_also_where_its_jobs_are_deleted(label: str) -> None:
    video = STAGES[label](a_video(scenes=1, retries=1)).fail(label).settle().later(120).settle()
    video.fail(label).settle()
    assert video.phase is Phase.FAILED
    video.children = {name: child for name, child in video.children.items() if label not in {child.scene, child.task}}

    video.edited(retry=1).settle()
    assert video.attempt(label).attempt == 3
    video.fail(label).settle().later(120).settle()
    assert video.phase is not Phase.FAILED, "what was made before the edit does not count"
    video.fail(label).settle().later(120).settle()

    assert video.fail(label).settle().phase is Phase.FAILED


def test_another_plan_is_counted_anew() -> None:
    video = a_video().planning().fail("plan").settle().later(120).settle()

    video.edited(prompt="Explain limits").settle()

    assert attempts_of(video, "plan") == 1


def test_after_an_edit_memory_is_what_was_asked_for_until_it_runs_out_again() -> None:
    video = a_video(scenes=1).rendering().with_failed("scene-1", 2, OUT_OF_MEMORY)
    assert [create.more_memory for create in video.created if create.label == "scene-1"] == [False, True]
    assert video.phase is Phase.FAILED
    video.created.clear()

    video.edited(retry=1).settle().fail("scene-1", OUT_OF_MEMORY).settle()

    assert [create.more_memory for create in video.created] == [False, True]


def test_a_second_try_has_more_memory_although_the_job_that_ran_out_is_gone() -> None:
    video = a_video(scenes=1).rendering()
    video.site = replace(video.site, room=0)
    video.fail("scene-1", OUT_OF_MEMORY).settle().deleted("scene-1").settle()
    video.site = replace(video.site, room=1)
    video.settle()

    assert [create.more_memory for create in video.created if create.label == "scene-1"] == [False, True]


def test_a_time_to_live_tries_nothing_again() -> None:
    video = a_video(scenes=2, retries=0).rendering().fail("scene-1").settle()
    assert video.scene("scene-1").phase is ScenePhase.FAILED
    video.created.clear()

    video.edited(ttl_seconds_after_finished=3600).settle()

    assert (video.scene("scene-1").phase, video.created) == (ScenePhase.FAILED, [])
    assert video.status.observed_generation == video.job.generation
