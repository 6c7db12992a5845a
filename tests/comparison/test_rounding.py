"""The bounds on rounding are bounds, of the exact error as balls know it, and not far too wide."""

import mpmath
import numpy as np
import pytest

from micrograd_bp import (
    SigmoidNetwork,
    autodiff_gradient,
    backprop_gradient,
    compare_gradients,
    numerical_gradient,
)
from micrograd_bp.comparison.derivations import in_balls
from micrograd_bp.comparison.rounding import rounding_bounds, rounding_of_estimate
from micrograd_bp.comparison.witness import Witness
from micrograd_bp.network.sigmoid import unroll
from micrograd_bp.scalar.balls import precision
from micrograd_bp.training.data import iris

from ..conftest import random_case

pytest.importorskip("flint")


def extreme_case(seed):
    """Networks with inputs from 10⁻³ to 10⁶, weights from 10⁻² to 10² and λ up to 10³."""
    rng = np.random.default_rng(seed)
    case = random_case(seed)
    case.net.theta = case.net.theta * 10.0 ** rng.uniform(-2, 2)
    lambda_ = 10.0 ** rng.uniform(-3, 3)
    return case.net, *case.net.data(case.X * 10.0 ** rng.uniform(-3, 6), case.y), lambda_


def shares(net, X, Y, lambda_):
    """Of J, D and δ: the largest error in floating point, by either method, over its bound."""
    bounds = rounding_bounds(net, X, Y, lambda_)
    largest = {"J": 0.0, "D": 0.0, "δ": 0.0}
    with precision(1280):
        for method, exact in zip(
            (autodiff_gradient, backprop_gradient), in_balls(net, X, Y, lambda_), strict=True
        ):
            g = method(net, X, Y, lambda_)
            largest["J"] = max(largest["J"], float(abs(exact.cost - g.cost)) / bounds.cost)
            errors = [float(abs(b - x)) for x, b in zip(g.vector, exact.gradient, strict=True)]
            largest["D"] = max(largest["D"], np.max(errors / unroll(bounds.D)))
            for floats, balls, bound in zip(g.deltas, exact.deltas, bounds.deltas, strict=True):
                if floats is not None:
                    errors = [
                        float(abs(b - x)) for x, b in zip(floats.flat, balls.flat, strict=True)
                    ]
                    largest["δ"] = max(largest["δ"], np.max(errors / bound.ravel()))
    return largest


def test_bounds_hold_for_cost_gradient_and_delta_at_every_scale():
    for seed in range(60):
        found = shares(*extreme_case(seed))
        assert max(found.values()) <= 1.0, (seed, found)


def test_bounds_are_not_a_hundred_times_too_wide():
    found = [shares(*extreme_case(seed)) for seed in range(20)]
    for name in ("J", "D", "δ"):
        assert max(share[name] for share in found) > 0.02, name


def test_the_bound_of_the_estimate_holds_and_is_not_a_hundred_times_too_wide():
    shares = []
    for seed in range(25):
        net, X, Y, lambda_ = extreme_case(seed)
        epsilon = 10.0 ** -(1 + seed % 6)
        witness = Witness(net, X, Y, lambda_, epsilon, np.arange(net.theta.size))
        with precision(128):
            _, rounding = witness.split(numerical_gradient(net, X, Y, lambda_, epsilon).vector)
        bounds = rounding_of_estimate(net, X, Y, lambda_, epsilon)
        shares.append(np.max(np.abs(rounding) / bounds.error))
    assert max(shares) <= 1.0
    assert max(shares) > 0.02


def test_the_penalty_has_its_own_rounding_in_the_bound_of_the_cost():
    """Thousands of weights, one example, a large λ: J is almost all penalty."""
    net = SigmoidNetwork([60, 50, 2], init=3.0, seed=0)
    X, Y = net.data(np.ones((1, 60)), [1])
    with precision(256):
        exact, _ = in_balls(net, X, Y, 1e3)
        errors = [
            float(abs(exact.cost - g(net, X, Y, 1e3).cost))
            for g in (autodiff_gradient, backprop_gradient, numerical_gradient)
        ]
    bound = rounding_bounds(net, X, Y, 1e3).cost
    assert max(errors) <= bound
    assert bound >= net.theta.size * 2.0**-53 * 0.9 * float(exact.cost)


def test_a_feature_that_is_always_zero_leaves_room_for_underflow_only():
    net = SigmoidNetwork([2, 3, 1], seed=0)
    X, Y = net.data([[0.0, 1.0]], [1])
    column = rounding_bounds(net, X, Y, 0.0).D[0][:, 1]
    assert np.all((column >= 2.0**-1022) & (column < 10 * 2.0**-1022))


