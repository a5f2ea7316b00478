"""What the metrics count as a video is made, fails or is edited."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

from tests.unit.operator.world import World, a_video
from videojob.status import VideoJobStatus
from videotutor_operator.metrics import REGISTRY
from videotutor_operator.reconciler import measure


def ended() -> Counter[tuple[str, str]]:
    """How many attempts have ended so far, by task and class."""
    (family,) = (found for found in REGISTRY.collect() if found.name == "videotutor_attempts")
    totals = [sample for sample in family.samples if sample.name.endswith("_total")]
    return Counter({(s.labels["task"], s.labels["class"]): int(s.value) for s in totals})


def counted(video: World) -> dict[tuple[str, str], int]:
    """The attempts that the statuses of a video are counted as, by task and class."""
    before = ended()
    for was, now in pairwise(video.history):
        measure.count(replace(video.job, status=was), now, video.now)
    return dict(ended() - before)


def test_each_attempt_counts_once_by_its_end() -> None:
    video = a_video(scenes=2)
    video.history.append(VideoJobStatus())
    video.rendering().fail("scene-1").settle().to_the_end()

    assert counted(video) == {
        ("plan", "Succeeded"): 1,
        ("scene", "Internal"): 1,
        ("scene", "Succeeded"): 2,
        ("stitch", "Succeeded"): 1,
    }


def test_an_edit_counts_its_scene_and_its_join() -> None:
    video = a_video(scenes=2).succeeded()
    video.history = [video.status]
    video.with_edit_of("scene-2").to_the_end()

    assert counted(video) == {("scene", "Succeeded"): 1, ("stitch", "Succeeded"): 1}


def seconds_in_stages() -> dict[str, float]:
    (family,) = (found for found in REGISTRY.collect() if found.name == "videotutor_stage_duration_seconds")
    return {s.labels["stage"]: s.value for s in family.samples if s.name.endswith("_sum")}


def test_the_days_before_an_edit_are_no_time_of_a_stage() -> None:
    video = a_video(scenes=2).succeeded().later(2 * 86_400)
    video.history = [video.status]
    before = seconds_in_stages()
    video.with_edit_of("scene-2").settle().later(7).to_the_end()
    counted(video)

    taken = {stage: seconds - before.get(stage, 0.0) for stage, seconds in seconds_in_stages().items()}
    assert taken.get("plan", 0.0) == 0.0
    assert 0 < taken["render"] < 3600
    assert 0 <= taken["stitch"] < 3600


def test_a_plan_that_fails_for_good_has_no_success() -> None:
    video = a_video(scenes=2, retries=0)
    video.history.append(VideoJobStatus())
    video.planning().fail("plan").settle().to_the_end()

    assert counted(video) == {("plan", "Internal"): 1}
