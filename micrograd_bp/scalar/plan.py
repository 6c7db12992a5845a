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
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from ..support.validation import Array
from .addresses import Addresses
from .instructions import Elementwise, Instruction, MatrixProduct, Operand, Summation
from .memory import FIXED, INPUT, VARYING, Index, Rows, Sums, as_index, ends_of, runs
from .ops import MUL, SUM, Op
from .program import Program
from .recording import Graph

__all__ = ["Schedule"]

# An instruction is divided where its operands do not stand in a row, if the parts are as long on
# the average: another call costs as much as gathering so many rows of a block.
LEAST_ROWS = 30

# Numbers in the rows of one block of examples, 1 MB: they stay in a core's cache. At least 130
# examples make the cost of a NumPy call (about 1 µs) small beside its work, unless the graph is
# so large that its rows would then fill more than 128 MB.
CACHE_NUMBERS, MEMORY_NUMBERS = 2**17, 2**24
FEWEST_EXAMPLES, MOST_EXAMPLES = 130, 4088


class Schedule:
    """Groups the nodes of a graph into instructions and gives each node its rows."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.kind = np.array(graph.kind)
        self.sequence = np.array(graph.sequence, dtype=np.intp)
        # the operands of node i: args[first[i]], …, count[i] of them
        operands = [graph.args[i] for i in graph.sequence]
        self.args = np.array([*chain.from_iterable(operands)], dtype=np.intp)
        self.first, self.count, self.minus, self.rows, self.columns = np.zeros(
            (5, len(graph.ops)), dtype=np.intp
        )
        self.count[self.sequence] = [len(args) for args in operands]
        self.first[self.sequence] = np.cumsum(self.count[self.sequence]) - self.count[self.sequence]
        self.minus[list(graph.minus)] = list(graph.minus.values())
        self.columns[graph.inputs] = np.arange(len(graph.inputs))
        self.active, self.path = self._find_active(), self._paths()
        self.size = [0, len(graph.inputs), 0]
        self.addresses = {kind: Addresses(self.active) for kind in (FIXED, VARYING)}
        self.products = 0  # matrix products

    def program(self) -> Program:
        graph = self.graph
        constants = self._place_fixed_leaves()
        loaded = self._place_inputs()
        out = FIXED if self.kind[graph.output] == FIXED else VARYING
        self.addresses[out].tell(np.array([graph.output]), np.array([0]))
        made = {
            kind: [step for nodes in self._groups(kind) for step in self._instructions(nodes)]
            for kind in (FIXED, VARYING)
        }
        collect = {kind: self._address(kind, steps) for kind, steps in made.items()}
        shares = [self.addresses[FIXED].size, 0, self.addresses[VARYING].size]
        rows = self.size[VARYING] + shares[VARYING]
        block = min(max(CACHE_NUMBERS // rows, FEWEST_EXAMPLES), MOST_EXAMPLES)
        watched = np.array(graph.watch, dtype=np.intp)
        return Program(
            inputs=len(graph.inputs),
            parameters=len(graph.parameters),
            nodes=graph.recorded,
            constants=constants,
            loaded=loaded,
            unseen=self._unseen(),
            fixed=[step for step, _ in made[FIXED]],
            varying=[step for step, _ in made[VARYING]],
            rows=self.size,
            shares=shares,
            output=(out, int(self.rows[graph.output])),
            watched=as_index(self.rows[watched]),
            collect_watched=collect[VARYING](watched),
            collect_parameters=collect[FIXED](np.array(graph.parameters, dtype=np.intp)),
            block=max(1, min(block, MEMORY_NUMBERS // rows)),
        )

    def _find_active(self) -> npt.NDArray[np.bool_]:
        """Which nodes need their gradient: watched ones, parameters, and what depends on them."""
        active = [False] * len(self.graph.ops)
        for i in (*self.graph.parameters, *self.graph.watch):
            active[i] = True
        args = self.graph.args
        for i in self.graph.sequence:
            for arg in args[i]:
                if active[arg]:
                    active[i] = True
                    break
        return np.array(active)

    def _place_fixed_leaves(self) -> Array:
        graph = self.graph
        leaf = np.zeros(len(graph.ops), dtype=bool)
        leaf[[*graph.kept, *self.args]] = True
        leaf[[*graph.sequence, *graph.inputs, *graph.parameters]] = False
        constants = np.flatnonzero(leaf)
        self._place(FIXED, np.array([*graph.parameters, *constants], dtype=np.intp))
        return np.array([graph.data[i] for i in constants.tolist()], dtype=np.float64)

    def _place_inputs(self) -> Index:
        """Rows for the inputs that something other than a product with inputs alone reads."""
        graph = self.graph
        needed = np.zeros(len(graph.ops), dtype=bool)
        needed[list(graph.kept)] = True
        others = np.array([i for i in graph.sequence if i not in graph.products], dtype=np.intp)
        needed[self._operands(others)] = True
        for product in graph.products.values():
            if not self._reads_inputs(product.factors):
                needed[list(product.factors)] = True
        loaded = np.array([i for i in graph.inputs if needed[i]], dtype=np.intp)
        self._place(VARYING, loaded)
        return as_index(self.columns[loaded])

    def _unseen(self) -> Index:
        products = self.graph.products.values()
        seen = {i for p in products if self._reads_inputs(p.factors) for i in p.factors}
        unseen = [i for i in self.graph.inputs if i not in seen]
        return as_index(self.columns[np.array(unseen, dtype=np.intp)])

    def _reads_inputs(self, factors: tuple[int, ...]) -> bool:
        """Whether a product takes its factors from the inputs as given, and passes no gradient."""
        nodes = list(factors)
        return bool(np.all(self.kind[nodes] == INPUT)) and not self.active[nodes].any()

    def _place(self, kind: int, nodes: Rows) -> slice:
        start = self.size[kind]
        self.size[kind] += len(nodes)
        self.rows[nodes] = np.arange(start, self.size[kind])
        return slice(start, self.size[kind])

    def _operands(self, nodes: Rows) -> Rows:
        """The operands of all the nodes, one node after the other."""
        return self.args[runs(self.first[nodes], self.count[nodes])]

    def _groups(self, kind: int) -> Iterator[Rows]:
        """The nodes of each instruction of one kind, in the order of execution.

        Of the operations that have nodes with all operands computed, the one goes first that has
        the node with the longest path to the output (list scheduling, Graham 1966), on all such
        nodes: in a random graph this takes a third of the instructions that levels would.
        """
        nodes = self.sequence[self.kind[self.sequence] == kind]
        keys, path = self._keys(nodes), self.path
        first_user, count_users, users, waits = self._users(nodes)
        ready: defaultdict[int, list[Rows]] = defaultdict(list)
        longest: defaultdict[int, int] = defaultdict(int)
        computed = nodes[waits[nodes] == 0]
        while len(computed) or ready:
            of = keys[computed]
            for key in set(of.tolist()):
                ready[key].append(computed[of == key])
                longest[key] = max(longest[key], int(path[ready[key][-1]].max()))
            key = max(longest, key=longest.__getitem__)
            del longest[key]
            # Value.topological_order comes to the last input first: so rows read naturally
            group = np.sort(np.concatenate(ready.pop(key)))[::-1]
            yield group
            above = users[runs(first_user[group], count_users[group])]
            np.subtract.at(waits, above, 1)
            computed = np.unique(above[waits[above] == 0])

    def _users(self, nodes: Rows) -> tuple[Rows, Rows, Rows, Rows]:
        """Who uses each of the nodes: users[first[i]], …, count[i] of them; and how many of its
        operands each waits for.
        """
        size = len(self.kind)
        among = np.zeros(size, dtype=bool)
        among[nodes] = True
        used, users = self._operands(nodes), np.repeat(nodes, self.count[nodes])
        used, users = used[among[used]], users[among[used]]
        count = np.bincount(used, minlength=size)
        order = np.argsort(used, kind="stable")
        return np.cumsum(count) - count, count, users[order], np.bincount(users, minlength=size)

    def _paths(self) -> Rows:
        """How many operations there are from each node to the output, at most."""
        path, args = [0] * len(self.graph.ops), self.graph.args
        for i in reversed(self.graph.sequence):
            longer = path[i] + 1
            for arg in args[i]:
                if path[arg] < longer:
                    path[arg] = longer
        return np.array(path)

    def _keys(self, nodes: Rows) -> Rows:
        """Equal numbers for what can be computed by one instruction."""
        ops, args = self.graph.ops, self.graph.args
        number: dict[Any, int] = {}
        keys = np.zeros(len(ops), dtype=np.intp)
        keys[nodes] = [
            number.setdefault(id(ops[i]) if len(args[i]) == 1 else self._key(i), len(number))
            for i in nodes.tolist()
        ]
        return keys

    def _key(self, i: int) -> tuple[Any, ...]:
        """What nodes must have in common to be computed by one instruction."""
        graph, kind = self.graph, self.graph.kind
        args = graph.args[i]
        if i in graph.products:
            product = graph.products[i]
            return product.shared, self._reads_inputs(product.factors), product.bias is None
        if graph.ops[i] is SUM:
            bias = kind[i] == VARYING and kind[args[0]] == FIXED
            return "Σ", bias, bool(self.active[i])
        return id(graph.ops[i]), *[kind[arg] == FIXED for arg in args]

    def _instructions(self, nodes: Rows) -> Iterator[tuple[Instruction, Rows]]:
        """Instructions for nodes of one key, each with its nodes in the order of its rows."""
        graph, first = self.graph, int(nodes[0])
        if first in graph.products:
            yield self._matrix_product(nodes.tolist())
        elif graph.ops[first] is SUM:
            yield self._summation(nodes)
        else:
            args = self._operands(nodes).reshape(len(nodes), -1)
            fixed = self.kind[args[0]] == FIXED
            if graph.ops[first] is MUL and fixed[0] == fixed[1]:
                # of two that stand in one array the earlier comes first: inputs, and parameters
                args = np.take_along_axis(args, self.rows[args].argsort(axis=1), axis=1)
            rows = self.rows[args]
            order = np.lexsort(rows.T[::-1])
            for part in _in_a_row(order, rows[order]):
                yield self._elementwise(nodes[part], args[part]), nodes[part]

    def _elementwise(self, nodes: Rows, args: Rows) -> Elementwise:
        op = self.graph.ops[nodes[0]]
        assert op is not None
        return Elementwise(
            **self._place_nodes(nodes),
            op=op,
            inputs=[self._operand(column) for column in args.T],
            reads_inputs=_looks_at_inputs(op, args.shape[1]),
        )

    def _summation(self, nodes: Rows) -> tuple[Summation, Rows]:
        """Terms in the order of their rows, those that are subtracted behind."""
        kind = int(self.kind[nodes[0]])
        first, count = self.first[nodes], self.count[nodes]
        biased = kind == VARYING and self.kind[self.args[first[0]]] == FIXED
        if biased:
            first, count = first + 1, count - 1
        which = np.repeat(np.arange(len(nodes)), count)
        terms = self.args[runs(first, count)]
        ends = np.cumsum(count)
        subtracted = np.arange(len(terms)) >= np.repeat(ends - self.minus[nodes], count)
        order = np.lexsort((self.rows[terms], subtracted, which))
        terms, subtracted = terms[order], subtracted[order]
        by_last = np.argsort(self.rows[terms[ends - 1]], kind="stable")
        nodes, places = nodes[by_last], runs((ends - count)[by_last], count[by_last])
        terms, signs = terms[places], np.where(subtracted[places], -1.0, 1.0)
        starts = ends_of(count[by_last])
        bias = self._operand(self.args[self.first[nodes]]) if biased else None
        if self.active[nodes[0]]:
            sums = np.repeat(nodes, np.diff(starts))
            self.addresses[kind].hand_on(sums, terms, signs)
        return Summation(
            **self._place_nodes(nodes),
            terms=Sums(starts, self.rows[terms], signs),
            bias=bias,
            own=None,
        ), nodes

    def _matrix_product(self, group: list[int]) -> tuple[MatrixProduct, Rows]:
        products = self.graph.products
        places = defaultdict(list)
        for i in group:
            places[products[i].factors].append(i)
        nodes = np.array([i for row in zip(*places.values(), strict=True) for i in row])
        weights = np.array([w for i in next(iter(places.values())) for w in products[i].weights])
        factors = np.array([a for column in zip(*places, strict=True) for a in column])
        if self._reads_inputs(products[group[0]].factors):
            operand = Operand(INPUT, as_index(self.columns[factors]), None)
        else:
            operand = self._operand(factors)
        biases = [b for i in nodes.tolist() if (b := products[i].bias) is not None]
        instruction = MatrixProduct(
            **self._place_nodes(nodes),
            number=self.products,
            weights=self.rows[weights].reshape(-1, len(products[group[0]].weights)),
            weight_shares=self.addresses[FIXED].give(weights),
            factors=operand,
            bias=self._operand(np.array(biases)) if biases else None,
        )
        self.products += 1
        return instruction, nodes

    def _place_nodes(self, nodes: Rows) -> dict[str, Any]:
        graph, listed = self.graph, nodes.tolist()
        first, last = graph.labels[listed[0]], graph.labels[listed[-1]]
        kind = graph.kind[listed[0]]
        return {
            "kind": kind,
            "rows": self._place(kind, nodes),
            "collect": None,
            "name": first if first == last else f"{first} … {last}",
            "replaces": sum([graph.covers[i] for i in listed]),
        }

    def _operand(self, nodes: Rows) -> Operand:
        kind = FIXED if self.kind[nodes[0]] == FIXED else VARYING
        return Operand(kind, as_index(self.rows[nodes]), self.addresses[kind].give(nodes))

    def _address(self, kind: int, steps: list[tuple[Instruction, Rows]]) -> Callable[[Rows], Sums]:
        """Tell each instruction that hands a gradient on how to get it; gives how anyone does."""
        sums = [(step, nodes) for step, nodes in steps if isinstance(step, Summation)]
        sums = [(summation, nodes) for summation, nodes in sums if self.active[nodes[0]]]
        biases = [summation.bias for summation, _ in sums]
        all_need = [bias is not None and bias.shares is not None for bias in biases]
        groups = [nodes for _, nodes in sums]
        own, collect = self.addresses[kind].resolve(list(zip(groups, all_need, strict=True)))
        for (summation, _), (nodes, rows) in zip(sums, own, strict=True):
            summation.own, summation.collect = rows, collect(nodes)
        for step, nodes in steps:
            if not isinstance(step, Summation) and self.active[self._operands(nodes)].any():
                step.collect = collect(nodes)
        return collect


def _in_a_row(order: Rows, rows: Rows) -> list[Rows]:
    """The nodes divided where operands do not stand one after the other, if that pays."""
    if len(order) < 2 * LEAST_ROWS:
        return [order]
    jumps = np.flatnonzero(np.any(np.diff(rows, axis=0) != 1, axis=1)) + 1
    if LEAST_ROWS * (len(jumps) + 1) > len(order):
        return [order]
    return np.split(order, jumps)


def _looks_at_inputs(op: Op, count: int) -> bool:
    """Whether a derivative rule looks at its inputs: without them it then fails or gives none."""
    try:
        partials = op.partials(np.ones((1, 1)), *[None] * count)
    except (TypeError, AttributeError):
        return True
    return any(partial is None for partial in partials)
