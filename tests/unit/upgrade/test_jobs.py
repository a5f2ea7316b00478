"""The verdict on a watch of Jobs names each thing that an upgrade must not do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.upgrade.jobs import problems


def event(uid: str, task: str, scene: str = "", **given: Any) -> dict[str, Any]:
    """A line of the watch: by default of a Job of video v that has succeeded with the old renderer."""
    details = {"tag": "old", "kind": "MODIFIED", "done": 1, "digest": "d", **given}
    labels = {"videotutor.dev/videojob": "v", "videotutor.dev/task": task, "videotutor.dev/digest": details["digest"]}
    job = {
        "metadata": {"uid": uid, "name": uid, "labels": labels | ({"videotutor.dev/scene": scene} if scene else {})},
        "spec": {"template": {"spec": {"containers": [{"image": f"registry/renderer:{details['tag']}"}]}}},
        "status": {"succeeded": details["done"]},
    }
    return {"type": details["kind"], "object": job}


GOOD = [event("p", "plan"), event("a", "scene", "a", done=0), event("a", "scene", "a"), event("j", "stitch")]


def test_a_video_that_is_made_once_is_right_also_when_its_jobs_expire() -> None:
    expired = [event("p", "plan", kind="DELETED"), event("a", "scene", "a", kind="DELETED")]
    assert problems([*GOOD, *expired], "old") == []


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (event("q", "plan"), "v was planned 2 times"),
        (event("b", "scene", "a"), "a of v was rendered 2 times, with 1 digests"),
        (event("b", "scene", "a", digest="e", done=0), "a of v was rendered 1 times, with 2 digests"),
        (event("b", "scene", "b", tag="new"), "b has an image with the tag new"),
        (event("b", "scene", "b", done=0, kind="DELETED"), "b was ended"),
    ],
)
def test_each_wrong_job_is_named(more: dict[str, Any], complaint: str) -> None:
    assert problems([*GOOD, more], "old") == [complaint]


def test_what_was_asked_for_is_not_wrong() -> None:
    again, ended = event("b", "scene", "a", digest="e"), event("c", "scene", "c", done=0, kind="DELETED")
    assert problems([*GOOD, again], "old", edited={"v": "a"}) == []
    assert problems([*GOOD, ended], "old", held=["v"]) == []
    assert problems(GOOD, "other", new=["v"]) == []


def test_a_watch_that_saw_nothing_proves_nothing() -> None:
    assert problems([], "old") == ["the watch saw no Job"]
