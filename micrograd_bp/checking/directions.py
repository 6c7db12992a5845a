"""Lines that move many parameters at once: random directions, and ties of kinked parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ..support.validation import Array
from .lines import SMALLEST_STEP, Line, Problem, Verdict
from .noise import EPSILON
from .result import SlopeCheck

__all__ = ["GRADIENT_ULPS", "Found", "confirmed", "random_line", "tied"]

GRADIENT_ULPS = 8.0  # of the rounding in the sum ⟨g, d⟩
FEW = 100  # parameters: so few have too few signs
DIRECTION_STEP = 4.0  # as every parameter takes a small part of a direction's step
SMALLER = 14  # times a direction's parameters are halved until it crosses no kink
MOST_TIES = 16
# Where two kinked parameters are moved by these, in units of the step, every order of their
# sizes and signs occurs: the pieces of any max, min or difference of two relus.
OCTANTS = [(a * s, b * t) for a, b in ((1.0, 0.37), (0.37, 1.0)) for s in (1, -1) for t in (1, -1)]


@dataclass
class Found:
    """What the single parameters tell of the cost: how far each may move, and whereto.

    ``scale`` (P,) is the step at which a parameter's slope shows best, ``side`` (P,) is ±1 where
    the cost has values on one side only, and ``out`` (P,) marks the parameters that a direction
    leaves out, as the cost has a kink along them, or no slope.
    """

    scale: Array
    side: Array
    out: npt.NDArray[np.bool_]

    @classmethod
    def by(
        cls, problem: Problem, verdicts: Sequence[Verdict], bounds: Array | None = None
    ) -> Found:
        scale, side = problem.scale.copy(), np.zeros(problem.theta.size)
        out = np.zeros(problem.theta.size, dtype=bool)
        ratios = []
        for verdict in verdicts:
            index, slope = verdict.check.index, verdict.slope
            if index is None:
                continue
            if math.isfinite(slope.bar) and slope.step > 0.0 and slope.secant > 0.0:
                scale[index] = 2.0 * slope.step / problem.first
                ratios.append(scale[index] / problem.scale[index])
            out[index] = slope.kink or not math.isfinite(slope.bar) or verdict.check.doubtful
            side[index] = slope.side
        checked = [v.check.index for v in verdicts if v.check.index is not None]
        if ratios:
            others = np.ones(scale.size, dtype=bool)
            others[checked] = False
            scale[others] *= sorted(ratios)[len(ratios) // 2]
        if bounds is not None:
            side[problem.theta - bounds[0] < scale * 1e-9] = 1.0
            side[bounds[1] - problem.theta < scale * 1e-9] = -1.0
        return cls(scale, side, out)


def random_line(
    problem: Problem,
    label: str,
    slopes: Array,
    allowance: Array,
    found: Found,
    rng: np.random.Generator,
    among: npt.NDArray[np.bool_] | None = None,
) -> Line | None:
    """A random direction of all parameters, or those ``among``; None if there are none."""
    used = ~found.out if among is None else among & ~found.out
    if not np.any(used):
        return None
    # signs, not numbers of any size: no parameter is left out by chance
    unit = np.where(rng.random(used.size) < 0.5, -1.0, 1.0) * used
    if used.size <= FEW:
        unit = rng.standard_normal(used.size) * used
    unit = np.where(found.side != 0.0, np.abs(unit) * found.side, unit)
    direction = unit / np.linalg.norm(unit) * found.scale
    return line_along(problem, label, direction, slopes, allowance, found.scale)


def line_along(
    problem: Problem, label: str, direction: Array, slopes: Array, allowance: Array, scale: Array
) -> Line:
    """The line along ``direction`` with the slope ⟨g, d⟩ and how well that is known."""
    moves = direction != 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        parts = slopes[moves] / problem.unit
        products = parts * direction[moves]
        rounding = GRADIENT_ULPS * EPSILON * np.sum(np.abs(products))
        known = np.linalg.norm(allowance[moves] / problem.unit * direction[moves]) + rounding
        noise = EPSILON / 2.0 * np.linalg.norm(np.nan_to_num(parts * problem.theta[moves]))
        slope = math.fsum(products) if np.all(np.isfinite(products)) else math.nan
        blur = EPSILON / 2.0 * float(np.linalg.norm(problem.theta[moves] / scale[moves]))
    step = DIRECTION_STEP * problem.first
    return Line(
        label, None, direction, slope, float(known), step, SMALLEST_STEP, float(noise), blur
    )


def confirmed(
    problem: Problem,
    verdict: Verdict,
    line: Line,
    slopes: Array,
    allowance: Array,
    found: Found,
    rng: np.random.Generator,
) -> Verdict:
    """A verdict that no kink excuses: along fewer parameters where the direction crosses one.

    At a kink ⟨g, d⟩ is not the slope along d, whichever subgradient g is; what it says of the
    other parameters shows once the kinked ones have dropped out. A direction that never gets
    rid of them stays undecided.
    """
    assert line.direction is not None
    among = line.direction != 0.0
    for _ in range(SMALLER):
        if verdict.check.status in ("right", "wrong") and not verdict.slope.kink:
            return verdict
        if np.count_nonzero(among) < 2:
            break
        among &= rng.random(among.size) < 0.5
        fewer = random_line(problem, line.label, slopes, allowance, found, rng, among)
        if fewer is not None:
            (verdict,) = problem.judge([fewer])
    return replace(verdict, check=replace(verdict.check, status="undecided", doubtful=False))


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
