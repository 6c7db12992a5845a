"""The slope of a function along a line, from values of the function alone, with an error bar.

Central differences over a ladder of steps h, h/4, h/16, … are extrapolated to h = 0 (Richardson;
Ridders 1982). The spread of the table tells the truncation error, a difference table of
neighbouring values (Moré & Wild, Estimating Computational Noise, 2011) the rounding error.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ..support.validation import Array

__all__ = [
    "EPSILON",
    "POSITIONS",
    "Ladder",
    "Slope",
    "coarse_noise_of",
    "noise_of",
    "precision",
    "table_noise",
]

EPSILON = float(np.finfo(np.float64).eps)
RATIO = 4.0  # of neighbouring steps: noise grows by less than 1.2 through the whole table
COLUMNS = 5  # of the table: beyond, rounding has always won
SAFETY = 2.0  # on the spread, which already is the error of the table's coarser neighbour
NOISE_SPREAD = 4.0  # bound of the noise in one value, in standard deviations
FEWEST = 4  # steps: three values that agree by chance are too little
DEEPEST = 26  # steps: 4⁻²⁶ is 2e-16

TINIEST = float(np.finfo(np.float64).tiny)
TABLE_POINTS = 7  # values in a noise table, as Moré & Wild advise
POSITIONS = np.arange(TABLE_POINTS, dtype=np.float64)
FIRST_SPACING = 1e-12  # of these values, in units of the line
COARSE_SPACINGS = (1e-9, 1e-7, 1e-5, 1e-3)


@dataclass(frozen=True)
class Slope:
    """A slope known to ± ``bar``; at a kink, the slopes ``left`` and ``right`` of it.

    ``secant`` is how steep f is over the last step that was used, and ``kink_within`` a step
    that reaches a kink beside t = 0, None if there is none.
    """

    value: float
    bar: float
    left: float
    right: float
    kink: bool
    secant: float
    kink_within: float | None


UNKNOWN = Slope(math.nan, math.inf, math.nan, math.nan, False, 0.0, None)


@dataclass(frozen=True)
class _Entry:
    step: float
    value: float
    noise: float
    spread: float

    @property
    def bar(self) -> float:
        return self.noise + SAFETY * self.spread

    def agrees(self, other: _Entry) -> bool:
        return abs(self.value - other.value) <= self.bar + other.bar


class _Limit:
    """The limit at h = 0 of values at h, h/4, …, as Neville's table extrapolates it.

    ``factor`` is by how much a column's leading error falls from step to step in the first
    column: 4 for a series in h, 16 for one in h².
    """

    def __init__(self, factor: float) -> None:
        self.factor = factor
        self.row: list[_Entry] = []
        self.candidates: list[_Entry] = []

    def add(self, step: float, value: float, noise: float) -> None:
        above, row = self.row, [_Entry(step, value, noise, math.inf)]
        for j in range(1, min(len(above), COLUMNS) + 1):
            left, corner = row[-1], above[j - 1]
            power = self.factor**j
            better = left.value + (left.value - corner.value) / (power - 1.0)
            blurred = (power * left.noise + corner.noise) / (power - 1.0)
            spread = max(abs(better - left.value), abs(better - corner.value))
            row.append(_Entry(step, better, blurred, spread))
        self.row = row
        if len(row) > 2:
            self.candidates.append(min(row[2:], key=lambda entry: entry.bar))

    def accepted(self) -> list[_Entry]:
        """The estimates that none from smaller steps contradicts.

        The limit is at h = 0, so small steps have precedence: their error is noise, which was
        measured, while large steps may agree with each other across a kink.
        """
        accepted: list[_Entry] = []
        for entry in reversed(self.candidates):
            if all(entry.agrees(finer) for finer in accepted):
                accepted.append(entry)
        return accepted

    def best(self) -> _Entry | None:
        """The narrowest of the accepted estimates."""
        return min(self.accepted(), key=lambda entry: entry.bar, default=None)

    def mirage(self) -> float | None:
        """The smallest step at which a limit other than 0 shows that smaller steps contradict.

        Two successive estimates must agree on it: one alone may be chance.
        """
        accepted = self.accepted()
        denied = [abs(e.value) > e.bar and e not in accepted for e in self.candidates]
        steps = [
            after.step
            for k, (before, after) in enumerate(pairwise(self.candidates))
            if denied[k] and denied[k + 1] and before.agrees(after)
        ]
        return min(steps, default=None)


class Ladder:
    """The slope at t = 0 of f(t), from f at ± ``step``, which shrinks by 4 with every ``add``.

    ``value`` is f(0) and ``noise`` the standard deviation of its rounding errors; ``step`` is
    the first step and ``smallest`` the last that makes sense; ``blur`` is how far, in t, f may
    be from where it was asked for.

    >>> ladder = Ladder(1.0, 1e-16, step=0.25, smallest=1e-9)
    >>> while not ladder.finished(expected=1.0, allowance=0.0):
    ...     h = ladder.step
    ...     ladder.add(h, math.exp(h), -h, math.exp(-h))
    >>> slope = ladder.slope()
    >>> abs(slope.value - 1.0) <= slope.bar < 1e-9
    True
    """

    def __init__(
        self, value: float, noise: float, step: float, smallest: float, blur: float = 0.0
    ) -> None:
        self.value = value
        self.noise = noise
        self.blur = blur
        self.step = step
        self.smallest = max(smallest, step * RATIO**-DEEPEST)
        self.probes: list[tuple[float, float, float]] = []  # (step, f at it, noise bound)
        self._central = _Limit(RATIO**2)  # (f(h) − f(−h)) / 2h has a series in h²
        self._bend = _Limit(RATIO)  # right minus left slope has one in h
        self._bends: list[tuple[float, float]] = []

    def add(self, plus: float, f_plus: float, minus: float, f_minus: float) -> None:
        """Take in f at ``plus`` > 0 > ``minus``; where f is not finite the step was too large."""
        if math.isfinite(f_plus) and math.isfinite(f_minus):
            right = (f_plus - self.value) / plus
            left = (f_minus - self.value) / minus
            noise = self._bound(max(abs(f_plus), abs(f_minus)), max(abs(left), abs(right)))
            # The two steps may differ in their last digits. Weighted so, the term in h² cancels
            # from the slope all the same, and the bend of a parabola falls exactly as h.
            central = (plus * left - minus * right) / (plus - minus)
            bend = (right - left) * 2.0 * self.step / (plus - minus)
            self._central.add(plus, central, 2.0 * noise / (plus - minus))
            self._bend.add(plus, bend, 4.0 * noise / plus)
            self._bends.append((abs(bend), 4.0 * noise / plus))
            self.probes.append((plus, f_plus, noise))
        else:  # a gap in the ladder: nothing above it can be extrapolated through it
            self._central, self._bend = _Limit(RATIO**2), _Limit(RATIO)
            self._bends.clear()
            self.probes.clear()
        self.step /= RATIO

    def finished(self, expected: float, allowance: float) -> bool:
        """Whether a smaller step can still tell anything new.

        It can while noise lets it narrow the bar, or decide between the slope found and the
        ``expected`` one (known to ± ``allowance``), or see whether a bend is a kink.
        """
        if self.step < self.smallest:
            return True
        if len(self._bends) < FEWEST:
            return False
        noise = self.probes[-1][2] / self.step
        slope = self.slope()
        gap = abs(expected - slope.value)
        questions = [slope.bar / 4.0]
        if gap > slope.bar + allowance:
            questions.append(gap / 4.0)
        (before, _), (bend, blur) = self._bends[-2:]
        if bend > before / 2.0 and bend > blur:  # a smooth bend falls as h
            questions.append(bend / 16.0)
        return all(noise >= question for question in questions)

    def slope(self) -> Slope:
        """The present estimate."""
        central, bend = self._central.best(), self._bend.best()
        if central is None or bend is None:
            return UNKNOWN
        value, half = central.value, bend.value / 2.0
        bar = central.bar + 4.0 * EPSILON * abs(value)
        kink = abs(bend.value) > bend.bar
        if kink:
            bar += bend.bar / 2.0
        used = next(f for h, f, _ in self.probes if h == central.step)
        secant = abs(used - self.value) / central.step
        within = self._bend.mirage()
        return Slope(value, bar, value - half, value + half, kink, secant, within)

    def taylor_order(self, expected: float, allowance: float) -> float | None:
        """The order with which |f(h) − f(0) − h·expected| falls; None if it is all noise.

        2 where ``expected`` is the slope, 1 where it is not.
        """
        logs = []
        for h, value, noise in self.probes:
            remainder = abs(value - self.value - h * expected)
            if remainder > 100.0 * (noise + allowance * h):
                logs.append((math.log(h), math.log(remainder)))
        if len(logs) < 3:
            return None
        (x0, y0), _, (x1, y1) = logs[-3:]
        return (y1 - y0) / (x1 - x0)

    def is_flat(self) -> bool:
        """Whether f never moved at all."""
        return all(value == self.value for _, value, _ in self.probes)

    def _bound(self, magnitude: float, steepness: float) -> float:
        rounding = 2.0 * EPSILON * max(magnitude, abs(self.value))
        return max(NOISE_SPREAD * self.noise, rounding) + NOISE_SPREAD * self.blur * steepness


def table_noise(values: Array) -> tuple[Array, Array]:
    """The standard deviation of the noise in equally spaced values, (n,) or (n, k) for k functions.

    Returns it and, for each function, whether it can be believed. The k-th differences of a
    smooth function vanish, those of noise σ have variance σ² (2k)!/(k!)²: where three successive
    orders give the same σ, it is noise (Moré & Wild 2011, section 3).

    >>> noise, known = table_noise(np.random.default_rng(0).normal(5.0, 1e-3, size=9))
    >>> bool(known), bool(5e-4 < noise < 2e-3)
    (True, True)
    """
    differences = np.asarray(values, dtype=np.float64)
    unit = np.maximum(np.max(np.abs(differences), axis=0), TINIEST)  # squares neither over- nor
    differences = differences / unit  # underflow
    levels, signs = [], []
    for k in range(1, len(differences)):
        differences = np.diff(differences, axis=0)
        gamma = math.factorial(k) ** 2 / math.factorial(2 * k)
        levels.append(np.sqrt(gamma * np.mean(differences**2, axis=0)))
        signs.append((differences.min(axis=0) < 0.0) & (differences.max(axis=0) > 0.0))
    noise, known = np.array(levels[-1]), np.zeros(differences.shape[1:], dtype=bool)
    for k in reversed(range(len(levels) - 2)):
        three = np.array(levels[k : k + 3])
        steady = (three.max(axis=0) <= 4.0 * three.min(axis=0)) & signs[k]
        noise = np.where(steady, levels[k], noise)
        known = known | steady
    return noise * unit, known


def noise_of(along: Callable[[Array], Array]) -> tuple[float, float]:
    """The noise of a function near t = 0, and the spacing that showed it.

    ``along`` takes positions t and gives the values there. The spacing grows while most values
    are equal and shrinks while they are not yet noise; where neither ends, the last difference
    is an upper bound.
    """
    spacing, bound = FIRST_SPACING, math.inf
    tried: set[float] = set()
    while spacing not in tried and 1e-17 < spacing < 1e-2:
        tried.add(spacing)
        values = along(spacing * POSITIONS)
        if not np.all(np.isfinite(values)):
            spacing /= 100.0
            continue
        noise, known = table_noise(values)
        if np.count_nonzero(np.diff(values) == 0.0) * 2 >= TABLE_POINTS:
            spacing *= 100.0
        elif known:
            beyond, _ = table_noise(along(-spacing * POSITIONS))  # a kink shows on one side only
            return float(np.fmin(noise, beyond)), spacing
        else:
            bound = min(bound, float(noise))
            spacing /= 100.0
    return (0.0 if math.isinf(bound) else bound), spacing


def coarse_noise_of(along: Callable[[Array], Array]) -> float:
    """The largest noise of a function near t = 0 at spacings that are far from its rounding.

    Where a cost takes log(1 − h) of an h close to 1, it is a staircase: smooth between its steps,
    and noise of their height to any probes that are wider apart.
    """
    largest = 0.0
    for spacing in COARSE_SPACINGS:
        sides = [table_noise(along(sign * spacing * POSITIONS)) for sign in (1.0, -1.0)]
        if all(known for _, known in sides):  # a kink shows on one side only
            largest = max(largest, min(float(noise) for noise, _ in sides))
    return largest


def precision(numbers: npt.ArrayLike) -> float:
    """The rounding unit of numbers: float32's if they are float32 numbers of full length.

    A function that computes in float32 is recognized by that, whatever type it returns. Numbers
    of 16 bits or fewer, such as small whole ones, prove nothing.
    """
    mantissa, _ = np.frexp(np.asarray(numbers, dtype=np.float64))
    mantissa = mantissa[np.isfinite(mantissa)]
    short, tiny = mantissa * 2.0**24, mantissa * 2.0**16
    if np.all(short == np.floor(short)) and np.any(tiny != np.floor(tiny)):
        return float(np.finfo(np.float32).eps)
    return EPSILON
