"""How far rounding alone can move the cost, the δ and the gradient: a running error analysis.

Two correct ways to compute the same sum differ, at most, by the rounding of each. With unit
roundoff u = 2⁻⁵³, a sum of n products carries at most n u Σ|products| (Higham, "Accuracy and
Stability of Numerical Algorithms", 2nd ed., 2002, eq. 3.5). An error E in the argument of the
sigmoid arrives as at most g' (eᴱ − 1) eᴱ, because the logarithm of g' changes no faster than its
argument does. Applied to each formula of the page, in its order:

    E(z)   = |Θ| E([1; a]) + n u |Θ| [1; a] + n ω            n = s_l + 1
    E(a)   = g' (eᴱ − 1) eᴱ + 6u a + ω,  E = E(z)            (exp and the division: 6 roundings)
    E(g')  = |1 − 2a| E(a) + E(a)² + g' E² e²ᴱ + 12u g' + ω  (as a(1 − a), or as a function of z)
    E(δᴸ)  = E(a) + 8u (h + y) + ω                           (as h − y, or through log h)
    E(δˡ)  = |Θ|ᵀ E(δ) (g' + E(g')) + |Θ|ᵀ|δ| (E(g') + (n + 3) u g') + n ω
    E(D)   = (E(δ)ᵀ[1; a] + |δ|ᵀ E([1; a]) + (m + 2) u |δ|ᵀ[1; a]) / m + 4u λ|Θ| / m + m ω
    E(J)   = Σ |δᴸ| E(z) / m + (m + K + 12) u J + N u λ/2m Σθ²   N = number of weights

ω = 2⁻¹⁰²² stands for what underflow takes from one product. |δ| stands for the bound
|Θ|ᵀ|δ| g' of the layer above, so that no cancellation is relied upon, and like [1; a] for what it
may be in floating point, its own error included: products of two errors are not left out.
Where Θ or X are themselves known to a few digits only, their errors enter E([1; x]), as
[1; |a|] E(Θ) into E(z), |δ| E(Θ) into E(δ) and λ E(Θ)/m into E(D).
The bounds need the weights, the examples and this file only: no result of the three methods.
The forward pass is net.forward's; that it is rounded itself is what E(a) says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..network.sigmoid import SigmoidNetwork, sigmoid
from ..support.validation import Array

__all__ = ["RoundingBounds", "rounding_bounds"]

UNIT_ROUNDOFF = 2.0**-53
UNDERFLOW = 2.0**-1022
FARTHEST = 50.0  # where an argument is this uncertain, nothing is known of the sigmoid


@dataclass(frozen=True)
class RoundingBounds:
    """Bounds on the rounding error of one computation; lists over the layers as in the network."""

    cost: float
    activations: list[Array]  # of [1; a], (m, s_l + 1)
    slopes: list[Array | None]  # of g'(z), (m, s_l); the first is None
    deltas: list[Array | None]  # of δ, (m, s_l); the first is None
    D: list[Array]  # of ∂J/∂Θ, in the shapes of Θ
    reach: float = 0.0  # by how much a ``step`` can change any weighted input


def rounding_bounds(
    net: SigmoidNetwork,
    X: Array,
    Y: Array,
    lambda_: float,
    error_thetas: Sequence[Array] | None = None,
    error_X: Array | None = None,
    step: float = 0.0,
) -> RoundingBounds:
    """The bounds E of this module's text, for checked X (m, s_1) and Y (m, K).

    ``error_thetas`` and ``error_X`` bound the errors of the weights and the examples themselves,
    in their shapes (None: they are exact). With a ``step`` the bounds hold at every θ in which
    one weight has been moved by no more than that, as the numerical estimate does.

    >>> net = SigmoidNetwork([2, 1], init="zeros")
    >>> bounds = rounding_bounds(net, np.array([[1.0, 2.0]]), np.array([[1.0]]), 0.0)
    >>> bool(0 < bounds.D[0].max() < 1e-14)
    True
    """
    with np.errstate(over="ignore"):
        return _bounds(net, X, Y, lambda_, error_thetas, error_X, step)


def _bounds(
    net: SigmoidNetwork,
    X: Array,
    Y: Array,
    lambda_: float,
    error_thetas: Sequence[Array] | None,
    error_X: Array | None,
    step: float,
) -> RoundingBounds:
    u, m = UNIT_ROUNDOFF, len(X)
    if error_thetas is None:
        error_thetas = [np.zeros_like(theta) for theta in net.thetas]
    forward = net.forward(X)
    errors = [_with_bias(np.zeros_like(X) if error_X is None else error_X, 0.0)]
    units = [np.abs(_with_bias(X)) + errors[0]]
    slopes: list[Array | None] = [None]
    error_slopes: list[Array | None] = [None]
    change = np.zeros_like(units[0])  # of [1; a], when one weight before it is moved
    reach = 0.0
    layers = zip(net.thetas, error_thetas, forward.z[1:], forward.a[1:], strict=True)
    for theta, error_theta, z, a in layers:
        assert z is not None
        weights = np.abs(theta).T
        most = step * units[-1].max(axis=1, keepdims=True)
        moved = np.maximum(change @ weights, most)
        error_z = errors[-1] @ weights + units[-1] @ error_theta.T
        error_z += theta.shape[1] * (u * (units[-1] @ weights + most) + UNDERFLOW)
        stretch = np.exp(np.minimum(moved, FARTHEST))
        slope = np.minimum(a * sigmoid(-z) * stretch, 0.25)
        a = np.minimum(a * stretch, 1.0)
        grown = np.exp(np.minimum(error_z, FARTHEST))
        known = error_z < FARTHEST
        error = np.where(known, np.minimum(slope * np.expm1(error_z * known) * grown, 1.0), 1.0)
        error += 6.0 * u * a + UNDERFLOW
        error_slope = np.abs(1.0 - 2.0 * forward.a[len(units)]) * error + error**2
        error_slope += slope * ((error_z * grown) ** 2 + moved * error + 12.0 * u) + UNDERFLOW
        slopes.append(slope)
        error_slopes.append(np.minimum(error_slope, 0.25 + 12.0 * u))
        units.append(_with_bias(a + error))
        errors.append(_with_bias(error, 0.0))
        change = _with_bias(np.minimum(slope * np.minimum(moved, FARTHEST), 1.0), 0.0)
        reach = max(reach, float(moved.max()))

    h = forward.a[-1]
    error_delta = errors[-1][:, 1:] + 8.0 * u * (h + Y) + UNDERFLOW
    size = np.minimum(np.abs(h - Y) * stretch + error_delta, 1.0 + error_delta)
    squares = sum(float(np.sum(theta[:, 1:] ** 2)) for theta in net.thetas)
    largest = max(float(np.abs(theta).max()) for theta in net.thetas)
    penalty = lambda_ / (2.0 * m) * (squares + step * (2.0 * largest + step))
    weights_count = sum(theta.size for theta in net.thetas)
    costs = net.cost(X, Y) + float(np.sum(size * moved)) / m + penalty
    cost = float(np.sum(size * error_z)) / m + (m + h.shape[1] + 12) * u * costs
    cost += weights_count * u * penalty + UNDERFLOW

    deltas: list[Array | None] = [error_delta]
    D: list[Array] = []
    for layer in range(len(net.thetas) - 1, -1, -1):
        theta, error_theta = np.abs(net.thetas[layer]), error_thetas[layer]
        sums = error_delta.T @ units[layer] + size.T @ errors[layer]
        sums += (m + 2) * u * (size.T @ units[layer])
        penalties = lambda_ * (4.0 * u * theta + error_theta)
        penalties[:, 0] = 0.0
        D.insert(0, (sums + penalties) / m + m * UNDERFLOW)
        if layer == 0:
            break
        known_slope, error_slope_of = slopes[layer], error_slopes[layer]
        assert known_slope is not None
        assert error_slope_of is not None
        through = size @ theta[:, 1:]
        error_sum = error_delta @ theta[:, 1:] + size @ error_theta[:, 1:]
        error_delta = error_sum * (known_slope + error_slope_of)
        error_delta += through * (error_slope_of + (len(theta) + 3) * u * known_slope)
        error_delta += len(theta) * UNDERFLOW
        size = through * (known_slope + error_slope_of)
        deltas.insert(0, error_delta)
    return RoundingBounds(cost, errors, error_slopes, [None, *deltas], D, reach)


def _with_bias(units: Array, value: float = 1.0) -> Array:
    return np.hstack([np.full((len(units), 1), value), units])
