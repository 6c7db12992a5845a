"""The caller's own functions, guarded: copies go in, numbers or a vector come out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np
import numpy.typing as npt

from ..scalar.engine import Value
from ..support.executors import ordered_map
from ..support.validation import Array
from .noise import precision
from .pytree import Parameters, dense

__all__ = ["BlackBox", "GradientFunction", "differ"]

# Equal calls may differ by this many units in the last place where threads add in any order.
REPEAT_ULPS = 64.0


class BlackBox:
    """The caller's cost at many points: each call gets a copy of its own, failures become NaN.

    With ``weights`` the cost is a vector, and the number that is looked at is its product with
    them. Points outside ``bounds``, (2, P), have no value, and the cost is not asked there.
    """

    def __init__(
        self,
        cost: Callable[[Any], Any],
        parameters: Parameters,
        bounds: Array | None = None,
        executor: Executor | None = None,
    ) -> None:
        self.cost = cost
        self.parameters = parameters
        self.bounds = bounds
        self.executor = executor
        self.weights: Array | None = None
        self.calls = 0
        self.failures = 0
        self.first_failure = ""

    def at_theta(self, flat: Array) -> float | Array:
        """The cost at θ itself: one number, or a vector; ValueError or TypeError if neither."""
        self.calls += 1
        try:
            value = _numbers(self.cost(self.parameters.structure(flat)))
        except TypeError:
            raise
        except Exception as error:
            raise ValueError(f"cost: raised {_described(error)} at theta itself") from error
        if not np.all(np.isfinite(value)):
            raise ValueError(f"cost: got {value} at theta itself, expected a finite number")
        return value

    def __call__(self, points: Array) -> Array:
        inside = np.ones(len(points), dtype=bool)
        if self.bounds is not None:
            low, high = self.bounds
            inside = np.all((points >= low) & (points <= high), axis=1)
        values = np.full(len(points), np.nan)
        asked = np.flatnonzero(inside)
        self.calls += len(asked)
        tasks = ((self.cost, self.parameters, points[i], self.weights) for i in asked)
        with np.errstate(all="ignore"):  # a step may well be too large; that is dealt with
            found = ordered_map(self.executor, _evaluate, tasks)
            for i, (value, failure) in zip(asked, found, strict=True):
                values[i] = value
                if failure:
                    self.failures += 1
                    self.first_failure = self.first_failure or failure
        return values

    def notes(self) -> list[str]:
        """What went wrong beside θ, if anything did."""
        if not self.failures:
            return []
        return [
            f"The cost failed at {self.failures} of {self.calls:,} points beside theta "
            f"(first: {self.first_failure}); smaller steps were taken there."
        ]


class GradientFunction:
    """The gradient under test as a function of the vector θ: an array, a function, or a pair's.

    ``unit`` is the rounding unit of the type in which it last came. ``rows`` is () for a
    gradient, the costs' shape for a Jacobian; its rows are combined with ``weights``, if any.
    """

    def __init__(
        self,
        cost: Callable[[Any], Any],
        gradient: Callable[[Any], Any] | npt.ArrayLike | bool | None,
        parameters: Parameters,
    ) -> None:
        self._cost = cost
        self._parameters = parameters
        self._gradient: Any = None if gradient is True else gradient
        self.rows: tuple[int, ...] = ()
        self.weights: Array | None = None
        self.unit = 0.0
        self.is_fixed = not (callable(gradient) or self._gradient is None)

    def __call__(self, flat: Array) -> Array:
        try:
            result = self._result(flat)
        except (TypeError, ValueError):
            raise
        except Exception as error:
            raise ValueError(f"gradient: raised {_described(error)}") from error
        array, self.unit = self._parameters.flatten(result, self.rows)
        if self.rows:
            array = array.reshape(-1, array.shape[-1])
        return array if self.weights is None else self.weights @ array

    def _result(self, flat: Array) -> Any:
        if self.is_fixed:
            return self._gradient
        theta = self._parameters.structure(flat)
        if self._gradient is not None:
            return self._gradient(theta)
        pair = self._cost(theta)
        if not (isinstance(pair, tuple | list) and len(pair) == 2):
            raise TypeError(
                f"cost: got {type(pair).__name__}, expected the pair (J, gradient), "
                "as no gradient was given"
            )
        return pair[1]


def differ(repeats: Sequence[Any], noise: float = 0.0) -> bool:
    """Whether equal calls gave values that differ by more than the order of a sum explains.

    ``noise`` is a difference that is granted besides.
    """
    values = np.array(repeats)
    if not np.array_equal(
        np.isfinite(values), np.broadcast_to(np.isfinite(values[0]), values.shape)
    ):
        return True
    values = np.where(np.isfinite(values), values, 0.0)
    largest = np.max(np.abs(values))
    if largest == 0.0:
        return False
    spread = np.max(np.ptp(values / largest, axis=0))
    return bool(spread > REPEAT_ULPS * precision(values) + noise / largest)


def _evaluate(
    cost: Callable[[Any], Any], parameters: Parameters, point: Array, weights: Array | None
) -> tuple[float, str]:
    """The cost at one ``point``, which is its own to change, and what went wrong; it may run in
    another process."""
    try:
        value = _numbers(cost(parameters.handed_over(point)))
        if weights is not None:
            value = math.fsum(weights * np.ravel(value))
        elif isinstance(value, np.ndarray):
            raise TypeError(f"cost: got {_kind(value)}, expected one real number")
    except Exception as error:
        return math.nan, _described(error)
    return (value, "") if math.isfinite(value) else (math.nan, f"value {value}")


def _numbers(result: Any) -> float | Array:
    """What a cost returned: a number, a vector, or the first of (J, gradient)."""
    if isinstance(result, tuple | list) and len(result) == 2:
        result = result[0]
    if isinstance(result, float):  # np.float64 is one, too
        return float(result)
    if isinstance(result, Value):
        return result.data
    try:
        array = np.asarray(dense(result))
        if array.dtype.kind not in "biuf":
            return _plain_number(result)
        array = array.astype(np.float64)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"cost: got {_kind(result)}, expected one real number") from None
    return float(array.item()) if array.size == 1 else array


def _plain_number(result: Any) -> float:
    """A number of a class of its own, such as a Decimal or mpf; text is none."""
    number = result.item() if hasattr(result, "item") else result
    if isinstance(number, complex | str | bytes) or isinstance(result, complex):
        raise TypeError
    return float(number)


def _kind(result: Any) -> str:
    shape = getattr(result, "shape", None)
    return type(result).__name__ + (f" of shape {tuple(shape)}" if shape else "")


def _described(error: Exception) -> str:
    message = str(error).split("\n")[0]
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
