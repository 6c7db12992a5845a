"""Which units and weights of a network a picture shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from ..scalar.engine import Value

if TYPE_CHECKING:
    from ..network.graph import ExampleGraph

__all__ = ["MOST_WEIGHTS", "Weight", "onward", "units_drawn", "weights_between", "weights_number"]

MOST_WEIGHTS = 100  # lines with two numbers each that an A4 page shows legibly


class Weight(NamedTuple):
    """One θ of the network and the units that it joins."""

    theta: Value
    layer: int  # from this layer, counted from 1, to the next
    j: int  # the unit it comes from, 0 for the bias unit
    i: int  # the unit it leads to
    source: Value  # the activation of the unit it comes from
    z: Value  # the weighted input of the unit it leads to


def weights_number(graph: ExampleGraph) -> int:
    """How many θ the network has: the lines of its whole unit view."""
    return sum(len(row) for matrix in graph.thetas for row in matrix)


def units_drawn(sizes: Sequence[int], most_weights: int = MOST_WEIGHTS) -> list[list[int]]:
    """The units of each layer, counted from 1, that a legible picture has room for.

    As many of each layer as leave at most ``most_weights`` lines, at least three: the first ones
    and the last.

    >>> units_drawn([2, 64, 1], most_weights=16)
    [[1, 2], [1, 2, 64], [1]]
    """
    most = max(sizes)
    while most > 3:
        kept = [min(size, most) for size in sizes]
        if sum((n + 1) * m for n, m in pairwise(kept)) <= most_weights:
            break
        most -= 1
    return [list(range(1, size + 1)) if size <= most else [*range(1, most), size] for size in sizes]


def weights_between(graph: ExampleGraph, drawn: Sequence[Sequence[int]]) -> Iterator[Weight]:
    """The weights that join the units ``drawn`` of each layer, and the bias units."""
    for layer, matrix in enumerate(graph.thetas, start=1):
        sources = [graph.bias[layer - 1], *graph.a[layer - 1]]
        weighted = graph.z[layer]
        assert weighted is not None
        for i in drawn[layer]:
            for j in [0, *drawn[layer - 1]]:
                yield Weight(matrix[i - 1][j], layer, j, i, sources[j], weighted[i - 1])


def onward(weight: Weight) -> float:
    """∂z_k/∂z_i = θ_ki g′(z_i), equation (4)."""
    return weight.theta.data * weight.source.local_derivatives()[0]