def by_the_text(net, X, Y, lambda_, off):
    """E(J), E(δ), E(g') and E(D) by the module's formulas, where every weight may be ``off``."""
    u, w, m = mpmath.mpf(2) ** -53, mpmath.mpf(2) ** -1022, len(X)
    absolute = [np.abs(theta) for theta in net.thetas]
    cost, D, deltas, slopes = 0, [0 * theta.astype(object) for theta in net.thetas], [], []
    for x, y in zip(X, Y, strict=True):
        forward = net.forward(x[np.newaxis])
        before, errors, layers = [1, *np.abs(x)], [0] * (len(x) + 1), []
        for theta, z, a in zip(absolute, forward.z[1:], forward.a[1:], strict=True):
            n = theta.shape[1]
            e = [mpmath.exp(-mpmath.mpf(v)) for v in z[0]]
            g = [mpmath.mpf(v) * c / (1 + c) for v, c in zip(a[0], e, strict=True)]
            Ez = [
                sum(
                    t * (E + n * u * b) + off * b
                    for t, E, b in zip(row, errors, before, strict=True)
                )
                + n * w
                for row in theta.tolist()
            ]
            Ea = [s * mpmath.expm1(E) * mpmath.exp(E) + 6 * u * h + w
                  for s, E, h in zip(g, Ez, a[0], strict=True)]  # fmt: skip
            Eg = [abs(1 - 2 * h) * E + E**2 + s * F**2 * mpmath.exp(2 * F) + 12 * u * s + w
                  for s, E, F, h in zip(g, Ea, Ez, a[0], strict=True)]  # fmt: skip
            layers.append((before, errors, g, Eg))
            before, errors = [1, *(h + E for h, E in zip(a[0], Ea, strict=True))], [0, *Ea]
        error = [E + 8 * u * (h + t) + w for E, h, t in zip(Ea, a[0], y, strict=True)]
        size = [abs(h - t) + 2 * E for h, t, E in zip(a[0], y, error, strict=True)]
        cost += sum(d * E for d, E in zip(size, Ez, strict=True)) / m
        for l in reversed(range(len(layers))):
            before, errors, _, _ = layers[l]
            D[l] = D[l] + np.array(
                [[(e * b + d * E + (m + 2) * u * d * b) / m
                  for b, E in zip(before, errors, strict=True)]
                 for e, d in zip(error, size, strict=True)]
            )  # fmt: skip
            if l == 0:
                break
            deltas.append(error)
            g, Eg = layers[l - 1][2:]
            slopes.append(Eg)
            theta, n = absolute[l][:, 1:].T.tolist(), len(absolute[l])
            through = [mpmath.fdot(column, size) for column in theta]
            carried = [mpmath.fdot(column, error) + off * sum(size) for column in theta]
            error = [c * (s + E) + n * w + t * (E + (n + 3) * u * s)
                     for c, t, s, E in zip(carried, through, g, Eg, strict=True)]  # fmt: skip
            size = [t * (s + E) for t, s, E in zip(through, g, Eg, strict=True)]
        deltas.append(error)
    squares = sum(float(np.sum(theta[:, 1:] ** 2)) for theta in net.thetas)
    penalty = lambda_ / (2 * m) * squares
    cost += (m + Y.shape[1] + 12) * u * net.cost(X, Y, lambda_) + net.theta.size * u * penalty
    for part, theta in zip(D, absolute, strict=True):
        part[:, 1:] = part[:, 1:] + lambda_ * (4 * u * theta[:, 1:] + off) / m
    return cost, D, deltas, slopes


@pytest.mark.parametrize(("weights", "inputs"), [(1.0, 1.0), (0.01, 1e3), (20.0, 1e-3), (5.0, 1e6)])
def test_each_bound_is_the_one_that_the_text_derives(weights, inputs):
    """Every count of roundings enters: the formulas of Higham's analysis with 15 digits more."""
    net = SigmoidNetwork([2, 3, 2], seed=3)
    net.theta = net.theta * weights
    X, Y = net.data(np.random.default_rng(3).normal(size=(4, 2)) * inputs, [0, 1, 1, 0])
    some = 1e-4 / max(1.0, inputs) if inputs < 1e6 else 0.0  # far from where bounds are cut at 1
    for lambda_, off in ((0.0, 0.0), (1e-2, 0.0), (1e3, 0.0), (1e-2, some)):
        uncertain = [np.full_like(theta, off) for theta in net.thetas]
        bounds = rounding_bounds(net, X, Y, lambda_, uncertain)
        cost, D, deltas, slopes = by_the_text(net, X, Y, lambda_, off)
        assert bounds.cost == pytest.approx(float(cost), rel=1e-8, abs=0.0)
        for l, part in enumerate(D):
            assert bounds.D[l] == pytest.approx(part.astype(float), rel=1e-8, abs=0.0)
        assert bounds.deltas[2] == pytest.approx(np.array(deltas[0::2], float), rel=1e-8, abs=0.0)
        assert bounds.deltas[1] == pytest.approx(np.array(deltas[1::2], float), rel=1e-8, abs=0.0)
        assert bounds.slopes[1] == pytest.approx(np.array(slopes, float), rel=1e-8, abs=0.0)


