"""A scalar graph compiled for NumPy: recorded once, replayed over a whole batch of examples.

Three steps turn the graph into a short list of instructions on arrays (rows, batch):

1. Chains of + become one Σ, and Σ nodes over products that share their factors become one matrix
   product, z = Θa, whose derivatives are two more, Θᵀδ and δaᵀ.
2. Of the other nodes, all that can be computed at the same time by one operation become one call
   of its rule in ``ops.py``, and fill consecutive rows.
3. What no input reaches (parameters, constants, and what is made of them) is computed once per
   call; the rest runs over chunks of the batch that fit the cache.

The instructions themselves, and how they run, are in ``program.py``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..support.executors import ordered_map
from ..support.validation import Array, finite_array
from .engine import Value
from .ops import ADD, MUL, SUM, Op
from .program import (
    FIXED,
    INPUT,
    VARYING,
    Collect,
    Elementwise,
    Instruction,
    MatrixProduct,
    Operand,
    Program,
    Rows,
    Sum,
    Summation,
    as_index,
)

__all__ = ["Replay", "Tape"]

# A matrix product costs a few calls more than one elementwise step; for fewer products of
# scalars than this it does not pay.
LEAST_PRODUCTS = 4

# Numbers in the rows of one chunk of the batch: 1 MB stays in a core's cache. At least 130
# examples make the cost of a NumPy call (about 1 µs) small beside its work, unless the graph is
# so large that its rows would then fill more than 128 MB. Rows of an odd number of cache lines
# (8 numbers) do not all fall into the same few places of the cache.
CACHE_NUMBERS, MEMORY_NUMBERS = 2**17, 2**24
FEWEST_EXAMPLES, MOST_EXAMPLES = 130, 4088

# Chunks that one task of an executor replays. Sums are taken within tasks, then over tasks,
# whoever runs them: the result does not depend on the number of workers.
CHUNKS_PER_TASK = 4


class Replay(NamedTuple):
    """What one replay gives: per example, and summed over the examples."""

    costs: Array  # (m,): the output
    gradient: Array  # (P,): ∂ Σ costs / ∂ parameters
    values: Array  # (m, W): the watched nodes
    deltas: Array  # (m, W): ∂ cost / ∂ watched node, for each example


class Tape:
    """A recorded graph that replays itself, forward and backward, over many examples.

    ``output`` is the node to differentiate, ``inputs`` the leaves that differ from example to
    example, ``parameters`` the leaves that a replay sets for all examples; other leaves keep
    the value they were recorded with. ``watch`` lists nodes whose value and gradient ``replay``
    returns for each example. ``print(tape)`` shows the instructions. The graph may be freed or
    changed afterwards, and a tape serves any number of threads.

    Raises TypeError or ValueError if a node is not of the right kind.

    >>> x, w = Value(1.0), Value(2.0)
    >>> tape = Tape((x * w).sigmoid(), inputs=[x], parameters=[w])
    >>> costs, gradient = tape.gradient([[0.0], [0.0], [1.0]], [0.0])
    >>> costs, gradient
    (array([0.5, 0.5, 0.5]), array([0.25]))
    """

    def __init__(
        self,
        output: Value,
        inputs: Sequence[Value],
        parameters: Sequence[Value],
        watch: Sequence[Value] = (),
    ) -> None:
        graph = _Graph(output, inputs, parameters, watch)
        graph.merge_chains()
        graph.find_matrix_products()
        self._program = _Schedule(graph).program()

    def gradient(
        self,
        inputs: npt.ArrayLike,
        parameters: npt.ArrayLike,
        executor: Executor | None = None,
    ) -> tuple[Array, Array]:
        """The output for each example, (m,), and the gradient (P,) of their sum.

        ``inputs`` is (m, n), ``parameters`` (P,), in the order of the recording. ``executor``
        spreads the examples; the result is the same to the last bit. Raises ValueError for
        other shapes, and where an operation has no finite value or derivative.
        """
        replay = self.replay(inputs, parameters, executor)
        return replay.costs, replay.gradient

    def cost(self, inputs: npt.ArrayLike, parameters: npt.ArrayLike) -> Array:
        """The output for each example, (m,); arguments and errors as for ``gradient``.

        >>> x, w = Value(1.0), Value(2.0)
        >>> Tape(x * w, [x], [w]).cost([[3.0], [4.0]], [10.0])
        array([30., 40.])
        """
        X, theta = self._checked(inputs, parameters)
        program = self._program
        fixed = program.fixed_values(theta)
        return program.run(fixed, X, backward=False).costs

    def replay(
        self,
        inputs: npt.ArrayLike,
        parameters: npt.ArrayLike,
        executor: Executor | None = None,
    ) -> Replay:
        """``gradient``, and values and gradients of the watched nodes for each example.

        >>> x, w = Value(1.0), Value(2.0)
        >>> z = x * w
        >>> Tape(z**2, [x], [w], watch=[z]).replay([[1.0], [2.0]], [3.0]).deltas
        array([[ 6.],
               [12.]])
        """
        X, theta = self._checked(inputs, parameters)
        program = self._program
        fixed = program.fixed_values(theta)
        size = program.chunk * CHUNKS_PER_TASK
        tasks = [(fixed, X[start : start + size], start) for start in range(0, len(X), size)]
        parts = list(ordered_map(executor, program.run, tasks))
        if not parts:
            parts = [program.run(fixed, X)]
        shares = parts[0].shares
        for part in parts[1:]:
            shares = shares + part.shares
        return Replay(
            np.concatenate([part.costs for part in parts]),
            program.parameter_gradient(fixed, shares),
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.deltas for part in parts]),
        )

    def _checked(self, inputs: npt.ArrayLike, parameters: npt.ArrayLike) -> tuple[Array, Array]:
        X = finite_array("inputs", inputs)
        theta = finite_array("parameters", parameters)
        program = self._program
        if X.ndim != 2 or X.shape[1] != program.inputs:
            raise ValueError(f"inputs: got shape {X.shape}, expected (m, {program.inputs})")
        if theta.shape != (program.parameters,):
            raise ValueError(
                f"parameters: got shape {theta.shape}, expected ({program.parameters},)"
            )
        return X, theta

    def __str__(self) -> str:
        return str(self._program)


# From the recorded graph to the program.


class _Product(NamedTuple):
    """Σ weightₖ·factorₖ + bias, a row of a matrix product."""

    weights: tuple[int, ...]
    factors: tuple[int, ...]
    bias: int | None
    shared: int  # one number for all rows, at all places, that belong to the same weights


class _Terms(NamedTuple):
    """The terms of one Σ, sorted out."""

    weights: tuple[int, ...]
    factors: tuple[int, ...]
    fixed: list[int]
    others: list[int]


class _Graph:
    """The recorded graph with numbers for nodes: operation ``ops[i]`` on the nodes ``args[i]``."""

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
        self.kind = [FIXED] * len(nodes)
        for i in self.inputs:
            self.kind[i] = INPUT
        for i in self.sequence:
            if any(self.kind[arg] != FIXED for arg in self.args[i]):
                self.kind[i] = VARYING
                if (self.ops[i] is ADD or self.ops[i] is MUL) and self.kind[
                    self.args[i][0]
                ] == FIXED:
                    self.args[i].reverse()  # one instruction may then serve a + b and b + a
        # The order of factors: that of the inputs, then the one in which _groups places nodes.
        self.place = list(range(len(nodes), 0, -1))
        for column, i in enumerate(self.inputs):
            self.place[i] = column - len(self.inputs)
        self.products: dict[int, _Product] = {}
        for position, i in enumerate(self.watch):
            if self.kind[i] == FIXED:
                raise ValueError(
                    f"watch[{position}]: got {nodes[i]!r}, expected a node that depends on an input"
                )

    def merge_chains(self) -> None:
        """Make one Σ of ((a + b) + c) + …, where nothing else uses the sums on the way."""
        uses = self._uses()
        for i in self.sequence:
            first = self.args[i][0]
            if (
                (self.ops[i] is ADD or self.ops[i] is SUM)
                and (self.ops[first] is ADD or self.ops[first] is SUM)
                and self.kind[first] == self.kind[i]
                and uses[first] == 1
                and first not in self.kept
            ):
                terms = self.args[first]
                terms.extend(self.args[i][1:])
                self.args[i], self.args[first] = terms, []
                self.ops[i] = SUM
                self.covers[i] += self.covers[first]
        self._drop_unused()

    def find_matrix_products(self) -> None:
        """Find Σ nodes over products that share their factors, or share their weights."""
        uses = self._uses()
        sums = {
            i: self._terms(i, uses)
            for i in self.sequence
            if self.kind[i] == VARYING and (self.ops[i] is ADD or self.ops[i] is SUM)
        }
        with_factors = defaultdict(list)
        for i, terms in sums.items():
            if len(terms.factors) > 1:
                with_factors[terms.factors].append(i)
        with_weights = defaultdict(list)
        for rows in with_factors.values():
            with_weights[tuple((sums[i].weights, not sums[i].fixed) for i in rows)].extend(rows)
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
            elif i in sums and self.ops[i] is SUM:
                self._gather_fixed(i)
            self.sequence.append(i)
        self._drop_unused()

    def _terms(self, i: int, uses: list[int]) -> _Terms:
        pairs, fixed, others = [], [], []
        for term in self.args[i]:
            if self.kind[term] == FIXED:
                fixed.append(term)
            elif self.ops[term] is MUL and uses[term] == 1 and term not in self.kept:
                a, b = self.args[term]
                if self.kind[a] == FIXED:
                    pairs.append((b, a))
                elif self.kind[b] == FIXED:
                    pairs.append((a, b))
                else:
                    others.append(term)
            else:
                others.append(term)
        pairs.sort(key=lambda pair: self.place[pair[0]])
        return _Terms(tuple([w for _, w in pairs]), tuple([a for a, _ in pairs]), fixed, others)

    def _use_product(self, i: int, terms: _Terms, shared: int) -> None:
        product = self._new(VARYING) if terms.others else i
        bias = self._sum_of_fixed(terms.fixed)
        self.products[product] = _Product(terms.weights, terms.factors, bias, shared)
        self.covers[product] = len(terms.factors) + self.covers[i]
        self.args[product] = [*terms.factors, *terms.weights, *([] if bias is None else [bias])]
        if terms.others:
            self.labels[product] = self.labels[i]
            self.covers[product] -= self.covers[i]
            self.sequence.append(product)
            self.ops[i], self.args[i] = SUM, [product, *terms.others]

    def _gather_fixed(self, i: int) -> None:
        """Put the fixed terms of a Σ behind the others, as one."""
        fixed = [term for term in self.args[i] if self.kind[term] == FIXED]
        if fixed:
            varying = [term for term in self.args[i] if self.kind[term] != FIXED]
            total = self._sum_of_fixed(fixed)
            assert total is not None
            self.args[i] = [*varying, total]

    def _sum_of_fixed(self, terms: list[int]) -> int | None:
        if len(terms) < 2:
            return terms[0] if terms else None
        total = self._new(FIXED)
        self.ops[total], self.args[total] = SUM, terms
        self.sequence.append(total)
        return total

    def _new(self, kind: int) -> int:
        self.ops.append(None)
        self.args.append([])
        self.data.append(0.0)
        self.labels.append("")
        self.covers.append(0)
        self.kind.append(kind)
        return len(self.ops) - 1

    def _uses(self) -> list[int]:
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


class _Schedule:
    """Groups the nodes of a graph into instructions and gives each node its rows."""

    def __init__(self, graph: _Graph) -> None:
        self.graph = graph
        self.kind = graph.kind
        self.uses = graph._uses()
        self.active = self._find_active()
        self.rows = [0] * len(graph.ops)
        self.size = [0, len(graph.inputs), 0]
        self.targets: list[list[int]] = [[-1], [], [-1]]  # whom each share is addressed to
        self.columns = {node: column for column, node in enumerate(graph.inputs)}

    def program(self) -> Program:
        graph = self.graph
        constants = self._place_fixed_leaves()
        loaded = self._place_inputs()
        out = FIXED if self.kind[graph.output] == FIXED else VARYING
        self.targets[out][0] = graph.output
        steps = {
            kind: [self._instruction(nodes) for nodes in self._groups(kind)]
            for kind in (FIXED, VARYING)
        }
        collect = {kind: self._collector(kind) for kind in (FIXED, VARYING)}
        instructions: dict[int, list[Instruction]] = {}
        for kind, made in steps.items():
            instructions[kind] = [step for step, _ in made]
            for step, nodes in made:
                if any(self.active[arg] for i in nodes for arg in graph.args[i]):
                    step.collect = collect[kind](nodes)
        shares = [len(targets) for targets in self.targets]
        rows = self.size[VARYING] + shares[VARYING] + len(graph.inputs)
        chunk = min(max(CACHE_NUMBERS // rows, FEWEST_EXAMPLES), MOST_EXAMPLES) // 16 * 16 + 8
        return Program(
            inputs=len(graph.inputs),
            parameters=len(graph.parameters),
            nodes=graph.recorded,
            constants=constants,
            loaded=loaded,
            fixed=instructions[FIXED],
            varying=instructions[VARYING],
            rows=self.size,
            shares=shares,
            output=(out, self.rows[graph.output]),
            watched=self._rows_of(graph.watch),
            collect_watched=collect[VARYING](graph.watch),
            collect_parameters=collect[FIXED](graph.parameters),
            chunk=max(1, min(chunk, MEMORY_NUMBERS // rows)),
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

    def _place_inputs(self) -> Rows:
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
        return np.array([self.columns[i] for i in loaded], dtype=np.intp)

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
        graph = self.graph
        nodes = [i for i in graph.sequence if self.kind[i] == kind]
        waits = dict.fromkeys(nodes, 0)
        users: dict[int, list[int]] = {i: [] for i in nodes}
        for i in nodes:
            for arg in graph.args[i]:
                if arg in users:
                    users[arg].append(i)
                    waits[i] += 1
        path: dict[int, int] = {}
        for i in reversed(nodes):
            path[i] = 1 + max([path[user] for user in users[i]], default=0)

        ready: dict[Any, list[int]] = {}
        longest: dict[Any, int] = {}

        def add(i: int) -> None:
            key = self._key(i)
            ready.setdefault(key, []).append(i)
            longest[key] = max(longest.get(key, 0), path[i])

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
                for user in users[i]:
                    waits[user] -= 1
                    if not waits[user]:
                        add(user)
        return groups

    def _key(self, i: int) -> tuple[Any, ...]:
        """What nodes must have in common to be computed by one instruction."""
        graph, kind = self.graph, self.kind
        args = graph.args[i]
        if i in graph.products:
            product = graph.products[i]
            return product.shared, self._reads_inputs(product.factors), product.bias is None
        if graph.ops[i] is SUM:
            return SUM, len(args), kind[args[-1]], self.active[i]
        return graph.ops[i], tuple([kind[arg] == FIXED for arg in args])

    def _instruction(self, nodes: list[int]) -> tuple[Instruction, list[int]]:
        """One instruction and its nodes in the order of its rows."""
        graph = self.graph
        if nodes[0] in graph.products:
            return self._matrix_product(nodes)
        nodes = sorted(nodes, key=self.uses.__getitem__)  # equal numbers of shares together
        return (self._summation if graph.ops[nodes[0]] is SUM else self._elementwise)(nodes), nodes

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
        kind = self.kind[nodes[0]]
        args = [self.graph.args[i] for i in nodes]
        bias = None
        if kind == VARYING and self.kind[args[0][-1]] == FIXED:
            bias = self._operand([arg[-1] for arg in args])
            args = [arg[:-1] for arg in args]
        count = len(args[0])
        terms = [arg[j] for j in range(count) for arg in args]
        return Summation(
            **self._place_nodes(nodes),
            count=count,
            total=Sum(self._rows_of(terms).reshape(count, len(nodes))),
            shares=self._address(kind, terms),
            bias=bias,
        )

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
            weights=self._rows_of(weights).reshape(-1, len(products[nodes[0]].weights)),
            weight_shares=self._address(FIXED, weights),
            factors=operand,
            bias=self._operand(biases) if biases else None,
        )
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
        """Room for shares of the gradients of these nodes, if any of them needs its gradient."""
        if not any([self.active[i] for i in nodes]):
            return None
        targets = self.targets[kind]
        start = len(targets)
        targets.extend(nodes)
        return slice(start, len(targets))

    def _collector(self, kind: int) -> Callable[[list[int]], Collect]:
        """Once all shares have their rows: a function from nodes to the sums of theirs."""
        targets = np.array(self.targets[kind])
        order = np.argsort(targets, kind="stable")
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
