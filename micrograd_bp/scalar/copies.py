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

from ..support.collector import collector_paused
from .passes import NO_GRADIENT

__all__ = ["Copies"]

Value = Any  # that of engine.py, which imports this file


class Copies:
    """What ``Value`` inherits: ``copy.copy``, ``copy.deepcopy`` and ``pickle``."""

    __slots__ = ()

    def __getstate__(self: Value) -> tuple[Any, ...]:
        return self._number, self._first, self._second, self._made, self.op, self.label

    def __setstate__(self: Value, state: tuple[Any, ...]) -> None:
        self._number, self._first, self._second, self._made, self.op, self.label = state
        self.grad = NO_GRADIENT
        self._restored(self._made)

    def __copy__(self: Value) -> Value:
        copy = object.__new__(type(self))
        copy.__setstate__(self.__getstate__())
        copy.grad = self.grad
        return copy

    @collector_paused()
    def __deepcopy__(self: Value, memo: dict[int, Any]) -> Value:
        nodes = _with_gradients(self, memo)
        for node in nodes:
            memo[id(node)] = node.__copy__()
            memo[id(node)]._computed(node.op, tuple([memo[id(v)] for v in node.inputs]))
        for node in nodes:
            memo[id(node)].grad = memo.get(id(node.grad), node.grad)
        return memo[id(self)]

    def __reduce__(self: Value) -> tuple[Any, ...]:
        """How to make the node again.

        The first node that pickle comes to lists all that it needs, each after its inputs; while
        pickle goes through this list, every node can rely on its inputs being there.
        """
        around = getattr(_active, "listing", lambda: None)()
        if around is not None and id(self) in around.ids:
            make = copyreg.__newobj__  # type: ignore[attr-defined]
            return make, (type(self),), self.__getstate__()
        nodes = _with_gradients(self, ())
        listing = _Listing(nodes)
        gradients = [v.grad if v.has_grad else None for v in nodes]
        return _restored, (listing, nodes, _End(listing), gradients, nodes.index(self))


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
