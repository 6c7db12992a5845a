"""The hand-written matrix formulas, in the order of the page: equations (1) to (3).

Rows are examples, so the source's column vectors stand transposed: Θᵀδ is ``delta @ Theta``.
The forward pass and the cost are written out here once more, so that nothing is shared with
the other two methods.
"""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt

from ..network.sigmoid import SigmoidNetwork
from ..support.validation import Array, regularization
from .result import Gradient

__all__ = ["backprop_gradient"]


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
    m, L = len(X), len(net.sizes)

    # Forward: z⁽ˡ⁺¹⁾ = Θ⁽ˡ⁾ [1; a⁽ˡ⁾],  a⁽ˡ⁺¹⁾ = g(z⁽ˡ⁺¹⁾)
    a = [X]
    z: list[Array] = [X]  # z[0] is never used: the input layer has no weighted input
    for Theta in net.thetas:
        z.append(with_bias(a[-1]) @ Theta.T)
        a.append(g(z[-1]))

    # Output layer: δ⁽ᴸ⁾ = h_θ(x) − y
    deltas: list[Array | None] = [None] * L
    deltas[-1] = delta = a[-1] - Y

    # (2): δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* a⁽ˡ⁾ .* (1 − a⁽ˡ⁾), without the bias column of Θ⁽ˡ⁾
    for l in range(L - 2, 0, -1):
        delta = (delta @ net.thetas[l][:, 1:]) * a[l] * (1.0 - a[l])
        deltas[l] = delta

    # (1) summed over the examples: Δ⁽ˡ⁾ = Σ δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ,  D⁽ˡ⁾ = Δ⁽ˡ⁾/m + (λ/m) Θ⁽ˡ⁾ for j ≥ 1
    D = []
    for l, Theta in enumerate(net.thetas):
        delta_next = deltas[l + 1]
        assert delta_next is not None
        D_l = delta_next.T @ with_bias(a[l]) / m
        D_l[:, 1:] += lambda_ / m * Theta[:, 1:]
        D.append(D_l)

    # (3): J = (1/m) Σ −y log h − (1 − y) log(1 − h) + (λ/2m) Σ θ²; log h = −log(1 + e⁻ᶻ)
    J = float(np.sum(Y * softplus(-z[-1]) + (1.0 - Y) * softplus(z[-1]))) / m
    J += lambda_ / (2.0 * m) * sum(float(np.sum(Theta[:, 1:] ** 2)) for Theta in net.thetas)
    return Gradient("backprop", J, D, deltas, time.perf_counter() - started)


def with_bias(a: Array) -> Array:
    """[1; a]: the activations (m, s) with the bias unit a₀ = 1 before them."""
    return np.hstack([np.ones((len(a), 1)), a])


def g(z: Array) -> Array:
    """The sigmoid; e^(−z) is capped where it would overflow (z < −709)."""
    return np.asarray(1.0 / (1.0 + np.exp(np.minimum(-z, 709.0))))


def softplus(z: Array) -> Array:
    """log(1 + eᶻ) = −log(1 − g(z)), finite for every z."""
    return np.asarray(np.logaddexp(0.0, z))
