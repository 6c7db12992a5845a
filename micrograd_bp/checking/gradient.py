"""Judge anyone's gradient: a verdict for each parameter, with an error bar and no fixed tolerance.

A parameter is wrong only if its analytic slope lies outside the error bar of the numerical one,
at every step that rounding noise lets speak, on two ladders of steps. Where the bar is wider
than the gradient the parameter is undecided, and at a kink any slope between the left and the
right one is accepted. Neither says "wrong".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..scalar.engine import Value
from ..scalar.ops import SCALAR
from ..scalar.tape import Tape
from ..support.result import Result
from ..support.validation import Array, finite_array, parameter_indices, random_generator
from .blackbox import BlackBox, detached, differ, gradient_function
from .lines import Costs, Problem, SlopeCheck, Status, rounding_of

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["GradientCheck", "SlopeCheck", "check_expression", "check_gradient"]

Parameters = Sequence[int] | npt.NDArray[np.intp] | int | None

MOST_PARAMETERS = 1000  # checked one by one unless ``parameters`` says otherwise
DIRECTIONS = 3
ROWS_SHOWN = 10

# From this many leaves a tape pays: each is moved some 60 times, at 0.2 µs per node one by one,
# and to record a node costs up to 150 µs.
LEAVES_FOR_TAPE = 16


@dataclass(frozen=True, repr=False)
class GradientCheck(Result):
    """The verdict on a gradient. True if it passed; ``str()`` is a table for people.

    ``parameters`` and ``directions`` hold a ``SlopeCheck`` each; ``wrong``, ``undecided`` and
    ``kinks`` pick from both. ``taylor_order`` is the order with which the Taylor remainder
    falls along the random directions (None if it is all noise: a linear cost), ``noise`` the
    measured standard deviation of the cost's rounding errors, ``size`` the number of all
    parameters and ``evaluations`` how often the cost was computed.
    """

    cost: float
    noise: float
    parameters: list[SlopeCheck]
    directions: list[SlopeCheck]
    taylor_order: float | None
    size: int
    evaluations: int
    notes: list[str] = field(default_factory=list)
    nondeterministic: bool = False

    @property
    def outcome(self) -> str:
        """ "right", "wrong", "undecided" (nothing could be decided) or "nondeterministic"."""
        if self.nondeterministic:
            return "nondeterministic"
        if self.wrong:
            return "wrong"
        return "undecided" if len(self.undecided) == len(self._slopes) else "right"

    @property
    def verdict(self) -> str:
        """One line: the outcome and how many parameters it rests on."""
        return f"Gradient check: {self._headline()}"

    @property
    def wrong(self) -> list[SlopeCheck]:
        """The slopes that contradict the cost: parameters, then directions, the worst first."""
        return sorted(self._with("wrong"), key=lambda s: (s.index is None, -_badness(s)))

    @property
    def undecided(self) -> list[SlopeCheck]:
        """The slopes too small for the cost's rounding noise to show."""
        return self._with("undecided")

    @property
    def kinks(self) -> list[SlopeCheck]:
        """The slopes at a kink of the cost, where any from left to right is a subgradient."""
        return self._with("kink")

    @property
    def factor(self) -> float | None:
        """The factor between a wrong gradient and the right one, None if no one factor fits.

        −1 is a wrong sign, the number of examples a forgotten mean.
        """
        slopes = np.array([(s.analytic, s.numeric, s.error_bar) for s in self.parameters])
        if len(slopes) < 2 or not self.wrong or not np.all(np.isfinite(slopes)):
            return None
        if not np.any(slopes[:, 1]):
            return None
        analytic, numeric, bar = slopes.T / np.max(np.abs(slopes[:, 1]))
        factor = float(analytic @ numeric / (numeric @ numeric))
        fits = np.all(np.abs(analytic - factor * numeric) <= bar * (1.0 + abs(factor)))
        return factor if fits else None

    @property
    def _slopes(self) -> list[SlopeCheck]:
        return self.parameters + self.directions

    def _with(self, status: Status) -> list[SlopeCheck]:
        return [slope for slope in self._slopes if slope.status == status]

    def details(self) -> dict[str, Any]:
        """The numbers of ``to_dict``."""
        return {
            "cost": self.cost,
            "noise": self.noise,
            "taylor_order": self.taylor_order,
            "factor": self.factor,
            "size": self.size,
            "evaluations": self.evaluations,
            "notes": self.notes,
            "parameters": self.parameters,
            "directions": self.directions,
        }

    def report(self) -> list[Table | str]:
        """The verdict first, then the tables."""
        return [self.verdict, *self.tables()]

    def tables(self) -> list[Table | str]:
        """Notes, the slopes worth reading, and the cost's own figures."""
        from ..support.tables import table

        lines: list[Table | str] = list(self.notes)
        if self.factor is not None:
            lines.append(f"Each analytic slope is {self.factor:.6g} times the numeric one.")
        if not self._slopes:
            return lines
        shown = self._shown()
        hidden = len(self._slopes) - len(shown)
        columns = ["", ">analytic", ">numeric", ">± error bar", ">difference", ""]
        costs = (
            f"Cost {self.cost:.10g}, rounding noise {self.noise:.1e} (measured), "
            f"{self.evaluations:,} evaluations."
        )
        return [
            *lines,
            table("", columns, [_row(slope) for slope in shown]),
            *[f"and {hidden:,} more" for _ in range(hidden > 0)],
            costs,
            self._taylor(),
        ]

    def _headline(self) -> str:
        if self.outcome == "nondeterministic":
            return "NOT POSSIBLE, the same theta gives different values."
        checked = len(self.parameters)
        share = f"{checked:,}" if checked == self.size else f"{checked:,} sampled of {self.size:,}"
        counts = [f"{share} parameter{'s' * (self.size != 1)}"]
        for word, found in (
            ("wrong", self.wrong),
            ("at a kink", self.kinks),
            ("undecided", self.undecided),
        ):
            single = [slope for slope in found if slope.index is not None]
            if single:
                counts.append(f"{len(single)} {word}")
            elif found:
                counts.append(f"{len(found)} of {len(self.directions)} random directions {word}")
        return f"{self.outcome.upper()} ({', '.join(counts)})"

    def _shown(self) -> list[SlopeCheck]:
        """The rows worth reading: all that is not right, worst first, or else the closest calls."""
        right = sorted(self._with("right"), key=_badness, reverse=True)
        notable = self.wrong + self.kinks + self.undecided
        return (notable or right)[:ROWS_SHOWN]

    def _taylor(self) -> str:
        if self.taylor_order is None:
            return "Taylor remainder: no order to be seen (it is all noise, or kinks)."
        return (
            f"Taylor remainder: falls with order {self.taylor_order:.2f} "
            "(2 if the gradient is right, 1 if not)."
        )


