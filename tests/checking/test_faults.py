"""Gradients that are wrong and hard to see, and right ones that are easy to suspect.

Each kind of trouble has several members; what is right is known on paper.
"""

import math
import warnings

import numpy as np
import pytest

from micrograd_bp import Value, check_expression, check_gradient
from micrograd_bp.testing import assert_gradient

SEEDS = range(2)


def outcomes(cost, gradient, theta, **options):
    theta = np.array(theta, dtype=float)
    return {check_gradient(cost, gradient, theta, seed=s, **options).outcome for s in SEEDS}


def never_right(cost, gradient, theta, **options):
    return "right" not in outcomes(cost, gradient, theta, **options)


# Signal is not noise


def logistic(features):
    """Σ log(1 + e^(θx)) at θ ≈ 1/x: steep in θ, smooth in θx."""
    x = np.asarray(features)

    def cost(t):
        return float(np.sum(np.logaddexp(0.0, t[0] * x)))

    def gradient(t):
        return np.array([np.sum(x / (1.0 + np.exp(-t[0] * x)))])

    return cost, gradient, [1.3 / float(np.max(x))]


@pytest.mark.parametrize("size", [5e4, 3e5, 1e7, 1e12])
@pytest.mark.parametrize("factor", [0.0, -1.0, 1.2, 1.001])
def test_a_steep_logistic_regression_with_a_wrong_factor_is_wrong(size, factor):
    cost, gradient, theta = logistic(size * np.array([1.0, 0.6, -0.3]))
    assert outcomes(cost, gradient, theta) == {"right"}
    assert outcomes(cost, lambda t: factor * gradient(t), theta) == {"wrong"}


@pytest.mark.parametrize(
    ("amplitude", "omega"), [(1e-3, 1e3), (1e-5, 1e5), (1e-4, 1e6), (1e-8, 1e8), (1.0, 30.0)]
)
def test_a_forgotten_oscillation_is_missed_by_none(amplitude, omega):
    def cost(t):
        return float(np.sin(t[0]) + amplitude * np.sin(omega * t[0]))

    def gradient(t):
        return np.cos(t) + amplitude * omega * np.cos(omega * t)

    assert outcomes(cost, gradient, [0.5]) == {"right"}
    assert never_right(cost, np.cos, [0.5])


@pytest.mark.parametrize("theta", [1.1e-3, 0.7e-3, 2e-4])
@pytest.mark.parametrize("error", [0.01, -0.01, 1e-4])
def test_a_fast_sine_with_a_small_error_is_wrong(theta, error):
    def gradient(t):
        return 1000.0 * np.cos(1000.0 * t)

    cost = lambda t: float(np.sin(1000.0 * t[0]))  # noqa: E731
    assert outcomes(cost, gradient, [theta]) == {"right"}
    assert outcomes(cost, lambda t: (1.0 + error) * gradient(t), [theta]) == {"wrong"}


@pytest.mark.parametrize("theta", [1e10, 3e9, 1e12, 1e6])
def test_a_gradient_that_varies_beside_theta_is_not_excused_by_that(theta):
    cost = lambda t: float(np.sin(t[0]))  # noqa: E731
    for factor in (-1.0, 1.01, 0.0):
        assert never_right(cost, lambda t, f=factor: f * np.cos(t), [theta])
    assert "wrong" not in outcomes(cost, np.cos, [theta])


# Periods


@pytest.mark.parametrize("power", [6, 8, 10, 14])
@pytest.mark.parametrize("theta", [0.7, 0.5, 0.25])
def test_a_period_of_a_power_of_two_hides_nothing(power, theta):
    omega = 2.0**power * np.pi

    def cost(t):
        return float((t[0] - 0.3) ** 2 + 0.01 * np.sin(omega * t[0]))

    def gradient(t):
        return 2.0 * (t - 0.3) + 0.01 * omega * np.cos(omega * t)

    assert never_right(cost, lambda t: 2.0 * (t - 0.3), [theta])
    assert outcomes(cost, gradient, [theta]) == {"right"}


