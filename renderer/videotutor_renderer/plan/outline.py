"""An outline becomes scenes: headings are scenes, what stands below them are beats."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter, ValidationError

from videojob.storyboard import MAX_SCENES, Beat, Language, Scene, SceneContent, Storyboard
from videojob.visuals import BulletsVisual
from videotutor_renderer.latex.inline import shown
from videotutor_renderer.plan.items import Point, Section, Sentence
from videotutor_renderer.plan.markdown import read
from videotutor_renderer.plan.pictures import not_shown
from videotutor_renderer.plan.telling import beats_of
from videotutor_renderer.plan.words import LONGEST_SAY, LONGEST_SHOWN_TITLE, clipped

MOST_BEATS = 24


@dataclass(frozen=True)
class Draft:
    """A scene in the making: any number of beats."""

    title: str
    beats: tuple[Beat, ...]


@dataclass(frozen=True)
class Planned:
    """A storyboard, and what its planner wants known about it."""

    storyboard: Storyboard
    note: str = ""


def outlined(text: str, scene_count: int | None) -> Planned:
    """The storyboard of an outline, with as many scenes as wished if its content allows."""
    outline = read(text)
    title, sections = _titled(outline.sections or (Section(1, clipped(text)),))
    drafts = [Draft(section.title or clipped(title), beats_of(section)) for section in sections]
    drafts = [part for draft in drafts for part in _parts(draft, -(-len(draft.beats) // MOST_BEATS))]
    wished = recut(drafts, min(scene_count or len(drafts), MAX_SCENES))
    language, notes = _language(outline.language)
    if scene_count is not None and len(wished) != scene_count and len(wished) <= MAX_SCENES:
        notes += [f"{scene_count} scenes were asked for; the outline has content for {len(wished)}."]
    if len(wished) > MAX_SCENES:
        notes += [f"The outline has {len(drafts)} parts; the first {MAX_SCENES} scenes are made."]
    notes += not_shown(item for section in sections for item in section.items)
    return Planned(storyboard(outline.title or title, wished[:MAX_SCENES], language), " ".join(notes))


def revised(title: str, instruction: str) -> SceneContent:
    """A scene made from the text of an edit; it keeps its title unless the text has a heading."""
    sections = read(instruction).sections
    heading = next((section.title for section in sections if section.title), title)
    whole = Section(1, heading, [item for section in sections for item in section.items])
    beats = _condensed(beats_of(whole), MOST_BEATS)
    return SceneContent(title=clipped(heading, LONGEST_SHOWN_TITLE), beats=beats[:MOST_BEATS])


def storyboard(title: str, drafts: Sequence[Draft], language: str | None = None) -> Storyboard:
    """The drafts as scenes, numbered."""
    scenes = tuple(
        Scene(id=f"scene-{i}", title=clipped(draft.title, LONGEST_SHOWN_TITLE), beats=draft.beats)
        for i, draft in enumerate(drafts, 1)
    )
    return Storyboard(title=clipped(title, LONGEST_SHOWN_TITLE), language=language, scenes=scenes)


def _language(tag: str) -> tuple[str | None, list[str]]:
    """The language of the front matter, if it is a language tag; and a note if it is none."""
    try:
        return (TypeAdapter[str](Language).validate_python(tag) if tag else None), []
    except ValidationError:
        return None, [f"language {clipped(tag)!r} in the front matter is not a BCP 47 tag, such as en or pt-BR."]


def recut(drafts: list[Draft], count: int) -> list[Draft]:
    """Neighbours joined, or the longest divided, until there are `count`, or no way to get nearer."""
    while len(drafts) < count:
        longest = max(drafts, key=lambda draft: len(draft.beats))
        if len(longest.beats) < 2:  # noqa: PLR2004 - one beat cannot be divided
            break
        at = drafts.index(longest)
        drafts = [*drafts[:at], *_parts(longest, 2), *drafts[at + 1 :]]
    if len(drafts) <= count:
        return drafts
    groups = [drafts[i * len(drafts) // count : (i + 1) * len(drafts) // count] for i in range(count)]
    return [draft for group in groups for draft in _joined(group)]


def _joined(group: list[Draft]) -> list[Draft]:
    """One draft of several, or the several when they have more beats than a scene may have."""
    beats = _condensed([beat for draft in group for beat in draft.beats], MOST_BEATS)
    if len(group) == 1 or len(beats) > MOST_BEATS:
        return group
    titles = list(dict.fromkeys(draft.title for draft in group))
    return [Draft(clipped(" · ".join(titles), LONGEST_SHOWN_TITLE), beats)]


def _titled(sections: Sequence[Section]) -> tuple[str, list[Section]]:
    """The video's title and its scenes. A single topmost heading above others is the title of the whole."""
    headed = [section for section in sections if section.level]
    first = headed[0] if headed else None
    if first and len(headed) > 1 and all(section.level > first.level for section in headed[1:]):
        title = first.title
        sections = [section for section in sections if section is not first or section.items]
    else:
        title = first.title if first else _first_words(sections)
    return title, _opened(sections) or [Section(1, title)]


def _opened(sections: Sequence[Section]) -> list[Section]:
    """The sections that are scenes: a heading with nothing but headings below it opens the first of theirs."""
    kept: list[Section] = []
    opens: tuple[str, ...] = ()
    for i, section in enumerate(sections):
        if section.items or i + 1 == len(sections) or sections[i + 1].level <= section.level:
            kept.append(replace(section, opens=opens))
            opens = ()
        else:
            opens = (*opens, section.title)
    return kept


def _first_words(sections: Sequence[Section]) -> str:
    texts = (shown(item.text) for section in sections for item in section.items if isinstance(item, Point | Sentence))
    return clipped(next(texts, "Formulas and plots"))


def _parts(draft: Draft, count: int) -> list[Draft]:
    """The draft divided into `count` of about equal length."""
    if count < 2:  # noqa: PLR2004 - one part is the whole
        return [draft]
    cuts = [0]
    for i in range(1, count):
        cuts.append(_cut(draft.beats, i * len(draft.beats) // count, cuts[-1]))
    cuts.append(len(draft.beats))
    slices = [draft.beats[a:b] for a, b in itertools.pairwise(cuts)]
    return [Draft(f"{clipped(draft.title)} ({i}/{count})", beats) for i, beats in enumerate(slices, 1)]


def _cut(beats: Sequence[Beat], at: int, after: int) -> int:
    """The place to cut at, or one before it: what tells a figure stays with it, if that is not all there is."""
    shows = [i for i in range(after + 1, at + 1) if beats[i].show is not None]
    return shows[-1] if shows else at


def _condensed(beats: Sequence[Beat], most: int) -> tuple[Beat, ...]:
    """Neighbouring points told together while there are too many beats, up to three in one."""
    kept: list[Beat] = []
    excess = len(beats) - most
    for beat in beats:
        last = kept[-1] if kept else None
        together = _together(last, beat) if last and excess > 0 else None
        if together:
            kept[-1] = together
            excess -= 1
        else:
            kept.append(beat)
    return tuple(kept)


def _together(first: Beat, second: Beat) -> Beat | None:
    if not isinstance(first.show, BulletsVisual) or not isinstance(second.show, BulletsVisual):
        return None
    say = f"{first.say} {second.say}"
    items = (*first.show.items, *second.show.items)
    return Beat(say=say, show=BulletsVisual(items=items)) if len(items) <= 3 and len(say) <= LONGEST_SAY else None  # noqa: PLR2004
