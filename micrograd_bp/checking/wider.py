"""Slopes that show only at steps far larger than those that are tried first."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from .noise import EPSILON
from .slope import Slope

__all__ = ["widened"]

Line = Any  # that of lines.py, which imports this file
Problem = Any

WIDER = [2.0**k for k in (13, 26, 39, 52, 104, 208, 416, 832)]  # times the first step
CLOSE = 2.0**14  # times a step: so near to the next that no slope shows between them alone
CLEAR = 1e6  # times the noise: by so much the cost must move
ODD = 0.9  # part of the rise that may be the same on both sides
KNOWN = 1e-3  # part of the slope that its bar may be


def widened(problem: Problem, lines: list[Line]) -> dict[int, Slope]:
    """The slopes from larger first steps, by place, where these decide them.

    The first step is the smallest at which the cost moves by far more than its noise, and not
    the same way on both sides, nor on one alone, as beyond a kink.
    """
    wide, left = list(lines), list(range(len(lines)))
    chosen: list[int] = []
    faint: list[int] = []
    narrower = [line.step for line in lines]
    for factor in WIDER:
        for i in left:
            narrower[i] = wide[i].step
            wide[i] = replace(wide[i], step=lines[i].step * factor)
        steps = [(wide[i], t) for i in left for t in (wide[i].step, -wide[i].step)]
        rises = (problem.probe(steps)[0] - problem.value).reshape(-1, 2)
        moves = np.where(np.isfinite(rises), np.abs(rises), 0.0).max(axis=1)
        clear = moves > _clear(problem)
        for i, rise in [(i, rises[k]) for k, i in enumerate(left) if clear[k]]:
            wide[i], odd = _approached(problem, wide[i], narrower[i], _is_odd(*rise))
            chosen += [i] if odd else []
        faint = [i for k, i in enumerate(left) if moves[k] > 0.0 and not clear[k]]
        left = [i for k, i in enumerate(left) if not clear[k]]
        if not left:
            break
    chosen += faint
    wide = [replace(wide[i], smallest=narrower[i]) for i in chosen]
    found = zip(chosen, problem.ladders(wide, problem.ratio**2), strict=True)
    slopes = {i: ladder.slope() for i, ladder in found}
    return {i: s for i, s in slopes.items() if s.bar <= KNOWN * abs(s.value)}


def _approached(problem: Problem, line: Line, low: float, odd: bool) -> tuple[Line, bool]:
    """The line from the smallest step at which it moves, and whether it does as along a slope.

    It is found by halves of the exponent; ``odd`` tells how the line moves at its own step.
    """
    high = line.step
    while high > CLOSE * low:
        middle = math.sqrt(low) * math.sqrt(high)
        rise, fall = problem.on(line)(np.array([middle, -middle])) - problem.value
        if abs(rise) <= _clear(problem) and abs(fall) <= _clear(problem):
            low = middle
        else:
            high, odd = middle, _is_odd(rise, fall)
    return replace(line, step=high), odd


def _clear(problem: Problem) -> float:
    return float(CLEAR * max(problem.noise, EPSILON * abs(problem.value)))


def _is_odd(rise: float, fall: float) -> bool:
    return bool(abs(rise + fall) <= ODD * abs(rise - fall))