# Kinks


@pytest.mark.parametrize(
    ("kinked", "its_slope"),
    [
        (np.abs, np.sign),
        (lambda t: np.maximum(t, 0.0), lambda t: 1.0 * (t > 0.0)),
        (lambda t: np.maximum(0.1 * t, t), lambda t: np.where(t > 0.0, 1.0, 0.1)),
        (lambda t: 3.0 * np.abs(t) + t**2, lambda t: 3.0 * np.sign(t) + 2.0 * t),
        (lambda t: -np.minimum(t, 0.0), lambda t: -1.0 * (t < 0.0)),
    ],
    ids=["lasso", "relu", "leaky relu", "elastic net", "hinge"],
)
@pytest.mark.parametrize("error", [lambda g: 2.0 * g, lambda g: 0.0 * g, lambda g: g[::-1]])
def test_kinks_elsewhere_excuse_no_direction(kinked, its_slope, error):
    rng = np.random.default_rng(0)
    theta = rng.normal(size=2000)
    theta[rng.choice(2000, size=80, replace=False)] = 0.0

    def cost(t):
        return float(np.sum(kinked(t)) + np.sum(np.sin(t)))

    def gradient(t):
        return its_slope(t) + np.cos(t)

    sampled = np.sort(rng.choice(2000, size=40, replace=False))

    def wrong(t):
        mistaken = error(gradient(t))
        mistaken[sampled] = gradient(t)[sampled]
        return mistaken

    assert check_gradient(cost, gradient, theta, parameters=sampled).passed
    assert check_gradient(cost, wrong, theta, parameters=sampled).outcome == "wrong"


@pytest.mark.parametrize("place", [5, 700, 1_499])
@pytest.mark.parametrize("factor", [1.01, 0.0, -1.0])
def test_kinks_that_nobody_asked_about_hide_no_single_error(place, factor):
    """Twelve parameters are 0 under |t|: a direction without them is found, with all others."""
    theta = np.random.default_rng(1).normal(size=1_500)
    theta[::125] = 0.0

    def gradient(t):
        return np.sign(t) + np.cos(t)

    def wrong(t):
        slopes = gradient(t)
        slopes[place] *= factor
        return slopes

    def judged(g, **more):
        return check_gradient(lambda t: float(np.sum(np.abs(t) + np.sin(t))), g, theta, **more)

    chosen = np.arange(10, 30)
    assert judged(gradient, parameters=chosen).passed
    assert judged(wrong, parameters=chosen).outcome == "wrong"
    at_a_kink = gradient(theta)
    at_a_kink[250] = 5.0
    assert [slope.index for slope in judged(at_a_kink, parameters=chosen).wrong] == [250]


@pytest.mark.parametrize("distance", [1e-3, 1e-5, 1e-7, 1e-9])
@pytest.mark.parametrize("both", [True, False])
def test_kinks_beside_theta_excuse_no_error(distance, both):
    def cost(t):
        far = abs(t[0] + 1.7 * distance) if both else 0.0
        return float(np.sin(t[0]) + abs(t[0] - distance) + far)

    slope = 1.0 - 1.0 + float(both)
    assert "wrong" not in outcomes(cost, np.array([slope]), [0.0])
    for error in (0.3, -0.3, 0.01):
        assert never_right(cost, np.array([slope + error]), [0.0])


@pytest.mark.parametrize(
    ("cost", "possible", "impossible"),
    [
        (lambda t: max(t[0], t[1]), [(1, 0), (0, 1), (0.5, 0.5)], [(1, 1), (0, 0)]),
        (lambda t: min(t[0], t[1]), [(1, 0), (0, 1), (0.3, 0.7)], [(1, 1), (0, 0)]),
        (lambda t: abs(t[0] - t[1]), [(1, -1), (-1, 1), (0, 0)], [(1, 1), (-1, -1)]),
        (lambda t: max(t[0] + 3 * t[1], 4 * t[1]), [(1, 3), (0, 4)], [(0, 3), (1, 4)]),
        (lambda t: max(t[0], 0) - max(t[1], 0), [(0, 0), (1, -1), (1, 0)], [(2, 0), (0, 1)]),
    ],
)
def test_subgradients_at_a_tie_are_possible_together(cost, possible, impossible):
    for slopes in possible:
        assert outcomes(cost, np.array(slopes, float), [0.0, 0.0]) == {"right"}, slopes
    for slopes in impossible:
        assert never_right(cost, np.array(slopes, float), [0.0, 0.0]), slopes


