"""The picture of a graph: what each node holds, and what backpropagation sends back through it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import layout
from .engine import Value

if TYPE_CHECKING:
    import graphviz

    from .graph import ExampleGraph

__all__ = ["draw"]


@dataclass(frozen=True)
class Theme:
    """Colours: Okabe and Ito's, which colour-blind people tell apart, and neutral ones."""

    background: str
    text: str
    faint: str
    card: str
    positive: str
    negative: str
    delta: str
    fills: dict[str, str]


THEMES = {
    "light": Theme(
        background="#ffffff",
        text="#1a1a1a",
        faint="#767676",
        card="#f4f4f4",
        positive="#0072B2",
        negative="#D55E00",
        delta="#A0307A",
        fills={
            "data": "#ffffff",
            "bias": "#e4e4e4",
            "parameter": "#fff3c4",
            "z": "#dff1ea",
            "a": "#dbeefa",
            "cost": "#fbe3d4",
        },
    ),
    "dark": Theme(
        background="#15181c",
        text="#f0f0f0",
        faint="#9aa0a6",
        card="#2a2f36",
        positive="#56B4E9",
        negative="#E69F00",
        delta="#E79CC7",
        fills={
            "data": "#15181c",
            "bias": "#3a3f46",
            "parameter": "#4a421c",
            "z": "#1d4037",
            "a": "#1b3a4d",
            "cost": "#4d2c1a",
        },
    ),
}

_OPERATORS = {"+": "+", "-": "−", "*": "·", "/": "÷"}
_ONE_SYMBOL = re.compile(r"\w['′]*[₀-₉,]*(⁽[⁰¹²³⁴-⁹]+⁾)?")


def draw(
    value_or_graph: Value | ExampleGraph,
    view: str | None = None,
    path: tuple[Value, Value] | None = None,
    theme: str = "light",
) -> graphviz.Digraph:
    """The graph as a ``graphviz.Digraph``, to be rendered by ``layout.render`` or itself."""
    import graphviz

    layout.find_dot()
    cost = value_or_graph if isinstance(value_or_graph, Value) else value_or_graph.cost
    colours = THEMES[theme]
    digraph = graphviz.Digraph(
        graph_attr={"rankdir": "LR", "bgcolor": colours.background, "fontname": "Helvetica"},
        node_attr={
            "shape": "box",
            "style": "rounded,filled",
            "fontname": "Helvetica",
            "fontcolor": colours.text,
            "fillcolor": colours.card,
        },
        edge_attr={"fontname": "Helvetica", "fontsize": "10", "fontcolor": colours.faint},
    )
    order = cost.topological_order()
    names = {node: f"n{i}" for i, node in enumerate(order)}
    for node in order:
        lines = [f"<b>{html.escape(node.label or names[node])}</b>", f"{node.data:.4g}"]
        if node.has_grad:
            lines.append(f'<font color="{colours.delta}">∂ = {_slope(node):.4g}</font>')
        digraph.node(names[node], "<" + "<br/>".join(lines) + ">")
        for child, partial in zip(node.inputs, node.local_derivatives(), strict=True):
            digraph.edge(names[child], names[node], label=f"{partial:.4g}")
    return digraph


def _slope(node: Value) -> float:
    grad: Any = node.grad
    return float(grad.data if isinstance(grad, Value) else grad)
