"""Which parameter of very many is wrong: found by differences of the cost over groups of them.

Along a random direction the gradient's slope and the cost's differ by the sum of the errors of
all parameters, each with its sign. Weighing a fifth of the parameters with −1, the next with −½,
and so on to 1, changes the sum by the weight of the group that holds the error: two values of
the cost leave a fifth of the parameters. Where several errors blur the weight, halves serve.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..support.validation import Array
from .lines import Line, Problem
from .slope import Slope

__all__ = ["located"]

WEIGHTS = (-1.0, -0.5, 0.0, 0.5, 1.0)
CLEAR = 0.15  # how near to a weight the sum must come, in parts of the whole difference
PRECISE = 1.0 / 16.0  # of the difference: what truncation and rounding may take from it
SHORTER = 3.7
ATTEMPTS = 4  # at a step that is short enough, and long enough for the noise


def located(
    problem: Problem,
    line: Line,
    slope: Slope,
    slopes: Array,
    rng: np.random.Generator,
    *,
    halves: bool = False,
) -> int | None:
    """The index of a parameter whose slope is wrong, by a line whose slope is; None if unclear.

    ``slopes`` (P,) are those of the gradient. Along n parameters it takes 2 log₅ n values of
    the cost if one of them is wrong, and at most 4 log₂ n if many are. Two errors may look like
    one between them: then only ``halves`` lead to either.
    """
    assert line.direction is not None
    missing = line.analytic - slope.value
    if not np.isfinite(missing):
        bad = np.flatnonzero(~np.isfinite(slopes) & (line.direction != 0.0))
        return int(bad[0]) if bad.size else None
    step = _step(problem, line, slope, abs(missing))
    if step is None:
        return None
    error = _error_along(problem, slopes, step, line.direction)
    group = rng.permutation(np.flatnonzero(line.direction))
    while group.size > 1:
        group, missing = _narrowed(group, missing, error, halves)
    return int(group[0])


def _step(problem: Problem, line: Line, slope: Slope, missing: float) -> float | None:
    """A step at which the plain central difference is exact enough to see ``missing``."""
    assert line.direction is not None
    step = slope.step
    for _ in range(ATTEMPTS):
        noise = 8.0 * np.hypot(problem.noise, line.noise) / step
        if noise > PRECISE * missing:
            return None
        if abs(_slope(problem, line.direction, step) - slope.value) <= PRECISE * missing:
            return step
        step /= SHORTER
    return None


def _slope(problem: Problem, direction: Array, step: float) -> float:
    points = np.array([problem.theta + step * direction, problem.theta - step * direction])
    plus, minus = problem.costs(points)
    return float((plus - minus) / (2.0 * step))


def _error_along(
    problem: Problem, slopes: Array, step: float, direction: Array
) -> Callable[[list[npt.NDArray[np.intp]], tuple[float, ...]], float]:
    """By how much the slopes are off along groups of parameters, each with a weight."""

    def error(groups: list[npt.NDArray[np.intp]], weights: tuple[float, ...]) -> float:
        weighed = np.zeros_like(direction)
        for group, weight in zip(groups, weights, strict=True):
            weighed[group] = weight * direction[group]
        claimed = float(np.sum(slopes / problem.unit * weighed))
        return claimed - _slope(problem, weighed, step)

    return error


def _narrowed(
    group: npt.NDArray[np.intp],
    missing: float,
    error: Callable[[list[npt.NDArray[np.intp]], tuple[float, ...]], float],
    halves: bool = False,
) -> tuple[npt.NDArray[np.intp], float]:
    """The part of the group that holds the error, and how much of the difference it explains."""
    if group.size > 2 and not halves:
        parts = np.array_split(group, len(WEIGHTS))
        weight = error(parts, WEIGHTS) / missing
        nearest = int(np.argmin([abs(weight - w) for w in WEIGHTS]))
        if abs(weight - WEIGHTS[nearest]) <= CLEAR and parts[nearest].size:
            return parts[nearest], missing
    left, right = np.array_split(group, 2)
    found = error([left], (1.0,))
    return (left, found) if abs(found) >= abs(missing - found) else (right, missing - found)
