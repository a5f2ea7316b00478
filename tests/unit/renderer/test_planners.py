"""Choosing a planner: the best that fits, named honestly, or a refusal that helps."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from videojob.digest import RENDERER_VERSION, content_digest
from videojob.spec import Planner
from videojob.status import FailureClass
from videojob.storyboard import Scene, Storyboard
from videojob.tasks import PlanTask, encode_env
from videotutor_renderer.__main__ import run
from videotutor_renderer.errors import TaskError
from videotutor_renderer.plan.library import Lesson, find, lessons
from videotutor_renderer.plan.task import choose, run_plan
from videotutor_renderer.store import Store


def a_plan(prompt: str | None = None, **fields: object) -> PlanTask:
    return PlanTask.model_validate({"namespace": "ns", "key": "k", "prompt": prompt, **fields})


@pytest.mark.parametrize(
    ("prompt", "planner"),
    [
        ("# Heading\ntext", "outline"),
        ("Explain the chain rule to a first-year student", "template"),
        ("EXPLAIN THE DERIVATIVE", "template"),
        ("Explain photosynthesis", "skeleton"),
        ("What is the speed limit?", "skeleton"),
        ("$(rm -rf /)", "skeleton"),
        ("🎉", "skeleton"),
        ("ما هي المشتقة؟", "skeleton"),
    ],
)
def test_auto_takes_the_planner_that_fits_and_says_which(prompt: str, planner: str) -> None:
    assert choose(a_plan(prompt))[0] == planner


@pytest.mark.parametrize("count", range(1, 6))
def test_a_lesson_has_as_many_scenes_as_asked_for(count: int) -> None:
    for lesson in lessons():
        planned = lesson.planned(count)
        assert len(planned.storyboard.scenes) == count
        assert planned.note == ""


def test_more_scenes_than_a_lesson_has_is_said() -> None:
    _, planned = choose(a_plan("Explain the derivative", scene_count=20))
    assert len(planned.storyboard.scenes) == 8
    assert "20 scenes were asked for" in planned.note


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("derivative of a product", "The product rule"),
        ("the chain rule for derivatives", "The chain rule"),
        ("the area under a curve", "The integral as area"),
        ("fundamental theorem of calculus", "The fundamental theorem of calculus"),
        ("explain limits", "Limits"),
        ("the derivative", "The derivative as a limit"),
    ],
)
def test_the_longest_key_word_decides(prompt: str, title: str) -> None:
    lesson = find(prompt, "en-GB")
    assert lesson is not None
    assert lesson.title == title


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.title)
def test_the_scenes_of_a_lesson_that_are_told_together_have_ranks_of_their_own(lesson: Lesson) -> None:
    told = Counter((scene.rank, scene.when) for scene in lesson.scenes)
    assert set(told.values()) == {1}
    assert sorted({scene.rank for scene in lesson.scenes}) == list(range(1, max(s.rank for s in lesson.scenes) + 1))


def test_a_forced_template_that_does_not_fit_is_refused_with_what_there_is() -> None:
    with pytest.raises(TaskError, match="The chain rule") as caught:
        choose(a_plan("Explain photosynthesis", planner=Planner.TEMPLATE))
    assert caught.value.failure_class is FailureClass.PLANNER_REFUSAL
    assert caught.value.exit_code == 65


def test_lessons_are_only_for_their_language() -> None:
    assert find("derivative", "de") is None


def test_a_forced_outline_takes_any_text() -> None:
    name, planned = choose(a_plan("Just a sentence. And another.", planner=Planner.OUTLINE))
    assert name == "outline"
    assert len(planned.storyboard.scenes[0].beats) == 2


def test_a_skeleton_says_that_it_is_one() -> None:
    _, planned = choose(a_plan("Explain photosynthesis", scene_count=4))
    scenes = planned.storyboard.scenes
    assert [scene.title for scene in scenes] == [
        "Outline: Introduction",
        "Outline: Key terms",
        "Outline: Example 1",
        "Outline: Summary",
    ]
    assert "skeleton" in planned.note
    assert "skeleton" in scenes[0].beats[0].say


def test_a_given_storyboard_is_stored_as_it_is(tmp_path: Path, a_storyboard: Storyboard) -> None:
    given = a_storyboard.model_copy(update={"language": "fr"})
    result = run_plan(a_plan(storyboard=given, scene_count=7), Store(tmp_path))
    stored = Storyboard.model_validate_json(Store(tmp_path).read(result.storyboard))
    assert stored == given
    assert (result.planner, result.language) == ("storyboard", "fr")
    assert result.scenes[0].digest == content_digest(a_storyboard.scenes[0])
    assert "sceneCount 7 is ignored" in result.note


def test_the_same_scene_has_the_same_digest_whatever_its_id(a_storyboard: Storyboard) -> None:
    scene = a_storyboard.scenes[0]
    renamed = Scene(id="other", title=scene.title, beats=scene.beats)
    assert content_digest(scene) == content_digest(renamed)


def test_a_task_for_another_version_of_the_renderer_is_refused_and_says_what_to_do(tmp_path: Path) -> None:
    environment = {**encode_env(a_plan("# One\n- a", version="0")), "VIDEOTUTOR_STORE": f"file://{tmp_path}"}

    with pytest.raises(TaskError) as raised:
        run(environment)

    assert raised.value.failure_class is FailureClass.INTERNAL
    assert str(raised.value) == (
        f"The task is for version 0 of the renderer, but this image is version {RENDERER_VERSION}. Set "
        "images.renderer to the image of the operator's version; then raise spec.rerun to make the video again."
    )
