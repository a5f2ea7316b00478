"""A video that is watched while it is made, in a real Chromium with hls.js."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path

import pytest

from tests.browser.conftest import Scene, Video
from tests.unit.api.fake_kubernetes import NAMESPACE
from videojob.hls import MEDIA

RATE = 30
AT_THE_START = pytest.approx(0, abs=0.2)  # a busy browser does not report each frame
SKIPPED_SECONDS = 2.0  # shorter than any scene
OUT_OF_PICTURES = "video.readyState <= HTMLMediaElement.HAVE_CURRENT_DATA"


def seconds(scenes: Sequence[Scene]) -> float:
    return sum(scene.frames for scene in scenes) / RATE


def captions(scenes: Sequence[Scene]) -> list[list[object]]:
    """What is to be shown, as (start, end, text) on the clock of the whole video."""
    starts = accumulate((scene.frames / RATE for scene in scenes), initial=0.0)
    return [
        [pytest.approx(cue.start + start, abs=0.01), pytest.approx(cue.end + start, abs=0.01), cue.text]
        for scene, start in zip(scenes, starts, strict=False)
        for cue in scene.captions
    ]


async def test_a_video_is_watched_from_start_to_end_while_its_scenes_are_made(
    video: Video, scenes: list[Scene]
) -> None:
    """The second scene comes in time, and for the third one the player has to wait."""
    page, made = video.page, scenes[:3]
    video.has(*made, ready=1)
    await page.run("until(() => video.currentTime > 1)")
    video.has(*made, ready=2)
    await page.run(f"until(() => video.currentTime > {seconds(made[:2]) - 0.2} && {OUT_OF_PICTURES})")
    video.has(*made, ready=3)
    await page.run("until(() => video.ended)")

    assert await page.run("shown[0]") == AT_THE_START
    assert await page.run("video.getVideoPlaybackQuality().totalVideoFrames") == sum(scene.frames for scene in made)
    assert await page.run("video.buffered.length") == 1
    assert await page.run("video.currentTime") == pytest.approx(seconds(made), abs=0.01)
    assert await page.run("cues()") == captions(made)


async def test_an_edit_while_one_watches_is_shown_from_where_one_is(video: Video, scenes: list[Scene]) -> None:
    page, (first, second, third, instead) = video.page, scenes
    video.has(first, second, third, ready=2)
    await page.run("until(() => video.currentTime > 1)")
    video.has(first, instead, third, ready=3)
    await page.run("until(() => video.ended)")
    shown = await page.run("shown.filter((time) => time > 0)")  # the new source's first frame may flash up

    assert all(before - 0.1 < after for before, after in pairwise(shown))
    assert await page.run("video.currentTime") == pytest.approx(seconds([first, instead, third]), abs=0.01)
    after = await page.run(f"cues().filter(([start]) => start > {seconds([first])})")  # earlier ones need not be there
    assert after == captions([first, instead, third])[len(first.captions) :]


async def test_an_edit_of_an_earlier_scene_is_waited_for_where_one_is(video: Video, scenes: list[Scene]) -> None:
    """Until it is ready, the playlist ends before the edited scene."""
    page, (first, second, third, instead) = video.page, scenes
    video.has(first, second, third, second, ready=3)
    await page.run(f"until(() => video.currentTime > {seconds([first, second]) + 0.5})")
    video.has(first, instead, third, second, ready=1)
    await page.run("until(() => !video.buffered.length)")
    playlists = "performance.getEntriesByName(address).length"
    asked = await page.run(playlists)
    await page.run(f"until(() => {playlists} > {asked} + 1)")
    video.has(first, instead, third, second, ready=4)
    await page.run("until(() => video.ended)")
    shown = await page.run("shown.filter((time) => time > 0)")

    assert all(before - 0.1 < after for before, after in pairwise(shown))
    assert await page.run("video.currentTime") == pytest.approx(seconds([first, instead, third, second]), abs=0.01)


async def test_a_segment_that_is_broken_for_a_while_is_shown_once_it_is_whole(
    video: Video, scenes: list[Scene], store: Path
) -> None:
    page, (first, second, third, _) = video.page, scenes
    file = store / NAMESPACE / "scenes" / second.digest / MEDIA
    whole = file.read_bytes()
    file.write_bytes(whole[:4096])
    video.has(first, second, third, ready=3)
    try:
        await page.run("until(() => shown.length && !video.buffered.length)")  # the player starts again
    finally:
        file.write_bytes(whole)
    await page.run("until(() => video.ended)")
    shown = await page.run("shown.filter((time) => time > 0)")

    assert max(after - before for before, after in pairwise(shown)) < SKIPPED_SECONDS
    assert await page.run("video.currentTime") == pytest.approx(seconds([first, second, third]), abs=0.01)


async def test_who_comes_late_sees_the_first_scene_and_can_seek_over_every_joint(
    video: Video, scenes: list[Scene]
) -> None:
    """What is ready lasts longer than the three segments before the end with which a broadcast begins."""
    page, (long, short, other, _) = video.page, scenes
    made = [long, short, long, other]
    joints = [seconds(made[:1]), seconds(made[:2])]
    video.has(*made, ready=3)
    await page.run(f"until(() => shown.length && video.buffered.length && video.buffered.end(0) > {joints[1] + 1})")
    for before in (joints[1] - 0.3, joints[0] - 0.3, 0):
        await page.run(f"video.currentTime = {before}")
        await page.run(f"until(() => !video.seeking && video.currentTime > {before + 0.6})")
    wanted = captions(made[:3])
    await page.run(f"until(() => cues().length >= {len(wanted)})")

    assert await page.run("shown[0]") == AT_THE_START
    assert await page.run("cues()") == wanted
