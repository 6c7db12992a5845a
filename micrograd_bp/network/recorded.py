"""The network's graph recorded once: the cost of an example, and the penalty, as tapes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..scalar.tape import Tape
from .graph import example_graph, penalty_graph, theta_values
from .sigmoid import SigmoidNetwork

__all__ = ["recorded_cost", "recorded_penalty"]


@lru_cache(maxsize=8)
def recorded_cost(sizes: tuple[int, ...]) -> Tape:
    """The cost (3) of one example as a tape; it is the same for all weights and examples.

    Inputs are x and y, parameters as ``net.theta``, watched are the z of all layers.

    >>> tape = recorded_cost((2, 1))
    >>> tape.gradient([[1.0, 2.0, 1.0]], [0.0, 0.0, 0.0])[1]  # (h − y) [1; x]
    array([-0.5, -0.5, -1. ])
    """
    net = SigmoidNetwork(sizes, init="zeros")
    graph = example_graph(net, np.zeros(sizes[0]), np.zeros(sizes[-1]), textbook=False)
    columns = [column for matrix in graph.thetas for column in zip(*matrix, strict=True)]
    return Tape(
        graph.cost,
        inputs=[*graph.x, *graph.y],
        parameters=[theta for column in columns for theta in column],
        watch=[z for layer in graph.z if layer is not None for z in layer],
    )


@lru_cache(maxsize=8)
def recorded_penalty(sizes: tuple[int, ...]) -> Tape:
    """½ Σ θ² without the bias weights as a tape without inputs; times λ/m it is the penalty.

    >>> recorded_penalty((2, 1)).gradient(np.empty((1, 0)), [5.0, 3.0, 1.0])
    (array([5.]), array([0., 3., 1.]))
    """
    thetas = theta_values(SigmoidNetwork(sizes, init="zeros"))
    columns = [column for matrix in thetas for column in zip(*matrix, strict=True)]
    return Tape(
        penalty_graph(thetas, 1.0, 1),
        inputs=[],
        parameters=[theta for column in columns for theta in column],
    )
