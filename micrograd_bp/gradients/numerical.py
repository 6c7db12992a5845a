"""Differences of the cost alone: no derivative is written anywhere in this file."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np
import numpy.typing as npt

from ..network import Array, SigmoidNetwork, regularization, reshape
from .result import Gradient

__all__ = ["SCHEMES", "numerical_gradient"]

SCHEMES = ("two-sided", "one-sided", "complex-step")
COMPLEX_STEP = 1e-20  # there is no subtraction, so the step only has to keep ε² below rounding
BLOCK_NUMBERS = 2**18  # numbers in the largest array of a block: 2 MB, about a core's cache


def numerical_gradient(
    net: SigmoidNetwork,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    lambda_: float = 0.0,
    epsilon: float = 1e-4,
    scheme: str = "two-sided",
    parameters: Sequence[int] | npt.NDArray[np.intp] | int | None = None,
    *,
    seed: int | np.random.Generator = 0,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Gradient:
    """The gradient of J estimated from values of J alone.

    ``scheme`` is "two-sided", (J(θ+ε) − J(θ−ε)) / 2ε, "one-sided", (J(θ+ε) − J(θ)) / ε, or
    "complex-step", Im J(θ+iε) / ε with ε = 1e-20 whatever ``epsilon`` is. ``parameters`` are
    the indices into ``net.theta`` to estimate, or how many to draw at random with ``seed``
    (None: all); the others are NaN. ``progress(done, total)`` is called as parameters are done.
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
    theta = net.theta
    indices = _chosen(parameters, theta.size, seed)
    started = time.perf_counter()
    estimate = np.full(theta.size, np.nan)
    widest = max(max(net.sizes) * len(X), theta.size)
    size = max(1, BLOCK_NUMBERS // widest)
    base = net.cost(X, Y, lambda_)
    for start in range(0, len(indices), size):
        block = indices[start : start + size]
        if scheme == "two-sided":
            plus = _costs(net, _moved(theta, block, epsilon), X, Y, lambda_)
            minus = _costs(net, _moved(theta, block, -epsilon), X, Y, lambda_)
            estimate[block] = (plus - minus) / (2.0 * epsilon)
        elif scheme == "one-sided":
            plus = _costs(net, _moved(theta, block, epsilon), X, Y, lambda_)
            estimate[block] = (plus - base) / epsilon
        else:
            moved = _moved(theta, block, 1j * COMPLEX_STEP)
            estimate[block] = _costs(net, moved, X, Y, lambda_).imag / COMPLEX_STEP
        if progress is not None:
            progress(min(start + size, len(indices)), len(indices))
    seconds = time.perf_counter() - started
    D = reshape(estimate, net.shapes)
    return Gradient("numerical", base, D, None, seconds, None if parameters is None else indices)


def _chosen(
    parameters: Sequence[int] | npt.NDArray[np.intp] | int | None,
    count: int,
    seed: int | np.random.Generator,
) -> npt.NDArray[np.intp]:
    if parameters is None:
        return np.arange(count)
    if isinstance(parameters, (int, np.integer)):
        if not parameters >= 1:
            raise ValueError(f"parameters: got {parameters}, expected at least 1")
        rng = np.random.default_rng(seed)
        return np.sort(rng.choice(count, size=min(int(parameters), count), replace=False))
    indices = np.asarray(parameters)
    if indices.ndim != 1 or not np.issubdtype(indices.dtype, np.integer):
        raise TypeError("parameters: expected indices, or how many to sample")
    if indices.size == 0 or indices.min() < 0 or indices.max() >= count:
        raise ValueError(f"parameters: got {indices.tolist()}, expected indices 0 to {count - 1}")
    return np.asarray(np.unique(indices), dtype=np.intp)


def _moved(theta: Array, block: npt.NDArray[np.intp], step: complex) -> npt.NDArray[Any]:
    """Copies of θ, one a row, each with one parameter moved by ``step``."""
    moved = np.tile(theta.astype(type(step)), (len(block), 1))
    moved[np.arange(len(block)), block] += step
    return moved


def _costs(
    net: SigmoidNetwork, moved: npt.NDArray[Any], X: Array, Y: Array, lambda_: float
) -> npt.NDArray[Any]:
    """J at each row of ``moved``, real or complex."""
    m = len(X)
    a: npt.NDArray[Any] = X
    penalty = np.zeros(len(moved), dtype=moved.dtype)
    start = 0
    for rows, columns in net.shapes:
        flat = moved[:, start : start + rows * columns]
        Theta = flat.reshape(-1, columns, rows)  # [p, j, i]: each Θ stands transposed
        start += rows * columns
        z = a @ Theta[:, 1:] + Theta[:, :1]
        sign = np.where(z.real >= 0, 1.0, -1.0)
        e = np.exp(-sign * z)
        a = np.where(sign > 0, 1.0, e) / (1.0 + e)
        penalty += np.sum(Theta[:, 1:] ** 2, axis=(1, 2))
    # −log g(z) and −log(1 − g(z)) in the form that stays finite
    loss = np.log1p(e) + Y * np.where(sign < 0, -z, 0.0) + (1.0 - Y) * np.where(sign > 0, z, 0.0)
    return np.asarray(loss.sum(axis=(1, 2)) / m + lambda_ / (2.0 * m) * penalty)
