"""The fast numerical estimate is the plain one: differences of the same cost, to rounding."""

import mpmath
import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork, backprop_gradient, numerical_gradient
from micrograd_bp.comparison.rounding import rounding_bounds
from micrograd_bp.gradients import numerical_fast
from micrograd_bp.gradients.numerical import COMPLEX_STEP, SCHEMES, estimate

NETWORKS = {
    "no hidden layer": ([3, 1], 7, 0.5),
    "one": ([4, 5, 3], 40, 1.0),
    "two": ([3, 4, 2, 3], 30, 0.0),
    "three, several blocks of examples": ([2, 3, 2, 3, 2], 2500, 3.0),
}


def problem(name, scale=1.0):
    sizes, m, lambda_ = NETWORKS[name]
    rng = np.random.default_rng(5)
    net = SigmoidNetwork(sizes, seed=1)
    net.theta = scale * net.theta
    X = rng.normal(size=(m, sizes[0]))
    Y = rng.uniform(size=(m, sizes[-1]))  # any targets from 0 to 1, not only classes
    return net, X, Y, lambda_


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_plain_loop_serves_any_cost_of_a_vector(scheme):
    """Of x³y its derivatives are 3x²y and x³; the differences have errors that are known, too."""
    theta, e = np.array([2.0, 5.0]), 2.0**-10
    slopes = estimate(lambda t: t[0] ** 3 * t[1], theta, e, scheme)
    x, y = theta
    error = {"two-sided": y * e**2, "one-sided": 3 * x * y * e + y * e**2, "complex-step": 0.0}
    np.testing.assert_allclose(slopes, [3 * x**2 * y + error[scheme], x**3], rtol=1e-12)
    some = estimate(lambda t: t[0] ** 3 * t[1], theta, e, scheme, [1])
    assert np.isnan(some[0])
    assert some[1] == slopes[1]


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_fast_estimate_beyond_the_rounding_of_J_contradicts_the_plain_loop(
    monkeypatch, name, scheme, sign
):
    """An error of one value of J by 30 times what an independent analysis allows is caught."""
    net, X, Y, lambda_ = problem(name)
    bounds = rounding_bounds(net, X, Y, lambda_)
    error = 30.0 * bounds.cost
    if scheme == "complex-step":
        error = 1j * COMPLEX_STEP * 100.0 * max(D.max() for D in bounds.D)
    right = numerical_fast._Problem.costs

    def wrong(*task):
        first, *rest = right(*task)
        return [first + sign * error, *rest]

    monkeypatch.setattr(numerical_fast._Problem, "costs", wrong)
    with pytest.raises(RuntimeError, match=r"^numerical: at θ.* contradicts the plain loop"):
        numerical_gradient(net, X, Y, lambda_, scheme=scheme)


def test_the_step_is_the_courses_unless_another_is_given():
    """Of x³ at 0 the two-sided difference is ε²."""
    assert estimate(lambda t: t[0] ** 3, np.zeros(1))[0] == pytest.approx(1e-8)
    net, X, Y, _ = problem("one")
    found = numerical_gradient(net, X, Y).vector
    index = 5
    plus, minus = (cost_with(net, X, Y, 0.0, index, s) for s in (1e-4, -1e-4))
    assert found[index] == pytest.approx((plus - minus) / 2e-4, rel=1e-7)


@pytest.mark.parametrize("sizes", [[3, 2], [3, 4, 2], [2, 3, 3, 1]])
@pytest.mark.parametrize("inputs", [1e-4, 1.0, 1e4])
def test_rounding_is_that_of_an_independent_analysis_where_slopes_are_largest(sizes, inputs):
    """At θ = 0 every g' is ¼, which the one takes for granted and the other computes."""
    net = SigmoidNetwork(sizes, init=1e-6, seed=0)
    X = inputs * np.ones((4, sizes[0]))
    Y = np.zeros((4, sizes[-1]))
    J = numerical_fast._Cost(net.shapes, X, Y, 0.0)
    total, _ = J.rounding(net.theta, X[0], net.cost(X, Y))
    assert 0.25 < total / rounding_bounds(net, X, Y, 0.0).cost < 4.0
    for p in (0, net.theta.size - 1):
        step = 1j * COMPLEX_STEP * (np.arange(net.theta.size) == p)
        _, change = J.rounding(net.theta + step, X[0], net.cost(X, Y))
        layer, index = (0, (0, 0)) if p == 0 else (-1, (-1, -1))
        bound = rounding_bounds(net, X, Y, 0.0).D[layer][index]
        assert change > 0.1 * bound
        if p:  # of the last weight no other layer's bounds add up
            assert change < 10.0 * bound


def cost_with(net, X, Y, lambda_, index, step):
    moved = SigmoidNetwork(thetas=net.thetas)
    theta = net.theta
    theta[index] += step
    moved.theta = theta
    return moved.cost(X, Y, lambda_)


