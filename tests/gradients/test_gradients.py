"""The three gradients against published numbers, mpmath at 50 digits, PyTorch and each other."""

import warnings

import mpmath
import numpy as np
import pytest

from micrograd_bp import (
    SigmoidNetwork,
    autodiff_gradient,
    backprop_gradient,
    numerical_gradient,
    unroll,
)
from micrograd_bp.gradients import backprop

from ..conftest import random_case

EXACT = [autodiff_gradient, backprop_gradient]
ALL = [*EXACT, numerical_gradient]


@pytest.mark.parametrize("method", ALL)
def test_published_gradients_hold_to_the_digits_printed(method, course):
    net = SigmoidNetwork(course["sizes"], seed=0)
    net.theta = course["theta"]
    g = method(net, course["X"], np.array(course["labels"]) - 1, course["lambda_"])
    assert g.cost == pytest.approx(course["cost"], abs=5.1e-4)
    digits = 5.1e-7 if course["lambda_"] == 0 else 5.1e-6
    np.testing.assert_allclose(g.vector, course["gradient"], rtol=0, atol=digits)


def mpmath_gradient(case):
    """∂J/∂θ by mpmath: a forward dual number for each parameter, none of the source's formulas."""
    net, m = case.net, len(case.X)
    with mpmath.workdps(50):
        rows = [[(net.targets(case.y)[i][k]) for k in range(net.sizes[-1])] for i in range(m)]
        gradient = []
        for p in range(net.theta.size):
            vector = [(mpmath.mpf(v), mpmath.mpf(q == p)) for q, v in enumerate(net.theta)]
            thetas, start = [], 0
            for height, width in net.shapes:
                thetas.append(
                    [[vector[start + j * height + i] for j in range(width)] for i in range(height)]
                )
                start += height * width
            slope = mpmath.mpf(0)
            for x, y in zip(case.X, rows, strict=True):
                a = [(mpmath.mpf(v), mpmath.mpf(0)) for v in x]
                for theta in thetas:
                    units = [(mpmath.mpf(1), mpmath.mpf(0)), *a]
                    z = [
                        (
                            mpmath.fsum(w[0] * u[0] for w, u in zip(row, units, strict=True)),
                            mpmath.fsum(
                                w[1] * u[0] + w[0] * u[1] for w, u in zip(row, units, strict=True)
                            ),
                        )
                        for row in theta
                    ]
                    h = [1 / (1 + mpmath.exp(-v)) for v, _ in z]
                    a = [(g, dz * g * (1 - g)) for g, (_, dz) in zip(h, z, strict=True)]
                for (h_k, dh), t in zip(a, y, strict=True):
                    slope += -t * dh / h_k + (1 - t) * dh / (1 - h_k)
            own = mpmath.fsum(
                theta[i][j][0] * theta[i][j][1]
                for theta in thetas
                for i in range(len(theta))
                for j in range(1, len(theta[0]))
            )
            gradient.append(float(slope / m + mpmath.mpf(case.lambda_) / m * own))
    return np.array(gradient)


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("method", EXACT)
def test_exact_methods_agree_with_mpmath_to_13_digits(method, depth):
    case = random_case(100 + depth, depth)
    exact = mpmath_gradient(case)
    got = method(case.net, case.X, case.y, case.lambda_).vector
    assert np.linalg.norm(got - exact) <= 1e-13 * np.linalg.norm(exact)


@pytest.mark.torch
@pytest.mark.parametrize("seed", range(15))
@pytest.mark.parametrize("method", EXACT)
def test_exact_methods_agree_with_pytorch_to_13_digits(method, seed):
    import torch

    case = random_case(seed)
    thetas = [torch.tensor(theta, requires_grad=True) for theta in case.net.thetas]
    a = torch.tensor(case.X)
    for theta in thetas:
        z = a @ theta[:, 1:].T + theta[:, 0]
        a = torch.sigmoid(z)
    Y = torch.tensor(case.net.targets(case.y))
    cost = torch.nn.functional.binary_cross_entropy_with_logits(z, Y, reduction="sum")
    penalty = sum((theta[:, 1:] ** 2).sum() for theta in thetas)
    m = len(case.X)
    (cost / m + case.lambda_ / (2 * m) * penalty).backward()
    exact = unroll([theta.grad.numpy() for theta in thetas])
    got = method(case.net, case.X, case.y, case.lambda_).vector
    assert np.linalg.norm(got - exact) <= 1e-13 * np.linalg.norm(exact)


