"""The beats that tell an item of an outline: what is said, and the visual that shows it best."""

from __future__ import annotations

from videojob.storyboard import Beat
from videojob.visuals import BulletsVisual, EquationVisual, SectionVisual, TitleVisual
from videotutor_renderer.latex.inline import shown
from videotutor_renderer.plan.blocks import program, quiz, quote, table
from videotutor_renderer.plan.items import (
    CodeBlock,
    Formula,
    Item,
    Picture,
    Point,
    Quiz,
    Quote,
    Section,
    Sentence,
    Spoken,
    Table,
)
from videotutor_renderer.plan.pictures import described, picture
from videotutor_renderer.plan.words import LONGEST_SAY, LONGEST_SHOWN_TITLE, clipped, points, sentences


def beats_of(section: Section) -> tuple[Beat, ...]:
    """The beats of a section, after a card for each heading that it opens; without any, it shows its own heading.

    What is silent on its own is told with the words around it: a sentence before it that shows nothing, or else the
    sentence below it. A picture that no words tell is told by its description.
    """
    beats: list[Beat] = []
    before: Item | None = None
    for item in section.items:
        told = _noted(item, before, beats) if isinstance(item, Spoken) else _told(item)
        last = beats[-1] if beats else None
        if last and last.show is None and len(told) == 1 and not told[0].say and not isinstance(before, Table):
            beats[-1] = Beat(say=last.say, show=told[0].show)
        elif last and not last.say and told and told[0].show is None:
            beats[-1:] = [Beat(say=told[0].say, show=last.show), *told[1:]]
        else:
            beats += told
        before = item
    heading = Beat(say=section.title, show=TitleVisual(text=clipped(section.title, LONGEST_SHOWN_TITLE)))
    cards = (SectionVisual(heading=clipped(opened, LONGEST_SHOWN_TITLE)) for opened in section.opens)
    return (*(Beat(say=card.heading, show=card) for card in cards), *(map(described, beats) if beats else [heading]))


def _noted(note: Spoken, before: Item | None, beats: list[Beat]) -> list[Beat]:
    """A speaker's note: said with the visual above it, in place of its own words; below a quiz, of the answer."""
    while isinstance(before, Table | Quiz) and beats[-1].show is None:
        beats.pop()
    pieces = [note.text] if len(note.text) <= LONGEST_SAY else sentences(note.text)
    if beats and beats[-1].show and not isinstance(before, Spoken | Quiz):
        beats[-1] = Beat(say=pieces.pop(0), show=beats[-1].show)
    return [Beat(say=piece) for piece in pieces]


def _told(item: Item) -> list[Beat]:  # noqa: PLR0911 - one return for each kind of item
    match item:
        case Point():
            return _pointed(item)
        case Sentence(text=text, formulas=formulas):
            shows = [EquationVisual(latex=latex) for latex in formulas]
            return [Beat(say=text, show=shows[0] if shows else None), *(Beat(show=show) for show in shows[1:])]
        case Formula(latex=latex):
            return [Beat(show=EquationVisual(latex=latex))]
        case Quote():
            return quote(item)
        case CodeBlock():
            return program(item)
        case Table():
            return table(item)
        case Picture():
            return picture(item)
        case Quiz():
            return quiz(item)
        case Spoken(text=text):
            return [Beat(say=piece) for piece in sentences(text)]
        case _:
            return [Beat(show=item)]


def _pointed(point: Point) -> list[Beat]:
    """A point as it is shown, with its mark, and as it is said, without; then its formulas."""
    pieces = points(f"{point.mark} {shown(point.text)}".strip())
    says = [point.text] if len(pieces) == 1 else [pieces[0].removeprefix(point.mark).strip(), *pieces[1:]]
    lines = [Beat(say=say, show=BulletsVisual(items=(line,))) for say, line in zip(says, pieces, strict=True)]
    return [*lines, *(Beat(show=EquationVisual(latex=latex)) for latex in point.formulas)]
