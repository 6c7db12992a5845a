"""Judge anyone's gradient: a verdict for each parameter, with an error bar and no fixed tolerance.

A parameter is wrong only if its analytic slope lies outside the error bar of the numerical one,
at every step that rounding noise lets speak, on two ladders of steps. Where the bar is wider
than the gradient the parameter is undecided, and at a kink any slope between the left and the
right one is accepted. Neither says "wrong".
"""

from __future__ import annotations

import html
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .engine import Value
from .network import Array, finite_array
from .ops import SCALAR
from .slope import EPSILON, TABLE_POINTS, Ladder, Slope, noise_of, table_noise

__all__ = ["GradientCheck", "SlopeCheck", "check_expression", "check_gradient"]

Costs = Callable[[Array], Array]  # values at points (n, P), NaN where there is none
Parameters = Sequence[int] | npt.NDArray[np.intp] | int | None
Status = Literal["right", "wrong", "kink", "undecided"]

MOST_PARAMETERS = 1000  # checked one by one unless ``parameters`` says otherwise
DIRECTIONS = 3
NOISE_LINES = 3
FIRST_STEP = 0.25  # in units of a parameter's scale; a power of 2, so that θ ± h is exact
SECOND_LADDER = 0.5  # puts its steps halfway, in ratio, between those of the first
SMALLEST_STEP = 2.0**10 * EPSILON  # of |θ|: below, θ ± h keeps too few digits of h
# A zero gradient is always smaller than its error bar. It is right if the bar is below this part
# of the largest slope, undecided otherwise.
NEGLIGIBLE = 1e-6
# The gradient under test is itself rounded: some units in the last place, or what its noise
# measures (ten standard deviations, as seven values know σ to a factor of about two).
GRADIENT_ULPS = 8.0
GRADIENT_NOISE = 10.0
# Equal calls may differ by this many units in the last place where threads add in any order.
REPEAT_ULPS = 64.0
BLOCK_NUMBERS = 2**20  # numbers in one block of points: 8 MB
ROWS_SHOWN = 10


@dataclass(frozen=True)
class SlopeCheck:
    """One slope: what the gradient says, what the cost says, and whether they agree.

    ``status`` is "right", "wrong", "kink" (the cost bends at θ from slope ``left`` to ``right``,
    and the gradient lies between them) or "undecided". ``index`` is the parameter's place in
    the flattened theta, None for a random direction. ``kink_within`` is a step that reaches a
    kink beside θ, None if there is none: the slope is from smaller steps.
    """

    label: str
    index: int | None
    analytic: float
    numeric: float
    error_bar: float
    status: Status
    left: float
    right: float
    kink_within: float | None = None


