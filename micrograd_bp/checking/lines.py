"""Slopes along lines through θ judged: what a gradient says against what the cost says."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..support.validation import Array
from .result import GradientCheck, SlopeCheck, Status
from .slope import (
    EPSILON,
    POSITIONS,
    Ladder,
    Slope,
    coarse_noise_of,
    noise_of,
    precision,
    table_noise,
)

__all__ = ["Costs", "Line", "Problem", "check_of", "rounding_of"]

Costs = Callable[[Array], Array]  # values at points (n, P), NaN where there is none

NOISE_LINES = 3
FIRST_STEP = 0.25  # in units of a parameter's scale; a power of 2, so that θ ± h is exact
SECOND_LADDER = 0.5  # puts its steps halfway, in ratio, between those of the first
SMALLEST_STEP = 2.0**10 * EPSILON  # of |θ|: below, θ ± h keeps too few digits of h
# A zero slope is always smaller than its error bar. It is right if the bar is below this part of
# how steep the cost gets one small step further, or if the cost never moves; else undecided.
NEGLIGIBLE = 1e-6
# The gradient under test is itself rounded: some units in the last place, or what its noise
# measures (ten standard deviations, as seven values know σ to a factor of about two).
GRADIENT_ULPS = 8.0
GRADIENT_NOISE = 10.0
GRADIENT_SPACINGS = (1e-9, 1e-6)
# Of a gradient that is known at θ only, noise cannot be measured; h − y at h = 1 − 1e-6 has lost
# six digits, so that many are granted.
ARRAY_PRECISION = 1e-9
BLOCK_NUMBERS = 2**20  # numbers in one block of points: 8 MB


@dataclass(frozen=True)
class Line:
    """A line through θ, the slope that the gradient gives it, and how well that is known.

    θ + t·d is rounded: that adds ``noise`` to the cost's own where it has the slope of θ, and
    moves t itself by ``blur``.
    """

    label: str
    index: int | None  # of the one parameter that moves; None: all move along ``direction``
    direction: Array | None
    analytic: float
    allowance: float
    step: float
    smallest: float
    noise: float = 0.0  # along one parameter the step that was made is known exactly
    blur: float = 0.0

    def points(self, theta: Array, step: float) -> tuple[Array, float]:
        """θ moved by ``step``, and how far it really moved: θ + h is rounded."""
        if self.direction is not None:
            return theta + step * self.direction, step
        moved = theta.copy()
        moved[self.index] += step
        return moved, float(moved[self.index] - theta[self.index])


class Problem:
    """A function of θ given by its values alone, and the slopes of it that are to be judged."""

    def __init__(self, costs: Costs, theta: Array, value: float) -> None:
        self.costs = costs
        self.theta = theta
        self.value = value
        self.noise = 0.0
        self.spacing = 0.0
        # How far a parameter may have to move before anything happens. Too far costs a few more
        # steps; too near would leave a small parameter of a smooth function to the noise.
        self.scale = np.maximum(np.abs(theta), max(1.0, float(np.median(np.abs(theta)))))

    def measure_noise(self, rng: np.random.Generator) -> None:
        """The noise at θ: the largest of some random lines, which move every parameter."""
        # lengths too are random, lest every line step over the same lucky roundings
        lines = [rng.uniform(1.0, 2.0) * self.random_unit(rng) for _ in range(NOISE_LINES)]
        self.noise, self.spacing = max(noise_of(self.along(line)) for line in lines)

    def gradient_noise(
        self, gradients: Callable[[Array], Array], slopes: Array, rng: np.random.Generator
    ) -> Array:
        """How far the gradient may be off by its own rounding: measured as the cost's noise is.

        Of two sides the quieter counts, as a kink on one side makes the gradient jump there; of
        several spacings the loudest, as h − y moves in few and wide stairs where h is near y.
        """
        direction = self.random_unit(rng)
        loudest = np.zeros_like(slopes)
        for spacing in (self.spacing, *GRADIENT_SPACINGS):
            quietest = np.full(slopes.shape, np.inf)
            for step in (spacing * direction, -spacing * direction):
                try:
                    with np.errstate(all="ignore"):
                        values = [gradients(self.theta + k * step) for k in POSITIONS]
                        noise, known = table_noise(np.array(values))
                except (TypeError, ValueError):
                    continue  # it may fail beside theta
                quietest = np.minimum(quietest, np.where(known, noise, 0.0))
            loudest = np.fmax(loudest, np.where(np.isfinite(quietest), quietest, 0.0))
        rounding = GRADIENT_ULPS * precision(slopes) * np.abs(slopes)
        return np.asarray(np.nan_to_num(rounding) + GRADIENT_NOISE * loudest)

    def random_unit(self, rng: np.random.Generator) -> Array:
        direction = rng.standard_normal(self.theta.size)
        return np.asarray(direction / np.linalg.norm(direction) * self.scale)

    def along(self, direction: Array) -> Costs:
        return lambda t: self.costs(self.theta + t[:, np.newaxis] * direction)

    def coordinate(self, index: int, label: str, slope: float, allowance: float) -> Line:
        step = FIRST_STEP * 2.0 ** math.floor(math.log2(self.scale[index]))
        smallest = SMALLEST_STEP * abs(self.theta[index])
        return Line(label, int(index), None, float(slope), float(allowance), step, smallest)

    def random_direction(
        self, label: str, slopes: Array, allowance: Array, rng: np.random.Generator
    ) -> Line:
        direction = self.random_unit(rng)
        with np.errstate(over="ignore", invalid="ignore"):
            products = slopes * direction
            rounding = GRADIENT_ULPS * EPSILON * np.sum(np.abs(products))
            known = math.hypot(*(allowance * direction)) + rounding
            noise = EPSILON / 2.0 * math.hypot(*np.nan_to_num(slopes * self.theta))
        slope = math.fsum(products) if np.all(np.isfinite(products)) else math.nan
        blur = EPSILON / 2.0 * float(np.linalg.norm(self.theta / self.scale))
        return Line(
            label, None, direction, slope, float(known), FIRST_STEP, SMALLEST_STEP, noise, blur
        )

    def judge(self, lines: list[Line]) -> list[tuple[SlopeCheck, float | None]]:
        """Each line's verdict, and the order of its Taylor remainder."""
        ladders = self._ladders(lines)
        slopes = [ladder.slope() for ladder in ladders]
        alarms = [i for i, line in enumerate(lines) if _contradicts(slopes[i], line)]
        again = self._ladders(self._second([lines[i] for i in alarms]))
        for i, ladder in zip(alarms, again, strict=True):
            slope = ladder.slope()
            if not _contradicts(slope, lines[i]):
                slopes[i] = slope
        checked = [
            _slope_check(line, slope, ladder)
            for line, slope, ladder in zip(lines, slopes, ladders, strict=True)
        ]
        if any(slope.status == "kink" and slope.index is not None for slope in checked):
            checked = [_excused(slope) for slope in checked]
        orders = [
            ladder.taylor_order(line.analytic, line.allowance)
            for line, ladder in zip(lines, ladders, strict=True)
        ]
        return list(zip(checked, orders, strict=True))

    def _second(self, lines: list[Line]) -> list[Line]:
        """The lines of alarms once more: an alarm counts if another ladder raises it too.

        Its steps lie between those of the first, and coarser noise is taken into account: that
        of its own line, and the largest along single parameters (random directions cross too
        many kinks to tell the noise of the cost).
        """
        own = [self._coarse_noise(line) for line in lines]
        single = max(
            (noise for noise, line in zip(own, lines, strict=True) if line.direction is None),
            default=0.0,
        )
        return [
            replace(line, step=SECOND_LADDER * line.step, noise=max(line.noise, noise, single))
            for noise, line in zip(own, lines, strict=True)
        ]

    def _coarse_noise(self, line: Line) -> float:
        def along(steps: Array) -> Array:
            return self.costs(np.array([line.points(self.theta, t)[0] for t in steps]))

        unit = line.step / FIRST_STEP
        return coarse_noise_of(lambda t: along(unit * t))

    def _ladders(self, lines: list[Line]) -> list[Ladder]:
        ladders = [
            Ladder(self.value, self.noise + line.noise, line.step, line.smallest, line.blur)
            for line in lines
        ]
        active = list(range(len(lines)))
        while active:
            for block in _blocks(active, self.theta.size):
                self._descend([lines[i] for i in block], [ladders[i] for i in block])
            active = [
                i for i in active if not ladders[i].finished(lines[i].analytic, lines[i].allowance)
            ]
        return ladders

    def _descend(self, lines: list[Line], ladders: list[Ladder]) -> None:
        probes = [
            line.points(self.theta, sign * ladder.step)
            for line, ladder in zip(lines, ladders, strict=True)
            for sign in (1.0, -1.0)
        ]
        values = self.costs(np.array([point for point, _ in probes])).tolist()
        for k, ladder in enumerate(ladders):
            (_, plus), (_, minus) = probes[2 * k : 2 * k + 2]
            ladder.add(plus, values[2 * k], minus, values[2 * k + 1])


