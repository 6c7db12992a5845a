"""The hand-written matrix formulas, in the order of the page: equations (1) to (3).

Rows are examples, so that the source's Θ a is a Θᵀ here. The forward pass and the cost are written
out once more: no formula is shared with the other two methods. The formulas take the namespace
``xp`` that holds ``exp``, ``log1p``, ``minimum`` and ``maximum``: with ``numpy`` they run on
floats, and with that of ``scalar/balls.py`` on object arrays of balls. What is proved about them
is proved about this very text.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..network.sigmoid import SigmoidNetwork
from ..support.products import piece, stacks
from ..support.threads import in_threads
from ..support.validation import regularization
from .result import Gradient

__all__ = ["backprop_gradient", "mean", "sums"]

Numbers = npt.NDArray[Any]  # floats, or balls as objects

BLOCK_EXAMPLES = 1024  # at most: their units stay in a core's cache


def backprop_gradient(
    net: SigmoidNetwork, X: npt.ArrayLike, Y: npt.ArrayLike, lambda_: float = 0.0
) -> Gradient:
    """The gradient of J by backpropagation, with δ⁽ˡ⁾ of every layer.

    X is (m, s_1); Y one-hot (m, K), class indices (m,), or 0/1 (m,) for a single output.
    Raises ValueError if they do not fit the network.

    >>> net = SigmoidNetwork([2, 1], init="zeros")
    >>> backprop_gradient(net, [[1.0, 2.0]], [1]).D
    [array([[-0.5, -0.5, -1. ]])]
    """
    X, Y = net.data(X, Y)
    lambda_ = regularization(lambda_)
    started = time.perf_counter()
    Thetas = [np.asfortranarray(Theta) for Theta in net.thetas]  # a Θᵀ reads it row by row
    size = piece(max(Theta.size for Theta in Thetas), BLOCK_EXAMPLES)
    parts = [stacks(array, size, BLOCK_EXAMPLES) for array in (X, Y)]
    tasks = [(np, Thetas, x, y) for x, y in zip(*parts, strict=True)]
    J_sums, Deltas, deltas = zip(*in_threads(sums, tasks), strict=True)
    totals = [sum(parts[1:], parts[0]) for parts in zip(*Deltas, strict=True)]
    J, D = mean(sum(J_sums), totals, net.thetas, lambda_, len(X))
    rows = [
        np.concatenate([part.reshape(-1, part.shape[-1]) for part in parts])
        for parts in list(zip(*deltas, strict=True))[1:]
    ]
    return Gradient("backprop", float(J), D, [None, *rows], time.perf_counter() - started)


@np.errstate(over="ignore", invalid="ignore")  # at weights of 1e308 J is infinite: no warning
def sums(
    xp: Any, Thetas: Sequence[Numbers], X: Numbers, Y: Numbers
) -> tuple[Any, list[Numbers], list[Numbers | None]]:
    """(1) to (3) for the examples X (…, s_1), Y (…, K): Σ J(x, y), the Δ⁽ˡ⁾, and all δ⁽ˡ⁾."""
    # Forward: z⁽ˡ⁺¹⁾ = Θ⁽ˡ⁾ [1; a⁽ˡ⁾],  a⁽ˡ⁺¹⁾ = g(z⁽ˡ⁺¹⁾)
    a = [X]
    for Theta in Thetas:
        z = a[-1] @ Theta[:, 1:].T + Theta[:, 0]
        a.append(g(z, xp))

    # Output layer: δ⁽ᴸ⁾ = h_θ(x) − y
    deltas = [a[-1] - Y]

    # (2): δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* a⁽ˡ⁾ .* (1 − a⁽ˡ⁾), without the bias column of Θ⁽ˡ⁾
    for l in range(len(Thetas) - 1, 0, -1):
        deltas.insert(0, (deltas[0] @ Thetas[l][:, 1:]) * a[l] * (1.0 - a[l]))

    # (1) summed over the examples: Δ⁽ˡ⁾ = Σ δ⁽ˡ⁺¹⁾ [1; a⁽ˡ⁾]ᵀ
    Deltas = []
    for delta, a_l in zip(deltas, a, strict=False):
        products, rows = delta.swapaxes(-1, -2) @ a_l, delta.reshape(-1, delta.shape[-1])
        bias = np.ones(len(rows)) @ rows
        weights = products.reshape(-1, *products.shape[-2:]).sum(axis=0)
        Deltas.append(np.column_stack([bias, weights]))

    # (3): J = Σ −y log h − (1 − y) log(1 − h), from the z of the last layer
    log_h, log_not_h = logs(z, xp)
    return np.sum(-Y * log_h - (1.0 - Y) * log_not_h), Deltas, [None, *deltas]


@np.errstate(over="ignore", invalid="ignore")
def mean(
    J_sum: Any, Deltas: Sequence[Numbers], Thetas: Sequence[Numbers], lambda_: Any, m: int
) -> tuple[Any, list[Numbers]]:
    """J and the D⁽ˡ⁾ of m examples from their sums: divided by m, and with the penalty."""
    D = []
    for Delta, Theta in zip(Deltas, Thetas, strict=True):
        # D⁽ˡ⁾ = Δ⁽ˡ⁾/m + (λ/m) Θ⁽ˡ⁾ for j ≥ 1, and Δ⁽ˡ⁾/m for the bias column
        D_l = Delta / m
        D_l[:, 1:] += lambda_ / m * Theta[:, 1:]
        D.append(D_l)
    # (3) with its regularization: (1/m) Σ J(x, y) + (λ/2m) Σ θ²
    J = J_sum / m + lambda_ / (2.0 * m) * sum(np.sum(Theta[:, 1:] ** 2) for Theta in Thetas)
    return J, D


def g(z: Numbers, xp: Any = np) -> Numbers:
    """The sigmoid; where e⁻ᶻ overflows (z < −709) it is 0, as it should be to the last float."""
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + xp.exp(-z)))


def logs(z: Numbers, xp: Any = np) -> tuple[Numbers, Numbers]:
    """log g(z) and log(1 − g(z)) = log g(−z), with all their digits for every z."""
    tail = xp.log1p(xp.exp(-abs(z)))
    return xp.minimum(z, 0.0) - tail, -xp.maximum(z, 0.0) - tail
