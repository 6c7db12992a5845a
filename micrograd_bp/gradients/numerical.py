"""Differences of the cost alone: no derivative is written anywhere in this file."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..network.sigmoid import SigmoidNetwork, reshape
from ..support.executors import ordered_map
from ..support.validation import Array, parameter_indices, random_generator, regularization
from .result import Gradient

__all__ = ["SCHEMES", "numerical_gradient"]

SCHEMES = ("two-sided", "one-sided", "complex-step")
COMPLEX_STEP = 1e-20  # there is no subtraction, so the step only has to keep ε² below rounding
LARGEST_EXPONENT = 709.0  # e⁷¹⁰ overflows
BLOCK_NUMBERS = 2**16  # numbers in the largest array of a block: 0.5 MB, three fit a core's cache
BLOCK_EXAMPLES = 2**9
TASK_NUMBERS = 2**24  # values of units that one task computes for each step: a fifth of a second


def numerical_gradient(
    net: SigmoidNetwork,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    lambda_: float = 0.0,
    epsilon: float = 1e-4,
    scheme: str = "two-sided",
    parameters: Sequence[int] | npt.NDArray[np.intp] | int | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
    *,
    seed: int | np.random.Generator = 0,
) -> Gradient:
    """The gradient of J estimated from values of J alone.

    ``scheme`` is "two-sided", (J(θ+ε) − J(θ−ε)) / 2ε, "one-sided", (J(θ+ε) − J(θ)) / ε, or
    "complex-step", Im J(θ+iε) / ε with ε = 1e-20 whatever ``epsilon`` is. ``parameters`` are
    the indices into ``net.theta`` to estimate, or how many to draw at random with ``seed``
    (None: all); the others are NaN. ``executor`` spreads the work, with the same result to the
    last bit; ``progress(done, total)`` is called as parameters are done.
    Raises ValueError for data that do not fit, an unknown scheme, index or step.

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
    size = net.theta.size
    if parameters is None:
        indices = np.arange(size)
    else:
        indices = parameter_indices(parameters, size, random_generator(seed))
    started = time.perf_counter()
    steps = {
        "two-sided": (epsilon, -epsilon),
        "one-sided": (epsilon,),
        "complex-step": (1j * COMPLEX_STEP,),
    }[scheme]
    base = net.cost(X, Y, lambda_)
    estimate = np.full(size, np.nan)
    tasks = list(_tasks(net, X, Y, lambda_, indices, steps))
    done = 0
    for task, costs in zip(tasks, ordered_map(executor, _Moves.costs, zip(tasks)), strict=True):
        if scheme == "two-sided":
            plus, minus = costs
            estimate[task.indices] = (plus - minus) / (2.0 * epsilon)
        elif scheme == "one-sided":
            estimate[task.indices] = (costs[0] - base) / epsilon
        else:
            estimate[task.indices] = costs[0].imag / COMPLEX_STEP
        done += len(task.indices)
        if progress is not None:
            progress(done, len(indices))
    seconds = time.perf_counter() - started
    D = reshape(estimate, net.shapes)
    return Gradient("numerical", base, D, None, seconds, None if parameters is None else indices)


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

    def losses(self, change: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Sums over units and examples (the first and last axis); overwrites ``change``.

        Raises FloatingPointError if a step led so far that the exponential overflows.
        """
        linear = self.linear.sum(axis=(0, 2)) + np.einsum("kpe,kpe->p", self.slope, change)
        change *= self.side
        change += self.tail
        with np.errstate(over="raise"):
            np.exp(change, out=change)
        np.log1p(change, out=change)
        return np.asarray(linear + change.sum(axis=-1).sum(axis=0))

    def moved(self, change: npt.NDArray[Any]) -> _Output:
        """The same beside z', however far that is."""
        return _Output.at(self.side * self.tail + change, (self.side < 0) - self.slope)


@dataclass(slots=True)
class _Moves:
    """Some weights of one Θ⁽ˡ⁾, to be moved one at a time, and all that their moves can change.

    A weight θ_ij⁽ˡ⁾ changes z_i⁽ˡ⁺¹⁾ by its step times a_j⁽ˡ⁾, and so one unit of layer l+1; then
    every unit of the layers after it. What it leaves alone is kept from one forward pass.
    Arrays are (units, examples).
    """

    indices: npt.NDArray[np.intp]  # (p,) into theta
    theta: Array  # (p,) the weights themselves
    units: npt.NDArray[np.intp]  # (p,) i − 1
    columns: npt.NDArray[np.intp]  # (p,) rows of ``factors``
    factors: Array  # a_j⁽ˡ⁾ for each column j that occurs; 1 for the bias unit
    z: list[Array]  # z⁽ˡ⁺¹⁾ and the weighted inputs of the layers behind it, at θ itself
    a: list[Array]  # likewise the activations
    after: list[Array]  # Θ⁽ˡ⁺¹⁾ and the weights behind it
    output: _Output
    losses: Array  # (K,) Σ over the examples at θ itself
    penalty: float  # Σ θ² at θ itself
    regularized: npt.NDArray[np.bool_]  # (p,) not of a bias unit
    lambda_: float
    steps: tuple[complex, ...]

    def costs(self) -> list[npt.NDArray[Any]]:
        """J with each weight moved by each step: for each step an array (p,)."""
        m = self.a[0].shape[1]
        costs = []
        for step in self.steps:
            moved = self.theta + step
            squares = self.regularized * (moved * moved - self.theta * self.theta)
            penalty = self.lambda_ / (2.0 * m) * (self.penalty + squares)
            costs.append(self._losses(moved - self.theta) / m + penalty)
        return costs

    def _losses(self, steps: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Σ of the examples' costs with each weight moved by its step, in blocks."""
        m = self.a[0].shape[1]
        widest = max((len(Theta) for Theta in self.after), default=1)
        examples = math.ceil(m / math.ceil(m / BLOCK_EXAMPLES))  # blocks of nearly equal size
        size = max(1, BLOCK_NUMBERS // (examples * widest))
        total = np.zeros_like(steps)
        # memory that stays in the cache, for the changes of one block after the other
        room = np.empty((len(self.after[0]) if self.after else 0, size, examples), steps.dtype)
        if not self.after:  # the other output units keep theirs
            total += self.losses.sum() - self.losses[self.units]
        for first in range(0, m, examples):
            e = slice(first, first + examples)
            for start in range(0, len(steps), size):
                p = slice(start, start + size)
                # every output unit for each weight, or for each weight its own
                rows = (
                    np.s_[:, np.newaxis, e] if self.after else np.s_[np.newaxis, self.units[p], e]
                )
                output = self.output[rows]
                try:
                    total[p] += output.losses(self._change(steps[p], p, e, room))
                except FloatingPointError:
                    change = self._change(steps[p], p, e, room)
                    total[p] += output.moved(change).losses(np.zeros_like(change))
        return total

    def _change(
        self, steps: npt.NDArray[Any], p: slice, e: slice, room: npt.NDArray[Any]
    ) -> npt.NDArray[Any]:
        """By how much the output layer's weighted inputs change, (K, p, e) or (1, p, e)."""
        units = self.units[p]
        change = self.factors[self.columns[p], e] * steps[:, np.newaxis]
        if not self.after:
            return np.asarray(change[np.newaxis])
        change += self.z[0][units, e]
        change = _sigmoid(change)
        change -= self.a[0][units, e]
        weights = self.after[0][:, 1 + units, np.newaxis]
        change = np.multiply(weights, change, out=room[:, : len(change), : change.shape[1]])
        for Theta, z, a in zip(self.after[1:], self.z[1:], self.a[1:], strict=False):
            change += z[:, np.newaxis, e]
            moved = _sigmoid(change)
            moved -= a[:, np.newaxis, e]
            flat = Theta[:, 1:] @ moved.reshape(len(moved), -1)
            change = flat.reshape(len(Theta), *moved.shape[1:])
        return np.asarray(change)


def _tasks(
    net: SigmoidNetwork,
    X: Array,
    Y: Array,
    lambda_: float,
    indices: npt.NDArray[np.intp],
    steps: tuple[complex, ...],
) -> Iterator[_Moves]:
    """The chosen parameters, layer by layer, in portions of about TASK_NUMBERS."""
    z: list[Array] = []
    a = [np.ascontiguousarray(X.T)]
    for Theta in net.thetas:
        z.append(Theta[:, 1:] @ a[-1] + Theta[:, :1])
        a.append(_sigmoid(z[-1]))
    output = _Output.at(z[-1], np.ascontiguousarray(Y.T))
    losses = output[np.newaxis].losses(np.zeros((1, *z[-1].shape)))
    penalty = sum(float(np.sum(Theta[:, 1:] ** 2)) for Theta in net.thetas)
    offset = 0
    for l, Theta in enumerate(net.thetas):
        chosen = indices[(indices >= offset) & (indices < offset + Theta.size)]
        size = max(1, TASK_NUMBERS // (len(X) * (1 + sum(net.sizes[l + 2 :]))))
        for start in range(0, len(chosen), size):
            portion = chosen[start : start + size]
            j, i = np.divmod(portion - offset, len(Theta))
            columns, places = np.unique(j, return_inverse=True)
            yield _Moves(
                indices=portion,
                theta=Theta[i, j],
                units=i,
                columns=places,
                factors=np.stack([np.ones(len(X)) if k == 0 else a[l][k - 1] for k in columns]),
                z=z[l:],
                a=a[l + 1 :],
                after=net.thetas[l + 1 :],
                output=output,
                losses=losses,
                penalty=penalty,
                regularized=j > 0,
                lambda_=lambda_,
                steps=steps,
            )
        offset += Theta.size


def _sigmoid(z: npt.NDArray[Any]) -> npt.NDArray[Any]:
    e = np.negative(z)
    np.minimum(e, LARGEST_EXPONENT, out=e)  # for complex z it compares the real parts
    np.exp(e, out=e)
    e += 1.0
    return np.asarray(np.divide(1.0, e, out=e))
