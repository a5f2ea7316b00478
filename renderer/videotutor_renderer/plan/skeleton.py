"""What remains when nothing fits a prompt: an honest skeleton of a lesson, made of the prompt's own words."""

from __future__ import annotations

from videojob.storyboard import Beat, BulletsVisual, TitleVisual
from videotutor_renderer.plan.outline import Draft, Planned, storyboard
from videotutor_renderer.plan.words import clipped, points, sentences

DEFAULT_SCENES = 3
MOST_POINTS = 10
"""Points of one scene; a longer prompt goes on in the next one."""

NOTE = (
    "This is a skeleton: no language model is configured and no lesson of the library fits this prompt. "
    "Write the prompt as a Markdown outline to say what the scenes show."
)


def skeleton(prompt: str, scene_count: int | None) -> Planned:
    """A storyboard that says what was asked, and says that it is only a skeleton."""
    title = clipped(next(iter(sentences(prompt)), prompt.strip()))
    words = [piece for sentence in sentences(prompt) for piece in points(sentence)] or [title]
    count = scene_count or DEFAULT_SCENES
    roles = _roles(count)
    drafts = []
    for i, role in enumerate(roles):
        share = words[i * len(words) // count : (i + 1) * len(words) // count] if len(words) >= count else words[:1]
        drafts.append(_scene(role, title, share[:MOST_POINTS], first=i == 0))
    told = sum(min(len(words), MOST_POINTS) for _ in roles) if len(words) < count else count * MOST_POINTS
    note = NOTE if len(words) <= told else f"{NOTE} The prompt was too long to show whole."
    return Planned(storyboard(title, drafts), note)


def _roles(count: int) -> list[str]:
    """Names of the parts of a lesson: an opening, definitions, examples, a summary."""
    if count == 1:
        return ["Overview"]
    middle = ["Key terms", *(f"Example {i}" for i in range(1, count))] if count > 3 else ["Key terms"]  # noqa: PLR2004
    return ["Introduction", *middle[: count - 2], "Summary"]


def _scene(role: str, title: str, words: list[str], *, first: bool) -> Draft:
    beats = []
    if first:
        say = "This is a skeleton of a lesson: no language model is configured."
        beats.append(
            Beat(say=say, show=TitleVisual(text=clipped(title), subtitle="A skeleton: no language model is configured"))
        )
    beats += [Beat(say=piece, show=BulletsVisual(items=(piece,))) for piece in words]
    beats.append(Beat(say=_PLACE[role.split()[0]], show=BulletsVisual(items=(_PLACE[role.split()[0]],))))
    return Draft(f"Outline: {role}", tuple(beats))


_PLACE = {
    "Overview": "Here the topic would be explained, step by step.",
    "Introduction": "Here the topic would be introduced, and why it matters.",
    "Key": "Here the key terms would be defined.",
    "Example": "Here an example would be worked out.",
    "Summary": "Here the main points would be summed up.",
}
