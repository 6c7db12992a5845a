"""A gradient to judge beside the exact one, and how far rounding may move it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..comparison.rounding import UNIT_ROUNDOFF, rounding_bounds
from ..gradients import Gradient, backprop_gradient
from ..network.sigmoid import SigmoidNetwork, reshape
from ..support.validation import Array
from .catalogue import Mistake, Steps
from .layouts import Problem
from .model import Model
from .own_cost import Stated
from .precision import SINGLE, written_decimals, written_digits
from .submission import Answer

__all__ = ["Case", "relative_difference"]

ROUNDING = 4.0  # bounds of rounding.py: two computations, each allowed another order of its sums
OTHER_COSTS = 1e-12  # of the largest entry: what rounding makes of a small network's gradient
LEAST_PRECISION = 0.05  # a tolerance above this part of the largest entry decides nothing


@dataclass(frozen=True)
class Case:
    """One network with its data, the answer to judge, and the exact gradient."""

    net: SigmoidNetwork
    X: Array
    Y: Array
    lambda_: float
    answer: Answer
    stored: bool = False  # numbers may have been rounded as they were written down
    own: Stated | None = None  # the code's own cost, where that is known and not the course's
    biases: bool = True  # whether it has bias weights: what its columns lack is taken as right
    _forward: dict[Any, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def right(self) -> Steps:
        """The right steps for the cost that the answer is held against."""
        return Steps() if self.own is None else self.own.steps

    @property
    def model(self) -> Model:
        """The quantities for that cost."""
        if self.own is not None:
            return self.own.model(Problem(self.net, self.X, self.Y, self.lambda_))
        return Model(self.net.thetas, self.X, self.Y, self.lambda_)

    @cached_property
    def exact(self) -> Gradient:
        course = backprop_gradient(self.net, self.X, self.Y, self.lambda_)
        if self.own is None:
            return course
        D = self.right.gradient(self.net.thetas, self.X, self.Y, self.lambda_)
        return replace(course, D=D)

    @cached_property
    def fits(self) -> bool:
        return self.answer.fits(self.net.shapes)

    @cached_property
    def parts(self) -> list[Array]:
        """The answer layer by layer, or as it came if it does not have the weights' shapes."""
        parts = self._parted(self.answer.parts)
        if self.biases or not self.fits:
            return parts
        return [_with_column(right, part) for right, part in zip(self.exact.D, parts, strict=True)]

    def _parted(self, parts: Sequence[npt.NDArray[Any]]) -> list[Array]:
        arrays = [np.asarray(part, dtype=np.float64) for part in parts]
        if not self.answer.is_vector:
            return arrays
        vector = np.concatenate([array.ravel(order="F") for array in arrays])
        total = sum(theta.size for theta in self.net.thetas)
        return reshape(vector, self.net.shapes) if vector.size == total else [vector]

    @cached_property
    def unit(self) -> float:
        """The roundoff that the answer was computed with."""
        with np.errstate(over="ignore", under="ignore"):  # then it is not single precision
            single = all(
                np.array_equal(part, part.astype(np.float32)) for part in self.answer.parts
            ) and np.any(self.answer.vector)
        return SINGLE if single else UNIT_ROUNDOFF

    @cached_property
    def _bounds(self) -> tuple[float, list[Array]]:
        """What rounding explains, of J and of every entry of D."""
        data = self.net, self.X, self.Y, self.lambda_
        bounds = rounding_bounds(*data)
        factor = ROUNDING * self.unit / UNIT_ROUNDOFF
        cost, D = factor * bounds.cost, [factor * part for part in bounds.D]
        if self.own is not None:  # for names, not for verdicts: a bound for the course's cost
            D = [np.maximum(part, OTHER_COSTS * np.max(np.abs(right)))
                 for part, right in zip(D, self.exact.D, strict=True)]  # fmt: skip
        digits = written_digits(self.answer.vector) if self.stored else None
        if digits is None:
            return cost, D
        # Θ and X may have lost the same digits before they came here
        lost = [
            digits.error(known) if digits.rounded(known) else np.zeros_like(known)
            for known in (*self.net.thetas, self.X)
        ]
        inexact = rounding_bounds(*data, lost[:-1], lost[-1])
        last_place = float(np.max(digits.error(self.answer.vector)))
        return cost + inexact.cost + last_place, [
            part + more + last_place for part, more in zip(D, inexact.D, strict=True)
        ]

    @property
    def tolerances(self) -> list[Array]:
        return self._bounds[1]

    @property
    def cost_tolerance(self) -> float:
        """What rounding explains of J, written with log h and log(1 − h) as in (3).

        h = 1/(1 + e⁻ᶻ) has a relative error of two roundoffs (those of 1 + e⁻ᶻ and of its inverse)
        however small it is, and log h their absolute error. 1 − h is off by as much as h, and by
        a roundoff of its own where h is small: log(1 − h) by their quotient by 1 − h.
        """
        h = self.net.forward(self.X).a[-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            lost = self.Y + np.where(self.Y < 1.0, (1.0 - self.Y) / (1.0 - h), 0.0)
        written = written_decimals(self.answer.cost) if self.stored and self.answer.cost else 0.0
        rounded = ROUNDING * self.unit * float(np.sum(lost)) / len(self.X)
        return self._bounds[0] + rounded + written

    @property
    def decidable(self) -> bool:
        """Whether the tolerance is small beside the gradient."""
        largest = max(float(np.max(np.abs(D))) for D in self.exact.D)
        return max(float(np.max(t)) for t in self.tolerances) <= LEAST_PRECISION * largest

    def errors(self) -> list[Array]:
        """|yours − right| in units of its tolerance, layer by layer; the shapes must fit."""
        layers = zip(self.parts, self.exact.D, self.tolerances, strict=True)
        return [_in_units(yours - right, tolerance) for yours, right, tolerance in layers]

    def agreement(self, steps: Steps, local: bool, every_layer: bool = False) -> list[float] | None:
        """The largest |yours − theirs| / tolerance of each part; None if one is above 1 (unless
        ``every_layer`` is asked for) or they do not fit the shapes.

        Where a mistake makes a layer's numbers larger, their rounding is larger in proportion.
        ``local`` says that each layer's numbers are made from that layer's.
        """
        tolerances, sizes = self._scales
        if not local:
            tolerances, sizes = [max(tolerances)] * len(sizes), [max(sizes)] * len(sizes)
        found: list[float] = []
        try:
            with np.errstate(all="ignore"):
                for l, theirs in self._from_last_layer(steps):
                    if self.parts[l].shape != theirs.shape:
                        return None
                    if not self.biases:
                        theirs = _with_column(self.parts[l], theirs)
                    tolerance = np.array(tolerances[l] * _growth(theirs, sizes[l]))
                    worst = float(np.max(_in_units(self.parts[l] - theirs, tolerance)))
                    if worst > 1.0 and not every_layer:
                        return None
                    found.insert(0, worst)
        except (ValueError, IndexError):
            return None
        return found

    @cached_property
    def _scales(self) -> tuple[list[float], list[float]]:
        """The largest tolerance and the largest |entry| of the exact gradient, layer by layer."""
        return (
            [float(np.max(tolerance)) for tolerance in self.tolerances],
            [float(np.max(np.abs(right))) for right in self.exact.D],
        )

    def _from_last_layer(self, steps: Steps) -> Iterator[tuple[int, Array]]:
        """Each l and D⁽ˡ⁺¹⁾ by these steps, computed as they are asked for where possible."""
        key = (steps.read, steps.bias, steps.hidden, steps.output)
        if key not in self._forward:
            self._forward[key] = steps.forward(self.net.thetas, self.X)
        weights, z, a = self._forward[key]
        backward = steps.backward(weights, z, a, self.Y, self.lambda_)
        if steps.arrange is Steps.arrange and self.fits:
            yield from zip(range(len(self.net.thetas) - 1, -1, -1), backward, strict=True)
        else:
            parts = self._parted(steps.arrange(list(backward)[::-1]))
            yield from reversed(list(enumerate(parts)))

    def steps(self, *mistakes: Mistake) -> Steps:
        """The right steps with those of the mistakes in their place."""
        made = self.right
        for mistake in mistakes:
            made = replace(made, **mistake.steps)
        return made

    def admits(self, mistake: Mistake) -> bool:
        """Whether the mistake can be made with a network of these shapes."""
        try:
            with np.errstate(all="ignore"):
                self.steps(mistake).gradient(self.net.thetas, self.X, self.Y, self.lambda_)
        except (ValueError, IndexError):
            return False
        return True

    def residual(self, steps: Steps) -> float:
        """The largest |yours − theirs|, relative to the largest of theirs."""
        with np.errstate(all="ignore"):
            D = steps.gradient(self.net.thetas, self.X, self.Y, self.lambda_)
        theirs = self._parted(D)
        if not self.biases:
            theirs = [_with_column(*both) for both in zip(self.parts, theirs, strict=True)]
        return relative_difference(self.parts, theirs)


def _with_column(biases: Array, matrix: Array) -> Array:
    """The matrix with the bias column of another one."""
    return np.hstack([biases[:, :1], matrix[:, 1:]])


def relative_difference(yours: Sequence[Array], theirs: Sequence[Array]) -> float:
    """The largest difference of the matrices, in units of the largest entry of the second."""
    size = max(float(np.max(np.abs(part))) for part in theirs)
    both = zip(yours, theirs, strict=True)
    difference = max(float(np.max(np.abs(a - b))) for a, b in both)
    return difference / size if size else difference


def _in_units(difference: Array, tolerance: Array) -> Array:
    """|difference| / tolerance; what is not finite is infinitely wrong."""
    size = np.abs(difference)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(size > 0.0, size / tolerance, 0.0)
    return np.where(np.isfinite(size), ratio, np.inf)


def _growth(part: Array, size: float) -> float:
    largest = float(np.max(np.abs(part)))
    return max(1.0, largest / size) if size else 1.0
