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
from typing import NamedTuple

import numpy as np

from ..network.sigmoid import SigmoidNetwork, sigmoid, unroll
from ..support.validation import Array

__all__ = ["EstimateBounds", "RoundingBounds", "rounding_bounds", "rounding_of_estimate"]

UNIT_ROUNDOFF = 2.0**-53
UNDERFLOW = 2.0**-1022


@dataclass(frozen=True)
class RoundingBounds:
    """Bounds on the rounding error of one computation; lists over the layers as in the network."""

    cost: float
    activations: list[Array]  # of [1; a], (m, s_l + 1)
    slopes: list[Array | None]  # of g'(z), (m, s_l); the first is None
    deltas: list[Array | None]  # of δ, (m, s_l); the first is None
    D: list[Array]  # of ∂J/∂Θ, in the shapes of Θ
    sizes: list[Array]  # of |∂J/∂Θ| itself, in the shapes of Θ
    reach: float  # by how much a ``step`` can change any weighted input


class EstimateBounds(NamedTuple):
    """What rounding does to the two-sided estimate of each entry of the unrolled θ."""

    error: Array
    reach: float  # by how much ε can change any weighted input


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
    if error_thetas is None:
        error_thetas = [np.zeros_like(theta) for theta in net.thetas]
    with np.errstate(over="ignore", invalid="ignore"):
        layers = _forward(net, X, error_thetas, error_X, step)
        h, last = layers[-1].a, layers[-1]
        error = last.error + 8.0 * UNIT_ROUNDOFF * (h + Y) + UNDERFLOW
        size = _stretched(np.abs(h - Y) + error, last.moved, 1.0) + error
        cost = _cost(net, X, Y, lambda_, last, size, step)
        deltas, D, sizes = _backward(net, layers, error, size, lambda_, error_thetas)
    return RoundingBounds(
        cost=cost,
        activations=[layer.errors_before for layer in layers] + [_with_bias(last.error, 0.0)],
        slopes=[None, *(layer.error_slope for layer in layers)],
        deltas=[None, *deltas],
        D=D,
        sizes=sizes,
        reach=max(float(layer.moved.max()) for layer in layers),
    )


def rounding_of_estimate(
    net: SigmoidNetwork, X: Array, Y: Array, lambda_: float, epsilon: float
) -> EstimateBounds:
    """Bounds on what rounding does to (J(θ + ε) − J(θ − ε)) / 2ε, truncation left aside.

    Each J carries at most E(J), so their difference over 2ε carries E(J) / ε. θ ± ε are rounded
    too: they lie up to u (|θ| + ε) from where they should, which |∂J/∂θ| carries into J.
    """
    bounds = rounding_bounds(net, X, Y, lambda_, step=epsilon)
    misplaced = UNIT_ROUNDOFF * (np.abs(net.theta) / epsilon + 4.0)
    with np.errstate(over="ignore", invalid="ignore"):
        error = bounds.cost / epsilon + 2.0 * misplaced * unroll(bounds.sizes)
    return EstimateBounds(error, bounds.reach)


class _Layer(NamedTuple):
    """One layer on the way forward: (m, s_l + 1) before it, (m, s_{l+1}) in it."""

    before: Array  # |[1; a]| at most
    errors_before: Array  # E([1; a])
    a: Array
    error_z: Array
    error: Array  # E(a)
    slope: Array  # g' at most
    error_slope: Array  # E(g')
    moved: Array  # by how much a step changes z


