"""Which nodes of a recorded graph become one instruction, and which rows they get, and why.

1. The Σ nodes over products that ``matrix_products.py`` has found become matrix
   products: Θa forward, Θᵀδ and δaᵀ backward.
2. Of the other nodes, all that can be computed at the same time by one operation become one
   instruction, and fill consecutive rows, in the order in which their operands stand: so operands
   are read where they are, and gathered only where the graph is irregular.
3. What no input reaches (parameters, constants, and what is made of them) is computed once per
   call; the rest runs over blocks of examples that fit the cache.

The instructions themselves are in ``instructions.py``, how they run in ``program.py``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..support.validation import Array
from .instructions import Elementwise, Instruction, MatrixProduct, Operand, Summation
from .memory import FIXED, INPUT, VARYING, Collect, Index, Rows, Sum, as_index
from .ops import SUM, Op
from .program import Program
from .recording import Graph

__all__ = ["Schedule"]

# An instruction is divided where its operands do not stand in a row, if the parts are as long.
LEAST_ROWS = 5

# Numbers in the rows of one block of examples, 1 MB: they stay in a core's cache. At least 130
# examples make the cost of a NumPy call (about 1 µs) small beside its work, unless the graph is
# so large that its rows would then fill more than 128 MB.
CACHE_NUMBERS, MEMORY_NUMBERS = 2**17, 2**24
FEWEST_EXAMPLES, MOST_EXAMPLES = 130, 4088


class Schedule:
    """Groups the nodes of a graph into instructions and gives each node its rows."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.kind = graph.kind
        self.uses = graph.uses()
        self.active = self._find_active()
        self.rows = [0] * len(graph.ops)
        self.size = [0, len(graph.inputs), 0]
        self.shares = [1, 0, 1]  # rows of the arrays of shares, by kind
        # which row is addressed to whom: a row of a Σ to all its terms
        self.addresses: list[list[int]] = [[0], [], [0]]
        self.targets: list[list[int]] = [[-1], [], [-1]]
        self.products = 0  # matrix products
        self.columns = {node: column for column, node in enumerate(graph.inputs)}

    def program(self) -> Program:
        graph = self.graph
        constants = self._place_fixed_leaves()
        loaded = self._place_inputs()
        out = FIXED if self.kind[graph.output] == FIXED else VARYING
        self.targets[out][0] = graph.output
        steps = {
            kind: [made for nodes in self._groups(kind) for made in self._instructions(nodes)]
            for kind in (FIXED, VARYING)
        }
        collect = {kind: self._collector(kind) for kind in (FIXED, VARYING)}
        instructions: dict[int, list[Instruction]] = {}
        for kind, made in steps.items():
            instructions[kind] = [step for step, _ in made]
            for step, nodes in made:
                if any(self.active[arg] for i in nodes for arg in graph.args[i]):
                    step.collect = collect[kind](nodes)
        rows = self.size[VARYING] + self.shares[VARYING]
        block = min(max(CACHE_NUMBERS // rows, FEWEST_EXAMPLES), MOST_EXAMPLES)
        return Program(
            inputs=len(graph.inputs),
            parameters=len(graph.parameters),
            nodes=graph.recorded,
            constants=constants,
            loaded=loaded,
            unseen=self._unseen(),
            fixed=instructions[FIXED],
            varying=instructions[VARYING],
            rows=self.size,
            shares=self.shares,
            output=(out, self.rows[graph.output]),
            watched=as_index(self._rows_of(graph.watch)),
            collect_watched=collect[VARYING](graph.watch),
            collect_parameters=collect[FIXED](graph.parameters),
            block=max(1, min(block, MEMORY_NUMBERS // rows)),
        )

    def _find_active(self) -> list[bool]:
        """Which nodes need their gradient: watched ones, parameters, and what depends on them."""
        active = [False] * len(self.graph.ops)
        for i in (*self.graph.parameters, *self.graph.watch):
            active[i] = True
        for i in self.graph.sequence:
            active[i] = active[i] or any(active[arg] for arg in self.graph.args[i])
        return active

    def _place_fixed_leaves(self) -> Array:
        graph = self.graph
        leaves = {*graph.kept, *(arg for i in graph.sequence for arg in graph.args[i])}
        leaves -= {*graph.sequence, *graph.inputs, *graph.parameters}
        constants = sorted(leaves)
        self._place(FIXED, [*graph.parameters, *constants])
        return np.array([graph.data[i] for i in constants], dtype=np.float64)

    def _place_inputs(self) -> Index:
        """Rows for the inputs that something other than a product with inputs alone reads."""
        graph = self.graph
        needed = {i for i in graph.kept if self.kind[i] == INPUT}
        for i in graph.sequence:
            if i not in graph.products:
                needed.update(arg for arg in graph.args[i] if self.kind[arg] == INPUT)
            elif not self._reads_inputs(factors := graph.products[i].factors):
                needed.update(arg for arg in factors if self.kind[arg] == INPUT)
        loaded = [i for i in graph.inputs if i in needed]
        self._place(VARYING, loaded)
        return as_index(np.array([self.columns[i] for i in loaded], dtype=np.intp))

    def _unseen(self) -> Index:
        products = self.graph.products.values()
        seen = {i for p in products if self._reads_inputs(p.factors) for i in p.factors}
        unseen = [self.columns[i] for i in self.graph.inputs if i not in seen]
        return as_index(np.array(unseen, dtype=np.intp))

    def _reads_inputs(self, factors: tuple[int, ...]) -> bool:
        """Whether a product takes its factors from the inputs as given, and passes no gradient."""
        return all(self.kind[i] == INPUT and not self.active[i] for i in factors)

    def _place(self, kind: int, nodes: list[int]) -> slice:
        start = self.size[kind]
        for row, i in enumerate(nodes, start):
            self.rows[i] = row
        self.size[kind] += len(nodes)
        return slice(start, self.size[kind])

    def _groups(self, kind: int) -> list[list[int]]:
        """The nodes of each instruction of one kind, in the order of execution.

        Of the operations that have nodes with all operands computed, the one goes first that has
        the node with the longest path to the output (list scheduling, Graham 1966), on all such
        nodes: in a random graph this takes a third of the instructions that levels would.
        """
        nodes = [i for i in self.graph.sequence if self.kind[i] == kind]
        users, waits, path = self._users(nodes)
        ready: dict[Any, list[int]] = {}
        longest: dict[Any, int] = {}

        def add(i: int) -> None:
            key = self._key(i)
            group = ready.get(key)
            if group is None:
                ready[key], longest[key] = [i], path[i]
            else:
                group.append(i)
                if path[i] > longest[key]:
                    longest[key] = path[i]

        for i in nodes:
            if not waits[i]:
                add(i)
        groups = []
        while ready:
            key = max(longest, key=longest.__getitem__)
            del longest[key]
            group = ready.pop(key)
            # Value.topological_order comes to the last input first: so rows read naturally
            groups.append(sorted(group, reverse=True))
            for i in group:
                for user in users[i] or ():
                    waits[user] -= 1
                    if not waits[user]:
                        add(user)
        return groups

    def _users(self, nodes: list[int]) -> tuple[list[list[int] | None], list[int], list[int]]:
        """Who uses each node, how many operands it waits for, and the longest path from it."""
        count = len(self.graph.ops)
        users: list[list[int] | None] = [None] * count
        waits, path = [0] * count, [0] * count
        for i in nodes:
            users[i] = []
            for arg in self.graph.args[i]:
                if (above := users[arg]) is not None:
                    above.append(i)
                    waits[i] += 1
        for i in reversed(nodes):
            path[i] = 1 + max([path[user] for user in users[i] or ()], default=0)
        return users, waits, path

    def _key(self, i: int) -> tuple[Any, ...]:
        """What nodes must have in common to be computed by one instruction."""
        graph, kind = self.graph, self.kind
        args = graph.args[i]
        if i in graph.products:
            product = graph.products[i]
            return product.shared, self._reads_inputs(product.factors), product.bias is None
        if graph.ops[i] is SUM:
            bias = kind[i] == VARYING and kind[args[0]] == FIXED
            return "Σ", len(args), graph.minus[i], bias, self.active[i]
        if len(args) == 1:
            return id(graph.ops[i]), kind[args[0]] == FIXED
        return id(graph.ops[i]), *[kind[arg] == FIXED for arg in args]

    def _instructions(self, nodes: list[int]) -> Iterator[tuple[Instruction, list[int]]]:
        """Instructions for nodes of one key, each with its nodes in the order of its rows."""
        graph, rows = self.graph, self.rows
        if nodes[0] in graph.products:
            yield self._matrix_product(nodes)
        elif graph.ops[nodes[0]] is SUM:
            for i in nodes:
                self._sort_terms(i)
            nodes.sort(key=lambda i: (self.uses[i], rows[graph.args[i][-1]]))
            yield self._summation(nodes), nodes
        else:
            # equal numbers of shares together, and in the order of the operands
            nodes.sort(key=lambda i: (self.uses[i], [rows[arg] for arg in graph.args[i]]))
            for part in self._in_a_row(nodes):
                yield self._elementwise(part), part

    def _sort_terms(self, i: int) -> None:
        """The terms of a Σ in the order of their rows, those that are subtracted behind."""
        args, kind, rows = self.graph.args[i], self.kind, self.rows
        split = len(args) - self.graph.minus[i]
        place = lambda arg: (kind[arg] != FIXED, rows[arg])  # noqa: E731
        self.graph.args[i] = sorted(args[:split], key=place) + sorted(args[split:], key=place)

    def _in_a_row(self, nodes: list[int]) -> list[list[int]]:
        """The nodes divided where operands do not stand one after the other, if that pays."""
        if len(nodes) < 2 * LEAST_ROWS:
            return [nodes]
        rows = self._rows_of([arg for i in nodes for arg in self.graph.args[i]])
        jumps = np.any(np.diff(rows.reshape(len(nodes), -1), axis=0) != 1, axis=1)
        ends = [*(np.flatnonzero(jumps) + 1).tolist(), len(nodes)]
        if LEAST_ROWS * len(ends) > len(nodes):
            return [nodes]
        return [nodes[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def _elementwise(self, nodes: list[int]) -> Elementwise:
        args = [self.graph.args[i] for i in nodes]
        op = self.graph.ops[nodes[0]]
        assert op is not None
        return Elementwise(
            **self._place_nodes(nodes),
            op=op,
            inputs=[self._operand([arg[j] for arg in args]) for j in range(len(args[0]))],
            reads_inputs=_looks_at_inputs(op, len(args[0])),
        )

    def _summation(self, nodes: list[int]) -> Summation:
        graph, kind = self.graph, self.kind[nodes[0]]
        args = [graph.args[i] for i in nodes]
        bias = None
        if kind == VARYING and self.kind[args[0][0]] == FIXED:
            bias = self._operand([arg[0] for arg in args])
            args = [arg[1:] for arg in args]
        split = len(args[0]) - graph.minus[nodes[0]]
        columns = [list(column) for column in zip(*args, strict=True)]
        place = self._place_nodes(nodes)
        return Summation(
            **place,
            plus=self._sum(columns[:split]),
            minus=self._sum(columns[split:]),
            bias=bias,
            own=self._address_all(kind, columns[:split], len(nodes)),
            negated=self._address_all(kind, columns[split:], len(nodes)),
        )

    def _sum(self, columns: list[list[int]]) -> Sum | None:
        return Sum(np.array([self._rows_of(c) for c in columns])) if columns else None

    def _matrix_product(self, nodes: list[int]) -> tuple[MatrixProduct, list[int]]:
        products = self.graph.products
        places = defaultdict(list)
        for i in nodes:
            places[products[i].factors].append(i)
        nodes = [i for row in zip(*places.values(), strict=True) for i in row]
        weights = [w for i in next(iter(places.values())) for w in products[i].weights]
        factors = [a for column in zip(*places, strict=True) for a in column]
        if self._reads_inputs(products[nodes[0]].factors):
            columns = np.array([self.columns[a] for a in factors], dtype=np.intp)
            operand = Operand(INPUT, as_index(columns), None)
        else:
            operand = self._operand(factors)
        biases = [b for i in nodes if (b := products[i].bias) is not None]
        instruction = MatrixProduct(
            **self._place_nodes(nodes),
            number=self.products,
            weights=self._rows_of(weights).reshape(-1, len(products[nodes[0]].weights)),
            weight_shares=self._address(FIXED, weights),
            factors=operand,
            bias=self._operand(biases) if biases else None,
        )
        self.products += 1
        return instruction, nodes

    def _place_nodes(self, nodes: list[int]) -> dict[str, Any]:
        graph = self.graph
        first, last = graph.labels[nodes[0]], graph.labels[nodes[-1]]
        kind = self.kind[nodes[0]]
        return {
            "kind": kind,
            "rows": self._place(kind, nodes),
            "collect": None,
            "name": first if first == last else f"{first} … {last}",
            "replaces": sum(graph.covers[i] for i in nodes),
        }

    def _operand(self, nodes: list[int]) -> Operand:
        kind = FIXED if self.kind[nodes[0]] == FIXED else VARYING
        return Operand(kind, as_index(self._rows_of(nodes)), self._address(kind, nodes))

    def _rows_of(self, nodes: list[int]) -> Rows:
        return np.array([self.rows[i] for i in nodes], dtype=np.intp)

    def _address(self, kind: int, nodes: list[int]) -> slice | None:
        """Rows for shares of the gradients of these nodes, if any of them needs its gradient."""
        if not any([self.active[i] for i in nodes]):
            return None
        rows = self._reserve(kind, len(nodes))
        self.addresses[kind].extend(range(rows.start, rows.stop))
        self.targets[kind].extend(nodes)
        return rows

    def _address_all(self, kind: int, columns: list[list[int]], count: int) -> slice | None:
        """``count`` rows of shares, each for one node of every column, if any needs it."""
        if not any([self.active[i] for nodes in columns for i in nodes]):
            return None
        rows = self._reserve(kind, count)
        for nodes in columns:
            self.addresses[kind].extend(range(rows.start, rows.stop))
            self.targets[kind].extend(nodes)
        return rows

    def _reserve(self, kind: int, count: int) -> slice:
        start = self.shares[kind]
        self.shares[kind] += count
        return slice(start, start + count)

    def _collector(self, kind: int) -> Callable[[list[int]], Collect]:
        """Once all shares have their rows: a function from nodes to the sums of theirs."""
        targets = np.array(self.targets[kind])
        order = np.array(self.addresses[kind])[np.argsort(targets, kind="stable")]
        counts = np.bincount(targets + 1, minlength=len(self.rows) + 1)[1:]
        starts = np.concatenate([[0], np.cumsum(counts)]) + (targets == -1).sum()

        def collector(nodes: list[int]) -> Collect:
            numbers = np.array(nodes, dtype=np.intp)
            runs = []
            for count in np.unique(counts[numbers]).tolist():
                if count:
                    positions = np.flatnonzero(counts[numbers] == count)
                    terms = starts[numbers[positions]] + np.arange(count)[:, np.newaxis]
                    runs.append((positions, Sum(order[terms])))
            return Collect(len(nodes), runs)

        return collector


def _looks_at_inputs(op: Op, count: int) -> bool:
    """Whether a derivative rule looks at its inputs: without them it then fails or gives none."""
    try:
        partials = op.partials(np.ones((1, 1)), *[None] * count)
    except (TypeError, AttributeError):
        return True
    return any(partial is None for partial in partials)
