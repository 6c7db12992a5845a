"""What a user hands in, checked at the door: arrays, λ, seeds and the indices of parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "Array",
    "all_finite",
    "finite_array",
    "finite_number",
    "parameter_indices",
    "random_generator",
    "real_array",
    "regularization",
]

Array = npt.NDArray[np.float64]


def real_array(name: str, values: npt.ArrayLike) -> Array:
    """``values`` as a float64 array, which may hold NaN; one line of TypeError if they are not.

    Text, dates, durations, complex numbers and Python objects are no real numbers, even where
    NumPy could convert them. A truth value counts as 0 or 1.
    """
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "biuf" and array.size:
            raise TypeError
        array = array.astype(np.float64, copy=False)
    except (TypeError, ValueError, RuntimeError):  # RuntimeError: a tensor that requires grad
        raise TypeError(f"{name}: got {_kind(values)} that is no array of real numbers") from None
    return array


def finite_array(name: str, values: npt.ArrayLike) -> Array:
    """``real_array`` of finite numbers; one line of ValueError if they are not."""
    array = real_array(name, values)
    if not all_finite(array):
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        where = f" at {list(place)}" if place else ""
        raise ValueError(f"{name}: got {array[place]}{where}, expected finite numbers")
    return array


def finite_number(name: str, number: Any) -> float:
    """A real number as a float; TypeError if it is none, ValueError if it is not finite."""
    if not isinstance(number, Real):
        raise TypeError(f"{name}: got {type(number).__name__}, expected a real number")
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{name}: got {value}, expected a finite number")
    return value


def all_finite(array: Array) -> bool:
    """Whether Σ x is finite, in one pass and one thread; where it overflows, one by one."""
    with np.errstate(all="ignore"):
        return math.isfinite(array.sum()) or bool(np.all(np.isfinite(array)))


def _kind(values: object) -> str:
    """What ``values`` is, for the message: its type, and an array's type of elements."""
    dtype = getattr(values, "dtype", None)
    return type(values).__name__ + ("" if dtype is None else f" of type {dtype}")


def random_generator(seed: int | np.random.Generator | None) -> np.random.Generator:
    """numpy's generator for a seed (or the one given); TypeError or ValueError if it is none."""
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        message = f"seed: got {seed!r}, expected an integer ≥ 0 or a numpy Generator"
        raise type(error)(message) from None


def parameter_indices(
    parameters: Sequence[int] | npt.NDArray[np.intp] | int,
    size: int,
    rng: np.random.Generator,
    least: int = 1,
) -> npt.NDArray[np.intp]:
    """Sorted indices below ``size``: those given, or as many as asked for, drawn with ``rng``.

    TypeError or ValueError if they are neither; ``least`` is the smallest number to ask for.
    """
    if isinstance(parameters, int | np.integer) and not isinstance(parameters, bool):
        if parameters < least:
            raise ValueError(f"parameters: got {parameters}, expected at least {least}")
        return np.sort(rng.choice(size, size=min(int(parameters), size), replace=False))
    indices = np.asarray(parameters)
    if indices.size == 0:
        raise ValueError("parameters: got none, expected indices, or how many to draw")
    if indices.ndim != 1 or not np.issubdtype(indices.dtype, np.integer):
        raise TypeError("parameters: expected indices, or how many to draw")
    if indices.min() < 0 or indices.max() >= size:
        raise ValueError(f"parameters: got {indices.tolist()}, expected indices 0 to {size - 1}")
    return np.asarray(np.unique(indices), dtype=np.intp)


def regularization(lambda_: Any) -> float:
    """λ as a float; ValueError or TypeError if it is not a finite number ≥ 0."""
    if isinstance(lambda_, bool) or not isinstance(lambda_, Real):
        raise TypeError(f"lambda_: got {type(lambda_).__name__}, expected a number")
    value = float(lambda_)
    if not 0 <= value < math.inf:
        raise ValueError(f"lambda_: got {lambda_}, expected a finite number ≥ 0")
    return value
