"""Ties at a kink: parameters whose slopes are each possible, but not together."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .lines import Problem
from .result import SlopeCheck

__all__ = ["tied"]

MOST_TIES = 16
# Where two kinked parameters are moved by these, in units of the step, every order of their
# sizes and signs occurs: the pieces of any max, min or difference of two relus.
OCTANTS = [(a * s, b * t) for a, b in ((1.0, 0.37), (0.37, 1.0)) for s in (1, -1) for t in (1, -1)]


def tied(
    problem: Problem,
    kinked: list[tuple[SlopeCheck, float]],
    rng: np.random.Generator,
) -> set[int]:
    """The kinked parameters whose slopes are possible one by one but not together.

    max(a, b) at a = b has the subgradients (w, 1 − w): slopes of (1, 1) or (0, 0) are none.
    Clarke's subdifferential holds g only if ⟨g, d⟩ lies between the least and the largest
    slope along d close to θ, for every d; here d are the diagonals of pairs of parameters, and
    close to θ are points in all octants.
    """
    found: set[int] = set()
    order = [kinked[i] for i in rng.permutation(len(kinked))]
    for (first, one), (second, two) in list(pairwise(order))[:MOST_TIES]:
        for sign in (1.0, -1.0):
            if _outside(problem, (first, second), (one, sign * two)):
                found |= {int(c.index) for c in (first, second) if c.index is not None}
    return found


def _outside(
    problem: Problem, pair: tuple[SlopeCheck, SlopeCheck], moves: tuple[float, float]
) -> bool:
    places = [int(check.index) for check in pair if check.index is not None]
    unit = np.zeros((2, problem.theta.size))
    for row, place, move in zip(unit, places, moves, strict=True):
        row[place] = move
    along = unit.sum(axis=0)
    bases = [problem.theta + 1e-3 * (a * unit[0] + b * unit[1]) for a, b in OCTANTS]
    values = problem.costs(np.array([base + s * 1e-5 * along for base in bases for s in (1, -1)]))
    slopes = (values[0::2] - values[1::2]) / 2e-5
    claimed = sum(check.analytic * move for check, move in zip(pair, moves, strict=True))
    low, high = slopes.min() * problem.unit, slopes.max() * problem.unit
    margin = 1e-3 * max(abs(low), abs(high), abs(claimed))
    return bool(np.isfinite(low + high) and not low - margin <= claimed <= high + margin)
