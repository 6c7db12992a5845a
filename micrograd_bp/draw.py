"""The picture of a graph: what each node holds, and what backpropagation sends back through it.

Three views, from fine to coarse: every product and sum (here), every unit, every layer
(``unit_view.py``, ``layer_view.py``). How they look is in ``style.py``.
"""

from __future__ import annotations

import re
import warnings
from collections import deque
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from . import layout, paths
from .engine import Value
from .graph import ExampleGraph
from .layer_view import layer_view
from .style import THEMES, Picture, coloured, in_order, lines, number, plain, safe, slope, tooltip
from .symbols import symbol
from .unit_view import unit_view, weights_number

if TYPE_CHECKING:
    import graphviz

__all__ = ["draw"]

VIEWS = ("scalar", "unit", "layer")

# What an A4 page shows legibly: about 120 cards, or 150 edges with two numbers each.
MOST_NODES = 120
MOST_WEIGHTS = 150
MOST_LABELLED = 2000  # nodes up to which edges carry their numbers as text; above, in tooltips

# Operations as they are written between or before the names of what they are applied to.
_BETWEEN = {"+": " + ", "-": " − ", "*": " · ", "/": " ÷ "}
_FUNCTIONS = {"sigmoid": "g", "log_sigmoid": "log g", "sqrt": "√"}
_ONE_SYMBOL = re.compile(r"[^\W\d_]['′]*[₀-₉,]*(⁽[⁰¹²³⁴-⁹]+⁾)?")
_LONGEST_TITLE = 26


def draw(
    value_or_graph: Value | ExampleGraph,
    view: str | None = None,
    path: tuple[Value, Value] | None = None,
    theme: str = "light",
) -> graphviz.Digraph:
    """The picture of a Value's graph, or of an example's network, as a ``graphviz.Digraph``.

    ``view`` is "scalar" (every product and sum), "unit" (a node for each unit, θ and ∂J/∂θ on
    the edges) or "layer" (matrices, their shapes and norms); the last two need an
    ``ExampleGraph``. Left out, it is the finest that stays legible, and a warning and the caption
    say so if that is not the scalar one. ``path`` is a node and one that depends on it, a
    parameter and the cost: every path between them is marked. ``theme`` is "light" or "dark".

    Gradients appear after a backward pass: at a weighted input z its δ, on an edge the local
    derivative ∂node/∂input. The nodes of the scalar view are n0, n1, … in topological order.
    Raises ValueError for an unknown view or theme or where no path leads, TypeError for something
    else than a graph.

    >>> x = Value(3.0, label="x")
    >>> picture = draw(x * x)
    >>> picture.source.count("n0 -> n1")
    2
    """
    cost = _cost_of(value_or_graph)
    graph = None if isinstance(value_or_graph, Value) else value_or_graph
    if theme not in THEMES:
        raise ValueError(f"theme: got {theme!r}, expected {' or '.join(THEMES)}")
    if view is not None and view not in VIEWS:
        raise ValueError(f"view: got {view!r}, expected one of {', '.join(VIEWS)}")
    if graph is None and view in ("unit", "layer"):
        raise ValueError(f"view: got {view!r}, but a plain Value has no units and layers")
    order = cost.topological_order()
    ends = None if path is None else _checked_path(path, order)
    layout.find_dot()  # so that the Digraph's own render and notebook display find it too

    note = ""
    if view is None:
        view, note = _finest_legible(graph, len(order), ends is not None)
    if note:
        warnings.warn(note, stacklevel=2)
    if view == "scalar":
        kept = order if not note else _nearest(cost, order)
        picture = _scalar_view(order, kept, graph, ends, theme)
    elif view == "unit":
        assert graph is not None
        picture = unit_view(graph, ends, THEMES[theme])
    else:
        assert graph is not None
        if ends is not None:
            raise ValueError("path: the layer view has no single parameters; use unit or scalar")
        picture = layer_view(graph, THEMES[theme])
    if note:
        picture.caption.append(coloured(note, picture.theme.faint))
    return picture.finished()


