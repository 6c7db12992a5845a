"""The numerical estimate of a network's gradient, fast: only what a parameter moves is computed.

No derivative is written anywhere in this file. The estimate itself, a loop over the parameters,
is in ``numerical.py``; every estimate made here is held against that loop on a few parameters.
Forward pass and cost are written out here twice more, plainly and for the parts that a moved
weight changes, so that nothing is shared with the other two methods.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..network.sigmoid import SigmoidNetwork, reshape
from ..support.executors import ordered_map
from ..support.threads import thread_pool
from ..support.validation import Array, parameter_indices, random_generator, regularization
from .numerical import COMPLEX_STEP, SCHEMES, estimate
from .result import Gradient

__all__ = ["numerical_gradient"]

UNIT_ROUNDOFF = 2.0**-53
CONFIRMED_PARAMETERS = 3  # of each estimate, by the plain loop
LARGEST_EXPONENT = 709.0  # e⁷¹⁰ overflows
BLOCK_NUMBERS = 2**17  # numbers in the largest array of a block: 1 MB, a core's cache
BLOCK_EXAMPLES = 2**8
TASK_NUMBERS = 2**24  # values of units that one task computes for each step: a fifth of a second


@np.errstate(over="ignore", invalid="ignore")  # an absurd step has absurd costs
def numerical_gradient(
    net: SigmoidNetwork,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    lambda_: float = 0.0,
    epsilon: float = 1e-4,
    *,
    scheme: str = "two-sided",
    parameters: Sequence[int] | npt.NDArray[np.intp] | int | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
    seed: int | np.random.Generator = 0,
) -> Gradient:
    """The gradient of J estimated from values of J alone.

    Parameters
    ----------
    net, X, Y, lambda_
        X (m, s_1); Y one-hot (m, K), class indices (m,), or 0/1 (m,) for a single output; λ ≥ 0.
    epsilon
        The step ε > 0.
    scheme
        "two-sided", (J(θ+ε) − J(θ−ε)) / 2ε, "one-sided", (J(θ+ε) − J(θ)) / ε, or
        "complex-step", Im J(θ+iε) / ε with ε = 1e-20 whatever ``epsilon`` is.
    parameters
        The indices into ``net.theta`` to estimate, or how many to draw at random with ``seed``
        (None: all); the others are NaN.
    executor
        Spreads the work, with the same bits; None takes the cores of this machine.
    progress
        ``progress(done, total)`` is called as parameters are done.

    Raises
    ------
    ValueError, TypeError
        For data that do not fit, an unknown scheme, index or step.
    RuntimeError
        If a parameter that the plain loop computes as well differs by more than J's rounding.

    Notes
    -----
    The error of "two-sided" is about ε²/6 |J'''| (truncation) + 2⁻⁵³ |J| / ε (rounding).

    Examples
    --------
    >>> net = SigmoidNetwork([2, 1], init="zeros")
    >>> numerical_gradient(net, [[1.0, 2.0]], [1]).D[0].round(6)
    array([[-0.5, -0.5, -1. ]])
    """
    X, Y = net.data(X, Y)
    lambda_ = regularization(lambda_)
    if scheme not in SCHEMES:
        raise ValueError(f"scheme: got {scheme!r}, expected one of {', '.join(SCHEMES)}")
    if not (np.isfinite(epsilon) and epsilon > 0):
        raise ValueError(f"epsilon: got {epsilon}, expected a number > 0")
    theta = net.theta
    indices = np.arange(theta.size)
    if parameters is not None:
        indices = parameter_indices(parameters, theta.size, random_generator(seed))
    started = time.perf_counter()
    J = _Cost(net.shapes, X, Y, lambda_)
    base = float(J(theta))
    gradient = np.full(theta.size, np.nan)
    done = 0
    with nullcontext(executor) if executor is not None else thread_pool() as workers:
        for places, part in _estimates(net, J, base, indices, epsilon, scheme, workers):
            gradient[places] = part
            done += len(places)
            if progress is not None:
                progress(done, len(indices))
    some = np.linspace(0, len(indices) - 1, min(len(indices), CONFIRMED_PARAMETERS))
    _confirm(J, net, gradient, epsilon, scheme, indices[some.astype(np.intp)])
    seconds = time.perf_counter() - started
    D = reshape(gradient, net.shapes)
    return Gradient("numerical", base, D, None, seconds, None if parameters is None else indices)


def _estimates(
    net: SigmoidNetwork,
    J: _Cost,
    base: float,
    indices: npt.NDArray[np.intp],
    epsilon: float,
    scheme: str,
    executor: Executor | None,
) -> Iterator[tuple[npt.NDArray[np.intp], Array]]:
    """The estimates of some parameters after the other, as they are done."""
    steps: tuple[complex, ...] = (epsilon, -epsilon) if scheme == "two-sided" else (epsilon,)
    if scheme == "complex-step":
        steps = (1j * COMPLEX_STEP,)
    problem = _Problem(net, J, steps)
    tasks = list(problem.tasks(indices))
    done = ordered_map(executor, _Problem.costs, tasks, shared=(problem,))
    for (_, places), costs in zip(tasks, done, strict=True):
        if scheme == "two-sided":
            plus, minus = costs
            yield places, (plus - minus) / (2.0 * epsilon)
        elif scheme == "one-sided":
            yield places, (costs[0] - base) / epsilon
        else:
            yield places, costs[0].imag / COMPLEX_STEP


class _Cost:
    """J(θ) of an unrolled θ (P,), real or complex, and how far rounding can move it."""

    def __init__(
        self, shapes: Sequence[tuple[int, ...]], X: Array, Y: Array, lambda_: float
    ) -> None:
        self.shapes, self.X, self.Y, self.lambda_ = shapes, X, Y, lambda_

    def matrices(self, theta: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        pieces = np.split(theta, np.cumsum([math.prod(shape) for shape in self.shapes])[:-1])
        return [p.reshape(s, order="F") for p, s in zip(pieces, self.shapes, strict=True)]

    def __call__(self, theta: npt.NDArray[Any]) -> Any:
        thetas, m = self.matrices(theta), len(self.X)
        a: npt.NDArray[Any] = self.X
        for Theta in thetas:
            z = a @ Theta[:, 1:].T + Theta[:, 0]
            a = _sigmoid(z)
        # −y log g(z) − (1 − y) log(1 − g(z)), as in _Output
        positive = z.real >= 0
        losses = np.log1p(np.exp(np.where(positive, -z, z))) + (positive - self.Y) * z
        penalty = sum(np.sum(Theta[:, 1:] ** 2) for Theta in thetas)
        return losses.sum() / m + self.lambda_ / (2.0 * m) * penalty

    def rounding(self, theta: npt.NDArray[Any], x: Array, cost: float) -> tuple[float, float]:
        """How far rounding can move J, and Im J / ε for a complex θ: Higham (2002), section 3.

        A sum of n products carries n u Σ|products|, a function f of z |f'| E(z) + 4u |f|. Here
        0 ≤ a ≤ 1, g' ≤ ¼, |g''| ≤ g' and |h − y| ≤ 1, so that one row of ``x`` (s_1,) serves:
        mean |x| bounds the first number, and max |x| both. ``cost`` is |J|.
        """
        u, m = UNIT_ROUNDOFF, len(self.X)
        units, error = np.append(1.0, x), np.zeros(len(x) + 1)
        slope, slope_error = np.zeros_like(error), np.zeros_like(error)  # of da/dθ_p
        for Theta in self.matrices(theta):
            n, weights, moved = Theta.shape[1], np.abs(Theta.real), np.abs(Theta.imag)
            moved = moved / COMPLEX_STEP
            error_z = weights @ (error + n * u * units)
            slope_z = weights @ slope + moved @ units
            slope_error_z = weights @ (slope_error + n * u * slope)
            slope_error_z += moved @ (error + n * u * units)
            units, error = np.ones(len(Theta) + 1), np.append(0.0, error_z / 4.0 + 4.0 * u)
            slope = np.append(0.0, slope_z / 4.0)
            slope_error = np.append(0.0, slope_error_z / 4.0 + slope_z * (error[1:] + u))
        terms = m + len(error_z) + (theta.size if self.lambda_ else 0)
        total = error_z.sum() + terms * u * cost
        change = slope_error_z.sum() + slope_z @ (error[1:] + terms * u)
        penalty = 4.0 * u * self.lambda_ / m * np.abs(theta.real).max()
        return float(total), float(change + penalty)


def _confirm(
    J: _Cost,
    net: SigmoidNetwork,
    gradient: Array,
    epsilon: float,
    scheme: str,
    parameters: npt.NDArray[np.intp],
) -> None:
    """Hold some parameters of an estimate against the plain loop: RuntimeError if they differ."""
    theta, size, values = net.theta, np.abs(J.X), [0.0]

    def cost(theta: npt.NDArray[Any]) -> Any:
        value = J(theta)
        values.append(abs(value.real))
        return value

    plain = estimate(cost, theta, epsilon, scheme, parameters.tolist())
    for p in parameters.tolist():
        e_p = np.arange(theta.size) == p
        moved = theta + epsilon * e_p
        ends, x, divisor, which = [moved, theta], size.mean(axis=0), epsilon, 0
        if scheme == "two-sided":
            ends, divisor = [moved, theta - epsilon * e_p], 2.0 * epsilon
        elif scheme == "complex-step":
            ends, x, divisor, which = [theta + 1j * COMPLEX_STEP * e_p], size.max(axis=0), 1.0, 1
        bounds = [J.rounding(end, x, max(values))[which] for end in ends]
        explained = 2.0 * sum(bounds) / divisor  # the same values of J here and there
        if not explained < np.inf:
            raise ValueError(f"epsilon: got {epsilon:g}, too large a step: J(θ ± ε) overflows")
        if not abs(gradient[p] - plain[p]) <= explained:
            raise RuntimeError(
                f"numerical: at {net.parameter_name(p)} the fast estimate {gradient[p]:.17g} "
                f"contradicts the plain loop's {plain[p]:.17g}; rounding explains {explained:.1g}"
            )


@dataclass(slots=True)
class _Output:
    """The loss of output units as a function of the change of their weighted inputs z.

    The loss −y log g(z') − (1 − y) log(1 − g(z')) is (1 − y) z' + log(1 + e^(−z')), and just as
    well −y z' + log(1 + e^(z')): the first is exact where z ≥ 0, the second where z < 0, and so
    after a small step from there. Arrays are (units, examples), or any that suit the changes.
    """

    side: npt.NDArray[Any]  # of z' in the exponent: −1 or 1
    slope: npt.NDArray[Any]  # of the linear term: 1 − y or −y
    tail: npt.NDArray[Any]  # the exponent at z
    linear: npt.NDArray[Any]  # the linear term at z

    @classmethod
    def at(cls, z: npt.NDArray[Any], y: Array) -> _Output:
        side = np.where(z.real >= 0, -1.0, 1.0)
        slope = (side < 0) - y
        return cls(side, slope, side * z, slope * z)

    def __getitem__(self, rows: Any) -> _Output:
        return _Output(self.side[rows], self.slope[rows], self.tail[rows], self.linear[rows])

    def losses(self, change: npt.NDArray[Any], linear: Any) -> npt.NDArray[Any]:
        """Sums over units and examples (the first and last axis); overwrites ``change``.

        ``linear`` is the sum of the linear terms' changes. Raises FloatingPointError if a step
        led so far that the exponential overflows.
        """
        change *= self.side
        change += self.tail
        with np.errstate(over="raise"):
            np.exp(change, out=change)
            logs = np.log1p(_product(change))
        return np.asarray(self.linear.sum(axis=(0, 2)) + linear + logs.sum(axis=-1).sum(axis=0))

    def moved(self, change: npt.NDArray[Any]) -> _Output:
        """The same beside z', however far that is."""
        return _Output.at(self.side * self.tail + change, (self.side < 0) - self.slope)


def _product(e: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Π (1 + e) − 1 over the first axis, or over 512 of it: one logarithm serves for as many.

    (1 + a)(1 + b) − 1 = a + b + ab, without a subtraction, and in a tree: three roundings for
    each halving, fewer than a sum of the logarithms has terms. No more than 2⁵¹² if e ≤ 1.
    """
    for _ in range(9):
        half = len(e) // 2
        a, b = e[:half], e[len(e) - half :]
        both = a * b
        a += b
        a += both
        e = e[: len(e) - half]
    return e


class _Problem:
    """A network on its examples, to be looked at with one weight moved at a time.

    A weight θ_ij⁽ˡ⁾ changes z_i⁽ˡ⁺¹⁾ by its step times a_j⁽ˡ⁾, and so one unit of layer l+1; then
    every unit of the layers after it. What it leaves alone is kept from one forward pass, and sent
    once to each process that takes part. Arrays are (units, examples); layers count from 0.
    """

    def __init__(self, net: SigmoidNetwork, J: _Cost, steps: tuple[complex, ...]) -> None:
        self.thetas, self.lambda_, self.steps = net.thetas, J.lambda_, steps
        self.z: list[Array] = []  # of the layers behind the first
        self.units = [_with_bias(J.X.T)]  # [1; a]
        for Theta in self.thetas:
            self.z.append(Theta @ self.units[-1])
            self.units.append(_with_bias(_sigmoid(self.z[-1])))
        self.output = _Output.at(self.z[-1], np.ascontiguousarray(J.Y.T))
        at_rest = self.output[np.newaxis]
        self.losses = at_rest.losses(np.zeros((1, *self.z[-1].shape)), 0.0)  # (K,)
        # what the linear terms change by, for each unit below the output that does
        self.below = self.thetas[-1].T @ self.output.slope
        self.penalty = sum(float(np.sum(Theta[:, 1:] ** 2)) for Theta in self.thetas)
        self.ends = np.cumsum([0, *(Theta.size for Theta in self.thetas)])

    def tasks(self, indices: npt.NDArray[np.intp]) -> Iterator[tuple[int, npt.NDArray[np.intp]]]:
        """Layers and some of the chosen parameters, in portions of about TASK_NUMBERS."""
        m = self.z[0].shape[1]
        for l in range(len(self.thetas)):
            chosen = indices[(indices >= self.ends[l]) & (indices < self.ends[l + 1])]
            size = max(1, TASK_NUMBERS // (m * (1 + sum(map(len, self.thetas[l + 1 :])))))
            for start in range(0, len(chosen), size):
                yield l, chosen[start : start + size]

    @np.errstate(over="ignore", invalid="ignore")  # in a thread of its own
    def costs(self, l: int, indices: npt.NDArray[np.intp]) -> list[npt.NDArray[Any]]:
        """J with each of some weights of Θ⁽ˡ⁾ moved by each step: for each step an array (p,)."""
        m = self.z[0].shape[1]
        j, i = np.divmod(indices - self.ends[l], len(self.thetas[l]))
        theta = self.thetas[l][i, j]
        costs = []
        for step in self.steps:
            moved = theta + step
            squares = np.where(j > 0, moved * moved - theta * theta, 0.0)  # none of the bias unit
            penalty = self.lambda_ / (2.0 * m) * (self.penalty + squares)
            costs.append(self._losses(l, i, j, moved - theta) / m + penalty)
        return costs

    def _losses(self, l: int, i: Any, j: Any, steps: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Σ of the examples' costs with each weight moved by its step, in blocks."""
        m, after = self.z[0].shape[1], self.thetas[l + 1 :]
        widest = max(map(len, after), default=1)
        examples = math.ceil(m / math.ceil(m / BLOCK_EXAMPLES))  # blocks of nearly equal size
        size = max(1, BLOCK_NUMBERS // (examples * widest))
        # memory that stays in the cache, for the changes of one block after the other
        room = np.empty((len(after[0]) if after else 0, size, examples), steps.dtype)
        total = np.zeros_like(steps)
        if not after:  # the other output units keep theirs
            total += self.losses.sum() - self.losses[i]
        for first in range(0, m, examples):
            e = slice(first, first + examples)
            for start in range(0, len(steps), size):
                p = slice(start, start + size)
                weights = l, i[p], j[p], steps[p], e, room
                # every output unit for each weight, or for each weight its own
                output = self.output[
                    np.s_[:, np.newaxis, e] if after else np.s_[np.newaxis, i[p], e]
                ]
                try:
                    total[p] += output.losses(*self._change(*weights))
                except FloatingPointError:
                    change, _ = self._change(*weights)
                    total[p] += output.moved(change).losses(np.zeros_like(change), 0.0)
        return total

    def _change(
        self, l: int, i: Any, j: Any, steps: npt.NDArray[Any], e: slice, room: npt.NDArray[Any]
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """The changes of the output's weighted inputs, (K, p, e) or (1, p, e), and (p,) of Σ."""
        change = self.units[l][j, e] * steps[:, np.newaxis]
        if l + 1 == len(self.thetas):
            return change[np.newaxis], _dot(self.output.slope[i, e], change)
        change += self.z[l][i, e]
        change = _sigmoid(change)
        change -= self.units[l + 1][1 + i, e]
        weights = self.thetas[l + 1][:, 1 + i, np.newaxis]
        linear = _dot(self.below[1 + i, e], change) if l + 2 == len(self.thetas) else None
        change = np.multiply(weights, change, out=room[:, : len(change), : change.shape[1]])
        for Theta, z, units in zip(
            self.thetas[l + 2 :], self.z[l + 1 :], self.units[l + 2 :], strict=False
        ):
            change += z[:, np.newaxis, e]
            moved = _sigmoid(change)
            moved -= units[1:, np.newaxis, e]
            flat = Theta[:, 1:] @ moved.reshape(len(moved), -1)
            change = flat.reshape(len(Theta), *moved.shape[1:])
        if linear is None:
            linear = _dot(self.output.slope[:, np.newaxis, e], change).sum(axis=0)
        return change, linear


def _dot(slope: npt.NDArray[Any], change: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Σ over the examples, the last axis, of a linear term's change."""
    return np.asarray(np.einsum("...e,...e->...", slope, change))


def _with_bias(a: Array) -> Array:
    return np.vstack([np.ones(a.shape[1]), a])


def _sigmoid(z: npt.NDArray[Any]) -> npt.NDArray[Any]:
    e = np.negative(z)
    np.minimum(e, LARGEST_EXPONENT, out=e)  # for complex z it compares the real parts
    np.exp(e, out=e)
    e += 1.0
    return np.asarray(np.divide(1.0, e, out=e))
