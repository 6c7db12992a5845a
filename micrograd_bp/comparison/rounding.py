"""How far rounding alone can move the cost, the δ and the gradient: a running error analysis.

Two correct ways to compute the same sum differ, at most, by the rounding of each. With unit
roundoff u = 2⁻⁵³, a sum of n products carries at most n u Σ|products| (Higham, "Accuracy and
Stability of Numerical Algorithms", 2nd ed., 2002, eq. 3.5), and an error E in the argument of a
function arrives as |f'| E. Applied to each formula of the page, in its order and to first order:

    E(z)   = |Θ| E([1; a]) + n u |Θ| [1; a]                  n = s_l + 1
    E(a)   = g' E(z) + 4u a                                  (exp and the division: 4 roundings)
    E(g')  = |1 − 2a| E(a) + 3u g'
    E(δᴸ)  = E(a) + 4u (h + y)                               (as h − y, or through log h)
    E(δˡ)  = |Θ|ᵀ E(δ) (g' + E(g')) + |Θ|ᵀ|δ| (E(g') + n u g')
    E(D)   = (E(δ)ᵀ[1; a] + |δ|ᵀ E([1; a]) + m u |δ|ᵀ[1; a]) / m + 3u λ|Θ| / m
    E(J)   = Σ |δᴸ| E(z) / m + (m + K) u J

|δ| stands for the bound |Θ|ᵀ|δ| g' of the layer above, so that no cancellation is relied upon;
the product of two errors in E(δˡ) is what remains where h rounds to y and a to 1.
Where Θ or X are themselves known to a few digits only, their errors enter E([1; x]), as
[1; |a|] E(Θ) into E(z), |δ| E(Θ) into E(δ) and λ E(Θ)/m into E(D).
The bounds need the weights, the examples and this file only: no result of the three methods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..network.sigmoid import SigmoidNetwork
from ..support.validation import Array

__all__ = ["RoundingBounds", "rounding_bounds"]

UNIT_ROUNDOFF = 2.0**-53


@dataclass(frozen=True)
class RoundingBounds:
    """Bounds on the rounding error of one computation; lists over the layers as in the network."""

    cost: float
    activations: list[Array]  # of [1; a], (m, s_l + 1)
    slopes: list[Array | None]  # of g'(z), (m, s_l); the first is None
    deltas: list[Array | None]  # of δ, (m, s_l); the first is None
    D: list[Array]  # of ∂J/∂Θ, in the shapes of Θ


def rounding_bounds(
    net: SigmoidNetwork,
    X: Array,
    Y: Array,
    lambda_: float,
    error_thetas: Sequence[Array] | None = None,
    error_X: Array | None = None,
) -> RoundingBounds:
    """The bounds E of this module's text, for checked X (m, s_1) and Y (m, K).

    ``error_thetas`` and ``error_X`` bound the errors of the weights and the examples themselves,
    in their shapes (None: they are exact).

    >>> net = SigmoidNetwork([2, 1], init="zeros")
    >>> bounds = rounding_bounds(net, np.array([[1.0, 2.0]]), np.array([[1.0]]), 0.0)
    >>> bool(0 < bounds.D[0].max() < 1e-14)
    True
    """
    u, m = UNIT_ROUNDOFF, len(X)
    if error_thetas is None:
        error_thetas = [np.zeros_like(theta) for theta in net.thetas]
    a = [_with_bias(X)]
    error_a = [_with_bias(np.zeros_like(X) if error_X is None else error_X, 0.0)]
    slopes: list[Array] = []
    error_slopes: list[Array | None] = [None]
    layers = zip(net.thetas, error_thetas, net.forward(X).a[1:], strict=True)
    for theta, error_theta, activations in layers:
        weights, units = np.abs(theta).T, np.abs(a[-1])
        error_z = error_a[-1] @ weights + units @ error_theta.T
        error_z += theta.shape[1] * u * (units @ weights)
        slope = activations * (1.0 - activations)
        error = slope * error_z + 4.0 * u * activations
        slopes.append(slope)
        error_slopes.append(np.abs(1.0 - 2.0 * activations) * error + 3.0 * u * slope)
        a.append(_with_bias(activations))
        error_a.append(_with_bias(error, 0.0))

    h = a[-1][:, 1:]
    size = np.abs(h - Y)
    error_delta = error_a[-1][:, 1:] + 4.0 * u * (h + Y)
    cost = float(np.sum(size * error_z)) / m + (m + h.shape[1]) * u * net.cost(X, Y, lambda_)

    deltas: list[Array | None] = [error_delta]
    D: list[Array] = []
    for layer in range(len(net.thetas) - 1, -1, -1):
        theta, error_theta = np.abs(net.thetas[layer]), error_thetas[layer]
        units = np.abs(a[layer])
        sums = error_delta.T @ units + size.T @ error_a[layer] + m * u * (size.T @ units)
        D.insert(0, (sums + lambda_ * (3.0 * u * theta + error_theta)) / m)
        if layer == 0:
            break
        slope, error_slope = slopes[layer - 1], error_slopes[layer]
        assert error_slope is not None
        through = size @ theta[:, 1:]
        error_sum = error_delta @ theta[:, 1:] + size @ error_theta[:, 1:]
        size = through * slope
        through *= error_slope + len(theta) * u * slope
        error_delta = error_sum * (slope + error_slope) + through
        deltas.insert(0, error_delta)
    return RoundingBounds(cost, error_a, error_slopes, [None, *deltas], D)


def _with_bias(units: Array, value: float = 1.0) -> Array:
    return np.hstack([np.full((len(units), 1), value), units])
