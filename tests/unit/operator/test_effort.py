"""What a look at a VideoJob of a hundred scenes costs, counted and not timed."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from tests.unit.operator.world import World, a_video, is_written
from videojob import digest
from videojob.base import Model
from videojob.phases import Phase, ScenePhase

SCENES = 100
AT_ONCE = 10


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many digests are worked out, and how many models are copied."""
    counts: Counter[str] = Counter()
    hashed, copied = digest._digest, Model.model_copy

    def count_digest(canonical: str) -> str:
        counts["digests"] += 1
        return hashed(canonical)

    def count_copy(self: Model, **arguments: Any) -> Any:
        counts["copies"] += 1
        return copied(self, **arguments)

    monkeypatch.setattr(digest, "_digest", count_digest)
    monkeypatch.setattr(Model, "model_copy", count_copy)
    return counts


def half_done(scenes: int = SCENES) -> World:
    """Half of the scenes are done, ten run, the rest waits."""
    video = a_video(scenes=scenes, parallelism=AT_ONCE).rendering()
    while sum(scene.phase is ScenePhase.SUCCEEDED for scene in video.status.scenes) < scenes // 2:
        video.later(10).succeed(*(child.scene for child in video.active())).settle()
    return video


def test_a_look_works_out_the_digest_of_each_scene_once(counted: Counter[str]) -> None:
    video = half_done()
    counted.clear()

    video.look()

    assert counted["digests"] <= SCENES + 3, "the scenes, what they share, the join and the pod template"


@pytest.mark.parametrize("ends", [False, True])
def test_what_a_look_copies_does_not_grow_with_the_number_of_scenes(counted: Counter[str], ends: bool) -> None:  # noqa: FBT001
    """Neither where it finds nothing new nor where a scene has ended."""
    copies = []
    for scenes in (40, SCENES):
        video = half_done(scenes).later(10)
        if ends:
            video.succeed(video.active()[0].scene)
        counted.clear()
        video.look()
        copies.append(counted["copies"])

    assert copies[0] == copies[1]


def test_a_look_at_what_is_finished_works_out_no_digest(counted: Counter[str]) -> None:
    video = a_video(scenes=SCENES).succeeded()
    counted.clear()

    video.look()

    assert counted["digests"] == 0


def test_a_storyboard_in_the_spec_is_digested_at_an_edit_only(counted: Counter[str]) -> None:
    beats = [{"say": "Hello."}]
    board = {"title": "T", "scenes": [{"id": f"s{i}", "title": "S", "beats": beats} for i in range(SCENES)]}
    video = a_video(scenes=SCENES, prompt=None, storyboard=board).rendering()
    counted.clear()

    video.look()

    assert counted["digests"] <= SCENES + 3


def test_three_scenes_cost_five_jobs_and_eight_status_writes() -> None:
    video = a_video(scenes=3).stitching().later(5).succeed("stitch").settle()
    video.acknowledged().settle()

    states = [type(video.status)(), *video.history]
    writes = sum(is_written(before, after) for before, after in pairwise(states))
    assert video.phase is Phase.SUCCEEDED
    assert len(video.created) == 5
    assert writes <= 8
