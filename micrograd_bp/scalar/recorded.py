"""A graph in the order of its nodes, run forward and backward on any numbers.

The rules of ``ops.py`` are plain arithmetic, so the two passes below serve floats and balls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .engine import Value
from .ops import Op

__all__ = ["Recorded"]


class Recorded:
    """A graph in the order of its nodes, to be run forward and backward on any numbers.

    ``nodes`` lists every node that ``output`` depends on, each after its inputs. The nodes of
    ``leaves`` count as leaves: nothing below them is visited.
    """

    def __init__(self, output: Value, leaves: Sequence[Value] = ()) -> None:
        self.nodes = _ordered(output, set(leaves))
        self.place = {node: i for i, node in enumerate(self.nodes)}
        ends = set(leaves)
        self.steps = [
            (i, node.op, [self.place[v] for v in node.inputs])
            for i, node in enumerate(self.nodes)
            if node.op is not None and node not in ends
        ]
        self._ways: dict[tuple[int, ...], list[tuple[int, Op, list[int], list[bool]]]] = {}

    def forward(self, numbers: list[Any], m: Any) -> None:
        """Fill in the inner nodes of ``numbers`` from its leaves, with the functions of ``m``."""
        for i, op, inputs in self.steps:
            numbers[i] = op.forward(m, *[numbers[j] for j in inputs])

    def backward(self, numbers: Sequence[Any], wrt: Sequence[int]) -> list[Any]:
        """∂output/∂node for the places ``wrt``: one reverse sweep, in the numbers' arithmetic.

        What the output does not depend on has the derivative 0.0.
        """
        grads: list[Any] = [None] * len(self.nodes)
        grads[-1] = 1.0
        for i, op, inputs, wanted in self._way_down(tuple(wrt)):
            grad = grads[i]
            if grad is None:
                continue
            partials = op.partials(numbers[i], *[numbers[j] for j in inputs])
            for j, partial, needed in zip(inputs, partials, wanted, strict=True):
                if needed:
                    one = type(partial) is float and partial == 1.0
                    share = grad if one else grad * partial
                    grads[j] = share if grads[j] is None else grads[j] + share
        return [0.0 if grads[i] is None else grads[i] for i in wrt]

    def _way_down(self, wrt: tuple[int, ...]) -> list[tuple[int, Op, list[int], list[bool]]]:
        """The steps from the output that lead to ``wrt``, and which of their inputs do."""
        if wrt not in self._ways:
            wanted = [False] * len(self.nodes)
            for i in wrt:
                wanted[i] = True
            way = []
            for i, op, inputs in self.steps:
                needed = [wanted[j] for j in inputs]
                if any(needed):
                    wanted[i] = True
                    way.append((i, op, inputs, needed))
            self._ways[wrt] = way[::-1]
        return self._ways[wrt]


def _ordered(output: Value, leaves: set[Value]) -> list[Value]:
    order: list[Value] = []
    seen: set[Value] = set()
    stack: list[tuple[Value, bool]] = [(output, False)]
    while stack:
        node, complete = stack.pop()
        if complete:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            if node not in leaves:
                stack += [(v, False) for v in node.inputs if v not in seen]
    return order
