"""A quiz on its panel: the question, its options, time to think, and then the right one is marked and explained."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, replace
from functools import partial

from videojob.visuals.quiz import MOST_OPTIONS, QuizVisual
from videotutor_renderer.latex.inline import shown as readable
from videotutor_renderer.scene.figures.check import check
from videotutor_renderer.scene.figures.figure import Kind, OnPanel, across, after_panel, during, ease, part
from videotutor_renderer.scene.figures.words import SIZES, Label, fitted, labels
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import Context, faded, panel, put
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour, mixed
from videotutor_renderer.scene.typeset import Picture, reads_right_to_left

PADDING_SHARE, LEAST_PADDING, MOST_PADDING = 0.05, 12.0, 30.0
"""What is kept free within the panel's edges for its shorter side, and its bounds in points."""
QUESTION_SIZES, OPTION_SIZES, EXPLANATION_SIZES = (40.0, 36.0, 32.0, 29.0, *SIZES), (34.0, 30.0, *SIZES), (29.0, *SIZES)
QUESTION_SHARE, EXPLANATION_SHARE = 0.3, 0.2
"""Parts of the height that they may take; the options have the rest."""
TALLEST_OPTION, LEAST_OPTION, GAP, TWO_COLUMNS = 92.0, 56.0, 16.0, 640.0
"""Points: of an option, between two, and the width from which on, or the height below which, there are two columns."""
RING, RING_LINE, TRACK = 72.0, 7.0, 0.22
"""Diameter of the ring that counts down, width of its line, and how much is seen of it where time has gone."""
RING_COMES, RING_GOES = (0.0, 0.08), (0.92, 1.0)
BADGE, BADGE_GAP = 21.0, 16.0
"""Radius of the circle around a letter, and what is free beside it."""
CARD_PADDING = 8.0
"""Kept free above and below the words of an option, together."""
BAR = 5.0
"""Width of the bar beside the explanation."""
RISE = 10.0
"""Points that an option rises while it appears."""
TINT, FADED = 0.14, 0.7
"""How much of the colour of what is right its card has, and opacity of the others then: they can still be read."""

_LETTERS = {"ARABIC": "أبجد", "HEBREW": "אבגד", "CYRILLIC": "АБВГ", "GREEK": "ΑΒΓΔ"}


@dataclass(frozen=True)
class Places:
    """Where things are on the panel: the middle of the question's row, the options, and the top of the explanation."""

    question: float
    cards: list[Box]
    explanation: float


