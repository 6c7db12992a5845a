"""Ties at a kink: parameters whose slopes are each possible, but not together."""

from __future__ import annotations

from itertools import product

import numpy as np

from ..support.validation import Array
from .lines import Problem, Verdict

__all__ = ["tied"]

FEW = 3  # kinked parameters, of which every combination of signs is looked at
MOST_DIRECTIONS = 24
BASE, STEP = 1e-3, 1e-5  # how far around θ, and between two values there, in units of the move
MARGIN = 3e-4
# Where two parameters are moved by these, every order of their sizes and signs occurs: the
# pieces of any max, min or difference of two relus.
OCTANTS = [(a * s, b * t) for a, b in ((1.0, 0.37), (0.37, 1.0)) for s in (1, -1) for t in (1, -1)]


def tied(problem: Problem, kinked: list[Verdict], rng: np.random.Generator) -> set[int]:
    """The kinked parameters whose slopes are possible one by one but not together.

    max(3a, b) at 3a = b has the subgradients (3w, 1 − w): slopes of (3, 1) or (0, 0) are none.
    Clarke's subdifferential holds g only if ⟨g, d⟩ lies between the least and the largest slope
    along d close to θ, for every d. What tells most are the d along which the pieces stay tied,
    such as (1/3, 1): each parameter moves by the inverse of its own bend. Where ⟨g, d⟩ lies
    between the slopes at θ itself nothing is to be seen; only elsewhere points around θ, in all
    octants, are looked at.
    """
    bends = np.array([v.slope.right - v.slope.left for v in kinked])
    steps = np.array([v.slope.step for v in kinked])
    claimed = np.array([v.line.analytic for v in kinked])
    places = np.array([v.check.index for v in kinked], dtype=np.intp)
    with np.errstate(all="ignore"):
        moves = np.min(np.abs(bends) * steps) / np.abs(bends)
    signs = _signs(len(kinked), rng)
    if not np.all(np.isfinite(moves)) or not np.any(moves > 0.0):
        return set()
    lines = np.zeros((len(signs), problem.theta.size))
    lines[:, places] = signs * moves
    plus, minus = _beside(problem, problem.theta, lines)
    slopes = np.array([plus - problem.value, problem.value - minus]).T / STEP
    found: set[int] = set()
    for k in np.flatnonzero(_outside(slopes, (signs * moves) @ claimed)):
        mine = np.flatnonzero(signs[k])
        ways = np.array(OCTANTS)[:, np.arange(mine.size) % 2]
        if mine.size > 2:
            ways = ways * rng.permuted(np.tile(np.linspace(0.4, 1.6, mine.size), (8, 1)), axis=1)
        bases = np.zeros((len(ways), problem.theta.size))
        bases[:, places[mine]] = ways * moves[mine]
        plus, minus = _beside(problem, problem.theta + BASE * bases, lines[k])
        around = (plus - minus)[np.newaxis] / (2.0 * STEP)
        if _outside(around, np.array([(signs[k] * moves) @ claimed]))[0]:
            found |= {int(p) for p in places[mine]}
    return found


def _signs(count: int, rng: np.random.Generator) -> Array:
    """Which parameters move and whereto, (n, count): two at least, and no line twice."""
    if count <= FEW:
        every = np.array(list(product((1.0, 0.0, -1.0), repeat=count)))
    else:
        group = rng.permutation(count)
        pairs = np.zeros((2 * min(count, MOST_DIRECTIONS // 4), count))
        for k, row in enumerate(pairs):
            row[group[k // 2]], row[group[(k // 2 + 1) % count]] = 1.0, (-1.0) ** k
        more = MOST_DIRECTIONS - len(pairs) - 1
        several = rng.choice([1.0, 1.0, 0.0, -1.0], size=(more, count))
        every = np.concatenate([pairs, np.ones((1, count)), several])
    every = every[np.count_nonzero(every, axis=1) >= 2]
    first = every[np.arange(len(every)), np.argmax(every != 0.0, axis=1)]
    return np.unique(every * first[:, np.newaxis], axis=0)


def _beside(problem: Problem, bases: Array, lines: Array) -> tuple[Array, Array]:
    """The cost a step along lines from ``bases``, and a step back."""
    return problem.costs(bases + STEP * lines), problem.costs(bases - STEP * lines)


def _outside(slopes: Array, claimed: Array) -> Array:
    """Which of the claimed slopes lie outside those that were found, (n, slopes)."""
    low, high = slopes.min(axis=1), slopes.max(axis=1)
    margin = MARGIN * np.maximum(np.maximum(np.abs(low), np.abs(high)), np.abs(claimed))
    outside = (claimed < low - margin) | (claimed > high + margin)
    return np.asarray(np.isfinite(low + high) & outside)
