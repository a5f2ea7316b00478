"""What remains when nothing fits a prompt: an honest skeleton of a lesson, with the prompt's own words in it."""

from __future__ import annotations

from videojob.storyboard import Beat
from videojob.visuals import BulletsVisual, TitleVisual
from videotutor_renderer.plan.outline import Draft, Planned, storyboard
from videotutor_renderer.plan.words import clipped, points, sentences

DEFAULT_SCENES = 3
MOST_POINTS = 10
"""Points of one scene that come from the prompt; more would be a recital."""

NO_MODEL = "no language model is configured"

_QUESTIONS = {
    "Overview": ("What is it about?", "Why does it matter?", "What should be remembered?"),
    "Introduction": ("What is it about?", "Why does it matter?", "What is known already?"),
    "Key terms": ("Which words does one need?", "How are they defined, exactly?"),
    "Example": ("What is given?", "Which steps lead to the answer?", "How can it be checked?"),
    "Summary": ("What is the main idea?", "What should be remembered?", "What comes next?"),
}
"""What a lesson would answer in each of its parts."""


def skeleton(prompt: str, scene_count: int | None, why: str = NO_MODEL) -> Planned:
    """A storyboard that shows what was asked, which questions a lesson about it would answer, and `why` it is none."""
    pieces = [piece for sentence in sentences(prompt) for piece in points(sentence)]
    title = clipped(pieces[0] if pieces else prompt)
    count = scene_count or DEFAULT_SCENES
    drafts = []
    cut = False
    for i, role in enumerate(_roles(count)):
        share = pieces[i * len(pieces) // count : (i + 1) * len(pieces) // count] if len(pieces) > 1 else []
        cut = cut or len(share) > MOST_POINTS
        drafts.append(_scene(role, title, share[:MOST_POINTS], why if i == 0 else ""))
    note = (
        f"This is a skeleton: {why} and no lesson of the library fits this prompt. "
        "Write the prompt as a Markdown outline to say what the scenes show."
    )
    long = f" The prompt is too long to show all of it in {count} scenes." if cut else ""
    return Planned(storyboard(title, drafts), note + long)


def _roles(count: int) -> list[str]:
    """Names of the parts of a lesson: an opening, definitions, examples, a summary."""
    if count == 1:
        return ["Overview"]
    middle = ["Key terms", *(f"Example {i}" for i in range(1, count))]
    return ["Introduction", *middle[: count - 2], "Summary"]


def _scene(role: str, title: str, pieces: list[str], why: str) -> Draft:
    """One part; the one that opens the video says `why` it is only a skeleton."""
    honest = f"This is only a skeleton of a lesson, since {why}."
    opening = [Beat(say=honest, show=TitleVisual(text=title, subtitle=f"A skeleton: {why}"))] if why else []
    words = [Beat(say=piece, show=BulletsVisual(items=(piece,))) for piece in pieces]
    topic = [Beat(say=title, show=BulletsVisual(items=(title,)))] if not why and not pieces else []
    asked = next(questions for name, questions in _QUESTIONS.items() if role.startswith(name))
    questions = [Beat(say=question, show=BulletsVisual(items=(question,))) for question in asked]
    return Draft(f"Outline: {role}", (*opening, *topic, *words, *questions))
