"""From beats to what appears: each visual becomes blocks, and each block knows in which moments its parts appear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from videojob.storyboard import Beat, SceneContent
from videojob.visuals import AnyVisual, BulletsVisual, EquationVisual, TitleVisual
from videotutor_renderer.errors import bad_scene
from videotutor_renderer.latex.inline import shown
from videotutor_renderer.limits import working_on
from videotutor_renderer.scene.captions import can_be_seen, split
from videotutor_renderer.scene.figures import KINDS
from videotutor_renderer.scene.figures.figure import THINKING
from videotutor_renderer.scene.formula_lines import in_lines
from videotutor_renderer.scene.timeline import Need


@dataclass(frozen=True)
class Opening:
    """A large title in the middle."""

    text: str
    subtitle: str | None


@dataclass(frozen=True)
class Point:
    """One point of a list."""

    text: str


@dataclass(frozen=True)
class Words:
    """A spoken passage shown as text, in scenes that show nothing else."""

    text: str


@dataclass(frozen=True)
class Formula:
    """A formula in LaTeX."""

    latex: str


@dataclass(frozen=True)
class Panel:
    """A figure; its kind is that of the visual."""

    visual: AnyVisual


Block = Opening | Point | Words | Formula | Panel


@dataclass(frozen=True)
class Moment:
    """When a part appears: in a beat, after this fraction of its length, with so much of it for itself.

    `silence`: what comes when the words of the beat have ended waits for so many seconds after them.
    """

    beat: int
    fraction: float
    slot: float
    silence: float | None = None


@dataclass(frozen=True)
class Step:
    """A block and the moments in which its parts appear; it has one part at least."""

    block: Block
    moments: tuple[Moment, ...]

    @property
    def beat(self) -> int:
        """The beat in which it appears."""
        return self.moments[0].beat

    @property
    def field(self) -> str:
        """Where the scene says what it shows."""
        return f"beats[{self.beat}].{'say' if isinstance(self.block, Words) else 'show'}"


LONGEST_WORDS = 240
"""Characters shown as one paragraph: four lines."""

SPREAD = 0.75
"""What appears in one beat does so over this part of it, so that the last can still be read while it is spoken of."""
LEAST_TEXT = 0.7
"""Seconds that each point of a list needs to appear in."""


def steps(content: SceneContent) -> list[Step]:
    """Everything a scene shows, in the order it appears. A scene without visuals shows its words.

    The parts of a figure are told by its own beat and by those after it that show nothing: they share them evenly.

    Raises:
        TaskError: a formula is not LaTeX that can be set, or there is nothing to be seen or heard.
    """
    found: list[Step] = []
    for i, beat in enumerate(content.beats):
        if beat.show is not None:
            with working_on(f"beats[{i}].show"):
                found += _in_turn(_blocks(beat.show), i, _silent_after(content.beats, i))
    for i, beat in enumerate(content.beats if not found else ()):
        pieces = filter(can_be_seen, split(shown(beat.say), LONGEST_WORDS))
        found += _in_turn([Words(text) for text in pieces], i, 1)
    if not found:
        raise bad_scene("beats: there is nothing to be seen or heard; give one of them words in say, or a visual.")
    return found


def _silent_after(beats: Sequence[Beat], at: int) -> int:
    """How many beats tell what this one shows: itself, and those after it that show nothing."""
    following = (i for i in range(at + 1, len(beats)) if beats[i].show is not None)
    return next(following, len(beats)) - at


def _blocks(visual: AnyVisual) -> list[Block]:
    match visual:
        case TitleVisual(text=text, subtitle=subtitle):
            return [Opening(text, subtitle)]
        case BulletsVisual(items=items):
            return [Point(item) for item in items if can_be_seen(item)]
        case EquationVisual(latex=latex):
            return [Formula(in_lines(latex))]
        case _:
            return [Panel(page) for page in KINDS[type(visual)].split(visual)]


def _in_turn(blocks: Sequence[Block], beat: int, beats: int) -> list[Step]:
    """The blocks one after the other, over this beat; the parts of panels over so many beats."""
    counts = [parts(block) for block in blocks]
    shared = beats if any(isinstance(block, Panel) for block in blocks) else 1
    asked = sum(map(_asked, blocks))
    moments = _answered(asked, sum(counts), beat, shared) if asked else _spread(sum(counts), beat, shared)
    found = []
    for block, count in zip(blocks, counts, strict=True):
        found.append(Step(block, tuple(moments[:count])))
        moments = moments[count:]
    return found


def _spread(count: int, first: int, beats: int) -> list[Moment]:
    """So many moments in so many beats: each beat has its share, the first has one at least."""
    found: list[Moment] = []
    beats = min(beats, count)
    for i in range(beats):
        here = (i + 1) * count // beats - i * count // beats
        found += [Moment(first + i, SPREAD * j / here, SPREAD / here) for j in range(here)]
    return found


def _asked(block: Block) -> int:
    """How many parts of a block put a question; 0 where it asks none."""
    if not isinstance(block, Panel):
        return 0
    asks = KINDS[type(block.visual)].asks
    return asks(block.visual) if asks else 0


def _answered(asked: int, count: int, beat: int, beats: int) -> list[Moment]:
    """The question in its beat, then time to think; the answer in the beats after it, or in silence without any."""
    told = count - asked - 1 if beats > 1 else 0
    silent = [Moment(beat, 1.0, 0.0, THINKING * i) for i in range(count - asked - told)]
    return [*_spread(asked, beat, 1), *silent, *_spread(told, beat + 1, beats - 1)]


def parts(block: Block) -> int:
    """How many things appear in a block one after the other."""
    return KINDS[type(block.visual)].parts(block.visual) if isinstance(block, Panel) else 1


def stands_alone(block: Block) -> bool:
    """Whether nothing else may be on its page."""
    return isinstance(block, Opening) or (isinstance(block, Panel) and KINDS[type(block.visual)].alone)


def seconds_needed(found: Sequence[Step], beats: int) -> list[Need]:
    """For each beat of a scene, what appears in it needs, however short the words are."""
    told, silent = [0.0] * beats, [0.0] * beats
    for step in found:
        for moment in step.moments:
            if moment.silence is None:
                told[moment.beat] += _each(step.block) / (SPREAD if isinstance(step.block, Panel) else 1)
            else:
                silent[moment.beat] += THINKING
    return [Need(*pair) for pair in zip(told, silent, strict=True)]


def _each(block: Block) -> float:
    return KINDS[type(block.visual)].each if isinstance(block, Panel) else LEAST_TEXT
