"""Lines through θ: how well a slope along them is known, what decides it, and who is to blame."""

from itertools import count

import numpy as np
import pytest

from micrograd_bp import check_gradient
from micrograd_bp.checking.directions import Found, line_along, random_line
from micrograd_bp.checking.judge import Judge
from micrograd_bp.checking.lines import Problem
from micrograd_bp.checking.locate import _narrowed
from micrograd_bp.checking.noise import EPSILON


def problem(theta, costs=None, seed=0):
    theta = np.array(theta, dtype=float)
    costs = costs or (lambda points: np.sum(points**2, axis=1))
    return Problem(costs, theta, float(costs(theta[np.newaxis])[0]), np.random.default_rng(seed))


def found(size):
    return Found(np.ones(size), np.zeros(size), *np.zeros((2, size), dtype=bool))


def test_a_slope_along_a_direction_is_known_to_some_units_in_the_last_place_of_its_sum():
    rng = np.random.default_rng(0)
    theta, slopes, d = rng.standard_normal((3, 50))
    line = line_along(problem(theta), "d", d, slopes, np.zeros(50), np.ones(50))
    assert line.analytic == pytest.approx(float(slopes @ d), rel=1e-12)
    unit = EPSILON * np.sum(np.abs(slopes * d))
    assert unit <= line.allowance <= 50 * unit
    # what each slope may be off adds in squares, as errors of many parameters do
    off = np.full(50, 1e-3)
    line = line_along(problem(theta), "d", d, slopes, off, np.ones(50))
    assert line.allowance == pytest.approx(1e-3 * np.linalg.norm(d), rel=1e-9, abs=0.0)
    # θ + t·d is rounded: half a unit of each parameter, times its slope
    assert line.noise == pytest.approx(
        EPSILON / 2 * np.linalg.norm(slopes * theta), rel=1e-9, abs=0.0
    )
    assert line.blur == pytest.approx(EPSILON / 2 * np.linalg.norm(theta), rel=1e-9, abs=0.0)


@pytest.mark.parametrize("size", [4, 16, 100, 900])
def test_a_direction_moves_each_parameter_by_a_part_of_its_own_step(size):
    p = problem(np.ones(size))
    rng = np.random.default_rng(0)
    line = random_line(p, "d", np.ones(size), np.zeros(size), found(size), rng)
    moves = np.abs(line.step * line.direction) / (p.first * p.scale)
    assert 0.05 < np.sqrt(np.mean(moves**2)) * np.sqrt(size) / 4 < 20
    assert (np.ptp(moves) < 1e-12) == (size > 100)  # of many, signs; of few there are too few signs


def test_a_direction_goes_only_where_the_cost_has_values():
    size = 200
    where = found(size)
    where.side[:50], where.side[50:90], where.out[150:] = 1.0, -1.0, True
    line = random_line(
        problem(np.ones(size)), "d", np.ones(size), np.zeros(size), where, np.random.default_rng(0)
    )
    assert np.all(line.direction[:50] > 0.0)
    assert np.all(line.direction[50:90] < 0.0)
    assert np.any(line.direction[90:150] > 0.0)
    assert np.any(line.direction[90:150] < 0.0)
    assert np.all(line.direction[150:] == 0.0)
    where.out[:] = True
    assert random_line(
        problem(np.ones(size)), "d", np.ones(size), np.zeros(size), where, np.random.default_rng(0)
    ) is None  # fmt: skip


def levels(cost, gradient, theta):
    """(status, bar over slope) of one parameter at every level of declared noise."""
    for level in 10.0 ** np.arange(-8.0, 0.0, 0.25):
        check = check_gradient(cost, gradient, [theta], directions=0, noise=level)
        (slope,) = check.parameters
        yield slope.status, slope.error_bar


def test_a_slope_is_decided_if_its_bar_is_a_thousandth_of_it():
    seen = list(levels(lambda t: 3.0 + t[0], lambda t: np.ones(1), 0.5))
    assert {status for status, bar in seen if 2e-5 < bar < 0.99e-3} == {"right"}
    assert {status for status, bar in seen if 1.01e-3 < bar < 0.09} == {"undecided"}


def test_a_kink_is_one_if_the_bar_is_a_hundredth_of_its_jump():
    seen = list(levels(lambda t: 3.0 + abs(t[0]) / 2, lambda t: np.zeros(1), 0.0))
    assert {status for status, bar in seen if 2e-4 < bar < 0.99e-2} == {"kink"}
    assert "kink" not in {status for status, bar in seen if bar > 1.01e-2}


@pytest.mark.parametrize("is_fixed", [True, False])
def test_a_gradient_is_granted_its_own_rounding(is_fixed):
    """As a function some units in the last place; as an array what h − y at h = 1 − 1e-6 loses."""
    p, slopes = problem([1.0, 2.0]), np.array([2.0 + 2.0**-50, 0.1])
    judge = Judge(
        p, slopes, None if is_fixed else lambda t: 2 * t, p_rng := np.random.default_rng()
    )
    granted = judge.allowance / np.abs(slopes)
    lost = 1e6 if is_fixed else 1.0
    assert np.all((granted > 1.0 * lost * EPSILON) & (granted < 50 * lost * EPSILON))
    assert p_rng is judge.rng


@pytest.mark.parametrize("unit", [2.0**-8, 2.0**-10])
def test_a_gradient_of_a_short_type_is_granted_its_last_place_and_no_more(unit):
    p = problem([1.0, 2.0])
    judge = Judge(p, np.array([2.0, 4.0]), lambda t: 2 * t, np.random.default_rng(0), unit)
    assert judge.allowance == pytest.approx(unit * np.array([2.0, 4.0]))
    assert unit < p.resolution < 10 * unit


@pytest.mark.parametrize(("relative", "passed"), [(3e-10, True), (3e-8, False), (1e-6, False)])
def test_an_array_of_slopes_may_be_off_by_a_billionth(relative, passed):
    theta = np.array([0.5, -2.0])
    slopes = 3 * theta**2 * np.array([1 + relative, 1.0])
    assert check_gradient(lambda t: np.sum(t**3), slopes, theta).passed == passed


def halved(errors, blur=0.0):
    """Where ``_narrowed`` ends on known errors, seen with a relative ``blur``; and its calls."""
    calls, rng = count(), np.random.default_rng(0)

    def error(groups, weights):
        next(calls)
        seen = sum(w * errors[g].sum() for g, w in zip(groups, weights, strict=True))
        return seen * (1.0 + blur * rng.uniform(-1.0, 1.0))

    group, missing = np.arange(errors.size), errors.sum()
    while group.size > 1:
        group, missing = _narrowed(group, missing, error)
    return int(group[0]), next(calls)


@pytest.mark.parametrize("place", [0, 311, 624])
def test_one_error_among_625_is_found_in_four_looks_that_are_blurred_by_a_tenth(place):
    errors = np.zeros(625)
    errors[place] = -3.0
    assert halved(errors, blur=0.1) == (place, 4)


def test_several_errors_that_blur_the_weight_are_found_by_halves():
    errors = np.zeros(625)
    errors[[10, 600]] = 1.0, 0.6  # weighed −1 and 1: −¼ of the whole, near no weight
    place, looks = halved(errors)
    assert errors[place] != 0.0
    assert looks <= 2 * np.log2(625)
