"""Lines that move many parameters at once: random directions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..support.validation import Array
from .lines import SMALLEST_STEP, Line, Problem, Verdict
from .noise import EPSILON

__all__ = ["GRADIENT_ULPS", "Found", "confirmed", "random_line"]

GRADIENT_ULPS = 8.0  # of the rounding in the sum ⟨g, d⟩
FEW = 100  # parameters: so few have too few signs
DIRECTION_STEP = 4.0  # as every parameter takes a small part of a direction's step
SMALLER = 14  # times a direction's parameters are halved until it crosses no kink


@dataclass
class Found:
    """What the single parameters tell of the cost: how far each may move, and whereto.

    ``scale`` (P,) is the step at which a parameter's slope shows best, ``side`` (P,) is ±1 where
    the cost has values on one side only, and ``out`` (P,) marks the parameters that a direction
    leaves out, as the cost has a kink along them, or no slope that was decided.
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
            undecided = verdict.check.status == "undecided"
            out[index] = slope.kink or undecided or not math.isfinite(slope.bar)
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
