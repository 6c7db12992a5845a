"""A graph in full: a card for every node, an edge for every input of every operation."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from ..scalar.engine import Value
from . import paths
from .chains import folds
from .names import gradient_name, names_of, short_operation, title
from .style import Picture, Theme, add, coloured, in_order, lines, number, safe, slope, tooltip

if TYPE_CHECKING:
    from ..network.graph import ExampleGraph

__all__ = ["scalar_view"]

MOST_LABELLED = 2000  # nodes up to which edges carry their numbers as text; above, as tooltips
OPERATIONS_NAMED = 4  # of those that a folded chain consists of
# A card with its edge's label, in inches along and across the direction of the arrows: they
# decide whether the picture runs to the right or downward, whichever is nearer a page's shape.
ALONG, ACROSS = {"LR": 1.75, "TB": 0.95}, {"LR": 0.62, "TB": 1.35}
PAGE_SHAPE = 1.4  # width to height of a page on its side


def scalar_view(
    order: list[Value],
    shown: list[Value],
    graph: ExampleGraph | None,
    ends: tuple[Value, Value] | None,
    theme: Theme,
    *,
    operators: bool = False,
    fold: bool = False,
) -> Picture:
    """The picture of the nodes ``shown`` of a graph whose nodes are ``order``.

    ``graph`` tells what the nodes of a network are; ``ends`` are the nodes to mark the paths
    between; ``operators`` gives each operation a small node of its own; ``fold`` draws a long
    chain as one card. Raises ValueError if there is no path.
    """
    return _ScalarView(order, shown, graph, ends, theme, operators, fold).picture


class _ScalarView:
    def __init__(
        self,
        order: list[Value],
        shown: list[Value],
        graph: ExampleGraph | None,
        ends: tuple[Value, Value] | None,
        theme: Theme,
        operators: bool,
        fold: bool,
    ) -> None:
        self.theme = theme
        self.operators = operators
        self.root = order[-1]
        self.ids = {node: f"n{i}" for i, node in enumerate(order)}
        self.names = names_of(self.root)
        self.roles = {} if graph is None else _roles(graph)
        self.fixed = _fixed(order, graph)
        self.steps = {} if ends is None else paths.between(*ends)
        if ends is not None and not self.steps:
            raise ValueError(f"path: no path leads from {ends[0]!r} to {ends[1]!r}")
        found = folds(order, self.fixed) if fold and ends is None else []
        self.folds = {fold.nodes[-1]: fold for fold in found}
        self._hide_folded(shown)
        self.labelled = len(self.shown) <= MOST_LABELLED
        direction = _direction(self.shown)
        # a label begins at its arrow: beside one that points downward it needs some room
        self.margin = "\u00a0\u00a0" if direction == "TB" else ""
        self.picture = Picture(
            theme, self._largest_share(), nodesep="0.12", ranksep="0.15", rankdir=direction
        )
        self.picture.digraph.attr("node", shape="box", style="rounded,filled", margin="0.08,0.08")
        self._add_cards()
        if len(shown) < len(order):
            rest = f"… {len(order) - len(shown):,} more nodes"
            self.picture.digraph.node("more", rest, shape="plaintext", style="")
        for weighted in [] if graph is None else graph.z[1:]:
            products = [self.ids[product] for z in weighted or [] for product in z.inputs]
            in_order(self.picture.digraph, products)  # all else then falls into order beside them
        for node in self.shown:
            self._add_edges(node)
        self._add_caption(ends)

    def _hide_folded(self, shown: list[Value]) -> None:
        """What is drawn, and for each node its inputs with their local derivatives."""
        folded = {node for fold in self.folds.values() for node in fold.nodes[:-1]}
        folded |= {
            child
            for fold in self.folds.values()
            for node in fold.nodes
            for child in node.inputs
            if child in self.fixed
        }
        self.shown = {node: None for node in shown if node not in folded}
        self.inputs: dict[Value, list[tuple[Value, float | None]]] = {}
        for node in self.shown:
            if node in self.folds:
                fold = self.folds[node]
                self.inputs[node] = [(fold.source, fold.slope())]
            else:
                self.inputs[node] = list(zip(node.inputs, _partials(node), strict=True))

    def _largest_share(self) -> float | None:
        """The largest gradient that an edge carries; None before any backward pass."""
        if not self.root.has_grad:
            return None
        shares = (
            abs(slope(node) * partial)
            for node, inputs in self.inputs.items()
            if node.has_grad
            for child, partial in inputs
            if partial is not None and child not in self.fixed
        )
        return max((share for share in shares if math.isfinite(share)), default=0.0)

    def _add_cards(self) -> None:
        columns: dict[str, list[Value]] = {}
        for node in self.shown:
            columns.setdefault(self.roles[node][1] if node in self.roles else "", []).append(node)
        for heading, nodes in columns.items():
            with self.picture.frame(heading) as frame:
                for node in nodes:
                    add(frame, self.ids[node], self._card(node))
                    if self._operator(node) is not None:
                        add(frame, f"{self.ids[node]}op", self._operator_node(node))

    def _operator(self, node: Value) -> str | None:
        """The operation that has a node of its own, beside the card of its result."""
        apart = self.operators and node.op is not None and node not in self.folds
        return short_operation(node) if apart else None

    def _operator_node(self, node: Value) -> dict[str, str]:
        return {
            "label": lines(safe(self._operator(node) or ""), align="center"),
            "shape": "circle",
            "margin": "0.01",
            "width": "0.3",
            "fillcolor": self.theme.background,
            "tooltip": tooltip(title(node, self.names)),
        }

    def _card(self, node: Value) -> dict[str, str]:
        """A node's title, value and gradient, the colour of its kind, exact numbers as tooltip."""
        kind = self._kind(node)
        heading = safe(self._heading(node))
        rows = [f"<b>{heading}</b>" if node.label else heading] if heading else []
        if node.op is not None or node.label:
            rows.append(safe(number(node.data, 4)))
        tip = f"{self.names[node]} = {node.data!r}"
        if node.has_grad and node not in self.fixed:
            gradient = gradient_name(self.names[node], self.names[self.root], kind == "z")
            rows.append(coloured(f"{gradient} = {number(slope(node))}", self.theme.backward))
            tip += f", {gradient} = {slope(node)!r}"
        card = {
            "label": lines(*rows),
            "fillcolor": self.theme.fills[kind],
            "tooltip": tooltip(tip),
        }
        if kind == "bias" or node in self.folds:
            card["style"] = "rounded,filled,dashed"
        if node in self.steps:
            card |= {"color": self.theme.path, "penwidth": "2.5"}
        return card

    def _heading(self, node: Value) -> str:
        if node in self.folds:
            nodes = self.folds[node].nodes
            named = ", ".join(short_operation(step) for step in nodes[:OPERATIONS_NAMED])
            return f"{len(nodes)} operations: {named}, …"
        if self._operator(node) is not None:
            return self.names[node]
        return title(node, self.names)

    def _kind(self, node: Value) -> str:
        if node in self.roles:
            return self.roles[node][0]
        if node is self.root:
            return "cost"
        return "parameter" if node.label and not node.inputs else "inner"

    def _add_edges(self, node: Value) -> None:
        """An edge from each input: the local derivative, and what the chain rule sends back."""
        inputs = self.inputs[node]
        head = self.ids[node]
        if self._operator(node) is not None:
            line = self.picture.signed(slope(node) if self._carries(node) else None)
            if self.steps:
                on_path = node in self.steps and any(child in self.steps for child, _ in inputs)
                line = self._path_line(on_path)
            add(self.picture.digraph, f"{head}op -> {head}", {**line, "weight": "3"})
            head += "op"
        if any(child not in self.shown for child, _ in inputs):
            add(self.picture.digraph, f"more -> {head}", {"style": "dashed"})
        for child, partial in inputs:
            if child in self.shown:
                ends = f"{self.ids[child]} -> {head}"
                add(self.picture.digraph, ends, self._edge(child, node, partial))

    def _carries(self, node: Value) -> bool:
        return node.has_grad and node not in self.fixed

    def _edge(self, child: Value, node: Value, partial: float | None) -> dict[str, str]:
        here = "undefined" if partial is None else number(partial)
        tip = f"local derivative {here}"
        rows = [] if child in self.fixed else [safe(self.margin + here)]
        share = None
        if node.has_grad and partial is not None and child not in self.fixed:
            share = slope(node) * partial
            sent = f"{self.margin}← {number(share)}{self.margin[1:]}"
            rows.append(coloured(sent, self.theme.backward))
            tip += f"; sends back {number(slope(node))} × {here} = {number(share)}"
        line = self.picture.signed(share)
        if self.steps:
            on_path = child in self.steps and node in self.steps
            rows = (
                [f"<b>{coloured(self.margin + here, self.theme.path, 12)}</b>"] if on_path else []
            )
            line = self._path_line(on_path)
        if self.labelled and rows:
            if not self.margin:  # above a line to the right, which may be wide
                rows.append(coloured("\u00a0", self.theme.text, 5))
            line |= {"label": lines(*rows), "labeltooltip": tooltip(tip)}
        return {**line, "edgetooltip": tooltip(tip)}

    def _path_line(self, on_path: bool) -> dict[str, str]:
        """What is on a marked path stands out, all else steps back."""
        if on_path:
            return {"color": self.theme.path, "penwidth": "3"}
        return {"color": self.theme.line, "penwidth": "0.5"}

    def _add_caption(self, ends: tuple[Value, Value] | None) -> None:
        picture = self.picture
        if ends is not None:
            rows = paths.written_out(self.steps, *ends, self.names.__getitem__)
            picture.path_caption(rows, ends)
            return
        picture.legend("line: the gradient sent back, ←")
        if picture.largest:
            back = coloured("← gradient of the node × local derivative", self.theme.backward)
            picture.caption.append(f"on an edge: local derivative ∂node/∂input   {back}")


