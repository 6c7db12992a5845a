"""The error bar of an estimate, on series whose truncation is known in advance."""

from types import SimpleNamespace

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork
from micrograd_bp.comparison.estimate import (
    bars_by_floats,
    lost_in_rounding,
    step_that_would_do,
)
from micrograd_bp.comparison.rounding import EstimateBounds

EPSILON = 1e-4


def bar(truncation, *, off=0.0, rounding=0.0, reach=1e-3):
    """The bar of D(ε) = 1 + truncation(ε), an estimate that is ``off`` besides."""

    def estimate(step, indices):
        return SimpleNamespace(vector=np.array([1.0 + off + truncation(step)]))

    (found,) = bars_by_floats(
        estimate,
        estimate(EPSILON, None),
        EPSILON,
        EstimateBounds(np.array([rounding]), reach),
        np.array([abs(off + truncation(EPSILON))]),
        np.zeros(1),
    )
    return found


@pytest.mark.parametrize("c", [1.0, -300.0])
def test_the_bar_covers_the_truncation_and_is_not_a_hundred_times_too_wide(c):
    assert abs(c) * EPSILON**2 <= bar(lambda e: c * e**2) <= 4 * abs(c) * EPSILON**2


def test_rounding_counts_in_both_estimates():
    assert bar(lambda e: 0.0, rounding=1e-9) == pytest.approx(2e-9)
    assert bar(lambda e: 0.0, rounding=1e-9, off=1.0) == pytest.approx(2e-9)


def test_where_two_steps_are_blind_the_third_sees():
    """c ε² + 5 d ε⁴ = 0: D(2ε) = D(ε), though both are off."""
    d = -1.0 / (5.0 * EPSILON**2)
    assert 0.8 * EPSILON**2 <= bar(lambda e: e**2 + d * e**4) <= 8 * EPSILON**2


@pytest.mark.parametrize(
    ("order", "trusted"), [(0.4, False), (1.5, True), (2.0, True), (2.8, True), (3.5, False)]
)
def test_only_a_series_that_falls_as_the_square_of_the_step_contradicts(order, trusted):
    found = bar(lambda e: e**order, off=1.0)
    assert np.isfinite(found) == trusted
    assert not trusted or found < 1.0


@pytest.mark.parametrize(("reach", "trusted"), [(0.2, True), (0.24, True), (0.26, False)])
def test_beyond_where_the_series_converges_nothing_is_contradicted(reach, trusted):
    """4ε may move a weighted input by 1; the sigmoid's nearest pole is at π i."""
    assert np.isfinite(bar(lambda e: e**2, off=1.0, reach=reach)) == trusted


@pytest.mark.parametrize(
    ("x", "step"), [(1e5, 1e-6), (2e3, 1e-5 * 10), (1e19, 1e-20), (1e20, None), (1e300, None)]
)
def test_the_step_named_is_the_largest_power_of_ten_that_moves_z_by_a_quarter(x, step):
    """4ε x ≤ 1, with ε one of 1e-4 (here from 1e-3), 1e-5, … in sixteen steps."""
    net = SigmoidNetwork(thetas=[[[3.0, 0.0]]])
    X, Y = net.data([[x]], [1])
    found = step_that_would_do(net, X, Y, 0.0, 1e-3 if x == 2e3 else 1e-4)
    assert found == (step and pytest.approx(step, abs=0.0))


@pytest.mark.parametrize(("epsilon", "lost"), [(1e-4, False), (1e-12, False), (1e-300, True)])
def test_nothing_is_lost_at_a_step_whose_rounding_leaves_a_digit(epsilon, lost):
    """Rounding takes about 2⁻⁵³ J/ε: of a slope of ½ all at 1e-300, half a thousandth at 1e-12."""
    net = SigmoidNetwork(thetas=[[[0.0, 0.0]]])
    X, Y = net.data([[1.0]], [1])
    gradient, every = np.array([-0.5, -0.5]), np.ones(2, dtype=bool)
    assert lost_in_rounding(net, X, Y, 0.0, epsilon, gradient, every) == lost
    assert not lost_in_rounding(net, X, Y, 0.0, epsilon, 1e-30 * gradient, every)


def test_all_is_lost_though_one_derivative_is_0_at_any_step():
    """A weight that only ever multiplies 0 says nothing about the step."""
    net = SigmoidNetwork(thetas=[[[0.0, 0.0]]])
    X, Y = net.data([[0.0]], [1])
    gradient, every = np.array([-0.5, 0.0]), np.ones(2, dtype=bool)
    assert lost_in_rounding(net, X, Y, 0.0, 1e-300, gradient, every)
