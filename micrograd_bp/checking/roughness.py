"""Costs on which alarms may be false: stairs and steps, and signals that look like noise."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence

import numpy as np

from ..support.validation import Array
from .noise import EPSILON, POSITIONS, TINIEST, table_noise
from .slope import NOISE_SPREAD, ROUNDING_ULPS, Ladder, Slope

__all__ = ["may_be_signal", "rough", "unsettled"]

UNSETTLED = 8.0  # times what noise makes of a bar
ROUGHLY = 0.01  # of the slope: a wider bar decides nothing, unless it is all noise
UNROUNDED = 1e6  # times the rounding of a cost: noise beyond it is its own

ROUGH_SAMPLE = 3  # lines without an alarm on which a departure at once is looked into
HALVINGS = 40
BESIDE = 0.02  # of the first step: one jump as near is as bad as many
BEYOND = (2.9, 9.3)  # where else to look, in units of the distance of a jump
SMALL_PART = 1e-3  # of a departure: what is left of it where the cost is continuous


def rough(
    ladders: Sequence[Ladder],
    abrupt: dict[int, list[tuple[float, float]]],
    urgent: Collection[int],
    probe: Callable[[int, float], tuple[float, float]],
    steps: Sequence[float],
    noise: float,
) -> set[int]:
    """The lines on which the cost has steps on all scales but the smallest.

    Where a cost takes log(1 − h) of an h close to 1 it is a staircase: smooth between its
    stairs, with another slope than from stair to stair. Which of them is meant cannot be
    told from values. ``abrupt`` holds, by line, the steps between which f departs from its slope
    at once, or turns to the gradient's; those that are ``urgent`` are all looked into. ``probe``
    gives (t, f(t)) on a line, and ``steps`` holds the first step on each.
    """
    quiet = [i for i in abrupt if i not in urgent]

    def jumps(i: int) -> bool:
        ladder, beside = ladders[i], BESIDE * steps[i]
        return any(_jumps(ladder, x, lambda t: probe(i, t), beside, noise) for x in abrupt[i])

    found = {i for i in urgent if i in abrupt and jumps(i)}
    for k, i in enumerate(quiet):
        if k >= ROUGH_SAMPLE and not found:
            break
        if jumps(i):
            found.add(i)
    return found


def _jumps(
    ladder: Ladder,
    steps: tuple[float, float],
    probe: Callable[[float], tuple[float, float]],
    beside: float,
    noise: float,
) -> bool:
    """Whether f jumps between two steps, and again, or starts another slope, beyond."""
    near, far = steps
    slope = ladder.slope()

    def departure(t: float) -> float:
        return ladder.departure(*probe(t), slope)

    low, high = departure(near), departure(far)
    middle_height = 0.1 * high if low < 0.1 * high else (low + high) / 2.0
    least = SMALL_PART * high
    least = max(least, 16.0 * NOISE_SPREAD * noise)
    for _ in range(HALVINGS):
        middle = (near + far) / 2.0
        if high - low <= least:
            return False  # a kink: continuous
        if middle in (near, far):
            break
        found = departure(middle)
        if found > middle_height:
            far, high = middle, found
        else:
            near, low = middle, found
    if abs(far) < beside:
        return True
    beyond = [departure(factor * far) for factor in BEYOND]
    return any(not abs(after - high) <= 0.5 * high for after in beyond)


def unsettled(slope: Slope, noise: float, value: float) -> bool:
    """Whether differences of f did not converge before ``noise`` hid them, as on stairs."""
    bound = max(NOISE_SPREAD * noise, ROUNDING_ULPS * EPSILON * abs(value))
    bound /= max(slope.step, TINIEST)
    steep = max(abs(slope.left), abs(slope.right))
    return slope.bar > max(UNSETTLED * bound, ROUGHLY * steep)


def may_be_signal(
    slope: Slope,
    claimed: float,
    noise: float,
    value: float,
    size: float,
    smallest: float,
    along: Callable[[Array], Array],
) -> bool:
    """Whether what was taken for ``noise`` may be f itself, as steep as is ``claimed``.

    Noise far above rounding, over steps in which this slope makes as much of a difference:
    sin t at 1e14 has it between neighbouring floats, sin 1e15t at 0 from 1e-15 on. Steps
    that are smaller still show less of it, where there are any: ``smallest`` at |θ| = ``size``.
    """
    rounded = EPSILON * max(abs(value), abs(slope.value) * max(size, 1.0))
    if not noise > UNROUNDED * rounded:
        return False
    reach = noise / abs(claimed) if claimed else math.inf
    if math.isinf(reach):  # a slope of 0 makes no difference over any step
        return False
    if reach < 8.0 * smallest:
        return reach > 4.0 * EPSILON * size
    values = along(0.1 * reach / len(POSITIONS) * POSITIONS)
    moved = bool(np.ptp(values) > 0.01 * noise)  # stairs stand still
    return moved and float(table_noise(values)[0]) < 0.1 * noise
