"""Judge the derivatives that ``backward`` gives, by values of the expression itself."""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property, partial

import numpy as np

from ..scalar.engine import Value
from ..scalar.ops import SCALAR
from ..scalar.tape import Tape
from ..support.validation import Array, random_generator
from .directions import Found
from .enclosure import with_enclosures
from .gradient import chosen_parameters
from .judge import Judge
from .lines import Costs, Problem
from .result import GradientCheck

__all__ = ["check_expression"]

# From this many leaves a tape pays: each is moved some 60 times, at 0.2 µs per node one by one,
# and to record a node costs up to 150 µs.
LEAVES_FOR_TAPE = 16


def check_expression(
    value: Value,
    wrt: Iterable[Value] | Value | None = None,
    order: int = 1,
    *,
    enclosure: bool = False,
    seed: int | np.random.Generator = 0,
) -> GradientCheck:
    """Hold ``value.backward()`` against values of the expression, recomputed at other leaves.

    ``wrt`` are the leaves to check (None: every leaf of the graph). With ``order=2`` the second
    derivatives by ``backward(create_graph=True)`` are checked too, against slopes of the first.
    With ``enclosure`` each first derivative is computed on balls as well, and held against
    differences of the expression on balls: a rule is proved to so many digits, or disproved. An
    operation that cannot compute with balls is named in the notes.
    The graph is left as it was, gradients included. Raises ValueError if ``wrt`` holds a node
    that is no leaf of the graph, or if leaves were changed after the graph was built.

    >>> x, y = Value(0.5, label="x"), Value(2.0, label="y")
    >>> check = check_expression((x * y).sin() + y**3, wrt=[x, y], order=2)
    >>> check.passed, [slope.label for slope in check.parameters]
    (True, ['∂/∂x', '∂/∂y', '∂²/∂x∂x', '∂²/∂x∂y', '∂²/∂y∂x', '∂²/∂y∂y'])
    """
    if not isinstance(value, Value):
        raise TypeError(f"value: got {type(value).__name__}, expected a Value")
    if isinstance(order, bool) or order not in (1, 2):
        raise ValueError(f"order: got {order!r}, expected 1 or 2")
    leaves = _leaves(value, wrt)
    names = [leaf.label or f"x{i}" for i, leaf in enumerate(leaves)]
    rng = random_generator(seed)
    gradient, hessian = _derivatives(value, leaves, order)

    replay = _Replay(value, leaves)
    labels = [f"∂/∂{name}" for name in names]
    problem = _problem(replay.values, value.data, replay.theta, rng)
    checks = [_check_function(Judge(problem, gradient, replay.gradient, rng), labels)]
    for i, row in enumerate(hessian):
        labels = [f"∂²/∂{names[i]}∂{name}" for name in names]
        slopes = partial(replay.slopes, i)
        problem = _problem(slopes, gradient[i], replay.theta, rng)
        judge = Judge(problem, row, None, rng)
        checks.append(_check_function(judge, labels))
    notes = [note for check in checks for note in check.notes]
    parameters = [slope for check in checks for slope in check.parameters]
    if enclosure:
        try:
            parameters = with_enclosures(value, leaves, parameters)
        except (ValueError, ImportError) as error:
            notes.append(f"Not enclosed: {error}.")
    orders = [check.taylor_order for check in checks if check.taylor_order is not None]
    return GradientCheck(
        checks[0].cost,
        checks[0].noise,
        parameters,
        [slope for check in checks for slope in check.directions],
        min(orders, default=None),
        sum(check.size for check in checks),
        replay.evaluations,
        list(dict.fromkeys(notes)),
    )


def _leaves(value: Value, wrt: Iterable[Value] | Value | None) -> list[Value]:
    every = [node for node in value.topological_order() if not node.inputs]
    if wrt is None:
        return every
    chosen = [wrt] if isinstance(wrt, Value) else list(wrt)
    for i, node in enumerate(chosen):
        if not isinstance(node, Value):
            raise TypeError(f"wrt[{i}]: got {type(node).__name__}, expected a Value")
        if node not in every:
            raise ValueError(f"wrt[{i}]: got {node!r}, expected a leaf of the expression")
    if not chosen:
        raise ValueError("wrt: got no Value, expected at least one leaf")
    return chosen


