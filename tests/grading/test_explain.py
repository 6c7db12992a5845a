"""Several wrong steps are named one by one, and a stray factor with its number."""

import numpy as np
import pytest

from micrograd_bp import check_backprop


def g(z):
    return 1.0 / (1.0 + np.exp(-z))


def one(a):
    return np.hstack([np.ones((len(a), 1)), a])


def passes(thetas, X, Y):
    """a of every layer and δ, written down for itself."""
    a = [X]
    for T in thetas:
        a.append(g(one(a[-1]) @ T.T))
    d = [a[-1] - Y]
    for l in range(len(thetas) - 1, 0, -1):
        d.insert(0, d[0] @ thetas[l][:, 1:] * a[l] * (1 - a[l]))
    return a, d


def gradient(weights=1.0, bias=1.0, penalty=1.0, bias_penalty=0.0, ones=0.0, layers=()):
    """A right gradient but for factors, in the layers given or in all."""

    def backprop(thetas, X, Y, lambda_):
        a, d = passes(thetas, X, Y)
        D = []
        for l, T in enumerate(thetas):
            here = not layers or l in layers
            c, c0, p = (weights, bias, penalty) if here else (1.0, 1.0, 1.0)
            E = d[l].T @ one(a[l]) / len(X)
            E[:, 1:] = c * E[:, 1:] + p * lambda_ / len(X) * T[:, 1:]
            E[:, 0] = c0 * E[:, 0] + lambda_ / len(X) * (bias_penalty * T[:, 0] + ones)
            D.append(E)
        return D

    return backprop


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (gradient(weights=2.0), ["weights' gradient times a stray factor 2"]),
        (gradient(bias=4.0, layers=[0]), ["bias gradient times a stray factor 4"]),
        (gradient(penalty=1.7), ["regularization times a stray factor 1.7"]),
        (gradient(ones=1.0), ["ones for the bias column in the penalty"]),
        (gradient(1.7, 1.7, 1.7), ["the whole gradient times a stray factor 1.7"]),
        (gradient(1.0, 3.0, 2.0), ["bias gradient times a stray factor 3", "regularization twice"]),
    ],
)
def test_a_wrong_factor_is_named_by_block(function, names):
    diagnosis = check_backprop(function)
    assert diagnosis.outcome == "wrong"
    assert sorted(diagnosis.mistakes[0].parts) == sorted(names)


def test_three_slips_give_three_names():
    def backprop(thetas, X, Y, lambda_):
        a, _ = passes(thetas, X, Y)
        d, D = a[-1] - Y, []
        for l in range(len(thetas) - 1, -1, -1):
            D.insert(0, d.T @ one(a[l]) + lambda_ / len(X) * thetas[l])
            d = d @ thetas[l][:, 1:]
        return D

    parts = check_backprop(backprop).mistakes[0].parts
    assert sorted(parts) == sorted(["g' missing in δ", "no 1/m", "bias column regularized"])


@pytest.mark.parametrize("noise", [1e-12, 1e-11])
def test_a_factor_is_named_only_up_to_rounding(noise):
    exact = gradient(weights=2.0)

    def backprop(thetas, X, Y, lambda_):
        rng = np.random.default_rng(len(X))
        D = exact(thetas, X, Y, lambda_)
        return [d * (1 + noise * rng.standard_normal(d.shape)) for d in D]

    assert check_backprop(backprop).mistakes == ()


def test_a_factor_that_depends_on_m_in_no_known_way_is_unnamed():
    def backprop(thetas, X, Y, lambda_):
        m = len(X)
        return gradient(m**-0.7, m**-0.7)(thetas, X, Y, lambda_)

    assert check_backprop(backprop).mistakes == ()
