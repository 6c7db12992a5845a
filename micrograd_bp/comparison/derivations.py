"""The two derivations of the gradient in ball arithmetic: the recorded graph, and the formulas.

Both run what the floating-point methods run: the graph of ``network/graph.py`` with the rules of
``scalar/ops.py``, and the text of ``gradients/backprop.py``. Only the numbers are others.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..gradients.backprop import mean, sums
from ..network.graph import example_graph, penalty_graph, theta_values
from ..network.sigmoid import SigmoidNetwork
from ..scalar.balls import array_namespace, ball_array, namespace
from ..scalar.engine import Value
from ..scalar.recorded import Recorded
from ..support.validation import Array

__all__ = ["Derivation", "in_balls", "penalty_in_balls"]

Numbers = npt.NDArray[Any]


class Derivation(NamedTuple):
    """J, ∂J/∂θ unrolled and δ (lists over the layers of (m, s_l), the first None) as balls."""

    cost: Any
    gradient: Numbers
    deltas: list[Numbers | None]


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
        penalty, its_slopes = penalty_in_balls(net, lambda_, m)
        total, gradient = total + penalty, gradient + its_slopes
    ends = np.cumsum(net.sizes[1:])[:-1]
    return Derivation(
        total, gradient, [None, *np.split(np.array(rows, dtype=object), ends, axis=1)]
    )


def penalty_in_balls(net: SigmoidNetwork, lambda_: float, m: int) -> tuple[Any, Numbers]:
    """λ/2m Σθ² and its derivatives, unrolled, by the graph of the penalty."""
    from flint import arb

    thetas = theta_values(net)
    record = Recorded(penalty_graph(thetas, lambda_, m))
    numbers = [arb(node.data) for node in record.nodes]
    record.forward(numbers, namespace())
    flat: list[Value] = [v for t in thetas for column in zip(*t, strict=True) for v in column]
    known = [v for v in flat if v in record.place]  # those of bias units are not in it
    slopes = dict(
        zip(known, record.backward(numbers, [record.place[v] for v in known]), strict=True)
    )
    return numbers[-1], np.array([arb(slopes.get(v, 0)) for v in flat], dtype=object)


def _by_matrices(net: SigmoidNetwork, X: Array, Y: Array, lambda_: float) -> Derivation:
    """The formulas of ``gradients/backprop.py``, its very text, on arrays of balls."""
    from flint import arb

    thetas = [ball_array(theta) for theta in net.thetas]
    total, Deltas, deltas = sums(array_namespace(), thetas, ball_array(X), ball_array(Y))
    J, D = mean(total, Deltas, thetas, arb(lambda_), len(X))
    return Derivation(J, np.concatenate([d.ravel(order="F") for d in D]), deltas)
