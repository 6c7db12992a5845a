"""The recorded graph as a tape takes it: sums made long, and matrix products found in them.

Two things happen before the nodes are grouped into instructions:

1. Chains of +, − and Σ, of which nothing else uses the links, become one Σ with signs. It is summed
   in one pass, and in the backward sweep all its terms read one row.
2. Σ nodes over products that share their factors, or share their weights, become the rows of a
   matrix product, z = Θa + b.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from .engine import Value
from .memory import FIXED, INPUT, VARYING
from .ops import ADD, MUL, NEG, SUB, SUM

__all__ = ["Graph", "Product"]

# A matrix product costs a few calls more than one elementwise step; for fewer products of
# scalars than this it does not pay.
LEAST_PRODUCTS = 4

LINEAR = {id(op) for op in (ADD, SUB, NEG, SUM)}


class Product(NamedTuple):
    """Σ weightₖ·factorₖ + bias, a row of a matrix product."""

    weights: tuple[int, ...]
    factors: tuple[int, ...]
    bias: int | None
    shared: int  # one number for all rows, at all places, that belong to the same weights


class _Terms(NamedTuple):
    """The terms of one Σ, sorted out."""

    weights: tuple[int, ...]
    factors: tuple[int, ...]
    plus: list[int]
    minus: list[int]


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
        self._find_matrix_products()

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
        self._drop_unused()

    def _find_matrix_products(self) -> None:
        """Find Σ nodes over products that share their factors, or share their weights."""
        uses = self.uses()
        sums = {
            i: self._terms(i, uses)
            for i in self.sequence
            if self.ops[i] is SUM and self.kind[i] == VARYING
        }
        with_factors = defaultdict(list)
        for i, terms in sums.items():
            if len(terms.factors) > 1:
                with_factors[terms.factors].append(i)
        with_weights = defaultdict(list)
        for rows in with_factors.values():
            # a bias or none, as one instruction has it for all its rows
            key = tuple([(sums[i].weights, self._has_fixed(sums[i])) for i in rows])
            with_weights[key].extend(rows)
        shared = {
            i: place
            for place, rows in enumerate(with_weights.values())
            if sum(len(sums[i].factors) for i in rows) >= LEAST_PRODUCTS
            for i in rows
        }
        recorded, self.sequence = self.sequence, []
        for i in recorded:
            if i in shared:
                self._use_product(i, sums[i], shared[i])
            elif i in sums:
                self._gather_fixed(i)
            self.sequence.append(i)
        self._drop_unused()

    def _has_fixed(self, terms: _Terms) -> bool:
        return any(self.kind[i] == FIXED for i in (*terms.plus, *terms.minus))

    def _terms(self, i: int, uses: list[int]) -> _Terms:
        pairs, plus = [], []
        split = len(self.args[i]) - self.minus[i]
        for term in self.args[i][:split]:
            if self.ops[term] is MUL and uses[term] == 1 and term not in self.kept:
                a, b = self.args[term]
                if self.kind[term] == VARYING and self.kind[b] == FIXED:
                    pairs.append((a, b))
                    continue
            plus.append(term)
        pairs.sort(key=lambda pair: self.place[pair[0]])
        weights, factors = tuple([w for _, w in pairs]), tuple([a for a, _ in pairs])
        return _Terms(weights, factors, plus, self.args[i][split:])

    def _use_product(self, i: int, terms: _Terms, shared: int) -> None:
        fixed, others, minus = self._without_fixed(terms.plus, terms.minus)
        product = self._new(VARYING) if others else i
        self.products[product] = Product(terms.weights, terms.factors, fixed, shared)
        self.covers[product] = len(terms.factors) + self.covers[i]
        self.args[product] = [*terms.factors, *terms.weights, *([] if fixed is None else [fixed])]
        if others:
            self.labels[product] = self.labels[i]
            self.covers[product] -= self.covers[i]
            self.sequence.append(product)
            self.ops[i], self.args[i], self.minus[i] = SUM, [product, *others], minus

    def _gather_fixed(self, i: int) -> None:
        """Put the fixed terms of a Σ before the others, as one."""
        split = len(self.args[i]) - self.minus[i]
        fixed, others, minus = self._without_fixed(self.args[i][:split], self.args[i][split:])
        if fixed is not None:
            self.args[i], self.minus[i] = [fixed, *others], minus

    def _without_fixed(
        self, plus: list[int], minus: list[int]
    ) -> tuple[int | None, list[int], int]:
        """The sum of the fixed terms as one node, the other terms, and how many are subtracted."""
        kind = self.kind
        added, taken = ([i for i in part if kind[i] == FIXED] for part in (plus, minus))
        others = [i for i in plus if kind[i] != FIXED]
        subtracted = [i for i in minus if kind[i] != FIXED]
        fixed: int | None = None
        if len(added) == 1 and not taken:
            fixed = added[0]
        elif added or taken:
            fixed = self._new(FIXED)
            self.ops[fixed], self.args[fixed], self.minus[fixed] = SUM, added + taken, len(taken)
            self.sequence.append(fixed)
        return fixed, others + subtracted, len(subtracted)

    def _new(self, kind: int) -> int:
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

    def _drop_unused(self) -> None:
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