def rounding_of(slopes: Array) -> Array:
    """How far a gradient of which only the values are known may be off by its own rounding."""
    largest = np.abs(slopes[np.isfinite(slopes)]).max(initial=0.0)
    unit = max(ARRAY_PRECISION, GRADIENT_ULPS * precision(slopes))
    return np.full(slopes.shape, unit * largest)


def _contradicts(slope: Slope, line: Line) -> bool:
    """Whether the gradient's slope is outside what the cost allows."""
    bar = slope.bar + line.allowance
    if math.isinf(bar):
        return False
    if slope.kink:
        low, high = sorted((slope.left, slope.right))
        return not low - bar <= line.analytic <= high + bar
    return not abs(line.analytic - slope.value) <= bar


def _slope_check(line: Line, slope: Slope, ladder: Ladder) -> SlopeCheck:
    bar = slope.bar + line.allowance
    status: Status = "right"
    if _contradicts(slope, line) or not math.isfinite(line.analytic):
        status = "wrong"
    elif slope.kink:
        status = "kink"
    elif bar > max(abs(line.analytic), NEGLIGIBLE * slope.secant):
        zero = abs(line.analytic) <= line.allowance  # as far as the gradient itself can tell
        status = "right" if zero and ladder.is_flat() else "undecided"
    return SlopeCheck(
        line.label,
        line.index,
        line.analytic,
        slope.value,
        bar,
        status,
        slope.left,
        slope.right,
        slope.kink_within,
    )


