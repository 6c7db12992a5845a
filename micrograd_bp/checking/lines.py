"""Slopes along lines through θ judged: what a gradient says against what the cost says."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..support.validation import Array
from .noise import EPSILON, TINIEST, noise_at, noise_of
from .result import SlopeCheck, Status
from .roughness import may_be_signal, rough, unsettled
from .slope import Ladder, Slope
from .wider import widened

__all__ = ["Costs", "Line", "Problem", "Verdict"]

Costs = Callable[[Array], Array]  # values at points (n, P), NaN where there is none

NOISE_LINES = 2
RATIOS = (1.85, 2.15)  # of neighbouring steps, drawn once for a check
FIRST_STEPS = (0.17, 0.33)  # in units of a parameter's scale, drawn once for a check
SMALL_GAP = 1e-4  # part of a slope, between it and the gradient's
SECOND_STEP = 0.61  # the first step of the second ladder, in units of the first one's
SMALLEST_STEP = 2.0**10 * EPSILON  # of |θ|: below, θ ± h keeps too few digits of h
NARROW = 1e-3  # of the first step: where θ is smaller than that, its own size is tried as well
# A slope is decided if its bar is below this part of it. A zero slope is always smaller than
# its bar: it is decided if the bar is below NEGLIGIBLE of how steep the cost gets one small step
# further, or if the cost never moves.
RESOLUTION = 1e-3
NEGLIGIBLE = 1e-6
# A difference in the outer half of a bar, which is there for the worst case, confirms nothing,
# unless it is a negligible part of the slope.
INNER = 0.5
PLAIN = 1e-6
BLOCK_NUMBERS = 2**20  # numbers in one block of points: 8 MB
HUGE = 2.0**500  # costs beyond are divided by a power of 2, lest their differences overflow


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

    def move(self, point: Array, step: float) -> float:
        """Move ``point``, which is θ, by ``step``, and say how far it moved: θ + h is rounded."""
        if self.direction is not None:
            with np.errstate(over="ignore"):
                point += step * self.direction
            return step
        assert self.index is not None
        before = float(point[self.index])
        after = before + step
        point[self.index] = after
        return after - before


@dataclass(frozen=True)
class Verdict:
    """What became of a line: its slope, how the cost's Taylor remainder falls, and the step."""

    check: SlopeCheck
    order: float | None
    slope: Slope
    line: Line


