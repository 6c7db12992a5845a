"""The bounds on rounding are bounds, of the exact error as balls know it, and not far too wide."""

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
    assert np.all((column > 0.0) & (column < 1e-300))


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