def _derivatives(value: Value, leaves: list[Value], order: int) -> tuple[Array, list[Array]]:
    """The gradient and, for order 2, the rows of the Hessian, by ``backward``."""
    nodes = value.topological_order()
    saved = [node.grad for node in nodes]
    try:
        value.zero_grad()
        value.backward()
        gradient = np.array([leaf.grad for leaf in leaves])
        if order == 1:
            return gradient, []
        value.backward(create_graph=True)
        firsts = [leaf.grad for leaf in leaves]
        hessian = []
        for first in firsts:
            value.zero_grad()
            if isinstance(first, Value):  # 0.0 if the value does not depend on that leaf
                first.zero_grad()
                first.backward()
            hessian.append(np.array([leaf.grad for leaf in leaves]))
        return gradient, hessian
    finally:
        for node, grad in zip(nodes, saved, strict=True):
            node.grad = grad


def _problem(costs: Costs, value: float, theta: Array, rng: np.random.Generator) -> Problem:
    """A function of the leaves, whose ``value`` at ``theta`` the graph knows."""
    replayed = float(costs(theta[np.newaxis])[0])
    if replayed != value:
        raise ValueError(
            f"value: its nodes hold {value:.17g}, but its leaves give {replayed:.17g}; "
            "build the expression again after changing a leaf"
        )
    problem = Problem(costs, theta, value, rng)
    problem.measure_noise(rng)
    return problem


def _check_function(judge: Judge, labels: list[str]) -> GradientCheck:
    problem = judge.problem
    chosen = chosen_parameters(None, problem.theta.size, judge.rng)
    singles = judge.singles({int(p): labels[p] for p in chosen})
    along = judge.along(1, Found.by(problem, singles), labels.__getitem__)
    return judge.result(singles, along, 0, [])


class _Replay:
    """An expression at other values of its leaves; the graph itself is only read."""

    def __init__(self, value: Value, leaves: list[Value]) -> None:
        self.order = value.topological_order()
        self.leaves = leaves
        self.theta = np.array([leaf.data for leaf in leaves])
        self.evaluations = 0
        place = {node: i for i, node in enumerate(self.order)}
        self._moved = [place[leaf] for leaf in leaves]
        self._program = [
            (i, node.op, [place[v] for v in node.inputs])
            for i, node in enumerate(self.order)
            if node.op is not None
        ]
        self._gradients: dict[bytes, Array] = {}  # every row of the Hessian asks at the same points

    def values(self, points: Array) -> Array:
        """The expression at ``points`` (n, leaves): (n,), NaN where there is no finite value."""
        self.evaluations += len(points)
        if len(points) > 1 and len(self.leaves) >= LEAVES_FOR_TAPE:
            # unless a point is outside a domain, or an operation of one's own is not for arrays
            with suppress(ValueError, TypeError):
                return self._tape.cost(points, ())
        return self._one_by_one(points)

    @cached_property
    def _tape(self) -> Tape:
        return Tape(self.order[-1], inputs=self.leaves, parameters=())

    def _one_by_one(self, points: Array) -> Array:
        numbers = [node.data for node in self.order]
        results = []
        for point in points.tolist():
            for i, x in zip(self._moved, point, strict=True):
                numbers[i] = x
            try:
                for i, op, inputs in self._program:
                    numbers[i] = op.forward(SCALAR, *[numbers[k] for k in inputs])
                results.append(float(numbers[-1]))
            except (ValueError, ArithmeticError):
                results.append(math.nan)
        return np.array(results)

    def slopes(self, index: int, points: Array) -> Array:
        """∂value/∂leaf of one leaf at ``points``, by ``backward`` on graphs built anew."""
        return np.array([self.gradient(point)[index] for point in points])

    def gradient(self, point: Array) -> Array:
        """All first derivatives at one point (leaves,); NaN where there are none."""
        key = point.tobytes()
        if key not in self._gradients:
            self.evaluations += 1
            self._gradients[key] = self._differentiated(point)
        return self._gradients[key]

    def _differentiated(self, point: Array) -> Array:
        anew = {leaf: Value(x) for leaf, x in zip(self.leaves, point.tolist(), strict=True)}
        try:
            for node in self.order:
                if node not in anew and node.op is None:
                    anew[node] = Value(node.data)
                elif node.op is not None:
                    anew[node] = Value.apply(node.op, *[anew[v] for v in node.inputs])
            anew[self.order[-1]].backward()
        except ValueError:
            return np.full(len(self.leaves), np.nan)
        return np.array([anew[leaf].grad for leaf in self.leaves])
