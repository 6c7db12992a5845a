"""Derivatives of an expression on balls, held against differences of the expression on balls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..scalar.balls import BITS, enclose, namespace, precision
from ..scalar.engine import Value
from ..scalar.recorded import Recorded
from .result import SlopeCheck

__all__ = ["with_enclosures"]

# The steps in turn: truncation falls with their squares, an error of a rule does not.
EXPONENTS = (40, 160)
ROUNDING = 2.0**-53  # of a derivative in floating point: what lies below is no mistake


def with_enclosures(
    value: Value, leaves: Sequence[Value], slopes: Sequence[SlopeCheck]
) -> list[SlopeCheck]:
    """``slopes``, of which the first are those by ``leaves``, with their balls and digits.

    A slope is wrong if its ball is not the slope of the expression to the last digit of a float.
    Raises ValueError if an operation cannot compute with balls, ImportError without python-flint.
    """
    found = enclose(value, wrt=leaves)
    graph = Recorded(value)
    made = []
    for leaf, ball, slope in zip(leaves, found.gradients, slopes, strict=False):
        digits, denied = None, False
        if slope.status != "kink":
            digits, denied = _confirmed(graph, graph.place[leaf])
        status = "wrong" if denied else slope.status
        made.append(replace(slope, enclosure=ball, digits=digits, status=status))
    return [*made, *slopes[len(made) :]]


def _confirmed(graph: Recorded, leaf: int) -> tuple[int, bool]:
    """To how many digits (f(x + h) − f(x − h)) / 2h gives the derivative; whether it denies it."""
    distance, excess = math.inf, 0.0
    for exponent in EXPONENTS:
        with precision(BITS + 3 * exponent) as arb:
            numbers = [arb(node.data) for node in graph.nodes]
            step = arb(2) ** -exponent
            up, down = (_moved(graph, numbers, leaf, move) for move in (step, -step))
            difference = (up - down) / (2 * step)
            graph.forward(numbers, namespace())
            exact = arb(graph.backward(numbers, [leaf])[0])
            size = abs(exact).max(abs(difference)).max(arb(2) ** -1022)
            distance = float((abs(difference - exact) / size).upper())
            excess = float((abs(difference - exact) / size).lower())
        if distance <= ROUNDING:
            break
    agreed = max(min(1.0, distance), 2.0**-BITS)
    return math.floor(-math.log10(agreed)), excess > ROUNDING


def _moved(graph: Recorded, numbers: Sequence[Any], leaf: int, step: Any) -> Any:
    moved = list(numbers)
    moved[leaf] = moved[leaf] + step
    graph.forward(moved, namespace())
    return moved[-1]
