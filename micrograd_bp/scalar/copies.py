"""Copies and pickles of a graph, however deep: neither goes from node to node by recursion.

``copy.deepcopy`` and ``pickle`` come to the nodes of a graph through what they are asked to copy,
which may be one node, or a list, or any object that holds some of them. In the copy these are
again nodes of one graph, with the gradients that they have or have not.
"""

from __future__ import annotations

import copyreg
import threading
import weakref
from collections.abc import Container
from typing import Any

__all__ = ["deep", "reduced", "shallow"]

Value = Any  # that of engine.py, which imports this file


def shallow(node: Value) -> Value:
    """A second node with the same inputs."""
    copy = object.__new__(type(node))
    copy.__setstate__(node.__getstate__())
    copy.grad = node.grad
    return copy


def deep(node: Value, memo: dict[int, Any]) -> Value:
    """``copy.deepcopy``: ``memo`` holds what is copied already, by its id."""
    nodes = _with_gradients(node, memo)
    for old in nodes:
        new = memo[id(old)] = shallow(old)
        copied = tuple([memo[id(v)] for v in old.inputs])
        new._first, new._second = copied if len(copied) == 2 else (copied, None)
    for old in nodes:
        memo[id(old)].grad = memo.get(id(old.grad), old.grad)
    copy: Value = memo[id(node)]
    return copy


def reduced(node: Value) -> tuple[Any, ...]:
    """What pickle asks of a node: how to make it again.

    The first node that pickle comes to lists all that it needs, each after its inputs; while
    pickle goes through this list, every node can rely on its inputs being there.
    """
    around = getattr(_active, "listing", lambda: None)()
    if around is not None and id(node) in around.ids:
        return copyreg.__newobj__, (type(node),), node.__getstate__()  # type: ignore[attr-defined]
    nodes = _with_gradients(node, ())
    listing = _Listing(nodes)
    gradients = [v.grad if v.has_grad else None for v in nodes]
    return _restored, (listing, nodes, _End(listing), gradients, nodes.index(node))


_active = threading.local()  # .listing: a weak reference, since a pickler that fails never ends it


class _Listing:
    """Stands in a pickle before a list of nodes: from here on these need not list theirs."""

    def __init__(self, nodes: list[Value]) -> None:
        self.ids = {id(node) for node in nodes}
        self.around: Any = None

    def __reduce__(self) -> tuple[Any, ...]:
        self.around = getattr(_active, "listing", lambda: None)
        _active.listing = weakref.ref(self)
        return tuple, ()


class _End:
    """Stands behind the list."""

    def __init__(self, listing: _Listing) -> None:
        self.listing = listing

    def __reduce__(self) -> tuple[Any, ...]:
        _active.listing = self.listing.around
        return tuple, ()


def _restored(_: Any, nodes: list[Value], __: Any, gradients: list[Any], index: int) -> Value:
    for node, gradient in zip(nodes, gradients, strict=True):
        if gradient is not None:
            node.grad = gradient
    return nodes[index]


def _with_gradients(node: Value, known: Container[int]) -> list[Value]:
    """All that a node and the gradients in its graph are computed from, each after its inputs."""
    order: list[Value] = []
    seen: set[int] = set()
    outputs = [node]
    while outputs:
        stack: list[Any] = [outputs.pop()]
        while stack:
            if (node := stack.pop()) is None:
                order.append(node := stack.pop())
                if isinstance(node.grad, type(node)):
                    outputs.append(node.grad)
            elif id(node) not in seen and id(node) not in known:
                seen.add(id(node))
                stack += (node, None, *node.inputs)
    return order