@dataclass(frozen=True, repr=False)
class GradientCheck:
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
    def verdict(self) -> str:
        """ "right", "wrong", "undecided" (nothing could be decided) or "nondeterministic"."""
        if self.nondeterministic:
            return "nondeterministic"
        if self.wrong:
            return "wrong"
        return "undecided" if len(self.undecided) == len(self._slopes) else "right"

    @property
    def passed(self) -> bool:
        """Nothing is wrong, and something could be decided."""
        return self.verdict == "right"

    def __bool__(self) -> bool:
        return self.passed

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
    def _slopes(self) -> list[SlopeCheck]:
        return self.parameters + self.directions

    def _with(self, status: Status) -> list[SlopeCheck]:
        return [slope for slope in self._slopes if slope.status == status]

    def to_dict(self) -> dict[str, Any]:
        """The whole result in JSON's types; what is not finite becomes None."""
        return {
            "verdict": self.verdict,
            "passed": self.passed,
            "cost": self.cost,
            "noise": self.noise,
            "taylor_order": self.taylor_order,
            "size": self.size,
            "evaluations": self.evaluations,
            "notes": list(self.notes),
            "parameters": [_jsonable(slope) for slope in self.parameters],
            "directions": [_jsonable(slope) for slope in self.directions],
        }

    def __repr__(self) -> str:
        return f"<GradientCheck: {self._headline()}>"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"

    def __str__(self) -> str:
        lines = [f"Gradient check: {self._headline()}"]
        lines += [f"  {note}" for note in self.notes]
        if not self._slopes:
            return "\n".join(lines)
        lines += ["", *_table(self._shown())]
        hidden = len(self._slopes) - len(self._shown())
        if hidden:
            lines.append(f"… and {hidden} more")
        lines += [
            "",
            f"Cost {self.cost:.10g}, rounding noise {self.noise:.1e} (measured), "
            f"{self.evaluations:,} evaluations.",
            self._taylor_sentence(),
        ]
        return "\n".join(lines)

    def _headline(self) -> str:
        if self.verdict == "nondeterministic":
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
        return f"{self.verdict.upper()} ({', '.join(counts)})"

    def _shown(self) -> list[SlopeCheck]:
        """The rows worth reading: all that is not right, worst first, or else the closest calls."""
        right = sorted(self._with("right"), key=_badness, reverse=True)
        notable = self.wrong + self.kinks + self.undecided
        return (notable or right)[:ROWS_SHOWN]

    def _taylor_sentence(self) -> str:
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
    >>> print(check_gradient(lambda t: np.sum(t**3), lambda t: 3 * t**2, theta).verdict)
    right
    >>> check = check_gradient(lambda t: np.sum(t**3), [0.75, 12.00012], theta)
    >>> check.passed, [slope.label for slope in check.wrong if slope.index is not None]
    (False, ['theta[1]'])
    """
    if not callable(cost):
        raise TypeError(f"cost: got {type(cost).__name__}, expected a function of theta")
    start = finite_array("theta", _detached(theta))
    if start.size == 0:
        raise ValueError("theta: got no parameters, expected at least one")
    rng = np.random.default_rng(seed)
    chosen = _chosen(parameters, start.size, rng)
    probe = _BlackBox(cost, start.shape)
    gradients = _gradient_function(cost, gradient, start.shape)

    flat = start.ravel()
    repeats = [probe.at_theta(flat) for _ in range(2)]
    slopes, again = gradients(flat), gradients(flat)
    repeats.append(probe.at_theta(flat))
    problem = _Problem(probe, flat, repeats[0])
    if _differ(repeats) or _differ([slopes, again]):
        return _nondeterministic(problem, repeats, [slopes, again], probe.calls)
    problem.measure_noise(rng)
    if callable(gradient) or gradient is None or gradient is True:
        allowance = _gradient_noise(gradients, problem, slopes, rng)
    else:
        allowance = np.full(flat.size, GRADIENT_ULPS * _precision(slopes) * _largest(slopes))
    lines = [problem.coordinate(p, _label(p, start.shape), slopes[p], allowance[p]) for p in chosen]
    lines += [
        problem.random_direction(f"direction {k + 1}", slopes, allowance, rng)
        for k in range(_direction_count(directions))
    ]
    checked = problem.judge(lines)
    repeats.append(probe.at_theta(flat))
    if _differ(repeats):
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
    rng = np.random.default_rng(seed)
    first, rows = _derivatives(value, leaves, order)

    functions = [(value, first, [f"∂/∂{name}" for name in names])]
    functions += [
        (derivative, second, [f"∂²/∂{name}∂{other}" for other in names])
        for name, (derivative, second) in zip(names, rows, strict=False)  # no rows for order 1
    ]
    checks = [
        _check_values(function, leaves, slopes, labels, rng)
        for function, slopes, labels in functions
    ]
    orders = [check.taylor_order for check in checks if check.taylor_order is not None]
    return GradientCheck(
        checks[0].cost,
        checks[0].noise,
        [slope for check in checks for slope in check.parameters],
        [slope for check in checks for slope in check.directions],
        min(orders, default=None),
        sum(check.size for check in checks),
        sum(check.evaluations for check in checks),
        list(dict.fromkeys(note for check in checks for note in check.notes)),
    )


@dataclass(frozen=True)
class _Line:
    """A line through θ, the slope that the gradient gives it, and how well that is known."""

    label: str
    index: int | None  # of the one parameter that moves; None: all move along ``direction``
    direction: Array | None
    analytic: float
    allowance: float
    step: float
    smallest: float

    def points(self, theta: Array, step: float) -> tuple[Array, float]:
        """θ moved by ``step``, and how far it really moved: θ + h is rounded."""
        if self.direction is not None:
            return theta + step * self.direction, step
        moved = theta.copy()
        moved[self.index] += step
        return moved, float(moved[self.index] - theta[self.index])


class _Problem:
    """A function of θ given by its values alone, and the slopes of it that are to be judged."""

    def __init__(self, costs: Costs, theta: Array, value: float) -> None:
        self.costs = costs
        self.theta = theta
        self.value = value
        self.noise = 0.0
        self.spacing = 0.0
        # How far a parameter may have to move before anything happens. Too far costs a few more
        # steps; too near would leave a small parameter of a smooth function to the noise.
        self.scale = np.maximum(np.abs(theta), max(1.0, float(np.median(np.abs(theta)))))

    def measure_noise(self, rng: np.random.Generator) -> None:
        """The noise at θ: the largest of some random lines, which move every parameter."""
        measured = [noise_of(self.along(self.random_unit(rng))) for _ in range(NOISE_LINES)]
        self.noise, self.spacing = max(measured)

    def random_unit(self, rng: np.random.Generator) -> Array:
        direction = rng.standard_normal(self.theta.size)
        return np.asarray(direction / np.linalg.norm(direction) * self.scale)

    def along(self, direction: Array) -> Costs:
        return lambda t: self.costs(self.theta + t[:, np.newaxis] * direction)

    def coordinate(self, index: int, label: str, slope: float, allowance: float) -> _Line:
        step = FIRST_STEP * 2.0 ** math.floor(math.log2(self.scale[index]))
        smallest = SMALLEST_STEP * abs(self.theta[index])
        return _Line(label, int(index), None, float(slope), float(allowance), step, smallest)

    def random_direction(
        self, label: str, slopes: Array, allowance: Array, rng: np.random.Generator
    ) -> _Line:
        direction = self.random_unit(rng)
        with np.errstate(over="ignore", invalid="ignore"):
            products = slopes * direction
            rounding = GRADIENT_ULPS * EPSILON * np.sum(np.abs(products))
            known = np.linalg.norm(allowance * direction) + rounding
        slope = math.fsum(products) if np.all(np.isfinite(products)) else math.nan
        return _Line(label, None, direction, slope, float(known), FIRST_STEP, SMALLEST_STEP)

    def judge(self, lines: list[_Line]) -> list[tuple[SlopeCheck, float | None]]:
        """Each line's verdict, and the order of its Taylor remainder."""
        ladders = self._ladders(lines, 1.0)
        slopes = [ladder.slope() for ladder in ladders]
        # An alarm counts if a second ladder, whose steps lie between those of the first, agrees.
        alarms = [i for i, line in enumerate(lines) if _contradicts(slopes[i], line)]
        second = self._ladders([lines[i] for i in alarms], SECOND_LADDER)
        for i, ladder in zip(alarms, second, strict=True):
            slope = ladder.slope()
            if math.isfinite(slope.bar) and not _contradicts(slope, lines[i]):
                slopes[i] = slope
        largest = max((ladder.finest_secant() for ladder in ladders), default=0.0)
        checked = [
            _slope_check(line, slope, ladder.is_flat(), largest)
            for line, slope, ladder in zip(lines, slopes, ladders, strict=True)
        ]
        if any(slope.status == "kink" and slope.index is not None for slope in checked):
            checked = [_excused(slope) for slope in checked]
        orders = [
            ladder.taylor_order(line.analytic, line.allowance)
            for line, ladder in zip(lines, ladders, strict=True)
        ]
        return list(zip(checked, orders, strict=True))

    def _ladders(self, lines: list[_Line], start: float) -> list[Ladder]:
        ladders = [
            Ladder(self.value, self.noise, start * line.step, line.smallest) for line in lines
        ]
        active = list(range(len(lines)))
        while active:
            for block in _blocks(active, self.theta.size):
                self._descend([lines[i] for i in block], [ladders[i] for i in block])
            active = [
                i for i in active if not ladders[i].finished(lines[i].analytic, lines[i].allowance)
            ]
        return ladders

    def _descend(self, lines: list[_Line], ladders: list[Ladder]) -> None:
        probes = [
            line.points(self.theta, sign * ladder.step)
            for line, ladder in zip(lines, ladders, strict=True)
            for sign in (1.0, -1.0)
        ]
        values = self.costs(np.array([point for point, _ in probes])).tolist()
        for k, ladder in enumerate(ladders):
            (_, plus), (_, minus) = probes[2 * k : 2 * k + 2]
            ladder.add(plus, values[2 * k], minus, values[2 * k + 1])


