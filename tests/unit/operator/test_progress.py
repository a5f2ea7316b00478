"""How far the scenes and the video are, and when they will be done."""

from __future__ import annotations

import pytest

from tests.unit.operator.world import BAD_SCENE, LOST, a_video
from videojob.phases import Phase

NOON = "2026-03-01T12:"


def test_a_scene_counts_what_is_seen_of_it() -> None:
    video = a_video(scenes=3, parallelism=2).rendering()
    assert [scene.progress for scene in video.status.scenes] == [10, 10, 0]

    video.running("scene-2").succeed("scene-1").settle()

    assert [scene.progress for scene in video.status.scenes] == [100, 30, 10]


def test_a_container_that_starts_is_worth_no_write_of_its_own() -> None:
    video = a_video(scenes=3).rendering()

    assert video.running("scene-2").look().status == video.status


def test_the_progress_of_a_scene_does_not_fall_while_another_pod_takes_over() -> None:
    video = a_video(scenes=2).rendering().running("scene-1").succeed("scene-2").settle()
    assert video.scene("scene-1").progress == 30

    video.disrupted("scene-1").waiting("scene-1", "no node has room").settle()

    assert video.scene("scene-1").progress == 30


def test_a_suspended_scene_is_back_at_the_start() -> None:
    video = a_video(scenes=1).rendering().edited(suspend=True).settle()

    assert (video.scene("scene-1").progress, video.scene("scene-1").started_at) == (0, None)


def test_nothing_is_estimated_before_a_scene_is_measured() -> None:
    video = a_video(scenes=3).rendering()

    assert video.status.estimated_completion is None
    assert all(scene.estimated_completion is None for scene in video.status.scenes)


def test_running_scenes_end_after_the_mean_time_and_waiting_ones_take_their_places() -> None:
    """Two places, 20 s a scene: 1 and 2 until 0:20; 3 and 4 until 0:40; 5 until 1:00; then the join, 10 s."""
    video = a_video(scenes=5, parallelism=2).rendering().later(20).succeed("scene-1", "scene-2").settle()

    assert [scene.estimated_completion for scene in video.status.scenes] == [
        None,
        None,
        f"{NOON}00:40Z",
        f"{NOON}00:40Z",
        None,
    ]
    assert video.status.estimated_completion == f"{NOON}01:10Z"


def test_a_scene_that_already_runs_is_not_counted_from_now() -> None:
    """Three places, 20 s a scene, all began at once: the other two are due soon, not in the past and not in 20 s."""
    video = a_video(scenes=3).rendering().running("scene-2").running("scene-3").later(20).succeed("scene-1").settle()

    assert video.scene("scene-2").estimated_completion == f"{NOON}00:25Z"
    assert video.status.estimated_completion == f"{NOON}00:35Z"


def test_a_scene_whose_pod_waits_for_room_comes_after_those_that_run() -> None:
    """20 s a scene: 2 runs until 0:25, then there is room for 3, until 0:45, then for 4."""
    video = a_video(scenes=4, parallelism=4).rendering().running("scene-1").running("scene-2")
    video.waiting("scene-3", "Insufficient cpu", "Unschedulable").waiting("scene-4", "same", "Unschedulable").later(20)

    video.succeed("scene-1").settle()

    assert [scene.estimated_completion for scene in video.status.scenes] == [
        None,
        f"{NOON}00:25Z",
        f"{NOON}00:45Z",
        f"{NOON}01:05Z",
    ]
    assert video.status.estimated_completion == f"{NOON}01:15Z"


def test_scenes_that_all_wait_for_room_are_expected_to_start_at_once() -> None:
    """Two places, 20 s a scene: 3 and 4 have waited since 0:20; at 0:50 they may end at 1:10."""
    video = a_video(scenes=4, parallelism=2).rendering().later(20).succeed("scene-1", "scene-2").settle()

    video.waiting("scene-3", "no room", "Unschedulable").waiting("scene-4", "no room", "Unschedulable").later(
        30
    ).settle()

    assert video.scene("scene-3").estimated_completion == f"{NOON}01:10Z"
    assert video.scene("scene-4").estimated_completion == f"{NOON}01:10Z"
    assert video.status.estimated_completion == f"{NOON}01:20Z"


def test_more_parallelism_is_an_earlier_end() -> None:
    video = a_video(scenes=5, parallelism=1).rendering().later(20).succeed("scene-1").settle()
    assert video.status.estimated_completion == f"{NOON}01:50Z"

    video.edited(parallelism=4).settle()

    assert video.status.estimated_completion == f"{NOON}00:50Z"


def test_reused_scenes_are_no_measure() -> None:
    video = a_video(scenes=3, parallelism=1).rendering().later(1).succeed("scene-1", reused=True).settle()
    assert video.status.estimated_completion is None

    video.later(20).succeed("scene-2").settle()

    assert video.status.estimated_completion == f"{NOON}00:51Z"


def test_a_scene_is_measured_from_its_last_attempt() -> None:
    """The first attempt failed after 100 s, the second took 20 s: the next scene will take 20 s."""
    video = a_video(scenes=2, parallelism=1).rendering().later(100).fail("scene-1", LOST).settle()
    video.later(20).succeed("scene-1").settle()

    assert video.scene("scene-1").attempts == 2
    assert video.scene("scene-2").estimated_completion == f"{NOON}02:20Z"


def test_an_edit_of_a_video_finished_long_ago_ends_in_the_future() -> None:
    video = a_video(scenes=2).succeeded().later(86_400)

    video.with_edit_of("scene-1").settle()

    assert video.scene("scene-1").estimated_completion == "2026-03-02T12:00:25Z"
    assert video.status.estimated_completion == "2026-03-02T12:00:35Z"


def test_a_video_that_will_fail_has_no_end_in_sight_but_its_scenes_have() -> None:
    video = a_video(scenes=3).rendering().later(20).succeed("scene-1").fail("scene-2", BAD_SCENE).settle()

    assert video.phase is Phase.RENDERING
    assert video.status.estimated_completion is None
    assert video.scene("scene-3").estimated_completion is not None


@pytest.mark.parametrize("held", [{"suspend": True}, {"cancel": True}])
def test_what_is_held_has_no_end_in_sight(held: dict[str, bool]) -> None:
    video = a_video(scenes=3).rendering().later(20).succeed("scene-1").settle().edited(**held).settle()

    assert video.status.estimated_completion is None
    assert all(scene.estimated_completion is None for scene in video.status.scenes)


def test_the_join_ends_a_moment_after_the_last_scene() -> None:
    video = a_video(scenes=2).stitching()

    assert video.status.estimated_completion == f"{NOON}00:20Z"
    assert video.later(5).succeed("stitch").settle().status.estimated_completion is None
