"""What lessons show is true: each value is computed a second way."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from videotutor_renderer.errors import TaskError
from videotutor_renderer.plan.symbolic import antiderivative, coefficients, derivative, polynomial
from videotutor_renderer.plan.values.base import Values
from videotutor_renderer.plan.values.chemistry import Acidity, Reaction, atoms
from videotutor_renderer.plan.values.derivative import Derivative
from videotutor_renderer.plan.values.equations import Linear, Quadratic
from videotutor_renderer.plan.values.geometry import Circle, Pythagoras
from videotutor_renderer.plan.values.integral import Integral
from videotutor_renderer.plan.values.physics import Fall, Newton, Ohm
from videotutor_renderer.plan.values.programming import BinarySearch
from videotutor_renderer.plan.values.statistics import Sample
from videotutor_renderer.plan.values.system import System
from videotutor_renderer.scene.expression import parse

whole = st.integers(-30, 30).map(Fraction)
nonzero = whole.filter(bool)
Row = tuple[Fraction, Fraction, Fraction]
positive = st.integers(1, 500).map(lambda n: Fraction(n, 10))

functions = st.recursive(
    st.sampled_from(["x", "2", "3", "pi"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: f"({''.join(parts)})"),
        st.tuples(inner, st.integers(2, 3)).map(lambda pair: f"({pair[0]})^{pair[1]}"),
        st.tuples(st.sampled_from(["sin", "cos", "exp", "ln", "sqrt", "atan"]), inner).map(lambda p: f"{p[0]}({p[1]})"),
    ),
    max_leaves=4,
)


def shown(values: Values, name: str) -> float:
    """The number that a value says."""
    return float(Fraction(str(values[name]).replace("\u2212", "-").removeprefix("about ")))


@settings(max_examples=150)
@given(functions)
def test_the_derivative_is_the_slope_of_nearby_points(source: str) -> None:
    f = parse(source)
    try:
        slope = derivative(f)
    except TaskError:
        return
    x, h = np.array([0.37, 0.91, 1.7]), 1e-5
    with np.errstate(invalid="ignore"):
        nearby = (f(x + h) - f(x - h)) / (2 * h)
        fair = np.isfinite(nearby) & (np.abs(f(x)) < 1e3) & (np.abs(nearby) < 1e3)
    told = slope(x)
    assert told[fair] == pytest.approx(nearby[fair], rel=1e-3, abs=1e-3)


@settings(max_examples=60)
@given(functions)
def test_the_derivative_of_an_antiderivative_is_the_function(source: str) -> None:
    f = parse(source)
    try:
        whole_area = antiderivative(f)
    except TaskError:
        return
    if whole_area is None:
        return
    x, h = np.array([-0.8, 0.37, 1.7]), 1e-5
    fair = np.isfinite(f(x)) & (np.abs(f(x)) < 1e3)
    slope = (whole_area(x + h) - whole_area(x - h)) / (2 * h)
    assert slope[fair] == pytest.approx(f(x)[fair], rel=1e-3, abs=1e-3)


@given(st.lists(whole, min_size=1, max_size=5))
def test_a_polynomial_is_read_as_it_was_written(numbers: list[Fraction]) -> None:
    written = coefficients(polynomial(*numbers)) or ()
    assert [*written, *[0] * (len(numbers) - len(written))] == numbers


@pytest.mark.parametrize("f", ["x^3", "ln(x)", "abs(x)", "abs(x-1)", "sqrt(x)", "tan(x)", "1/x"])
def test_the_tangent_touches_the_curve_in_its_direction(f: str) -> None:
    values = Derivative(f).values()
    at = np.array([shown(values, "at")])
    tangent, curve = parse(str(values["tangent"])), parse(f)
    assert tangent(at) == pytest.approx(curve(at), abs=1e-4)
    for side in (1e-4, -1e-4):
        assert tangent(at + side) == pytest.approx(curve(at + side), abs=1e-6 + 1e-4)


@pytest.mark.parametrize(
    ("prompt", "area"),
    [
        ("integral of sin(x) from 0 to pi", 2),
        ("integral of x^2 from 0 to 3", 9),
        ("integral of e^x from 0 to 1", math.e - 1),
        ("integral of e^(-x^2) from -1 to 1", 1.493648),
        ("integrate 1/x from 1 to 2", math.log(2)),
        ("area under sqrt(x) from 0 to 4", 16 / 3),
    ],
)
def test_an_integral_is_the_area(prompt: str, area: float) -> None:
    values = Integral.read(prompt).values()
    assert shown(values, "area") == pytest.approx(area, rel=1e-3)
    if values["exactly"]:
        assert parse(str(values["result"]))(np.zeros(1))[0] == pytest.approx(area)


@given(nonzero, whole, whole)
def test_the_solutions_of_a_quadratic_equation_solve_it(a: Fraction, b: Fraction, c: Fraction) -> None:
    values = Quadratic(a, b, c).values()
    discriminant = b * b - 4 * a * c
    assert [values["two"], values["double"], values["no"]] == [discriminant > 0, discriminant == 0, discriminant < 0]
    if discriminant < 0:
        return
    roots = [shown(values, "first"), shown(values, "second")]
    for x in roots:
        assert a * x * x + b * x + c == pytest.approx(0, abs=0.05 * max(abs(a), abs(b), abs(c)))
    assert roots[0] < roots[1] or values["double"]


def test_a_quadratic_equation_with_known_roots_has_them() -> None:
    values = Quadratic.read("solve x^2-5x+6=0").values()
    assert (values["first"], values["second"]) == ("2", "3")
    assert values["factors"] == r"\left(x-2\right)\left(x-3\right)"
    assert [(5 + sign * float(values["root_tex"])) / 2 for sign in (-1, 1)] == [2, 3]
    assert parse(str(values["left"]))(np.array([2.0, 3.0])) == pytest.approx(0)


@given(whole, whole, whole, whole)
def test_the_solution_of_a_linear_equation_solves_it(a: Fraction, b: Fraction, c: Fraction, d: Fraction) -> None:
    values = Linear(a, b, c, d).values()
    assert values["one"] == (a != c)
    assert values["all"] == (a == c and b == d)
    if values["one"]:
        x = Fraction(d - b, 1) / (a - c)
        assert shown(values, "x") == pytest.approx(float(x))
        assert shown(values, "checked") == pytest.approx(float(c * x + d))
        assert parse(str(values["without"]))(np.array([float(x)])) == pytest.approx(float(d))
        assert shown(values, "slope") * float(x) == pytest.approx(shown(values, "rest"))


@given(st.tuples(whole, nonzero, whole), st.tuples(whole, nonzero, whole))
def test_the_crossing_of_two_lines_is_on_both(first: Row, second: Row) -> None:
    values = System(*first, *second).values()
    assert [values["one"], values["none"], values["all"]].count(True) == 1
    if values["one"]:
        x, y = shown(values, "x"), shown(values, "y")
        for a, b, right in (first, second):
            assert float(a) * x + float(b) * y == pytest.approx(float(right), abs=1e-3)


@given(positive, positive)
def test_the_squares_on_the_legs_add_up(leg: Fraction, other: Fraction) -> None:
    assert shown(Pythagoras(leg, other).values(), "third") == pytest.approx(math.hypot(leg, other), rel=1e-3)


def test_five_and_twelve_make_thirteen_both_ways() -> None:
    assert Pythagoras.read("right triangle with legs 5 and 12").values()["third"] == "13"
    assert Pythagoras.read("leg 5 and hypotenuse 13").values()["third"] == "12"
    assert Pythagoras.read("legs of 1 cm and 1 cm").values()["third_about"] == "about 1.414"


@given(positive)
def test_a_circle_has_the_area_pi_r_squared(radius: Fraction) -> None:
    assert shown(Circle(radius).values(), "area") == pytest.approx(math.pi * float(radius) ** 2, rel=1e-3)


@given(st.lists(whole, min_size=2, max_size=8))
def test_mean_and_variance_are_those_of_the_standard_library(data: list[Fraction]) -> None:
    values = Sample(tuple(data)).values()
    assert shown(values, "mean") == pytest.approx(float(statistics.mean(data)))
    assert shown(values, "variance") == pytest.approx(float(statistics.pvariance(data)))
    assert shown(values, "sample") == pytest.approx(float(statistics.variance(data)))
    assert shown(values, "middle") == pytest.approx(float(statistics.median(data)))


@given(positive)
def test_energy_is_kept_in_a_fall(height: Fraction) -> None:
    values = Fall(height).values()
    assert shown(values, "speed") ** 2 / 2 == pytest.approx(9.81 * float(height), rel=2e-3)
    assert 9.81 / 2 * shown(values, "time") ** 2 == pytest.approx(float(height), rel=2e-3)


@pytest.mark.parametrize(
    ("prompt", "sought", "number"),
    [("12 V and 3 ohms", "i", 4), ("2 A through 5 ohm", "u", 10), ("9 volts drive 3 amps", "r", 3)],
)
def test_two_electrical_quantities_give_the_third(prompt: str, sought: str, number: float) -> None:
    assert shown(Ohm.read(prompt).values(), sought) == number


@pytest.mark.parametrize(
    ("prompt", "sought", "number"),
    [("3 kg and 12 N", "a", 4), ("3 kg at 2 m/s^2", "f", 6), ("10 N give 5 m/s²", "m", 2)],
)
def test_two_mechanical_quantities_give_the_third(prompt: str, sought: str, number: float) -> None:
    assert shown(Newton.read(prompt).values(), sought) == number


@pytest.mark.parametrize(
    ("prompt", "ph"), [("0.01 M HCl", 2), ("0.02 M HCl", 1.699), ("0.001 mol/L NaOH", 11), ("0.1 M nitric acid", 1)]
)
def test_the_ph_of_strong_acids_and_bases(prompt: str, ph: float) -> None:
    assert shown(Acidity.read(f"pH of {prompt}").values(), "ph") == pytest.approx(ph, rel=1e-3)


@pytest.mark.parametrize(
    ("reaction", "counts"),
    [
        ("CH4 + O2 -> CO2 + H2O", (1, 2, 1, 2)),
        ("Fe + O2 → Fe2O3", (4, 3, 2)),
        ("Ca(OH)2 + H3PO4 -> Ca3(PO4)2 + H2O", (3, 2, 1, 6)),
        ("2 H₂ + O₂ -> H₂O", (2, 1, 2)),
    ],
)
def test_a_balanced_reaction_loses_no_atom(reaction: str, counts: tuple[int, ...]) -> None:
    read = Reaction.read(f"balance {reaction}")
    assert read.coefficients == counts
    sides: list[Counter[str]] = [Counter(), Counter()]
    for i, (formula, count) in enumerate(zip((*read.before, *read.after), counts, strict=True)):
        for name, number in (atoms(formula) or {}).items():
            sides[i >= len(read.before)][name] += number * count
    assert sides[0] == sides[1]


@pytest.mark.parametrize("formula", ["Xx2", "H2O)", "(H2O", "h2o", "", "2"])
def test_what_is_no_formula_has_no_atoms(formula: str) -> None:
    assert atoms(formula) is None


@given(st.lists(whole, min_size=3, max_size=15), whole)
def test_a_binary_search_finds_what_is_there_in_few_looks(items: list[Fraction], target: Fraction) -> None:
    search = BinarySearch(tuple(items), target)
    values, looks = search.values(), search.looks()
    assert values["found"] == (target in items)
    assert (looks[-1] == target) == (target in items)
    assert len(looks) <= int(str(values["at_most"])) <= 4
    if values["found"]:
        assert sorted(items)[int(str(values["place"])) - 1] == target
