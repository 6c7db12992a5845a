"""The quantities that the equations speak of, in floats or in balls, for one example.

What each is, and which method it comes from, stands in ``Quantities``; ``equations.py`` puts
them together to the two sides of each equation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..gradients.backprop import g
from ..network.graph import ExampleGraph
from ..network.sigmoid import SigmoidNetwork
from ..scalar.balls import array_namespace, ball_array, namespace
from ..scalar.engine import Value
from ..scalar.recorded import Recorded
from ..support.validation import Array
from .derivations import in_balls, penalty_in_balls

__all__ = ["EachUnit", "Quantities", "quantities_in_balls"]

LAMBDA = 1.0  # the D formula is checked with its regularization

Numbers = npt.NDArray[Any]  # floats, or balls as objects


@dataclass(frozen=True)
class Quantities:
    """All that the equations speak of, as floats or balls, in lists over the layers from 1 on.

    An array for each layer; ``deltas[0]`` and ``graph_deltas[0]`` are not used.
    """

    y: Numbers
    thetas: Sequence[Numbers]
    a: list[Numbers]  # from a forward pass by arrays
    deltas: list[Numbers]  # by the matrix formulas
    graph_deltas: list[Numbers]
    D: list[Numbers]  # of the example's own cost, by the graph
    D_regularized: list[Numbers]  # with λ = 1
    slopes: list[Numbers]  # ∂z_i/∂θ_ij [i, j] of each Θ, by the graph from z_i
    jacobians: list[Numbers]  # ∂z_k⁽ˡ⁺¹⁾/∂z_i⁽ˡ⁾ [k, i] of each hidden layer, by the graph from z_k
    cost: Any
    graph_cost: Any


def quantities_in_balls(
    net: SigmoidNetwork, x: Array, y: Array, graph: ExampleGraph, each: EachUnit
) -> Quantities:
    """All that the equations speak of as balls; to be called within a ``precision``."""
    X, Y = x[np.newaxis], y[np.newaxis]
    by_graph, by_matrices = in_balls(net, X, Y, 0.0)
    thetas = [ball_array(theta) for theta in net.thetas]
    a = [ball_array(x)]
    for theta in thetas:
        a.append(g(theta[:, 0] + theta[:, 1:] @ a[-1], array_namespace()))
    units = Value.sum([v for layer in graph.z[1:] if layer is not None for v in layer])
    record = Recorded(units)
    numbers = list(ball_array([node.data for node in record.nodes]))
    record.forward(numbers, namespace())
    slopes, jacobians = each.slopes(lambda node: numbers[record.place[node]])
    return Quantities(
        y=ball_array(y),
        thetas=thetas,
        a=a,
        deltas=_rows_of(by_matrices.deltas),
        graph_deltas=_rows_of(by_graph.deltas),
        D=_reshaped(by_graph.gradient, net),
        D_regularized=_reshaped(by_graph.gradient + penalty_in_balls(net, LAMBDA, 1)[1], net),
        slopes=slopes,
        jacobians=jacobians,
        cost=by_matrices.cost,
        graph_cost=by_graph.cost,
    )


def _rows_of(deltas: Sequence[Numbers | None]) -> list[Numbers]:
    """δ of the one example, layer by layer; an empty one for the input layer."""
    return [np.empty(0) if delta is None else delta[0] for delta in deltas]


def _reshaped(gradient: Numbers, net: SigmoidNetwork) -> list[Numbers]:
    ends = np.cumsum([theta.size for theta in net.thetas])[:-1]
    parts = zip(np.split(gradient, ends), net.shapes, strict=True)
    return [part.reshape(shape, order="F") for part, shape in parts]


class EachUnit:
    """The part of the graph between each z_k and the layer before it, recorded once."""

    def __init__(self, graph: ExampleGraph) -> None:
        self.layers: list[list[tuple[Recorded, list[int], int]]] = []
        for matrix, before, units in zip(graph.thetas, graph.z, graph.z[1:], strict=False):
            assert units is not None
            layer = []
            for weights, unit in zip(matrix, units, strict=True):
                wrt = [*weights, *(before or [])]
                record = Recorded(unit, leaves=wrt)
                layer.append((record, [record.place[node] for node in wrt], len(weights)))
            self.layers.append(layer)

    def slopes(self, number: Callable[[Value], Any]) -> tuple[list[Numbers], list[Numbers]]:
        """∂z_k/∂θ_kj of each Θ and ∂z_k⁽ˡ⁺¹⁾/∂z_i⁽ˡ⁾ of each hidden layer, from each z_k."""
        by_weight, by_unit = [], []
        for layer in self.layers:
            rows = [
                record.backward([number(node) for node in record.nodes], wrt)
                for record, wrt, _ in layer
            ]
            weights, found = layer[0][2], np.array(rows)
            by_weight.append(found[:, :weights])
            by_unit.append(found[:, weights:])
        return by_weight, by_unit[1:]