def _mimebundle(
    value_or_graph: Value | ExampleGraph, include: object = None, exclude: object = None
) -> dict[str, str]:
    """How a notebook shows it: the picture, if there is a layout program, and always text."""
    cost = _cost_of(value_or_graph)
    named = "" if cost is value_or_graph else "ExampleGraph of "
    bundle = {"text/plain": f"{named}{cost!r}"}
    if layout.find_dot() is not None:
        bundle["image/svg+xml"] = layout.svg(draw(value_or_graph))
    return bundle


# A notebook asks an object's class how to show it. The hook is set here, so that engine.py and
# graph.py need to know nothing of pictures.
Value._repr_mimebundle_ = _mimebundle  # type: ignore[attr-defined]
ExampleGraph._repr_mimebundle_ = _mimebundle  # type: ignore[attr-defined]


def _cost_of(value_or_graph: object) -> Value:
    if isinstance(value_or_graph, Value):
        return value_or_graph
    if isinstance(value_or_graph, ExampleGraph):
        return value_or_graph.cost
    got = type(value_or_graph).__name__
    raise TypeError(f"value_or_graph: got {got}, expected a Value or an ExampleGraph")


def _checked_path(path: tuple[Value, Value], order: list[Value]) -> tuple[Value, Value]:
    if not isinstance(path, tuple) or [type(end) for end in path] != [Value, Value]:
        raise TypeError(f"path: got {path!r}, expected two Values, e.g. (theta, J)")
    for end in path:
        if end not in order:
            raise ValueError(f"path: {end!r} is not in this graph")
    return path


def _finest_legible(graph: ExampleGraph | None, nodes: int, path: bool) -> tuple[str, str]:
    """The view that stays legible, and what to say if it is not the scalar one."""
    if nodes <= MOST_NODES:
        return "scalar", ""
    if graph is None:
        return "scalar", (
            f"{nodes:,} nodes are too many to read: the {MOST_NODES} nearest to the output are "
            'drawn; view="scalar" draws all'
        )
    weights = weights_number(graph)
    if weights <= MOST_WEIGHTS or path:
        return "unit", (
            f"{nodes:,} nodes are too many to read: drawn unit by unit; "
            'view="scalar" draws every product and sum'
        )
    return "layer", (
        f"{nodes:,} nodes and {weights:,} weights are too many to read: drawn layer by layer; "
        'view="unit" or "scalar" draws them'
    )


def _nearest(cost: Value, order: list[Value]) -> list[Value]:
    """The nodes with the fewest steps to the output, in topological order."""
    kept = {cost}
    queue = deque([cost])
    while queue and len(kept) < MOST_NODES:
        for child in queue.popleft().inputs:
            if child not in kept and len(kept) < MOST_NODES:
                kept.add(child)
                queue.append(child)
    return [node for node in order if node in kept]


def _scalar_view(
    order: list[Value],
    kept: list[Value],
    graph: ExampleGraph | None,
    ends: tuple[Value, Value] | None,
    theme: str,
) -> Picture:
    """A card for every node: its title, value and gradient; an edge for every input."""
    shares = [abs(slope(node) * d) for node in kept if node.has_grad for d in _partials(node) if d]
    picture = Picture(THEMES[theme], max(shares, default=0.0), nodesep="0.1", ranksep="0.12")
    picture.digraph.attr("node", shape="box", style="rounded,filled", margin="0.06,0.04")
    roles = {} if graph is None else _roles(graph)
    ids = {node: f"n{i}" for i, node in enumerate(order)}
    names = _names(order)
    steps = {} if ends is None else paths.between(*ends)
    if ends is not None and not steps:
        raise ValueError(f"path: no path leads from {ends[0]!r} to {ends[1]!r}")

    shown = set(kept)
    cards = {node: _card(picture, node, names, order[-1], roles, steps) for node in kept}
    for title in dict.fromkeys(roles[node][1] if node in roles else "" for node in kept):
        members = [node for node in kept if (roles[node][1] if node in roles else "") == title]
        with picture.frame(title) as frame:
            for node in members:
                frame.node(ids[node], **cards[node])
            if graph is not None and graph.x[0] in members:
                in_order(frame, [ids[node] for node in [graph.bias[0], *graph.x]])
    hidden = len(order) - len(kept)
    if hidden:
        picture.digraph.node("more", f"… {hidden:,} more nodes", shape="plaintext", style="")
    for node in kept:
        _add_edges(picture, node, ids, shown, steps, labelled=len(kept) <= MOST_LABELLED)
    if ends is not None:
        picture.path_caption(paths.written_out(steps, *ends, names.__getitem__), ends)
        return picture
    picture.legend("the gradient sent back, ←")
    if picture.largest:
        back = coloured("← gradient of the node × local derivative", picture.theme.delta)
        picture.caption.append(f"on an edge: local derivative ∂node/∂input   {back}")
    return picture


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
        return f"{inputs[0]}^{number(float(op[2:]))}"
    if op.endswith("**"):
        return f"{number(float(op[:-2]))}^{inputs[0]}"
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


