"""A right gradient passes on costs of every kind of trouble, and one wrong by 1e-5 does not."""

import itertools
import json
import math

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from micrograd_bp import GradientCheck, Value, backprop_gradient, check_expression, check_gradient
from micrograd_bp.scalar.ops import OPS, Op, exponential, power

from ..conftest import random_case
from ..scalar.test_ops import ARITY, DOMAIN, TRUTH

mpmath.mp.dps = 50

# Costs with a gradient known on paper: name -> (cost, gradient, theta). The error of 1e-5 must
# be seen in each: their noise allows it.
SHARP = {
    "cubes": (lambda t: np.sum(t**3), lambda t: 3 * t**2, [0.5, -2.0, 1.5]),
    "linear": (lambda t: 3 * t[0] - 7 * t[1], lambda t: np.array([3.0, -7.0]), [0.3, 0.4]),
    "steep exponential": (
        lambda t: np.sum(np.exp(1e4 * t)),
        lambda t: 1e4 * np.exp(1e4 * t),
        [1e-4, -1e-4],
    ),
    "overflow beside theta": (lambda t: np.exp(np.exp(t[0])), lambda t: np.exp(t + np.exp(t)), [5]),
    "fast oscillation": (
        lambda t: np.sum(np.sin(1e5 * t)),
        lambda t: 1e5 * np.cos(1e5 * t),
        [0.1, 0.2],
    ),
    "tiny units": (lambda t: np.sum((t / 1e-9) ** 2), lambda t: 2e18 * t, [1e-9, -3e-9]),
    "huge units": (lambda t: np.sum((t / 1e9) ** 3), lambda t: 3e-27 * t**2, [1e9, -3e9]),
    "tiny values": (lambda t: 1e-200 * np.sum(t**3), lambda t: 3e-200 * t**2, [1.0, 2.0]),
    "huge values": (lambda t: 1e200 * np.sum(t**3), lambda t: 3e200 * t**2, [1.0, 2.0]),
    "1e8 added": (lambda t: 1e8 + np.sum(t**3), lambda t: 3 * t**2, [1.0, 2.0]),
    "cost of 0": (lambda t: np.prod(t), lambda t: np.array([t[1], t[0]]), [0.0, 2.0]),
    "edge of the domain": (lambda t: np.sum(np.sqrt(t)), lambda t: 0.5 / np.sqrt(t), [1e-6, 0.5]),
    "narrow valley": (lambda t: np.sum(np.tanh(1e6 * t)), lambda t: 1e6 + 0 * t, [0.0]),
    "relu near its kink": (
        lambda t: np.sum(np.maximum(t - 1e-4, 0) + t**2),
        lambda t: 2 * t + (t > 1e-4),
        [0.5e-4, 2e-4, 1.0],
    ),
    "abs near its kink": (lambda t: np.sum(np.abs(t)), np.sign, [1e-7, -1e-3, 0.2]),
}


def wrong(gradient, index, relative=1e-5):
    def planted(theta):
        slopes = np.array(gradient(theta), dtype=float)
        slopes[index] *= 1.0 + relative
        return slopes

    return planted


def sure(name):
    cost, gradient, theta = SHARP[name]
    return cost, gradient, np.array(theta, dtype=float)


@pytest.mark.parametrize("name", SHARP)
def test_a_right_gradient_passes(name):
    check = check_gradient(*sure(name))
    assert check.outcome == "right", str(check)
    assert check
    assert not check.wrong
    assert not check.undecided


@pytest.mark.parametrize("name", SHARP)
def test_the_truth_lies_within_the_error_bar(name):
    """The gradient is known on paper, so the numerical slope can be judged by it."""
    cost, gradient, theta = sure(name)
    check = check_gradient(cost, gradient, theta, directions=0)
    for slope, truth in zip(check.parameters, gradient(theta), strict=True):
        assert abs(slope.numeric - truth) <= slope.error_bar


@pytest.mark.parametrize("name", SHARP)
def test_an_error_of_1e_5_in_the_largest_slope_is_caught_and_named(name):
    cost, gradient, theta = sure(name)
    index = int(np.argmax(np.abs(gradient(theta))))
    check = check_gradient(cost, wrong(gradient, index), theta)
    assert not check
    assert [s.index for s in check.wrong if s.index is not None] == [index], str(check)