def _forward(
    net: SigmoidNetwork,
    X: Array,
    error_thetas: Sequence[Array],
    error_X: Array | None,
    step: float,
) -> list[_Layer]:
    u, forward = UNIT_ROUNDOFF, net.forward(X)
    errors = _with_bias(np.zeros_like(X) if error_X is None else error_X, 0.0)
    before = np.abs(_with_bias(X)) + errors
    change = np.zeros_like(before)
    layers = []
    weights = zip(net.thetas, error_thetas, forward.z[1:], forward.a[1:], strict=True)
    for theta, error_theta, z, a in weights:
        assert z is not None
        size = np.abs(theta).T
        most = step * before.max(axis=1, keepdims=True)
        moved = np.maximum(change @ size, most)  # a weight of an earlier layer, or of this one
        error_z = errors @ size + before @ error_theta.T
        error_z += len(size) * (u * (before @ size + most) + UNDERFLOW)
        slope = _stretched(a * sigmoid(-z), moved, 0.25)
        most_a = _stretched(a, moved, 1.0)
        grown = np.exp(error_z)
        carried = np.minimum(slope * np.expm1(error_z) * grown, 1.0)
        error = carried + 6.0 * u * most_a + UNDERFLOW
        error_slope = np.abs(1.0 - 2.0 * a) * error + error**2
        error_slope += slope * ((error_z * grown) ** 2 + moved * error + 12.0 * u) + UNDERFLOW
        error_slope = np.minimum(error_slope, 0.5)
        layers.append(_Layer(before, errors, a, error_z, error, slope, error_slope, moved))
        before, errors = _with_bias(most_a + error), _with_bias(error, 0.0)
        change = _with_bias(np.minimum(slope * moved, 1.0), 0.0)
    return layers


def _stretched(values: Array, moved: Array, most: float) -> Array:
    """What a, 1 − a or g' can become where z moves: they change by no more than a factor eᵐᵒᵛᵉᵈ."""
    return np.minimum((values + UNDERFLOW) * np.exp(moved), most)


def _cost(
    net: SigmoidNetwork,
    X: Array,
    Y: Array,
    lambda_: float,
    last: _Layer,
    size: Array,
    step: float,
) -> float:
    u, m = UNIT_ROUNDOFF, len(X)
    squares = sum(float(np.sum(theta[:, 1:] ** 2)) for theta in net.thetas)
    largest = float(np.abs(net.theta).max())
    penalty = lambda_ / (2.0 * m) * (squares + step * (2.0 * largest + step))
    J = net.cost(X, Y) + float(np.sum(size * last.moved)) / m + penalty
    rounding = (m + Y.shape[1] + 12) * u * J + net.theta.size * u * penalty
    return float(np.sum(size * last.error_z) / m + rounding + UNDERFLOW)


def _backward(
    net: SigmoidNetwork,
    layers: list[_Layer],
    error: Array,
    size: Array,
    lambda_: float,
    error_thetas: Sequence[Array],
) -> tuple[list[Array], list[Array], list[Array]]:
    """E(δ), E(D) and |D| itself, from E(δᴸ) and |δᴸ|."""
    u, m = UNIT_ROUNDOFF, len(error)
    deltas, D, sizes = [error], list[Array](), list[Array]()
    for l in range(len(layers) - 1, -1, -1):
        theta, error_theta, layer = np.abs(net.thetas[l]), error_thetas[l], layers[l]
        products = size.T @ layer.before
        sums = error.T @ layer.before + size.T @ layer.errors_before + (m + 2) * u * products
        penalty, error_penalty = lambda_ * theta, lambda_ * (4.0 * u * theta + error_theta)
        penalty[:, 0] = error_penalty[:, 0] = 0.0
        D.insert(0, (sums + error_penalty) / m + m * UNDERFLOW)
        sizes.insert(0, (products + penalty) / m)
        if l > 0:
            slope, error_slope = layers[l - 1].slope, layers[l - 1].error_slope
            through = size @ theta[:, 1:]
            error_through = error @ theta[:, 1:] + size @ error_theta[:, 1:]
            error = error_through * (slope + error_slope) + len(theta) * UNDERFLOW
            error += through * (error_slope + (len(theta) + 3) * u * slope)
            size = through * (slope + error_slope)
            deltas.insert(0, error)
    return deltas, D, sizes


def _with_bias(units: Array, value: float = 1.0) -> Array:
    return np.hstack([np.full((len(units), 1), value), units])
