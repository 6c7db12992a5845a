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

__all__ = ["GRADIENT_ULPS", "Found", "confirmed", "kinked", "random_line"]

GRADIENT_ULPS = 8.0  # of the rounding in the sum ⟨g, d⟩
FEW = 100  # parameters: so few have too few signs
DIRECTION_STEP = 4.0  # as every parameter takes a small part of a direction's step
NEARER = 16.0  # the smaller of two steps at which a bend is looked at
KINKED = 0.5  # of a kink's bend is left there, of a smooth one a sixteenth
MOST_LOOKS = 2000  # four values each
SMALLER = 14  # times a direction's parameters are halved until it crosses no kink


@dataclass
class Found:
    """What the single parameters tell of the cost: how far each may move, and whereto.

    ``scale`` (P,) is the step at which a parameter's slope shows best, ``side`` (P,) is ±1 where
    the cost has values on one side only, and ``out`` (P,) marks the parameters that a direction
    leaves out, as the cost has a kink along them, or no slope that was decided. ``checked`` (P,)
    marks those that were judged alone.
    """

    scale: Array
    side: Array
    out: npt.NDArray[np.bool_]
    checked: npt.NDArray[np.bool_]

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
        checked = np.zeros(problem.theta.size, dtype=bool)
        checked[[v.check.index for v in verdicts if v.check.index is not None]] = True
        if ratios:
            scale[~checked] *= sorted(ratios)[len(ratios) // 2]
        if bounds is not None:
            side[problem.theta - bounds[0] < scale * 1e-9] = 1.0
            side[bounds[1] - problem.theta < scale * 1e-9] = -1.0
        return cls(scale, side, out, checked)


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


def kinked(problem: Problem, verdict: Verdict, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """The parameters that give a direction its kink; none if there are very many.

    Found by halves: a bend that is as large at a far smaller step is none of a smooth cost.
    """
    direction = verdict.line.direction
    assert direction is not None
    wide, near = verdict.slope.step, verdict.slope.step / NEARER
    noise = 16.0 * max(problem.noise, EPSILON * abs(problem.value)) / near
    steps = np.array([wide, -wide, near, -near])[:, np.newaxis]
    found: list[int] = []
    groups = [rng.permutation(np.flatnonzero(direction))]
    for _ in range(MOST_LOOKS):
        if not groups:
            return np.array(sorted(found), dtype=np.intp)
        group = groups.pop()
        points = np.tile(problem.theta, (4, 1))
        points[:, group] += steps * direction[group]
        rises = problem.costs(points) - problem.value
        before, bend = abs(rises[0] + rises[1]) / wide, abs(rises[2] + rises[3]) / near
        if bend > max(noise, KINKED * before):
            found += group.tolist() if group.size == 1 else []
            groups += np.array_split(group, 2) if group.size > 1 else []
    return np.array([], dtype=np.intp)


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