def check_gradient(
    cost: Callable[[Array], Any],
    gradient: Callable[[Array], Any] | npt.ArrayLike | bool | None,
    theta: npt.ArrayLike,
    *,
    parameters: Parameters = None,
    directions: int = DIRECTIONS,
    seed: int | np.random.Generator = 0,
) -> GradientCheck:
    """Hold a gradient against values of its cost, with an error bar for each parameter.

    ``cost`` takes theta, a float64 array of any shape, and gives a number; ``gradient`` takes
    the same and gives an array of that shape, or is that array. None or True: ``cost`` gives
    the pair (J, gradient). ``parameters`` are indices into the flattened theta or how many to
    draw at random with ``seed`` (None: all, or 1,000 drawn from more); ``directions`` is how
    many random directions, which involve every parameter, are checked besides.

    Step sizes, truncation and rounding errors are found from the cost itself (``slope.py``).
    Where the cost fails or is not finite beside theta, smaller steps are taken. Raises
    ValueError if it fails at theta itself or if shapes do not fit.

    >>> theta = np.array([0.5, -2.0])
    >>> print(check_gradient(lambda t: np.sum(t**3), lambda t: 3 * t**2, theta).outcome)
    right
    >>> check = check_gradient(lambda t: np.sum(t**3), [0.75, 12.00012], theta)
    >>> check.passed, [slope.label for slope in check.wrong if slope.index is not None]
    (False, ['theta[1]'])
    """
    if not callable(cost):
        raise TypeError(f"cost: got {type(cost).__name__}, expected a function of theta")
    start = finite_array("theta", detached(theta))
    if start.size == 0:
        raise ValueError("theta: got no parameters, expected at least one")
    rng = random_generator(seed)
    chosen = _chosen(parameters, start.size, rng)
    direction_count = _direction_count(directions, len(chosen))
    probe = BlackBox(cost, start.shape)
    gradients = gradient_function(cost, gradient, start.shape)

    flat = start.ravel()
    repeats = [probe.at_theta(flat) for _ in range(2)]
    slopes, again = gradients(flat), gradients(flat)
    repeats.append(probe.at_theta(flat))
    problem = Problem(probe, flat, repeats[0])
    if differ(repeats) or differ([slopes, again]):
        return _nondeterministic(problem, repeats, [slopes, again], probe.calls)
    problem.measure_noise(rng)
    if callable(gradient) or gradient is None or gradient is True:
        allowance = problem.gradient_noise(gradients, slopes, rng)
    else:
        allowance = rounding_of(slopes)
    lines = [problem.coordinate(p, _label(p, start.shape), slopes[p], allowance[p]) for p in chosen]
    lines += [
        problem.random_direction(f"direction {k + 1}", slopes, allowance, rng)
        for k in range(direction_count)
    ]
    checked = problem.judge(lines)
    repeats.append(probe.at_theta(flat))
    if differ(repeats):
        return _nondeterministic(problem, repeats, [slopes, again], probe.calls)
    return _result(problem, checked, probe.calls, probe.notes())


