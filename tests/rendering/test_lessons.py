"""The lesson library: the lesson that was meant, with the prompt's own function, equation or numbers in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from videojob.storyboard import Storyboard
from videojob.visuals import (
    AnyVisual,
    BulletsVisual,
    DerivationVisual,
    EquationVisual,
    PlotVisual,
    QuizVisual,
    RecapVisual,
)
from videotutor_renderer.plan.library import Lesson, find, lessons
from videotutor_renderer.plan.values import PARAMETERS
from videotutor_renderer.plan.values.base import Parameters
from videotutor_renderer.plan.values.chemistry import Acidity, Reaction
from videotutor_renderer.plan.values.derivative import Derivative
from videotutor_renderer.plan.values.equations import Linear, Quadratic
from videotutor_renderer.plan.values.geometry import Circle, Pythagoras
from videotutor_renderer.plan.values.integral import Integral
from videotutor_renderer.plan.values.physics import Fall, Newton, Ohm
from videotutor_renderer.plan.values.programming import BinarySearch, Factorial, Loop
from videotutor_renderer.plan.values.statistics import Normal, Sample
from videotutor_renderer.plan.values.system import System
from videotutor_renderer.scene.equation import can_be_set
from videotutor_renderer.scene.plot import plotted

DERIVED = ("x^3", "x^4-2x", "5", "sin(x)", "e^(2x)", "ln(x)", "1/x", "sqrt(x)", "abs(x)", "x sin(x)", "(x+1)^5", "2^x")
INTEGRATED = ("sin(x) from 0 to pi", "x^3 from -1 to 2", "e^(-x^2) from -1 to 1", "1/x from 1 to 2", "4 - 2x")
REACTIONS = ("H2 + O2 -> H2O", "Fe + O2 → Fe2O3", "Ca(OH)2 + H3PO4 -> Ca3(PO4)2 + H2O", "C + O2 = CO2")

whole = st.integers(-20, 20).map(Fraction)
nonzero = whole.filter(bool)
positive = st.fractions(min_value=Fraction(1, 10), max_value=1000, max_denominator=10)


def read(kind: type[Parameters], *prompts: str) -> st.SearchStrategy[Parameters]:
    return st.sampled_from([kind.read(prompt) for prompt in prompts])


def two_of_three(kind: Callable[..., Parameters], *names: str) -> st.SearchStrategy[Parameters]:
    def made(values: tuple[Fraction, Fraction, int]) -> Parameters:
        known = [name for i, name in enumerate(names) if i != values[2]]
        return kind(**{names[values[2]]: None, known[0]: values[0], known[1]: values[1]})

    return st.tuples(positive, positive, st.integers(0, 2)).map(made)


TAUGHT: dict[str, st.SearchStrategy[Parameters]] = {
    "acidity": st.builds(
        Acidity,
        st.sampled_from(["HCl", "HNO₃", "NaOH"]),
        st.sampled_from(["0.01", "0.5", "1", "0.00001"]).map(Fraction),
    ),
    "binary-search": st.builds(BinarySearch, st.lists(whole, min_size=3, max_size=15).map(tuple), whole),
    "circle": st.builds(Circle, positive),
    "derivative": read(Derivative, *(f"derivative of {f}" for f in DERIVED)),
    "factorial": st.builds(Factorial, st.integers(3, 12)),
    "fall": st.builds(Fall, positive),
    "integral": read(Integral, *(f"integral of {f}" for f in INTEGRATED)),
    "linear": st.builds(Linear, whole, whole, whole, whole),
    "loop": st.builds(Loop, st.integers(4, 1000)),
    "newton": two_of_three(Newton, "mass", "force", "acceleration"),
    "normal": st.builds(Normal, whole, positive),
    "ohm": two_of_three(Ohm, "voltage", "resistance", "current"),
    "pythagoras": st.builds(Pythagoras, positive, positive),
    "quadratic": st.builds(Quadratic, nonzero, whole, whole),
    "reaction": read(Reaction, *REACTIONS),
    "sample": st.builds(Sample, st.lists(whole, min_size=2, max_size=8).map(tuple)),
    "system": st.builds(System, whole, nonzero, whole, whole, nonzero, whole),
}


def drawable(storyboard: Storyboard) -> None:
    """Every formula and plot of it can be drawn, and no blank was left."""
    assert "$" not in storyboard.model_dump_json()
    for show in (beat.show for scene in storyboard.scenes for beat in scene.beats):
        if isinstance(show, EquationVisual):
            assert can_be_set(show.latex), show.latex
        if isinstance(show, DerivationVisual):
            assert all(can_be_set(step.latex) for step in show.steps), show.steps
        if isinstance(show, PlotVisual):
            assert plotted(show).curves
        if isinstance(show, BulletsVisual):
            assert all(item.strip() for item in show.items)


def by_parameters(name: str) -> Lesson:
    return next(lesson for lesson in lessons() if lesson.parameters == name)


def test_every_kind_of_parameters_has_a_lesson_and_a_test() -> None:
    assert {lesson.parameters for lesson in lessons()} - {""} == set(PARAMETERS) == set(TAUGHT)


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.title)
def test_a_lesson_can_be_drawn_without_a_prompt(lesson: Lesson) -> None:
    planned = lesson.planned(20)
    assert len(planned.storyboard.scenes) >= 5
    assert planned.storyboard.title == lesson.title
    drawable(planned.storyboard)


def told(storyboard: Storyboard, kind: type[AnyVisual]) -> list[tuple[AnyVisual, int]]:
    """The visuals of a kind, each with how many beats tell it."""
    found: list[tuple[AnyVisual, int]] = []
    for beats in (scene.beats for scene in storyboard.scenes):
        starts = [i for i, beat in enumerate(beats) if beat.show is not None] + [len(beats)]
        found += [(beats[a].show, b - a) for a, b in pairwise(starts) if isinstance(beats[a].show, kind)]  # type: ignore[misc]
    return found


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.title)
def test_a_lesson_ends_with_what_was_learnt_and_answers_what_it_asks(lesson: Lesson) -> None:
    storyboard = lesson.planned(20).storyboard
    assert isinstance(storyboard.scenes[-1].beats[0].show, RecapVisual)
    assert all(beats == 3 for _, beats in told(storyboard, QuizVisual))


@pytest.mark.parametrize(
    "prompt",
    ["solve 3x + 5 = 11", "solve 2x = x/3 + 1", "solve 3x + 1 = 3x", "solve x^2 = 2x + 3", "x^2 = 3", "x^2 = 0"],
)
def test_each_line_of_a_derivation_is_told_by_a_beat_of_its_own(prompt: str) -> None:
    lesson = find(prompt, "en")
    assert lesson
    ((derivation, beats),) = told(lesson.planned(20, prompt).storyboard, DerivationVisual)
    assert isinstance(derivation, DerivationVisual)
    assert len(derivation.steps) == beats


@pytest.mark.parametrize("name", TAUGHT)
def test_a_lesson_can_be_drawn_whatever_its_parameters(name: str) -> None:
    lesson = by_parameters(name)

    @settings(max_examples=8)
    @given(TAUGHT[name])
    def check(parameters: Parameters) -> None:
        drawable(lesson.taught(parameters, 20).storyboard)

    check()


@pytest.mark.parametrize("prompt", ["Ohm's law with 900000 V and 4 ohms", "Newton's second law: 900000 kg, 900000 N"])
def test_a_value_of_a_million_still_has_an_axis(prompt: str) -> None:
    lesson = find(prompt, "en")
    assert lesson
    planned = lesson.planned(5, prompt)
    assert planned.note == ""
    drawable(planned.storyboard)


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("Explain the derivative of x^3", "The derivative of x³"),
        ("differentiate f(x) = sin x please", "The derivative of sin(x)"),
        ("derivative of x squared plus 3x", "The derivative of x² + 3x"),
        ("the derivative", "The derivative as a limit"),
        ("integral of sin(x) from 0 to pi", "The integral of sin(x) from 0 to π"),
        ("solve x^2-5x+6=0", "Quadratic equations"),
        ("find the derivative of sin(x)*e^x", "The derivative of sin(x)·e^x"),
        ("the area under x^2 between 1 and 3", "The integral of x² from 1 to 3"),
        ("roots of x^2 - 4", "Solving x² \u2212 4 = 0"),
        ("explain limits of functions", "Limits"),
        ("Solve 2x^2 = 8 for my class", "Solving 2x² \u2212 8 = 0"),
        ("x^2 + x - 6 = 0", "Solving x² + x \u2212 6 = 0"),
        ("How do I solve 7x - 2 = 12?", "Solving 7x \u2212 2 = 12"),
        ("solve the equations 2x + 3y = 12 and x - y = 1", "Solving two equations with x and y"),
        ("A right triangle with legs 5 and 12", "The Pythagorean theorem"),
        ("area of a circle with radius 2.5", "A circle with radius 2.5"),
        ("mean of 3, 5, 9", "Mean and variance of 3, 5, 9"),
        (
            "IQ with mean 105 and standard deviation 14",
            "The normal distribution with mean 105 and standard deviation 14",
        ),
        ("A ball falls from 45 m", "A fall from 45 metres"),
        ("Ohm's law with 9 V and 3 ohms", "Ohm's law"),
        ("Newton's second law for 3 kg and 12 N", "Newton's second law"),
        ("pH of 0.001 M HCl", "The pH of 0.001 mol/L HCl"),
        ("balance Fe + O2 -> Fe2O3", "Balancing Fe + O₂ → Fe₂O₃"),
        ("Explain recursion with the factorial of 6", "Recursion: the factorial of 6"),
        ("sum of the numbers from 1 to 100", "A loop that adds 1 to 100"),
        ("binary search for 7 in 1, 3, 5, 7, 9", "Binary search: finding 7"),
    ],
)
def test_a_prompt_gets_its_lesson_named_after_what_it_asks(prompt: str, title: str) -> None:
    lesson = find(prompt, "en")
    assert lesson is not None
    planned = lesson.planned(None, prompt)
    assert planned.storyboard.title == title
    assert planned.note == ""
    drawable(planned.storyboard)


@pytest.mark.parametrize(
    "prompt",
    [
        "limit of liability in contracts",
        "the product rule of evidence",
        "financial derivatives and hedging",
        "a derivative work under copyright law",
        "What does it mean to be human?",
        "means of transport",
        "an integral part of society",
        "the food chain",
        "Explain pH balanced shampoo",
        "PhD of life",
        "Fruit loops for breakfast",
        "How to balance work and life",
        "Solve the housing crisis",
        "the fall of Rome",
        "fundamental theorem of algebra",
        "Why was Pythagoras a cult leader?",
        "binary search trees",
        "the Battle of 1066 killed 12 N",
        "differentiate between mitosis and meiosis",
        "integrate 2 systems",
        "circumference of the earth",
        "what is a limit order",
        "explain limits of human endurance",
        "solve the mystery of x = murder",
        "stock market derivatives",
        "factorial design of experiments",
    ],
)
def test_a_phrase_from_another_field_finds_no_lesson(prompt: str) -> None:
    assert find(prompt, "en") is None


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("derivative of y^2", "'y^2' is not a function of x"),
        ("derivative of (x+1)^5000", "is not a function of x"),
        ("derivative of (x+1)^90", "out of reach"),
        ("integral of 1/x from -1 to 1", "out of reach"),
        ("integral of 1/(x-0.1) from -1 to 1", "out of reach"),
        ("integral of tan(x) from 0 to pi", "out of reach"),
        ("solve the quadratic equation x^3 = 8", "not quadratic"),
        ("right triangle with leg 13 and hypotenuse 5", "No right triangle"),
        ("free fall from 20000 m", "1000 metres"),
        ("pH of 0.1 M acetic acid", "strong acids"),
        ("balance the reaction Na -> Cl", "cannot be balanced"),
        ("factorial of 1000 by recursion", "3 to 12"),
    ],
)
def test_what_a_lesson_cannot_follow_is_said_and_its_usual_example_shown(prompt: str, words: str) -> None:
    lesson = find(prompt, "en")
    assert lesson is not None
    planned = lesson.planned(None, prompt)
    assert words in planned.note
    assert planned.storyboard.title == lesson.title


@pytest.mark.parametrize(
    "attack",
    [
        "9^9^9^9^9^9",
        "x sin(exp(cosh(1e9)))",
        "((((x+1)^12)^12)^12)^12",
        "x^99999",
        "1" * 500,
        "sin(" * 100,
        "__import__('os')",
        "x" * 600,
        "A+" * 5000,
        "1, " * 3000,
        "x=" * 5000,
        "${f}",
    ],
)
def test_no_prompt_makes_a_lesson_compute_for_long(attack: str) -> None:
    began = time.monotonic()
    for lesson in lessons():
        for words in ("derivative of", "integral of", "solve", "mean of 1,", "balance", ""):
            prompt = f"{words} {attack} = 0"
            find(prompt, "en")
            drawn = lesson.planned(1, prompt)
            assert drawn.storyboard.scenes
    assert time.monotonic() - began < 10