@pytest.mark.parametrize("gap", [1e-9, -1e-9, 1e-7])
def test_a_near_tie_has_one_gradient(gap):
    def cost(t):
        return float(max(t[0], t[1]) + np.sin(t[0]))

    right = np.array([1.0 + float(gap > 0), float(gap < 0)])
    right[0] = np.cos(gap) + float(gap > 0)
    assert "wrong" not in outcomes(cost, right, [gap, 0.0])
    assert never_right(cost, right + np.array([0.5, -0.5]), [gap, 0.0])
    assert never_right(cost, right - np.array([1.0, -0.5]), [gap, 0.0])


@pytest.mark.parametrize("slope", [0.0, 1.0])
@pytest.mark.parametrize("jump", [1.0, 1e-3, -5.0])
def test_a_jump_at_theta_confirms_no_slope(slope, jump):
    assert never_right(lambda t: jump * (t[0] > 0.0) + slope * t[0], np.array([slope]), [0.0])
    assert never_right(lambda t: jump * (t[0] >= 0.3) + t[0], np.array([0.0]), [0.3])


@pytest.mark.parametrize("height", [1e-13, 1e-11, 1e-9, 1e-6])
@pytest.mark.parametrize(
    ("f", "df"),
    [
        (lambda t: t**3, lambda t: 3.0 * t**2),
        (np.exp, np.exp),
        (np.tan, lambda t: 1.0 + np.tan(t) ** 2),
    ],
)
def test_small_steps_in_a_smooth_cost_make_its_slope_between_them_no_wrong_one(height, f, df):
    """From step to step the cost rises by 1000 × their height more than between two steps."""

    def cost(t):
        return float(np.sum(f(t)) + height * np.floor(1e3 * t[0]))

    theta = [0.8312, 0.4]
    assert "wrong" not in outcomes(cost, df, theta)
    assert never_right(cost, lambda t: df(t) * (1.0 + 1e5 * height + 1e-6), theta)


@pytest.mark.parametrize("weight", [24.0, 27.0, 31.0])
def test_stairs_of_the_logarithm_of_one_minus_h_make_no_right_gradient_wrong(weight):
    """log(1 − h) of an h near 1 has stairs of a percent and more, with slopes of their own."""
    X = np.random.default_rng(6).normal(size=(25, 3))
    X[:3] = np.abs(X[:3])

    def cost(t):
        h = 1.0 / (1.0 + np.exp(-X @ t))
        return float(-np.mean(np.log(np.clip(1.0 - h, 1e-15, 1.0))))

    def gradient(t):
        h = 1.0 / (1.0 + np.exp(-X @ t))
        return X.T @ (h * (1.0 - h > 1e-15)) / 25.0

    assert "wrong" not in outcomes(cost, gradient, weight * np.array([0.5, 0.6, -0.4]))


# Edges of a domain


@pytest.mark.parametrize(
    "cost",
    [
        lambda t: t[0] * math.log(t[0]) if t[0] > 0.0 else (0.0 if t[0] == 0.0 else math.nan),
        lambda t: math.sqrt(t[0]),
        lambda t: t[0] ** 0.99 if t[0] >= 0.0 else math.inf,
        lambda t: math.acos(1.0 - t[0]),
    ],
    ids=["t log t", "√t", "t^0.99", "arccos(1 − t)"],
)
@pytest.mark.parametrize("slope", [0.0, 1.0, -30.0, 1e5])
def test_where_the_slope_is_infinite_no_number_is_right(cost, slope):
    assert never_right(lambda t: cost(t) + t[1], np.array([slope, 1.0]), [0.0, 1.0])