class _BlackBox:
    """The caller's cost at many points: each call gets a copy of its own, failures become NaN."""

    def __init__(self, cost: Callable[[Array], Any], shape: tuple[int, ...]) -> None:
        self.cost = cost
        self.shape = shape
        self.calls = 0
        self.failures = 0
        self.first_failure = ""

    def at_theta(self, flat: Array) -> float:
        self.calls += 1
        try:
            value = _number(self.cost(flat.reshape(self.shape).copy()))
        except TypeError:
            raise
        except Exception as error:
            raise ValueError(f"cost: raised {_described(error)} at theta itself") from error
        if not math.isfinite(value):
            raise ValueError(f"cost: got {value} at theta itself, expected a finite number")
        return value

    def __call__(self, points: Array) -> Array:
        with np.errstate(all="ignore"):  # a step may well be too large; that is dealt with
            return np.array([self._value(point) for point in points])

    def _value(self, point: Array) -> float:
        self.calls += 1
        try:
            value = _number(self.cost(point.reshape(self.shape).copy()))
            what = f"value {value}"
        except Exception as error:
            value, what = math.nan, _described(error)
        if not math.isfinite(value):
            self.failures += 1
            self.first_failure = self.first_failure or what
        return value

    def notes(self) -> list[str]:
        if not self.failures:
            return []
        return [
            f"The cost failed at {self.failures} of {self.calls:,} points beside theta "
            f"(first: {self.first_failure}); smaller steps were taken there."
        ]


