"""The slope of a function along a line, from values of the function alone, with an error bar.

Differences over a ladder of shrinking steps are extrapolated to step 0 (Richardson; Ridders
1982). The ratio of the steps is irrational and drawn anew for every check, so that no period of
the function can hide between them. How far the extrapolation moves tells the truncation error,
and it is believed only where the differences converge at the rate that a smooth function must
show. Rounding errors are bounded by the noise of the function (``noise.py``).
"""

from __future__ import annotations

import math
from bisect import insort
from typing import NamedTuple

from .extrapolation import Limit
from .noise import EPSILON, TINIEST

__all__ = ["NOISE_SPREAD", "Ladder", "Probe", "Slope"]

NOISE_SPREAD = 4.0  # bound of the noise in one value, in standard deviations
ROUNDING_ULPS = 2.0  # of a value at least: four times what the last rounding can do to it
OWN_ULPS = 4.0  # rounding of the slope itself, at steps of any size
FEWEST = 5  # steps: an agreement of fewer values may be chance
FAST = 12  # steps of ratio r² before those of r⁴, while nothing is resolved
DEEPEST = 2.0**-110  # of the first step: 1e-33

# After the ladder, single probes at steps that are smaller by JUMP each look for what is too
# narrow for the ladder: a kink beside the point, a spike, an oscillation.
JUMP = 630.0
JUMPS, MORE_JUMPS = 2, 2  # more where the slope found is not the expected one
SLIGHT = 1e-9  # part of a slope: a smaller bend is no kink, but part of the bar
FAR = 4.5
NEAR = 0.1  # to a slope, in parts of it
MOST_TURNS = 6
TURN = 0.25  # of the way from one slope to the other
WILD = 1e3  # times what a slope explains: an exponential, no kink
BLUNT = 0.75  # order to which the bend of a smooth function at least falls
CUSP_SEEN = 4.0
LOUD = 16.0  # times the rounding of f(0)
ABRUPT = 6.0  # order of a fall from step to step that no smooth function shows


class Probe(NamedTuple):
    """The value of the function at ``t``, and the bound of its rounding error."""

    t: float
    value: float
    noise: float


class Slope(NamedTuple):
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


