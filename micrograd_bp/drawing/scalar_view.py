"""A graph in full: a card for every node, an edge for every input of every operation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..drawing import paths
from ..network.symbols import symbol
from ..scalar.engine import Value
from .style import (
    Picture,
    Theme,
    add,
    coloured,
    in_order,
    lines,
    number,
    plain,
    safe,
    slope,
    tooltip,
)

if TYPE_CHECKING:
    from ..network.graph import ExampleGraph

__all__ = ["scalar_view"]

MOST_LABELLED = 2000  # nodes up to which edges carry their numbers as text; above, as tooltips

# Operations as they are written between or before the names of what they are applied to.
_BETWEEN = {"+": " + ", "-": " − ", "*": " · ", "/": " ÷ "}
_FUNCTIONS = {"sigmoid": "g", "log_sigmoid": "log g", "sqrt": "√"}
_ONE_SYMBOL = re.compile(r"[^\W\d_]['′]*[₀-₉,]*(⁽[⁰¹²³⁴-⁹]+⁾)?")
_LONGEST_TITLE = 26


def scalar_view(
    order: list[Value],
    shown: list[Value],
    graph: ExampleGraph | None,
    ends: tuple[Value, Value] | None,
    theme: Theme,
) -> Picture:
    """The picture of the nodes ``shown`` of a graph whose nodes are ``order``.

    ``graph`` tells what the nodes of a network are; ``ends`` are the nodes to mark the paths
    between. Raises ValueError if there is no path.
    """
    return _ScalarView(order, shown, graph, ends, theme).picture


class _ScalarView:
    def __init__(
        self,
        order: list[Value],
        shown: list[Value],
        graph: ExampleGraph | None,
        ends: tuple[Value, Value] | None,
        theme: Theme,
    ) -> None:
        self.theme = theme
        self.root = order[-1]
        self.shown = set(shown)
        self.ids = {node: f"n{i}" for i, node in enumerate(order)}
        self.names = _names(order)
        self.roles = {} if graph is None else _roles(graph)
        self.steps = {} if ends is None else paths.between(*ends)
        if ends is not None and not self.steps:
            raise ValueError(f"path: no path leads from {ends[0]!r} to {ends[1]!r}")
        self.labelled = len(shown) <= MOST_LABELLED
        self.partials = {node: _partials(node) for node in shown}
        shares = (
            abs(slope(node) * partial)
            for node in shown
            if node.has_grad
            for partial in self.partials[node]
            if partial is not None
        )
        self.picture = Picture(theme, max(shares, default=0.0), nodesep="0.1", ranksep="0.12")
        self.picture.digraph.attr("node", shape="box", style="rounded,filled", margin="0.06,0.04")
        self._add_cards(shown)
        if len(shown) < len(order):
            rest = f"… {len(order) - len(shown):,} more nodes"
            self.picture.digraph.node("more", rest, shape="plaintext", style="")
        for weighted in [] if graph is None else graph.z[1:]:
            products = [self.ids[product] for z in weighted or [] for product in z.inputs]
            in_order(self.picture.digraph, products)  # all else then falls into order beside them
        for node in shown:
            self._add_edges(node)
        self._add_caption(ends)

    def _add_cards(self, shown: list[Value]) -> None:
        columns: dict[str, list[Value]] = {}
        for node in shown:
            columns.setdefault(self.roles[node][1] if node in self.roles else "", []).append(node)
        for title, nodes in columns.items():
            with self.picture.frame(title) as frame:
                for node in nodes:
                    add(frame, self.ids[node], self._card(node))

    def _card(self, node: Value) -> dict[str, str]:
        """A node's title, value and gradient, the colour of its kind, exact numbers as tooltip."""
        kind = self._kind(node)
        title = safe(_title(node, self.names))
        rows = [f"<b>{title}</b>" if node.label else title]
        if node.op is not None or node.label:
            rows.append(safe(number(node.data, 4)))
        tip = f"{self.names[node]} = {node.data!r}"
        if node.has_grad:
            gradient = _gradient_name(self.names[node], self.names[self.root], kind == "z")
            rows.append(coloured(f"{gradient} = {number(slope(node))}", self.theme.delta))
            tip += f", {gradient} = {slope(node)!r}"
        card = {
            "label": lines(*rows),
            "fillcolor": self.theme.fills[kind],
            "tooltip": tooltip(tip),
        }
        if kind == "bias":
            card["style"] = "rounded,filled,dashed"
        if node in self.steps:
            card |= {"color": self.theme.path, "penwidth": "2.5"}
        return card

    def _kind(self, node: Value) -> str:
        if node in self.roles:
            return self.roles[node][0]
        if node is self.root:
            return "cost"
        return "parameter" if node.label and not node.inputs else "inner"

    def _add_edges(self, node: Value) -> None:
        """An edge from each input: the local derivative, and what the chain rule sends back."""
        hidden = [child for child in node.inputs if child not in self.shown]
        if hidden:
            add(self.picture.digraph, f"more -> {self.ids[node]}", {"style": "dashed"})
        for child, partial in zip(node.inputs, self.partials[node], strict=True):
            if child in self.shown:
                ends = f"{self.ids[child]} -> {self.ids[node]}"
                add(self.picture.digraph, ends, self._edge(child, node, partial))

    def _edge(self, child: Value, node: Value, partial: float | None) -> dict[str, str]:
        here = "undefined" if partial is None else number(partial)
        tip = f"local derivative {here}"
        rows = [safe(here)]
        share = None
        if node.has_grad and partial is not None:
            share = slope(node) * partial
            rows.append(coloured(f"← {number(share)}", self.theme.delta))
            tip += f"; sends back {number(slope(node))} × {here} = {number(share)}"
        line = self.picture.signed(share)
        if self.steps:
            if child in self.steps and node in self.steps:
                rows = [f"<b>{coloured(here, self.theme.path, 12)}</b>"]
                line = {"color": self.theme.path, "penwidth": "3"}
            else:  # all else steps back
                rows = []
                line = {"color": self.theme.line, "penwidth": "0.5"}
        if self.labelled and rows:
            line |= {"label": lines(*rows), "labeltooltip": tooltip(tip)}
        return {**line, "edgetooltip": tooltip(tip)}

    def _add_caption(self, ends: tuple[Value, Value] | None) -> None:
        picture = self.picture
        if ends is not None:
            rows = paths.written_out(self.steps, *ends, self.names.__getitem__)
            picture.path_caption(rows, ends)
            return
        picture.legend("the gradient sent back, ←")
        if picture.largest:
            back = coloured("← gradient of the node × local derivative", self.theme.delta)
            picture.caption.append(f"on an edge: local derivative ∂node/∂input   {back}")


