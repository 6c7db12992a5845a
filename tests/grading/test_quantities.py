"""An array is recognized in every shape that people give it, and in no other values."""

import numpy as np
import pytest

from micrograd_bp.grading.model import Model
from micrograd_bp.grading.quantities import Quantities

RNG = np.random.default_rng(5)
THETAS = [RNG.normal(size=shape) for shape in ((5, 4), (4, 6), (3, 5))]
X = RNG.normal(size=(7, 3))
Y = np.eye(3)[[1, 0, 2, 2, 0, 1, 2]]
LAMBDA = 1.3


def derived():
    """z, a, δ and D by sums over single units, from the definitions."""
    a, z = [X.tolist()], [None]
    for T in THETAS:
        z.append([[T[i, 0] + sum(T[i, j + 1] * r[j] for j in range(len(r))) for i in range(len(T))]
                  for r in a[-1]])  # fmt: skip
        a.append([[1.0 / (1.0 + np.exp(-v)) for v in row] for row in z[-1]])
    delta = [None] * 4
    delta[3] = [[h - y for h, y in zip(*rows, strict=True)] for rows in zip(a[3], Y, strict=True)]
    for l in (2, 1):
        delta[l] = [
            [sum(d[k] * THETAS[l][k, j + 1] for k in range(len(d))) * r[j] * (1 - r[j])
             for j in range(len(r))] for d, r in zip(delta[l + 1], a[l], strict=True)
        ]  # fmt: skip
    return [np.array(v) for v in a], [None, *(np.array(v) for v in z[1:])], delta


A, Z, DELTA = derived()
KNOWN = Quantities(Model(THETAS, X, Y, LAMBDA))


@pytest.mark.parametrize("l", [2, 3, 4])
def test_every_layer_is_recognized(l):
    for value, kind in ((A[l - 1], "a"), (Z[l - 1], "z"), (np.array(DELTA[l - 1]), "delta")):
        found = KNOWN.match(value)
        assert (found.kind, found.quantity.layer, found.factor) == (kind, l, pytest.approx(1.0))


@pytest.mark.parametrize(
    ("change", "factor"),
    [
        (lambda d: d.T, 1.0),
        (lambda d: -d, -1.0),
        (lambda d: d / 7, 1.0 / 7),
        (lambda d: np.hstack([np.full((7, 1), 9.0), d]), 1.0),
        (lambda d: np.vstack([np.zeros((1, 7)), 2 * d.T]), 2.0),
        (lambda d: d[4], 1.0),
        (lambda d: d[4][:, np.newaxis], 1.0),
    ],
)
def test_delta_is_recognized_turned_scaled_with_a_bias_unit_and_by_example(change, factor):
    found = KNOWN.match(np.asarray(change(np.array(DELTA[2]))))
    assert (found.kind, found.quantity.layer) == ("delta", 3)
    assert found.factor == pytest.approx(factor)


def test_what_differs_in_the_seventh_digit_is_another_array():
    value = np.array(DELTA[2])
    value[0, 0] *= 1 + 1e-7
    assert KNOWN.match(value) is None


def test_gradients_are_recognized_whole_and_by_blocks():
    for l in (1, 2, 3):
        D = np.array(DELTA[l]).T @ np.hstack([np.ones((7, 1)), A[l - 1]]) / 7
        bias = KNOWN.match(D[:, :1])
        D[:, 1:] += LAMBDA / 7 * THETAS[l - 1][:, 1:]
        for found in (KNOWN.match(D), KNOWN.match(D[:, 1:].T)):
            assert (found.kind, found.quantity.layer) == ("D", l)
        assert (bias.kind, bias.factor) == ("Delta", pytest.approx(1.0 / 7))


def test_a_gradient_with_a_wrong_bias_column_is_no_gradient():
    D = np.array(DELTA[2]).T @ np.hstack([np.zeros((7, 1)), A[1]]) / 7
    D[:, 1:] += LAMBDA / 7 * THETAS[1][:, 1:]
    assert KNOWN.match(D) is None
