"""Matrix products in pieces so small that BLAS multiplies them as they stand.

OpenBLAS copies both factors into an order of its own first, which for layers of few units is a
third of the time of a product; for processors with AVX-512 it multiplies products of up to 100³
numbers without (its ``dgemm_small_matrix_permit``). ``numpy.matmul`` of a stack of matrices makes
one such product of each, without a Python call between them.
"""

from __future__ import annotations

import numpy as np

from .validation import Array

__all__ = ["multiply", "piece", "stacks", "sum_of_products"]

SMALL_PRODUCT = 100**3
LEAST_EXAMPLES = 24  # with fewer a product has not enough work for what a call of BLAS costs


def piece(weights: int, most: int) -> int:
    """How many examples, of ``most``, to multiply at once by a matrix of so many weights.

    >>> piece(25 * 400, 500), piece(100 * 784, 500)
    (100, 500)
    """
    examples = SMALL_PRODUCT // max(1, weights)
    return examples if LEAST_EXAMPLES <= examples < most else most


def stacks(X: Array, size: int, most: int) -> list[Array]:
    """Examples X (m, n) as stacks (count, ``size``, n) of at most ``most`` of them; a rest last.

    It takes one stack or an even number, for two cores.

    >>> [stack.shape for stack in stacks(np.zeros((1010, 4)), 100, 500)]
    [(5, 100, 4), (5, 100, 4), (1, 10, 4)]
    """
    X, whole = np.ascontiguousarray(X), len(X) // size * size
    count = -(-whole // most)
    parts = np.array_split(
        X[:whole].reshape(-1, size, X.shape[1]), max(1, count + count % 2 * (count > 1))
    )
    rest = X[np.newaxis, whole:]
    return [part for part in (*parts, rest) if part.size]


def multiply(A: Array, W: Array, out: Array) -> None:
    """A W for A (m, n) and W (n, f), into ``out`` (m, f), by pieces of the rows."""
    size = piece(W.size, len(A))
    whole = len(A) // size * size if size else 0
    if whole:
        stack = A[:whole].reshape(-1, size, A.shape[1])
        np.matmul(stack, W, out=out[:whole].reshape(-1, size, W.shape[1]))
    if whole < len(A):
        np.matmul(A[whole:], W, out=out[whole:])


def sum_of_products(delta: Array, A: Array, out: Array, room: Array) -> None:
    """δ A for δ (f, m) and A (m, n), into ``out`` (f, n), by pieces; ``room`` is of its shape."""
    size = max(1, piece(out.size, len(A)))
    np.matmul(delta[:, :size], A[:size], out=out)
    for start in range(size, len(A), size):
        np.matmul(delta[:, start : start + size], A[start : start + size], out=room)
        np.add(out, room, out=out)