def _excused(slope: SlopeCheck) -> SlopeCheck:
    """At a kink ⟨g, d⟩ is not the slope along d, whichever subgradient g is: no error there."""
    if slope.index is None and slope.status == "wrong" and math.isfinite(slope.analytic):
        return replace(slope, status="kink")
    return slope


def _blocks(items: list[int], width: int) -> Iterator[list[int]]:
    rows = max(1, BLOCK_NUMBERS // (2 * width))
    for start in range(0, len(items), rows):
        yield items[start : start + rows]


def check_of(
    problem: Problem,
    checked: list[tuple[SlopeCheck, float | None]],
    evaluations: int,
    notes: list[str],
) -> GradientCheck:
    orders = [
        order
        for slope, order in checked
        if slope.index is None and slope.status != "kink" and order is not None
    ]
    slopes = [slope for slope, _ in checked]
    return GradientCheck(
        problem.value,
        problem.noise,
        [slope for slope in slopes if slope.index is not None],
        [slope for slope in slopes if slope.index is None],
        min(orders, default=None),
        problem.theta.size,
        evaluations,
        notes + _kinks_beside(slopes),
    )


def _kinks_beside(slopes: list[SlopeCheck]) -> list[str]:
    steps = [slope.kink_within for slope in slopes if slope.kink_within is not None]
    if not steps:
        return []
    return [
        f"Kinks (relu, abs, max) beside theta on {len(steps)} of {len(slopes)} lines, "
        f"the nearest within {min(steps):.1g}; slopes are from smaller steps."
    ]