@pytest.mark.parametrize(
    ("cost", "slope", "theta"),
    [
        (lambda t: 3.0 * t[0] if t[0] >= 0.0 else math.nan, 3.0, 0.0),
        (lambda t: math.exp(t[0]) if t[0] <= 0.0 else math.nan, 1.0, 0.0),
        (lambda t: t[0] ** 2 if t[0] >= 2.0 else math.inf, 4.0, 2.0),
        (lambda t: math.asin(t[0] - 1.0) if t[0] <= 1.0 else 1 / 0, 1.0, 1.0),
    ],
)
def test_a_cost_with_values_on_one_side_has_the_slope_of_that_side(cost, slope, theta):
    assert outcomes(cost, np.array([slope]), [theta]) == {"right"}
    for wrong in (0.0, -slope, 1.01 * slope):
        assert outcomes(cost, np.array([wrong]), [theta]) == {"wrong"}


@pytest.mark.parametrize("bounds", [(0.0, None), (0.0, 5.0), ([0.0, 0.0], [9.0, 9.0])])
def test_the_cost_is_not_asked_outside_bounds(bounds):
    asked = []

    def cost(t):
        asked.append(t.copy())
        return float(np.sum(np.cos(t) + 2.0 * t))

    def gradient(t):
        return 2.0 - np.sin(t)

    assert outcomes(cost, gradient, [0.0, 1.0], bounds=bounds) == {"right"}
    assert outcomes(cost, lambda t: 1.01 * gradient(t), [0.0, 1.0], bounds=bounds) == {"wrong"}
    assert np.min(asked) >= 0.0
    with pytest.raises(ValueError, match=r"bounds: got 0 .* theta\[0\], which is -1"):
        check_gradient(cost, gradient, [-1.0, 1.0], bounds=bounds)


# Scales


@pytest.mark.parametrize("s", [1e-15, 1e-12, 1e-9, 1e9, 1e15])
@pytest.mark.parametrize(
    ("f", "df"),
    [
        (lambda u: (np.log(u) - 1.0) ** 2, lambda u: 2.0 * (np.log(u) - 1.0) / u),
        (lambda u: 1.0 / (1.0 + u**2), lambda u: -2.0 * u / (1.0 + u**2) ** 2),
        (lambda u: np.tanh(u), lambda u: 1.0 / np.cosh(u) ** 2),
        (lambda u: u * np.exp(-u), lambda u: (1.0 - u) * np.exp(-u)),
    ],
)
def test_the_scale_is_that_of_the_cost(s, f, df):
    def cost(t):
        with np.errstate(all="ignore"):
            return float(f(t[0] / s))

    def gradient(t):
        return df(t / s) / s

    assert outcomes(cost, gradient, [0.8 * s]) == {"right"}
    for factor in (-1.0, 0.0, 2.0, 1.001):
        assert outcomes(cost, lambda t, k=factor: k * gradient(t), [0.8 * s]) == {"wrong"}


@pytest.mark.parametrize("factor", [2.0, 0.5, -1.0, 0.0])
def test_tiny_and_huge_parameters_side_by_side(factor):
    units = np.array([1e-9, 1e9, 1.0, 1e-12])

    def cost(t):
        return float(np.sum(np.sin(t / units + 0.4)))

    def gradient(t):
        return np.cos(t / units + 0.4) / units

    theta = units * np.array([0.7, 0.9, -0.5, 0.3])
    assert outcomes(cost, gradient, theta) == {"right"}
    assert outcomes(cost, lambda t: factor * gradient(t), theta) == {"wrong"}