class Ladder:
    """The slope at t = 0 of f(t), from f at the steps that ``wanted`` asks for.

    ``value`` is f(0) and ``noise`` the standard deviation of its rounding errors; ``step`` is
    the first step, ``smallest`` the last that makes sense and ``ratio`` that of two steps;
    ``blur`` is how far, in t, f may be from where it was asked for. Steps shrink at least until
    noise makes differences of ``until``.

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
        until: float = 0.0,
    ) -> None:
        self.value = value
        self.until = until
        self.noise = noise
        self.blur = blur
        self._floor = self._bound(abs(value), 0.0)  # of what f(0) is known to
        self.step = step
        self.ratio = ratio
        self.smallest = max(smallest, step * DEEPEST)
        self.right: list[Probe] = []
        self.left: list[Probe] = []
        self._bends: list[tuple[float, float, float]] = []  # step, size, bound of its noise
        self._loudest: list[tuple[float, float]] = []  # step, bound of the rounding of f there
        self._unresolved = 0
        self._rows = 0
        self._restart()
        self._jumps = 0
        self._below = math.inf  # the ladder must go on until its steps are below this

    def _restart(self) -> None:
        self._central = Limit(2)  # (f(h) − f(−h)) / 2h has a series in h²
        self._bend = Limit(1)  # right minus left slope has one in h
        self._sides: dict[int, list[tuple[float, float, float]]] = {1: [], -1: []}
        self._found: Slope | None = None

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
        loudest = 0.0
        for t, value, slope in ((plus, f_plus, right), (minus, f_minus, left)):
            probes = self.right if t > 0.0 else self.left
            side = self._sides[1 if t > 0.0 else -1]
            if math.isfinite(value):
                noise = self._bound(abs(value), abs(slope))
                side.append((abs(t), slope, 2.0 * noise / abs(t)))
                if not probes or abs(t) < abs(probes[-1].t):
                    probes.append(Probe(t, value, noise))
                else:  # a ladder that began anew
                    insort(probes, Probe(t, value, noise), key=lambda probe: -abs(probe.t))
                loudest = max(loudest, noise)
            else:  # a gap in the ladder: nothing above it can be extrapolated through it
                self._central, self._bend = Limit(2), Limit(1)
                side.clear()
                probes.clear()
        if math.isfinite(f_plus) and math.isfinite(f_minus):
            # The two steps may differ in their last digits. Weighted so, the term in h² cancels
            # from the slope all the same, and the bend of a parabola falls exactly as h.
            central = (plus * left - minus * right) / (plus - minus)
            bend = (right - left) * 2.0 * self.step / (plus - minus)
            self._central.add(plus, central, 2.0 * loudest / (plus - minus))
            self._bend.add(plus, bend, 4.0 * loudest / plus)
            self._loudest.append((plus, loudest))
            self._bends.append((plus, abs(bend), 4.0 * loudest / plus))
        self._shrink()

    def _shrink(self) -> None:
        """The next step: by the ratio where the function is resolved, faster where it is not."""
        self._rows += 1
        candidates = self._limit().candidates
        resolved = bool(candidates) and math.isfinite(candidates[-1].bar)
        if resolved and self._unresolved >= FEWEST:
            self._return_to(self._limit().steps[-3])
            return
        self._unresolved = 0 if resolved else self._unresolved + 1
        slow = self._unresolved < FEWEST and not (self._rows > FEWEST and self._loud())
        power = 1 if slow else 2 if self._rows < FAST + FEWEST else 4
        self.step /= self.ratio**power

    def _return_to(self, step: float) -> None:
        """Begin anew below ``step``: the fast steps that came after passed over the best ones."""
        self._unresolved = 0
        self._restart()
        self.step = step / self.ratio

    def _limit(self) -> Limit:
        """The central differences, or those of the only side where there are any."""
        if self._central.values:
            return self._central
        limit = Limit(1)
        for difference in self._sides[self._side()]:
            limit.add(*difference)
        return limit

    def _side(self) -> int:
        return 1 if len(self.right) >= len(self.left) else -1

    def _decided(self) -> bool:
        limit = self._limit()
        if len(limit.values) < FEWEST or self.step >= self._below:
            return False
        noise = limit.noises[-1]
        if noise < max(limit.narrowest / 4.0, self.until) or self._loud():
            return False  # or f is so large at these steps that it hides what smaller ones show
        slope = self.slope()
        questions = [(slope.bar - OWN_ULPS * EPSILON * abs(slope.value)) / 4.0]
        if limit is self._central:
            (wide, before, _), (near, bend, blur) = self._bends[-2:]
            if bend > before * (near / wide) ** BLUNT and bend > blur:  # a smooth bend falls as h
                questions.append(bend / 16.0)
        return all(noise >= question for question in questions)

    def _loud(self) -> bool:
        """Whether f at the last steps is so much larger than f(0) that its own rounding rules."""
        if len(self._loudest) < 2:
            return False
        (far, before), (near, now) = self._loudest[-2:]
        return now > LOUD * self._floor and now / near < before / far / 1.2

    def _jump(self, expected: float, allowance: float) -> list[float]:
        """One probe far below the steps of the ladder, on one side and then on the other."""
        slope = self.slope()
        alarm = not abs(expected - slope.value) <= slope.bar + allowance
        if not math.isfinite(slope.bar) or self._jumps >= JUMPS + MORE_JUMPS * alarm:
            return []
        self._jumps += 1
        t = self.step * self.ratio / JUMP**self._jumps
        if t < self.smallest or self._floor > abs(slope.value) * t:
            return []
        right = self._jumps % 2 == 1 if slope.side == 0 else slope.side > 0
        return [t if right else -t]

    def _verify(self, t: float, value: float) -> None:
        """Go on with the ladder below ``t`` where f(t) is not what the slope foretells."""
        slope = self.slope()
        expected = (slope.right if t > 0.0 else slope.left) if slope.kink else slope.value
        limit = self._limit()
        fall = (abs(t) / self.step) ** limit.power
        reach = FAR * fall * max(abs(v - slope.value) for v in limit.values[-1:]) + slope.bar
        if self._bends:
            reach += self._bends[-1][1] * abs(t) / self.step
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
        bar = central.bar + OWN_ULPS * EPSILON * abs(value)
        kink = abs(bend.value) > max(bend.bar, SLIGHT * abs(value))
        if abs(bend.value) > bend.bar:
            bar += bend.bar / 2.0 if kink else abs(half)
        bar += 0.0 if kink else self._cusp() / 2.0
        secant = self._secant(central.step)
        return Slope(value, bar, value - half, value + half, kink, secant, central.step)

    def _cusp(self) -> float:
        """The last bend that noise does not hide, if it falls slower than that of a smooth f.

        Then differences have no series in h² (|t|^1.5), and f′ is only known to lie between the
        slopes on the left and on the right. A bend that is gone at still smaller steps was that
        of a kink farther out.
        """
        seen = [k for k, (_, bend, noise) in enumerate(self._bends) if bend > CUSP_SEEN * noise]
        if len(seen) < 3 or seen[-1] - seen[-3] != 2:
            return 0.0
        (h0, b0, _), _, (h, b, _) = self._bends[seen[-3] : seen[-1] + 1]
        if not h < h0 or b <= b0 * (h / h0) ** BLUNT:
            return 0.0
        order = max(math.log(b / b0) / math.log(h / h0), 0.0)
        later = self._bends[seen[-1] + 1 :]
        gone = any(t < h and b * (t / h) ** order > 8.0 * noise for t, _, noise in later)
        return 0.0 if gone else b

    def _one_sided(self) -> Slope:
        best = None if self._central.values else self._limit().best()
        if best is None:
            return UNKNOWN
        bar = best.bar + OWN_ULPS * EPSILON * abs(best.value)
        secant = self._secant(best.step)
        value = best.value
        return Slope(value, bar, value, value, False, secant, best.step, self._side())

    def _secant(self, step: float) -> float:
        used = [p for p in self.right + self.left if abs(p.t) == step]
        return max((abs(p.value - self.value) / step for p in used), default=0.0)

    def taylor_order(self, expected: float, allowance: float) -> float | None:
        """The order with which |f(h) − f(0) − h·expected| falls, 2 if right; None: all noise."""
        logs = {}  # by step: a ladder that begins anew may meet a step twice
        for probe in self.right:
            remainder = abs(probe.value - self.value - probe.t * expected)
            if remainder > 100.0 * (probe.noise + allowance * probe.t):
                logs[math.log(probe.t)] = math.log(remainder)
        if len(logs) < 3:
            return None
        (x0, y0), _, (x1, y1) = list(logs.items())[-3:]
        return (y1 - y0) / (x1 - x0)

    def has_farther_out(self, expected: float, slope: Slope) -> bool:
        """Whether the secant of a larger step than ``slope`` is from comes near ``expected``."""
        left = {-p.t: p.value for p in self.left}
        rises = [(p.t, p.value - left[p.t]) for p in self.right if slope.step < p.t in left]
        return any(abs(rise / (2 * t) - expected) <= NEAR * abs(expected) for t, rise in rises)

    def turns(self, expected: float) -> list[tuple[float, float]]:
        """Pairs of steps, beyond that of the slope, where f turns to the ``expected`` slope."""
        slope = self.slope()
        turned = TURN * abs(expected - slope.value)
        if turned <= NEAR * abs(expected) or not self.has_farther_out(expected, slope):
            return []
        probes = [probe for probe in reversed(self.right) if probe.t > slope.step]
        ends = [probe.t for probe in probes if self.departure(*probe[:2], slope) > turned * probe.t]
        steps = [slope.step, *[probe.t for probe in probes]]
        return [(max(t for t in steps if t < end), end) for end in ends[:MOST_TURNS]]

    def is_flat(self) -> bool:
        """Whether f never moved at all."""
        return all(p.value == self.value for p in self.right + self.left)

    def is_level(self, part: float) -> bool:
        """Whether f stands still up to the step of its slope, and does so visibly.

        Visible is a slope of a ``part`` of how steep f is farther out.
        """
        slope, probes = self.slope(), self.right + self.left
        steepest = max((abs(p.value - self.value) / abs(p.t) for p in probes), default=0.0)
        still = all(p.value == self.value for p in probes if abs(p.t) <= slope.step)
        return still and slope.bar <= part * steepest

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
                curved = bend * (t / slope.step) * t / 2.0  # t² may overflow
        return abs(value - self.value - t * expected - curved)

    def _bound(self, magnitude: float, steepness: float) -> float:
        rounding = ROUNDING_ULPS * EPSILON * max(magnitude, abs(self.value)) + TINIEST
        return max(NOISE_SPREAD * self.noise, rounding) + NOISE_SPREAD * self.blur * steepness
