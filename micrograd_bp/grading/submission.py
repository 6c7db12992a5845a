"""What comes back from a user's code: a gradient, or one line that says why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .trace import Event, Place
from .wire import Opaque

__all__ = [
    "Answer",
    "CostAloneError",
    "Event",
    "StepError",
    "Trace",
    "UserError",
    "answer_of",
    "gradient_of",
    "step_error",
]


class UserError(ValueError):
    """The user's code raised an exception, or returned what is no gradient."""


class CostAloneError(UserError):
    """A call returned one number: it gives a cost, and its gradient comes from elsewhere."""


class StepError(UserError):
    """A call raised an exception; ``line`` is the submission's own, if one is known."""

    def __init__(self, message: str, line: int | None) -> None:
        self.line = line
        super().__init__(message)


def step_error(name: str, line: int | None, kind: str, text: str) -> StepError:
    """The exception of a submission in one line."""
    where = f"{name}, line {line}" if line else name
    return StepError(f"{where}: {kind}: {text}" if text else f"{where}: {kind}", line)


@dataclass(frozen=True)
class Answer:
    """A gradient as it was handed in: one ``vector``, or ``matrices``, with J if it was given."""

    parts: list[npt.NDArray[Any]]  # the matrices, or the vector alone
    is_vector: bool
    cost: float | None = None
    changed: bool = False  # whether what the code was given is no longer what it was
    scaled: bool = False  # the weights' step: the gradient up to a positive factor
    rate: float = 1.0  # the α that a step was divided by

    @property
    def vector(self) -> npt.NDArray[Any]:
        """The whole gradient unrolled column by column."""
        return np.concatenate([part.ravel(order="F") for part in self.parts])

    def fits(self, shapes: Sequence[tuple[int, ...]]) -> bool:
        """Whether these are the shapes of the weights, or their number."""
        if self.is_vector:
            return self.vector.size == sum(int(np.prod(shape)) for shape in shapes)
        return [part.shape for part in self.parts] == [tuple(shape) for shape in shapes]


@dataclass(frozen=True)
class Trace:
    """What every expression of an instrumented copy computed, in two runs of one program."""

    source: str
    file: str
    results: list[Any] = field(repr=False)  # of the program's steps, in the first run
    events: list[Event] = field(repr=False)
    again: list[Event] = field(repr=False)
    places: list[Place] | None = None  # of the events, where they do not follow from the source


def answer_of(returned: Any) -> Answer:
    """The gradient, and J, in what a function returned; UserError if there is none."""
    if returned is None:
        raise UserError("function: returned None; is its return statement missing?")
    cost, gradient = None, returned
    if isinstance(returned, (tuple, list)) and len(returned) > 1 and _dimensions(returned[1]):
        J, *rest = returned
        deepest = 2 if isinstance(returned, tuple) else 1  # [D1, D2] may begin with a 1×1 matrix
        if not _dimensions(J) or (_dimensions(J) <= deepest and np.size(J) == 1):
            cost, gradient = float(_numbers(J).ravel()[0]), rest[0] if len(rest) == 1 else rest
    return replace(gradient_of(gradient), cost=cost)


def gradient_of(gradient: Any) -> Answer:
    """Matrices or a vector, from whatever container they come in."""
    if isinstance(gradient, np.ndarray) and gradient.dtype == object:
        gradient = list(gradient.ravel())
    if _dimensions(gradient) == 3:
        made = _matrices(gradient)
        if not any(part.size for part in made.parts):
            raise _no_gradient((len(made.parts), *made.parts[0].shape) if made.parts else (0,))
        return made
    array = _numbers(gradient)
    if array.ndim == 0:
        raise CostAloneError("function: returned one number, expected a gradient")
    if array.ndim > 2 or array.size == 0:
        raise _no_gradient(array.shape)
    if array.ndim == 2 and 1 not in array.shape:
        return Answer([array], False)
    return Answer([array.ravel()], True)


def _no_gradient(shape: tuple[int, ...]) -> UserError:
    return UserError(f"function: returned an array of shape {shape}, expected a gradient")


def _dimensions(value: Any) -> int:
    """How deep lists or arrays are nested, without regard to their lengths."""
    if isinstance(value, (list, tuple)):
        return 1 + (_dimensions(value[0]) if value else 0)
    return int(np.ndim(value))


def _matrices(parts: Sequence[Any]) -> Answer:
    return Answer([np.atleast_2d(_numbers(part)) for part in parts], False)


def _numbers(values: Any) -> npt.NDArray[Any]:
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "biuf":
            raise TypeError
    except (TypeError, ValueError, RuntimeError):
        kind = values.name if isinstance(values, Opaque) else type(values).__name__
        raise UserError(
            f"function: returned {kind}, expected the list of matrices D, a "
            "vector, or (J, gradient)"
        ) from None
    return array if array.dtype == np.float32 else array.astype(np.float64)
