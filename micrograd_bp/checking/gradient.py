"""Judge anyone's gradient: a verdict for each parameter, with an error bar and no fixed tolerance.

A parameter is wrong only if its analytic slope lies outside the error bar of the numerical one,
at every step that rounding noise lets speak, on two ladders of steps. Where the bar is wider
than the gradient the parameter is undecided, and at a kink any slope between the left and the
right one is accepted. Neither says "wrong".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..support.validation import Array, finite_array, parameter_indices, random_generator
from .blackbox import BlackBox, detached, differ, gradient_function
from .lines import Problem, check_of, rounding_of
from .result import GradientCheck

__all__ = ["check_gradient"]

Parameters = Sequence[int] | npt.NDArray[np.intp] | int | None

MOST_PARAMETERS = 1000  # checked one by one unless ``parameters`` says otherwise
DIRECTIONS = 3


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
    chosen = chosen_parameters(parameters, start.size, rng)
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
    return check_of(problem, checked, probe.calls, probe.notes())


def chosen_parameters(
    parameters: Parameters, size: int, rng: np.random.Generator
) -> npt.NDArray[np.intp]:
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
