"""The recorded graph as a tape takes it: numbers for nodes, and sums made long.

Chains of +, − and Σ, of which nothing else uses the links, become one Σ with signs. It is summed
in one pass, and in the backward sweep all its terms read one row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from .engine import Value
from .memory import FIXED, INPUT, VARYING
from .ops import ADD, MUL, NEG, SUB, SUM

__all__ = ["Graph", "Product"]

LINEAR = {id(op) for op in (ADD, SUB, NEG, SUM)}


class Product(NamedTuple):
    """Σ weightₖ·factorₖ + bias, a row of a matrix product."""

    weights: tuple[int, ...]
    factors: tuple[int, ...]
    bias: int | None
    shared: int  # one number for all rows, at all places, that belong to the same weights


class Graph:
    """The recorded graph with numbers for nodes: operation ``ops[i]`` on the nodes ``args[i]``.

    The last ``minus[i]`` of a Σ's terms are subtracted.
    """

    def __init__(
        self,
        output: Value,
        inputs: Sequence[Value],
        parameters: Sequence[Value],
        watch: Sequence[Value],
    ) -> None:
        nodes = _nodes("output", [output])[0].topological_order()
        number = {node: i for i, node in enumerate(nodes)}
        self.recorded = len(nodes)
        for leaf in [*_leaves("inputs", inputs), *_leaves("parameters", parameters)]:
            if leaf not in number:  # the output does not need it, but it keeps its place
                number[leaf] = len(nodes)
                nodes.append(leaf)
        self.inputs = [number[leaf] for leaf in inputs]
        self.parameters = [number[leaf] for leaf in parameters]
        if both := set(self.inputs) & set(self.parameters):
            raise ValueError(f"parameters: got {nodes[both.pop()]!r}, which is also an input")
        for position, node in enumerate(_nodes("watch", watch)):
            if node not in number:
                raise ValueError(f"watch[{position}]: got {node!r}, which is not in the graph")
        self.output = number[output]
        self.watch = [number[node] for node in watch]
        self.kept = {self.output, *self.watch}

        self.ops = [node.op if node.inputs else None for node in nodes]
        self.args = [[number[child] for child in node.inputs] for node in nodes]
        self.data = [node.data for node in nodes]
        self.labels = [node.label for node in nodes]
        self.covers = [1] * len(nodes)  # scalar nodes that this one stands for
        self.sequence = [i for i, args in enumerate(self.args) if args]
        self._find_kinds()
        for position, i in enumerate(self.watch):
            if self.kind[i] == FIXED:
                raise ValueError(
                    f"watch[{position}]: got {nodes[i]!r}, expected a node that depends on an input"
                )
        # The order of factors: that of the inputs, then the one in which nodes get their rows.
        self.place = list(range(len(nodes), 0, -1))
        for column, i in enumerate(self.inputs):
            self.place[i] = column - len(self.inputs)
        self.minus: dict[int, int] = {}
        self.products: dict[int, Product] = {}
        self._merge_chains()

    def _find_kinds(self) -> None:
        kind = self.kind = [FIXED] * len(self.ops)
        for i in self.inputs:
            kind[i] = INPUT
        for i in self.sequence:
            args = self.args[i]
            if any([kind[arg] for arg in args]):
                kind[i] = VARYING
                if self.ops[i] is MUL and kind[args[0]] == FIXED:
                    args.reverse()  # one instruction may then serve a · b and b · a

    def _merge_chains(self) -> None:
        """Make one Σ with signs of +, −, neg and Σ, where nothing else uses the nodes between."""
        uses = self.uses()
        signed: dict[int, tuple[list[int], list[int]]] = {}
        for i in self.sequence:
            op = self.ops[i]
            if id(op) not in LINEAR:
                continue
            args = self.args[i]
            split = 0 if op is NEG else 1 if op is SUB else len(args)
            inner = [
                arg
                for arg in args
                if arg in signed
                and uses[arg] == 1
                and self.kind[arg] == self.kind[i]
                and arg not in self.kept
            ]
            # the longest is extended, so that a chain takes no more than its length, either way
            base = max(inner, key=lambda arg: len(signed[arg][0]) + len(signed[arg][1]), default=-1)
            parts: tuple[list[int], list[int]] = ([], [])
            if base >= 0:
                parts = signed.pop(base)
                if base in args[split:]:
                    parts = parts[::-1]
            for position, arg in enumerate(args):
                sign = int(position >= split)
                if arg == base:
                    pass
                elif arg in inner:
                    plus, minus = signed.pop(arg)
                    parts[sign].extend(plus)
                    parts[1 - sign].extend(minus)
                else:
                    parts[sign].append(arg)
            for arg in inner:
                self.covers[i] += self.covers[arg]
                self.args[arg] = []
            signed[i] = parts
        for i, (plus, minus) in signed.items():
            self.ops[i], self.args[i], self.minus[i] = SUM, [*plus, *minus], len(minus)
        self.drop_unused()

    def new(self, kind: int) -> int:
        self.ops.append(None)
        self.args.append([])
        self.data.append(0.0)
        self.labels.append("")
        self.covers.append(0)
        self.kind.append(kind)
        return len(self.ops) - 1

    def uses(self) -> list[int]:
        """How often each node is an operand."""
        uses = [0] * len(self.ops)
        for i in self.sequence:
            for arg in self.args[i]:
                uses[arg] += 1
        return uses

    def drop_unused(self) -> None:
        needed = set(self.kept)
        for i in reversed(self.sequence):
            if i in needed:
                needed.update(self.args[i])
        self.sequence = [i for i in self.sequence if i in needed]


def _nodes(name: str, nodes: Iterable[Any]) -> list[Value]:
    listed = list(nodes)
    for node in listed:
        if not isinstance(node, Value):
            raise TypeError(f"{name}: got {type(node).__name__}, expected Value")
    return listed


def _leaves(name: str, nodes: Iterable[Any]) -> list[Value]:
    leaves = _nodes(name, nodes)
    for position, leaf in enumerate(leaves):
        if leaf.inputs:
            raise ValueError(f"{name}[{position}]: got {leaf!r}, expected a leaf")
    if len(set(leaves)) < len(leaves):
        raise ValueError(f"{name}: got the same node twice")
    return leaves