@pytest.mark.parametrize("seed", range(8))
def test_networks_pass_and_an_error_of_1e_5_does_not(seed):
    case = random_case(seed)

    def cost(theta):
        case.net.theta = theta
        return case.net.cost(case.X, case.y, case.lambda_)

    def gradient(theta):
        case.net.theta = theta
        return backprop_gradient(case.net, case.X, case.y, case.lambda_).vector

    theta = case.net.theta.copy()
    right = check_gradient(cost, gradient, theta)
    assert right.passed, str(right)
    assert 1.9 < right.taylor_order < 2.1
    worst = int(np.argmax(np.abs(gradient(theta))))
    found = check_gradient(cost, wrong(gradient, worst), theta)
    assert [s.index for s in found.wrong if s.index is not None] == [worst]
    assert found.taylor_order is None or found.taylor_order < 2.1


def test_the_taylor_remainder_falls_with_order_2_or_1():
    cost, gradient, theta = sure("cubes")
    assert check_gradient(cost, gradient, theta).taylor_order == pytest.approx(2.0, abs=0.05)
    doubled = check_gradient(cost, lambda t: 2 * gradient(t), theta)
    assert doubled.taylor_order == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("factor", [-1.0, 20.0, 0.05, 0.0])
def test_one_factor_between_all_slopes_is_named(factor):
    cost, gradient, theta = sure("cubes")
    check = check_gradient(cost, lambda t: factor * gradient(t), theta)
    assert check.factor == pytest.approx(factor, abs=1e-9)
    assert f"{factor:g} times" in str(check)


def test_no_factor_is_named_where_none_fits():
    cost, gradient, theta = sure("cubes")
    assert check_gradient(cost, gradient, theta).factor is None
    assert check_gradient(cost, wrong(gradient, 1), theta).factor is None
    assert check_gradient(lambda t: 5.0, np.ones_like, theta).factor is None


# Noise


def test_noise_is_measured_not_assumed():
    rough = np.random.default_rng(1).normal(size=2**16)

    def cost(theta):  # a fixed noise of 1e-7, whatever theta is to its last digit
        digits = hash(theta.tobytes()) % len(rough)
        return float(np.sum(theta**2) + 1e-7 * rough[digits])

    theta = np.array([1.0, -2.0, 0.5])
    check = check_gradient(cost, lambda t: 2 * t, theta)
    assert check.passed, str(check)
    assert 2e-8 < check.noise < 5e-7
    assert max(slope.error_bar for slope in check.parameters) < 1e-3
    assert not check_gradient(cost, lambda t: 2.02 * t, theta)


def test_slopes_below_the_noise_are_undecided_not_wrong():
    def cost(theta):
        return float(1e8 + np.sum(theta**3))

    theta = np.array([1e-6, 2.0])
    check = check_gradient(cost, lambda t: 3 * t**2, theta)
    assert check.passed
    assert [slope.index for slope in check.undecided] == [0]
    assert "undecided" in str(check)
    zeroed = check_gradient(cost, lambda t: 3 * t**2 * [0.0, 1.0], theta)
    assert not zeroed.wrong


def test_a_slope_outside_a_bar_wider_than_itself_is_wrong_all_the_same():
    def cost(theta):
        return float(1e8 + np.sum(theta**3))

    check = check_gradient(cost, lambda t: np.array([5.0, 12.0]), np.array([1e-6, 2.0]))
    assert [slope.index for slope in check.wrong if slope.index is not None] == [0]


@pytest.mark.parametrize("declared", [True, False])
def test_a_cost_in_float32_passes_and_its_bars_show_it(declared):
    def cost(theta):
        value = np.sum(np.sin(theta.astype(np.float32)), dtype=np.float32)
        return value if declared else float(value)

    def gradient(theta):
        slopes = np.cos(theta.astype(np.float32))
        return slopes if declared else slopes.astype(np.float64)

    theta = np.random.default_rng(2).normal(size=6)
    check = check_gradient(cost, gradient, theta)
    assert check.passed, str(check)
    assert 1e-8 < check.noise < 1e-6
    assert all(1e-7 < slope.error_bar < 1e-3 for slope in check.parameters)
    assert not check_gradient(cost, lambda t: 1.01 * gradient(t), theta)