def _fixed(order: Sequence[Value], graph: ExampleGraph | None) -> set[Value]:
    """The nodes that no gradient is meant for: constants, and what is computed from them alone.

    In a network these are the 1 of the bias units, y and the numbers in the cost. Elsewhere they
    are the leaves without a name, if others have one: x + 1 depends on x.
    """
    leaves = [node for node in order if not node.inputs]
    unnamed = {leaf for leaf in leaves if not leaf.label}
    if graph is not None:
        fixed = unnamed.union(graph.y, graph.bias)
    else:
        fixed = unnamed if len(unnamed) < len(leaves) else set()
    for node in order:
        if node.inputs and fixed.issuperset(node.inputs):
            fixed.add(node)
    return fixed


def _direction(shown: Collection[Value]) -> str:
    """Whether arrows run to the right ("LR") or downward ("TB"), by the shape of the picture."""
    depth: dict[Value, int] = {}
    for node in shown:
        depth[node] = 1 + max((depth.get(child, 0) for child in node.inputs), default=0)
    ranks = max(depth.values())
    breadth = 1.6 * len(shown) / ranks  # of the widest ranks, which make the picture's width
    right = ranks * ALONG["LR"] / (breadth * ACROSS["LR"])
    down = breadth * ACROSS["TB"] / (ranks * ALONG["TB"])
    nearer = abs(math.log(right / PAGE_SHAPE)) <= abs(math.log(down / PAGE_SHAPE))
    return "LR" if nearer else "TB"


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


def _partials(node: Value) -> Sequence[float | None]:
    """The local derivatives; None for each where one is not finite, as of √x at 0."""
    try:
        return node.local_derivatives()
    except ValueError:
        return [None] * len(node.inputs)
