"""Long chains folded: many operations, each on the one before, become a single card."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..scalar.engine import Value

__all__ = ["Fold", "folds"]

LEAST_FOLDED = 6  # a chain of fewer operations is read faster than its fold
ENDS_KEPT = 2  # operations of a chain that stay in the picture, before its fold and after it


@dataclass(frozen=True)
class Fold:
    """Consecutive operations of a chain, drawn as one: ``nodes`` in order, from ``source``."""

    source: Value
    nodes: tuple[Value, ...]

    def slope(self) -> float | None:
        """∂(last)/∂(source), the product of the local derivatives; None where one has none."""
        try:
            return math.prod(
                partial
                for before, node in zip((self.source, *self.nodes), self.nodes, strict=False)
                for child, partial in zip(node.inputs, node.local_derivatives(), strict=True)
                if child is before
            )
        except ValueError:
            return None


def folds(order: Sequence[Value], fixed: Collection[Value]) -> list[Fold]:
    """The chains of a graph in topological order that are long enough to fold.

    An operation continues a chain if one of its inputs is an operation that nothing else uses,
    and its other inputs are constants (``fixed``) that nothing else uses.

    >>> x = Value(1.0)
    >>> y = x
    >>> for _ in range(12):
    ...     y = y.sin()
    >>> [len(fold.nodes) for fold in folds(y.topological_order(), ())]
    [8]
    """
    uses = Counter(child for node in order for child in node.inputs)
    before: dict[Value, Value] = {}
    for node in order:
        moving = [child for child in node.inputs if child not in fixed]
        alone = all(uses[child] == 1 and not child.inputs for child in node.inputs
                    if child in fixed)  # fmt: skip
        if len(moving) == 1 and moving[0].inputs and uses[moving[0]] == 1 and alone:
            before[node] = moving[0]
    followed = set(before.values())
    found = []
    for end in (node for node in before if node not in followed):
        chain = [end]
        while chain[-1] in before:
            chain.append(before[chain[-1]])
        chain.reverse()
        inner = chain[ENDS_KEPT:-ENDS_KEPT]
        if len(inner) >= LEAST_FOLDED:
            found.append(Fold(chain[ENDS_KEPT - 1], tuple(inner)))
    return found
