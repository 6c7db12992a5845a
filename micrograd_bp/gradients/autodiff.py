"""Reverse mode on the scalar graph: nobody wrote a formula for the network's gradient here."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt

from ..graph import Weights, example_graph, penalty_graph, theta_values
from ..network import Array, SigmoidNetwork, regularization
from .result import Gradient

__all__ = ["autodiff_gradient"]


def autodiff_gradient(
    net: SigmoidNetwork, X: npt.ArrayLike, Y: npt.ArrayLike, lambda_: float = 0.0
) -> Gradient:
    """The gradient of J by ``Value.backward`` on the graph of every example.

    X is (m, s_1); Y one-hot (m, K), class indices (m,), or 0/1 (m,) for a single output.
    Raises ValueError if they do not fit the network.

    >>> net = SigmoidNetwork([2, 1], init="zeros")
    >>> autodiff_gradient(net, [[1.0, 2.0]], [1]).D
    [array([[-0.5, -0.5, -1. ]])]
    """
    X, Y = net.data(X, Y)
    lambda_ = regularization(lambda_)
    started = time.perf_counter()
    m = len(X)
    thetas = theta_values(net)
    deltas = [np.empty((m, size)) for size in net.sizes[1:]]
    total = 0.0
    for i, (x, y) in enumerate(zip(X, Y, strict=True)):
        graph = example_graph(net, x, y, thetas=thetas, textbook=False)
        graph.cost.backward()  # the θ are leaves: their gradients add up over the examples
        total += graph.cost.data
        for layer, units in enumerate(graph.z[1:]):
            assert units is not None
            deltas[layer][i] = [unit.grad for unit in units]
    D = [d / m for d in _gradients(thetas)]
    cost = total / m
    if lambda_:
        own = theta_values(net)
        penalty = penalty_graph(own, lambda_, m)
        penalty.backward()
        cost += penalty.data
        D = [d + p for d, p in zip(D, _gradients(own), strict=True)]
    return Gradient("autodiff", cost, D, [None, *deltas], time.perf_counter() - started)


def _gradients(thetas: Weights) -> list[Array]:
    return [np.array([[v.grad for v in row] for row in matrix]) for matrix in thetas]