def _roles(graph: ExampleGraph) -> dict[Value, tuple[str, str]]:
    """The kind of each named node of a network and the column it stands in."""
    last = len(graph.a)
    roles: dict[Value, tuple[str, str]] = {}
    for layer, activations in enumerate(graph.a, start=1):
        kind = "input layer" if layer == 1 else "output layer" if layer == last else "hidden layer"
        title = f"layer {layer}: {kind}"
        roles.update((node, ("data" if layer == 1 else "a", title)) for node in activations)
        roles.update((node, ("z", title)) for node in graph.z[layer - 1] or [])
        if layer < last:
            roles[graph.bias[layer - 1]] = "bias", title
            matrix = graph.thetas[layer - 1]
            roles.update((theta, ("parameter", "")) for row in matrix for theta in row)
    cost = "cost J, equation (3)"
    roles.update((node, ("data", cost)) for node in graph.y)
    for node in graph.cost.topological_order():
        depends = [roles.get(child, ("", ""))[1] for child in node.inputs]
        if node not in roles and (cost in depends or f"layer {last}: output layer" in depends):
            roles[node] = "inner", cost
    roles.update((node, ("cost", cost)) for node in [*graph.terms, graph.cost])
    return roles


def _names(order: list[Value]) -> dict[Value, str]:
    """What each node is called: its label, a leaf without one its number, else v₁, v₂, …"""
    names: dict[Value, str] = {}
    unnamed = 0
    for node in order:
        if node.label:
            names[node] = plain(node.label)
        elif not node.inputs:
            names[node] = number(node.data)
        else:
            unnamed += 1
            names[node] = symbol("v", unnamed)
    return names


def _title(node: Value, names: Mapping[Value, str]) -> str:
    """The node's name and, where the name does not say it already, how it was computed."""
    name = names[node]
    if node.op is None:
        return name
    formula = _formula(node.op.symbol, [names[child] for child in node.inputs])
    if _letters(formula) == _letters(name):
        return name
    title = f"{name} = {formula}"
    return title if len(title) <= _LONGEST_TITLE else f"{name}: {_short(node.op.symbol)}"


def _formula(op: str, inputs: list[str]) -> str:
    if op in _BETWEEN:
        return _BETWEEN[op].join(inputs)
    if op == "neg":
        return f"−{inputs[0]}"
    if op.startswith("**"):
        return f"{inputs[0]}^{op[2:]}"
    if op.endswith("**"):
        return f"{op[:-2]}^{inputs[0]}"
    if op == "Σ":
        return "Σ"
    return f"{_short(op)}({', '.join(inputs)})"


def _short(op: str) -> str:
    return _BETWEEN[op].strip() if op in _BETWEEN else _FUNCTIONS.get(op, op)


def _letters(formula: str) -> str:
    return re.sub(r"[\s·()]", "", formula)


def _gradient_name(name: str, root: str, is_delta: bool) -> str:
    """δ₁⁽²⁾ at a weighted input z₁⁽²⁾, ∂J/∂x at what has a one-symbol name, else a plain ∂."""
    if is_delta:
        return name.replace("z", "δ", 1)
    short = all(n.isidentifier() or _ONE_SYMBOL.fullmatch(n) for n in (name, root))
    return f"∂{root}/∂{name}" if short and len(root) <= 2 else "∂"


def _partials(node: Value) -> Sequence[float | None]:
    """The local derivatives; None for each where one is not finite, as of √x at 0."""
    try:
        return node.local_derivatives()
    except ValueError:
        return [None] * len(node.inputs)
