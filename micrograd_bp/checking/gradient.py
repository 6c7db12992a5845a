"""Judge anyone's gradient: a verdict for each parameter, with an error bar and no fixed tolerance.

A parameter is wrong only if its analytic slope lies outside the error bar of the numerical one
on two ladders of steps that find the same slope, and right only if it lies inside a bar that is
small beside the slope. All else is undecided. At a kink any slope between the left and the right
one is accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np
import numpy.typing as npt

from ..support.executors import renewable
from ..support.validation import Array, parameter_indices, random_generator
from .blackbox import BlackBox, GradientFunction, differ
from .directions import Found
from .judge import Judge
from .lines import Problem, Verdict
from .pytree import Parameters
from .result import GradientCheck

__all__ = ["check_gradient", "chosen_parameters"]

Chosen = Sequence[int] | npt.NDArray[np.intp] | int | None

MOST_PARAMETERS = 1000  # checked one by one unless ``parameters`` says otherwise
LARGE = 10_000  # from so many on none is drawn: directions judge, and locate what is wrong
DIRECTIONS = 3
NOISE_REPEATS = 8.0  # standard deviations by which two values of a noisy cost may differ


def check_gradient(
    cost: Callable[[Any], Any],
    gradient: Callable[[Any], Any] | npt.ArrayLike | bool | None,
    theta: Any,
    *,
    parameters: Chosen = None,
    directions: int = DIRECTIONS,
    bounds: Any = None,
    noise: float | None = None,
    executor: Executor | None = None,
    seed: int | np.random.Generator = 0,
) -> GradientCheck:
    """Hold a gradient against values of its cost, with an error bar for each parameter.

    Step sizes, truncation and rounding errors are found from the cost itself: see ``slope.py``
    and ``noise.py``. Where the cost fails or is not finite beside theta, smaller steps are
    taken, and where it has values on one side only, the slope is that of this side.

    Parameters
    ----------
    cost
        A function of theta that gives a real number, a 0-d array, a tensor or a ``Value``; or a
        vector of shape (m,), whose Jacobian is then judged by a random combination of its rows.
    gradient
        A function of theta that gives arrays of theta's shape, or such arrays; for a vector of
        costs of shape (m, *theta.shape). None or True: ``cost`` gives the pair (J, gradient).
        Of a complex theta it is ∂J/∂(real part) + i ∂J/∂(imaginary part), as in PyTorch.
    theta
        An array of any shape, or a dict, list or tuple of arrays, nested as one likes. The
        functions get it in that structure, with float64 (or complex128) arrays.
    parameters
        Indices into the flattened theta, or how many to draw at random. None: all, or 1,000
        drawn from more; from 10,000 on none, as the directions then find what is wrong.
    directions
        How many random directions, which involve every parameter, are checked besides. If one
        of them is wrong, and ``parameters`` is no list, the wrong parameter is located.
    bounds
        The pair (low, high) of numbers or arrays of theta's shape, None for no bound, or a
        ``scipy.optimize.Bounds``. The cost is never asked outside.
    noise
        The standard deviation of the cost's own randomness, which is granted to equal calls and
        enters every error bar.
    executor
        Any ``concurrent.futures.Executor``; cost and theta must then be picklable. The result
        is the same to the bit, also if a process of a ``ProcessPoolExecutor`` is lost.
    seed
        Of the steps, the directions, and what is drawn.

    Returns
    -------
    GradientCheck
        True if the gradient was confirmed: in every array of parameters at least one slope is
        decided, none is wrong, and nothing that matters is undecided.

    Raises
    ------
    TypeError, ValueError
        If an argument is unusable, shapes do not fit, or the cost fails at theta itself.

    Examples
    --------
    >>> theta = np.array([0.5, -2.0])
    >>> print(check_gradient(lambda t: np.sum(t**3), lambda t: 3 * t**2, theta).outcome)
    right
    >>> check = check_gradient(lambda t: np.sum(t**3), [0.75, 12.00012], theta)
    >>> check.passed, [slope.label for slope in check.wrong if slope.index is not None]
    (False, ['theta[1]'])
    """
    if not callable(cost):
        raise TypeError(f"cost: got {type(cost).__name__}, expected a function of theta")
    tree = Parameters(theta)
    if tree.start.size == 0:
        raise ValueError("theta: got no parameters, expected at least one")
    rng = random_generator(seed)
    draw = 0 if parameters is None and tree.start.size > LARGE and directions else parameters
    chosen = chosen_parameters(draw, tree.start.size, rng)
    count = _direction_count(directions, len(chosen))
    granted = _noise(noise)
    locate = len(chosen) < tree.start.size and (parameters is None or np.ndim(parameters) == 0)
    limits = _bounds(bounds, tree)
    with renewable(executor) as workers:
        box = BlackBox(cost, tree, limits, workers)
        gradients = GradientFunction(cost, gradient, tree)
        return _judged(box, gradients, chosen, count, granted, rng, locate=locate)


def _judged(
    box: BlackBox,
    gradients: GradientFunction,
    chosen: npt.NDArray[np.intp],
    count: int,
    granted: float,
    rng: np.random.Generator,
    *,
    locate: bool,
) -> GradientCheck:
    tree = box.parameters
    repeats, slopes, changed = _repeated(box, gradients, rng, granted)
    problem = Problem(box, tree.start, float(repeats[0]), rng)
    if changed:
        return _nondeterministic(problem, box.calls, changed)
    problem.measure_noise(rng, *([1] if len(chosen) == 0 else []))
    problem.noise = max(problem.noise, granted / problem.unit)
    judge = Judge(problem, slopes, None if gradients.is_fixed else gradients, rng, gradients.unit)
    singles = judge.singles({int(p): tree.label(int(p)) for p in chosen})
    found = Found.by(problem, singles, box.bounds)
    along = judge.along(count, found, tree.label, locate=locate)
    singles += [v for v in judge.beside if v.check.status in ("wrong", "undecided")]
    if locate:
        singles += [v for v in judge.located(along, tree.label) if v.check.index not in chosen]
    if box.weights is not None:
        singles = _by_rows(box, gradients, judge, singles, tree)
    repeats.append(_number(box, tree.start))
    if differ(repeats, NOISE_REPEATS * granted):
        return _nondeterministic(problem, box.calls, _cost_changed(repeats))
    return judge.result(singles, along, box.calls, box.notes(), tree)


def _number(box: BlackBox, theta: Array) -> float:
    value = box.at_theta(theta)
    return float(value if box.weights is None else np.sum(box.weights * np.ravel(value)))


def _repeated(
    box: BlackBox, gradients: GradientFunction, rng: np.random.Generator, granted: float
) -> tuple[list[float], Array, str]:
    """The cost at θ three times, the gradient there, and how equal calls differed, if they did."""
    theta = box.parameters.start
    value = box.at_theta(theta)
    if isinstance(value, np.ndarray):
        gradients.rows = value.shape
        try:
            jacobian = gradients(theta)
        except (TypeError, ValueError):
            raise TypeError(
                f"cost: got ndarray of shape {value.shape}, expected one real number, or "
                f"gradients of shape {(*value.shape, *box.parameters.leaves[0].shape)}"
            ) from None
        size = np.abs(jacobian) @ np.maximum(np.abs(theta), 1.0)
        size = np.maximum(np.nan_to_num(size), np.abs(value.ravel()))
        weights = rng.uniform(0.5, 1.5, size=size.size) * rng.choice([-1.0, 1.0], size=size.size)
        box.weights = gradients.weights = weights / np.where(size > 0.0, size, 1.0)
    repeats = [_number(box, theta)]
    slopes, again = gradients(theta), gradients(theta)
    repeats += [_number(box, theta)]
    if differ(repeats, NOISE_REPEATS * granted):
        return repeats, slopes, _cost_changed(repeats)
    if differ([slopes, again]):
        p = int(np.nanargmax(np.abs(slopes - again)))
        return (
            repeats,
            slopes,
            (
                f"The gradient gave {float(slopes[p])!r} and {float(again[p])!r} "
                f"for {box.parameters.label(p)} of the same theta"
            ),
        )
    return repeats, slopes, ""


def _cost_changed(repeats: list[float]) -> str:
    return f"The cost gave {min(repeats)!r} and {max(repeats)!r} for the same theta"


def _by_rows(
    box: BlackBox,
    gradients: GradientFunction,
    judge: Judge,
    singles: list[Verdict],
    tree: Parameters,
) -> list[Verdict]:
    """The wrong columns of a Jacobian, each as the row of it that is wrong."""
    gradients.weights = None
    jacobian = gradients(tree.start)
    named = []
    for verdict in singles:
        p = verdict.check.index
        if verdict.check.status != "wrong" or p is None or not np.isfinite(verdict.slope.bar):
            named.append(verdict)
            continue
        step = verdict.slope.step
        points = np.array([tree.start, tree.start])
        ends = [
            (verdict.line.move(point, t), box.at_theta(point))[1]
            for point, t in zip(points, (step, -step), strict=True)
        ]
        off = np.abs(jacobian[:, p] - np.ravel(ends[0] - ends[1]) / (2.0 * step))
        assert box.weights is not None
        row = int(np.argmax(off * np.abs(box.weights)))
        unit = np.zeros_like(box.weights)
        unit[row] = 1.0
        values = np.ravel(box.at_theta(tree.start))
        whole, box.weights = box.weights, unit
        problem = Problem(box, tree.start, float(values[row]), judge.rng)
        problem.noise = judge.problem.noise / abs(whole[row])
        place = ", ".join(str(i) for i in np.unravel_index(row, gradients.rows))
        label = f"F[{place}] by {tree.label(p)}"
        single = Judge(problem, jacobian[row], None, judge.rng).singles({p: label})
        box.weights = whole
        named += single if single[0].check.status == "wrong" else [verdict]
    return named


def chosen_parameters(
    parameters: Chosen, size: int, rng: np.random.Generator
) -> npt.NDArray[np.intp]:
    """The indices that are checked one by one."""
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


def _noise(noise: Any) -> float:
    if noise is None:
        return 0.0
    if isinstance(noise, bool) or not isinstance(noise, int | float | np.number):
        raise TypeError(f"noise: got {type(noise).__name__}, expected a number")
    if not 0.0 <= noise < np.inf:
        raise ValueError(f"noise: got {noise}, expected a finite number ≥ 0")
    return float(noise)


def _bounds(bounds: Any, tree: Parameters) -> Array | None:
    """The least and the largest θ, (2, P); None where there are no bounds."""
    if bounds is None:
        return None
    if hasattr(bounds, "lb") and hasattr(bounds, "ub"):  # scipy.optimize.Bounds
        bounds = (bounds.lb, bounds.ub)
    if not isinstance(bounds, tuple | list) or len(bounds) != 2:
        raise TypeError(f"bounds: got {type(bounds).__name__}, expected the pair (low, high)")
    sides = [
        _side(side, missing, tree) for side, missing in zip(bounds, (-np.inf, np.inf), strict=True)
    ]
    limits = np.array(sides)
    if np.any(tree.start < limits[0]) or np.any(tree.start > limits[1]):
        p = int(np.argmax((tree.start < limits[0]) | (tree.start > limits[1])))
        raise ValueError(
            f"bounds: got {limits[0][p]:g} to {limits[1][p]:g} for {tree.label(p)}, "
            f"which is {tree.start[p]:g}"
        )
    return limits


def _side(side: Any, missing: float, tree: Parameters) -> Array:
    if side is None:
        return np.full(tree.start.size, missing)
    try:
        if np.ndim(side) == 0:
            return np.full(tree.start.size, float(side))
        return tree.flatten(side)[0]
    except (TypeError, ValueError):
        raise ValueError("bounds: expected two numbers, or two of theta's shape") from None


def _nondeterministic(problem: Problem, calls: int, what: str) -> GradientCheck:
    note = f"{what}: fix its random numbers (dropout, mini-batches, noise) and check again."
    return GradientCheck(
        problem.value, 0.0, [], [], None, problem.theta.size, calls, [note], nondeterministic=True
    )
