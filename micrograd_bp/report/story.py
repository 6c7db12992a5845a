"""The graph of one example as a page can tell it: its units, and who passes what to whom.

The scalar graph has a node for every product and logarithm. A page shows fewer: inputs, weights,
weighted inputs, activations and costs. Everything between two shown nodes is folded into one
link, whose local derivative is the sum over the ways between them of the products along each
way, taken from ``Value.local_derivatives``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy.typing as npt

from ..network.graph import ExampleGraph, example_graph
from ..network.sigmoid import SigmoidNetwork
from ..scalar.engine import Value

__all__ = ["story"]


class Place(NamedTuple):
    """What a shown node is and where it stands: layer 1 is the input."""

    kind: str  # x, bias, theta, z, a, y, term, cost
    layer: int
    indices: tuple[int, ...]


class Way(NamedTuple):
    """One way from a shown node down to another: the nodes passed, the derivative of each step."""

    nodes: tuple[Value, ...]
    factors: tuple[float, ...]


GIVEN = ("x", "y", "bias")  # not trained: the page passes no gradient to them

# Which equation a share of the gradient is, by what passes it on and what receives it.
EQUATIONS = {
    ("cost", "term"): "(3)",
    ("term", "a"): "(3)",
    ("term", "z"): "δ⁽ᴸ⁾ = h − y",
    ("z", "theta"): "(1)",
    ("z", "a"): "(4)",
}


def story(net: SigmoidNetwork, x: npt.ArrayLike, y: npt.ArrayLike) -> dict[str, Any]:
    """The nodes, the links between them and the order of both passes, ready for JSON.

    ``x`` is (s_1,), ``y`` one-hot (K,), a class index or 0/1. ``nodes`` have ``label``,
    ``value`` and ``grad`` (None where no gradient arrives); ``links`` point from an input to
    the node computed from it and carry the ``local`` derivative; ``forward`` lists nodes,
    ``backward`` links, each in an order in which everything needed is complete before it is used.
    Raises ValueError if x or y do not fit the network.

    >>> told = story(SigmoidNetwork([2, 1], init="zeros"), [1.0, 2.0], 1)
    >>> [told["nodes"][n]["label"] for n in told["forward"]]
    ['z₁⁽²⁾', 'a₁⁽²⁾', 'J₁', 'J']
    >>> [told["nodes"][told["links"][k]["from"]]["label"] for k in told["backward"]]
    ['J₁', 'a₁⁽²⁾', 'z₁⁽²⁾', 'θ₁₀⁽¹⁾', 'θ₁₁⁽¹⁾', 'θ₁₂⁽¹⁾']
    """
    graph = example_graph(net, x, y)
    graph.cost.backward()
    places = _places(graph)
    number = {node: k for k, node in enumerate(places)}
    order = [
        node
        for node in Value.sum([graph.cost, *graph.a[-1]]).topological_order()
        if node in places and node.inputs
    ]
    links = [link for node in order for link in _links(node, places)]
    height, depth = _distances(order, links)

    # Sorted by distance, a topological order stays one; it is then read layer by layer.
    forward = sorted(order, key=lambda node: (depth[node], number[node]))

    last = len(net.sizes)
    backward = _backward(links, places, number, height, last)
    return {
        "sizes": net.sizes,
        "nodes": [_told(node, place) for node, place in places.items()],
        "links": [
            {
                "from": number[source],
                "to": number[node],
                "local": math.fsum(math.prod(way.factors) for way in ways),
                "symbol": _symbol(node, source, ways, places),
                "equation": _equation(places[node], places[source], last),
                "ways": [_told_way(way) for way in ways] if len(ways) > 1 else [],
            }
            for node, source, ways in links
        ],
        "forward": [number[node] for node in forward],
        "backward": backward,
    }


Link = tuple[Value, Value, list[Way]]


def _backward(
    links: list[Link],
    places: dict[Value, Place],
    number: dict[Value, int],
    height: dict[Value, int],
    last: int,
) -> list[int]:
    """The links that pass a gradient, in order: errors before weights, layer by layer.

    A hidden unit's δ comes directly after the shares that it is made of.
    """

    def when(k: int) -> tuple[bool, int, int, int, int]:
        node, source, _ = links[k]
        place, stage = places[source], height[node]
        if place.kind == "z" and places[node].kind == "a" and place.layer < last:
            stage -= 1
        unit = place.indices[0] if place.indices and place.layer < last else 0
        return place.kind == "theta", stage, unit, height[node], number[node] + number[source]

    passing = (
        k
        for k, (node, source, _) in enumerate(links)
        if node.has_grad and places[source].kind not in GIVEN
    )
    return sorted(passing, key=when)


def _places(graph: ExampleGraph) -> dict[Value, Place]:
    """The nodes to show, in reading order; a θ before the units of its layer."""
    places: dict[Value, Place] = {}
    for j, node in enumerate(graph.x, start=1):
        places[node] = Place("x", 1, (j,))
    for layer, matrix in enumerate(graph.thetas, start=1):
        places[graph.bias[layer - 1]] = Place("bias", layer, (0,))
        for i, row in enumerate(matrix, start=1):
            for j, node in enumerate(row):
                places[node] = Place("theta", layer, (i, j))
        for kind, units in (("z", graph.z[layer]), ("a", graph.a[layer])):
            for i, node in enumerate(units or (), start=1):
                places[node] = Place(kind, layer + 1, (i,))
    last = len(graph.a)
    for kind, nodes in (("y", graph.y), ("term", graph.terms)):
        for k, node in enumerate(nodes, start=1):
            places[node] = Place(kind, last, (k,))
    places[graph.cost] = Place("cost", last, ())
    return places


def _links(node: Value, places: dict[Value, Place]) -> Iterator[Link]:
    ways: dict[Value, list[Way]] = {}
    for way in _ways(node, places):
        ways.setdefault(way.nodes[-1], []).append(way)
    for source, found in ways.items():
        yield node, source, found


def _ways(node: Value, places: dict[Value, Place]) -> Iterator[Way]:
    """Every way from a shown node through hidden ones down to the next shown ones."""
    unfinished = [Way((node,), ())]
    while unfinished:
        nodes, factors = unfinished.pop()
        end = nodes[-1]
        if len(nodes) > 1 and end in places:
            yield Way(nodes, factors)
            continue
        pairs = list(zip(end.inputs, end.local_derivatives(), strict=True))
        unfinished += [Way((*nodes, v), (*factors, d)) for v, d in reversed(pairs)]


def _distances(order: list[Value], links: list[Link]) -> tuple[dict[Value, int], dict[Value, int]]:
    """The longest way from each node up to the output, and down to a leaf, in links."""
    height: dict[Value, int] = {}
    depth: dict[Value, int] = {}
    for node, source, _ in links:  # in topological order of node
        depth[node] = max(depth.get(node, 0), depth.get(source, 0) + 1)
    for node, source, _ in reversed(links):
        height[source] = max(height.get(source, 0), height.setdefault(node, 0) + 1)
    return height, depth


def _equation(of: Place, to: Place, last: int) -> str:
    if (of.kind, to.kind) == ("a", "z"):
        return "δ⁽ᴸ⁾ = h − y" if to.layer == last else "(2)"
    return EQUATIONS.get((of.kind, to.kind), "")


def _symbol(node: Value, source: Value, ways: list[Way], places: dict[Value, Place]) -> str:
    """The local derivative ∂node/∂source as one writes it."""
    if places[node].kind == "a":
        return f"{node.label}(1 − {node.label})"
    if places[node].kind == "z":
        product = ways[0].nodes[1]
        return next(factor.label for factor in product.inputs if factor is not source)
    return f"∂{node.label}/∂{source.label}"


def _told(node: Value, place: Place) -> dict[str, Any]:
    return {
        "kind": place.kind,
        "layer": place.layer,
        "indices": place.indices,
        "label": node.label,
        "slope": "δ" + node.label[1:] if place.kind == "z" else f"∂J/∂{node.label}",
        "value": node.data,
        "grad": node.grad if node.has_grad else None,
    }


def _told_way(way: Way) -> dict[str, Any]:
    names = [node.label or (node.op.symbol if node.op else "") for node in way.nodes]
    return {"via": names, "factors": way.factors}
