"""The proof: the graph and the matrix formulas in ball arithmetic, overlapping or disjoint.

Both derivations run on balls, which are certain to hold the exact result of their formulas at
this θ and these examples. For each parameter the two balls either overlap, and then the formulas
agree to as many digits as the balls are narrow; or they are disjoint, and then the formulas
contradict each other: that is proved, and no tolerance had a part in it. Balls that overlap but
are too wide to say much, and balls that are disjoint, are computed again with more bits.

What floating point makes of the same formulas is then held against the balls: the error of each
method is known, not estimated, in units in the last place, and has to stay within the bound of
``rounding.py``. The cost alone is the third witness (``witness.py``).

The proof covers the formulas at this θ and these examples. It does not cover another θ, and it
relies on FLINT.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..gradients import Gradient
from ..gradients.backprop import mean, sums
from ..network.graph import example_graph, penalty_graph, theta_values
from ..network.sigmoid import SigmoidNetwork, unroll
from ..network.symbols import symbol
from ..scalar.balls import Recorded, array_namespace, ball_array, namespace, precision
from ..scalar.engine import Value
from ..support.validation import Array
from .rounding import RoundingBounds, rounding_bounds
from .witness import CostInBalls

__all__ = ["ENOUGH_DIGITS", "Derivation", "Proof", "Ulps", "affordable", "in_balls", "prove"]

# The precisions in turn, in bits. The first has twice the digits of a float. A saturated unit has
# h − y as small as floats go, 2⁻¹⁰²² and below: the last still has a hundred bits more than that.
PRECISIONS = (106, 318, 1272)
ENOUGH_DIGITS = 15  # a float has no more: what agrees so far is agreed
SMALLEST = 2.0**-1022  # digits are counted from here where a derivative is smaller: no float is

# The third witness: its first ε, and how often ε is squared where the difference is not yet
# within RELATIVE of the gradient (truncation falls with ε², an error of a formula does not).
WITNESS_EXPONENTS = (40, 80, 160, 320)
WITNESS_RELATIVE = 2.0**-53
WITNESS_REPEATED = 8  # parameters, the worst ones, that are looked at with the smaller steps

# How much is done by default: about a second. A weight of one example takes some 3 µs for both
# derivations, one difference of the cost 0.5 µs for each number that it computes.
SECONDS = 0.7
SECONDS_PER_WEIGHT = 3e-6
SECONDS_PER_UNIT = 2e-5
WITNESS_SECONDS = 0.5
SECONDS_PER_MOVE = 4e-6
LARGEST_SECONDS = 5.0  # for one example: above it nothing is proved unless it is asked for

Numbers = npt.NDArray[Any]


class Ulps(NamedTuple):
    """Errors of one method in floating point, in units in the last place of the exact result."""

    largest: float
    median: float


class Derivation(NamedTuple):
    """J, ∂J/∂θ unrolled and δ (lists over the layers of (m, s_l), the first None) as balls."""

    cost: Any
    gradient: Numbers
    deltas: list[Numbers | None]


@dataclass(frozen=True)
class Proof:
    """What the balls say; arrays have an entry for each parameter of the unrolled θ."""

    bits: int  # of the balls that the verdict rests on
    examples: int  # that they cover
    digits: int  # to how many decimal digits the two derivations agree, the least of all
    contradictions: tuple[str, ...]  # what is disjoint: names of parameters, of δ, or "J"
    ulps: dict[str, Ulps]  # by method, of ∂J/∂θ in floating point
    misfits: tuple[str, ...]  # floats farther from their ball than rounding goes, with the method
    blamed: str | None  # the method that the cost contradicts, where one alone is
    witness_digits: int | None  # to how many digits the cost's own difference agrees
    parameter_digits: Array = field(repr=False)  # NaN where a ball has no bounds
    errors: dict[str, Array] = field(repr=False)  # by method, in ulp
    truncation: Array = field(repr=False)  # of the two-sided difference at ε; NaN: not computed
    rounding: Array = field(repr=False)  # of its estimate in floating point

    @property
    def proved(self) -> npt.NDArray[np.bool_]:
        """Which parameters are proved: both derivations agree to 15 digits or more."""
        return np.asarray(self.parameter_digits >= ENOUGH_DIGITS)


def affordable(net: SigmoidNetwork, m: int) -> int:
    """How many of m examples are proved by default: as many as about a second allows.

    An estimate from the size of the network, so that the answer is the same everywhere;
    0 where one example alone would take long.
    """
    one = SECONDS_PER_WEIGHT * net.theta.size + SECONDS_PER_UNIT * sum(net.sizes)
    return min(m, max(1, int(SECONDS / one))) if one <= LARGEST_SECONDS else 0


def in_balls(
    net: SigmoidNetwork, X: Array, Y: Array, lambda_: float
) -> tuple[Derivation, Derivation]:
    """Both derivations on balls, within a ``precision``: by the graph, by the matrix formulas."""
    return _by_graph(net, X, Y, lambda_), _by_matrices(net, X, Y, lambda_)


def _by_graph(net: SigmoidNetwork, X: Array, Y: Array, lambda_: float) -> Derivation:
    """The recorded graph of one example, run again for each; then that of the penalty."""
    from flint import arb

    graph = example_graph(net, X[0], Y[0], textbook=False)
    record = Recorded(graph.cost)
    weights = [v for matrix in graph.thetas for column in zip(*matrix, strict=True) for v in column]
    units = [z for layer in graph.z[1:] if layer is not None for z in layer]
    places = [record.place[node] for node in (*weights, *units)]
    inputs = [record.place.get(node) for node in (*graph.x, *graph.y)]
    leaves = [arb(node.data) for node in record.nodes]
    total, gradient, rows = arb(0), np.full(len(weights), arb(0), dtype=object), []
    for example in np.hstack([X, Y]).tolist():
        numbers = leaves.copy()
        for place, number in zip(inputs, example, strict=True):
            if place is not None:
                numbers[place] = arb(number)
        record.forward(numbers, namespace())
        slopes = record.backward(numbers, places)
        total += numbers[-1]
        gradient += np.array(slopes[: len(weights)], dtype=object)
        rows.append(slopes[len(weights) :])
    m = len(X)
    total, gradient = total / m, gradient / m
    if lambda_:
        penalty, slopes = _penalty(net, lambda_, m)
        total, gradient = total + penalty, gradient + slopes
    ends = np.cumsum(net.sizes[1:])[:-1]
    return Derivation(total, gradient, [None, *np.split(np.array(rows, dtype=object), ends, axis=1)])


def _penalty(net: SigmoidNetwork, lambda_: float, m: int) -> tuple[Any, Numbers]:
    from flint import arb

    thetas = theta_values(net)
    record = Recorded(penalty_graph(thetas, lambda_, m))
    numbers = [arb(node.data) for node in record.nodes]
    record.forward(numbers, namespace())
    flat: list[Value] = [v for t in thetas for column in zip(*t, strict=True) for v in column]
    known = [v for v in flat if v in record.place]  # those of bias units are not in it
    slopes = dict(zip(known, record.backward(numbers, [record.place[v] for v in known]), strict=True))
    return numbers[-1], np.array([arb(slopes.get(v, 0)) for v in flat], dtype=object)


def _by_matrices(net: SigmoidNetwork, X: Array, Y: Array, lambda_: float) -> Derivation:
    """The formulas of ``gradients/backprop.py``, its very text, on arrays of balls."""
    from flint import arb

    thetas = [ball_array(theta) for theta in net.thetas]
    total, Deltas, deltas = sums(array_namespace(), thetas, ball_array(X), ball_array(Y))
    J, D = mean(total, Deltas, thetas, arb(lambda_), len(X))
    return Derivation(J, np.concatenate([d.ravel(order="F") for d in D]), deltas)