def _card(
    picture: Picture,
    node: Value,
    names: Mapping[Value, str],
    root: Value,
    roles: Mapping[Value, tuple[str, str]],
    steps: Mapping[Value, Any],
) -> dict[str, str]:
    """The attributes of a node: three lines, the colour of its kind, exact numbers as tooltip."""
    theme = picture.theme
    kind = roles[node][0] if node in roles else _kind(node, root)
    title = safe(_title(node, names))
    rows = [f"<b>{title}</b>" if node.label else title]
    if node.op is not None or node.label:
        rows.append(safe(number(node.data, 4)))
    tip = f"{names[node]} = {node.data!r}"
    if node.has_grad:
        gradient = _gradient_name(names[node], names[root], kind == "z")
        rows.append(coloured(f"{gradient} = {number(slope(node))}", theme.delta))
        tip += f", {gradient} = {slope(node)!r}"
    attributes = {"label": lines(*rows), "fillcolor": theme.fills[kind], "tooltip": tooltip(tip)}
    if kind == "bias":
        attributes["style"] = "rounded,filled,dashed"
    if node in steps:
        attributes |= {"color": theme.path, "penwidth": "2.5"}
    return attributes


def _kind(node: Value, root: Value) -> str:
    return "cost" if node is root else "inner" if node.inputs else "parameter"


def _add_edges(
    picture: Picture,
    node: Value,
    ids: Mapping[Value, str],
    shown: set[Value],
    steps: Mapping[Value, Any],
    labelled: bool,
) -> None:
    """An edge from each input: the local derivative, and what the chain rule sends back."""
    theme = picture.theme
    if any(child not in shown for child in node.inputs):
        picture.digraph.edge("more", ids[node], style="dashed")
    for child, partial in zip(node.inputs, _partials(node), strict=True):
        if child not in shown:
            continue
        share = slope(node) * partial if node.has_grad and partial is not None else None
        here = "undefined" if partial is None else number(partial)
        tip = f"local derivative {here}"
        rows = [safe(here)]
        if share is not None:
            rows.append(coloured(f"← {number(share)}", theme.delta))
            tip += f"; sends back {number(slope(node))} × {here} = {number(share)}"
        attributes = {"edgetooltip": tooltip(tip), **picture.signed(share)}
        if child in steps and node in steps:
            rows = [f"<b>{coloured(here, theme.path, 12)}</b>"]
            attributes |= {"color": theme.path, "penwidth": "3"}
        elif steps:  # all else steps back
            rows = []
            attributes |= {"color": theme.line, "penwidth": "0.5"}
        if labelled and rows:
            attributes |= {"label": lines(*rows), "labeltooltip": tooltip(tip)}
        picture.digraph.edge(ids[child], ids[node], **attributes)


def _partials(node: Value) -> Iterable[float | None]:
    """The local derivatives; None for each where one is not finite, as of √x at 0."""
    try:
        return node.local_derivatives()
    except ValueError:
        return [None] * len(node.inputs)
