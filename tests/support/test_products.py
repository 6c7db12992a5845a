"""Products in pieces are the products."""

import numpy as np
import pytest

from micrograd_bp.support import products
from micrograd_bp.support.products import multiply, stacks, sum_of_products

U = 2.0**-53


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 512, 5003])
@pytest.mark.parametrize(("size", "most"), [(100, 1024), (512, 512), (7, 3)])
def test_stacks_hold_every_example_once_and_in_order(count, size, most):
    X = np.arange(3.0 * count).reshape(count, 3)
    parts = stacks(X, size, most)
    assert all(0 < part.shape[1] <= size for part in parts)
    assert all(part.shape[0] * part.shape[1] <= max(most, size) for part in parts)
    assert np.array_equal(np.concatenate([np.empty((0, 3)), *[p.reshape(-1, 3) for p in parts]]), X)


@pytest.mark.parametrize("examples", [1, 24, 25, 49, 500, 513])
@pytest.mark.parametrize("order", ["C", "F"])
def test_products_in_pieces_are_those_at_once_to_rounding(monkeypatch, examples, order):
    monkeypatch.setattr(products, "SMALL_PRODUCT", 25 * 6 * 40)  # pieces of 25 examples
    rng = np.random.default_rng(0)
    A, delta = (
        np.array(rng.normal(size=(examples, 40)), order=order),
        rng.normal(size=(6, examples)),
    )
    W, out, D = rng.normal(size=(40, 6)), np.empty((examples, 6)), np.empty((6, 40))
    multiply(A, W, out)
    bound = 2 * 40 * U * np.abs(A) @ np.abs(W)
    assert np.all(np.abs(out - np.einsum("ij,jk->ik", A, W)) <= bound)
    sum_of_products(delta, A, D, np.empty((6, 40)))
    bound = 2 * examples * U * np.abs(delta) @ np.abs(A)
    assert np.all(np.abs(D - np.einsum("ij,jk->ik", delta, A)) <= bound)


def test_products_of_whole_numbers_have_no_rounding_and_the_same_bits():
    rng = np.random.default_rng(1)
    A, W = (rng.integers(-9, 9, shape).astype(float) for shape in ((333, 400), (400, 25)))
    out, D = np.empty((333, 25)), np.empty((25, 400))
    multiply(A, W, out)
    assert np.array_equal(out, A @ W)
    sum_of_products(out.T, A, D, np.empty_like(D))
    assert np.array_equal(D, (A @ W).T @ A)
