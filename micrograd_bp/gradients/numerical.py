"""The source's numerical estimate: a loop over the parameters, differences of the cost alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..support.validation import Array

__all__ = ["COMPLEX_STEP", "SCHEMES", "estimate"]

SCHEMES = ("two-sided", "one-sided", "complex-step")
COMPLEX_STEP = 1e-20  # there is no subtraction, so the step only has to keep ε² below rounding


def estimate(
    J: Callable[[Any], Any],
    theta: Array,
    epsilon: float = 1e-4,
    scheme: str = "two-sided",
    parameters: Iterable[int] | None = None,
) -> Array:
    """∂J/∂θ for any cost J of an unrolled θ (P,), by one or two values of J per parameter.

    ``parameters`` are the indices to estimate (None: all); the others are NaN. For the scheme
    "complex-step" J must take complex numbers, and ``epsilon`` does not matter.

    >>> estimate(lambda theta: theta[0] ** 2 + 3.0 * theta[1], np.array([5.0, 7.0])).round(6)
    array([10.,  3.])
    """
    gradient = np.full(theta.size, np.nan)
    for p in range(theta.size) if parameters is None else parameters:
        e_p = np.zeros(theta.size)
        e_p[p] = 1.0
        if scheme == "two-sided":
            gradient[p] = (J(theta + epsilon * e_p) - J(theta - epsilon * e_p)) / (2.0 * epsilon)
        elif scheme == "one-sided":
            gradient[p] = (J(theta + epsilon * e_p) - J(theta)) / epsilon
        else:
            gradient[p] = J(theta + 1j * COMPLEX_STEP * e_p).imag / COMPLEX_STEP
    return gradient
