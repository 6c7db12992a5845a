"""Costs that jump: stairs and steps, on which no slope can be told from values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from .slope import NOISE_SPREAD, Ladder

__all__ = ["rough"]

ROUGH_SAMPLE = 3  # lines without an alarm on which a departure at once is looked into
HALVINGS = 14
BESIDE = 0.02  # of the first step: one jump as near is as bad as many
BEYOND = (2.9, 9.3)  # where else to look, in units of the distance of a jump
SMALL_PART = 1e-3  # of a departure: what is left of it where the cost is continuous


def rough(
    ladders: Sequence[Ladder],
    abrupt: dict[int, tuple[float, float]],
    urgent: Collection[int],
    probe: Callable[[int, float], tuple[float, float]],
    steps: Sequence[float],
    noise: float,
) -> set[int]:
    """The lines on which the cost has steps on all scales but the smallest.

    Where a cost takes log(1 − h) of an h close to 1 it is a staircase: smooth between its
    stairs, with another slope than from stair to stair. Which of them is meant cannot be
    told from values. ``abrupt`` holds, by line, the steps between which f departs from its slope
    at once; those that are ``urgent`` are all looked into. ``probe`` gives (t, f(t)) on a line,
    and ``steps`` holds the first step on each.
    """
    quiet = [i for i in abrupt if i not in urgent]

    def jumps(i: int) -> bool:
        return _jumps(ladders[i], abrupt[i], lambda t: probe(i, t), BESIDE * steps[i], noise)

    found = {i for i in urgent if jumps(i)}
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
    middle_height, least = 0.1 * high, SMALL_PART * high
    for _ in range(HALVINGS):
        middle = (near + far) / 2.0
        if middle in (near, far):
            break
        found = departure(middle)
        if found > middle_height:
            far, high = middle, found
        else:
            near, low = middle, found
    height = high - low
    if height <= max(least, 16.0 * NOISE_SPREAD * noise):
        return False  # a kink: continuous
    if abs(far) < beside:
        return True
    beyond = [departure(factor * far) for factor in BEYOND]
    return any(not abs(after - high) <= 0.5 * high for after in beyond)
