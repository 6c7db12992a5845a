"""The caller's own functions, guarded: copies go in, one number or one vector comes out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..support.validation import Array
from .slope import precision

__all__ = ["BlackBox", "detached", "differ", "gradient_function"]

# Equal calls may differ by this many units in the last place where threads add in any order.
REPEAT_ULPS = 64.0


class BlackBox:
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


def gradient_function(
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


def differ(repeats: Sequence[Any]) -> bool:
    """Whether equal calls gave values that differ by more than the order of a sum explains."""
    values = np.array(repeats)
    if not np.array_equal(
        np.isfinite(values), np.broadcast_to(np.isfinite(values[0]), values.shape)
    ):
        return True
    values = np.where(np.isfinite(values), values, 0.0)
    spread = np.max(np.ptp(values, axis=0))
    return bool(spread > REPEAT_ULPS * precision(values) * np.max(np.abs(values)))


def detached(array: Any) -> Any:
    """A PyTorch tensor out of its graph; anything else as it is."""
    return array.detach().cpu() if hasattr(array, "detach") else array


def _gradient_array(result: Any, shape: tuple[int, ...]) -> Array:
    """A gradient flattened; it may be NaN, which is wrong, but must have theta's shape."""
    try:
        array = np.asarray(detached(result))
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
