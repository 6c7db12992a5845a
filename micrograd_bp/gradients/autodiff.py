"""Reverse mode on the scalar graph: nobody wrote a formula for the network's gradient here."""

from __future__ import annotations

import time
from concurrent.futures import Executor

import numpy as np
import numpy.typing as npt

from ..network.graph import example_graph, penalty_graph, theta_values
from ..network.recorded import recorded_cost, recorded_penalty
from ..network.sigmoid import SigmoidNetwork, reshape
from ..support.validation import Array, regularization
from .result import Gradient

__all__ = ["autodiff_gradient"]

Parts = tuple[float, list[Array], list[Array]]  # J, D, and δ of all layers but the first


def autodiff_gradient(
    net: SigmoidNetwork,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    lambda_: float = 0.0,
    *,
    replay: bool | None = None,
    executor: Executor | None = None,
) -> Gradient:
    """The gradient of J by reverse mode on the scalar graph.

    X is (m, s_1); Y one-hot (m, K), class indices (m,), or 0/1 (m,) for a single output. With
    ``replay`` the graph of one example is recorded and a ``Tape`` replays it for all; without,
    the graph of every example is built and ``Value.backward`` runs on it, which is slow and
    shows every step. By default a single example takes the second way. ``executor`` spreads the
    examples of a replay, with the same result to the last bit.
    Raises ValueError if the arguments do not fit the network.

    >>> net = SigmoidNetwork([2, 1], init="zeros")
    >>> autodiff_gradient(net, [[1.0, 2.0]], [1]).D
    [array([[-0.5, -0.5, -1. ]])]
    """
    X, Y = net.data(X, Y)
    lambda_ = regularization(lambda_)
    started = time.perf_counter()
    if len(X) > 1 if replay is None else replay:
        J, D, deltas = _replayed(net, X, Y, lambda_, executor)
    else:
        J, D, deltas = _built(net, X, Y, lambda_)
    return Gradient("autodiff", J, D, [None, *deltas], time.perf_counter() - started)


def _replayed(
    net: SigmoidNetwork, X: Array, Y: Array, lambda_: float, executor: Executor | None
) -> Parts:
    """J, D and δ from the recorded graphs of one example's cost and of the penalty."""
    m, sizes, theta = len(X), tuple(net.sizes), net.theta
    replay = recorded_cost(sizes).replay([X, Y], theta, executor)
    J, gradient = float(np.sum(replay.costs)) / m, replay.gradient / m
    if lambda_:
        penalty, slope = recorded_penalty(sizes).gradient(np.empty((1, 0)), theta)
        J += lambda_ / m * float(penalty[0])
        gradient += lambda_ / m * slope
    deltas = np.split(replay.deltas, np.cumsum(sizes[1:])[:-1], axis=1)
    return J, reshape(gradient, net.shapes), deltas


def _built(net: SigmoidNetwork, X: Array, Y: Array, lambda_: float) -> Parts:
    """The same from the graph of every example."""
    thetas = theta_values(net)  # leaves: their gradients add up over the graphs
    deltas = [np.empty((len(X), size)) for size in net.sizes[1:]]
    total = 0.0
    for i, (x, y) in enumerate(zip(X, Y, strict=True)):
        graph = example_graph(net, x, y, thetas=thetas, textbook=False)
        graph.cost.backward()
        total += graph.cost.data
        for delta, units in zip(deltas, graph.z[1:], strict=True):
            delta[i] = [unit.grad for unit in units or ()]
    if lambda_:
        penalty = penalty_graph(thetas, lambda_, 1)
        penalty.backward()
        total += penalty.data
    D = [np.array([[v.grad for v in row] for row in matrix]) / len(X) for matrix in thetas]
    return total / len(X), D, deltas
