"""The picture of a graph: what each node holds, and what backpropagation sends back through it.

Three views, from fine to coarse: every product and sum (``scalar_view.py``), every unit
(``unit_view.py``), every layer (``layer_view.py``). How they look is in ``style.py``.
"""

from __future__ import annotations

import warnings
from collections import deque
from typing import TYPE_CHECKING

from ..network.graph import ExampleGraph
from ..scalar.engine import Value

if TYPE_CHECKING:
    import graphviz

    from .style import Picture

__all__ = ["draw"]

VIEWS = ("scalar", "unit", "layer")
STYLES = ("cards", "nodes")

# What an A4 page shows legibly.
MOST_NODES = 120


def draw(
    value_or_graph: Value | ExampleGraph,
    view: str | None = None,
    path: tuple[Value, Value] | None = None,
    theme: str = "light",
    *,
    style: str = "cards",
) -> graphviz.Digraph:
    """The picture of a Value's graph, or of an example's network, as a ``graphviz.Digraph``.

    Gradients appear after a backward pass: at a weighted input z its δ, on an edge the local
    derivative ∂node/∂input. The nodes of the scalar view are n0, n1, … in topological order.

    Parameters
    ----------
    value_or_graph
        The output of a graph of Values, or an ``ExampleGraph``.
    view
        "scalar" draws every product and sum, "unit" a node for each unit with θ and ∂J/∂θ on the
        lines, "layer" matrices with their shapes and norms; the last two need an
        ``ExampleGraph``. Left out, it is the finest that stays legible, and a warning and the
        caption say so if that is not the scalar one; long chains are then folded, and of wide
        layers some units are drawn.
    path
        A node and one that depends on it, a parameter and the cost: every path between them is
        marked, and the products along them are written out.
    theme
        "light" or "dark".
    style
        "cards", or "nodes": each operation is a small node of its own, as micrograd draws it.

    Raises
    ------
    ValueError
        For an unknown view, theme or style, or where no path leads.
    TypeError
        For something else than a graph.

    Examples
    --------
    >>> x = Value(3.0, label="x")
    >>> picture = draw(x * x)
    >>> picture.source.count("n0 -> n1")
    2
    """
    from . import dot as layout

    cost = _cost_of(value_or_graph)
    graph = None if isinstance(value_or_graph, Value) else value_or_graph
    _check_options(graph, view, path, theme, style)
    order = cost.topological_order()
    ends = None if path is None else _checked_path(path, order)
    layout.find_dot()  # so that the Digraph's own render and notebook display find it too
    asked = view is not None
    if view is None:
        view, note = _finest_legible(graph, len(order))
    else:
        note = _size_of_forced(graph, view, len(order))
    if note and not asked:
        warnings.warn(note, stacklevel=2)
    shown = order if asked or not note or view != "scalar" else _nearest(cost, order, ends)
    picture = _picture(view, order, shown, graph, ends, theme, style, not asked)
    if note:
        picture.remark(note)
    return picture.finished()


def _check_options(
    graph: ExampleGraph | None, view: str | None, path: object, theme: str, style: str
) -> None:
    """Raise ValueError for an unknown option, or one that does not go with the others."""
    from .style import THEMES

    if theme not in THEMES:
        raise ValueError(f"theme: got {theme!r}, expected {' or '.join(THEMES)}")
    if style not in STYLES:
        raise ValueError(f"style: got {style!r}, expected {' or '.join(STYLES)}")
    if view is not None and view not in VIEWS:
        raise ValueError(f"view: got {view!r}, expected one of {', '.join(VIEWS)}")
    if graph is None and view not in (None, "scalar"):
        raise ValueError(f"view: got {view!r}, but a plain Value has no units and layers")
    if view == "layer" and path is not None:
        raise ValueError("path: the layer view has no single parameters; use unit or scalar")


def _picture(
    view: str,
    order: list[Value],
    shown: list[Value],
    graph: ExampleGraph | None,
    ends: tuple[Value, Value] | None,
    theme: str,
    style: str,
    automatic: bool,
) -> Picture:
    # The views load here, not with the package: `import micrograd_bp` has to load this module.
    from .layer_view import layer_view
    from .scalar_view import scalar_view
    from .style import THEMES
    from .unit_view import unit_view

    colours = THEMES[theme]
    if view == "scalar" or graph is None:
        nodes = style == "nodes"
        return scalar_view(order, shown, graph, ends, colours, operators=nodes, fold=automatic)
    if view == "unit":
        return unit_view(graph, ends, colours, whole=not automatic or ends is not None)
    return layer_view(graph, colours)


def _mimebundle(
    value_or_graph: Value | ExampleGraph, include: object = None, exclude: object = None
) -> dict[str, str]:
    """How a notebook shows it: the picture, if there is a layout program, and always text."""
    from . import dot as layout

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


def _finest_legible(graph: ExampleGraph | None, nodes: int) -> tuple[str, str]:
    """The view that stays legible, and what to say if it is not the scalar one."""
    from .units import MOST_WEIGHTS, weights_number

    if nodes <= MOST_NODES:
        return "scalar", ""
    if graph is None:
        return "scalar", (
            f"{nodes:,} nodes are too many to read: the {MOST_NODES} nearest to the output are "
            'drawn; view="scalar" draws all'
        )
    weights = weights_number(graph)
    if weights <= MOST_WEIGHTS:
        return "unit", (
            f"{nodes:,} nodes are too many to read: drawn unit by unit; "
            'view="scalar" draws every product and sum'
        )
    return "unit", (
        f"{nodes:,} nodes and {weights:,} weights are too many to read: some units of each wide "
        'layer are drawn; view="unit" draws all, view="layer" matrices'
    )


def _size_of_forced(graph: ExampleGraph | None, view: str, nodes: int) -> str:
    """What to say first of a view that was asked for and cannot be read as a whole."""
    from .unit_view import MOST_LABELLED
    from .units import weights_number

    if view == "scalar" and nodes > MOST_NODES:
        return f"{nodes:,} nodes: to be read in parts, enlarged"
    if view == "unit" and graph is not None and weights_number(graph) > MOST_LABELLED:
        return f"{weights_number(graph):,} weights: the numbers are in the tooltips of the SVG"
    return ""


def _nearest(cost: Value, order: list[Value], ends: tuple[Value, Value] | None) -> list[Value]:
    """The nodes with the fewest steps to the paths or the output, in topological order."""
    from .paths import between

    on_paths = [] if ends is None else list(between(*ends))
    kept = dict.fromkeys(on_paths if 0 < len(on_paths) <= MOST_NODES else [cost])
    queue = deque(kept)
    while queue and len(kept) < MOST_NODES:
        for child in queue.popleft().inputs:
            if child not in kept and len(kept) < MOST_NODES:
                kept[child] = None
                queue.append(child)
    return [node for node in order if node in kept]
