"""Pictures beside micrograd's own drawing: the DOT text of about 20,000 nodes, and layout times.

    python tests/benchmarks/draw.py

micrograd 0.1.0 draws in its notebook trace_graph.ipynb; ``peer`` is that code, made iterative
(the original's recursion ends at Python's limit).
"""

from __future__ import annotations

import graphviz
from engine import alternate, network
from rich.console import Console

from micrograd_bp import SigmoidNetwork, Value, draw, example_graph
from micrograd_bp.drawing.dot import find_dot, svg
from micrograd_bp.support.tables import table


def peer(root: Value) -> str:
    dot = graphviz.Digraph(format="svg", graph_attr={"rankdir": "LR"})
    nodes, edges, stack = {root}, set(), [root]
    while stack:
        node = stack.pop()
        for child in node._prev:
            edges.add((child, node))
            if child not in nodes:
                nodes.add(child)
                stack.append(child)
    for node in nodes:
        dot.node(
            name=str(id(node)),
            label=f"{{ data {node.data:.4f} | grad {node.grad:.4f} }}",
            shape="record",
        )
        if node._op:
            dot.node(name=str(id(node)) + node._op, label=node._op)
            dot.edge(str(id(node)) + node._op, str(id(node)))
    for child, node in edges:
        dot.edge(str(id(child)), str(id(node)) + node._op)
    return dot.source


def main() -> None:
    large = network(Value, [260, 25, 10])
    large.backward()
    nodes = len(large.topological_order())
    ours, theirs = alternate(
        lambda: draw(large, view="scalar").source, lambda: peer(large), repeats=5
    )
    iris = example_graph(SigmoidNetwork([4, 5, 3], seed=0), [5.1, 3.5, 1.4, 0.2], 0)
    iris.cost.backward()
    pictures = {view: draw(iris, view=view) for view in ("scalar", "unit", "layer")}
    times = alternate(*(lambda p=p: svg(p) for p in pictures.values()), repeats=5)

    rows = [
        [f"DOT text of {nodes:,} nodes", f"{ours:.2f} s", f"{ours / theirs:.2f} of micrograd's"]
    ]
    for view, seconds in zip(pictures, times, strict=True):
        rows.append([f"layout of 4-5-3, {view} view", f"{seconds:.2f} s", ""])
    Console().print(table(f"Pictures ({find_dot()})", ["what", "time", "ratio"], rows))


if __name__ == "__main__":
    main()