@pytest.mark.parametrize("method", EXACT)
def test_deltas_are_those_of_each_examples_own_cost(method):
    case = random_case(8, 3)
    whole = method(case.net, case.X, case.y, case.lambda_)
    assert whole.deltas[0] is None
    np.testing.assert_allclose(
        whole.deltas[-1], case.net.forward(case.X).a[-1] - case.net.targets(case.y), atol=1e-15
    )
    for i in range(len(case.X)):
        alone = method(case.net, case.X[i : i + 1], case.y[i : i + 1])
        for together, single in zip(whole.deltas[1:], alone.deltas[1:], strict=True):
            np.testing.assert_allclose(together[i], single[0], rtol=1e-12, atol=1e-16)


def test_D_is_zero_for_theta_that_reaches_nothing_and_never_regularizes_the_bias():
    net = SigmoidNetwork([2, 2, 1], init="zeros")
    for method in EXACT:
        g = method(net, [[1.0, 2.0]], [1], 5.0)
        assert not g.D[0].any()  # δ⁽²⁾ = Θ⁽²⁾ᵀδ⁽³⁾ = 0
    net = SigmoidNetwork(thetas=[[[3.0, 0.0]]])
    for method in EXACT:
        with_penalty = method(net, [[1.0]], [1], 5.0).D[0]
        without = method(net, [[1.0]], [1]).D[0]
        assert with_penalty[0, 0] == without[0, 0]


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("z", [-700.0, -36.9, 36.9, 700.0])
@pytest.mark.parametrize("label", [0, 1])
def test_saturated_units_give_finite_costs_right_deltas_and_no_warning(method, z, label):
    net = SigmoidNetwork(thetas=[[[z, 0.5]], [[z, -z]]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        g = method(net, [[0.25], [-0.25]], [label, 1 - label], 0.5)
    assert np.isfinite(g.cost)
    assert np.isfinite(g.vector).all()
    h = net.forward([[0.25], [-0.25]]).a[-1]
    exact = h - [[label], [1 - label]]
    if g.deltas is not None:
        np.testing.assert_allclose(g.deltas[-1], exact, atol=1e-15)
    np.testing.assert_allclose(g.D[1][0, 0], exact.mean(), rtol=1e-6, atol=1e-6)


def test_each_method_reports_its_name_cost_and_time():
    case = random_case(2)
    for method, name in zip(ALL, ["autodiff", "backprop", "numerical"], strict=True):
        g = method(case.net, case.X, case.y, case.lambda_)
        assert g.method == name
        assert g.cost == pytest.approx(case.net.cost(case.X, case.y, case.lambda_), rel=1e-13)
        assert g.seconds > 0
        assert [d.shape for d in g.D] == case.net.shapes
        np.testing.assert_array_equal(g.vector, unroll(g.D))


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize(
    ("X", "Y", "lambda_", "message"),
    [
        ([[1.0]], [0], 0.0, "X: got shape"),
        ([[1.0, 2.0]], [0, 1], 0.0, "Y: got 2 labels, expected 1"),
        ([[1.0, np.nan]], [0], 0.0, "X: got nan"),
        ([[1.0, 2.0]], [7], 0.0, "Y: got label 7"),
        ([[1.0, 2.0]], [0], -1.0, "lambda_: got -1.0"),
    ],
)
def test_bad_input_gets_one_clear_line(method, X, Y, lambda_, message):
    with pytest.raises(ValueError, match=message):
        method(SigmoidNetwork([2, 3], seed=0), X, Y, lambda_)


@pytest.mark.parametrize("method", [autodiff_gradient, backprop_gradient, numerical_gradient])
def test_without_a_lambda_there_is_no_penalty(method):
    case = random_case(4, 2)
    large = SigmoidNetwork(thetas=[100.0 * theta for theta in case.net.thetas])
    found, plain = method(large, case.X, case.y), method(large, case.X, case.y, 0.0)
    assert found.cost == plain.cost == pytest.approx(large.cost(case.X, case.y, 0.0))
    assert np.array_equal(found.vector, plain.vector)


@pytest.mark.parametrize("z", [-800.0, -3.0, -0.5, 0.0, 0.5, 0.9, 3.0, 800.0])
def test_logarithms_of_the_output_are_those_of_mpmath(z):
    log_h, log_not_h = backprop.logs(np.array([z]))
    with mpmath.workdps(400):
        assert log_h[0] == pytest.approx(float(-mpmath.log(1 + mpmath.exp(-z))), rel=1e-15)
        assert log_not_h[0] == pytest.approx(float(-mpmath.log(1 + mpmath.exp(z))), rel=1e-15)


@pytest.mark.parametrize("gradient", ALL)
def test_without_a_lambda_nothing_is_regularized(gradient):
    """One unit, one example: ∂J/∂θ = (g(z) − y) [1, x], whatever the size of θ."""
    net = SigmoidNetwork(thetas=[[[0.5, -2.0]]])
    found = gradient(net, [[3.0]], [1]).D[0].ravel()
    error = 1.0 / (1.0 + np.exp(5.5)) - 1.0
    np.testing.assert_allclose(found, [error, 3.0 * error], rtol=1e-6)