@pytest.mark.parametrize("scale", [1.0, 8.0])
@pytest.mark.parametrize("epsilon", [1e-4, 1e-2, 3.0])
@pytest.mark.parametrize("name", NETWORKS)
def test_estimates_are_differences_of_the_plain_cost(name, epsilon, scale):
    net, X, Y, lambda_ = problem(name, scale)
    two_sided = numerical_gradient(net, X, Y, lambda_, epsilon).vector
    one_sided = numerical_gradient(net, X, Y, lambda_, epsilon, scheme="one-sided").vector
    at = net.cost(X, Y, lambda_)
    for index in range(len(net.theta)):
        plus, minus = (cost_with(net, X, Y, lambda_, index, s) for s in (epsilon, -epsilon))
        # both values of J carry the rounding of J at most, there and here
        rounding = 2.0 * rounding_bounds(net, X, Y, lambda_).cost * max(plus, minus, at) / at
        assert abs(two_sided[index] - (plus - minus) / (2 * epsilon)) <= rounding / epsilon
        assert abs(one_sided[index] - (plus - at) / epsilon) <= 2.0 * rounding / epsilon


@pytest.mark.parametrize("name", NETWORKS)
def test_complex_step_has_no_error_but_that_of_arithmetic(name):
    net, X, Y, lambda_ = problem(name)
    estimate = numerical_gradient(net, X, Y, lambda_, scheme="complex-step")
    expected = backprop_gradient(net, X, Y, lambda_).vector
    np.testing.assert_allclose(estimate.vector, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("epsilon", [2000.0, 1e5])
def test_steps_across_all_bounds_give_the_plain_values(epsilon):
    net, X, Y, _ = problem("no hidden layer")
    estimate = numerical_gradient(net, X, Y, 0.0, epsilon).vector
    for index in range(len(net.theta)):
        plus, minus = (cost_with(net, X, Y, 0.0, index, s) for s in (epsilon, -epsilon))
        plain = (plus - minus) / (2 * epsilon)
        assert estimate[index] == pytest.approx(plain, rel=1e-12, abs=1e-13)


def test_saturated_units_keep_their_digits():
    """z = 60 on the right side: J ≈ e⁻⁶⁰, and its slope −e⁻⁶⁰, by mere differences."""
    net = SigmoidNetwork(thetas=[[[60.0, 0.0]]])
    D = numerical_gradient(net, [[1.0]], [1], epsilon=1e-3).D[0]
    np.testing.assert_allclose(D, [[-np.exp(-60.0)] * 2], rtol=1e-6)


@pytest.mark.parametrize("z", [700.0, -700.0])
def test_weighted_inputs_of_700_are_finite(z):
    net = SigmoidNetwork(thetas=[[[z, 0.0]], [[0.5, 1.0]]])
    for scheme in SCHEMES:
        assert np.all(np.isfinite(numerical_gradient(net, [[1.0]], [1], scheme=scheme).vector))


def test_a_sample_has_the_bits_of_the_whole():
    net, X, Y, lambda_ = problem("two")
    whole = numerical_gradient(net, X, Y, lambda_).vector
    some = [0, 3, 11, 16, 20, len(whole) - 1]
    sample = numerical_gradient(net, X, Y, lambda_, parameters=some)
    np.testing.assert_allclose(sample.vector[some], whole[some], rtol=0, atol=1e-11)
    assert np.isnan(np.delete(sample.vector, some)).all()
    assert sample.parameters.tolist() == some


def test_small_blocks_and_tasks_change_nothing_but_rounding(monkeypatch):
    net, X, Y, lambda_ = problem("one")
    whole = numerical_gradient(net, X, Y, lambda_).vector
    monkeypatch.setattr(numerical_fast, "BLOCK_NUMBERS", 100)
    monkeypatch.setattr(numerical_fast, "BLOCK_EXAMPLES", 7)
    monkeypatch.setattr(numerical_fast, "TASK_NUMBERS", 1000)
    calls = []
    progress = lambda done, total: calls.append((done, total))  # noqa: E731
    parts = numerical_gradient(net, X, Y, lambda_, progress=progress).vector
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-11)
    assert len(calls) > 5
    assert calls == sorted(calls)
    assert calls[-1] == (len(whole), len(whole))


@pytest.mark.parametrize("count", [1, 2, 3, 10, 511, 1500])
@pytest.mark.parametrize("size", [1e-300, 1e-17, 1e-3, 1.0])
def test_one_logarithm_of_a_product_has_the_digits_of_the_sum_of_logarithms(count, size):
    e = size * np.random.default_rng(0).uniform(size=(count, 1, 3))
    with mpmath.workdps(60):
        exact = [mpmath.fsum(mpmath.log1p(mpmath.mpf(v)) for v in column) for column in e[:, 0].T]
    found = np.log1p(numerical_fast._product(e.copy())).sum(axis=(0, 1))
    bound = (count + 12) * 2.0**-53  # what a sum of the logarithms may be off by
    assert all(abs(a - b) <= bound * b for a, b in zip(found.tolist(), exact, strict=True))