class Quiz(OnPanel):
    """A quiz laid out in a box, drawn at any moment."""

    def __init__(self, visual: QuizVisual, box: Box, style: Style) -> None:
        """Lengths are points of the frame."""
        self._visual, self._box, self._tokens = visual, box, style.tokens
        good = style.tokens.good
        self._right = replace(style.tokens, border=good, panel=mixed(style.tokens.panel, good, TINT))
        padding = min(MOST_PADDING, max(LEAST_PADDING, PADDING_SHARE * min(box.width, box.height)))
        self._inner = inner = box.inset(padding, padding)
        question, width = readable(visual.question), inner.width - RING - GAP
        self._mirrored = reads_right_to_left(question)
        self._across = partial(across, inner, mirrored=self._mirrored)
        tall = QUESTION_SHARE * inner.height
        (self._question,) = fitted(style, [Label(question, width)], tall, QUESTION_SIZES)
        self._explanation = self._explained(style)
        self._places = self._placed()
        card = self._places.cards[0]
        self._badge = min(BADGE, card.height / 2 - 4)
        room = card.width - 2 * self._badge - 3 * BADGE_GAP
        options = [Label(readable(option), room) for option in visual.options]
        self._options = fitted(style, options, card.height - CARD_PADDING, OPTION_SIZES)
        letters = list(_letters(question)[: len(options)])
        self._letters = labels(style, letters, card.width, 2 * self._badge, style.tokens.accent)

    def _draw_parts(self, context: Context, shown: float) -> None:
        count, question, middle = len(self._options), self._question, self._places.question
        answer = ease(part(shown, count + 2))
        at = (self._across(0, question.width), middle - question.height / 2)
        put(context, question, at, ease(after_panel(shown, 0)))
        for i in range(count):
            self._draw_option(context, i, ease(part(shown, i + 1)), answer)
        self._draw_ring(context, part(shown, count + 1))
        self._draw_explanation(context, ease(part(shown, count + 3)))

    def _explained(self, style: Style) -> Picture | None:
        if self._visual.explanation is None:
            return None
        label = Label(readable(self._visual.explanation), self._inner.width - BAR - GAP)
        return fitted(style, [label], EXPLANATION_SHARE * self._inner.height, EXPLANATION_SIZES)[0]

    def _placed(self) -> Places:
        """All together in the middle of the panel; the explanation has its place before it comes."""
        inner, count = self._inner, len(self._visual.options)
        row = max(self._question.height, RING)
        below = self._explanation.height + GAP if self._explanation else 0.0
        free = inner.height - row - below
        columns = 2 if count % 2 == 0 and (free / count - GAP < LEAST_OPTION or inner.width >= TWO_COLUMNS) else 1
        rows = count // columns
        height = min(TALLEST_OPTION, free / rows - GAP)
        width = (inner.width - GAP * (columns - 1)) / columns
        top = inner.y + max(0.0, free - rows * (height + GAP)) / 2
        first = top + row + GAP
        places = [divmod(i, columns) for i in range(count)]
        cards = [
            Box(self._across(c * (width + GAP), width), first + r * (height + GAP), width, height) for r, c in places
        ]
        return Places(top + row / 2, cards, first + rows * (height + GAP))

    def _draw_option(self, context: Context, i: int, come: float, answer: float) -> None:
        if come <= 0:
            return
        is_right = i + 1 == self._visual.answer
        place, text = self._places.cards[i], self._options[i]
        card = replace(place, y=place.y + RISE * (1 - come))
        with faded(context, card, come if is_right else come * (1 - (1 - FADED) * answer)):
            panel(context, card, self._tokens)
            if is_right and answer > 0:
                with faded(context, card, answer):
                    panel(context, card, self._right)
            self._draw_badge(context, i, card, answer if is_right else 0.0)
            x = across(card, 2 * self._badge + 2 * BADGE_GAP, text.width, mirrored=self._mirrored)
            put(context, text, (x, card.middle[1] - text.height / 2))

    def _draw_badge(self, context: Context, i: int, card: Box, right: float) -> None:
        """The letter in its circle; where it is the right one, a check mark takes its place."""
        letter, y = self._letters[i], card.middle[1]
        x = across(card, BADGE_GAP, 2 * self._badge, mirrored=self._mirrored) + self._badge
        context.new_sub_path()
        context.arc(x, y, self._badge, 0, 2 * math.pi)
        context.set_source_rgba(*colour(self._tokens.good), right)
        context.fill_preserve()
        context.set_source_rgb(*colour(mixed(self._tokens.accent, self._tokens.good, right)))
        context.set_line_width(2)
        context.stroke()
        put(context, letter, (x - letter.width / 2, y - letter.height / 2), 1 - right)
        check(context, (x, y), self._badge, right, self._tokens.panel)

    def _draw_ring(self, context: Context, gone: float) -> None:
        """The time that is left to think: the ring opens clockwise from the top."""
        alpha = during(gone, *RING_COMES) * (1 - during(gone, *RING_GOES))
        if alpha <= 0:
            return
        x = self._across(self._inner.width - RING, RING) + RING / 2
        y, radius = self._places.question, (RING - RING_LINE) / 2
        context.set_line_width(RING_LINE)
        for start, seen in ((0.0, TRACK), (gone, 1.0)):
            context.new_sub_path()
            context.arc(x, y, radius, 2 * math.pi * start - math.pi / 2, 1.5 * math.pi)
            context.set_source_rgba(*colour(self._tokens.accent), alpha * seen)
            context.stroke()

    def _draw_explanation(self, context: Context, come: float) -> None:
        words, top = self._explanation, self._places.explanation
        if words is None or come <= 0:
            return
        context.set_source_rgba(*colour(self._tokens.good), come)
        context.rectangle(self._across(0, BAR), top, BAR, words.height)
        context.fill()
        put(context, words, (self._across(BAR + GAP, words.width), top), come)


def _letters(text: str) -> str:
    """The first letters of the alphabet that a text is written in: that of its first letter."""
    first = next((character for character in text if character.isalpha()), "A")
    return _LETTERS.get(unicodedata.name(first, "").partition(" ")[0], "ABCD"[:MOST_OPTIONS])


def _parts(visual: QuizVisual) -> int:
    """Question, options, the time to think, the answer, and why."""
    return len(visual.options) + (4 if visual.explanation else 3)


KIND = Kind(make=Quiz, parts=_parts, each=0.9, alone=True, asks=lambda visual: 1 + len(visual.options))
