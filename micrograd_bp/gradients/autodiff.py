"""Reverse mode on the scalar graph: nobody wrote a formula for the network's gradient here."""

from __future__ import annotations

import time
from concurrent.futures import Executor
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ..network.graph import Weights, example_graph, penalty_graph, theta_values
from ..network.sigmoid import SigmoidNetwork, reshape
from ..scalar.tape import Tape
from ..support.validation import Array, regularization
from .result import Gradient

__all__ = ["autodiff_gradient"]


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
    m = len(X)
    if replay is None:
        replay = m > 1
    cost, sums, deltas = _replayed(net, X, Y, executor) if replay else _built(net, X, Y)
    cost /= m
    D = [d / m for d in sums]
    if lambda_:
        thetas = theta_values(net)
        penalty = penalty_graph(thetas, lambda_, m)
        penalty.backward()
        cost += penalty.data
        D = [d + p for d, p in zip(D, _gradients(thetas), strict=True)]
    return Gradient("autodiff", cost, D, [None, *deltas], time.perf_counter() - started)


def _replayed(
    net: SigmoidNetwork, X: Array, Y: Array, executor: Executor | None
) -> tuple[float, list[Array], list[Array]]:
    """J, its gradients and δ, the first two summed over the examples, from one recorded graph."""
    units = net.sizes[1:]
    replay = _tape(tuple(net.sizes)).replay(np.hstack([X, Y]), net.theta, executor)
    deltas = np.split(replay.deltas, np.cumsum(units)[:-1], axis=1)
    return float(np.sum(replay.costs)), reshape(replay.gradient, net.shapes), deltas


@lru_cache(maxsize=8)
def _tape(sizes: tuple[int, ...]) -> Tape:
    """The recorded graph of one example; it is the same for all weights and examples."""
    net = SigmoidNetwork(sizes, init="zeros")
    graph = example_graph(net, np.zeros(sizes[0]), np.zeros(sizes[-1]), textbook=False)
    columns = [column for matrix in graph.thetas for column in zip(*matrix, strict=True)]
    return Tape(
        graph.cost,
        inputs=[*graph.x, *graph.y],
        parameters=[theta for column in columns for theta in column],  # as net.theta
        watch=[z for layer in graph.z if layer is not None for z in layer],
    )


def _built(net: SigmoidNetwork, X: Array, Y: Array) -> tuple[float, list[Array], list[Array]]:
    """The same from the graph of every example."""
    thetas = theta_values(net)
    deltas = [np.empty((len(X), size)) for size in net.sizes[1:]]
    total = 0.0
    for i, (x, y) in enumerate(zip(X, Y, strict=True)):
        graph = example_graph(net, x, y, thetas=thetas, textbook=False)
        graph.cost.backward()  # the θ are leaves: their gradients add up over the examples
        total += graph.cost.data
        for layer, units in enumerate(graph.z[1:]):
            assert units is not None
            deltas[layer][i] = [unit.grad for unit in units]
    return total, _gradients(thetas), deltas


def _gradients(thetas: Weights) -> list[Array]:
    return [np.array([[v.grad for v in row] for row in matrix]) for matrix in thetas]