@pytest.mark.parametrize("s", [1e70, 1e90, 1e100, 1e140])
@pytest.mark.parametrize(
    "f", [lambda u: np.sin(u) + np.cos(u), lambda u: 3.0 + np.tanh(u), lambda u: 2.0 + np.sin(u)]
)
def test_a_slope_that_shows_at_steps_between_two_that_are_tried_is_not_zero(s, f):
    """From 2¹⁰⁴ to 2²⁰⁸ and 2⁴¹⁶ nothing is tried, where f(θ/s) goes from flat to anything."""
    cost = lambda t: float(np.sum(f(t / s)))  # noqa: E731
    assert "wrong" not in outcomes(cost, np.full(2, 1.0 / s), [0.0, 0.0])
    assert never_right(cost, np.zeros(2), [0.0, 0.0])
    assert never_right(cost, np.array([1.0 / s, 0.0]), [0.0, 0.0])


@pytest.mark.parametrize("s", [1e6, 1e9, 1e12])
@pytest.mark.parametrize("f", [np.sin, np.tanh, np.arctan, lambda u: u * (1.0 + u)])
def test_a_slope_that_shows_at_large_steps_only_is_not_zero(s, f):
    """1 + f(θ/s) at 0 has the slope 1/s there, below the noise of 1 at a step of 1."""

    def cost(t):
        return float(1e4 + f(t[0] / s))

    assert outcomes(cost, np.array([1.0 / s]), [0.0]) == {"right"}
    assert never_right(cost, np.zeros(1), [0.0])
    assert never_right(cost, np.array([2.0 / s]), [0.0])


def test_dead_units_cost_no_more_evaluations_than_live_ones():
    theta = np.random.default_rng(1).normal(size=40)

    def evaluations(cost, gradient):
        check = check_gradient(lambda t: np.sum(cost(t)), gradient, theta)
        assert check.passed, str(check)
        return check.evaluations

    live = evaluations(lambda t: t * np.abs(t), lambda t: 2.0 * np.abs(t))
    dead = evaluations(lambda t: t * np.maximum(t, 0.0), lambda t: 2.0 * np.maximum(t, 0.0))
    assert dead < 1.3 * live


# Nothing decided is nothing passed


@pytest.mark.parametrize("offset", [1e16, -1e17, 1e20])
def test_a_check_in_which_nothing_is_decided_has_not_passed(offset):
    check = check_gradient(lambda t: offset + np.sum(t), np.ones_like, [0.25, 0.5])
    assert check.outcome == "undecided"
    assert not check.passed
    assert not check
    with pytest.raises(AssertionError):
        assert_gradient(lambda t: offset + np.sum(t), np.ones_like, [0.25, 0.5])


def test_every_block_of_parameters_needs_a_decided_slope():
    theta = {"seen": np.array([0.5, 1.0]), "drowned": np.array([1e-9, 2e-9])}

    def cost(p):
        return float(np.sum(np.sin(p["seen"])) + 1e-17 * np.sum(p["drowned"] ** 2))

    gradient = {"seen": np.cos(theta["seen"]), "drowned": 2e-17 * theta["drowned"]}
    check = check_gradient(cost, gradient, theta)
    assert check.outcome == "undecided"
    assert {slope.block for slope in check.undecided if slope.index is not None} == {"drowned"}
    assert check_gradient(lambda p: cost(p), gradient, theta, parameters=[0, 1]).passed


# Arrays


@pytest.mark.parametrize("factor", [-5.0, 0.0, 2.0, 1.001])
@pytest.mark.parametrize("ratio", [1e-10, 1e-6, 1e-13])
def test_a_small_entry_of_an_array_has_a_tolerance_of_its_own(factor, ratio):
    theta = np.array([0.4, 0.7])
    units = np.array([1.0, 1.0 / ratio])  # the second is small, as its unit is large

    def cost(t):
        return float(np.sin(t[0]) + np.sin(t[1] / units[1]))

    right = np.cos(theta / units * [1.0, units[1]]) * [1.0, ratio]
    right[1] = np.cos(theta[1]) * ratio
    at = theta * units
    assert check_gradient(cost, right, at).passed
    assert not check_gradient(cost, right * [1.0, factor], at).passed


# False alarms


def test_a_bend_in_the_last_digits_is_no_kink():
    """The second derivative of arctan, whose own rounding looks like a bend of 1e-11."""
    x = Value(-2.0809874517499782)
    check = check_expression(x.arctan(), order=2)
    assert check.outcome == "right"
    assert not check.kinks