def test_a_gradient_in_float32_of_a_cost_in_float64_passes():
    theta = np.random.default_rng(3).normal(size=6)
    check = check_gradient(lambda t: np.sum(np.sin(t)), lambda t: np.cos(t.astype("f4")), theta)
    assert check.passed, str(check)
    array = check_gradient(lambda t: np.sum(np.sin(t)), np.cos(theta.astype("f4")), theta)
    assert array.passed, str(array)
    assert not check_gradient(
        lambda t: np.sum(np.sin(t)), wrong(lambda t: np.cos(t.astype("f4")), 0), theta
    )


def test_a_gradient_that_loses_digits_by_cancellation_is_not_called_wrong():
    """(t + 1e9)² − 1e18 − 2e9 t = t²; its gradient computed the same way is off by 1e-7."""

    def gradient(theta):
        return 2 * (theta + 1e9) - 2e9

    theta = np.array([0.1, 0.7])
    assert np.max(np.abs(gradient(theta) - 2 * theta)) > 1e-9
    check = check_gradient(lambda t: np.sum(t**2), gradient, theta)
    assert not check.wrong, str(check)


@pytest.mark.parametrize("seed", range(3))
def test_a_well_fitted_unit_whose_delta_has_lost_its_digits_is_not_called_wrong(seed):
    """At h = 1 − 1e-6, h − y is known to ten digits and the cost to sixteen."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(3), rng.uniform(1.0, 2.0, size=3)])
    theta = np.array([2.0, 9.0]) + rng.normal(size=2)

    def cost(t):
        return np.sum(np.log1p(np.exp(-X @ t)))  # every y is 1

    def gradient(t):
        return X.T @ (1 / (1 + np.exp(-X @ t)) - 1)

    assert check_gradient(cost, gradient, theta).passed
    assert check_gradient(cost, gradient(theta), theta).passed
    assert not check_gradient(cost, wrong(gradient, 0), theta).passed
    assert not check_gradient(cost, wrong(gradient, 0)(theta), theta).passed


# Zero


@pytest.mark.parametrize("theta", [[0.0, 0.0], [3.0, -1.0]])
def test_a_zero_gradient_is_right_where_the_cost_does_not_move(theta):
    check = check_gradient(lambda t: 5.0, np.zeros_like, np.array(theta))
    assert check.passed
    assert not check.undecided


def test_the_gradient_at_a_minimum_is_right():
    rng = np.random.default_rng(4)
    A, b = rng.normal(size=(8, 3)), rng.normal(size=8)
    best, *_ = np.linalg.lstsq(A, b, rcond=None)
    check = check_gradient(
        lambda t: np.sum((A @ t - b) ** 2), lambda t: 2 * A.T @ (A @ t - b), best
    )
    assert check.passed, str(check)


def test_an_unused_parameter_must_have_no_slope():
    theta = np.array([1.0, 1.0])
    assert check_gradient(lambda t: t[0] ** 2, lambda t: np.array([2 * t[0], 0.0]), theta).passed
    check = check_gradient(lambda t: t[0] ** 2, lambda t: np.array([2 * t[0], 1e-6]), theta)
    assert [slope.index for slope in check.wrong if slope.index is not None] == [1]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_is_wrong(bad):
    check = check_gradient(lambda t: np.sum(t**2), lambda t: np.array([bad, 2.0]), np.ones(2))
    assert [slope.index for slope in check.wrong if slope.index is not None] == [0]
    json.dumps(check.to_dict(), allow_nan=False)


# Kinks


@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0])
def test_any_slope_between_left_and_right_is_accepted_at_a_kink(slope):
    theta = np.array([0.0, 2.0])
    check = check_gradient(
        lambda t: np.sum(np.maximum(t, 0) + t**2), lambda t: 2 * t + [slope, 1.0], theta
    )
    assert check.passed, str(check)
    (kink,) = [found for found in check.kinks if found.index is not None]
    assert kink.index == 0
    assert (kink.left, kink.right) == (pytest.approx(0.0, abs=1e-6), pytest.approx(1.0, abs=1e-6))
    assert "kink" in str(check)


@pytest.mark.parametrize("slope", [-0.001, 1.001, 7.0])
def test_a_slope_outside_left_and_right_is_wrong_at_a_kink(slope):
    check = check_gradient(
        lambda t: np.sum(np.maximum(t, 0) + t**2),
        lambda t: 2 * t + [slope, 1.0],
        np.array([0.0, 2.0]),
    )
    assert [found.index for found in check.wrong if found.index is not None] == [0]


def test_max_and_norm_at_their_kinks():
    top = check_gradient(np.max, lambda t: np.eye(3)[1], np.array([1.0, 1.0, 0.5]))
    assert top.passed
    assert {slope.index for slope in top.kinks} >= {0, 1}
    norm = check_gradient(np.linalg.norm, np.zeros_like, np.zeros(2))
    assert norm.passed
    assert {slope.index for slope in norm.kinks} >= {0, 1}


def test_subgradients_that_are_right_one_by_one_are_not_wrong_along_a_direction():
    """relu(x) − relu(y) at 0, with slopes 0: along (1, −1) it rises on both sides."""
    check = check_gradient(
        lambda t: max(t[0], 0) - max(t[1], 0), np.zeros_like, np.zeros(2), directions=6
    )
    assert check.passed, str(check)


@pytest.mark.parametrize("distance", [1e-3, 1e-4, 1e-6, 1e-8])
def test_a_kink_between_the_points_is_seen_and_the_slope_is_from_this_side(distance):
    def cost(theta):
        return float(np.maximum(theta[0] - distance, 0) + np.sin(theta[0]))

    check = check_gradient(cost, np.cos, np.zeros(1), directions=0)
    assert check.passed, str(check)
    (slope,) = check.parameters
    assert slope.status == "right"
    assert abs(slope.numeric - 1.0) <= slope.error_bar < 1e-5
    assert slope.kink_within is not None
    assert distance <= slope.kink_within <= 100 * distance
    assert "Kinks" in str(check)
    across = check_gradient(cost, lambda t: np.cos(t) + 0.5, np.zeros(1), directions=0)
    assert not across.passed  # the slope of a difference across the kink


def test_smooth_costs_show_no_kink():
    for name in ("cubes", "steep exponential", "fast oscillation", "1e8 added", "tiny units"):
        check = check_gradient(*sure(name))
        assert not check.kinks
        assert all(slope.kink_within is None for slope in check.parameters)


def test_a_jump_at_theta_is_undecided():
    check = check_gradient(lambda t: float(t[0] > 0) + t[0], np.ones_like, np.zeros(1))
    assert check.outcome == "undecided"
    assert not check.passed  # nothing contradicts, and nothing was shown
    assert not check.wrong


# Costs that fail


def test_a_cost_that_raises_or_is_nan_beside_theta_is_approached_with_smaller_steps():
    def cost(theta):
        if theta[0] > 1.001:
            raise ArithmeticError("too\nfar")
        return float(np.log(theta[1])) + theta[0] ** 2

    check = check_gradient(cost, lambda t: np.array([2 * t[0], 1 / t[1]]), np.array([1.0, 1e-3]))
    assert check.passed, str(check)
    assert not check.undecided
    assert "cost failed at" in str(check)
    assert "ArithmeticError: too" in check.notes[0] or "nan" in check.notes[0]


def test_a_cost_with_one_side_only_is_undecided():
    check = check_gradient(
        lambda t: np.sum(np.sqrt(t)), lambda t: np.array([9.0, 0.5]), np.array([0.0, 1.0])
    )
    assert [slope.index for slope in check.undecided if slope.index is not None] == [0]
    assert not check.wrong


@pytest.mark.parametrize(
    ("cost", "message"),
    [
        (lambda t: math.nan, "cost: got nan at theta itself"),
        (lambda t: math.inf, "cost: got inf at theta itself"),
        (lambda t: 1 / 0, "cost: raised ZeroDivisionError: division by zero at theta itself"),
    ],
)
def test_a_cost_that_fails_at_theta_is_one_clear_line(cost, message):
    with pytest.raises(ValueError, match=message) as failure:
        check_gradient(cost, np.ones_like, np.ones(2))
    assert "\n" not in str(failure.value)


def test_an_interrupt_is_not_swallowed():
    calls = itertools.count()

    def cost(theta):
        if next(calls) > 20:
            raise KeyboardInterrupt
        return float(np.sum(theta**2))

    with pytest.raises(KeyboardInterrupt):
        check_gradient(cost, lambda t: 2 * t, np.ones(5))


# Costs and gradients that misbehave


def test_a_cost_that_differs_from_call_to_call_is_reported_as_that():
    rng = np.random.default_rng(5)
    check = check_gradient(lambda t: np.sum(t) + 1e-6 * rng.random(), np.ones_like, np.ones(2))
    assert check.outcome == "nondeterministic"
    assert not check.passed
    assert not check.wrong
    assert "for the same theta" in str(check)


def test_a_cost_that_depends_on_the_number_of_calls_is_reported_as_that():
    calls = itertools.count()
    check = check_gradient(lambda t: np.sum(t**2) + (next(calls) > 30), lambda t: 2 * t, np.ones(2))
    assert check.outcome == "nondeterministic"


def test_a_gradient_that_differs_from_call_to_call_is_reported_as_that():
    rng = np.random.default_rng(6)
    check = check_gradient(lambda t: np.sum(t), lambda t: 1 + 1e-3 * rng.random(2), np.ones(2))
    assert check.outcome == "nondeterministic"
    assert "gradient gave" in str(check)


def test_a_difference_in_the_last_digits_is_no_randomness():
    """Threads add in any order."""
    calls = itertools.count()
    check = check_gradient(
        lambda t: np.sum(t**2) * (1 + 2.0**-52 * (next(calls) % 3)), lambda t: 2 * t, np.ones(2)
    )
    assert check.passed, str(check)


def test_theta_is_not_changed_even_by_functions_that_change_their_argument():
    def cost(theta):
        value = float(np.sum(theta**3))
        theta[:] = 0.0
        return value

    buffer = np.empty(2)

    def gradient(theta):
        buffer[:] = 3 * theta**2
        theta[:] = -1.0
        return buffer  # the same array each time

    theta = np.array([0.5, -2.0])
    assert check_gradient(cost, gradient, theta).passed
    assert theta.tolist() == [0.5, -2.0]


def test_the_result_depends_on_the_seed_alone():
    cost, gradient, theta = sure("cubes")
    results = [
        check_gradient(cost, gradient, theta, parameters=2, seed=seed).to_dict()
        for seed in (1, 1, 2)
    ]
    assert results[0] == results[1] != results[2]


# What is accepted, and what is refused


def test_theta_of_any_shape():
    theta = np.random.default_rng(7).normal(size=(2, 3))
    shapes = set()

    def cost(t):
        shapes.add(t.shape)
        return np.sum(t**3)

    check = check_gradient(cost, lambda t: 3 * t**2, theta)
    assert check.passed
    assert shapes == {(2, 3)}
    assert check.parameters[5].label == "theta[1, 2]"
    assert check_gradient(lambda t: t**2, lambda t: 2 * t, 3.0).passed
    with pytest.raises(
        ValueError, match=r"gradient: got shape \(3, 2\), expected theta's \(2, 3\)"
    ):
        check_gradient(cost, lambda t: (3 * t**2).T, theta)


def test_the_gradient_may_be_an_array_or_come_with_the_cost():
    theta = np.array([0.5, -2.0])
    assert check_gradient(lambda t: np.sum(t**3), [0.75, 12.0], theta).passed
    assert not check_gradient(lambda t: np.sum(t**3), [0.75, 12.0001], theta).passed
    for flag in (None, True):
        assert check_gradient(lambda t: (np.sum(t**3), 3 * t**2), flag, theta).passed
        assert not check_gradient(lambda t: (np.sum(t**3), t**2), flag, theta).passed


def test_an_array_of_one_number_is_a_cost():
    assert check_gradient(lambda t: np.array([[t[0] ** 2]]), lambda t: 2 * t, [1.5]).passed


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((3.0, np.ones_like, [1.0]), TypeError, "cost: got float, expected a function"),
        ((np.sum, np.ones_like, []), ValueError, "theta: got no parameters"),
        ((np.sum, np.ones_like, [1.0, np.nan]), ValueError, r"theta: got nan at \[1\]"),
        ((np.sum, np.ones_like, ["a"]), TypeError, "theta: got list"),
        ((np.sum, None, [1.0]), TypeError, r"expected the pair \(J, gradient\)"),
        ((np.sum, [1.0, 2.0], [1.0]), ValueError, r"gradient: got shape \(2,\)"),
        ((np.sum, lambda t: "x", [1.0]), TypeError, "gradient: got str"),
        ((np.sum, lambda t: t * 1j, [1.0]), TypeError, "gradient: got ndarray"),
        ((lambda t: t, np.ones_like, [1.0, 2.0]), TypeError, r"cost: got ndarray of shape \(2,\)"),
        ((lambda t: None, np.ones_like, [1.0]), TypeError, "cost: got NoneType"),
        ((lambda t: 1j, np.ones_like, [1.0]), TypeError, "cost: got complex"),
        ((np.sum, lambda t: {}[0], [1.0]), ValueError, "gradient: raised KeyError"),
    ],
)
def test_unusable_arguments_get_one_line(arguments, error, message):
    with pytest.raises(error, match=message) as failure:
        check_gradient(*arguments)
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"parameters": [2]}, ValueError),
        ({"parameters": [-1]}, ValueError),
        ({"parameters": []}, ValueError),
        ({"parameters": [0.5]}, TypeError),
        ({"parameters": -1}, ValueError),
        ({"parameters": True}, TypeError),
        ({"directions": -1}, ValueError),
        ({"directions": 1.5}, TypeError),
        ({"parameters": 0, "directions": 0}, ValueError),
    ],
)
def test_unusable_options_get_one_line(options, error):
    with pytest.raises(error, match=r"parameters|directions"):
        check_gradient(np.sum, np.ones_like, [1.0, 2.0], **options)


# Large problems


def test_a_sample_of_parameters_and_random_directions_serve_a_large_problem():
    theta = np.random.default_rng(8).normal(size=20_000)
    check = check_gradient(lambda t: np.sum(np.sin(t)), np.cos, theta, parameters=20)
    assert check.passed
    assert len(check.parameters) == 20
    assert len({slope.index for slope in check.parameters}) == 20
    assert "20 sampled of 20,000" in str(check)
    assert check.evaluations < 500


def test_random_directions_see_an_error_outside_the_sample():
    theta = np.random.default_rng(9).normal(size=5_000)
    check = check_gradient(
        lambda t: np.sum(np.sin(t)), wrong(np.cos, 77, 1e-3), theta, parameters=[5, 3]
    )
    assert [slope.index for slope in check.parameters] == [3, 5]
    assert not check.passed
    assert all(slope.index is None for slope in check.wrong)
    assert "random directions wrong" in str(check)


def test_by_default_a_thousand_parameters_are_drawn():
    check = check_gradient(np.sum, np.ones_like, np.zeros(1_500))
    assert len(check.parameters) == 1_000
    assert check.size == 1_500


# The result


def test_the_result_goes_to_json_html_and_text():
    check = check_gradient(lambda t: np.sum(t**3), [0.75, 12.1], [0.5, -2.0])
    again = json.loads(json.dumps(check.to_dict(), allow_nan=False))
    assert again["outcome"] == "wrong"
    assert again["passed"] is False
    assert again["parameters"][1]["status"] == "wrong"
    assert again["parameters"][1]["numeric"] == pytest.approx(12.0)
    assert "WRONG" in repr(check)
    assert "\n" not in repr(check)
    page = check._repr_html_()
    assert page.startswith("<pre>")
    x = Value(1.0, label="<script>")
    assert "<script>" not in check_expression(x * x)._repr_html_()


def test_a_long_table_is_cut_and_the_worst_come_first():
    theta = np.linspace(1.0, 2.0, 50)
    text = str(check_gradient(lambda t: np.sum(t**3), lambda t: 3.1 * t**2, theta))
    assert "and 43 more" in text
    assert len(text.splitlines()) < 25


# Expressions

UNARY = [symbol for symbol in OPS if symbol not in ARITY]
UNARY += ["**3", "**-1", "**0", "**0.5", "2**"]
SINGULAR = {"relu", "abs", "step", "**-1", "cbrt", "arccosh"}
SINGULAR |= {"log", "log2", "log10", "sqrt", "**0.5"}


def operation(symbol):
    if symbol.startswith("**"):
        return power(float(symbol[2:]))
    return exponential(2.0) if symbol == "2**" else OPS[symbol]


def checked_against_mpmath(value, leaves, truth, order):
    """The check passes, and its numerical slopes are those of mpmath, 50 digits and more."""
    check = check_expression(value, leaves, order)
    assert check.passed, str(check)
    n = len(leaves)
    point = tuple(mpmath.mpf(leaf.data) for leaf in leaves)
    orders = [tuple(int(k == i) for k in range(n)) for i in range(n)]
    if order == 2:
        orders += [
            tuple(a + b for a, b in zip(first, second, strict=True))
            for first in orders[:n]
            for second in orders[:n]
        ]
    assert len(check.parameters) == len(orders)
    # mpmath.diff steps by 10^-digits, which must be far below the smallest number
    least = min([abs(leaf.data) for leaf in leaves if leaf.data != 0.0] + [1.0])
    digits = 50 - 2 * math.floor(math.log10(least))
    for slope, counts in zip(check.parameters, orders, strict=True):
        with mpmath.workdps(digits):
            exact = float(mpmath.diff(truth, point, counts))
        assert abs(slope.numeric - exact) <= slope.error_bar + 1e-12 * abs(exact)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("symbol", UNARY)
@settings(max_examples=8, deadline=None)
@given(x=st.floats(-3.0, 3.0))
def test_every_operation_of_one_input(symbol, order, x):
    if symbol in SINGULAR:
        assume(abs(x) > 0.05)
    x = DOMAIN.get(symbol, float)(x)
    leaf = Value(x, label="x")
    checked_against_mpmath(leaf.apply(operation(symbol), leaf), [leaf], TRUTH[symbol], order)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("symbol", ["+", "-", "*", "/"])
@settings(max_examples=6, deadline=None)
@given(x=st.floats(-3.0, 3.0), y=st.floats(-3.0, 3.0))
def test_every_operation_of_two_inputs(symbol, order, x, y):
    assume(symbol != "/" or abs(y) > 0.1)
    assume(all(v == 0.0 or abs(v) > 1e-300 for v in (x, y)))  # slopes below are those of noise
    leaves = [Value(x, label="x"), Value(y, label="y")]
    checked_against_mpmath(Value.apply(OPS[symbol], *leaves), leaves, TRUTH[symbol], order)


@settings(max_examples=6, deadline=None)
@given(numbers=st.lists(st.floats(-3.0, 3.0), min_size=1, max_size=4))
def test_a_sum_of_any_length(numbers):
    leaves = [Value(x, label=f"x{i}") for i, x in enumerate(numbers)]
    check = check_expression(Value.sum(leaves), leaves)
    assert check.passed
    assert all(abs(slope.numeric - 1.0) <= slope.error_bar for slope in check.parameters)


@pytest.mark.parametrize("symbol", ["relu", "abs"])
def test_an_operation_at_its_kink_is_a_kink_not_an_error(symbol):
    x = Value(0.0, label="x")
    check = check_expression(Value.apply(OPS[symbol], x) + 2 * x)
    assert check.passed
    assert "∂/∂x" in [slope.label for slope in check.kinks]


def test_a_wrong_local_derivative_is_caught():
    wrong_sin = Op("sin", OPS["sin"].forward, lambda out, x: (math.cos(x) * (1 + 1e-5),))
    x, y = Value(0.7, label="x"), Value(0.4, label="y")
    check = check_expression(Value.apply(wrong_sin, x * y) + y)
    assert {slope.label for slope in check.wrong} >= {"∂/∂x", "∂/∂y"}
    assert check_expression((x * y).sin() + y).passed


def test_a_wrong_second_derivative_is_caught_by_order_2_alone():
    """The slope is 2x at floats; the graph of the slope says 2.00002 (x − x₀) + 2x₀."""

    def partials(out, x):
        if isinstance(x, Value):
            return ((x - x.data) * 2.00002 + 2.0 * x.data,)
        return (2.0 * x,)

    square = Op("square", lambda m, x: x * x, partials)
    x = Value(1.5, label="x")
    value = Value.apply(square, x)
    assert check_expression(value, x).passed
    second = check_expression(value, x, order=2)
    assert not second.passed


def test_the_graph_is_left_as_it_was():
    x, y = Value(0.5, label="x"), Value(2.0, label="y")
    value = (x * y).sin() + y**3
    untouched = check_expression(value, order=2)
    assert untouched.passed
    assert not any(node.has_grad for node in value.topological_order())
    value.backward()
    before = [(node.data, node.grad) for node in value.topological_order()]
    assert check_expression(value, order=2).passed
    assert [(node.data, node.grad) for node in value.topological_order()] == before


def test_expressions_that_fail_beside_their_leaves():
    x = Value(1e-3, label="x")
    check = check_expression(x.log() + x.sqrt())
    assert check.passed
    assert not check.undecided


def test_a_deep_expression_needs_no_recursion():
    x = Value(1.0, label="x")
    node = x
    for _ in range(5_000):
        node = node + 1.0
    assert check_expression(node * x, wrt=x).passed


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: check_expression(3.0), TypeError, "value: got float"),
        (lambda x: check_expression(x * 2, order=3), ValueError, "order: got 3"),
        (lambda x: check_expression(x * 2, order=True), ValueError, "order: got True"),
        (lambda x: check_expression(x * 2, wrt=[]), ValueError, "wrt: got no Value"),
        (lambda x: check_expression(x * 2, wrt=[1.0]), TypeError, r"wrt\[0\]: got float"),
        (lambda x: check_expression(x * 2, wrt=Value(1.0)), ValueError, "expected a leaf"),
    ],
)
def test_unusable_expressions_get_one_line(call, error, message):
    with pytest.raises(error, match=message) as failure:
        call(Value(1.0, label="x"))
    assert "\n" not in str(failure.value)


def test_an_expression_whose_leaves_were_changed_is_refused():
    x = Value(1.0, label="x")
    value = x * x
    x.data = 2.0
    with pytest.raises(ValueError, match="build the expression again"):
        check_expression(value)


def test_a_check_is_true_if_it_passed():
    check = check_gradient(np.sum, np.ones_like, [1.0])
    assert isinstance(check, GradientCheck)
    assert bool(check) is check.passed is True


@pytest.mark.parametrize("seed", range(8))
def test_a_textbook_cost_with_h_near_1_is_no_false_alarm(seed):
    """log(1 − h) at z of 20 to 30 is a staircase: smooth where one looks closely, and flat."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(6, 3))
    theta = rng.normal(size=3)
    theta *= rng.uniform(20.0, 30.0) / np.max(X @ theta)
    y = (np.arange(6) != np.argmax(X @ theta)).astype(float)  # the largest z has y = 0
    y[X @ theta < -20] = 0.0

    def h(t):
        return 1 / (1 + np.exp(-(X @ t)))

    def cost(t):
        with np.errstate(all="ignore"):
            return -np.sum(np.where(y == 1, np.log(h(t)), np.log(1 - h(t))))

    check = check_gradient(cost, lambda t: X.T @ (h(t) - y), theta)
    assert not check.wrong, str(check)
    assert not check_gradient(cost, lambda t: 3 * X.T @ (h(t) - y), theta).passed


@pytest.mark.parametrize("size", [1, 7])
def test_evaluations_are_the_calls_of_the_cost(size):
    calls = []

    def cost(t):
        calls.append(t)
        return float(np.sum(np.sin(t)))

    check = check_gradient(cost, np.cos, np.linspace(0.1, 1.2, size))
    assert check.passed
    assert check.evaluations == len(calls)
