"""A network layer by layer: matrices with their shapes and norms, forward above, backward below."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING

from ..network.symbols import symbol
from ..scalar.engine import Value
from .style import Picture, Theme, at, coloured, inches, number, slope, text

if TYPE_CHECKING:
    from ..network.graph import ExampleGraph

__all__ = ["layer_view"]

# In points: columns of layers with a matrix Θ between each two; rows forward, δ and D.
BOX_WIDTH, BOX_HEIGHT = 170, 64
PITCH = 2 * (BOX_WIDTH + 46)
FORWARD, BACKWARD, GRADIENT = 0.0, -130.0, -240.0


def layer_view(graph: ExampleGraph, theme: Theme) -> Picture:
    """Boxes for x, Θ⁽ˡ⁾, a⁽ˡ⁾ and J in a row; after a backward pass δ⁽ˡ⁾ and D⁽ˡ⁾ below."""
    backward = graph.cost.has_grad
    gradients = [_norm(_slopes(_flat(matrix))) for matrix in graph.thetas]
    largest = max(gradients) if backward else None
    picture = Picture(theme, largest, layout="neato", splines="line", outputorder="edgesfirst")
    picture.digraph.attr("node", shape="box", style="rounded,filled", fixedsize="true")
    picture.digraph.attr("node", width=inches(BOX_WIDTH), height=inches(BOX_HEIGHT))
    for layer, activations in enumerate(graph.a, start=1):
        _add_layer(picture, layer, graph.z[layer - 1], activations)
    for layer, matrix in enumerate(graph.thetas, start=1):
        _add_matrix(picture, layer, matrix)
    _add_cost(picture, graph)
    if backward:
        for layer in range(len(graph.a), 1, -1):
            _add_delta(picture, graph, layer)
        for layer, matrix in enumerate(graph.thetas, start=1):
            _add_gradient(picture, layer, matrix, gradients[layer - 1])
        back = "◄ δ flows back; number in parentheses: the equation"
        picture.caption.append(coloured(back, theme.backward))
        widest = f"arrow into D: ‖D‖, the widest {number(max(gradients))}"
        picture.caption.append(coloured(widest, theme.path))
        needed = "dashed: the a that (1) needs, the Θ and z that (2) needs"
        picture.caption.append(coloured(needed, theme.faint))
    else:
        picture.legend("")
    return picture


def _add_layer(
    picture: Picture, layer: int, weighted: list[Value] | None, activations: list[Value]
) -> None:
    a = symbol("a", layer=layer)
    shape = f"{len(activations)} × 1"
    if weighted is None:
        rows = [f"x = {a}", shape, f"‖x‖ = {_size(activations)}"]
    else:
        z, before = symbol("z", layer=layer), layer - 1
        rows = [
            f"{z} = {symbol('Θ', layer=before)}[1; {symbol('a', layer=before)}]",
            f"{a} = g({z})   {shape}",
            f"‖z‖ = {_size(weighted)}   ‖a‖ = {_size(activations)}",
        ]
    _add_box(picture, f"a{layer}", rows, _x(layer), FORWARD, "data" if layer == 1 else "a")


def _add_matrix(picture: Picture, layer: int, matrix: list[list[Value]]) -> None:
    theta = symbol("Θ", layer=layer)
    rows = [theta, f"{len(matrix)} × {len(matrix[0])}", f"‖{theta}‖ = {_size(_flat(matrix))}"]
    _add_box(picture, f"Theta{layer}", rows, _x(layer + 0.5), FORWARD, "parameter")
    picture.digraph.edge(f"a{layer}", f"Theta{layer}", penwidth="1.5")
    picture.digraph.edge(f"Theta{layer}", f"a{layer + 1}", penwidth="1.5")


def _add_cost(picture: Picture, graph: ExampleGraph) -> None:
    last = len(graph.a)
    targets = ", ".join(number(y.data) for y in graph.y[:8]) + ", …" * (len(graph.y) > 8)
    rows = ["J(x, y), equation (3)", f"y = ({targets})", f"J = {number(graph.cost.data, 4)}"]
    _add_box(picture, "J", rows, _x(last + 0.5), FORWARD, "cost")
    picture.digraph.edge(f"a{last}", "J", penwidth="1.5")


def _add_delta(picture: Picture, graph: ExampleGraph, layer: int) -> None:
    """δ of a layer, and the arrow that brings it from the layer above or from the cost."""
    theme = picture.theme
    weighted = graph.z[layer - 1] or []
    last = len(graph.a)
    delta = symbol("δ", layer=layer)
    norm = number(_norm(_slopes(weighted)))
    rows = [delta, f"{len(weighted)} × 1", f"‖{delta}‖ = {norm}"]
    _add_box(picture, f"delta{layer}", rows, _x(layer), BACKWARD, "z")
    source = "J" if layer == last else f"delta{layer + 1}"
    picture.digraph.edge(source, f"delta{layer}", color=theme.backward, penwidth="2")
    if layer == last:
        picture.note(
            f"{delta} = a{delta[1:]} − y",
            at(_x(last + 0.25) + 75, (FORWARD + BACKWARD) / 2),
            theme.backward,
        )
        return
    needs = {"color": theme.faint, "style": "dashed"}
    picture.digraph.edge(f"Theta{layer}", f"delta{layer}", **needs)
    picture.digraph.edge(f"a{layer}", f"delta{layer}", **needs)
    theta, z = symbol("Θ", layer=layer), symbol("z", layer=layer)
    above = symbol("δ", layer=layer + 1)
    formula = f"{delta} = ({theta})ᵀ{above} .* g′({z})   (2)"
    picture.note(formula, at(_x(layer + 0.5), BACKWARD + 14), theme.backward)


def _add_gradient(picture: Picture, layer: int, matrix: list[list[Value]], norm: float) -> None:
    """D of a matrix, from the δ of the layer it leads to."""
    d, theta = symbol("D", layer=layer), symbol("Θ", layer=layer)
    rows = [
        f"{d} = ∂J/∂{theta}   {len(matrix)} × {len(matrix[0])}",
        f"{symbol('δ', layer=layer + 1)}[1; {symbol('a', layer=layer)}]ᵀ   (1)",
        f"‖{d}‖ = {number(norm)}",
    ]
    _add_box(picture, f"D{layer}", rows, _x(layer + 0.5), GRADIENT, "parameter")
    needs = {"color": picture.theme.faint, "style": "dashed"}
    picture.digraph.edge(f"a{layer}", f"D{layer}", **needs)
    line = picture.signed(norm) | {"color": picture.theme.path}
    picture.digraph.edge(f"delta{layer + 1}", f"D{layer}", **line)


def _add_box(picture: Picture, name: str, rows: list[str], x: float, y: float, kind: str) -> None:
    fill = picture.theme.fills[kind]
    picture.digraph.node(
        name, label=text("\n".join(rows)), pos=at(x, y), fillcolor=fill, fontsize="11"
    )


def _x(layer: float) -> float:
    return (layer - 1) * PITCH


def _flat(matrix: list[list[Value]]) -> list[Value]:
    return list(chain.from_iterable(matrix))


def _slopes(nodes: Iterable[Value]) -> list[float]:
    return [slope(node) for node in nodes]


def _norm(numbers: Iterable[float]) -> float:
    return math.hypot(*numbers)


def _size(nodes: Iterable[Value]) -> str:
    return number(_norm(node.data for node in nodes))
