"""The recorded graph as a tape takes it: numbers for nodes, nothing twice, and sums made long.

Nodes that compute the same from the same become one. Chains of +, − and Σ, of which nothing else
uses the links, become one Σ with signs: it is summed in one pass, and in the backward sweep all
its terms read one row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from .engine import Value
from .memory import FIXED, INPUT, VARYING
from .ops import ADD, MUL, NEG, SUB, SUM

__all__ = ["Graph", "Product"]

LINEAR = {id(op) for op in (ADD, SUB, NEG, SUM)}
COMMUTATIVE = {id(op) for op in (ADD, MUL)}


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
        self.data = [node.data for node in nodes]
        self.labels = [node.label for node in nodes]
        self.covers = [1] * len(nodes)  # scalar nodes that this one stands for
        self.kind = [FIXED] * len(nodes)
        for i in self.inputs:
            self.kind[i] = INPUT
        self.args: list[list[int]] = []
        self.sequence: list[int] = []  # the inner nodes, each after its operands
        self._find_operands([list(map(number.__getitem__, node.inputs)) for node in nodes])
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

    def _find_operands(self, recorded: list[list[int]]) -> None:
        """Operands and kind of each node, where one that computes the same stands for both.

        Of a watched node the gradient is its own, and so it stays.
        """
        kind, ops, kept = self.kind, self.ops, self.kept
        same = list(range(len(recorded)))
        known: dict[tuple[int, ...], int] = {}
        for i, children in enumerate(recorded):
            args = list(map(same.__getitem__, children))
            self.args.append(args)
            if not args:
                continue
            op = id(ops[i])
            if op in COMMUTATIVE and args[0] > args[1]:
                args.reverse()
            if i not in kept and (first := known.setdefault((op, *args), i)) != i:
                same[i] = first
                self.covers[first] += 1
                continue
            self.sequence.append(i)
            if any(map(kind.__getitem__, args)):
                kind[i] = VARYING
                if ops[i] is MUL and kind[args[0]] == FIXED:
                    args.reverse()  # one instruction may then serve a · b and b · a

    def _merge_chains(self) -> None:
        """Make one Σ with signs of +, −, neg and Σ, where nothing else uses the nodes between."""
        uses, kind, ops, args = self.uses(), self.kind, self.ops, self.args
        linear = [i for i in self.sequence if id(ops[i]) in LINEAR]
        inner = {
            arg
            for i in linear
            for arg in args[i]
            if uses[arg] == 1 and id(ops[arg]) in LINEAR and kind[arg] == kind[i]
        } - self.kept
        for i in linear:
            if i in inner:
                continue
            terms: tuple[list[int], list[int]] = ([], [])
            stack = [(i, 0)]
            while stack:
                node, sign = stack.pop()
                op, operands = ops[node], args[node]
                first = 0 if op is NEG else 1 if op is SUB else len(operands)
                for position, arg in enumerate(operands):
                    signed = sign ^ (position >= first)
                    if arg in inner:
                        stack.append((arg, signed))
                        self.covers[i] += self.covers[arg]
                    else:
                        terms[signed].append(arg)
            ops[i], args[i], self.minus[i] = SUM, [*terms[0], *terms[1]], len(terms[1])
        self.sequence = [i for i in self.sequence if i not in inner]

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
