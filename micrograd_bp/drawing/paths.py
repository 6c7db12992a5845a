"""The chain rule along paths: every route from one node to another, and what they add up to."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

from ..scalar.engine import Value
from .style import number

__all__ = ["Path", "Steps", "between", "first_paths", "number_and_sum", "written_out"]

MOST_LISTED = 12  # paths written out one by one; the sum is over all of them

Node = TypeVar("Node", bound=Hashable)

# node -> the nodes that follow it, each with the local derivative of the step (twice where a
# node enters twice, as in x·x); every node comes after those that lead to it
Steps = Mapping[Node, Sequence[tuple[Node, float]]]


class Path(NamedTuple, Generic[Node]):
    """One route: its nodes, and the local derivative of each step between them."""

    nodes: list[Node]
    partials: list[float]


def between(source: Value, target: Value) -> Steps[Value]:
    """The steps of every path from ``source`` to ``target``, in topological order.

    Empty if there is none. Raises ValueError where a local derivative is not finite.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> len(between(x, y)[x]), number_and_sum(between(x, y), x, y)
    (2, (2, 6.0))
    """
    order = target.topological_order()
    after = {source}  # what depends on the source
    for node in order:
        if not after.isdisjoint(node.inputs):
            after.add(node)
    if source not in order or target not in after:
        return {}
    steps: dict[Value, list[tuple[Value, float]]] = {node: [] for node in order if node in after}
    for node in steps:
        for child, partial in zip(node.inputs, node.local_derivatives(), strict=True):
            if child in after:
                steps[child].append((node, partial))
    return steps


def number_and_sum(steps: Steps[Node], source: Node, target: Node) -> tuple[int, float]:
    """How many paths there are and the sum of their products, without walking each one.

    Forward accumulation: one pass, however many paths there are.
    """
    number = dict.fromkeys(steps, 0)
    total = dict.fromkeys(steps, 0.0)
    number[source], total[source] = 1, 1.0
    for node, onward in steps.items():
        for following, partial in onward:
            number[following] += number[node]
            total[following] += total[node] * partial
    return number[target], total[target]


def first_paths(steps: Steps[Node], source: Node, target: Node) -> Iterator[Path[Node]]:
    """The paths one after the other; they may be very many, so take only as many as needed.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> [path.partials for path in first_paths(between(x, y), x, y)]
    [[3.0], [3.0]]
    """
    nodes: list[Node] = [source]
    partials: list[float] = []
    open_steps = [iter(steps[source])]
    while open_steps:
        if nodes[-1] == target:
            yield Path(list(nodes), list(partials))
            step = None
        else:
            step = next(open_steps[-1], None)
        if step is not None:
            following, partial = step
            nodes.append(following)
            partials.append(partial)
            open_steps.append(iter(steps[following]))
        else:
            open_steps.pop()
            nodes.pop()
            if partials:
                partials.pop()


def written_out(
    steps: Steps[Node], source: Node, target: Node, name: Callable[[Node], str]
) -> list[str]:
    """A line for each path with the product along it, at most ``MOST_LISTED``; last their sum.

    >>> x = Value(3.0, label="x")
    >>> y = x * x
    >>> written_out(between(x, y), x, y, lambda node: node.label or "y")
    ['x → y:  3', 'x → y:  3', 'Σ of 2 paths = 6']
    """
    count, total = number_and_sum(steps, source, target)
    rows = []
    for path in islice(first_paths(steps, source, target), MOST_LISTED):
        route = " → ".join(name(node) for node in path.nodes)
        factors = " · ".join(number(partial) for partial in path.partials if partial != 1.0)
        product = number(math.prod(path.partials), 4)
        rows.append(
            f"{route}:  {factors} = {product}" if "·" in factors else f"{route}:  {product}"
        )
    if count > MOST_LISTED:
        rows.append(f"… and {count - MOST_LISTED:,} more")
    return [*rows, f"Σ of {count:,} path{'s' * (count > 1)} = {number(total, 4)}"]