class Problem:
    """A function of θ given by its values alone, and the slopes of it that are to be judged."""

    def __init__(self, costs: Costs, theta: Array, value: float, rng: np.random.Generator) -> None:
        self.unit = 2.0 ** (math.frexp(value)[1] - 1) if abs(value) > HUGE else 1.0
        self._costs = costs
        self.theta = theta
        self.value = value / self.unit
        self.noise = 0.0
        self.resolution = RESOLUTION
        self.ratio = float(rng.uniform(*RATIOS))
        self.first = float(rng.uniform(*FIRST_STEPS))
        # How far a parameter may have to move before anything happens. Too far costs a few more
        # steps; too near would leave a small parameter of a smooth function to the noise.
        self.scale = np.maximum(np.abs(theta), 1.0)

    def costs(self, points: Array) -> Array:
        """The function at points (n, P), in units of ``unit``; NaN where θ itself overflows."""
        finite = np.all(np.isfinite(points), axis=1)
        if np.all(finite):
            return self._costs(points) / self.unit
        values = np.full(len(points), np.nan)
        values[finite] = self._costs(points[finite]) / self.unit
        return values

    def probe(self, probes: Sequence[tuple[Line, float]]) -> tuple[Array, list[float]]:
        """The function a step along lines each, and how far these steps really went."""
        points = np.empty((len(probes), self.theta.size))
        points[:] = self.theta
        moves = [line.move(point, t) for point, (line, t) in zip(points, probes, strict=True)]
        return self.costs(points), moves

    def measure_noise(self, rng: np.random.Generator, lines: int = NOISE_LINES) -> None:
        """The noise at θ: the largest of some random lines, which move every parameter.

        Parameters move by parts of themselves, as nothing is known yet of how the cost changes.
        """
        size = np.abs(self.theta)
        size[size == 0.0] = np.min(size[size > 0.0], initial=1.0)
        # lengths too are random, lest every line step over the same lucky roundings
        for _ in range(lines):
            unit = rng.standard_normal(size.size)
            unit /= np.linalg.norm(unit) * rng.uniform(1.0, 2.0)
            self.noise = max(self.noise, noise_of(self.along(unit * size)))

    def along(self, direction: Array) -> Costs:
        """The function of t at θ + t·direction."""

        def costs(t: Array) -> Array:
            with np.errstate(over="ignore"):
                points = self.theta + t[:, np.newaxis] * direction
            return self.costs(points)

        return costs

    def coordinate(self, index: int, label: str, slope: float, allowance: float) -> Line:
        step = self.first * float(self.scale[index])
        smallest = SMALLEST_STEP * abs(float(self.theta[index]))
        slope, allowance = float(slope) / self.unit, float(allowance) / self.unit
        return Line(label, int(index), None, slope, allowance, step, smallest)

    def judge(
        self,
        lines: list[Line],
        finer: Callable[[list[Line], Array], list[Line]] | None = None,
        *,
        twice: bool = True,
    ) -> list[Verdict]:
        """Each line's verdict.

        ``finer`` gives the lines of alarms, found at these steps, with all that the rounding of
        the gradient allows. An alarm must be raised ``twice``, unless it is only to be located.
        """
        ladders = self.ladders(lines)
        slopes = [ladder.slope() for ladder in ladders]
        hidden = [i for i, x in enumerate(lines) if self._hidden(x, slopes[i], ladders[i])]
        if hidden:
            for k, slope in widened(self, [lines[i] for i in hidden]).items():
                slopes[hidden[k]] = slope
        lines = list(lines)
        self._narrowed(lines, ladders, slopes)
        alarms = [i for i, line in enumerate(lines) if _contradicts(slopes[i], line)]
        if alarms and finer is not None:
            steps = np.array([slopes[i].step for i in alarms])
            for i, line in zip(alarms, finer([lines[i] for i in alarms], steps), strict=True):
                lines[i] = line
            alarms = [i for i in alarms if _contradicts(slopes[i], lines[i])]
        doubted = self._second_opinions(lines, slopes, alarms) if twice else set()
        departures = {i: x for i, ladder in enumerate(ladders) if (x := ladder.abrupt())}
        urgent = [i for i in departures if i in alarms or lines[i].analytic == 0.0]
        first = [line.step for line in lines]
        at = partial(self._at, lines)
        pairs = {i: ladders[i].turns(lines[i].analytic) for i in alarms if i not in doubted}
        for i, pair in departures.items():
            pairs[i] = [pair, *pairs.get(i, [])]
        doubted |= rough(ladders, pairs, {*urgent, *alarms}, at, first, self.noise)
        return [
            Verdict(
                self._slope_check(line, slope, ladder, i in doubted, departures.get(i)),
                ladder.taylor_order(line.analytic, line.allowance),
                slope,
                line,
            )
            for i, (line, slope, ladder) in enumerate(zip(lines, slopes, ladders, strict=True))
        ]

    def _hidden(self, line: Line, slope: Slope, ladder: Ladder) -> bool:
        """Whether the slope may show at larger steps, as it drowns in noise at these.

        It may where the gradient is said to be 0, or where θ is and does not tell its scale.
        """
        if not math.isfinite(line.analytic) or slope.kink:
            return False
        if line.analytic == 0.0 and ladder.is_flat():
            return True
        known = slope.bar <= RESOLUTION * max(abs(slope.value), abs(line.analytic))
        near = not math.isfinite(slope.bar) or slope.step < 1e-3 * line.step
        unscaled = line.index is not None and self.theta[line.index] == 0.0
        return unscaled and not (known or near or self._negligible(line, slope))

    def _narrowed(self, lines: list[Line], ladders: list[Ladder], slopes: list[Slope]) -> None:
        """Put in lines with steps of θ's own size, where θ is tiny and these decide the slope.

        Steps far larger than θ show a kink or a minimum at 0 in its place.
        """
        tiny = []
        for i, line in enumerate(lines):
            size = 0.0 if line.index is None else abs(float(self.theta[line.index]))
            if TINIEST < self.first * size < NARROW * line.step and slopes[i].step > size:
                known = slopes[i].bar <= RESOLUTION * abs(slopes[i].value)
                if slopes[i].kink or not known:
                    tiny.append((i, replace(line, step=self.first * size)))
        found = self.ladders([line for _, line in tiny])
        for (i, line), ladder in zip(tiny, found, strict=True):
            slope = ladder.slope()
            if not slope.kink and slope.bar <= RESOLUTION * abs(slope.value):
                lines[i], ladders[i], slopes[i] = line, ladder, slope

    @staticmethod
    def _negligible(line: Line, slope: Slope) -> bool:
        return slope.bar + abs(line.analytic) <= NEGLIGIBLE * slope.secant

    def _second_opinions(
        self, lines: list[Line], slopes: list[Slope], alarms: Sequence[int]
    ) -> set[int]:
        """The alarms that another ladder does not raise, or raises for another reason.

        Its steps lie between those of the first, their ratio is another, and its noise is what
        a table of values as wide as the first ladder's best step shows. A small gap must show at
        all steps that can show it, too: between stairs the slope is another one.
        """
        alarms = [i for i in alarms if math.isfinite(lines[i].analytic)]
        again = []
        doubted = {i for i in alarms if self._is_doubtful(lines[i], slopes[i])}
        for i in alarms:
            step, gap = slopes[i].step, abs(lines[i].analytic - slopes[i].value)
            line = replace(lines[i], step=SECOND_STEP * max(lines[i].step, 4.0 * step))
            if i not in doubted:
                noise = max(line.noise, noise_at(self.on(line), step, self.noise))
                again.append((i, replace(line, noise=noise), 0.0))
                if gap <= SMALL_GAP * abs(slopes[i].value):
                    again.append((i, line, gap / 4.0))
        untils = [until for *_, until in again]
        ladders = self.ladders([line for _, line, _ in again], self.ratio**1.37, untils)
        for (i, *_), ladder in zip(again, ladders, strict=True):
            second = ladder.slope()
            agree = abs(second.value - slopes[i].value) <= second.bar + slopes[i].bar
            if not (agree and _contradicts(second, lines[i])):
                doubted.add(i)
        return doubted

    def _is_doubtful(self, line: Line, slope: Slope) -> bool:
        noise = math.hypot(self.noise, line.noise) + line.blur * slope.secant
        if unsettled(slope, noise, self.value):
            return True
        size = line.smallest / SMALLEST_STEP  # |θ|
        return may_be_signal(
            slope, line.analytic, self.noise, self.value, size, line.smallest, self.on(line)
        )

    def _at(self, lines: list[Line], i: int, t: float) -> tuple[float, float]:
        values, (moved,) = self.probe([(lines[i], t)])
        return moved, float(values[0])

    def on(self, line: Line) -> Costs:
        return lambda t: self.probe([(line, s) for s in t.tolist()])[0]

    def ladders(
        self, lines: list[Line], ratio: float | None = None, until: Sequence[float] | None = None
    ) -> list[Ladder]:
        ladders = [
            Ladder(
                self.value,
                math.hypot(self.noise, line.noise),
                line.step,
                line.smallest,
                ratio or self.ratio,
                line.blur,
                until[i] if until else 0.0,
            )
            for i, line in enumerate(lines)
        ]
        active = list(range(len(lines)))
        while active:
            wanted = []
            for i in active:
                steps = ladders[i].wanted(lines[i].analytic, lines[i].allowance)
                if steps:
                    wanted.append((i, steps))
            for block in _blocks(wanted, self.theta.size):
                self._descend(lines, ladders, block)
            active = [i for i, _ in wanted]
        return ladders

    def _descend(
        self, lines: list[Line], ladders: list[Ladder], block: list[tuple[int, list[float]]]
    ) -> None:
        values, moves = self.probe([(lines[i], t) for i, steps in block for t in steps])
        pairs = zip(moves, values.tolist(), strict=True)
        for i, steps in block:
            ladders[i].add([next(pairs) for _ in steps])

    def _slope_check(
        self,
        line: Line,
        slope: Slope,
        ladder: Ladder,
        doubted: bool,
        abrupt: tuple[float, float] | None,
    ) -> SlopeCheck:
        u = self.unit
        return SlopeCheck(
            line.label,
            line.index,
            line.analytic * u,
            slope.value * u,
            (slope.bar + line.allowance) * u,
            self._status(line, slope, ladder, doubted),
            slope.left * u,
            slope.right * u,
            abs(abrupt[1]) if abrupt else None,
        )

    def _status(self, line: Line, slope: Slope, ladder: Ladder, doubted: bool) -> Status:
        if not math.isfinite(line.analytic):
            return "wrong"
        if doubted:
            return "undecided"
        if _contradicts(slope, line):
            # what stands still here and has the gradient's slope farther out may be a staircase,
            # which rounding makes of a slope: then standing still is no slope of the cost
            stairs = abs(slope.value) <= slope.bar and ladder.has_farther_out(line.analytic, slope)
            return "undecided" if stairs else "wrong"
        bar = slope.bar + line.allowance
        if slope.kink:
            clear = bar <= 10.0 * RESOLUTION * abs(slope.right - slope.left)
            return "kink" if clear else "undecided"
        if line.analytic == slope.value == 0.0 and (
            ladder.is_flat() or ladder.is_level(self.resolution)
        ):
            return "right"
        near = abs(line.analytic - slope.value) <= max(bar * INNER, PLAIN * abs(line.analytic))
        known = near and bar <= self.resolution * abs(line.analytic)
        return "right" if known or self._negligible(line, slope) else "undecided"


def _contradicts(slope: Slope, line: Line) -> bool:
    """Whether the gradient's slope is outside what the cost allows."""
    bar = slope.bar + line.allowance
    if not math.isfinite(bar):
        return False
    if slope.kink:
        low, high = sorted((slope.left, slope.right))
        return not low - bar <= line.analytic <= high + bar
    return not abs(line.analytic - slope.value) <= bar


def _blocks(
    items: list[tuple[int, list[float]]], width: int
) -> Iterator[list[tuple[int, list[float]]]]:
    rows = max(1, BLOCK_NUMBERS // (2 * width))
    for start in range(0, len(items), rows):
        yield items[start : start + rows]
