"""The small decisions behind a verdict, each where it turns: ties, names, orders, bounds."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from micrograd_bp import Value, check_expression, check_gradient
from micrograd_bp.checking.directions import Found
from micrograd_bp.checking.extrapolation import Limit
from micrograd_bp.checking.gradient import MOST_PARAMETERS, chosen_parameters
from micrograd_bp.checking.locate import located
from micrograd_bp.checking.result import GradientCheck, SlopeCheck
from micrograd_bp.scalar.balls import balls_available


@pytest.mark.parametrize("size", [1e-3, 1e3])
@pytest.mark.parametrize(
    ("cost", "impossible", "possible"),
    [
        (lambda t: max(t[0], t[1]), (1.0, 1.0), (0.25, 0.75)),
        (lambda t: max(t[0], t[1]), (0.0, 0.0), (1.0, 0.0)),
        (lambda t: abs(t[0] - t[1]), (0.5, 0.5), (0.5, -0.5)),
        (lambda t: abs(t[0] + t[1]), (0.5, -0.5), (-1.0, -1.0)),
    ],
)
def test_slopes_that_are_possible_one_by_one_may_not_be_so_together(
    cost, impossible, possible, size
):
    """Clarke's subdifferentials: {(w, 1 − w)} of max(a, b), {(s, −s)} of |a − b|."""

    def statuses(claimed):
        gradient = size * np.array(claimed)
        check = check_gradient(lambda t: size * cost(t), gradient, np.zeros(2), directions=0)
        return [slope.status for slope in check.parameters]

    assert statuses(possible) == ["kink", "kink"]
    assert statuses(impossible) == ["undecided", "undecided"]


@pytest.mark.skipif(not balls_available(), reason="needs python-flint")
@pytest.mark.parametrize("power", [-300, -60, 60, 300])
def test_the_digits_of_a_derivative_do_not_depend_on_its_size(power):
    """A factor of 2ⁿ changes no digit of a float, and none of a ball."""

    def digits(factor):
        x = Value(0.3)
        check = check_expression(x.exp() * factor, [x], enclosure=True)
        assert check.passed
        return check.parameters[0].digits

    assert digits(2.0**power) == digits(1.0) >= 15


@pytest.mark.parametrize(
    ("slopes", "direction", "named"),
    [
        ([1.0, np.nan, np.inf], [1.0, 1.0, 1.0], 1),
        ([np.nan, 1.0, np.nan], [0.0, 1.0, 1.0], 2),
        ([1.0, 1.0, 1.0], [1.0, 1.0, 1.0], None),
    ],
)
def test_of_slopes_that_are_no_numbers_the_first_one_moved_is_named(slopes, direction, named):
    line = SimpleNamespace(analytic=1.0, direction=np.array(direction))
    slope = SimpleNamespace(value=np.nan)
    rng = np.random.default_rng(0)
    assert located(None, line, slope, np.array(slopes), rng) == named


@pytest.mark.parametrize(("away", "side"), [(0.0, 1.0), (3e-10, 1.0), (3e-9, 0.0), (1e-7, 0.0)])
def test_a_parameter_at_its_bound_moves_inwards_only(away, side):
    """At the bound is what is as near as 10⁻⁹ of the parameter's own scale."""
    problem = SimpleNamespace(scale=np.array([2.0, 2.0]), theta=np.array([1.0 + 2.0 * away, 0.0]))
    low, high = np.array([1.0, -9.0]), np.array([9.0, 2.0 * away])
    assert Found.by(problem, [], (low, high)).side.tolist() == [side, -side]


@pytest.mark.parametrize("power", [1, 2])
def test_columns_fall_at_their_order_and_at_no_other(power):
    """Column j of Neville's table falls with h to the (power · j)."""
    limit = Limit(power)
    limit.steps = [1.0, 0.5]
    for column in (1, 2, 3):
        for order in (1, 2, 3):
            terms = [3.0 * h ** (power * order) for h in (1.0, 0.5, 0.25)]
            falls = limit._falls(column, terms[2], terms[1], terms[0])
            # neither a factor of 4 faster nor slower; at power 1 the next order is at the slack
            assert falls == (order == column) or (power == 1 and abs(order - column) == 1)


def test_of_a_series_in_even_powers_the_limit_is_found_to_rounding():
    """sin(h)/h at h = 1, ½, …: 1 at 0, and the bar is narrow beside the last value's error."""
    limit = Limit(2)
    for k in range(9):
        h = 0.5**k
        limit.add(h, math.sin(h) / h, 2.0**-53)
    best = limit.best()
    assert abs(best.value - 1.0) <= best.bar < 1e-13


def test_all_parameters_are_checked_up_to_the_limit_and_as_many_beyond_it():
    rng = np.random.default_rng(0)
    assert chosen_parameters(None, MOST_PARAMETERS, rng).tolist() == [*range(MOST_PARAMETERS)]
    chosen = chosen_parameters(None, 10 * MOST_PARAMETERS, rng)
    assert len(set(chosen.tolist())) == MOST_PARAMETERS
    assert chosen.max() >= MOST_PARAMETERS


def test_noise_of_0_is_noise_that_is_known():
    arguments = (lambda t: float(t @ t), np.array([2.0, -4.0]), np.array([1.0, -2.0]))
    assert check_gradient(*arguments, noise=0.0).passed
    with pytest.raises(ValueError, match=r"^noise: got -1e-300"):
        check_gradient(*arguments, noise=-1e-300)


@pytest.mark.parametrize(
    ("analytic", "numeric", "bar", "factor"),
    [
        ([2.0, -4.0], [1.0, -2.0], 0.0, 2.0),
        ([-1.0, 3.0, -2.0], [1.0, -3.0, 2.0], 0.0, -1.0),
        ([2.0, -4.0, 6.1], [1.0, -2.0, 3.0], 1e-3, None),
        ([2.0, -4.0, 6.001], [1.0, -2.0, 3.0], 1e-3, 2.0),
        ([0.5009, 1.0], [1.0, 2.0], 1e-3, 0.5),
        ([200.1, -400.0], [1.0, -2.0], 1e-3, 200.0),  # a bar of the slope is 200 of the product
        ([200.0, -400.0, 6.0], [2.0, -4.0, 0.06], 1e-9, 100.0),
        ([2.0], [1.0], 0.0, None),
        ([2.0, 0.0], [0.0, 0.0], 0.0, None),
        ([2.0, math.nan], [1.0, 2.0], 0.0, None),
    ],
)
def test_one_factor_is_named_where_it_fits_every_slope(analytic, numeric, bar, factor):
    slopes = [
        SlopeCheck(str(i), i, a, n, bar, "wrong", n, n)
        for i, (a, n) in enumerate(zip(analytic, numeric, strict=True))
    ]
    check = GradientCheck(0.0, 0.0, slopes, [], None, len(slopes), 9)
    assert check.factor == (None if factor is None else pytest.approx(factor, rel=1e-3))


def test_digits_stand_beside_the_slopes_that_differences_confirmed():
    slopes = [
        SlopeCheck("a", 0, 2.0, 1.0, 0.0, "wrong", 1.0, 1.0, enclosure="[1 ± 0]", digits=34),
        SlopeCheck("b", 1, 1.0, 1.0, 0.0, "kink", 0.0, 2.0, enclosure="[1 ± 1]"),
    ]
    lines = str(GradientCheck(0.0, 0.0, slopes, [], None, 2, 9)).splitlines()
    shown = [line.split() for line in lines if "±" in line and "[" in line]
    assert shown == [["a", "[1", "±", "0]", "34"], ["b", "[1", "±", "1]"]]
