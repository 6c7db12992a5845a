"""The slope of a function along a line, from values of the function alone, with an error bar.

Differences over a ladder of shrinking steps are extrapolated to step 0 (Richardson; Ridders
1982). The ratio of the steps is irrational and drawn anew for every check, so that no period of
the function can hide between them. How far the extrapolation moves tells the truncation error,
and it is believed only where the differences converge at the rate that a smooth function must
show. Rounding errors are bounded by the noise of the function (``noise.py``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .noise import EPSILON, TINIEST

__all__ = ["NOISE_SPREAD", "Ladder", "Probe", "Slope"]

COLUMNS = 6  # of the extrapolation table: beyond, rounding has always won
SAFETY = 2.0  # on the spread, which already is the error of the table's coarser neighbour
NOISE_SPREAD = 4.0  # bound of the noise in one value, in standard deviations
ROUNDING_ULPS = 2.0  # of a value at least: four times what the last rounding can do to it
FEWEST = 5  # steps: an agreement of fewer values may be chance
FAST = 12  # steps of ratio r² before those of r⁴, while nothing is resolved
DEEPEST = 2.0**-110  # of the first step: 1e-33

# After the ladder, single probes at steps that are smaller by JUMP each look for what is too
# narrow for the ladder: a kink beside the point, a spike, an oscillation.
JUMP = 630.0
JUMPS, MORE_JUMPS = 2, 2  # more where the slope found is not the expected one
SLIGHT = 1e-9  # part of a slope: a smaller bend is no kink, but part of the bar
FAR = 4.5
WILD = 1e3  # times what a slope explains: an exponential, no kink
ABRUPT = 6.0  # order of a fall from step to step that no smooth function shows


@dataclass(frozen=True)
class Probe:
    """The value of the function at ``t``, and the bound of its rounding error."""

    t: float
    value: float
    noise: float


@dataclass(frozen=True)
class Slope:
    """A slope known to ± ``bar``; at a kink, the slopes ``left`` and ``right`` of it.

    ``secant`` is how steep the function is over the last step that was used, ``step``; ``side`` is
    1 or −1 where it has values on that side only, else 0.
    """

    value: float
    bar: float
    left: float
    right: float
    kink: bool = False
    secant: float = 0.0
    step: float = 0.0
    side: int = 0


UNKNOWN = Slope(math.nan, math.inf, math.nan, math.nan)


@dataclass(slots=True)
class _Entry:
    step: float
    value: float
    noise: float
    spread: float
    bar: float

    def agrees(self, other: _Entry) -> bool:
        return abs(self.value - other.value) <= self.bar + other.bar


class _Limit:
    """The limit at h = 0 of values at shrinking steps h, as Neville's table extrapolates it.

    ``power`` is 2 for a series in h², 1 for one in h.
    """

    def __init__(self, power: int) -> None:
        self.power = power
        self.steps: list[float] = []
        self.values: list[float] = []
        self.noises: list[float] = []
        self.row: list[tuple[float, float]] = []
        self.candidates: list[_Entry] = []
        self._trend = 0.0  # the next change, if it falls as the last one that was no noise
        self._open = 0.0  # what may still be to come

    def add(self, step: float, value: float, noise: float) -> None:
        self.steps.append(step)
        self.values.append(value)
        self.noises.append(noise)
        above, row = self.row, [(value, noise)]
        best: _Entry | None = None
        for j in range(1, min(len(above), COLUMNS) + 1):
            (left, left_noise), (corner, corner_noise) = row[-1], above[j - 1]
            weight = 1.0 / ((self.steps[-1 - j] / step) ** self.power - 1.0)
            better = left + (left - corner) * weight
            blurred = left_noise * (1.0 + weight) + corner_noise * weight
            row.append((better, blurred))
            if j > 1:
                spread = max(abs(better - left), abs(better - corner))
                bar = blurred + SAFETY * spread
                if best is None or bar < best.bar:
                    best = _Entry(step, better, blurred, spread, bar)
        self.row = row
        if best is not None:
            tail = self._tail()
            if not tail <= best.spread:
                best.bar, best.spread = best.noise + SAFETY * tail, tail
            self.candidates.append(best)

    def _tail(self) -> float:
        """What is still to come if the values converge no faster than the last two differences.

        A smooth function's differences fall with the power of the step; where they do, the
        extrapolation knows better, and this is 0.
        """
        before = abs(self.values[-2] - self.values[-3])
        change = abs(self.values[-1] - self.values[-2])
        noise = self.noises[-1] + self.noises[-2]
        if change <= noise:
            # What did not converge while it could be seen may go on so below the noise.
            if not self._trend <= 4.0 * noise:
                self._open = 0.0
            return self._open
        expected = (self.steps[-1] / self.steps[-2]) ** self.power
        fall = change / before if before > 0.0 else math.inf
        self._trend = change * min(fall, 1.0)
        if fall <= math.sqrt(expected):
            self._open = 0.0
        else:
            self._open = change * fall / (1.0 - fall) if fall < 0.98 else math.inf
        return self._open

    def accepted(self) -> list[_Entry]:
        """The estimates that nothing from smaller steps contradicts, neither estimate nor value.

        The limit is at h = 0, so small steps have precedence: their error is noise, which was
        measured, while large steps may agree with each other across a kink. And the values at
        smaller steps are nearer to the limit than those that led to the estimate, but for noise.
        """
        accepted: list[_Entry] = []
        low, high = -math.inf, math.inf  # where the values at smaller steps, ± noise, allow it
        first = len(self.values) - len(self.candidates)
        for k in reversed(range(len(self.candidates))):
            entry, value, noise = self.candidates[k], self.values[first + k], self.noises[first + k]
            reach = abs(value - entry.value) + entry.bar
            near = low <= entry.value + reach and entry.value - reach <= high
            if near and all(entry.agrees(finer) for finer in accepted):
                accepted.append(entry)
            low, high = max(low, value - noise), min(high, value + noise)
        return accepted

    def best(self) -> _Entry | None:
        """The narrowest of the accepted estimates."""
        return min(self.accepted(), key=lambda entry: entry.bar, default=None)


class Ladder:
    """The slope at t = 0 of f(t), from f at the steps that ``wanted`` asks for.

    ``value`` is f(0) and ``noise`` the standard deviation of its rounding errors; ``step`` is
    the first step, ``smallest`` the last that makes sense and ``ratio`` that of two steps;
    ``blur`` is how far, in t, f may be from where it was asked for.

    >>> ladder = Ladder(1.0, 1e-16, step=0.25, smallest=1e-9, ratio=2.1)
    >>> while steps := ladder.wanted(expected=1.0, allowance=0.0):
    ...     ladder.add([(t, math.exp(t)) for t in steps])
    >>> slope = ladder.slope()
    >>> abs(slope.value - 1.0) <= slope.bar < 1e-12
    True
    """

    def __init__(
        self,
        value: float,
        noise: float,
        step: float,
        smallest: float,
        ratio: float,
        blur: float = 0.0,
    ) -> None:
        self.value = value
        self.noise = noise
        self.blur = blur
        self.step = step
        self.ratio = ratio
        self.smallest = max(smallest, step * DEEPEST)
        self.right: list[Probe] = []
        self.left: list[Probe] = []
        self._unresolved = 0
        self._rows = 0
        self._restart()
        self._jumps = 0
        self._below = math.inf  # the ladder must go on until its steps are below this

    def _restart(self) -> None:
        self._central = _Limit(2)  # (f(h) − f(−h)) / 2h has a series in h²
        self._bend = _Limit(1)  # right minus left slope has one in h
        self._sides: dict[int, list[tuple[float, float, float]]] = {1: [], -1: []}
        self._found: Slope | None = None
        self._bends: list[tuple[float, float]] = []

    def wanted(self, expected: float, allowance: float) -> list[float]:
        """Where to look next; nothing if a smaller step cannot tell anything new.

        It can while noise lets it narrow the bar, or see whether a bend is a kink. After that
        some far smaller steps are tried, more of them if the slope found is not the ``expected``
        one, which is known to ± ``allowance``.
        """
        if self.step >= self.smallest and not self._decided():
            return [self.step, -self.step]
        return self._jump(expected, allowance)

    def add(self, values: list[tuple[float, float]]) -> None:
        """Take in (t, f(t)) for what was wanted; f is NaN where it has no value."""
        if len(values) == 1:
            self._verify(*values[0])
            return
        self._found = None
        (plus, f_plus), (minus, f_minus) = values
        right, left = (f_plus - self.value) / plus, (f_minus - self.value) / minus
        for t, value, slope in ((plus, f_plus, right), (minus, f_minus, left)):
            probes = self.right if t > 0.0 else self.left
            side = self._sides[1 if t > 0.0 else -1]
            if math.isfinite(value):
                noise = self._bound(abs(value), abs(slope))
                side.append((abs(t), slope, 2.0 * noise / abs(t)))
                probes.append(Probe(t, value, noise))
            else:  # a gap in the ladder: nothing above it can be extrapolated through it
                self._central, self._bend = _Limit(2), _Limit(1)
                side.clear()
                probes.clear()
        if math.isfinite(f_plus) and math.isfinite(f_minus):
            noise = max(self.right[-1].noise, self.left[-1].noise)
            # The two steps may differ in their last digits. Weighted so, the term in h² cancels
            # from the slope all the same, and the bend of a parabola falls exactly as h.
            central = (plus * left - minus * right) / (plus - minus)
            bend = (right - left) * 2.0 * self.step / (plus - minus)
            self._central.add(plus, central, 2.0 * noise / (plus - minus))
            self._bend.add(plus, bend, 4.0 * noise / plus)
            self._bends.append((abs(bend), 4.0 * noise / plus))
        self._shrink()

    def _shrink(self) -> None:
        """The next step: by the ratio where the function is resolved, faster where it is not."""
        self._rows += 1
        candidates = self._limit().candidates
        resolved = bool(candidates) and math.isfinite(candidates[-1].bar)
        self._unresolved = 0 if resolved else self._unresolved + 1
        slow = self._unresolved < FEWEST
        power = 1 if slow else 2 if self._rows < FAST + FEWEST else 4
        self.step /= self.ratio**power

    def _limit(self) -> _Limit:
        """The central differences, or those of the only side where there are any."""
        if self._central.values:
            return self._central
        limit = _Limit(1)
        for difference in self._sides[self._side()]:
            limit.add(*difference)
        return limit

    def _side(self) -> int:
        return 1 if len(self.right) >= len(self.left) else -1

    def _decided(self) -> bool:
        limit = self._limit()
        if len(limit.values) < FEWEST or self.step >= self._below:
            return False
        slope = self.slope()
        noise = limit.noises[-1]
        questions = [slope.bar / 4.0]
        if limit is self._central:
            (before, _), (bend, blur) = self._bends[-2:]
            if bend > before / 1.2 and bend > blur:  # a smooth bend falls as h
                questions.append(bend / 16.0)
        return all(noise >= question for question in questions)

    def _jump(self, expected: float, allowance: float) -> list[float]:
        """One probe far below the steps of the ladder, on one side and then on the other."""
        slope = self.slope()
        alarm = not abs(expected - slope.value) <= slope.bar + allowance
        if not math.isfinite(slope.bar) or self._jumps >= JUMPS + MORE_JUMPS * alarm:
            return []
        self._jumps += 1
        t = self.step * self.ratio / JUMP**self._jumps
        noise = self._bound(abs(self.value), 0.0)
        if t < self.smallest or noise > abs(slope.value) * t:
            return []
        right = self._jumps % 2 == 1 if slope.side == 0 else slope.side > 0
        return [t if right else -t]

    def _verify(self, t: float, value: float) -> None:
        """Go on with the ladder below ``t`` where f(t) is not what the slope foretells."""
        slope = self.slope()
        expected = (slope.right if t > 0.0 else slope.left) if slope.kink else slope.value
        limit = self._limit()
        reach = max(abs(v - slope.value) for v in limit.values[-1:]) + slope.bar
        if self._bends:
            reach += self._bends[-1][0] * abs(t) / self.step
        noise = 2.0 * self._bound(abs(value), abs(expected))
        if not abs(value - self.value - t * expected) <= noise + reach * abs(t):
            self._below = min(self._below, abs(t) / 4.0)
            self._jumps = 0

    def slope(self) -> Slope:
        """The present estimate."""
        if self._found is None:
            self._found = self._estimate()
        return self._found

    def _estimate(self) -> Slope:
        central, bend = self._central.best(), self._bend.best()
        if central is None or bend is None or not math.isfinite(bend.bar):
            return self._one_sided()
        value, half = central.value, bend.value / 2.0
        bar = central.bar + 4.0 * EPSILON * abs(value)
        kink = abs(bend.value) > max(bend.bar, SLIGHT * abs(value))
        if abs(bend.value) > bend.bar:
            bar += bend.bar / 2.0 if kink else abs(half)
        secant = self._secant(central.step)
        return Slope(value, bar, value - half, value + half, kink, secant, central.step)

    def _one_sided(self) -> Slope:
        best = None if self._central.values else self._limit().best()
        if best is None:
            return UNKNOWN
        bar = best.bar + 4.0 * EPSILON * abs(best.value)
        secant = self._secant(best.step)
        value = best.value
        return Slope(value, bar, value, value, False, secant, best.step, self._side())

    def _secant(self, step: float) -> float:
        used = [p for p in self.right + self.left if abs(p.t) == step]
        return max((abs(p.value - self.value) / step for p in used), default=0.0)

    def taylor_order(self, expected: float, allowance: float) -> float | None:
        """The order with which |f(h) − f(0) − h·expected| falls, 2 if right; None: all noise."""
        logs = []
        for probe in self.right:
            remainder = abs(probe.value - self.value - probe.t * expected)
            if remainder > 100.0 * (probe.noise + allowance * probe.t):
                logs.append((math.log(probe.t), math.log(remainder)))
        if len(logs) < 3:
            return None
        (x0, y0), _, (x1, y1) = logs[-3:]
        return (y1 - y0) / (x1 - x0)

    def has_farther_out(self, expected: float, slope: Slope) -> bool:
        """Whether the secant of a larger step than ``slope`` is from comes near ``expected``."""
        left = {-p.t: p.value for p in self.left}
        rises = [(p.t, p.value - left[p.t]) for p in self.right if slope.step < p.t in left]
        return any(abs(rise / (2 * t) - expected) <= 0.1 * abs(expected) for t, rise in rises)

    def is_flat(self, within: float = math.inf) -> bool:
        """Whether f never moved at all, at steps up to ``within``."""
        return all(p.value == self.value for p in self.right + self.left if abs(p.t) <= within)

    def abrupt(self) -> tuple[float, float] | None:
        """Two neighbouring steps between which f departs from its slope at once, if any.

        The first is where it still follows slope and curvature, the second where it does not,
        by more than a smooth function can have gathered on the way.
        """
        slope = self.slope()
        if not math.isfinite(slope.bar) or len(self._bends) <= FEWEST:
            return None
        for probes in (self.right, self.left):
            off = [self.departure(probe.t, probe.value, slope) for probe in probes]
            for k in range(len(probes) - 2):
                far, near, nearer = probes[k : k + 3]
                rest = 4.0 * near.noise + slope.bar * abs(near.t)
                rest = max(rest, off[k + 1], off[k + 2] * min(near.t / nearer.t, FAR) ** 3)
                most = WILD * (abs(self.value) + abs(slope.value * far.t))
                if most > off[k] > 4.0 * rest * min(far.t / near.t, FAR) ** ABRUPT:
                    return near.t, far.t
        return None

    def departure(self, t: float, value: float, slope: Slope) -> float:
        """By how much f(t) departs from what slope and curvature at 0 foretell."""
        expected = (slope.right if t > 0.0 else slope.left) if slope.kink else slope.value
        curved = 0.0
        if not slope.kink and slope.step in self._bend.steps:
            k = self._bend.steps.index(slope.step)
            bend = self._bend.values[k]
            if abs(bend) > self._bend.noises[k]:
                curved = bend / slope.step / 2.0 * t**2
        return abs(value - self.value - t * expected - curved)

    def _bound(self, magnitude: float, steepness: float) -> float:
        rounding = ROUNDING_ULPS * EPSILON * max(magnitude, abs(self.value)) + TINIEST
        return max(NOISE_SPREAD * self.noise, rounding) + NOISE_SPREAD * self.blur * steepness