def _gradient_function(
    cost: Callable[[Array], Any],
    gradient: Callable[[Array], Any] | npt.ArrayLike | bool | None,
    shape: tuple[int, ...],
) -> Callable[[Array], Array]:
    """The gradient under test as a function of the flattened θ."""

    def second_of_pair(theta: Array) -> Any:
        pair = cost(theta)
        if not (isinstance(pair, tuple | list) and len(pair) == 2):
            raise TypeError(
                f"cost: got {type(pair).__name__}, expected the pair (J, gradient), "
                "as no gradient was given"
            )
        return pair[1]

    def called(flat: Array) -> Array:
        try:
            result = user_function(flat.reshape(shape).copy())
        except (TypeError, ValueError):
            raise
        except Exception as error:
            raise ValueError(f"gradient: raised {_described(error)}") from error
        return _gradient_array(result, shape)

    if gradient is None or gradient is True:
        user_function: Callable[[Array], Any] = second_of_pair
    elif callable(gradient):
        user_function = gradient
    else:
        fixed = _gradient_array(gradient, shape)
        return lambda flat: fixed
    return called


def _gradient_array(result: Any, shape: tuple[int, ...]) -> Array:
    """A gradient flattened; it may be NaN, which is wrong, but must have theta's shape."""
    try:
        array = np.asarray(_detached(result))
        if np.iscomplexobj(array):
            raise TypeError
        array = array.astype(np.float64)
    except (TypeError, ValueError):
        raise TypeError(
            f"gradient: got {type(result).__name__} that is no array of real numbers"
        ) from None
    if np.squeeze(array).shape != np.squeeze(np.empty(shape)).shape:
        raise ValueError(f"gradient: got shape {array.shape}, expected theta's {shape}")
    return array.ravel()


def _detached(array: Any) -> Any:
    """A PyTorch tensor out of its graph; anything else as it is."""
    return array.detach().cpu() if hasattr(array, "detach") else array


def _number(result: Any) -> float:
    """The cost that a call returned: a number, an array or tensor of one, or (J, gradient)."""
    if isinstance(result, tuple | list) and len(result) == 2:
        result = result[0]
    try:
        value = result.item() if hasattr(result, "item") else result
        if isinstance(value, complex):
            raise TypeError
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"cost: got {_kind(result)}, expected one real number") from None


def _kind(result: Any) -> str:
    shape = getattr(result, "shape", None)
    return type(result).__name__ + (f" of shape {tuple(shape)}" if shape else "")