@pytest.mark.parametrize("error", [0.6, 0.75, 0.95])
def test_what_only_the_worst_noise_explains_is_not_confirmed(error):
    """In the outer half of a wide bar a slope is neither right nor wrong."""
    theta = np.array([0.5, 1.0])

    def cost(t):
        return float(np.sum(np.sin(t.astype(np.float32)), dtype=np.float32))

    right = check_gradient(cost, np.cos(theta), theta)
    assert right.passed
    given = np.array([s.numeric + error * s.error_bar for s in right.parameters])
    again = check_gradient(cost, given, theta)
    assert {s.status for s in again.parameters} == {"undecided"}
    assert not again.passed


def test_exp_near_the_largest_float_is_right():
    for theta in ([709.7], [709.0, 700.0], [-700.0, 709.7]):
        cost = lambda t: float(np.sum(np.exp(t)))  # noqa: E731
        assert outcomes(cost, np.exp, theta) == {"right"}
        assert outcomes(cost, lambda t: 1.01 * np.exp(t), theta) == {"wrong"}


@pytest.mark.parametrize("power", [0.1, 0.3, 0.5, 0.05])
def test_a_slope_that_falls_to_zero_slowly_is_not_called_wrong(power):
    cost = lambda t: float(t[0] * abs(t[0]) ** power)  # noqa: E731
    assert "wrong" not in outcomes(cost, np.zeros(1), [0.0])


@pytest.mark.parametrize("theta", [1e308, -1.7e308, 1e300, 5e-324])
def test_extreme_parameters_warn_of_nothing(theta):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check = check_gradient(lambda t: float(np.arctan(t[0])), np.zeros(1), [theta])
        assert check_gradient(lambda t: 2.0, np.zeros(1), [theta]).passed
    assert check.outcome in ("right", "wrong", "undecided")


@pytest.mark.parametrize("text", ["1.0", b"1.0", np.array("1.0"), np.str_("2")])
def test_text_is_no_cost(text):
    with pytest.raises(TypeError, match="cost: got"):
        check_gradient(lambda t: text, np.zeros(1), [1.0])


def test_the_note_on_nondeterminism_shows_two_different_numbers():
    state = [0]

    def cost(t):
        state[0] += 1
        return 5.0 + 1e-12 * (state[0] % 2)

    (note,) = check_gradient(cost, np.zeros(1), [1.0]).notes
    assert "gave 5.0 and 5.000000000001 for" in note


@pytest.mark.parametrize("level", [1e-6, 1e-3])
def test_known_noise_enters_the_bars_and_is_no_nondeterminism(level):
    rng = np.random.default_rng(0)

    def cost(t):
        return float(np.sum(np.sin(t)) + level * rng.normal())

    theta = [0.5, 1.0]
    assert check_gradient(cost, np.cos, theta).outcome == "nondeterministic"
    check = check_gradient(cost, np.cos, theta, noise=level)
    assert not check.wrong
    assert min(slope.error_bar for slope in check.parameters) > level
    assert check_gradient(cost, lambda t: 2.0 * np.cos(t), theta, noise=level).outcome == "wrong"
    with pytest.raises(ValueError, match="noise: got -1"):
        check_gradient(cost, np.cos, theta, noise=-1.0)


@pytest.mark.parametrize(
    ("cost", "pieces", "theta"),
    [
        (np.max, np.eye(3), [-1.5, -1.5, -1.5]),
        (np.min, np.eye(3), [0.7, 0.7, 0.7]),
        (lambda t: max(3.0 * t[0], t[1]), np.array([[3.0, 0.0], [0.0, 1.0]]), [0.25, 0.75]),
        (lambda t: max(t[0], -t[1]), np.array([[1.0, 0.0], [0.0, -1.0]]), [0.4, -0.4]),
    ],
    ids=["max of three", "min of three", "scaled", "signed"],
)
def test_at_any_tie_the_weights_of_the_pieces_add_up_to_one(cost, pieces, theta):
    def total(t):
        return float(cost(t) + np.sum(np.sin(t)))

    def mixed(sum_of_weights):
        weights = np.full(len(pieces), sum_of_weights / len(pieces))
        return lambda t: weights @ pieces + np.cos(t)

    assert outcomes(total, mixed(1.0), theta) == {"right"}
    for wrong in (1.01, 0.99, 1.2, 0.0):
        assert never_right(total, mixed(wrong), theta)