def sigmoid(z):
    return 1 / (1 + mpmath.exp(-mpmath.mpf(z)))


@pytest.mark.parametrize("z", [-20.0, 0.0, 20.0])
@pytest.mark.parametrize("error", [1e-9, 0.1, 1.0])
def test_an_uncertain_weight_moves_an_activation_by_no_more_than_the_bound_says(z, error):
    """|g(z ± E) − g(z)|, which the bound exceeds by at most e²ᴱ and the roundings of g."""
    net = SigmoidNetwork(thetas=[[[z, 0.0]]])
    X, Y = net.data([[0.0]], [1])
    bias, bound = rounding_bounds(net, X, Y, 0.0, [np.array([[error, 0.0]])]).activations[1][0]
    assert bias == 0.0  # that unit is 1
    moved = max(abs(sigmoid(z + s * error) - sigmoid(z)) for s in (1, -1))
    assert moved <= bound <= 10 * moved + 1e-14


def test_of_a_weight_that_may_be_anything_nothing_is_known():
    net = SigmoidNetwork(thetas=[[[-700.0, 1.0]], [[0.5, 2.0]]])
    X, Y = net.data([[3.0]], [1])
    with np.errstate(all="raise", under="ignore"):
        bounds = rounding_bounds(net, X, Y, 0.0, [np.full((1, 2), 1e6), np.zeros((1, 2))], step=1e6)
    assert 1.0 <= bounds.activations[1][0, 1] < 1.1
    assert bounds.slopes[1][0, 0] == 0.5
    assert np.all(np.isfinite(bounds.D[1]))


def test_how_far_a_step_moves_a_weighted_input():
    """One weight moved by ε moves z by ε max(1, |x|), and what follows by Θ g' of that."""
    net = SigmoidNetwork(thetas=[[[0.0, 0.0]], [[0.0, 40.0]]])
    X, Y = net.data([[3.0]], [1])
    found = rounding_of_estimate(net, X, Y, 0.0, 1e-6).reach
    assert found == pytest.approx(40.0 * 0.25 * 3e-6, rel=1e-4, abs=0.0)
    assert rounding_bounds(net, X, Y, 0.0).reach == 0.0


def test_labels_become_the_targets_that_scikit_learn_makes():
    """What all three methods share beside their input checks: the encoder of classes."""
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    labels = np.random.default_rng(0).integers(0, 4, 50)
    theirs = preprocessing.OneHotEncoder(categories=[range(4)], sparse_output=False)
    net = SigmoidNetwork([1, 4], seed=0)
    assert np.array_equal(net.targets(labels), theirs.fit_transform(labels[:, np.newaxis]))
    binary = preprocessing.LabelBinarizer().fit_transform(labels % 2)
    assert np.array_equal(SigmoidNetwork([1, 1], seed=0).targets(labels % 2), binary)


def test_the_tolerance_between_two_methods_is_within_a_hundred_of_what_they_differ_by():
    data = iris()
    c = compare_gradients(SigmoidNetwork([4, 5, 3], seed=0), data.X[:5], data.y[:5], 1.0)
    exact = [pair.worst.severity for pair in c.pairs if "numerical" not in pair.methods]
    assert 0.01 < max(exact) < 1.0


def test_a_weight_that_lies_beside_where_it_should_moves_the_cost_by_its_slope():
    """θ ± ε are rounded by u (|θ| + ε); with a large λ the slope is λθ."""
    net, lambda_, epsilon = SigmoidNetwork(thetas=[[[0.1, 0.5, -300.0]]]), 1e6, 1e-5
    X, Y = net.data([[1.0, 1e-3]], [1])
    found = rounding_of_estimate(net, X, Y, lambda_, epsilon).error
    found -= rounding_bounds(net, X, Y, lambda_, step=epsilon).cost / epsilon
    weights = np.abs(net.theta)[1:]
    least = 2.0**-53 * (weights + epsilon) / epsilon * lambda_ * weights
    assert np.all((found[1:] >= least) & (found[1:] <= 10 * least))