def _described(error: Exception) -> str:
    message = str(error).split("\n")[0]
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _chosen(parameters: Parameters, size: int, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    if parameters is None:
        parameters = MOST_PARAMETERS
        if size <= parameters:
            return np.arange(size)
    if isinstance(parameters, int | np.integer) and not isinstance(parameters, bool):
        if parameters < 0:
            raise ValueError(f"parameters: got {parameters}, expected at least 0")
        return np.sort(rng.choice(size, size=min(int(parameters), size), replace=False))
    indices = np.asarray(parameters)
    if indices.ndim != 1 or not np.issubdtype(indices.dtype, np.integer):
        raise TypeError("parameters: expected indices, or how many to draw")
    if indices.size == 0 or indices.min() < 0 or indices.max() >= size:
        raise ValueError(f"parameters: got {indices.tolist()}, expected indices 0 to {size - 1}")
    return np.asarray(np.unique(indices), dtype=np.intp)


def _direction_count(directions: int) -> int:
    count = operator.index(directions)
    if count < 0:
        raise ValueError(f"directions: got {directions}, expected at least 0")
    return count


def _label(index: int, shape: tuple[int, ...]) -> str:
    place = ", ".join(str(i) for i in np.unravel_index(index, shape))
    return f"theta[{place}]" if shape else "theta"


def _precision(numbers: npt.ArrayLike) -> float:
    """The rounding unit of numbers: float32's if they are float32 numbers of full length.

    A function that computes in float32 is recognized by that, whatever type it returns. Numbers
    of 16 bits or fewer, such as small whole ones, prove nothing.
    """
    mantissa, _ = np.frexp(np.asarray(numbers, dtype=np.float64))
    mantissa = mantissa[np.isfinite(mantissa)]
    short, tiny = mantissa * 2.0**24, mantissa * 2.0**16
    if np.all(short == np.floor(short)) and np.any(tiny != np.floor(tiny)):
        return float(np.finfo(np.float32).eps)
    return EPSILON


def _largest(numbers: Array) -> float:
    finite = np.abs(numbers[np.isfinite(numbers)])
    return float(finite.max(initial=0.0))


def _gradient_noise(
    gradients: Callable[[Array], Array], problem: _Problem, slopes: Array, rng: np.random.Generator
) -> Array:
    """How far the gradient may be off by its own rounding: measured as the cost's noise is.

    The quieter of the two sides counts, as a kink on one side makes the gradient jump there.
    """
    quietest = np.full(slopes.shape, np.inf)
    step = problem.spacing * problem.random_unit(rng)
    for side in (step, -step):
        try:
            with np.errstate(all="ignore"):
                values = [gradients(problem.theta + k * side) for k in range(TABLE_POINTS)]
                noise, known = table_noise(np.array(values))
        except (TypeError, ValueError):
            continue  # it may fail beside theta
        quietest = np.minimum(quietest, np.where(known, noise, 0.0))
    rounding = GRADIENT_ULPS * _precision(slopes) * np.abs(slopes)
    measured = np.where(np.isfinite(quietest), GRADIENT_NOISE * quietest, 0.0)
    return np.asarray(np.nan_to_num(rounding) + measured)


def _differ(repeats: Sequence[Any]) -> bool:
    """Whether equal calls gave values that differ by more than the order of a sum explains."""
    values = np.array(repeats)
    if not np.array_equal(
        np.isfinite(values), np.broadcast_to(np.isfinite(values[0]), values.shape)
    ):
        return True
    values = np.where(np.isfinite(values), values, 0.0)
    spread = np.max(np.ptp(values, axis=0))
    return bool(spread > REPEAT_ULPS * _precision(values) * np.max(np.abs(values)))


def _nondeterministic(
    problem: _Problem, costs: list[float], gradients: list[Array], calls: int
) -> GradientCheck:
    if _differ(costs):
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


def _contradicts(slope: Slope, line: _Line) -> bool:
    """Whether the gradient's slope is outside what the cost allows."""
    bar = slope.bar + line.allowance
    if math.isinf(bar):
        return False
    if slope.kink:
        low, high = sorted((slope.left, slope.right))
        return not low - bar <= line.analytic <= high + bar
    return not abs(line.analytic - slope.value) <= bar


def _slope_check(line: _Line, slope: Slope, flat: bool, largest: float) -> SlopeCheck:
    bar = slope.bar + line.allowance
    status: Status = "right"
    if _contradicts(slope, line) or not math.isfinite(line.analytic):
        status = "wrong"
    elif slope.kink:
        status = "kink"
    elif bar > abs(line.analytic):
        zero = abs(line.analytic) <= line.allowance  # as far as the gradient itself can tell
        status = "right" if zero and (flat or bar <= NEGLIGIBLE * largest) else "undecided"
    return SlopeCheck(
        line.label,
        line.index,
        line.analytic,
        slope.value,
        bar,
        status,
        slope.left,
        slope.right,
        slope.kink_within,
    )


def _excused(slope: SlopeCheck) -> SlopeCheck:
    """At a kink ⟨g, d⟩ is not the slope along d, whichever subgradient g is: no error there."""
    if slope.index is None and slope.status == "wrong" and math.isfinite(slope.analytic):
        return replace(slope, status="kink")
    return slope


def _result(
    problem: _Problem,
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


def _blocks(items: list[int], width: int) -> Iterator[list[int]]:
    rows = max(1, BLOCK_NUMBERS // (2 * width))
    for start in range(0, len(items), rows):
        yield items[start : start + rows]


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


def _derivatives(
    value: Value, leaves: list[Value], order: int
) -> tuple[Array, list[tuple[Value, Array]]]:
    """The gradient; for order 2 also each first derivative as a Value, with its own gradient."""
    order_of_nodes = value.topological_order()
    saved = [node.grad for node in order_of_nodes]
    try:
        value.zero_grad()
        if order == 1:
            value.backward()
            return np.array([leaf.grad for leaf in leaves]), []
        value.backward(create_graph=True)
        firsts = [leaf.grad if leaf.has_grad else Value(0.0) for leaf in leaves]
        rows = []
        for first in firsts:
            first.zero_grad()
            value.zero_grad()
            first.backward()
            rows.append((first, np.array([leaf.grad for leaf in leaves])))
        return np.array([first.data for first in firsts]), rows
    finally:
        for node, grad in zip(order_of_nodes, saved, strict=True):
            node.grad = grad


def _check_values(
    function: Value,
    leaves: list[Value],
    slopes: Array,
    labels: list[str],
    rng: np.random.Generator,
) -> GradientCheck:
    evaluations = 0

    def costs(points: Array) -> Array:
        nonlocal evaluations
        evaluations += len(points)
        return _replayed(function, leaves, points)

    theta = np.array([leaf.data for leaf in leaves])
    value = float(costs(theta[np.newaxis])[0])
    if value != function.data:
        raise ValueError(
            f"value: it holds {function.data:.17g}, but its leaves give {value:.17g}; "
            "build the expression again after changing a leaf"
        )
    problem = _Problem(costs, theta, value)
    problem.measure_noise(rng)
    allowance = GRADIENT_ULPS * EPSILON * np.full(theta.size, _largest(slopes))
    chosen = _chosen(None, theta.size, rng)
    lines = [problem.coordinate(p, labels[p], slopes[p], allowance[p]) for p in chosen]
    lines.append(problem.random_direction("random direction", slopes, allowance, rng))
    return _result(problem, problem.judge(lines), evaluations, [])


def _replayed(value: Value, leaves: list[Value], points: Array) -> Array:
    """The expression at other values of its leaves, one row of ``points`` (n, leaves) each.

    NaN where an operation has no finite value. The graph itself is only read.
    """
    order = value.topological_order()
    place = {node: i for i, node in enumerate(order)}
    program = [(i, node.op, [place[v] for v in node.inputs]) for i, node in enumerate(order)]
    numbers = [node.data for node in order]
    moved = [place.get(leaf) for leaf in leaves]
    results = []
    for point in points.tolist():
        for i, x in zip(moved, point, strict=True):
            if i is not None:
                numbers[i] = x
        try:
            for i, op, inputs in program:
                if op is not None:
                    numbers[i] = op.forward(SCALAR, *[numbers[k] for k in inputs])
            results.append(float(numbers[-1]))
        except (ValueError, ArithmeticError):
            results.append(math.nan)
    return np.array(results)


def _badness(slope: SlopeCheck) -> float:
    """The difference in error bars, NaN as the worst of all."""
    difference = abs(slope.analytic - slope.numeric)
    return difference / max(slope.error_bar, 5e-324) if math.isfinite(difference) else math.inf


def _jsonable(slope: SlopeCheck) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in asdict(slope).items()
    }


def _table(slopes: list[SlopeCheck]) -> list[str]:
    rows = [("", "analytic", "numeric", "± error bar", "difference", "")]
    for slope in slopes:
        note: str = slope.status
        if slope.status == "kink":
            note = f"kink: slope {slope.left:.6g} left, {slope.right:.6g} right"
        elif slope.status == "undecided":
            known = math.isfinite(slope.error_bar)
            note = (
                "undecided: bar wider than slope" if known else "undecided: no cost on both sides"
            )
        difference = slope.analytic - slope.numeric
        rows.append(
            (
                slope.label,
                f"{slope.analytic:.10g}",
                f"{slope.numeric:.10g}",
                f"{slope.error_bar:.1e}",
                f"{difference:.1e}",
                note,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:5], widths[1:], strict=True)),
                row[5],
            ]
        ).rstrip()
        for row in rows
    ]