@pytest.mark.parametrize("s", [1e200, 1e300])
def test_a_scale_whose_square_overflows_is_judged_like_any_other(s):
    cost = lambda t: float(np.sum(np.tanh(t / s)))  # noqa: E731
    theta = np.array([0.7, 1.3]) * s
    assert outcomes(cost, lambda t: 1.0 / np.cosh(t / s) ** 2 / s, theta) == {"right"}
    for factor in (0.0, -1.0, 1.01):
        wrong = lambda t, k=factor: k / np.cosh(t / s) ** 2 / s  # noqa: E731
        assert outcomes(cost, wrong, theta) == {"wrong"}


@pytest.mark.parametrize("s", [1e-30, 1e-100])
@pytest.mark.parametrize(
    ("f", "df"),
    [
        (lambda u: u**2, lambda u: 2.0 * u),
        (lambda u: np.logaddexp(0.0, u), lambda u: 1.0 / (1.0 + np.exp(-u))),
    ],
    ids=["parabola", "softplus"],
)
def test_a_parameter_far_smaller_than_any_step_is_not_taken_for_zero(s, f, df):
    cost = lambda t: float(np.sum(f(t / s)))  # noqa: E731
    theta = np.array([0.7, 1.3]) * s
    assert outcomes(cost, lambda t: df(t / s) / s, theta) == {"right"}
    for factor in (0.0, -1.0, 1.2):
        assert never_right(cost, lambda t, k=factor: k * df(t / s) / s, theta)


@pytest.mark.parametrize("distance", [1e-8, -1e-8, 1e-10, -1e-10])
def test_a_cusp_beside_theta_makes_no_right_gradient_wrong(distance):
    """|t|^1.5 has a slope everywhere, but no series in the step."""
    place = np.array([0.8 + distance, -0.4 + distance])

    def cost(t):
        return float(np.sum(np.sin(t)) + np.sum(np.abs(t - place) ** 1.5))

    def gradient(t):
        return np.cos(t) + 1.5 * np.sqrt(np.abs(t - place)) * np.sign(t - place)

    assert "wrong" not in outcomes(cost, gradient, [0.8, -0.4])
    assert never_right(cost, lambda t: 1.01 * gradient(t), [0.8, -0.4])


@pytest.mark.parametrize(("theta", "s"), [(1e14, 1.0), (0.0, 1e-15), (0.0, 1e-30), (0.3, 1e-15)])
def test_an_oscillation_between_neighbouring_steps_is_no_noise_against_its_slope(theta, s):
    cost = lambda t: float(np.sum(np.sin(t / s) + np.cos(t / s)))  # noqa: E731
    start = np.array([theta, 1.3 * theta])
    right = (np.cos(start / s) - np.sin(start / s)) / s
    assert "wrong" not in outcomes(cost, right, start)


def test_a_slope_that_shows_only_at_steps_of_1e30_is_not_zero():
    def cost(t):
        return float(np.sum(np.sin(t / 1e30) + np.cos(t / 1e30)))

    assert never_right(cost, np.zeros(2), [0.0, 0.0])


@pytest.mark.parametrize("power", [0.1, 0.3])
def test_a_direction_leaves_out_what_was_not_decided_alone(power):
    def cost(t):
        return float(np.sum(t * np.abs(t) ** power) + t[1])

    def gradient(t):
        return (1.0 + power) * np.abs(t) ** power + np.array([0.0, 1.0])

    assert "wrong" not in outcomes(cost, gradient, [0.0, 0.5])
