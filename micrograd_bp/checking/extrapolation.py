"""The limit of values at shrinking steps, extrapolated to step 0, with an error bar.

Richardson's extrapolation in the table of Neville (Ridders, Accurate computation of F'(x) and
F'(x)F''(x), Adv. Eng. Softw. 4, 1982): each column removes one more power of the step from the
error. A column's correction is believed to be its error only where the columns before it converge
at the order that a smooth function must show.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .noise import TINIEST

__all__ = ["Limit"]

COLUMNS = 6  # of the extrapolation table: beyond, rounding has always won
SAFETY = 2.0  # on the spread, which already is the error of the table's coarser neighbour
ORDER_SLACK = 2.0  # times the fall that the order of a column foretells


@dataclass(slots=True)
class Entry:
    step: float
    value: float
    bar: float


class Limit:
    """The limit at h = 0 of values at shrinking steps h, as Neville's table extrapolates it.

    ``power`` is 2 for a series in h², 1 for one in h.
    """

    def __init__(self, power: int) -> None:
        self.power = power
        self.steps: list[float] = []
        self.values: list[float] = []
        self.noises: list[float] = []
        self.row: list[tuple[float, float]] = []
        self.above: list[tuple[float, float]] = []
        self.narrowest = math.inf  # bar of all candidates
        self._falling: list[bool] = []  # whether column 0, 1, … converged at its order
        self.candidates: list[Entry] = []
        self._trend = 0.0  # the next change, if it falls as the last one that was no noise
        self._open = 0.0  # what may still be to come

    def add(self, step: float, value: float, noise: float) -> None:
        self.steps.append(step)
        self.values.append(value)
        self.noises.append(noise)
        before, above, steps = self.above, self.row, self.steps
        left, left_noise = value, noise
        row, falling = [(value, noise)], []
        best, best_bar = None, math.inf
        for j in range(1, min(len(above), COLUMNS) + 1):
            corner, corner_noise = above[j - 1]
            weight = 1.0 / ((steps[-1 - j] / step) ** self.power - 1.0)
            better = left + (left - corner) * weight
            blurred = left_noise * (1.0 + weight) + corner_noise * weight
            row.append((better, blurred))
            falling.append(len(before) >= j and self._falls(j, left, corner, before[j - 1][0]))
            if j > 1:
                spread = abs(better - left)
                if not (falling[j - 1] and falling[j - 2] and self._falling[j - 2]):
                    spread = max(spread, abs(better - corner))
                bar = blurred + SAFETY * spread
                if best is None or bar < best_bar:
                    best, best_bar = (better, blurred, spread), bar
            left, left_noise = better, blurred
        self.above, self.row, self._falling = above, row, falling
        if best is not None:
            estimate, blurred, spread = best
            tail = self._tail()
            if not tail <= spread:
                best_bar = blurred + SAFETY * tail
            self.candidates.append(Entry(step, estimate, best_bar))
            self.narrowest = min(self.narrowest, best_bar)

    def _falls(self, column: int, last: float, previous: float, before: float) -> bool:
        """Whether a column of the table converges at its order, no slower and no faster.

        Where it and, twice running, the one before it do so, the correction to the next column is
        the error of this one, which is more than that of the next.
        """
        expected = (self.steps[-1] / self.steps[-2]) ** (self.power * column)
        fall = abs(last - previous) / max(expected * abs(previous - before), TINIEST)
        return 1.0 / ORDER_SLACK <= fall <= ORDER_SLACK

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

    def accepted(self) -> list[Entry]:
        """The estimates that nothing from smaller steps contradicts, neither estimate nor value.

        The limit is at h = 0, so small steps have precedence: their error is noise, which was
        measured, while large steps may agree with each other across a kink. And the values at
        smaller steps are nearer to the limit than those that led to the estimate, but for noise.
        """
        accepted: list[Entry] = []
        low, high = -math.inf, math.inf  # where the values at smaller steps, ± noise, allow it
        least, most = math.inf, -math.inf  # of the ends of the accepted bars: each must be met
        known = zip(self.values[::-1], self.noises[::-1], strict=True)  # also before candidates
        for entry, (value, noise) in zip(reversed(self.candidates), known, strict=False):
            reach = abs(value - entry.value) + entry.bar
            if low <= entry.value + reach and entry.value - reach <= high:
                lower, upper = entry.value - entry.bar, entry.value + entry.bar
                if lower <= least and upper >= most:
                    accepted.append(entry)
                    least, most = min(upper, least), max(lower, most)
            low, high = max(low, value - noise), min(high, value + noise)
        return accepted

    def best(self) -> Entry | None:
        """The narrowest of the accepted estimates to which all smaller steps come nearer."""
        narrow = sorted(self.accepted(), key=lambda entry: entry.bar)
        return next((entry for entry in narrow if self._lasts(entry)), None)

    def _lasts(self, entry: Entry) -> bool:
        """Whether the values go on to near an estimate with the power of the step.

        Those of a staircase of small steps do not: near 0 they have the slope of one stair.
        """
        k = self.steps.index(entry.step)
        if k + 1 == len(self.steps):
            return True
        errors = [
            (self.values[i] - entry.value) * (entry.step / self.steps[i]) ** self.power
            for i in range(max(k - 2, 0), k + 1)
        ]
        slack = max(errors) - min(errors)  # the next power of the step
        for step, value, noise in zip(
            self.steps[k + 1 :], self.values[k + 1 :], self.noises[k + 1 :], strict=True
        ):
            fall = (step / entry.step) ** self.power
            within = entry.bar + 2.0 * noise + slack * fall
            if not abs(value - entry.value - errors[-1] * fall) <= within:
                return False
        return True
