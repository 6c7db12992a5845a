"""What the page's charts show: the error of each numerical scheme against ε, and times."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..comparison.rounding import UNIT_ROUNDOFF
from ..gradients import Gradient, autodiff_gradient, backprop_gradient, numerical_gradient
from ..network.sigmoid import SigmoidNetwork, reshape
from ..support.validation import Array

__all__ = ["EpsilonErrors", "Times", "epsilon_errors", "method_times"]

# What the ε chart looks at, at most, so that it takes a second or two: examples times weights,
# and weights that are moved. The shape of the curves does not depend on more.
PRODUCTS = 2**19
PARAMETERS = 24
HIDDEN_UNITS = (2, 5, 10, 20, 40, 80)  # of the timed 4-h-h-3 networks: 25 to 7123 parameters
REPEATS = 3

METHODS: Mapping[str, Callable[[SigmoidNetwork, Array, npt.NDArray[Any]], Gradient]] = {
    "autodiff": autodiff_gradient,
    "backprop": backprop_gradient,
    "numerical": numerical_gradient,
}


class EpsilonErrors(NamedTuple):
    """The largest error of an estimate over the parameters, for every ε and scheme."""

    epsilons: Array
    errors: dict[str, Array]
    rounding: Array  # 2⁻⁵³ |J| / ε, where the differences cannot get below


class Times(NamedTuple):
    """Seconds for one gradient, by method, at each number of parameters."""

    parameters: list[int]
    seconds: dict[str, list[float]]
    examples: int


def epsilon_errors(net: SigmoidNetwork, X: Array, Y: Array, lambda_: float) -> EpsilonErrors:
    """Hold the three schemes against backpropagation for ε from 10⁻¹ to 10⁻¹⁵.

    X (m, s_1) and Y (m, K) are checked arrays; of many examples or parameters, some are taken.

    >>> net = SigmoidNetwork([2, 1], seed=0)
    >>> found = epsilon_errors(net, np.array([[1.0, 2.0]]), np.array([[1.0]]), 0.0)
    >>> best = {scheme: errors.min() for scheme, errors in found.errors.items()}
    >>> bool(best["one-sided"] > best["two-sided"] > best["complex-step"])
    True
    """
    examples = max(1, PRODUCTS // net.theta.size)
    X, Y = X[:examples], Y[:examples]
    backprop = backprop_gradient(net, X, Y, lambda_)
    count = backprop.vector.size
    chosen = np.unique(np.linspace(0, count - 1, min(count, PARAMETERS)).astype(np.intp))
    exact = backprop.vector[chosen]
    epsilons = 10.0 ** np.linspace(-1, -15, 29)

    def difference(scheme: str, epsilon: float) -> Array:
        estimate = numerical_gradient(net, X, Y, lambda_, epsilon, scheme=scheme, parameters=chosen)
        return estimate.vector[chosen]

    estimates: dict[str, Callable[[float], Array]] = {
        "one-sided": lambda epsilon: difference("one-sided", epsilon),
        "two-sided": lambda epsilon: difference("two-sided", epsilon),
        "complex-step": lambda epsilon: complex_step(net, X, Y, lambda_, epsilon, chosen),
    }
    errors = {
        scheme: np.array([np.max(np.abs(estimate(float(e)) - exact)) for e in epsilons])
        for scheme, estimate in estimates.items()
    }
    return EpsilonErrors(epsilons, errors, UNIT_ROUNDOFF * abs(backprop.cost) / epsilons)


def complex_step(
    net: SigmoidNetwork,
    X: Array,
    Y: Array,
    lambda_: float,
    epsilon: float,
    parameters: npt.NDArray[np.intp],
) -> Array:
    """Im J(θ + iε e_p) / ε with an ε of one's own choice.

    ``numerical_gradient`` keeps its step at 1e-20, where no truncation is left to see.
    """
    m = len(X)
    estimate = []
    for p in parameters:
        step = np.zeros(net.theta.size)
        step[p] = epsilon
        thetas = [
            real + 1j * imaginary if imaginary.any() else real
            for real, imaginary in zip(net.thetas, reshape(step, net.shapes), strict=True)
        ]
        a: npt.NDArray[Any] = X
        for theta in thetas:
            z = theta[:, 0] + a @ theta[:, 1:].T
            a = 1.0 / (1.0 + np.exp(-z))
        sign = np.where(z.real >= 0, 1.0, -1.0)  # of log(1 + e^z), the form that stays finite
        softplus = np.log1p(np.exp(-sign * z)) + np.where(sign > 0, z, 0.0)
        cost = np.sum(softplus - Y * z) / m
        cost += lambda_ / (2 * m) * sum(np.sum(theta[:, 1:] ** 2) for theta in thetas)
        estimate.append(cost.imag / epsilon)
    return np.array(estimate)


def method_times(budget: float = 2.0, hidden_units: Sequence[int] = HIDDEN_UNITS) -> Times:
    """Time the three methods on 4-h-h-3 networks of growing h, for about ``budget`` seconds.

    Each time is the least of three; at least two networks are timed.

    >>> times = method_times(hidden_units=(1, 2))
    >>> times.parameters, sorted(times.seconds)
    ([13, 25], ['autodiff', 'backprop', 'numerical'])
    """
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(20, 4)), rng.integers(0, 3, size=20)
    times = Times([], {method: [] for method in METHODS}, len(X))
    started = time.perf_counter()
    for h in hidden_units:
        if len(times.parameters) >= 2 and time.perf_counter() - started > budget / 2:
            break
        net = SigmoidNetwork([4, h, h, 3], seed=0)
        times.parameters.append(net.theta.size)
        for method, gradient in METHODS.items():
            runs = [gradient(net, X, Y).seconds for _ in range(REPEATS)]
            times.seconds[method].append(min(runs))
    return times