def check_expression(
    value: Value,
    wrt: Iterable[Value] | Value | None = None,
    order: int = 1,
    *,
    seed: int | np.random.Generator = 0,
) -> GradientCheck:
    """Hold ``value.backward()`` against values of the expression, recomputed at other leaves.

    ``wrt`` are the leaves to check (None: every leaf of the graph). With ``order=2`` the second
    derivatives by ``backward(create_graph=True)`` are checked too, against slopes of the first.
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
    allowance = problem.gradient_noise(replay.gradient, gradient, rng)
    checks = [_check_function(problem, gradient, allowance, labels, rng)]
    for i, row in enumerate(hessian):
        labels = [f"∂²/∂{names[i]}∂{name}" for name in names]
        slopes = partial(replay.slopes, i)
        problem = _problem(slopes, gradient[i], replay.theta, rng)
        checks.append(_check_function(problem, row, rounding_of(row), labels, rng))
    orders = [check.taylor_order for check in checks if check.taylor_order is not None]
    return GradientCheck(
        checks[0].cost,
        checks[0].noise,
        [slope for check in checks for slope in check.parameters],
        [slope for check in checks for slope in check.directions],
        min(orders, default=None),
        sum(check.size for check in checks),
        replay.evaluations,
        list(dict.fromkeys(note for check in checks for note in check.notes)),
    )


def _chosen(parameters: Parameters, size: int, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    if parameters is None and size <= MOST_PARAMETERS:
        return np.arange(size)
    asked = MOST_PARAMETERS if parameters is None else parameters
    return parameter_indices(asked, size, rng, least=0)


def _direction_count(directions: int, parameters: int) -> int:
    if isinstance(directions, bool) or not isinstance(directions, int | np.integer):
        raise TypeError(f"directions: got {type(directions).__name__}, expected a whole number")
    if directions < 0 or directions + parameters == 0:
        least = 0 if parameters else 1
        raise ValueError(f"directions: got {directions}, expected at least {least}")
    return int(directions)


def _label(index: int, shape: tuple[int, ...]) -> str:
    place = ", ".join(str(i) for i in np.unravel_index(index, shape))
    return f"theta[{place}]" if shape else "theta"


def _nondeterministic(
    problem: Problem, costs: list[float], gradients: list[Array], calls: int
) -> GradientCheck:
    if differ(costs):
        low, high = min(costs), max(costs)
        what = f"The cost gave {low:.10g} and {high:.10g} for the same theta"
    else:
        p = int(np.nanargmax(np.abs(gradients[0] - gradients[1])))
        what = (
            f"The gradient gave {gradients[0][p]:.10g} and {gradients[1][p]:.10g} "
            f"for parameter {p} of the same theta"
        )
    note = f"{what}: fix its random numbers (dropout, mini-batches, noise) and check again."
    return GradientCheck(
        problem.value, 0.0, [], [], None, problem.theta.size, calls, [note], nondeterministic=True
    )


def _result(
    problem: Problem,
    checked: list[tuple[SlopeCheck, float | None]],
    evaluations: int,
    notes: list[str],
) -> GradientCheck:
    orders = [
        order
        for slope, order in checked
        if slope.index is None and slope.status != "kink" and order is not None
    ]
    slopes = [slope for slope, _ in checked]
    return GradientCheck(
        problem.value,
        problem.noise,
        [slope for slope in slopes if slope.index is not None],
        [slope for slope in slopes if slope.index is None],
        min(orders, default=None),
        problem.theta.size,
        evaluations,
        notes + _kinks_beside(slopes),
    )


def _kinks_beside(slopes: list[SlopeCheck]) -> list[str]:
    steps = [slope.kink_within for slope in slopes if slope.kink_within is not None]
    if not steps:
        return []
    return [
        f"Kinks (relu, abs, max) beside theta on {len(steps)} of {len(slopes)} lines, "
        f"the nearest within {min(steps):.1g}; slopes are from smaller steps."
    ]


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
        value.zero_grad()
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
    problem = Problem(costs, theta, value)
    problem.measure_noise(rng)
    return problem


def _check_function(
    problem: Problem, slopes: Array, allowance: Array, labels: list[str], rng: np.random.Generator
) -> GradientCheck:
    chosen = _chosen(None, slopes.size, rng)
    lines = [problem.coordinate(p, labels[p], slopes[p], allowance[p]) for p in chosen]
    lines.append(problem.random_direction("random direction", slopes, allowance, rng))
    return _result(problem, problem.judge(lines), 0, [])


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


def _badness(slope: SlopeCheck) -> float:
    """The difference in error bars, NaN as the worst of all."""
    difference = abs(slope.analytic - slope.numeric)
    return difference / max(slope.error_bar, 5e-324) if math.isfinite(difference) else math.inf


def _row(slope: SlopeCheck) -> list[str]:
    note: str = slope.status
    if slope.status == "kink":
        note = f"kink: {slope.left:.6g} left, {slope.right:.6g} right"
    elif slope.status == "undecided":
        known = math.isfinite(slope.error_bar)
        note = "undecided: bar too wide" if known else "undecided: one-sided cost"
    return [
        slope.label,
        f"{slope.analytic:.10g}",
        f"{slope.numeric:.10g}",
        f"{slope.error_bar:.1e}",
        f"{slope.analytic - slope.numeric:.1e}",
        note,
    ]
