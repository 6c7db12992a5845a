"""How far the numerical estimate may be from the gradient: an error bar for each parameter.

Truncation and rounding add up to it.

- Truncation is known where ``proof.py`` made the same difference on balls. Where floats alone
  must tell: with D(ε) = g + c ε² + d ε⁴ + …, a second step size gives c ε² as
  (D(2ε) − D(ε)) / 3 (Richardson, 1911), taken twice for the higher orders. Where c ε² + 5 d ε⁴
  happens to vanish this is blind, so no parameter is contradicted before a third step size,
  (D(4ε) − D(2ε)) / 12 = c ε² + 20 d ε⁴, has been asked as well.
- Rounding is bounded by ``rounding.py``: E(J) / ε, and what it takes that θ ± ε are rounded; the
  second step size adds the first again.

The series is taken for granted only where it converges: where 4ε can move no weighted input by
more than 1 (the nearest pole of the sigmoid is at ±π i), and where D(ε), D(2ε), D(4ε) do fall
as ε². Where they do not, an estimate that lies outside its bar contradicts nothing: its bar is
infinite, the parameter is undecided, and a smaller ε is named that would do.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..gradients import Gradient
from ..network.sigmoid import SigmoidNetwork
from ..support.validation import Array
from .rounding import EstimateBounds, rounding_of_estimate

__all__ = ["COURSE_EPSILON", "bars_by_floats", "lost_in_rounding", "step_that_would_do"]

COURSE_EPSILON = 1e-4  # the source's own step
TRUNCATION_SAFETY = 2.0  # terms of order ε⁴ and above, beside the ε² that is measured
FALLS = 2.0, 8.0  # D(4ε) − D(2ε) over D(2ε) − D(ε): 4, with room for ε⁴
CONVERGES = 1.0  # the change of a weighted input within which the series is trusted


def bars_by_floats(
    estimate: Callable[[float, npt.NDArray[np.intp] | None], Gradient],
    numerical: Gradient,
    epsilon: float,
    bounds: EstimateBounds,
    gap: Array,
    exact: Array,
) -> Array:
    """The error bar of each estimate, measured by repeating it with larger steps.

    The truncation of a two-sided difference grows with ε², so that the estimate at 2ε tells how
    large it is at ε. Where that does not explain ``gap``, the distance from the exact methods
    (which may be off by ``exact`` themselves), 4ε tells whether truncation does fall with ε²; if
    not, the series does not converge and the bar is ∞. A bar is NaN where nothing was estimated.
    ``estimate(step, indices)`` makes the further estimates.
    """
    doubled = estimate(2.0 * epsilon, None)
    first = np.abs(doubled.vector - numerical.vector)
    rounding = 2.0 * bounds.error
    bars = TRUNCATION_SAFETY * first / 3.0 + rounding
    suspects = np.flatnonzero(gap > exact + bars)
    if suspects.size:
        fourfold = estimate(4.0 * epsilon, suspects)
        second = np.abs(fourfold.vector - doubled.vector)[suspects]
        truncation = np.maximum(first[suspects] / 3.0, second / 12.0)
        bars[suspects] = TRUNCATION_SAFETY * truncation + rounding[suspects]
        least, most = FALLS
        noise = rounding[suspects]
        falls = second >= least * first[suspects] - noise
        falls &= second <= most * first[suspects] + noise
        outside = gap[suspects] > exact[suspects] + bars[suspects]
        bars[suspects[outside & ~(falls & (4.0 * bounds.reach <= CONVERGES))]] = np.inf
    return bars


def step_that_would_do(
    net: SigmoidNetwork, X: Array, Y: Array, lambda_: float, epsilon: float
) -> float | None:
    """The largest of ε/10, ε/100, … for which the series converges; None if none of them does."""
    smaller = epsilon
    for _ in range(16):
        smaller = float(f"{smaller / 10.0:.1e}")
        if 4.0 * rounding_of_estimate(net, X, Y, lambda_, smaller).reach <= CONVERGES:
            return smaller
    return None


def lost_in_rounding(
    net: SigmoidNetwork,
    X: Array,
    Y: Array,
    lambda_: float,
    epsilon: float,
    gradient: Array,
    estimated: npt.NDArray[np.bool_],
) -> bool:
    """Whether ε is so small that nothing was estimated: rounding hides every derivative.

    It does not count where it would hide them at the source's ε = 1e-4 as well: there the
    derivatives are too small, not the step.
    """
    if epsilon >= COURSE_EPSILON:
        return False
    steps = (epsilon, COURSE_EPSILON)
    here, course = (rounding_of_estimate(net, X, Y, lambda_, step).error for step in steps)
    size = np.abs(gradient)
    return bool(np.all(here >= size, where=estimated) and np.any(course < size, where=estimated))
